//! Consumers drawn anew at earlier estimates.

use entrant_data::result::estimation::ImportanceReport;
use entrant_data::spec::ImportanceSpec;
use entrant_estimate::blp::{MarketData, Problem};
use entrant_estimate::gmm::Fit;
use entrant_estimate::importance::{Candidates, ImportanceSettings, importance_sample};
use entrant_io::LoadedEstimation;

use super::again;
use super::words::{known, status};
use crate::error::RunError;

/// The problem with consumers drawn by how likely they buy at earlier estimates, which are also
/// where its search starts.
///
/// # Errors
/// A market in which hardly anybody buys.
pub(super) fn second(
    loaded: &LoadedEstimation,
    spec: ImportanceSpec,
    problem: &Problem,
    first: &Fit,
) -> Result<(Problem, ImportanceReport), RunError> {
    let settings = ImportanceSettings {
        draws: spec.draws,
        seed: spec.seed,
        candidates: match loaded.consumers {
            Some(_) => Candidates::Own,
            None => Candidates::Normal,
        },
    };
    let mut second = importance_sample(problem, first, settings).map_err(RunError::Input)?;
    again::start_at(&mut second, first);
    let sum = |m: &MarketData| m.consumers.weight.iter().sum::<f64>();
    let sums = || second.markets.iter().map(sum);
    let report = ImportanceReport {
        draws: spec.draws,
        first_status: status(first),
        first_objective: known(first.objective),
        first_estimates: again::named(problem, first),
        weights: [
            sums().fold(f64::INFINITY, f64::min),
            sums().fold(f64::NEG_INFINITY, f64::max),
        ],
    };
    Ok((second, report))
}
