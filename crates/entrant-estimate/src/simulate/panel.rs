//! Prices and shares of a whole panel at known parameters and errors.

use entrant_data::spec::CostForm;
use entrant_numeric::vector;

use super::columns::{Columns, coefficients};
use super::pricing::{Pricer, Prices, Setting};
use crate::blp::{Problem, Theta};
use crate::gmm::Linear;

/// What is true of a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// Parameters that an estimator searches for, in the order of the problem.
    pub values: Vec<f64>,
    /// Parameters that it solves for.
    pub linear: Linear,
    /// Errors of mean utility (rows of the problem).
    pub xi: Vec<f64>,
    /// Errors of marginal cost or its logarithm (rows of the problem).
    pub omega: Vec<f64>,
}

/// A market whose prices could not be solved.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsolved {
    /// Id of the market.
    pub market: String,
    /// What first-order conditions still missed, relative to the price.
    pub residual: f64,
}

/// Solves every market of a problem with supply: Bertrand-Nash prices, and shares with the
/// problem's own consumers. The search begins at the problem's prices; its shares are not read.
///
/// # Errors
///
/// The first market without an equilibrium that the iteration finds; a problem without supply has
/// none.
pub fn simulate(
    problem: &Problem,
    columns: &Columns,
    truth: &Truth,
) -> Result<Vec<Prices>, Unsolved> {
    let (beta, gamma) = coefficients(problem, &truth.values, &truth.linear);
    let theta = Theta::new(&problem.parameters, &truth.values);
    let setting = Setting {
        problem,
        columns,
        theta: &theta,
        beta: &beta,
    };
    let delta = predicted(columns.linear(), &beta, &truth.xi);
    let cost = costs(problem, columns, &gamma, &truth.omega);
    let mut pricer = Pricer::default();
    let solve = |t: usize| {
        let m = &problem.markets[t];
        let start = &problem.price[m.rows.clone()];
        let cost = cost.get(m.rows.clone()).unwrap_or(start);
        let found = pricer.solve(&setting, t, &delta[m.rows.clone()], cost, start);
        if found.converged {
            Ok(found)
        } else {
            Err(Unsolved {
                market: m.id.clone(),
                residual: found.residual,
            })
        }
    };
    (0..problem.markets.len()).map(solve).collect()
}

/// `x b + e` (rows).
fn predicted(x: &entrant_data::formula::Design, b: &[f64], e: &[f64]) -> Vec<f64> {
    let row = |(i, e): (usize, &f64)| vector::dot(x.row(i), b) + e;
    e.iter().enumerate().map(row).collect()
}

/// Marginal costs (rows); empty without supply.
fn costs(problem: &Problem, columns: &Columns, gamma: &[f64], omega: &[f64]) -> Vec<f64> {
    let (Some(supply), Some(x)) = (&problem.supply, columns.cost()) else {
        return Vec::new();
    };
    let mut cost = predicted(x, gamma, omega);
    if supply.form == CostForm::Log {
        for c in &mut cost {
            *c = vector::exp(*c);
        }
    }
    cost
}
