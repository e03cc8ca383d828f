//! Markups that first-order conditions imply, costs, and prices one step ahead.

use entrant_numeric::dense;

use super::market::PanelMarket;
use super::ownership::Ownership;

impl PanelMarket<'_> {
    /// Markups `p - c` in money (products) at which the market's prices are optimal: the solution
    /// of `Delta eta = s` with `Delta_jk = -H_jk ds_k / dp_j` (Berry, Levinsohn and Pakes 1995,
    /// equation 3.3); zero where owners give no weight to any profit, as under perfect competition.
    /// `None` when the conditions do not determine them.
    pub fn markups(&self, owners: &Ownership) -> Option<Vec<f64>> {
        let share = self.shares();
        let mut eta = vec![0.0; share.len()];
        for part in owners.parts() {
            let n = part.len();
            let worthless = |j: &usize| part.iter().all(|k| owners.weight(*j, *k) == 0.0);
            if part.iter().all(worthless) {
                // Nobody gains from a higher price: prices are costs.
                continue;
            }
            let jacobian = self.jacobian_of(&self.utility.slope, &part);
            let mut delta = vec![0.0; n * n];
            for (x, j) in part.iter().enumerate() {
                for (y, k) in part.iter().enumerate() {
                    delta[x * n + y] = -owners.weight(*j, *k) * jacobian.at(y, x);
                }
            }
            let mut pivot = vec![0; n];
            if !dense::lu(&mut delta, &mut pivot, n) {
                return None;
            }
            let mut b: Vec<f64> = part.iter().map(|j| share[*j]).collect();
            dense::lu_solve(&delta, &pivot, &mut b, n, 1);
            for (j, e) in part.iter().zip(&b) {
                eta[*j] = *e;
            }
        }
        eta.iter().all(|e| e.is_finite()).then_some(eta)
    }

    /// Marginal costs at which the market's prices are optimal (products); bounds on costs are
    /// not applied. Needs no supply side. `None` as in [`PanelMarket::markups`].
    pub fn costs(&self, owners: &Ownership) -> Option<Vec<f64>> {
        let eta = self.markups(owners)?;
        Some(self.price().iter().zip(&eta).map(|(p, e)| p - e).collect())
    }

    /// Prices after a change of owners or costs when shares and their derivatives stay what they
    /// are: `c + eta` (products). `None` as in [`PanelMarket::markups`].
    pub fn approximate_prices(&self, owners: &Ownership, cost: &[f64]) -> Option<Vec<f64>> {
        let eta = self.markups(owners)?;
        Some(cost.iter().zip(&eta).map(|(c, e)| c + e).collect())
    }

    /// Lerner indices `(p - c) / p` (products).
    pub fn lerner(&self, cost: &[f64]) -> Vec<f64> {
        let one = |(p, c): (&f64, &f64)| (p - c) / p;
        self.price().iter().zip(cost).map(one).collect()
    }
}
