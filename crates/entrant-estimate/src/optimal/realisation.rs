//! The world at one draw of structural errors: prices, shares, and the derivatives of the errors.

use std::sync::{Mutex, PoisonError};

use entrant_data::spec::CostForm;
use entrant_numeric::dense::Matrix;
use entrant_numeric::vector;

use super::boundary;
use crate::blp::{Evaluation, Kind, Problem, Theta, Wanted, Workers, evaluate};
use crate::gmm::Fit;
use crate::simulate::{Columns, Pricer, Prices, Setting};

/// Inversion residual at which derivatives are taken; shares are the model's own, so that it is
/// only a question of rounding.
pub(super) const TOLERANCE: f64 = 1e-13;

/// What does not depend on the draw.
pub(super) struct World<'a> {
    pub(super) problem: &'a Problem,
    pub(super) columns: &'a Columns,
    pub(super) fit: &'a Fit,
    pub(super) beta: &'a [f64],
    pub(super) theta: &'a Theta,
    /// Prices that are not solved for.
    pub(super) prices: Option<Vec<f64>>,
    pub(super) workers: &'a dyn Workers,
}

/// Prices, shares and derivatives, of one draw or averaged.
#[derive(Debug, Clone, Default)]
pub(super) struct Realised {
    pub(super) prices: Vec<f64>,
    pub(super) shares: Vec<f64>,
    pub(super) d_xi: Matrix,
    pub(super) d_omega: Matrix,
    pub(super) at_boundary: Vec<usize>,
    pub(super) reverted: Vec<usize>,
}

impl Realised {
    pub(super) fn zeros(problem: &Problem) -> Self {
        let (rows, columns) = (problem.rows(), problem.parameters.free.len());
        let supply = if problem.supply.is_some() { columns } else { 0 };
        Realised {
            prices: vec![0.0; rows],
            shares: vec![0.0; rows],
            d_xi: Matrix::zeros(rows, columns),
            d_omega: Matrix::zeros(rows, supply),
            ..Realised::default()
        }
    }

    pub(super) fn add(&mut self, weight: f64, other: &Realised) {
        vector::add_scaled(&mut self.prices, weight, &other.prices);
        vector::add_scaled(&mut self.shares, weight, &other.shares);
        vector::add_scaled(&mut self.d_xi.data, weight, &other.d_xi.data);
        vector::add_scaled(&mut self.d_omega.data, weight, &other.d_omega.data);
        self.at_boundary.clone_from(&other.at_boundary);
        self.reverted.extend(&other.reverted);
        self.reverted.sort_unstable();
        self.reverted.dedup();
    }
}

impl World<'_> {
    /// One draw of errors.
    pub(super) fn realise(&self, xi: &[f64], omega: &[f64]) -> Realised {
        let found = self.prices(xi, omega);
        let mut reverted: Vec<usize> = (0..found.len()).filter(|t| !found[*t].converged).collect();
        loop {
            let there = self.problem_at(&found, &reverted);
            let at = derivatives(&there, &self.fit.values, self.workers);
            // Reverted markets are as estimated and have been inverted before.
            match at.failure.filter(|(t, _)| !reverted.contains(t)) {
                Some((t, _)) => reverted.push(t),
                None => return self.collect(&there, &at, reverted),
            }
        }
    }

    /// Prices and shares of every market.
    fn prices(&self, xi: &[f64], omega: &[f64]) -> Vec<Prices> {
        let fit = self.fit;
        let delta = shifted(&fit.at.delta, &fit.errors.xi, xi);
        let mut cost = shifted(&fit.at.cost, &fit.errors.omega, omega);
        if self
            .problem
            .supply
            .as_ref()
            .is_some_and(|s| s.form == CostForm::Log)
        {
            for c in &mut cost {
                *c = vector::exp(*c);
            }
        }
        let setting = Setting {
            problem: self.problem,
            columns: self.columns,
            theta: self.theta,
            beta: self.beta,
        };
        let markets = &self.problem.markets;
        let slots: Vec<Mutex<Prices>> = markets.iter().map(|_| Mutex::default()).collect();
        self.workers.each(slots.len(), &|t| {
            let rows = markets[t].rows.clone();
            let delta = &delta[rows.clone()];
            let mut pricer = Pricer::default();
            let found = if let Some(given) = &self.prices {
                pricer.at(&setting, t, delta, &given[rows])
            } else {
                let start = &self.problem.price[rows.clone()];
                pricer.solve(&setting, t, delta, &cost[rows], start)
            };
            *slots[t].lock().unwrap_or_else(PoisonError::into_inner) = found;
        });
        let taken = slots.into_iter();
        taken
            .map(|s| s.into_inner().unwrap_or_else(PoisonError::into_inner))
            .collect()
    }

    /// The problem with these prices and shares as if they had been observed.
    fn problem_at(&self, found: &[Prices], reverted: &[usize]) -> Problem {
        let mut there = self.problem.clone();
        if let Some(supply) = &mut there.supply {
            supply.bounds = [f64::NEG_INFINITY, f64::INFINITY];
        }
        for (t, prices) in found.iter().enumerate() {
            let moved = self.columns.at(self.problem, t, &prices.price, self.beta);
            let Some(moved) = moved.filter(|_| !reverted.contains(&t)) else {
                continue;
            };
            there.price[moved.market.rows.clone()].copy_from_slice(&prices.price);
            there.markets[t] = moved.market;
            there.markets[t].share.clone_from(&prices.share);
        }
        there
    }

    fn collect(&self, there: &Problem, at: &Evaluation, reverted: Vec<usize>) -> Realised {
        let mut out = Realised::zeros(there);
        out.prices.clone_from(&there.price);
        out.shares = there
            .markets
            .iter()
            .flat_map(|m| m.share.iter().copied())
            .collect();
        out.reverted = reverted;
        for (c, parameter) in there.parameters.free.iter().enumerate() {
            match parameter.kind {
                Kind::Beta { column } => self.set_linear(there, column, c, &mut out),
                Kind::Gamma { .. } => {}
                _ => copy_column(&at.d_delta, c, &mut out.d_xi, c),
            }
            if there.supply.is_some() {
                match parameter.kind {
                    Kind::Gamma { column } => self.set_cost(column, c, &mut out),
                    _ => copy_column(&at.d_cost, c, &mut out.d_omega, c),
                }
            }
        }
        boundary::replace(there, &self.fit.values, self.workers, &mut out);
        out
    }

    /// `d xi / d beta = -x` at the draw's prices.
    fn set_linear(&self, there: &Problem, column: usize, c: usize, out: &mut Realised) {
        let moved = self.columns.linear_at(&there.price);
        let x = moved.as_ref().unwrap_or(self.columns.linear());
        for r in 0..there.rows() {
            out.d_xi.set(r, c, -x.row(r)[column]);
        }
    }

    /// `d omega / d gamma = -x`.
    fn set_cost(&self, column: usize, c: usize, out: &mut Realised) {
        let Some(x) = self.columns.cost() else { return };
        for r in 0..x.rows {
            out.d_omega.set(r, c, -x.row(r)[column]);
        }
    }
}

/// Evaluates with derivatives.
pub(super) fn derivatives(there: &Problem, values: &[f64], workers: &dyn Workers) -> Evaluation {
    let wanted = Wanted {
        tolerance: TOLERANCE,
        jacobian: true,
    };
    evaluate(there, values, wanted, workers)
}

/// `y - old + new` (rows).
fn shifted(y: &[f64], old: &[f64], new: &[f64]) -> Vec<f64> {
    let parts = y.iter().zip(old).zip(new);
    parts.map(|((y, o), n)| y - o + n).collect()
}

pub(super) fn copy_column(from: &Matrix, a: usize, to: &mut Matrix, b: usize) {
    for r in 0..from.rows {
        to.set(r, b, from.at(r, a));
    }
}
