//! First-order conditions of all prices of a market at given margins.

use std::ops::Range;

use entrant_numeric::vector;

use super::market::PanelMarket;
use super::ownership::Ownership;
use super::rows::{Tile, runs};

/// Shares and the parts of the first-order conditions, in memory that is used again.
///
/// With margins m and `alpha_ij = du_ij / dp_j` the derivative of the owner's profit is
/// `s_j + lambda_j m_j - gamma_j`, where `lambda_j = H_jj sum_i w_i alpha_ij s_ij / (1 - rho)` and
/// `gamma_j = sum_i w_i alpha_ij s_ij [F_ij + rho / (1 - rho) G_ij]`; `F_ij` is the owner-weighted
/// profit that consumer i brings, `G_ij` that within the nest, given the nest.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// Shares (stride).
    pub(super) share: Vec<f64>,
    /// `lambda` (stride).
    pub(super) lambda: Vec<f64>,
    /// `gamma` (stride).
    pub(super) gamma: Vec<f64>,
    tile: Tile,
    moved: Vec<f64>,
    slope: Vec<f64>,
    portfolio: Portfolio,
}

impl Conditions {
    /// Fills shares, `lambda` and `gamma` at the market's prices.
    pub(super) fn fill(&mut self, market: &PanelMarket<'_>, owners: &Ownership, margin: &[f64]) {
        let m = market.data;
        let stride = m.stride;
        for v in [&mut self.share, &mut self.lambda, &mut self.gamma] {
            v.clear();
            v.resize(stride, 0.0);
        }
        self.moved.resize(stride, 0.0);
        self.slope.resize(stride, 0.0);
        self.portfolio.begin(owners);
        let common = market.common_slopes(&market.utility.slope);
        for range in runs(m) {
            self.tile.fill(market, range);
            vector::add_scaled(&mut self.share, 1.0, &self.tile.share);
            for (r, i) in self.tile.consumers.clone().enumerate() {
                let row = r * stride..(r + 1) * stride;
                let alpha = common.as_ref().map(|c| c[i]);
                self.add(market, owners, margin, (i, alpha), row);
            }
        }
        for (j, rho) in market.rho_by_product().iter().enumerate() {
            self.lambda[j] *= owners.weight(j, j) / (1.0 - rho);
        }
    }

    /// Adds consumer `i`, whose price coefficient is the same for all products if `alpha` is.
    fn add(
        &mut self,
        market: &PanelMarket<'_>,
        owners: &Ownership,
        margin: &[f64],
        (i, alpha): (usize, Option<f64>),
        row: Range<usize>,
    ) {
        let m = market.data;
        let p = &self.tile.p[row.clone()];
        let (w, moved) = if let Some(alpha) = alpha {
            (m.consumers.weight[i] * alpha, p)
        } else {
            market.slopes(&market.utility.slope, i, &mut self.slope);
            vector::multiply_sum(&mut self.moved, &self.slope, p);
            (m.consumers.weight[i], &self.moved[..])
        };
        vector::add_scaled(&mut self.lambda, w, moved);
        let all = 0..m.products();
        self.portfolio.sum(owners, &p[all.clone()], margin, 0);
        self.portfolio.spread(all, w, moved, &mut self.gamma);
        for (nest, rho) in m.nests.iter().zip(&market.rho) {
            let within = &self.tile.within[row.start + nest.start..row.start + nest.end];
            self.portfolio
                .sum(owners, within, &margin[nest.clone()], nest.start);
            let by = w * rho / (1.0 - rho);
            self.portfolio
                .spread(nest.clone(), by, moved, &mut self.gamma);
        }
    }

    /// The margin that the conditions ask for: `zeta_j = (gamma_j - s_j) / lambda_j` (Morrow and
    /// Skerlos 2011, equation 13); the margin itself where nobody buys the product.
    pub(super) fn zeta(&self, j: usize, margin: f64) -> f64 {
        if self.share[j] > 0.0 {
            (self.gamma[j] - self.share[j]) / self.lambda[j]
        } else {
            margin
        }
    }

    /// Derivatives of owners' profits with respect to prices (products).
    pub(super) fn gradient(&self, margin: &[f64]) -> Vec<f64> {
        let one = |(j, m): (usize, &f64)| self.share[j] + self.lambda[j] * m - self.gamma[j];
        margin.iter().enumerate().map(one).collect()
    }
}

/// Owner-weighted profit by firm, in memory that is used again.
#[derive(Debug, Default)]
pub(super) struct Portfolio {
    own: Vec<f64>,
    weighted: Vec<f64>,
    separate: bool,
    /// Products next to each other with the same firm: firm, and where they end.
    runs: Vec<(usize, usize)>,
}

impl Portfolio {
    pub(super) fn begin(&mut self, owners: &Ownership) {
        self.separate = owners.is_separate();
        self.own.clear();
        self.own.resize(owners.firms, 0.0);
        self.weighted.clone_from(&self.own);
        self.runs.clear();
        add_runs(&owners.firm, &mut self.runs);
    }

    /// `sum_g theta_fg sum_k q_k m_k` over the products k of firm g, for every firm f. `q` and
    /// `margin` are those of products from `first` on.
    pub(super) fn sum(&mut self, owners: &Ownership, q: &[f64], margin: &[f64], first: usize) {
        self.own.fill(0.0);
        let mut begin = 0;
        for (f, end) in &self.runs {
            let end = end.saturating_sub(first).min(q.len());
            if end > begin {
                self.own[*f] += dot(&q[begin..end], &margin[begin..end]);
                begin = end;
            }
        }
        let n = owners.firms;
        for f in 0..n {
            let row = &owners.conduct[f * n..(f + 1) * n];
            self.weighted[f] = if self.separate {
                row[f] * self.own[f]
            } else {
                vector::dot(row, &self.own)
            };
        }
    }

    /// What the firm that sets the price of product `j` gets.
    pub(super) fn of(&self, owners: &Ownership, j: usize) -> f64 {
        self.weighted[owners.firm[j]]
    }

    /// Adds `by a_j F_j` to `out` for the products in `range`.
    fn spread(&self, range: Range<usize>, by: f64, a: &[f64], out: &mut [f64]) {
        let mut begin = range.start;
        for (f, end) in &self.runs {
            let end = (*end).min(range.end);
            if end > begin {
                let by = by * self.weighted[*f];
                add(&mut out[begin..end], by, &a[begin..end]);
                begin = end;
            }
        }
    }
}

/// Products next to each other with the same firm: firm, and where they end.
pub(super) fn firm_runs(firm: &[usize]) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    add_runs(firm, &mut runs);
    runs
}

fn add_runs(firm: &[usize], runs: &mut Vec<(usize, usize)>) {
    for (j, f) in firm.iter().enumerate() {
        match runs.last_mut() {
            Some((firm, end)) if firm == f => *end = j + 1,
            _ => runs.push((*f, j + 1)),
        }
    }
}

/// Products from which a run is worth the call of a vector kernel.
const LONG: usize = 16;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    if a.len() >= LONG {
        vector::dot(a, b)
    } else {
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    }
}

fn add(out: &mut [f64], by: f64, a: &[f64]) {
    if a.len() >= LONG {
        vector::add_scaled(out, by, a);
    } else {
        out.iter_mut().zip(a).for_each(|(o, a)| *o += by * a);
    }
}
