//! Tests: the ones that are always made, and those that the study asks for.

use std::collections::BTreeMap;

use entrant_data::InputError;
use entrant_data::error::did_you_mean;
use entrant_data::result::conclusions::{TestReport, Verdict};
use entrant_data::result::estimation::EstimationReport;
use entrant_data::spec::{EstimateSpec, GmmMethod, HypothesisKind, HypothesisSpec};
use entrant_estimate::blp::{Problem, Workers};
use entrant_estimate::gmm::{EstimationSettings, Fit};
use entrant_estimate::inference::{
    Restriction, TestResult, TestStatus, distance_test, hansen, iia, lagrange_multiplier,
    specification, wald,
};
use entrant_numeric::dense::Matrix;

use crate::estimation::parameters::parameters;
use crate::estimation::report::Made;
use crate::estimation::words::known;

const WITHHELD: &str = "not tested: the covariance of the estimates is withheld";

/// Names in the study's tests that are no parameters or instruments, before anything is searched
/// for.
pub(in crate::estimation) fn check(problem: &Problem, spec: &EstimateSpec) -> Vec<InputError> {
    let names = names(problem);
    let mut out = Vec::new();
    for (k, test) in spec.test.iter().enumerate() {
        let place = format!("estimate.test[{k}]");
        out.extend(check_one(problem, test, &place, &names));
    }
    out
}

/// Names of parameters in the order of the covariance, as in the table of parameters.
fn names(problem: &Problem) -> Vec<String> {
    let p = &problem.parameters;
    let beta = p.solved_beta.iter();
    let beta = beta.map(|c| format!("beta[{}]", problem.demand.x_names[*c]));
    let gamma = problem.supply.iter().flat_map(|s| {
        let name = |c: &usize| format!("gamma[{}]", s.side.x_names[*c]);
        p.solved_gamma.iter().map(name)
    });
    let free = p.free.iter().map(|p| p.name.clone());
    free.chain(beta).chain(gamma).collect()
}

fn check_one(
    problem: &Problem,
    test: &HypothesisSpec,
    place: &str,
    names: &[String],
) -> Vec<InputError> {
    let mut out = Vec::new();
    let combined = test.combinations.iter().flat_map(|c| c.weights.keys());
    for name in test.parameters.keys().chain(combined) {
        if !names.contains(name) {
            let message = format!("no estimated parameter `{name}`");
            let near = did_you_mean(name, names.iter().map(String::as_str));
            out.push(
                InputError::at(place, message)
                    .value(name.clone())
                    .hint(near),
            );
        }
    }
    for name in &test.instruments {
        if !problem.demand.z_names.contains(name) {
            let message = format!("no instrument of demand `{name}`");
            let known = problem.demand.z_names.iter().map(String::as_str);
            out.push(
                InputError::at(place, message)
                    .value(name.clone())
                    .hint(did_you_mean(name, known)),
            );
        }
    }
    out.extend(mismatch(problem, test).map(|(m, hint)| InputError::at(place, m).hint(hint)));
    out
}

/// What a kind of test cannot be asked.
fn mismatch(problem: &Problem, test: &HypothesisSpec) -> Option<(&'static str, &'static str)> {
    let restricted = test.parameters.len() + test.combinations.len();
    let searched = |name: &String| problem.parameters.free.iter().any(|p| p.name == *name);
    match test.kind {
        HypothesisKind::Iia if test.instruments.is_empty() => Some((
            "an `iia` test needs `instruments`",
            "name the instruments of differentiation",
        )),
        HypothesisKind::Iia => None,
        _ if restricted == 0 => Some((
            "a test needs `parameters` or `combinations`",
            "for example `parameters = { \"beta[x]\" = 0 }`",
        )),
        HypothesisKind::Distance | HypothesisKind::Lm if !test.combinations.is_empty() => Some((
            "`combinations` can be tested by `wald` only",
            "leave out `kind`, or give values of single parameters",
        )),
        HypothesisKind::Lm if !test.parameters.keys().all(searched) => Some((
            "an `lm` test is of parameters that are searched for",
            "take `wald` or `distance` for coefficients that are solved for",
        )),
        _ => None,
    }
}

/// Every test.
pub(super) fn tests(made: &Made<'_>, report: &EstimationReport, sound: bool) -> Vec<TestReport> {
    let settings = crate::estimation::settings(&made.loaded.study.estimate);
    let usable = report.status.is_usable();
    let mut out = vec![of_moments(made, &settings)];
    for (k, test) in made.loaded.study.estimate.test.iter().enumerate() {
        if usable {
            out.push(one(made, report, (k, test), &settings, sound));
        }
    }
    out
}

/// Hansen's J, or the test for any weighting matrix where this one was not updated or has moments of
/// the errors' product in it.
fn of_moments(made: &Made<'_>, settings: &EstimationSettings) -> TestReport {
    let name = "overidentifying restrictions".to_owned();
    let updated = settings.method != GmmMethod::OneStep || settings.initial_update;
    if !updated || made.fit.crossed {
        let test = specification(made.problem, made.fit);
        return self::report(name, "specification", &test);
    }
    let settings = EstimationSettings {
        method: GmmMethod::TwoStep,
        ..settings.clone()
    };
    self::report(name, "hansen", &hansen(made.fit, &settings))
}

/// A test for which the model is estimated again under its restrictions.
type Restricted =
    fn(&Problem, &Fit, &[Restriction], &EstimationSettings, &dyn Workers) -> TestResult;

fn one(
    made: &Made<'_>,
    report: &EstimationReport,
    (k, test): (usize, &HypothesisSpec),
    settings: &EstimationSettings,
    sound: bool,
) -> TestReport {
    let name = name(k, test);
    let refitted = |name, kind, test_of: Restricted| {
        let (problem, fit) = (made.problem, made.fit);
        let found = test_of(problem, fit, &restrictions(test), settings, made.workers);
        self::report(name, kind, &found)
    };
    match test.kind {
        HypothesisKind::Wald if !sound => withheld(name, test),
        HypothesisKind::Wald => self::report(name, "wald", &linear(made, report, test)),
        HypothesisKind::Distance => refitted(name, "distance", distance_test),
        HypothesisKind::Lm => refitted(name, "lm", lagrange_multiplier),
        HypothesisKind::Iia => {
            let column = |name: &String| made.problem.demand.z_names.iter().position(|z| z == name);
            let extra: Vec<usize> = test.instruments.iter().filter_map(column).collect();
            self::report(name, "iia", &iia(made.problem, settings, &extra))
        }
    }
}

fn name(k: usize, test: &HypothesisSpec) -> String {
    if test.name.is_empty() {
        format!("test {}", k + 1)
    } else {
        test.name.clone()
    }
}

fn withheld(name: String, test: &HypothesisSpec) -> TestReport {
    TestReport {
        name,
        kind: "wald".into(),
        statistic: None,
        degrees: test.parameters.len() + test.combinations.len(),
        p_value: None,
        threshold: None,
        status: Verdict::Undefined,
        meaning: WITHHELD.into(),
    }
}

fn restrictions(test: &HypothesisSpec) -> Vec<Restriction> {
    let one = |(name, value): (&String, &f64)| Restriction {
        name: name.clone(),
        value: *value,
    };
    test.parameters.iter().map(one).collect()
}

/// Wald's test of parameters and combinations of them.
fn linear(made: &Made<'_>, report: &EstimationReport, test: &HypothesisSpec) -> TestResult {
    let names = &report.covariance.names;
    let values: Vec<f64> = parameters(made.problem, made.fit)
        .iter()
        .take(names.len())
        .map(|p| p.estimate.unwrap_or(f64::NAN))
        .collect();
    let single = test.parameters.iter().map(|(name, value)| {
        let weights: BTreeMap<String, f64> = [(name.clone(), 1.0)].into();
        (weights, *value)
    });
    let combined = test
        .combinations
        .iter()
        .map(|c| (c.weights.clone(), c.value));
    let all: Vec<(BTreeMap<String, f64>, f64)> = single.chain(combined).collect();
    let mut r = Vec::new();
    let mut jacobian = Matrix::zeros(all.len(), names.len());
    for (row, (weights, value)) in all.iter().enumerate() {
        let mut sum = -value;
        for (name, weight) in weights {
            if let Some(c) = names.iter().position(|n| n == name) {
                jacobian.set(row, c, *weight);
                sum += weight * values[c];
            }
        }
        r.push(sum);
    }
    wald(&r, &jacobian, &made.fit.inference.covariance)
}

/// A test in the words of the document.
pub(super) fn report(name: String, kind: &str, test: &TestResult) -> TestReport {
    TestReport {
        name,
        kind: kind.into(),
        statistic: known(test.statistic),
        degrees: test.degrees,
        p_value: known(test.p_value),
        threshold: known(test.threshold),
        status: match test.status {
            TestStatus::Kept => Verdict::Kept,
            TestStatus::Rejected => Verdict::Rejected,
            TestStatus::Undefined => Verdict::Undefined,
        },
        meaning: test.meaning.into(),
    }
}
