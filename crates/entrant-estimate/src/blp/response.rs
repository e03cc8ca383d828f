//! How shares answer to mean utilities and parameters, and mean utilities to parameters.

use entrant_numeric::dense::{self, Matrix, Multiplier, View};
use entrant_numeric::mixture::padded;
use entrant_numeric::vector;

use super::block::{Block, zeroed};
use super::market::MarketData;
use super::parameters::{Kind, Parameters};
use super::problem::Problem;
use super::theta::Theta;

/// Jacobians of one market, in memory that is used again.
#[derive(Debug, Default)]
pub(crate) struct Response {
    /// Factors of the derivative of shares with respect to mean utilities, with ones on the
    /// diagonal past the products (stride x stride).
    factors: Vec<f64>,
    pivot: Vec<usize>,
    definite: bool,
    /// `w_i s_ij` (consumers x stride); only with nests.
    weighted: Vec<f64>,
    crossed: Vec<f64>,
    tangent: Vec<f64>,
    change: Vec<f64>,
    /// One right-hand side (stride x eight).
    right: Vec<f64>,
    work: Multiplier,
    /// Whether nobody asks for anything but derivatives of mean utilities.
    pub(crate) lean: bool,
    /// Number of parameters that move mean utilities.
    pub(crate) columns: usize,
    /// The same, padded.
    pub(crate) width: usize,
    /// By how much a parameter moves its coefficient of consumer i: `u_i` (consumers x width);
    /// only without nests, and not when lean.
    pub(crate) shift: Vec<f64>,
    /// `u_i x_i` with `x_i = sum_l s_il x_lk` (consumers x width); the same.
    pub(crate) mean_shift: Vec<f64>,
    /// `w_i u_i` and `w_i u_i x_i` (consumers x twice the columns).
    weighted_shift: Vec<f64>,
    /// `sum_i w_i s_ij u_i`, then `sum_i w_i s_ij u_i x_i` (twice the columns x stride); only without
    /// nests.
    moved: Vec<f64>,
    /// Derivatives of mean utilities with respect to the parameters that move them (stride x
    /// width).
    pub(crate) d_delta: Vec<f64>,
}

impl Response {
    /// Computes and factorises `ds/d delta = diag(s) - P' W P` (and its nested form) at the
    /// block's probabilities. `false` when it is singular.
    pub(crate) fn factorise(&mut self, block: &mut Block, m: &MarketData, theta: &Theta) -> bool {
        let n = m.stride;
        self.fill_jacobian(block, m, theta);
        self.definite = dense::upper_cholesky(&mut self.factors, n);
        if self.definite {
            return true;
        }
        // Negative weights of a sparse grid can make it indefinite.
        self.fill_jacobian(block, m, theta);
        for j in 0..n {
            for k in 0..j {
                self.factors[j * n + k] = self.factors[k * n + j];
            }
        }
        self.pivot.resize(n, 0);
        dense::lu(&mut self.factors, &mut self.pivot, n)
    }

    /// `ds/d delta` at the block's probabilities (products x products).
    pub(crate) fn share_jacobian(
        &mut self,
        block: &mut Block,
        m: &MarketData,
        theta: &Theta,
    ) -> Matrix {
        self.fill_jacobian(block, m, theta);
        let (n, stride) = (m.products(), m.stride);
        let mut out = Matrix::zeros(n, n);
        for j in 0..n {
            for k in 0..n {
                out.set(j, k, self.factors[j.min(k) * stride + j.max(k)]);
            }
        }
        out
    }

    /// On and above the diagonal only.
    fn fill_jacobian(&mut self, block: &mut Block, m: &MarketData, theta: &Theta) {
        let (n, rows) = (m.stride, m.consumers());
        block.minus_cross(m, &mut self.work, &mut self.factors);
        if !m.nests.is_empty() {
            self.weight_rows(m, &block.p);
        }
        for j in 0..m.products() {
            self.factors[j * n + j] += block.share[j];
        }
        for j in m.products()..n {
            self.factors[j * n + j] = 1.0;
        }
        for (h, nest) in m.nests.iter().enumerate() {
            let power = 1.0 - theta.rho[m.nest_group[h]];
            let size = nest.len();
            zeroed(&mut self.crossed, size * size);
            let weighted = View::strided(&self.weighted[nest.start..], rows, size, n);
            let within = View::strided(&block.within[nest.start..], rows, size, n);
            dense::matmul(&mut self.crossed, weighted.t(), within, 0.0);
            for a in 0..size {
                for b in 0..size {
                    let at = (nest.start + a) * n + nest.start + b;
                    self.factors[at] -= (1.0 - power) / power * self.crossed[a * size + b];
                }
                let at = (nest.start + a) * n + nest.start + a;
                self.factors[at] += (1.0 / power - 1.0) * block.share[nest.start + a];
            }
        }
    }

    /// `w_i p_ij` (consumers x stride).
    fn weight_rows(&mut self, m: &MarketData, p: &[f64]) {
        self.weighted.resize(p.len(), 0.0);
        let rows = self.weighted.chunks_exact_mut(m.stride);
        for ((out, p), w) in rows.zip(p.chunks_exact(m.stride)).zip(&m.consumers.weight) {
            vector::scaled(out, *w, p);
        }
    }

    /// Solves `(ds/d delta) x = b` in place (stride x columns, columns a multiple of eight).
    fn solve(&self, b: &mut [f64], n: usize, columns: usize) {
        if self.definite {
            dense::upper_solve(&self.factors, b, n, columns);
        } else {
            dense::lu_solve(&self.factors, &self.pivot, b, n, columns);
        }
    }

    /// The Newton step of mean utilities from the block's shares to the observed ones (products).
    pub(crate) fn newton_step(&mut self, block: &Block, m: &MarketData, step: &mut Vec<f64>) {
        let width = padded(1);
        let mut right = std::mem::take(&mut self.right);
        zeroed(&mut right, m.stride * width);
        for (j, want) in m.share.iter().enumerate() {
            right[j * width] = want - block.share[j];
        }
        self.solve(&mut right, m.stride, width);
        step.clear();
        step.extend(right.iter().step_by(width).take(m.products()));
        self.right = right;
    }

    /// `d delta / d theta = -(ds/d delta)^-1 ds/d theta` (implicit function theorem; Nevo 2000,
    /// appendix), into `d_delta`.
    pub(crate) fn mean_utility_jacobian(
        &mut self,
        problem: &Problem,
        block: &mut Block,
        m: &MarketData,
        theta: &Theta,
    ) {
        let columns = problem.parameters.nonlinear();
        self.columns = columns;
        self.width = padded(columns);
        zeroed(&mut self.d_delta, m.stride * self.width);
        if columns == 0 {
            self.shift.clear();
            self.mean_shift.clear();
            return;
        }
        if is_flat(m) {
            self.flat_share_jacobian(problem, block, m);
        } else {
            self.general_share_jacobian(problem, block, m, theta);
        }
        let mut d = std::mem::take(&mut self.d_delta);
        self.solve(&mut d, m.stride, self.width);
        self.d_delta = d;
    }

    /// Derivatives of mean utilities without padding (products x parameters).
    pub(crate) fn copy_jacobian(&self, m: &MarketData, out: &mut Vec<f64>) {
        let (n, columns) = (m.products(), self.columns);
        out.clear();
        for row in self.d_delta.chunks_exact(self.width.max(1)).take(n) {
            out.extend_from_slice(&row[..columns]);
        }
    }

    /// Without nests, a parameter that moves coefficient k of consumer i by `u_i` moves shares by
    /// `sum_i w_i u_i s_ij (x_jk - x_ik)` with `x_ik = sum_l s_il x_lk`: two matrix products.
    fn flat_share_jacobian(&mut self, problem: &Problem, block: &mut Block, m: &MarketData) {
        let columns = self.columns;
        self.fill_shifts(problem, block, m);
        let by = &mut self.weighted_shift;
        block.weighted_sums(m, &mut self.work, by, &mut self.moved);
        for (c, parameter) in problem.parameters.free[..columns].iter().enumerate() {
            let Some(row) = coefficient_of(parameter.kind) else {
                continue;
            };
            for (j, x) in m.x2(row).iter().enumerate() {
                let (moved, crossed) = self.moved_by(j, c, m.stride);
                self.d_delta[j * self.width + c] = crossed - x * moved;
            }
        }
    }

    /// `sum_i w_i s_ij u_i` and `sum_i w_i s_ij u_i x_i` of a product and a parameter.
    pub(crate) fn moved_by(&self, j: usize, c: usize, stride: usize) -> (f64, f64) {
        let of = |row: usize| self.moved[row * stride + j];
        (of(c), of(self.columns + c))
    }

    /// `u_i` and `u_i x_i` of every parameter.
    fn fill_shifts(&mut self, problem: &Problem, block: &mut Block, m: &MarketData) {
        let (rows, k) = (m.consumers(), m.coefficients());
        let (width, columns) = (self.width, self.columns);
        block.means(m, &mut self.work, &mut self.change);
        let size = if self.lean { 0 } else { rows * width };
        zeroed(&mut self.shift, size);
        zeroed(&mut self.mean_shift, size);
        zeroed(&mut self.weighted_shift, rows * 2 * columns);
        for (c, parameter) in problem.parameters.free[..columns].iter().enumerate() {
            let Some(row) = coefficient_of(parameter.kind) else {
                continue;
            };
            let draws = draws(&problem.parameters, m, parameter.kind);
            for (i, weight) in m.consumers.weight.iter().enumerate() {
                let u = block.slope[i * k + row] * draws.of(i);
                let mean = u * self.change[i * k + row];
                if !self.lean {
                    self.shift[i * width + c] = u;
                    self.mean_shift[i * width + c] = mean;
                }
                self.weighted_shift[i * 2 * columns + c] = weight * u;
                self.weighted_shift[i * 2 * columns + columns + c] = weight * mean;
            }
        }
    }

    /// The same consumer by consumer, for nests and for demographics that differ by product.
    fn general_share_jacobian(
        &mut self,
        problem: &Problem,
        block: &Block,
        m: &MarketData,
        theta: &Theta,
    ) {
        let (n, width) = (m.products(), self.width);
        zeroed(&mut self.tangent, m.stride);
        zeroed(&mut self.change, m.stride);
        for (c, parameter) in problem.parameters.free[..self.columns].iter().enumerate() {
            for i in 0..m.consumers() {
                utility_tangent(problem, block, m, parameter.kind, i, &mut self.tangent);
                probability_tangent(block, m, theta, i, &self.tangent, &mut self.change);
                if let Kind::Rho { group } = parameter.kind {
                    add_rho_tangent(block, m, theta, i, group, &mut self.change);
                }
                for j in 0..n {
                    self.d_delta[j * width + c] -= m.consumers.weight[i] * self.change[j];
                }
            }
        }
    }
}

/// Whether neither nests nor demographics that differ by product ask for the general formulas.
pub(crate) fn is_flat(m: &MarketData) -> bool {
    m.nests.is_empty() && m.consumers.by_product.is_empty()
}

/// Which random coefficient a parameter moves.
pub(crate) fn coefficient_of(kind: Kind) -> Option<usize> {
    match kind {
        Kind::Sigma { row, .. } | Kind::Pi { row, .. } => Some(row),
        _ => None,
    }
}

/// What a parameter multiplies in the index of a coefficient: numbers of consumers.
#[derive(Clone, Copy)]
pub(crate) struct Draws<'a> {
    /// That of the first consumer, and what follows.
    from: &'a [f64],
    /// How far apart two consumers stand.
    apart: usize,
}

impl Draws<'_> {
    /// The number of consumer `i`.
    pub(crate) fn of(self, i: usize) -> f64 {
        self.from.get(i * self.apart).copied().unwrap_or(0.0)
    }
}

/// What a parameter multiplies; zeros where it moves no coefficient.
pub(crate) fn draws<'a>(parameters: &Parameters, m: &'a MarketData, kind: Kind) -> Draws<'a> {
    let c = &m.consumers;
    let of = |all: &'a [f64], column: usize| Draws {
        from: all.get(column..).unwrap_or_default(),
        apart: all.len() / m.consumers().max(1),
    };
    let none = Draws {
        from: &[],
        apart: 1,
    };
    match kind {
        Kind::Sigma { column, .. } => {
            parameters.node[column].map_or(none, |node| of(&c.nodes, node))
        }
        Kind::Pi { column, .. } => of(&c.demographics, column),
        _ => none,
    }
}

/// By how much a parameter moves the index of consumer `i`'s coefficient.
pub(crate) fn shift(parameters: &Parameters, m: &MarketData, kind: Kind, i: usize) -> f64 {
    draws(parameters, m, kind).of(i)
}

/// Derivative of consumer `i`'s utilities with respect to a parameter, at fixed mean utilities
/// (stride).
pub(crate) fn utility_tangent(
    problem: &Problem,
    block: &Block,
    m: &MarketData,
    kind: Kind,
    i: usize,
    out: &mut [f64],
) {
    out.fill(0.0);
    let Some(row) = coefficient_of(kind) else {
        return;
    };
    let k = m.coefficients();
    let own = block.by_product.iter().find(|b| b.k == row);
    let differs = by_product_values(m, kind);
    if own.is_none() && differs.is_none() {
        let u = block.slope[i * k + row] * shift(&problem.parameters, m, kind, i);
        vector::scaled(out, u, m.x2(row));
        return;
    }
    for j in 0..m.products() {
        let at = i * m.stride + j;
        let slope = own.map_or(block.slope[i * k + row], |b| b.slope[at]);
        let u = shift(&problem.parameters, m, kind, i) + differs.map_or(0.0, |v| v[at]);
        out[j] = slope * u * m.x2(row)[j];
    }
}

/// Values of a demographic that differs by product, for a parameter that is its effect.
pub(crate) fn by_product_values(m: &MarketData, kind: Kind) -> Option<&[f64]> {
    let Kind::Pi { column, .. } = kind else {
        return None;
    };
    let mut all = m.consumers.by_product.iter();
    all.find(|c| c.demographic == column).map(|c| &c.values[..])
}

/// Derivative of consumer `i`'s probabilities when utilities move by `t` (stride):
/// `s_j (t_j - t)` with the mean `t`, and with nests
/// `s_j (t_j / (1 - rho) - rho / (1 - rho) t_h - t)`.
pub(crate) fn probability_tangent(
    block: &Block,
    m: &MarketData,
    theta: &Theta,
    i: usize,
    t: &[f64],
    out: &mut [f64],
) {
    let p = &block.p[i * m.stride..(i + 1) * m.stride];
    if m.nests.is_empty() {
        let mean = vector::dot(p, t);
        for ((o, p), t) in out.iter_mut().zip(p).zip(t) {
            *o = p * (t - mean);
        }
        return;
    }
    let within = &block.within[i * m.stride..(i + 1) * m.stride];
    let size = &block.nest[i * m.nests.len()..(i + 1) * m.nests.len()];
    let of_nest =
        |nest: &std::ops::Range<usize>| vector::dot(&within[nest.clone()], &t[nest.clone()]);
    let mean: f64 = m
        .nests
        .iter()
        .zip(size)
        .map(|(nest, s)| s * of_nest(nest))
        .sum();
    out[m.products()..].fill(0.0);
    for (h, nest) in m.nests.iter().enumerate() {
        let rho = theta.rho[m.nest_group[h]];
        let own = of_nest(nest);
        for j in nest.clone() {
            out[j] = p[j] * ((t[j] - rho * own) / (1.0 - rho) - mean);
        }
    }
}

/// Adds the derivative of consumer `i`'s probabilities with respect to a nesting parameter at
/// fixed utilities.
pub(crate) fn add_rho_tangent(
    block: &Block,
    m: &MarketData,
    theta: &Theta,
    i: usize,
    group: usize,
    out: &mut [f64],
) {
    let p = &block.p[i * m.stride..(i + 1) * m.stride];
    let nests = m.nests.len();
    let power = 1.0 - theta.rho[group];
    let mut mean = 0.0;
    for (h, nest) in m.nests.iter().enumerate() {
        if m.nest_group[h] != group || block.nest[i * nests + h] <= 0.0 {
            continue;
        }
        let rho = rho_terms(block, m, i, h);
        mean += block.nest[i * nests + h] * rho.of_nest;
        for j in nest.clone() {
            if p[j] > 0.0 {
                let own = (block.scaled_utility(m, i, j) - rho.mean) / power;
                out[j] += p[j] * (own + rho.of_nest);
            }
        }
    }
    for (o, p) in out.iter_mut().zip(p) {
        *o -= p * mean;
    }
}

/// What the derivative with respect to a nesting parameter needs of one consumer's nest.
pub(crate) struct RhoTerms {
    /// Mean of `v / (1 - rho)` within the nest, less its shift.
    pub(crate) mean: f64,
    /// Derivative of the logarithm of the nest's sum.
    pub(crate) of_nest: f64,
}

/// The inclusive value `(1 - rho) ln D` has the derivative `mean of v / (1 - rho) - ln D`, in which
/// the shift cancels.
pub(crate) fn rho_terms(block: &Block, m: &MarketData, i: usize, h: usize) -> RhoTerms {
    let nest = m.nests[h].clone();
    let within = &block.within[i * m.stride..(i + 1) * m.stride];
    let chosen = nest.filter(|j| within[*j] > 0.0);
    let mean: f64 = chosen
        .map(|j| within[j] * block.scaled_utility(m, i, j))
        .sum();
    RhoTerms {
        mean,
        of_nest: mean - block.nest_log_sum(m, i, h),
    }
}
