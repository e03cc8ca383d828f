//! A second estimation, with optimal instruments computed at the first estimates.

use entrant_data::result::estimation::OptimalReport;
use entrant_data::spec::{Algorithm, ExpectationKind, ExpectedPrices, OptimalSpec, OptimizerSpec};
use entrant_estimate::blp::{Problem, Workers};
use entrant_estimate::gmm::{EstimationSettings, Fit};
use entrant_estimate::optimal::{
    Expectation, OptimalInstruments, OptimalSettings, fitted_prices, optimal_instruments,
};
use entrant_estimate::simulate::Columns;
use entrant_io::LoadedEstimation;

use super::journal::Journal;
use super::starts::{self, Searched};
use super::words::{known, status};
use crate::error::RunError;

/// Draws of structural errors where the study does not say how many.
const DRAWS: usize = 100;

/// What the first estimates were, and the problem with their optimal instruments.
pub(super) struct Second {
    pub(super) problem: Problem,
    pub(super) report: OptimalReport,
}

/// The problem with optimal instruments at the first estimates, which are also where its search
/// starts.
///
/// # Errors
/// Optimal instruments that others explain, or too few of them.
pub(super) fn second(
    loaded: &LoadedEstimation,
    spec: &OptimalSpec,
    problem: &Problem,
    first: &Fit,
    workers: &dyn Workers,
) -> Result<Second, RunError> {
    let columns = Columns::new(&super::source(loaded), problem).map_err(RunError::Input)?;
    let settings = settings(spec, problem);
    let found = optimal_instruments(problem, &columns, first, &settings, workers);
    let mut second = found.problem(problem, &columns).map_err(RunError::Input)?;
    for (parameter, value) in second.parameters.free.iter_mut().zip(&first.values) {
        parameter.start = *value;
    }
    Ok(Second {
        report: report(spec, problem, first, &found),
        problem: second,
    })
}

/// Searches once, from the first estimates.
pub(super) fn search(
    second: &Second,
    settings: &EstimationSettings,
    spec: &OptimizerSpec,
    workers: &dyn Workers,
    journal: &mut Journal<'_>,
) -> Searched {
    let once = OptimizerSpec {
        starts: 1,
        ..spec.clone()
    };
    starts::search(
        &second.problem,
        settings,
        &once,
        count(spec),
        workers,
        journal,
    )
}

/// Searches that the first estimation takes.
pub(super) fn count(spec: &OptimizerSpec) -> usize {
    if spec.algorithm == Algorithm::Return {
        1
    } else {
        spec.starts.max(1)
    }
}

fn settings(spec: &OptimalSpec, problem: &Problem) -> OptimalSettings {
    let draws = spec.draws.unwrap_or(DRAWS);
    let seed = spec.seed;
    OptimalSettings {
        expectation: match spec.expectation {
            ExpectationKind::Approximate => Expectation::Approximate,
            ExpectationKind::Normal => Expectation::Normal { draws, seed },
            ExpectationKind::Empirical => Expectation::Empirical { draws, seed },
        },
        prices: (spec.prices == ExpectedPrices::Regression).then(|| fitted_prices(problem)),
    }
}

fn report(
    spec: &OptimalSpec,
    problem: &Problem,
    first: &Fit,
    found: &OptimalInstruments,
) -> OptimalReport {
    let free = &problem.parameters.free;
    let market = |t: &usize| problem.markets[*t].id.clone();
    OptimalReport {
        expectation: match spec.expectation {
            ExpectationKind::Approximate => "approximate",
            ExpectationKind::Normal => "normal",
            ExpectationKind::Empirical => "empirical",
        }
        .into(),
        first_status: status(first),
        first_objective: known(first.objective),
        first_estimates: free
            .iter()
            .zip(&first.values)
            .map(|(p, v)| (p.name.clone(), *v))
            .collect(),
        at_boundary: found
            .at_boundary
            .iter()
            .map(|c| free[*c].name.clone())
            .collect(),
        not_solved: found.reverted.iter().map(market).collect(),
    }
}
