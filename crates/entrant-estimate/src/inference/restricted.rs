//! Estimates under restrictions, and the two tests that compare them with the unrestricted ones.

use entrant_numeric::optimize;

use super::distance::distance;
use super::outcome::TestResult;
use super::score::score;
use crate::blp::{Kind, Parameter, Problem, Wanted, Workers, evaluate};
use crate::gmm::{
    Estimation, EstimationSettings, Fit, FitStatus, Moments, Progress, Recorded, estimate,
};

const NOT_FOUND: &str = "not tested: the search under the restrictions did not converge";

/// A parameter and the value that it has under a hypothesis.
#[derive(Debug, Clone, PartialEq)]
pub struct Restriction {
    /// Its name; `beta[x]` and `gamma[x]` for coefficients that are solved for.
    pub name: String,
    /// Its value.
    pub value: f64,
}

/// The problem with these parameters known. Names that are no parameters are left out.
pub fn restricted(problem: &Problem, by: &[Restriction]) -> Problem {
    let mut out = problem.clone();
    for r in by {
        fix(&mut out, r);
    }
    out
}

fn fix(problem: &mut Problem, r: &Restriction) {
    let known = |kind: Kind| Parameter {
        kind,
        name: r.name.clone(),
        start: r.value,
        lower: r.value,
        upper: r.value,
    };
    let label = |kind: &str, name: &str| r.name == format!("{kind}[{name}]");
    let gammas = problem.supply.as_ref().map(|s| s.side.x_names.clone());
    let p = &mut problem.parameters;
    if let Some(k) = p.free.iter().position(|q| q.name == r.name) {
        let kind = p.free.remove(k).kind;
        p.fixed.push(known(kind));
    }
    let beta = |c: &usize| label("beta", &problem.demand.x_names[*c]);
    if let Some(k) = p.solved_beta.iter().position(beta) {
        let column = p.solved_beta.remove(k);
        p.fixed.push(known(Kind::Beta { column }));
    }
    let gamma = |c: &usize| gammas.as_ref().is_some_and(|n| label("gamma", &n[*c]));
    if let Some(k) = p.solved_gamma.iter().position(gamma) {
        let column = p.solved_gamma.remove(k);
        p.fixed.push(known(Kind::Gamma { column }));
    }
}

/// The distance test (Newey and West 1987, eq. 2.10): the objective is minimised under the
/// restrictions with the weighting matrix of `fit`.
pub fn distance_test(
    problem: &Problem,
    fit: &Fit,
    by: &[Restriction],
    settings: &EstimationSettings,
    workers: &dyn Workers,
) -> TestResult {
    let under = restricted(problem, by);
    let Some(objective) = least(&under, problem, fit, settings, workers) else {
        return TestResult::undefined(f64::NAN, by.len(), NOT_FOUND);
    };
    let other = Fit {
        objective,
        ..fit.clone()
    };
    distance(&other, fit, by.len(), settings)
}

/// Values of a fit for the parameters that a restricted problem still searches for.
fn remaining(under: &Problem, problem: &Problem, fit: &Fit) -> Vec<f64> {
    let value = |p: &Parameter| {
        let all = &problem.parameters.free;
        let at = all.iter().position(|q| q.name == p.name);
        at.map_or(p.start, |k| fit.values[k])
    };
    under.parameters.free.iter().map(value).collect()
}

/// Smallest objective of a restricted problem at a fit's weighting matrix.
fn least(
    under: &Problem,
    problem: &Problem,
    fit: &Fit,
    settings: &EstimationSettings,
    workers: &dyn Workers,
) -> Option<f64> {
    let moments = Moments::new(under);
    let weighting = moments.weighting(fit.weighting.clone());
    let wanted = Wanted {
        tolerance: settings.inversion_tolerance,
        jacobian: true,
    };
    let at = |values: &[f64]| {
        let at = evaluate(under, values, wanted, workers);
        if at.failure.is_some() {
            return None;
        }
        let point = moments.point(under, &weighting, values, &at);
        let slope = moments.slope(under, &weighting, &at, &point);
        Some(optimize::Evaluation {
            residual: point.residual,
            jacobian: slope.data,
        })
    };
    let start = remaining(under, problem, fit);
    if start.is_empty() {
        return at(&start).map(|e| e.residual.iter().map(|r| r * r).sum());
    }
    let lower: Vec<f64> = under.parameters.free.iter().map(|p| p.lower).collect();
    let upper: Vec<f64> = under.parameters.free.iter().map(|p| p.upper).collect();
    let search = optimize::Settings {
        factor: 1.0,
        gradient_tolerance: settings.gradient_tolerance,
        objective_tolerance: 1e-12,
        evaluations: settings.evaluations,
        ..optimize::Settings::default()
    };
    let found = optimize::minimise(&start, &lower, &upper, search, at).ok()?;
    // The statistic needs the objective, not the point: rounding may end the search.
    let reached = found.reason.converged() || found.reason == optimize::Reason::NoProgress;
    reached.then(|| found.residual.iter().map(|r| r * r).sum())
}

/// The score test: estimates under the restrictions by the method of the settings, then the slope
/// of the unrestricted problem there. Of parameters that are searched for.
pub fn lagrange_multiplier(
    problem: &Problem,
    fit: &Fit,
    by: &[Restriction],
    settings: &EstimationSettings,
    workers: &dyn Workers,
) -> TestResult {
    let under = restricted(problem, by);
    let own = EstimationSettings {
        start: Some(remaining(&under, problem, fit)),
        inversion: None, // it knows all parameters
        ..settings.clone()
    };
    let found = estimate(&under, &own, workers, &mut Alone).ok();
    let Some(found) = found.filter(reached) else {
        return TestResult::undefined(f64::NAN, by.len(), NOT_FOUND);
    };
    let value = |p: &Parameter| {
        let free = &under.parameters.free;
        let at = free.iter().position(|q| q.name == p.name);
        let given = by.iter().find(|r| r.name == p.name);
        at.map_or(given.map_or(p.start, |r| r.value), |k| found.values[k])
    };
    let there = EstimationSettings {
        algorithm: entrant_data::spec::Algorithm::Return,
        start: Some(problem.parameters.free.iter().map(value).collect()),
        ..settings.clone()
    };
    match estimate(problem, &there, workers, &mut Alone) {
        Ok(at) => score(problem, &at, by.len(), settings),
        Err(_) => TestResult::undefined(f64::NAN, by.len(), NOT_FOUND),
    }
}

fn reached(fit: &Fit) -> bool {
    matches!(fit.status, FitStatus::Converged | FitStatus::Evaluated)
}

struct Alone;

impl Estimation for Alone {
    fn proceed(&mut self, _: &Progress) -> bool {
        true
    }
    fn recall(&mut self, _: usize, _: &[f64]) -> Option<Recorded> {
        None
    }
    fn record(&mut self, _: usize, _: &[f64], _: &Recorded) {}
}
