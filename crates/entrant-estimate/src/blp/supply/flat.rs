//! Derivatives of markups without nests: products of thin matrices in place of loops over
//! consumers, firm by firm, so that nothing but `w_i alpha_ij s_ij` is as large as the market.

use entrant_numeric::dense::{Multiplier, Target, View};
use entrant_numeric::{mixture, vector};

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
    curvature: Vec<f64>,
    total: Vec<f64>,
    work: Multiplier,
    runs: Vec<Run>,
    /// Mean over products of what a parameter adds to utility (consumers x width).
    mean: Vec<f64>,
    /// `sum_i c_ij t_i` and `sum_i c_ij u_i` (stride x width).
    by_mean: Vec<f64>,
    by_taste: Vec<f64>,
    /// `eta_j` and `eta_j x_jk` of one firm (products x values).
    valued: Vec<f64>,
    /// What every firm has at stake with every consumer: `m_if = sum_k H_fk s_ik eta_k` and
    /// `sum_k H_fk s_ik eta_k x_kl` for each random coefficient l (firms x consumers x values).
    stakes: Vec<f64>,
    mixed: Vec<f64>,
    /// Columns that differ by firm (consumers x columns), and their products (products x columns).
    columns: Vec<f64>,
    sums: Vec<f64>,
    slopes: Vec<f64>,
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
        self.curvature.resize(block.p.len(), 0.0);
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
        self.fill_stakes(parts, &runs);
        let values = values(m);
        let size = m.consumers() * values;
        let stakes = std::mem::take(&mut self.stakes);
        for (run, stakes) in runs.iter().zip(stakes.chunks_exact(size)) {
            self.add_run(parts, run, stakes, d_eta);
            self.add_price_slopes(parts, run, stakes, d_eta);
        }
        self.stakes = stakes;
        self.runs = runs;
        subtract_cross(parts, d_eta);
    }

    /// `t_i = sum_k s_ik d delta_k + u_i x_i` for every parameter that moves mean utilities, and
    /// the products that do not differ by firm.
    fn fill_common(&mut self, parts: Parts<'_>) {
        let (m, response) = (parts.m, parts.response);
        let (rows, stride, width) = (m.consumers(), m.stride, response.width);
        self.mean.resize(rows * width, 0.0);
        self.by_mean.resize(stride * width, 0.0);
        self.by_taste.resize(stride * width, 0.0);
        if width == 0 {
            return;
        }
        let columns = response.columns;
        let p = View::new(&parts.block.p, rows, stride);
        let d = View::strided(&response.d_delta, stride, columns, width);
        product(&mut self.work, &mut self.mean, width, p, d);
        vector::add_scaled(&mut self.mean, 1.0, &response.mean_shift);
        let c = View::new(&self.curvature, rows, stride).t();
        let (t, u) = (
            View::strided(&self.mean, rows, columns, width),
            View::strided(&response.shift, rows, columns, width),
        );
        product(&mut self.work, &mut self.by_mean, width, c, t);
        product(&mut self.work, &mut self.by_taste, width, c, u);
    }

    /// Stakes of every run of products in every consumer.
    fn fill_stakes(&mut self, parts: Parts<'_>, runs: &[Run]) {
        let (m, values) = (parts.m, values(parts.m));
        let size = m.consumers() * values;
        self.stakes.resize(runs.len() * size, 0.0);
        for (run, out) in runs.iter().zip(self.stakes.chunks_exact_mut(size)) {
            self.valued.clear();
            for j in run.products.clone() {
                self.valued.push(parts.eta[j]);
                let x = (0..m.coefficients()).map(|k| parts.eta[j] * m.x2(k)[j]);
                self.valued.extend(x);
            }
            let (n, from) = (run.products.len(), run.products.start);
            let p = View::strided(&parts.block.p[from..], m.consumers(), n, m.stride);
            product(
                &mut self.work,
                out,
                values,
                p,
                View::new(&self.valued, n, values),
            );
        }
        if !m.separate {
            self.mixed.clone_from(&self.stakes);
        }
        for (run, out) in runs.iter().zip(self.stakes.chunks_exact_mut(size)) {
            let weights = &m.conduct[run.firm * m.firms..(run.firm + 1) * m.firms];
            if m.separate {
                for o in out {
                    *o *= weights[run.firm];
                }
                continue;
            }
            out.fill(0.0);
            for (other, own) in runs.iter().zip(self.mixed.chunks_exact(size)) {
                vector::add_scaled(out, weights[other.firm], own);
            }
        }
    }

    /// Everything of one firm's products but `d alpha` and `M d delta`.
    fn add_run(&mut self, parts: Parts<'_>, run: &Run, stakes: &[f64], d_eta: &mut [f64]) {
        let (m, response) = (parts.m, parts.response);
        let (rows, width, values) = (m.consumers(), response.width, values(m));
        let (columns, all) = (response.columns, parts.problem.parameters.free.len());
        let taste = tastes(parts.problem, columns);
        // `m u`, then `2 m t - u sum_k H s eta x`, then `m`.
        let wide = 2 * columns + 1;
        self.columns.resize(rows * wide, 0.0);
        for (i, row) in self.columns.chunks_exact_mut(wide).enumerate() {
            let own = &stakes[i * values..(i + 1) * values];
            let (first, second) = row.split_at_mut(columns);
            let shift = &response.shift[i * width..i * width + columns];
            let mean = &self.mean[i * width..i * width + columns];
            for ((((a, b), u), t), k) in first
                .iter_mut()
                .zip(&mut *second)
                .zip(shift)
                .zip(mean)
                .zip(&taste)
            {
                *a = own[0] * u;
                *b = 2.0 * own[0] * t - u * own[*k];
            }
            second[columns] = own[0];
        }
        let (n, from) = (run.products.len(), run.products.start);
        self.sums.resize(n * wide, 0.0);
        let c = View::strided(&self.curvature[from..], rows, n, m.stride).t();
        let by = View::new(&self.columns, rows, wide);
        product(&mut self.work, &mut self.sums, wide, c, by);
        for (sums, j) in self.sums.chunks_exact(wide).zip(run.products.clone()) {
            let own = m.ownership(j, j) * parts.eta[j];
            let pulled = own * self.total[j] - sums[2 * columns];
            for c in 0..columns {
                let at = j * width + c;
                let x = if taste[c] == 0 {
                    0.0
                } else {
                    m.x2(taste[c] - 1)[j]
                };
                d_eta[j * all + c] += pulled * response.d_delta[at]
                    + x * (own * self.by_taste[at] - sums[c])
                    - (own * self.by_mean[at] - sums[columns + c]);
            }
        }
    }

    /// The part of `d alpha_ij`: parameters of columns that depend on price.
    fn add_price_slopes(&mut self, parts: Parts<'_>, run: &Run, stakes: &[f64], d_eta: &mut [f64]) {
        let (m, response) = (parts.m, parts.response);
        let free = &parts.problem.parameters.free;
        let (rows, all, values) = (m.consumers(), free.len(), values(m));
        let (n, from, width) = (run.products.len(), run.products.start, response.width);
        let moving = price_slopes(parts);
        if moving.is_empty() {
            return;
        }
        self.slopes.clear();
        for (i, weight) in m.consumers.weight.iter().enumerate() {
            let own = weight * stakes[i * values];
            let of = |(_, u, _): &(usize, bool, &[f64]), c: usize| {
                if *u {
                    own * response.shift[i * width + c]
                } else {
                    own
                }
            };
            self.slopes.extend(moving.iter().map(|p| of(p, p.0)));
        }
        let wide = moving.len();
        self.slope_sums.resize(n * wide, 0.0);
        let p = View::strided(&parts.block.p[from..], rows, n, m.stride).t();
        let by = View::new(&self.slopes, rows, wide);
        product(&mut self.work, &mut self.slope_sums, wide, p, by);
        for (sums, j) in self.slope_sums.chunks_exact(wide).zip(run.products.clone()) {
            let own = m.ownership(j, j) * parts.eta[j];
            for ((c, u, slope), sum) in moving.iter().zip(sums) {
                let whole = if *u {
                    response.moved_by(j, *c, m.stride).0
                } else {
                    parts.block.share[j]
                };
                d_eta[j * all + c] += slope[j] * (own * whole - sum);
            }
        }
    }
}

/// Parameters that move `alpha`: which, whether through a coefficient that differs by consumer,
/// and the derivative of its column with respect to price (stride).
fn price_slopes(parts: Parts<'_>) -> Vec<(usize, bool, &[f64])> {
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

/// Numbers that a firm has at stake with a consumer: its profit, and that times each
/// characteristic.
fn values(m: &MarketData) -> usize {
    1 + m.coefficients()
}

/// Which stake belongs to each parameter; the first, which is multiplied by zero, where it moves no
/// coefficient.
fn tastes(problem: &Problem, columns: usize) -> Vec<usize> {
    let free = problem.parameters.free[..columns].iter();
    let of = |kind| coefficient_of(kind).map_or(0, |k| k + 1);
    let mut taste: Vec<usize> = free.map(|p| of(p.kind)).collect();
    taste.resize(entrant_numeric::mixture::padded(columns), 0);
    taste
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
