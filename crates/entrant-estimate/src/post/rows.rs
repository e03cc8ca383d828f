//! Choice probabilities of a few consumers at a time.

use std::ops::Range;

use entrant_numeric::{mixture, vector};

use super::market::PanelMarket;
use super::utility::Slope;
use crate::blp::MarketData;

/// Choice probabilities of some of a market's consumers, in memory that is used again.
#[derive(Debug, Default)]
pub(super) struct Tile {
    /// Which consumers.
    pub(super) consumers: Range<usize>,
    /// Probabilities (consumers x stride).
    pub(super) p: Vec<f64>,
    /// Probabilities within the nest (consumers x stride); only with nests.
    pub(super) within: Vec<f64>,
    /// Probabilities of nests (consumers x nests).
    pub(super) nest: Vec<f64>,
    /// Probability of buying nothing (consumers).
    pub(super) outside: Vec<f64>,
    /// Shares that these consumers add (stride).
    pub(super) share: Vec<f64>,
    rest: Vec<f64>,
    scale: Vec<f64>,
    ones: Vec<f64>,
}

/// Cells of a tile: what fits in a second-level cache next to a few others of its kind.
const CELLS: usize = 16_384;

/// Consumers of a market in runs that fit in cache.
pub(super) fn runs(m: &MarketData) -> impl Iterator<Item = Range<usize>> {
    let (all, step) = (m.consumers(), (CELLS / m.stride.max(1)).max(4));
    (0..all).step_by(step).map(move |a| a..(a + step).min(all))
}

impl Tile {
    /// Probabilities of the consumers in `range`.
    pub(super) fn fill(&mut self, market: &PanelMarket<'_>, range: Range<usize>) {
        let m = market.data;
        let (rows, stride, k) = (range.len(), m.stride, m.coefficients());
        self.consumers = range.clone();
        self.p.resize(rows * stride, 0.0);
        market.fill_extra(range.clone(), &mut self.p);
        self.rest.resize(rows, 0.0);
        self.scale.resize(rows, 0.0);
        self.share.resize(stride, 0.0);
        let coefficient = &market.tastes.coefficient[range.start * k..range.end * k];
        if m.nests.is_empty() {
            self.fill_flat(market, coefficient);
        } else {
            self.fill_nested(market, coefficient);
        }
    }

    fn fill_flat(&mut self, market: &PanelMarket<'_>, coefficient: &[f64]) {
        let (u, stride) = (&market.utility, market.data.stride);
        let weight = &market.data.consumers.weight[self.consumers.clone()];
        let (p, rest) = (&mut self.p, &mut self.rest);
        mixture::exponentials(p, rest, &u.delta, coefficient, &u.x2, true);
        self.ones.resize(stride, 1.0);
        mixture::mixture(
            &self.p,
            &self.ones,
            &self.rest,
            weight,
            &mut self.scale,
            &mut self.share,
        );
        self.outside.clear();
        for ((row, s), r) in self
            .p
            .chunks_exact_mut(stride)
            .zip(&self.scale)
            .zip(&self.rest)
        {
            for p in row {
                *p *= s;
            }
            self.outside.push(r * s);
        }
    }

    fn fill_nested(&mut self, market: &PanelMarket<'_>, coefficient: &[f64]) {
        let (u, m) = (&market.utility, market.data);
        let (stride, k, h) = (m.stride, m.coefficients(), m.nests.len());
        let rows = self.consumers.len();
        self.within.clear();
        self.within.resize(rows * stride, 0.0);
        self.nest.clear();
        self.nest.resize(rows * h, 0.0);
        self.outside.clear();
        self.share.fill(0.0);
        for i in 0..rows {
            let p = &mut self.p[i * stride..(i + 1) * stride];
            vector::add_scaled(p, 1.0, &u.delta);
            for r in 0..k {
                let x = &u.x2[r * stride..(r + 1) * stride];
                vector::add_scaled(p, coefficient[i * k + r], x);
            }
            let within = &mut self.within[i * stride..(i + 1) * stride];
            let nest = &mut self.nest[i * h..(i + 1) * h];
            let (outside, scale) = nested_row(m, &market.rho, p, within, nest);
            self.rest[i] = outside;
            self.scale[i] = scale;
            self.outside.push(outside * scale);
            let w = m.consumers.weight[self.consumers.start + i];
            vector::add_scaled(&mut self.share, w, p);
        }
    }

    /// Logarithm of the sum of exponentials of each consumer, the outside good's included: the
    /// expected largest utility less Euler's constant (consumers).
    pub(super) fn log_sums(&self) -> impl Iterator<Item = f64> {
        let pairs = self.rest.iter().zip(&self.scale);
        pairs.map(|(rest, scale)| -vector::ln(*rest) - vector::ln(*scale))
    }
}

/// Probabilities of one consumer from its utilities in `p` (stride), in place, with those within
/// nests and of nests. Returns the outside good's exponential and what it is multiplied by
/// (Berry 1994, equations 24 to 27, mixed over consumers).
fn nested_row(
    m: &MarketData,
    rho: &[f64],
    p: &mut [f64],
    within: &mut [f64],
    size: &mut [f64],
) -> (f64, f64) {
    p[m.products()..].fill(f64::NEG_INFINITY);
    let top = vector::max(p).max(0.0);
    let rest = vector::exp(-top);
    let mut total = rest;
    for ((range, rho), size) in m.nests.iter().zip(rho).zip(size.iter_mut()) {
        let own = vector::max(&p[range.clone()]);
        if own == f64::NEG_INFINITY {
            continue;
        }
        let inside = &mut within[range.clone()];
        let sum = vector::exp_scaled(inside, &p[range.clone()], own, 1.0 / (1.0 - rho));
        for v in inside {
            *v /= sum;
        }
        *size = vector::exp(own - top + (1.0 - rho) * vector::ln(sum));
        total += *size;
    }
    let scale = 1.0 / total;
    p.fill(0.0);
    for (range, size) in m.nests.iter().zip(size.iter_mut()) {
        *size *= scale;
        vector::scaled(&mut p[range.clone()], *size, &within[range.clone()]);
    }
    (rest, scale)
}

impl PanelMarket<'_> {
    /// What some consumers' utilities have besides mean utilities and tastes that are the same
    /// for all products: availability and tastes that differ by product (consumers x stride).
    pub(super) fn fill_extra(&self, range: Range<usize>, out: &mut [f64]) {
        let stride = self.data.stride;
        let availability = &self.data.consumers.log_availability;
        if availability.is_empty() {
            out.fill(0.0);
        } else {
            out.copy_from_slice(&availability[range.start * stride..range.end * stride]);
        }
        for own in &self.tastes.by_product {
            let x = &self.utility.x2[own.k * stride..(own.k + 1) * stride];
            for (r, i) in range.clone().enumerate() {
                for (j, x) in x.iter().enumerate() {
                    out[r * stride + j] += own.coefficient[i * stride + j] * x;
                }
            }
        }
    }

    /// `du_ij / dx_j` of consumer `i` (stride).
    pub(super) fn slopes(&self, slope: &Slope, i: usize, out: &mut [f64]) {
        let (k, stride) = (self.data.coefficients(), self.data.stride);
        out.copy_from_slice(&slope.linear);
        for r in &slope.active {
            let c = self.tastes.coefficient[i * k + r];
            vector::add_scaled(out, c, &slope.random[r * stride..(r + 1) * stride]);
        }
        for own in &self.tastes.by_product {
            let x = &slope.random[own.k * stride..(own.k + 1) * stride];
            let c = &own.coefficient[i * stride..(i + 1) * stride];
            for ((o, c), x) in out.iter_mut().zip(c).zip(x) {
                *o += c * x;
            }
        }
    }

    /// `du_i / dx` of every consumer where it is the same for all products.
    pub(super) fn common_slopes(&self, slope: &Slope) -> Option<Vec<f64>> {
        let (n, k, stride) = (
            self.data.products(),
            self.data.coefficients(),
            self.data.stride,
        );
        let common = |v: &[f64]| v[1..n].iter().all(|x| x - v[0] == 0.0).then_some(v[0]);
        let moves = |r: usize| slope.active.contains(&r);
        if n == 0 || self.tastes.by_product.iter().any(|own| moves(own.k)) {
            return None;
        }
        let linear = common(&slope.linear)?;
        let random = slope
            .active
            .iter()
            .map(|r| common(&slope.random[r * stride..]));
        let random: Vec<f64> = random.collect::<Option<_>>()?;
        let of = |i: usize| {
            let own = slope.active.iter().zip(&random);
            linear
                + own
                    .map(|(r, by)| self.tastes.coefficient[i * k + r] * by)
                    .sum::<f64>()
        };
        Some((0..self.data.consumers()).map(of).collect())
    }
}
