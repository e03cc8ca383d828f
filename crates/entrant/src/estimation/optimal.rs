//! Optimal instruments computed at earlier estimates.

use entrant_data::result::estimation::OptimalReport;
use entrant_data::spec::{ExpectationKind, ExpectedPrices, OptimalSpec};
use entrant_estimate::blp::{Problem, Workers};
use entrant_estimate::gmm::Fit;
use entrant_estimate::optimal::{
    Expectation, OptimalInstruments, OptimalSettings, fitted_prices, optimal_instruments,
};
use entrant_estimate::simulate::Columns;
use entrant_io::LoadedEstimation;

use super::again;
use super::words::{known, status};
use crate::error::RunError;

/// Draws of structural errors where the study does not say how many.
const DRAWS: usize = 100;

/// The problem with optimal instruments at earlier estimates, which are also where its search
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
) -> Result<(Problem, OptimalReport), RunError> {
    let columns = Columns::new(&super::source(loaded), problem).map_err(RunError::Input)?;
    let settings = settings(spec, problem);
    let found = optimal_instruments(problem, &columns, first, &settings, workers);
    let mut second = found.problem(problem, &columns).map_err(RunError::Input)?;
    again::start_at(&mut second, first);
    Ok((second, report(spec, problem, first, &found)))
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
        first_estimates: again::named(problem, first),
        at_boundary: found
            .at_boundary
            .iter()
            .map(|c| free[*c].name.clone())
            .collect(),
        not_solved: found.reverted.iter().map(market).collect(),
    }
}
