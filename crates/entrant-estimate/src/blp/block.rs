//! Choice probabilities of one market, in memory that is used again for the next market.

use entrant_data::spec::CoefficientKind;
use entrant_numeric::aligned::Aligned;
use entrant_numeric::dense::{Multiplier, Target, View};
use entrant_numeric::{mixture, vector};

use super::market::{MarketData, transform};
use super::problem::Problem;
use super::theta::Theta;

/// Scratch space for one market.
///
/// `e` first holds `exp(v_ij - c_i)` at the mean utilities in `base`; moving to other mean
/// utilities costs a factor per product. In a nest, `v_ij` is divided by `1 - rho` and shifted
/// by the nest's own largest value.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Coefficients, without those that differ by product (consumers x coefficients).
    pub(crate) coefficient: Vec<f64>,
    /// Derivative of each coefficient with respect to its index (consumers x coefficients).
    pub(crate) slope: Vec<f64>,
    /// Coefficients that differ by product.
    pub(crate) by_product: Vec<ByProduct>,
    /// Exponentials (consumers x stride).
    e: Aligned,
    /// Probabilities (consumers x stride); those of the last call that filled them.
    pub(crate) p: Aligned,
    /// Probabilities within the nest; only with nests (consumers x stride).
    pub(crate) within: Vec<f64>,
    /// Probabilities of nests (consumers x nests).
    pub(crate) nest: Vec<f64>,
    /// `exp(-c_i)` (consumers).
    rest: Vec<f64>,
    /// Factor that turns `e` into probabilities (consumers, or consumers x nests).
    scale: Vec<f64>,
    /// One over the nest's sum (consumers x nests).
    inside: Vec<f64>,
    /// Shift of each nest less the consumer's (consumers x nests).
    shift: Vec<f64>,
    base: Vec<f64>,
    factor: Aligned,
    /// Characteristics times factors (coefficients x stride).
    valued: Aligned,
    /// Numbers of each consumer (consumers).
    by: Vec<f64>,
    /// Shares at the last evaluation (stride).
    pub(crate) share: Aligned,
    /// Share of the outside good at the last evaluation.
    pub(crate) outside: f64,
}

/// A random coefficient that differs by product.
#[derive(Debug)]
pub(crate) struct ByProduct {
    /// Which coefficient.
    pub(crate) k: usize,
    /// Its values (consumers x stride).
    pub(crate) coefficient: Vec<f64>,
    /// Derivative with respect to the index (consumers x stride).
    pub(crate) slope: Vec<f64>,
}

/// Gives `v` the length `n`, all zeros.
pub(crate) fn zeroed(v: &mut Vec<f64>, n: usize) {
    v.clear();
    v.resize(n, 0.0);
}

/// Multiplies every row by its number.
fn scale_rows(rows: &mut [f64], columns: usize, by: &[f64]) {
    for (row, by) in rows.chunks_exact_mut(columns.max(1)).zip(by) {
        for v in row {
            *v *= by;
        }
    }
}

/// Factors further from one than this ask for new exponentials.
const FAR: f64 = 100.0;

impl Block {
    /// Consumer choices that it has room for.
    pub(crate) fn cells(&self) -> usize {
        self.e.room()
    }

    /// Random coefficients of every consumer at `theta`.
    pub(crate) fn fill_coefficients(&mut self, problem: &Problem, m: &MarketData, theta: &Theta) {
        let k = m.coefficients();
        zeroed(&mut self.coefficient, m.consumers() * k);
        self.slope.clear();
        self.slope.resize(m.consumers() * k, 1.0);
        self.by_product.clear();
        self.fill_indices(problem, m, theta);
        let of = |r: usize| problem.coefficients[r] != CoefficientKind::Linear;
        for r in (0..k).filter(|r| of(*r)) {
            let values = self.coefficient[r..].iter_mut().step_by(k);
            for (value, slope) in values.zip(self.slope[r..].iter_mut().step_by(k)) {
                (*value, *slope) = transform(problem.coefficients[r], *value);
            }
        }
        if !m.consumers.by_product.is_empty() {
            self.fill_by_product(problem, m, theta);
        }
    }

    /// `Sigma nu_i + Pi d_i` of every coefficient, without demographics that differ by product,
    /// into `coefficient`: elements that are zero are left out.
    fn fill_indices(&mut self, problem: &Problem, m: &MarketData, theta: &Theta) {
        let (k, d) = (m.coefficients(), problem.parameters.demographics);
        let c = &m.consumers;
        let columns = c.nodes.len() / m.consumers().max(1);
        let mut add = |r: usize, by: f64, draws: &[f64], of: usize, column: usize| {
            if by != 0.0 {
                let draws = draws[column..].iter().step_by(of);
                let out = self.coefficient[r..].iter_mut().step_by(k);
                out.zip(draws).for_each(|(o, x)| *o += by * x);
            }
        };
        for r in 0..k {
            for s in 0..=r {
                if let Some(node) = problem.parameters.node[s] {
                    add(r, theta.sigma[r * k + s], &c.nodes, columns, node);
                }
            }
            for b in 0..d {
                add(r, theta.pi[r * d + b], &c.demographics, d, b);
            }
        }
    }

    fn fill_by_product(&mut self, problem: &Problem, m: &MarketData, theta: &Theta) {
        let (k, d) = (m.coefficients(), theta.pi.len() / m.coefficients().max(1));
        for r in 0..k {
            let moves = |c: &&super::ProductDemographics| theta.pi[r * d + c.demographic] != 0.0;
            if m.consumers.by_product.iter().find(moves).is_none() {
                continue;
            }
            let mut own = ByProduct {
                k: r,
                coefficient: vec![0.0; m.consumers() * m.stride],
                slope: vec![0.0; m.consumers() * m.stride],
            };
            for i in 0..m.consumers() {
                let common = index_of(problem, m, theta, i, r);
                for j in 0..m.products() {
                    let at = i * m.stride + j;
                    let extra = m.consumers.by_product.iter();
                    let extra: f64 = extra
                        .map(|c| theta.pi[r * d + c.demographic] * c.values[at])
                        .sum();
                    let (value, slope) = transform(problem.coefficients[r], common + extra);
                    own.coefficient[at] = value;
                    own.slope[at] = slope;
                }
                self.coefficient[i * k + r] = 0.0;
            }
            self.by_product.push(own);
        }
    }

    /// Exponentials at mean utilities `delta` (stride; anything past the products).
    pub(crate) fn fill_exponentials(&mut self, m: &MarketData, theta: &Theta, delta: &[f64]) {
        self.base.clear();
        self.base.extend_from_slice(&delta[..m.products()]);
        self.base.resize(m.stride, f64::NEG_INFINITY);
        self.share.zeroed(m.stride);
        zeroed(&mut self.rest, m.consumers());
        let more = self.add_what_differs_by_product(m);
        if m.nests.is_empty() {
            zeroed(&mut self.scale, m.consumers());
            mixture::exponentials(
                &mut self.e,
                &mut self.rest,
                &self.base,
                &self.coefficient,
                &m.x2,
                more,
            );
        } else {
            if !more {
                self.e.fill(0.0);
            }
            self.fill_nested(m, theta);
        }
    }

    /// Utilities that no mean utility and no common characteristic makes, into `e`; `false` when
    /// there are none, and `e` is left as it was.
    fn add_what_differs_by_product(&mut self, m: &MarketData) -> bool {
        self.e.fit(m.consumers() * m.stride);
        if m.consumers.log_availability.is_empty() && self.by_product.is_empty() {
            return false;
        }
        self.e.fill(0.0);
        if !m.consumers.log_availability.is_empty() {
            self.e.copy_from_slice(&m.consumers.log_availability);
        }
        for own in &self.by_product {
            for i in 0..m.consumers() {
                let at = i * m.stride;
                for (j, x) in m.x2(own.k).iter().enumerate() {
                    self.e[at + j] += own.coefficient[at + j] * x;
                }
            }
        }
        true
    }

    fn fill_nested(&mut self, m: &MarketData, theta: &Theta) {
        let (k, h) = (m.coefficients(), m.nests.len());
        zeroed(&mut self.scale, m.consumers() * h);
        zeroed(&mut self.inside, m.consumers() * h);
        zeroed(&mut self.shift, m.consumers() * h);
        for i in 0..m.consumers() {
            let row = &mut self.e[i * m.stride..(i + 1) * m.stride];
            vector::add_scaled(row, 1.0, &self.base);
            for r in 0..k {
                vector::add_scaled(row, self.coefficient[i * k + r], m.x2(r));
            }
            row[m.products()..].fill(f64::NEG_INFINITY);
            let top = vector::max(row).max(0.0);
            for (n, nest) in m.nests.iter().enumerate() {
                let power = 1.0 - theta.rho[m.nest_group[n]];
                let own = vector::max(&row[nest.clone()]).max(top - 1e5);
                self.shift[i * h + n] = own - top;
                vector::exp_shifted_scaled(&mut row[nest.clone()], own, 1.0 / power);
            }
            row[m.products()..].fill(0.0);
            self.rest[i] = vector::exp(-top);
        }
    }

    /// Shares at mean utilities `delta`, into `share` and `outside`. New exponentials are made
    /// when `delta` is far from where they were made.
    pub(crate) fn evaluate(&mut self, m: &MarketData, theta: &Theta, delta: &[f64]) {
        let moved = delta.iter().zip(&self.base).take(m.products());
        let far = moved.fold(0.0, |a: f64, (d, b)| a.max((d - b).abs()));
        let limit = theta.rho.iter().fold(FAR, |a, r| a.min(FAR * (1.0 - r)));
        if far > limit && far.is_finite() {
            self.fill_exponentials(m, theta, delta);
        }
        self.fill_factor(m, theta, delta);
        self.outside = if m.nests.is_empty() {
            mixture::mixture(
                &self.e,
                &self.factor,
                &self.rest,
                &m.consumers.weight,
                &mut self.scale,
                &mut self.share,
            )
        } else {
            self.evaluate_nested(m, theta)
        };
    }

    fn fill_factor(&mut self, m: &MarketData, theta: &Theta, delta: &[f64]) {
        self.factor.zeroed(m.stride);
        let n = m.products();
        mixture::exp_of_difference(&mut self.factor[..n], &delta[..n], &self.base[..n]);
        for (h, nest) in m.nests.iter().enumerate() {
            let power = 1.0 - theta.rho[m.nest_group[h]];
            for j in nest.clone() {
                self.factor[j] = vector::exp((delta[j] - self.base[j]) / power);
            }
        }
    }

    fn evaluate_nested(&mut self, m: &MarketData, theta: &Theta) -> f64 {
        let h = m.nests.len();
        let mut outside = 0.0;
        self.share.fill(0.0);
        let mut size = vec![0.0; h];
        for i in 0..m.consumers() {
            let row = &self.e[i * m.stride..(i + 1) * m.stride];
            let mut total = self.rest[i];
            for (n, nest) in m.nests.iter().enumerate() {
                let power = 1.0 - theta.rho[m.nest_group[n]];
                let sum = vector::dot(&row[nest.clone()], &self.factor[nest.clone()]);
                self.inside[i * h + n] = if sum > 0.0 { 1.0 / sum } else { 0.0 };
                size[n] = if sum > 0.0 {
                    vector::exp(self.shift[i * h + n] + power * vector::ln(sum))
                } else {
                    0.0
                };
                total += size[n];
            }
            let w = m.consumers.weight[i] / total;
            outside += w * self.rest[i];
            for (n, nest) in m.nests.iter().enumerate() {
                let scale = size[n] * self.inside[i * h + n] / total;
                self.scale[i * h + n] = scale;
                let by = m.consumers.weight[i] * scale;
                vector::add_scaled(&mut self.share[nest.clone()], by, &row[nest.clone()]);
            }
        }
        for (s, f) in self.share.iter_mut().zip(&*self.factor) {
            *s *= f;
        }
        outside
    }

    /// [`Block::fill_probabilities`] where nests ask for them.
    pub(crate) fn fill_nested_probabilities(&mut self, m: &MarketData) {
        if !m.nests.is_empty() {
            self.fill_probabilities(m);
        }
    }

    /// Probabilities at the mean utilities of the last evaluation; with nests also `within` and
    /// `nest`.
    pub(crate) fn fill_probabilities(&mut self, m: &MarketData) {
        self.p.fit(m.consumers() * m.stride);
        if m.nests.is_empty() {
            mixture::probabilities(&mut self.p, &self.e, &self.factor, &self.scale);
            return;
        }
        let h = m.nests.len();
        self.p.fill(0.0);
        zeroed(&mut self.within, m.consumers() * m.stride);
        zeroed(&mut self.nest, m.consumers() * h);
        for i in 0..m.consumers() {
            for (n, nest) in m.nests.iter().enumerate() {
                let (inside, scale) = (self.inside[i * h + n], self.scale[i * h + n]);
                self.nest[i * h + n] = if inside > 0.0 { scale / inside } else { 0.0 };
                for j in nest.clone() {
                    let at = i * m.stride + j;
                    let raw = self.e[at] * self.factor[j];
                    self.within[at] = raw * inside;
                    self.p[at] = raw * scale;
                }
            }
        }
    }

    /// `-sum_i w_i s_ij s_ik` at the last evaluation, on and above the diagonal, into `out` (stride x
    /// stride, zeros past the products). With nests probabilities must have been filled.
    pub(crate) fn minus_cross(
        &mut self,
        m: &MarketData,
        work: &mut Multiplier,
        out: &mut Vec<f64>,
    ) {
        let (n, rows, stride) = (m.products(), m.consumers(), m.stride);
        zeroed(out, stride * stride);
        let target = Target { data: out, stride };
        self.by.clear();
        if !m.nests.is_empty() {
            self.by.extend(m.consumers.weight.iter().map(|w| -w));
            work.gram(target, View::strided(&self.p, rows, n, stride), &self.by);
            return;
        }
        let each = m.consumers.weight.iter().zip(&self.scale);
        self.by.extend(each.map(|(w, s)| -w * s * s));
        work.gram(target, View::strided(&self.e, rows, n, stride), &self.by);
        for (row, f) in out.chunks_exact_mut(stride).zip(&*self.factor) {
            for (v, g) in row.iter_mut().zip(&*self.factor) {
                *v *= f * g;
            }
        }
    }

    /// `x_ik = sum_j s_ij x_jk` at the last evaluation, into `out` (consumers x coefficients); only
    /// without nests.
    pub(crate) fn means(&mut self, m: &MarketData, work: &mut Multiplier, out: &mut Vec<f64>) {
        let (rows, stride, k) = (m.consumers(), m.stride, m.coefficients());
        self.valued.fit(k * stride);
        for (out, x) in self
            .valued
            .chunks_exact_mut(stride)
            .zip(m.x2.chunks(stride))
        {
            for ((o, x), f) in out.iter_mut().zip(x).zip(&*self.factor) {
                *o = x * f;
            }
        }
        out.resize(rows * k, 0.0);
        let target = Target {
            data: out,
            stride: k,
        };
        let e = View::new(&self.e, rows, stride);
        work.multiply(target, e, View::new(&self.valued, k, stride).t());
        scale_rows(out, k, &self.scale);
    }

    /// `sum_i s_ij u_ic` at the last evaluation, into `out` (columns x stride), for `u` (consumers x
    /// columns), which it changes; only without nests.
    pub(crate) fn weighted_sums(
        &self,
        m: &MarketData,
        work: &mut Multiplier,
        u: &mut [f64],
        out: &mut Vec<f64>,
    ) {
        let (rows, stride) = (m.consumers(), m.stride);
        let columns = u.len() / rows.max(1);
        scale_rows(u, columns, &self.scale);
        out.resize(columns * stride, 0.0);
        let target = Target { data: out, stride };
        let e = View::new(&self.e, rows, stride);
        work.multiply(target, View::new(u, rows, columns).t(), e);
        for row in out.chunks_exact_mut(stride) {
            row.iter_mut().zip(&*self.factor).for_each(|(v, f)| *v *= f);
        }
    }

    /// Probability that consumer `i` buys nothing, at the last evaluation.
    pub(crate) fn outside_of(&self, m: &MarketData, i: usize) -> f64 {
        if m.nests.is_empty() {
            return self.rest[i] * self.scale[i];
        }
        let nests = &self.nest[i * m.nests.len()..(i + 1) * m.nests.len()];
        (1.0 - vector::sum(nests)).max(0.0)
    }

    /// `ln` of the sum of one consumer's nest at the shift of the nest, and the shift itself: the
    /// derivative with respect to the nesting parameter needs them.
    pub(crate) fn nest_log_sum(&self, m: &MarketData, i: usize, nest: usize) -> f64 {
        -vector::ln(self.inside[i * m.nests.len() + nest])
    }

    /// `v_ij / (1 - rho)` less the nest's shift, for a product that the consumer may choose.
    pub(crate) fn scaled_utility(&self, m: &MarketData, i: usize, j: usize) -> f64 {
        vector::ln(self.e[i * m.stride + j] * self.factor[j])
    }
}

/// `Sigma nu_i + Pi d_i` of one coefficient, without demographics that differ by product.
fn index_of(problem: &Problem, m: &MarketData, theta: &Theta, i: usize, r: usize) -> f64 {
    let k = m.coefficients();
    let parameters = &problem.parameters;
    let c = &m.consumers;
    let columns = c.nodes.len() / m.consumers().max(1);
    let d = parameters.demographics;
    let mut index = 0.0;
    for s in 0..=r {
        if let Some(node) = parameters.node[s] {
            index += theta.sigma[r * k + s] * c.nodes[i * columns + node];
        }
    }
    for b in 0..d {
        index += theta.pi[r * d + b] * c.demographics[i * d + b];
    }
    index
}
