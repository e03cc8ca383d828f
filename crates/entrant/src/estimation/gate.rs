//! What must hold before a standard error says how wrong an estimate may be.

use entrant_data::Finding;
use entrant_estimate::inference;

use super::report::Made;

/// Codes that the document does not judge itself.
const CODES: [&str; 6] = [
    "moments",
    "markets",
    "clusters",
    "weak-instruments",
    "boundary",
    "price-coefficient",
];

/// Findings about instruments, clusters, edges of the parameter space and price coefficients.
pub(super) fn gate(made: &Made<'_>) -> Vec<Finding> {
    let settings = super::settings(&made.loaded.study.estimate);
    let all = inference::diagnose(made.problem, made.fit, &settings, made.first_stage.as_ref());
    let ours = |f: &Finding| CODES.contains(&f.code.as_str());
    all.into_iter().filter(ours).collect()
}
