//! Derivatives of markups without nests: matrix products in place of loops over consumers.

use entrant_numeric::dense::{self, View};
use entrant_numeric::vector;

use super::{Factors, depends_on_price};
use crate::blp::block::{Block, zeroed};
use crate::blp::market::MarketData;
use crate::blp::parameters::Kind;
use crate::blp::problem::Problem;
use crate::blp::response::{Response, coefficient_of};

/// Arrays over consumers, used again for the next market.
#[derive(Debug, Default)]
pub(super) struct Flat {
    /// `w_i alpha_ij s_ij` (consumers x stride).
    curvature: Vec<f64>,
    /// `w_i s_ij r_ij`, and `w_i alpha_ij s_ij r_ij`, with `r_ij = H_jj eta_j - m_ij`.
    left: Vec<f64>,
    pulled: Vec<f64>,
    /// `w_i alpha_ij s_ij (r_ij - m_ij)`.
    crossed: Vec<f64>,
    /// `s_ij eta_j`, and `m_ij = sum_k H_jk s_ik eta_k`.
    profit: Vec<f64>,
    portfolio: Vec<f64>,
    firm: Vec<f64>,
    /// Mean over products of what a parameter adds to utility (consumers x parameters).
    mean: Vec<f64>,
    /// `s_ij eta_j x_jk`, its firm sums, and those times `c_ij`.
    valued: Vec<f64>,
    spread: Vec<f64>,
    product: Vec<f64>,
    row: Vec<f64>,
    by_taste: Vec<f64>,
    by_mean: Vec<f64>,
}

/// Whether the products of each firm stand next to each other.
pub(super) fn in_blocks(m: &MarketData) -> bool {
    let changes = m.firm.windows(2).filter(|w| w[0] != w[1]).count();
    changes < m.firms.max(1)
}

impl Flat {
    /// `w_i alpha_ij s_ij`, from the weighted probabilities.
    pub(super) fn fill_curvature(&mut self, weighted: &[f64], alpha: &[f64]) {
        self.curvature.resize(weighted.len(), 0.0);
        vector::multiply(&mut self.curvature, weighted, alpha);
    }

    /// `Delta` of every group: `-H_jk ds_k/dp_j` with
    /// `ds_k/dp_j = sum_i w_i alpha_ij s_ij (1(j = k) - s_ik)`.
    pub(super) fn fill_first_order(
        &mut self,
        block: &Block,
        m: &MarketData,
        factors: &mut [Factors],
    ) {
        let rows = m.consumers();
        for (group, factors) in m.groups.iter().zip(factors) {
            let n = group.len();
            zeroed(&mut factors.cross, n * n);
            let runs = group[n - 1] - group[0] + 1 == n;
            if runs {
                let from = group[0];
                let left = View::strided(&self.curvature[from..], rows, n, m.stride);
                let right = View::strided(&block.p[from..], rows, n, m.stride);
                dense::matmul(&mut factors.cross, left.t(), right, 0.0);
            } else {
                self.cross_of_scattered(block, m, group, &mut factors.cross);
            }
            factors.a.clone_from(&factors.cross);
            for (x, j) in group.iter().enumerate() {
                let total: f64 = (0..rows).map(|i| self.curvature[i * m.stride + j]).sum();
                factors.a[x * n + x] -= total;
                for (y, k) in group.iter().enumerate() {
                    factors.a[x * n + y] *= m.ownership(*j, *k);
                }
            }
        }
    }

    fn cross_of_scattered(&self, block: &Block, m: &MarketData, group: &[usize], out: &mut [f64]) {
        let n = group.len();
        for i in 0..m.consumers() {
            let at = i * m.stride;
            for (x, j) in group.iter().enumerate() {
                for (y, k) in group.iter().enumerate() {
                    out[x * n + y] += self.curvature[at + j] * block.p[at + k];
                }
            }
        }
    }

    /// Minus the derivative of `(Delta eta)_j` at fixed `eta`, into `d_eta` (products x
    /// parameters): the right-hand sides of the derivatives of markups.
    ///
    /// With `c_ij = w_i alpha_ij s_ij`, `t_ij` what a parameter adds to utility, `t_i` its mean and
    /// `(M t)_ij = sum_k H_jk s_ik eta_k t_ik`, the derivative of `(Delta eta)_j` is
    /// `-sum_i [w_i s_ij r_ij d alpha_ij + c_ij r_ij t_ij - c_ij (r_ij - m_ij) t_i - c_ij (M t)_ij]`,
    /// and `t_ij = d delta_j + u_i x_jk` splits each sum into products of matrices.
    pub(super) fn right_hand_sides(
        &mut self,
        problem: &Problem,
        (block, response): (&Block, &Response),
        m: &MarketData,
        (eta, factors): (&[f64], &[Factors]),
        d_eta: &mut [f64],
    ) {
        self.fill_rows(response, block, m, eta);
        self.fill_means(response, block, m);
        self.add_through_mean_utility(problem, response, m, eta, factors, d_eta);
        self.add_through_tastes(problem, response, m, d_eta);
        self.add_through_price_slopes(problem, response, m, d_eta);
    }

    fn fill_rows(&mut self, response: &Response, block: &Block, m: &MarketData, eta: &[f64]) {
        let size = block.p.len();
        for v in [
            &mut self.left,
            &mut self.pulled,
            &mut self.crossed,
            &mut self.profit,
            &mut self.portfolio,
            &mut self.valued,
            &mut self.spread,
            &mut self.product,
        ] {
            v.resize(size, 0.0);
        }
        let own: Vec<f64> = (0..m.stride)
            .map(|j| {
                if j < m.products() {
                    m.ownership(j, j) * eta[j]
                } else {
                    0.0
                }
            })
            .collect();
        for i in 0..m.consumers() {
            let range = i * m.stride..(i + 1) * m.stride;
            vector::multiply(
                &mut self.profit[range.clone()],
                &block.p[range.clone()],
                eta,
            );
        }
        portfolios(m, &self.profit, &mut self.firm, &mut self.portfolio);
        for i in 0..m.consumers() {
            let range = i * m.stride..(i + 1) * m.stride;
            vector::left_over(
                (
                    &mut self.left[range.clone()],
                    &mut self.pulled[range.clone()],
                    &mut self.crossed[range.clone()],
                ),
                &own,
                &self.portfolio[range.clone()],
                (&response.weighted[range.clone()], &self.curvature[range]),
            );
        }
    }

    /// `t_i = sum_k s_ik d delta_k + u_i x_i` for every parameter that moves mean utilities.
    fn fill_means(&mut self, response: &Response, block: &Block, m: &MarketData) {
        let columns = response.columns;
        zeroed(&mut self.mean, m.consumers() * columns);
        let p = View::strided(&block.p, m.consumers(), m.products(), m.stride);
        let d = View::new(&response.d_delta, m.products(), columns);
        dense::matmul(&mut self.mean, p, d, 0.0);
        vector::add_scaled(&mut self.mean, 1.0, &response.mean_shift);
    }

    fn add_through_mean_utility(
        &mut self,
        problem: &Problem,
        response: &Response,
        m: &MarketData,
        eta: &[f64],
        factors: &[Factors],
        d_eta: &mut [f64],
    ) {
        let (n, rows, columns) = (m.products(), m.consumers(), response.columns);
        let all = problem.parameters.free.len();
        zeroed(&mut self.by_mean, n * columns);
        let crossed = View::strided(&self.crossed, rows, n, m.stride);
        dense::matmul(
            &mut self.by_mean,
            crossed.t(),
            View::new(&self.mean, rows, columns),
            0.0,
        );
        let mut pulled = vec![0.0; m.stride];
        for row in self.pulled.chunks_exact(m.stride) {
            vector::add_scaled(&mut pulled, 1.0, row);
        }
        for j in 0..n {
            for c in 0..columns {
                let d = response.d_delta[j * columns + c];
                d_eta[j * all + c] += pulled[j] * d - self.by_mean[j * columns + c];
            }
        }
        for (group, factors) in m.groups.iter().zip(factors) {
            for (x, j) in group.iter().enumerate() {
                for (y, k) in group.iter().enumerate() {
                    let by = m.ownership(*j, *k) * eta[*k] * factors.cross[x * group.len() + y];
                    for c in 0..columns {
                        d_eta[j * all + c] -= by * response.d_delta[k * columns + c];
                    }
                }
            }
        }
    }

    /// The part of `u_i x_jk`, one random coefficient after the other.
    fn add_through_tastes(
        &mut self,
        problem: &Problem,
        response: &Response,
        m: &MarketData,
        d_eta: &mut [f64],
    ) {
        let (n, rows, columns) = (m.products(), m.consumers(), response.columns);
        let free = &problem.parameters.free;
        let all = free.len();
        let u = View::new(&response.shift, rows, columns);
        zeroed(&mut self.by_taste, n * columns);
        let pulled = View::strided(&self.pulled, rows, n, m.stride);
        dense::matmul(&mut self.by_taste, pulled.t(), u, 0.0);
        for k in 0..m.coefficients() {
            let mine: Vec<usize> = (0..columns)
                .filter(|c| coefficient_of(free[*c].kind) == Some(k))
                .collect();
            let (Some(first), Some(last)) = (mine.first(), mine.last()) else {
                continue;
            };
            self.fill_taste_portfolio(m, k);
            let width = last - first + 1;
            zeroed(&mut self.by_mean, n * width);
            let right = View::strided(&response.shift[*first..], rows, width, columns);
            let left = View::strided(&self.product, rows, n, m.stride);
            dense::matmul(&mut self.by_mean, left.t(), right, 0.0);
            for j in 0..n {
                for c in &mine {
                    let through = self.by_taste[j * columns + c] * m.x2(k)[j];
                    d_eta[j * all + c] += through - self.by_mean[j * width + c - first];
                }
            }
        }
    }

    /// `c_ij sum_l H_jl s_il eta_l x_lk` (consumers x stride), into `product`.
    fn fill_taste_portfolio(&mut self, m: &MarketData, k: usize) {
        let rows = self.valued.chunks_exact_mut(m.stride);
        for (out, row) in rows.zip(self.profit.chunks_exact(m.stride)) {
            vector::multiply(out, row, m.x2(k));
        }
        portfolios(m, &self.valued, &mut self.firm, &mut self.spread);
        vector::multiply(&mut self.product, &self.spread, &self.curvature);
    }

    /// The part of `d alpha_ij`: parameters of columns that depend on price.
    fn add_through_price_slopes(
        &mut self,
        problem: &Problem,
        response: &Response,
        m: &MarketData,
        d_eta: &mut [f64],
    ) {
        let free = &problem.parameters.free;
        let (rows, all, columns) = (m.consumers(), free.len(), response.columns);
        for (c, parameter) in free.iter().enumerate() {
            let (slope, u) = match parameter.kind {
                Kind::Beta { column } => (m.x1_price(column), None),
                kind => match coefficient_of(kind).filter(|k| depends_on_price(m, *k)) {
                    Some(k) => (m.x2_price(k), Some(c)),
                    None => continue,
                },
            };
            zeroed(&mut self.row, m.stride);
            for i in 0..rows {
                let by = u.map_or(1.0, |c| response.shift[i * columns + c]);
                let left = &self.left[i * m.stride..(i + 1) * m.stride];
                vector::add_scaled(&mut self.row, by, left);
            }
            for j in 0..m.products() {
                d_eta[j * all + c] += slope[j] * self.row[j];
            }
        }
    }
}

/// `out_ij = sum_k H_jk a_ik` for every consumer (consumers x stride): sums over each firm's
/// products, which stand next to each other.
fn portfolios(m: &MarketData, a: &[f64], firm: &mut Vec<f64>, out: &mut [f64]) {
    zeroed(firm, m.firms);
    let blocks = blocks(m);
    for (row, out) in a.chunks_exact(m.stride).zip(out.chunks_exact_mut(m.stride)) {
        for (f, block) in &blocks {
            firm[*f] = row[block.clone()].iter().sum();
        }
        for (f, block) in &blocks {
            let weights = &m.conduct[f * m.firms..(f + 1) * m.firms];
            let value = if m.separate {
                weights[*f] * firm[*f]
            } else {
                weights.iter().zip(&*firm).map(|(w, s)| w * s).sum()
            };
            out[block.clone()].fill(value);
        }
        out[m.products()..].fill(0.0);
    }
}

/// Firms with the products that stand next to each other.
fn blocks(m: &MarketData) -> Vec<(usize, std::ops::Range<usize>)> {
    let mut found: Vec<(usize, std::ops::Range<usize>)> = Vec::new();
    for (j, f) in m.firm.iter().enumerate() {
        match found.last_mut() {
            Some((last, block)) if last == f => block.end = j + 1,
            _ => found.push((*f, j..j + 1)),
        }
    }
    found
}
