//! Bertrand-Nash prices, and the proof of what was found.
//!
//! [`solve`] looks for prices at which every first-order condition holds; [`certify`] is made
//! by code that did not solve; [`find`] puts both together with a search for other equilibria
//! and for profitable deviations, and returns a status. [`find_within`] does the same for firms
//! that can sell only so much.

mod alone;
mod bent;
mod certify;
mod curvature;
mod deviation;
mod find;
mod limits;
mod search;
mod solve;
mod type_bound;

pub use certify::{CURVATURE_LIMIT, GRADIENT_LIMIT, LocalCertificate, RESIDUAL_LIMIT, certify};
pub use deviation::{Deviation, best_deviation, deviations};
pub use find::{Effort, Equilibrium, find, find_within};
pub use limits::{Limit, certify_within, costs_within};
pub use solve::{PriceSolution, solve};
pub use type_bound::{MarginBox, type_profit_bound, uniform_markup_range};

use crate::{Demand, Ownership};

/// Shares below this have lost digits to underflow (`f64` ends near 1e-308).
const SMALLEST_SHARE: f64 = 1e-250;

/// A pricing problem: demand, owners, costs, and which prices are free.
#[derive(Debug, Clone, Copy)]
pub struct PriceProblem<'a> {
    /// Demand.
    pub demand: &'a Demand,
    /// Whose profit counts.
    pub ownership: &'a Ownership,
    /// Marginal cost (products).
    pub cost: &'a [f64],
    /// Whether the product's price is chosen by its firm; the others stay where they start.
    pub free: &'a [bool],
}

impl PriceProblem<'_> {
    /// Margins at these prices (products).
    pub fn margin(&self, price: &[f64]) -> Vec<f64> {
        price.iter().zip(self.cost).map(|(p, c)| p - c).collect()
    }

    /// Owner-weighted profit of firm `f` per potential buyer at these prices.
    pub fn objective(&self, f: usize, price: &[f64]) -> f64 {
        let share = self.demand.shares(price);
        let one =
            |k: usize| self.ownership.weight_of_firm(f, k) * (price[k] - self.cost[k]) * share[k];
        (0..share.len()).map(one).sum()
    }

    /// Free prices that matter: the product sells, or it would if it were sold at cost.
    ///
    /// A share too small for its first-order condition to mean anything does not count as sold:
    /// at a price far beyond every buyer all conditions vanish and prove nothing. Where utility is not
    /// linear in price all free prices matter: it may not even exist at cost.
    /// `share` holds the shares at `price`.
    pub(crate) fn live(&self, price: &[f64], share: &[f64]) -> Vec<bool> {
        if self.demand.bends.is_some() {
            return self.free.to_vec();
        }
        let far = |j: usize| self.free[j] && share[j] < SMALLEST_SHARE;
        (0..share.len())
            .map(|j| self.free[j] && (!far(j) || self.sells_at_cost(price, j)))
            .collect()
    }

    fn sells_at_cost(&self, price: &[f64], j: usize) -> bool {
        let mut cheap = price.to_vec();
        cheap[j] = self.cost[j];
        self.demand.shares(&cheap)[j] >= SMALLEST_SHARE
    }

    /// Products of firm `f` with a free price.
    pub fn free_products(&self, f: usize) -> Vec<usize> {
        (0..self.cost.len())
            .filter(|j| self.free[*j] && self.ownership.firm[*j] == f)
            .collect()
    }
}
