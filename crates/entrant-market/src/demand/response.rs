//! How shares answer prices, as far as first-order conditions need it.

use entrant_numeric::vector;

use super::{Demand, Row};
use crate::supply::Ownership;

/// The pieces of the first-order conditions of Bertrand pricing at some prices and margins.
///
/// With `w`, `alpha` and `s_ij` of type i (Morrow and Skerlos 2011, equation 13; extended to
/// nests): the derivative of owner-weighted profit with respect to price j is
/// `share_j + lambda_j m_j - cross_j`.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// Market shares (products).
    pub share: Vec<f64>,
    /// `sum_i w_i alpha_i s_ij / (1 - rho)`: the diagonal part, negative (products).
    pub lambda: Vec<f64>,
    /// `sum_i w_i alpha_i s_ij (R_i + rho / (1 - rho) R_ih)` with `R` the owner-weighted margin
    /// that consumer i brings, on all products and within the nest (products).
    pub cross: Vec<f64>,
}

impl Response {
    /// Before any type is added.
    pub(crate) fn none(products: usize) -> Self {
        Response {
            share: vec![0.0; products],
            lambda: vec![0.0; products],
            cross: vec![0.0; products],
        }
    }

    /// Adds type `i`, whose probabilities and owners' profits are given.
    pub(crate) fn add(
        &mut self,
        demand: &Demand,
        ownership: &Ownership,
        i: usize,
        row: &Row,
        profit: &mut OwnerProfit,
    ) {
        let w = demand.weight[i];
        if demand.bends.is_some() {
            self.add_bent(demand, ownership, i, row, profit);
            return;
        }
        let wa = w * demand.slope[i];
        vector::add_scaled(&mut self.share, w, &row.share);
        vector::add_scaled(&mut self.lambda, wa, &row.share);
        profit.add_cross(demand, ownership, row, wa, &mut self.cross);
    }

    /// As [`Response::add`] where each product has a price coefficient of its own.
    fn add_bent(
        &mut self,
        demand: &Demand,
        ownership: &Ownership,
        i: usize,
        row: &Row,
        profit: &OwnerProfit,
    ) {
        for (j, share) in row.share.iter().enumerate() {
            let bought = demand.weight[i] * share;
            // Where nobody buys, a slope without end means nothing.
            if bought > 0.0 {
                let moved = bought * row.slope[j];
                self.share[j] += bought;
                self.lambda[j] += moved;
                self.cross[j] += moved * profit.at(demand, ownership, j);
            }
        }
    }

    /// Once all types are added.
    pub(crate) fn over_nests(&mut self, demand: &Demand) {
        if demand.rho > 0.0 {
            for (j, l) in self.lambda.iter_mut().enumerate() {
                *l /= demand.keep(j);
            }
        }
    }

    /// Derivative of owner-weighted profit with respect to each price, given margins (products).
    pub fn gradient(&self, margin: &[f64]) -> Vec<f64> {
        (0..margin.len())
            .map(|j| self.share[j] + self.lambda[j] * margin[j] - self.cross[j])
            .collect()
    }

    /// `share_j / -lambda_j`: the markup of product j were it too small to matter to its buyers'
    /// other choices.
    pub fn natural_margin(&self, j: usize) -> f64 {
        self.share[j] / -self.lambda[j]
    }

    /// The markup map `zeta`: its fixed points in margins are the first-order conditions.
    pub fn zeta(&self) -> Vec<f64> {
        (0..self.share.len())
            .map(|j| (self.cross[j] - self.share[j]) / self.lambda[j])
            .collect()
    }
}

/// Evaluates [`Response`] in one pass over consumer types: O(types x products).
pub fn response(demand: &Demand, ownership: &Ownership, price: &[f64], margin: &[f64]) -> Response {
    response_in(&mut Row::new(demand), demand, ownership, price, margin)
}

/// As [`response`] with a row of the caller's, which may remember exponentials.
pub(crate) fn response_in(
    row: &mut Row,
    demand: &Demand,
    ownership: &Ownership,
    price: &[f64],
    margin: &[f64],
) -> Response {
    row.new_prices();
    let mut out = Response::none(demand.products());
    let mut profit = OwnerProfit::new(demand, ownership);
    for i in 0..demand.types() {
        row.fill(demand, i, price);
        profit.fill(demand, ownership, row, margin);
        out.add(demand, ownership, i, row, &mut profit);
    }
    out.over_nests(demand);
    out
}

/// Owner-weighted margins that one consumer brings to each firm, in all and by nest.
#[derive(Debug, Clone)]
pub(crate) struct OwnerProfit {
    raw: Vec<f64>,
    /// `R_f`: per firm.
    pub total: Vec<f64>,
    /// `R_fh`: per nest and firm, given the nest (nests x firms); only with `rho > 0`.
    pub nest: Vec<f64>,
    /// `rho / (1 - rho)` (nests); only with `rho > 0`.
    rho_ratio: Vec<f64>,
}

impl OwnerProfit {
    pub fn new(demand: &Demand, ownership: &Ownership) -> Self {
        let firms = ownership.firms();
        let nested = if demand.rho > 0.0 {
            demand.nests * firms
        } else {
            0
        };
        let ratio = |h: usize| demand.rho_of(h) / (1.0 - demand.rho_of(h));
        let correlated = if nested > 0 { demand.nests } else { 0 };
        OwnerProfit {
            raw: vec![0.0; firms.max(nested)],
            total: vec![0.0; firms],
            nest: vec![0.0; nested],
            rho_ratio: (0..correlated).map(ratio).collect(),
        }
    }

    pub fn fill(&mut self, demand: &Demand, ownership: &Ownership, row: &Row, margin: &[f64]) {
        let firms = ownership.firms();
        self.raw[..firms].fill(0.0);
        for (j, f) in ownership.firm.iter().enumerate() {
            self.raw[*f] += margin[j] * row.share[j];
        }
        ownership.weigh(&self.raw[..firms], &mut self.total);
        if demand.rho > 0.0 && demand.nests == 1 && row.nest_share(0) > 0.0 {
            let rescale = 1.0 / row.nest_share(0);
            vector::scaled(&mut self.nest, rescale, &self.total);
        } else if demand.rho > 0.0 {
            self.raw.fill(0.0);
            for (j, f) in ownership.firm.iter().enumerate() {
                self.raw[demand.nest[j] * firms + f] += margin[j] * row.within[j];
            }
            for h in 0..demand.nests {
                let block = h * firms..(h + 1) * firms;
                ownership.weigh(&self.raw[block.clone()], &mut self.nest[block]);
            }
        }
    }

    /// Adds `wa s_ij (R_i + rho / (1 - rho) R_ih)` to each product's `cross`.
    fn add_cross(
        &mut self,
        demand: &Demand,
        ownership: &Ownership,
        row: &Row,
        wa: f64,
        cross: &mut [f64],
    ) {
        if demand.rho > 0.0 && demand.nests > 1 {
            for (j, c) in cross.iter_mut().enumerate() {
                *c += wa * row.share[j] * self.at(demand, ownership, j);
            }
            return;
        }
        // Without nests, or with one, what a consumer brings depends on the firm alone.
        self.raw[..self.total.len()].copy_from_slice(&self.total);
        for (r, n) in self.raw.iter_mut().zip(&self.nest) {
            *r += self.rho_ratio[0] * n;
        }
        for ((c, s), f) in cross.iter_mut().zip(&row.share).zip(&ownership.firm) {
            *c += wa * s * self.raw[*f];
        }
    }

    /// `R_i + rho / (1 - rho) R_ih` of the firm that owns product `j`.
    #[inline]
    pub fn at(&self, demand: &Demand, ownership: &Ownership, j: usize) -> f64 {
        let f = ownership.firm[j];
        if demand.rho > 0.0 {
            let h = demand.nest[j];
            self.total[f] + self.rho_ratio[h] * self.nest[h * self.total.len() + f]
        } else {
            self.total[f]
        }
    }
}

/// Margins implied by the first-order conditions at observed prices: solves
/// `share_j + lambda_j m_j - sum_k H_jk Gamma_jk m_k = 0` for the products with `free`,
/// taking the margins of the others from `margin`.
///
/// Returns `None` when the system is singular (never a pseudo-inverse).
pub fn margin_pairs(
    demand: &Demand,
    ownership: &Ownership,
    price: &[f64],
    margin: &[f64],
    free: &[bool],
) -> Option<Vec<f64>> {
    let products = demand.products();
    let (share, lambda, gamma) = accumulate_gamma(demand, ownership, price);
    let index: Vec<usize> = (0..products).filter(|j| free[*j]).collect();
    let n = index.len();
    let (mut matrix, mut right) = (vec![0.0; n * n], vec![0.0; n]);
    for (a, j) in index.iter().enumerate() {
        right[a] = -share[*j];
        for k in 0..products {
            let term = ownership.weight(*j, k) * gamma[j * products + k];
            if !free[k] {
                right[a] += term * margin[k];
            }
        }
        for (b, k) in index.iter().enumerate() {
            let own = if j == k { lambda[*j] } else { 0.0 };
            matrix[a * n + b] = own - ownership.weight(*j, *k) * gamma[j * products + k];
        }
    }
    let solution = entrant_numeric::linalg::solve(&matrix, &right)?;
    let mut out = margin.to_vec();
    for (a, j) in index.iter().enumerate() {
        out[*j] = solution[a];
    }
    Some(out)
}

/// Shares, `Lambda` and the entries of `Gamma` between products whose owners care.
fn accumulate_gamma(
    demand: &Demand,
    ownership: &Ownership,
    price: &[f64],
) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let products = demand.products();
    let pairs: Vec<(usize, usize)> = (0..products)
        .flat_map(|j| (0..products).map(move |k| (j, k)))
        .filter(|(j, k)| ownership.weight(*j, *k) != 0.0)
        .collect();
    let (mut share, mut lambda) = (vec![0.0; products], vec![0.0; products]);
    let mut gamma = vec![0.0; products * products];
    let mut nested = vec![0.0; products];
    let mut row = Row::new(demand);
    for i in 0..demand.types() {
        row.fill(demand, i, price);
        let w = demand.weight[i];
        vector::add_scaled(&mut share, w, &row.share);
        for j in (0..products).filter(|j| row.share[*j] > 0.0) {
            lambda[j] += w * row.slope_of(demand, i, j) / demand.keep(j) * row.share[j];
        }
        if demand.rho > 0.0 {
            for (j, close) in nested.iter_mut().enumerate() {
                let keep = demand.keep(j);
                *close = row.share[j] + (1.0 - keep) / keep * row.within[j];
            }
        }
        for (j, k) in pairs.iter().filter(|(j, _)| row.share[*j] > 0.0) {
            let wa = w * row.slope_of(demand, i, *j);
            let close = demand.rho > 0.0 && demand.nest[*j] == demand.nest[*k];
            let met = if close { nested[*k] } else { row.share[*k] };
            gamma[j * products + k] += wa * row.share[*j] * met;
        }
    }
    (share, lambda, gamma)
}
