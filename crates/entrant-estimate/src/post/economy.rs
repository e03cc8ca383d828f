//! A problem at known parameters.

use std::sync::{Mutex, PoisonError};

use super::market::PanelMarket;
use super::utility::Curved;
use crate::blp::{Evaluation, Kind, Problem, Theta, Workers};
use crate::gmm::Linear;

/// A panel of markets at known parameters.
#[derive(Debug, Clone)]
pub struct PanelEconomy<'a> {
    /// What was estimated.
    pub problem: &'a Problem,
    /// Nonlinear parameters as matrices.
    pub theta: Theta,
    /// Coefficients of all columns of mean utility (columns).
    pub beta: Vec<f64>,
    /// Coefficients of all columns of marginal cost (columns); empty without supply.
    pub gamma: Vec<f64>,
    /// Mean utilities at the observed prices (rows).
    pub delta: Vec<f64>,
    /// Whether some characteristic is not linear in price.
    pub(super) curved: bool,
}

impl<'a> PanelEconomy<'a> {
    /// The economy at the free parameters `values`, the linear parameters that were solved for,
    /// and the mean utilities of the evaluation at these values.
    pub fn new(problem: &'a Problem, values: &[f64], linear: &Linear, at: &Evaluation) -> Self {
        PanelEconomy::at(problem, values, linear, at.delta.clone())
    }

    /// The same at given mean utilities (rows), which need not give the observed shares.
    pub fn at(problem: &'a Problem, values: &[f64], linear: &Linear, delta: Vec<f64>) -> Self {
        let theta = Theta::new(&problem.parameters, values);
        let p = &problem.parameters;
        let mut beta = vec![0.0; problem.demand.x.columns];
        let costs = problem.supply.as_ref().map_or(0, |s| s.side.x.columns);
        let mut gamma = vec![0.0; costs];
        let solved = |columns: &[usize], values: &[f64], out: &mut [f64]| {
            for (c, v) in columns.iter().zip(values) {
                out[*c] = *v;
            }
        };
        solved(&p.solved_beta, &linear.beta, &mut beta);
        solved(&p.solved_gamma, &linear.gamma, &mut gamma);
        let fixed = p.fixed.iter().map(|q| (q.kind, q.start));
        let free = p.free.iter().zip(values).map(|(q, v)| (q.kind, *v));
        for (kind, value) in fixed.chain(free) {
            match kind {
                Kind::Beta { column } => beta[column] = value,
                Kind::Gamma { column } => gamma[column] = value,
                _ => {}
            }
        }
        PanelEconomy {
            problem,
            theta,
            beta,
            gamma,
            delta,
            curved: Curved::anywhere(problem.formulas.as_ref(), &problem.price),
        }
    }

    /// Market `t` at its observed prices.
    ///
    /// # Panics
    /// If there is no such market.
    pub fn market(&self, t: usize) -> PanelMarket<'_> {
        PanelMarket::new(self, t)
    }

    /// Does the same work in every market, each starting at its observed prices; results in the
    /// order of the markets, the same for any number of workers.
    pub fn each<T: Send>(
        &self,
        workers: &dyn Workers,
        work: impl Fn(&mut PanelMarket<'_>) -> T + Sync,
    ) -> Vec<T> {
        let slots: Vec<Mutex<Option<T>>> = self
            .problem
            .markets
            .iter()
            .map(|_| Mutex::new(None))
            .collect();
        workers.each(slots.len(), &|t| {
            let value = work(&mut self.market(t));
            *slots[t].lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        });
        let inner = |s: Mutex<Option<T>>| s.into_inner().unwrap_or_else(PoisonError::into_inner);
        slots.into_iter().filter_map(inner).collect()
    }
}
