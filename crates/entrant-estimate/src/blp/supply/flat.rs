//! Derivatives of markups without nests: products of thin matrices in place of loops over
//! consumers, firm by firm, so that nothing but `w_i alpha_ij s_ij` is as large as the market.

use entrant_numeric::aligned::Aligned;
use entrant_numeric::dense::{Multiplier, Target, View};
use entrant_numeric::mixture::padded;
use entrant_numeric::{mixture, rows, vector};

use super::{Factors, depends_on_price};
use crate::blp::block::{Block, zeroed};
use crate::blp::market::MarketData;
use crate::blp::parameters::Kind;
use crate::blp::problem::Problem;
use crate::blp::response::{Response, coefficient_of};

/// Arrays over consumers, used again for the next market.
#[derive(Debug, Default)]
pub(super) struct Flat {
    /// `c_ij = w_i alpha_ij s_ij` (consumers x stride), and its sums over consumers (stride).
    curvature: Aligned,
    total: Vec<f64>,
    work: Multiplier,
    runs: Vec<Run>,
    /// By how much each parameter moves its coefficient, `u_i`, and a one behind the last (consumers x
    /// width).
    shift: Aligned,
    /// Mean over products of what a parameter adds to utility, `t_i` (consumers x width).
    mean: Aligned,
    /// `sum_i c_ij t_i` and `sum_i c_ij u_i` (parameters x stride).
    by_mean: Vec<f64>,
    by_taste: Vec<f64>,
    /// `eta_j x_jk` of one firm for the coefficient of each parameter, and `eta_j` behind the last
    /// (products x width).
    valued: Vec<f64>,
    /// What a firm has at stake with every consumer: `sum_k H_fk s_ik eta_k x_kl` for the
    /// coefficient l of each parameter, and `m_if = sum_k H_fk s_ik eta_k` behind the last (consumers x
    /// width); of every firm where profits of others count.
    stakes: Aligned,
    mixed: Vec<f64>,
    /// `m u`, then `2 m t - u sum_k H s eta x`, of one firm (consumers x twice the width); and their
    /// products (products x twice the width).
    columns: Aligned,
    sums: Vec<f64>,
    /// `w m u` of one firm (consumers x width), and its products (products x width).
    slopes: Aligned,
    slope_sums: Vec<f64>,
}

/// Products of one firm, next to each other.
#[derive(Debug, Clone)]
struct Run {
    firm: usize,
    products: std::ops::Range<usize>,
}

/// What right-hand sides are made of.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) problem: &'a Problem,
    pub(super) block: &'a Block,
    pub(super) response: &'a Response,
    pub(super) m: &'a MarketData,
    /// Markups (stride).
    pub(super) eta: &'a [f64],
    pub(super) factors: &'a [Factors],
}

/// Whether the products of each firm stand next to each other.
pub(super) fn in_blocks(m: &MarketData) -> bool {
    let changes = m.firm.windows(2).filter(|w| w[0] != w[1]).count();
    changes < m.firms.max(1)
}

/// `out = a * b` in rows `stride` apart.
fn product(work: &mut Multiplier, out: &mut [f64], stride: usize, a: View<'_>, b: View<'_>) {
    let target = Target { data: out, stride };
    work.multiply(target, a, b);
}

impl Flat {
    /// `w_i alpha_ij s_ij`, where `alpha_ij` is what the linear part and every coefficient on a
    /// column that depends on price add.
    pub(super) fn fill_curvature(&mut self, block: &Block, m: &MarketData, linear: &[f64]) {
        self.curvature.fit(block.p.len());
        self.total.resize(m.stride, 0.0);
        let more = !block.by_product.is_empty();
        if more {
            self.curvature.fill(0.0);
        }
        for own in &block.by_product {
            let rows = self.curvature.chunks_exact_mut(m.stride);
            for (row, c) in rows.zip(own.coefficient.chunks_exact(m.stride)) {
                for ((a, c), x) in row.iter_mut().zip(c).zip(m.x2_price(own.k)) {
                    *a += c * x;
                }
            }
        }
        mixture::tilted(
            (&mut self.curvature, &mut self.total),
            (&block.p, &m.consumers.weight),
            linear,
            &block.coefficient,
            &m.x2_price,
            more,
        );
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
                product(&mut self.work, &mut factors.cross, n, left.t(), right);
            } else {
                self.cross_of_scattered(block, m, group, &mut factors.cross);
            }
            factors.a.clone_from(&factors.cross);
            for (x, j) in group.iter().enumerate() {
                factors.a[x * n + x] -= self.total[*j];
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
    /// With `t_ij` what a parameter adds to utility, `t_i` its mean, `m_if` the firm's stake in
    /// consumer i, `r_ij = H_jj eta_j - m_if` and `(M t)_ij = sum_k H_jk s_ik eta_k t_ik`, the
    /// derivative of `(Delta eta)_j` is
    /// `-sum_i [w_i s_ij r_ij d alpha_ij + c_ij r_ij t_ij - c_ij (r_ij - m_if) t_i - c_ij (M t)_ij]`,
    /// and `t_ij = d delta_j + u_i x_jk` splits each sum into products of matrices.
    pub(super) fn right_hand_sides(&mut self, parts: Parts<'_>, d_eta: &mut [f64]) {
        let m = parts.m;
        let mut runs = std::mem::take(&mut self.runs);
        fill_runs(m, &mut runs);
        self.fill_common(parts);
        let slopes = price_slopes(parts);
        let size = m.consumers() * width(parts);
        self.stakes
            .fit(if m.separate { size } else { runs.len() * size });
        if !m.separate {
            self.fill_mixed_stakes(parts, &runs);
        }
        for (r, run) in runs.iter().enumerate() {
            let at = if m.separate {
                self.fill_own_stakes(parts, run);
                0
            } else {
                r * size
            };
            let stakes = &self.stakes[at..at + size];
            let (wide, one) = (width(parts), parts.response.columns);
            self.columns.fit(2 * size);
            rows::pulls(
                &mut self.columns,
                stakes,
                &self.shift,
                &self.mean,
                wide,
                one,
            );
            self.add_run(parts, run, d_eta);
            self.add_price_slopes(parts, run, &slopes, d_eta);
        }
        self.runs = runs;
        subtract_cross(parts, d_eta);
    }

    /// `u_i` and `t_i = sum_k s_ik d delta_k + u_i x_i` for every parameter that moves mean utilities,
    /// and the products that do not differ by firm.
    fn fill_common(&mut self, parts: Parts<'_>) {
        let (m, response) = (parts.m, parts.response);
        let (consumers, stride, columns) = (m.consumers(), m.stride, response.columns);
        let wide = width(parts);
        self.shift.zeroed(consumers * wide);
        self.mean.zeroed(consumers * wide);
        self.by_mean.resize(columns * stride, 0.0);
        self.by_taste.resize(columns * stride, 0.0);
        if columns > 0 {
            let p = View::new(&parts.block.p, consumers, stride);
            let d = View::strided(&response.d_delta, stride, columns, response.width);
            product(&mut self.work, &mut self.mean, wide, p, d);
        }
        let each = self.shift.chunks_exact_mut(wide);
        for (i, (u, t)) in each.zip(self.mean.chunks_exact_mut(wide)).enumerate() {
            let own = i * response.width..i * response.width + columns;
            u[..columns].copy_from_slice(&response.shift[own.clone()]);
            u[columns] = 1.0;
            for (t, more) in t.iter_mut().zip(&response.mean_shift[own]) {
                *t += more;
            }
        }
        if columns > 0 {
            let c = View::new(&self.curvature, consumers, stride);
            let (t, u) = (
                View::strided(&self.mean, consumers, columns, wide).t(),
                View::strided(&self.shift, consumers, columns, wide).t(),
            );
            product(&mut self.work, &mut self.by_mean, stride, t, c);
            product(&mut self.work, &mut self.by_taste, stride, u, c);
        }
    }

    /// Stakes of a firm in every consumer, were all profits of its products its own.
    fn fill_stakes(&mut self, parts: Parts<'_>, run: &Run, at: usize) {
        let (m, wide, columns) = (parts.m, width(parts), parts.response.columns);
        let (n, from) = (run.products.len(), run.products.start);
        zeroed(&mut self.valued, n * wide);
        for (row, j) in self.valued.chunks_exact_mut(wide).zip(run.products.clone()) {
            let free = &parts.problem.parameters.free[..columns];
            for (v, parameter) in row.iter_mut().zip(free) {
                if let Some(k) = coefficient_of(parameter.kind) {
                    *v = parts.eta[j] * m.x2(k)[j];
                }
            }
            row[columns] = parts.eta[j];
        }
        let p = View::strided(&parts.block.p[from..], m.consumers(), n, m.stride);
        let out = &mut self.stakes[at..at + m.consumers() * wide];
        let by = View::new(&self.valued, n, wide);
        product(&mut self.work, out, wide, p, by);
    }

    /// Stakes of a firm that cares about its own profit only.
    fn fill_own_stakes(&mut self, parts: Parts<'_>, run: &Run) {
        self.fill_stakes(parts, run, 0);
        let m = parts.m;
        let own = m.conduct[run.firm * m.firms + run.firm];
        for v in &mut *self.stakes {
            *v *= own;
        }
    }

    /// Stakes of every firm where profits of others count.
    fn fill_mixed_stakes(&mut self, parts: Parts<'_>, runs: &[Run]) {
        let m = parts.m;
        let size = m.consumers() * width(parts);
        for (r, run) in runs.iter().enumerate() {
            self.fill_stakes(parts, run, r * size);
        }
        self.mixed.clear();
        self.mixed.extend_from_slice(&self.stakes);
        for (run, out) in runs.iter().zip(self.stakes.chunks_exact_mut(size)) {
            let weights = &m.conduct[run.firm * m.firms..(run.firm + 1) * m.firms];
            out.fill(0.0);
            for (other, own) in runs.iter().zip(self.mixed.chunks_exact(size)) {
                vector::add_scaled(out, weights[other.firm], own);
            }
        }
    }

    /// Everything of one firm's products but `d alpha` and `M d delta`.
    fn add_run(&mut self, parts: Parts<'_>, run: &Run, d_eta: &mut [f64]) {
        let (m, response) = (parts.m, parts.response);
        let (consumers, wide, columns) = (m.consumers(), width(parts), response.columns);
        let all = parts.problem.parameters.free.len();
        let (n, from) = (run.products.len(), run.products.start);
        self.sums.resize(n * 2 * wide, 0.0);
        let c = View::strided(&self.curvature[from..], consumers, n, m.stride).t();
        let by = View::new(&self.columns, consumers, 2 * wide);
        product(&mut self.work, &mut self.sums, 2 * wide, c, by);
        for (sums, j) in self.sums.chunks_exact(2 * wide).zip(run.products.clone()) {
            let own = m.ownership(j, j) * parts.eta[j];
            let pulled = own * self.total[j] - sums[columns];
            for (c, parameter) in parts.problem.parameters.free[..columns].iter().enumerate() {
                let x = coefficient_of(parameter.kind).map_or(0.0, |k| m.x2(k)[j]);
                d_eta[j * all + c] += pulled * response.d_delta[j * response.width + c]
                    + x * (own * self.by_taste[c * m.stride + j] - sums[c])
                    - (own * self.by_mean[c * m.stride + j] - sums[wide + c]);
            }
        }
    }

    /// The part of `d alpha_ij`: parameters of columns that depend on price.
    fn add_price_slopes(
        &mut self,
        parts: Parts<'_>,
        run: &Run,
        moving: &[PriceSlope<'_>],
        d_eta: &mut [f64],
    ) {
        if moving.is_empty() {
            return;
        }
        let (m, response) = (parts.m, parts.response);
        let (consumers, wide, all) = (
            m.consumers(),
            width(parts),
            parts.problem.parameters.free.len(),
        );
        let (n, from) = (run.products.len(), run.products.start);
        self.slopes.fit(consumers * wide);
        let weight = &m.consumers.weight;
        rows::weighted(&mut self.slopes, &self.columns, weight, wide, 2 * wide);
        self.slope_sums.resize(n * wide, 0.0);
        let p = View::strided(&parts.block.p[from..], consumers, n, m.stride).t();
        let by = View::new(&self.slopes, consumers, wide);
        product(&mut self.work, &mut self.slope_sums, wide, p, by);
        for (sums, j) in self.slope_sums.chunks_exact(wide).zip(run.products.clone()) {
            let own = m.ownership(j, j) * parts.eta[j];
            for (c, differs, slope) in moving {
                let (whole, sum) = if *differs {
                    (response.moved_by(j, *c, m.stride).0, sums[*c])
                } else {
                    (parts.block.share[j], sums[response.columns])
                };
                d_eta[j * all + c] += slope[j] * (own * whole - sum);
            }
        }
    }
}

/// A parameter that moves `alpha`: which, whether through a coefficient that differs by consumer,
/// and the derivative of its column with respect to price (stride).
type PriceSlope<'a> = (usize, bool, &'a [f64]);

/// Parameters that move `alpha`.
fn price_slopes(parts: Parts<'_>) -> Vec<PriceSlope<'_>> {
    let m = parts.m;
    let free = parts.problem.parameters.free.iter().enumerate();
    let of = |kind: Kind| match kind {
        Kind::Beta { column } => Some((false, m.x1_price(column))),
        kind => coefficient_of(kind)
            .filter(|k| depends_on_price(m, *k))
            .map(|k| (true, m.x2_price(k))),
    };
    free.filter_map(|(c, p)| of(p.kind).map(|(u, slope)| (c, u, slope)))
        .collect()
}

/// Subtracts `sum_k H_jk eta_k d delta_k sum_i c_ij s_ik`.
fn subtract_cross(parts: Parts<'_>, d_eta: &mut [f64]) {
    let (m, response) = (parts.m, parts.response);
    let (columns, all) = (response.columns, parts.problem.parameters.free.len());
    for (group, factors) in m.groups.iter().zip(parts.factors) {
        for (x, j) in group.iter().enumerate() {
            let out = &mut d_eta[j * all..j * all + columns];
            for (y, k) in group.iter().enumerate() {
                let by = m.ownership(*j, *k) * parts.eta[*k] * factors.cross[x * group.len() + y];
                let d = &response.d_delta[k * response.width..k * response.width + columns];
                out.iter_mut().zip(d).for_each(|(o, d)| *o -= by * d);
            }
        }
    }
}

/// Numbers of a row that has one for each parameter that moves mean utilities, and one more.
fn width(parts: Parts<'_>) -> usize {
    padded(parts.response.columns + 1)
}

/// Firms with the products that stand next to each other.
fn fill_runs(m: &MarketData, runs: &mut Vec<Run>) {
    runs.clear();
    for (j, f) in m.firm.iter().enumerate() {
        match runs.last_mut() {
            Some(last) if last.firm == *f => last.products.end = j + 1,
            _ => runs.push(Run {
                firm: *f,
                products: j..j + 1,
            }),
        }
    }
}
