//! Plain numbers of an estimated study and the ranges they must be in.

use entrant_data::InputError;
use entrant_data::spec::{EstimationStudy, ExpectationKind, OptimalSpec};

use crate::check::numbers::{DRAWS, count, number};
use crate::domain::Domain;
use crate::problems::Problems;

/// Most evaluations of the objective, of one start and step.
const EVALUATIONS: usize = 1_000_000;
/// Most starts.
const STARTS: usize = 100_000;
/// Most draws of tastes, or the highest level of a rule.
const NODES: usize = 10_000_000;

/// Checks every number that is neither a parameter nor a bound.
pub(crate) fn check(study: &EstimationStudy, problems: &mut Problems) {
    let settings = &study.settings;
    count("settings.draws", settings.draws, DRAWS, problems);
    number("settings.level", settings.level, Domain::INSIDE, problems);
    let data = &study.data;
    let least = [
        ("data.smallest_outside_share", data.smallest_outside_share),
        ("data.smallest_share", data.smallest_share),
    ];
    for (path, value) in least {
        number(path, value, Domain::STRENGTH, problems);
    }
    check_estimate(study, problems);
}

fn check_estimate(study: &EstimationStudy, problems: &mut Problems) {
    let estimate = &study.estimate;
    let path = "estimate.inversion_tolerance";
    number(
        path,
        estimate.inversion_tolerance,
        Domain::TOLERANCE,
        problems,
    );
    let path = "estimate.epsilon_scale";
    number(path, estimate.epsilon_scale, Domain::POSITIVE, problems);
    let report = &estimate.report;
    let draws = "estimate.report.bootstrap_draws";
    count(draws, report.bootstrap_draws, DRAWS, problems);
    // No draws means no intervals.
    let draws = "estimate.report.draws";
    count(draws, report.draws.max(1), DRAWS, problems);
    let optimizer = &estimate.optimizer;
    let at = |key: &str| format!("estimate.optimizer.{key}");
    let tolerance = optimizer.gradient_tolerance;
    number(
        &at("gradient_tolerance"),
        tolerance,
        Domain::POSITIVE,
        problems,
    );
    let evaluations = optimizer.evaluations;
    count(&at("evaluations"), evaluations, EVALUATIONS, problems);
    count(&at("starts"), optimizer.starts, STARTS, problems);
    number(
        &at("spread"),
        optimizer.spread,
        Domain::NOT_NEGATIVE,
        problems,
    );
    if optimizer.starts > 1 && optimizer.spread == 0.0 {
        let message = "with more than one start this must be above 0";
        problems.push(InputError::at(at("spread"), message).value("0"));
    }
    if let Some(importance) = &estimate.importance {
        let path = "estimate.importance.draws";
        count(path, importance.draws, NODES, problems);
        if estimate.demand.random.is_none() {
            let message = "without random coefficients all consumers are alike";
            let hint = "leave `[estimate.importance]` out";
            problems.push(InputError::at("estimate.importance", message).hint(hint));
        }
    }
    if let Some(optimal) = &estimate.optimal {
        check_optimal(optimal, problems);
    }
    if let Some(integration) = &estimate.demand.integration {
        let path = "estimate.demand.integration.size";
        count(path, integration.size, NODES, problems);
    }
}

fn check_optimal(optimal: &OptimalSpec, problems: &mut Problems) {
    let path = "estimate.optimal.draws";
    match (optimal.draws, optimal.expectation) {
        (Some(n), ExpectationKind::Approximate) => {
            let message = "an approximate expectation takes no draws";
            let hint = "leave `draws` out, or set `expectation` to `normal` or `empirical`";
            problems.push(
                InputError::at(path, message)
                    .value(n.to_string())
                    .hint(hint),
            );
        }
        (Some(n), _) => count(path, n, DRAWS, problems),
        (None, _) => {}
    }
}
