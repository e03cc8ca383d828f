//! Mean utilities that a caller finds in a way of its own, on the contraction of the model.

use std::fmt::Debug;
use std::sync::Arc;

use entrant_numeric::dense::Matrix;
use entrant_numeric::vector;

use super::block::Block;
use super::inversion::logit_delta;
use super::problem::Problem;
use super::response::Response;
use super::theta::Theta;

/// A caller's way to the mean utilities of a market.
pub trait Invert: Debug + Send + Sync {
    /// Mean utilities of market `t` at the free parameters `values`. Markets are asked for one after
    /// the other.
    fn mean_utilities(&self, t: usize, values: &[f64]) -> Inverse;
}

/// What a caller's way led to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inverse {
    /// Mean utilities in units of utility (products); `None` where none were found.
    pub delta: Option<Vec<f64>>,
    /// Evaluations of the shares.
    pub evaluations: usize,
}

/// A caller's way, shared. Two are equal when they are one and the same.
#[derive(Debug, Clone)]
pub struct OwnInversion(pub Arc<dyn Invert>);

impl PartialEq for OwnInversion {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl OwnInversion {
    /// Mean utilities of all markets, in their order.
    pub(crate) fn all(&self, problem: &Problem, values: &[f64]) -> Vec<Inverse> {
        let each = 0..problem.markets.len();
        each.map(|t| self.0.mean_utilities(t, values)).collect()
    }
}

/// The map whose fixed point are the mean utilities of one market at given parameters:
/// `delta <- delta + scale (1 - rho) [ln S - ln s(delta)]` (Berry, Levinsohn and Pakes 1995, equation
/// 6.8; with nests Grigolon and Verboven 2014). Mean utilities are in units of utility.
#[derive(Debug)]
pub struct Contraction {
    problem: Arc<Problem>,
    t: usize,
    theta: Theta,
    block: Block,
    /// `1 - rho` of each product's nest (products).
    damped: Vec<f64>,
    evaluations: usize,
}

impl Contraction {
    /// The map of market `t` at the free parameters `values`.
    ///
    /// # Panics
    /// If there is no such market.
    pub fn new(problem: Arc<Problem>, t: usize, values: &[f64]) -> Self {
        let theta = Theta::new(&problem.parameters, values);
        let mut block = Block::default();
        let m = &problem.markets[t];
        block.fill_coefficients(&problem, m, &theta);
        let mut damped = vec![1.0; m.products()];
        for (nest, group) in m.nests.iter().zip(&m.nest_group) {
            damped[nest.clone()].fill(1.0 - theta.rho[*group]);
        }
        Contraction {
            problem,
            t,
            theta,
            block,
            damped,
            evaluations: 0,
        }
    }

    /// Number of products.
    pub fn products(&self) -> usize {
        self.damped.len()
    }

    /// Steps so far.
    pub fn evaluations(&self) -> usize {
        self.evaluations
    }

    /// Mean utilities of the (nested) logit, where the engine starts too (products).
    pub fn start(&self) -> Vec<f64> {
        let m = &self.problem.markets[self.t];
        let mut delta = logit_delta(m, &self.theta);
        delta.truncate(m.products());
        delta.iter().map(|d| d * self.problem.scale).collect()
    }

    /// One step from `delta` (products). Shares of the model are moved into `lower` and `upper` before
    /// their logarithm is taken.
    ///
    /// # Panics
    /// If `delta` has another length than there are products.
    pub fn step(&mut self, delta: &[f64], (lower, upper): (f64, f64)) -> Vec<f64> {
        assert_eq!(
            delta.len(),
            self.products(),
            "a mean utility for each product"
        );
        let (problem, m) = (&self.problem, &self.problem.markets[self.t]);
        let inside = problem.in_shocks(delta);
        self.block.fill_exponentials(m, &self.theta, &inside);
        self.block.evaluate(m, &self.theta, &inside);
        self.evaluations += 1;
        let each = delta
            .iter()
            .zip(&m.share)
            .zip(&*self.block.share)
            .zip(&self.damped);
        each.map(|(((d, observed), share), damped)| {
            let share = share.max(lower).min(upper);
            d + problem.scale * damped * (vector::ln(*observed) - vector::ln(share))
        })
        .collect()
    }

    /// Derivatives of the step at the mean utilities that it was taken from last, as long as no share
    /// was moved: `1 - (1 - rho_j) / s_j ds_j / d delta_k` (products x products).
    pub fn jacobian(&mut self) -> Matrix {
        let m = &self.problem.markets[self.t];
        self.block.fill_nested_probabilities(m);
        let mut out = Response::default().share_jacobian(&mut self.block, m, &self.theta);
        for j in 0..m.products() {
            let by = self.damped[j] / self.block.share[j];
            for (k, v) in out.row_mut(j).iter_mut().enumerate() {
                *v = f64::from(u8::from(j == k)) - by * *v;
            }
        }
        out
    }
}
