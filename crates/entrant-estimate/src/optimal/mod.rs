//! Feasible optimal instruments (Chamberlain 1987; Reynaert and Verboven 2014; Conlon and
//! Gortmaker 2020, section 4).
//!
//! The best instruments are the expected derivatives of the structural errors with respect to the
//! parameters given what is exogenous, divided by the errors' covariance. They are computed at
//! first estimates, and [`OptimalInstruments::problem`] is the problem with them in place of the
//! instruments that it had.

mod boundary;
mod errors;
mod problem;
mod realisation;

use entrant_numeric::dense::Matrix;

use crate::blp::{Problem, Theta, Workers, instruments};
use crate::gmm::Fit;
use crate::simulate::{Columns, coefficients};

pub(crate) use errors::absorb;
use realisation::{Realised, World};

/// How the expectation over structural errors is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expectation {
    /// Errors at their mean, zero.
    #[default]
    Approximate,
    /// Normal errors with the covariance of the estimated ones.
    Normal {
        /// Number of draws.
        draws: usize,
        /// Seed; each draw has a stream of its own.
        seed: u64,
    },
    /// Estimated errors, drawn with replacement.
    Empirical {
        /// Number of draws.
        draws: usize,
        /// Seed; each draw has a stream of its own.
        seed: u64,
    },
}

/// How optimal instruments are computed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OptimalSettings {
    /// Expectation over structural errors.
    pub expectation: Expectation,
    /// Expected prices (rows of the problem). When absent they are equilibrium prices if there is
    /// a supply side, and otherwise the fit of prices by the instruments of demand.
    pub prices: Option<Vec<f64>>,
}

/// Instruments, one column for each parameter that is searched for.
#[derive(Debug, Clone, PartialEq)]
pub struct OptimalInstruments {
    /// Of demand (rows x parameters).
    pub demand: Matrix,
    /// Of supply (rows x parameters); without columns when there is no supply side.
    pub supply: Matrix,
    /// Inverse covariance of the structural errors (1 x 1, or 2 x 2 with supply).
    pub inverse_covariance: Matrix,
    /// Expected derivatives of the errors of demand (rows x parameters).
    pub d_xi: Matrix,
    /// Expected derivatives of the errors of supply (rows x parameters).
    pub d_omega: Matrix,
    /// Expected prices (rows).
    pub prices: Vec<f64>,
    /// Shares at them, averaged over draws (rows).
    pub shares: Vec<f64>,
    /// Spreads of tastes estimated at zero, where the derivative with respect to the spread is
    /// zero; theirs is the derivative with respect to the variance (parameters, by position).
    pub at_boundary: Vec<usize>,
    /// Markets whose prices could not be solved in some draw, which then have the derivatives at
    /// the estimates (markets, by position).
    pub reverted: Vec<usize>,
}

/// Computes optimal instruments at estimates.
///
/// `columns` belong to the problem. The covariance of errors has divisor N without supply and
/// N - 1 with it, and prices begin at the observed ones (`PyBLP`'s conventions).
pub fn optimal_instruments(
    problem: &Problem,
    columns: &Columns,
    fit: &Fit,
    settings: &OptimalSettings,
    workers: &dyn Workers,
) -> OptimalInstruments {
    let (beta, _) = coefficients(problem, &fit.values, &fit.linear);
    let theta = Theta::new(&problem.parameters, &fit.values);
    let world = World {
        problem,
        columns,
        fit,
        beta: &beta,
        theta: &theta,
        prices: given_prices(problem, settings),
        workers,
    };
    let draws = errors::draws(problem, fit, settings.expectation);
    let mut mean = Realised::zeros(problem);
    let weight = 1.0 / draws.len() as f64;
    for (xi, omega) in &draws {
        mean.add(weight, &world.realise(xi, omega));
    }
    normalised(problem, fit, mean)
}

/// Prices that no equilibrium has to be solved for.
fn given_prices(problem: &Problem, settings: &OptimalSettings) -> Option<Vec<f64>> {
    let solved = problem
        .supply
        .as_ref()
        .is_some_and(|s| errors::exogenous(&s.side).len() == s.side.x.columns);
    if settings.prices.is_some() || solved {
        return settings.prices.clone();
    }
    Some(fitted_prices(problem))
}

/// The fit of prices by the instruments of demand, fixed effects included (rows).
pub fn fitted_prices(problem: &Problem) -> Vec<f64> {
    let side = &problem.demand;
    instruments::fitted_prices(&problem.price, &side.z, &side.effects)
}

/// Divides expected derivatives by the covariance of the errors.
fn normalised(problem: &Problem, fit: &Fit, mean: Realised) -> OptimalInstruments {
    let inverse = errors::inverse_covariance(fit, problem.supply.is_some());
    let (rows, columns) = (problem.rows(), problem.parameters.free.len());
    let mut demand = mean.d_xi.clone().scaled(inverse.at(0, 0));
    let mut supply = Matrix::zeros(rows, 0);
    if problem.supply.is_some() {
        supply = mean.d_omega.clone().scaled(inverse.at(1, 1));
        for k in 0..rows * columns {
            demand.data[k] += inverse.at(0, 1) * mean.d_omega.data[k];
            supply.data[k] += inverse.at(1, 0) * mean.d_xi.data[k];
        }
    }
    OptimalInstruments {
        demand,
        supply,
        inverse_covariance: inverse,
        d_xi: mean.d_xi,
        d_omega: mean.d_omega,
        prices: mean.prices,
        shares: mean.shares,
        at_boundary: mean.at_boundary,
        reverted: mean.reverted,
    }
}
