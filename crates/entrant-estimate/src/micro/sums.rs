//! What one market contributes to parts, and how that moves with parameters.
//!
//! With `G_il` the derivative of consumer i's term with respect to the probability of choice l, and
//! `t_il` what a parameter adds to utility, the term moves by `sum_l s_il t_il (G_il - Gbar_i)`,
//! `Gbar_i = sum_l s_il G_il`: one pass over choices serves all parameters. Without second choices
//! `G_il` is the table itself.

use entrant_numeric::dense::{Multiplier, Target, View};
use entrant_numeric::vector;

use super::cells::{Bound, Cells, Groups};
use super::removed::Removed;
use crate::blp::{
    Block, Kind, MarketData, Problem, Response, Theta, add_rho_tangent, coefficient_of, is_flat,
    probability_tangent, utility_tangent,
};

/// Sums of one market, and their derivatives.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Sums {
    /// Weights of each survey, then weighted values of each part.
    pub(crate) value: Vec<f64>,
    /// Derivatives (sums x parameters that move mean utilities); empty when not wanted.
    pub(crate) slope: Vec<f64>,
}

/// Makes sums, in memory that is used again.
#[derive(Debug, Default)]
pub(crate) struct Summing {
    pub(super) draw: Draw,
    /// `w_i Gbar_i` (consumers x sums).
    mean: Vec<f64>,
    /// How sums move with mean utilities (sums x stride).
    by_delta: Vec<f64>,
    /// `sum_l s_il G_il x_l` of each coefficient.
    along: Vec<f64>,
    /// Derivatives of one consumer's probabilities (parameters x choices).
    pub(super) tangents: Vec<f64>,
    utility: Vec<f64>,
    change: Vec<f64>,
    product: Vec<f64>,
    work: Multiplier,
}

/// One consumer's choices.
#[derive(Debug, Default)]
pub(super) struct Draw {
    /// Probabilities, the outside good's last (choices).
    pub(super) s: Vec<f64>,
    /// `s_l G_l` (choices).
    pull: Vec<f64>,
    g: Vec<f64>,
    /// Nesting parameters.
    rho: Vec<f64>,
    /// What is gained when each group goes.
    pub(super) removed: Vec<Removed>,
    /// What is chosen of each group.
    chosen: Vec<f64>,
    /// How the term moves with nesting parameters by themselves, probabilities held.
    by_rho: Vec<f64>,
    /// `sum_jk c_jk s_j s_k` of each group, over k of other nests and of the group's own.
    pairs: Vec<[f64; 2]>,
}

/// One market at known parameters and mean utilities.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) problem: &'a Problem,
    pub(crate) t: usize,
    pub(crate) theta: &'a Theta,
    pub(crate) block: &'a Block,
}

impl<'a> At<'a> {
    pub(super) fn market(&self) -> &'a MarketData {
        &self.problem.markets[self.t]
    }
}

impl Summing {
    /// Sums of a market; with derivatives where a response is given.
    pub(crate) fn sums(&mut self, at: At<'_>, response: Option<&Response>) -> Sums {
        let Some(micro) = &at.problem.micro else {
            return Sums::default();
        };
        self.of(at, &micro.bound[at.t], response)
    }

    /// Sums of given tables.
    pub(super) fn of(&mut self, at: At<'_>, bound: &Bound, response: Option<&Response>) -> Sums {
        let (n, moving) = (bound.cells.len(), response.map_or(0, |r| r.columns));
        let mut out = Sums {
            value: vec![0.0; n],
            slope: vec![0.0; n * moving],
        };
        if bound.cells.iter().all(Option::is_none) {
            return out;
        }
        match response.filter(|_| moving > 0) {
            Some(response) if is_flat(at.market()) => self.flat(at, bound, response, &mut out),
            Some(response) => self.general(at, bound, response, &mut out),
            None => self.values(at, bound, &mut out.value),
        }
        out
    }

    fn values(&mut self, at: At<'_>, bound: &Bound, value: &mut [f64]) {
        let m = at.market();
        for (i, w) in m.consumers.weight.iter().enumerate() {
            self.draw.fill(at, i);
            for (cells, value) in bound.cells.iter().zip(&mut *value) {
                if let Some(cells) = cells {
                    let (by, row) = cells.table.row(i);
                    if w * by != 0.0 {
                        *value += w * by * self.draw.fill_pull(cells, row).0;
                    }
                }
            }
        }
    }

    /// Without nests and demographics that differ by product.
    fn flat(&mut self, at: At<'_>, bound: &Bound, response: &Response, out: &mut Sums) {
        let m = at.market();
        let (n, moving) = (out.value.len(), response.columns);
        self.mean.clear();
        self.mean.resize(m.consumers() * n, 0.0);
        self.by_delta.clear();
        self.by_delta.resize(n * m.stride, 0.0);
        self.along.resize(m.coefficients(), 0.0);
        let rows: Vec<Option<usize>> = (at.problem.parameters.free[..moving].iter())
            .map(|p| coefficient_of(p.kind))
            .collect();
        let used: Vec<usize> = (0..m.coefficients())
            .filter(|k| rows.contains(&Some(*k)))
            .collect();
        for (i, w) in m.consumers.weight.iter().enumerate() {
            self.draw.fill(at, i);
            let shift = &response.shift[i * response.width..];
            for (r, cells) in bound.cells.iter().enumerate() {
                let Some(cells) = cells else { continue };
                let (by, row) = cells.table.row(i);
                let by = w * by;
                if by == 0.0 {
                    continue;
                }
                let (sum, mean) = self.draw.fill_pull(cells, row);
                out.value[r] += by * sum;
                self.mean[i * n + r] = by * mean;
                let to = &mut self.by_delta[r * m.stride..(r + 1) * m.stride];
                self.draw.add_pull(cells, m, by, to);
                for k in &used {
                    self.along[*k] = self.draw.pull_along(cells, m, *k);
                }
                let slope = &mut out.slope[r * moving..(r + 1) * moving];
                for ((s, u), k) in slope.iter_mut().zip(shift).zip(&rows) {
                    if let Some(k) = k {
                        *s += by * u * self.along[*k];
                    }
                }
            }
        }
        self.subtract_means(at, response, out);
    }

    /// What is the same for all of a consumer's choices, `Gbar_i`; then mean utilities.
    fn subtract_means(&mut self, at: At<'_>, response: &Response, out: &mut Sums) {
        let m = at.market();
        let (n, moving) = (out.value.len(), response.columns);
        let (rows, stride) = (m.consumers(), m.stride);
        let mean = View::new(&self.mean, rows, n).t();
        self.product.clear();
        self.product.resize(n * stride, 0.0);
        let target = Target {
            data: &mut self.product,
            stride,
        };
        self.work
            .multiply(target, mean, View::new(&at.block.p, rows, stride));
        vector::add_scaled(&mut self.by_delta, -1.0, &self.product);
        let width = response.width;
        self.product.clear();
        self.product.resize(n * width, 0.0);
        let target = Target {
            data: &mut self.product,
            stride: width,
        };
        let shifts = View::new(&response.mean_shift, rows, width);
        self.work.multiply(target, mean, shifts);
        for r in 0..n {
            let slope = &mut out.slope[r * moving..(r + 1) * moving];
            vector::add_scaled(slope, -1.0, &self.product[r * width..r * width + moving]);
            for j in 0..m.products() {
                let y = self.by_delta[r * stride + j];
                vector::add_scaled(slope, y, &response.d_delta[j * width..j * width + moving]);
            }
        }
    }

    /// Consumer by consumer and parameter by parameter, for nests and for demographics that differ by
    /// product.
    fn general(&mut self, at: At<'_>, bound: &Bound, response: &Response, out: &mut Sums) {
        let m = at.market();
        let (moving, choices) = (response.columns, m.products() + 1);
        for (i, w) in m.consumers.weight.iter().enumerate() {
            self.draw.fill(at, i);
            self.fill_tangents(at, response, i);
            for (r, cells) in bound.cells.iter().enumerate() {
                let Some(cells) = cells else { continue };
                let (by, row) = cells.table.row(i);
                let by = w * by;
                if by == 0.0 {
                    continue;
                }
                out.value[r] += by * self.draw.fill_pull(cells, row).0;
                let pairs = cells.groups.is_some();
                let pull = if pairs { &self.draw.g[..] } else { row };
                for (q, parameter) in at.problem.parameters.free[..moving].iter().enumerate() {
                    let d = &self.tangents[q * choices..(q + 1) * choices];
                    let slope = &mut out.slope[r * moving + q];
                    *slope += by * vector::dot(pull, d);
                    if let (true, Kind::Rho { group }) = (pairs, parameter.kind) {
                        *slope += by * self.draw.by_rho[group];
                    }
                }
            }
        }
    }

    /// Derivatives of one consumer's probabilities, mean utilities following the parameters.
    pub(super) fn fill_tangents(&mut self, at: At<'_>, response: &Response, i: usize) {
        let m = at.market();
        let (moving, products) = (response.columns, m.products());
        self.tangents.clear();
        self.utility.resize(m.stride, 0.0);
        self.change.resize(m.stride, 0.0);
        for (q, parameter) in at.problem.parameters.free[..moving].iter().enumerate() {
            utility_tangent(
                at.problem,
                at.block,
                m,
                parameter.kind,
                i,
                &mut self.utility,
            );
            for j in 0..products {
                self.utility[j] += response.d_delta[j * response.width + q];
            }
            probability_tangent(at.block, m, at.theta, i, &self.utility, &mut self.change);
            if let Kind::Rho { group } = parameter.kind {
                add_rho_tangent(at.block, m, at.theta, i, group, &mut self.change);
            }
            let inside = &self.change[..products];
            self.tangents.extend_from_slice(inside);
            self.tangents.push(-vector::sum(inside));
        }
    }
}

impl Draw {
    /// Probabilities of consumer `i`.
    pub(super) fn fill(&mut self, at: At<'_>, i: usize) {
        let m = at.market();
        self.s.clear();
        let from = i * m.stride;
        self.s
            .extend_from_slice(&at.block.p[from..from + m.products()]);
        self.s.push(at.block.outside_of(m, i));
        self.rho.clone_from(&at.theta.rho);
    }

    /// Fills `s_l G_l` at a row of a table, where it does not vanish; the consumer's term and
    /// `Gbar`.
    fn fill_pull(&mut self, cells: &Cells, row: &[f64]) -> (f64, f64) {
        if let Some(groups) = &cells.groups {
            return self.fill_pull_of_pairs(cells, groups, row);
        }
        self.pull.resize(self.s.len(), 0.0);
        let mut sum = 0.0;
        if cells.whole {
            let each = self.pull.iter_mut().zip(row).zip(&self.s);
            each.for_each(|((p, c), s)| *p = c * s);
            sum = vector::dot(row, &self.s);
        } else {
            for l in &cells.support {
                self.pull[*l] = row[*l] * self.s[*l];
                sum += self.pull[*l];
            }
        }
        (sum, sum)
    }

    /// The term is `sum_jk c_jk s_j s_k f_jk` over pairs of different groups, where `f_jk` says what k
    /// gains when the group of j goes.
    fn fill_pull_of_pairs(&mut self, cells: &Cells, groups: &Groups, row: &[f64]) -> (f64, f64) {
        let n = self.s.len();
        self.fill_removed(groups);
        self.g.clear();
        self.g.resize(n, 0.0);
        self.pairs.clear();
        self.pairs.resize(groups.count, [0.0; 2]);
        let mut sum = 0.0;
        for j in &cells.support {
            let h = groups.of[*j];
            let (s, removed) = (self.s[*j], self.removed[h]);
            let (far, near) = (removed.far.value, removed.near.value);
            let c = &row[j * n..(j + 1) * n];
            let nest = groups.inside[h].as_ref().map_or(0..0, |i| i.nest.clone());
            let within = vector::dot(&c[nest.clone()], &self.s[nest.clone()]);
            let beyond = if nest.is_empty() {
                vector::dot(c, &self.s)
            } else {
                vector::dot(&c[..nest.start], &self.s[..nest.start])
                    + vector::dot(&c[nest.end..], &self.s[nest.end..])
            };
            let then = far * beyond + near * within;
            sum += s * then;
            self.pairs[h][0] += s * beyond;
            self.pairs[h][1] += s * within;
            self.g[*j] += then;
            if nest.is_empty() {
                vector::add_scaled(&mut self.g, s * far, c);
            } else {
                vector::add_scaled(&mut self.g[..nest.start], s * far, &c[..nest.start]);
                vector::add_scaled(&mut self.g[nest.clone()], s * near, &c[nest.clone()]);
                vector::add_scaled(&mut self.g[nest.end..], s * far, &c[nest.end..]);
            }
        }
        self.add_shares_of_groups(groups);
        self.pull.resize(n, 0.0);
        let each = self.pull.iter_mut().zip(&self.g).zip(&self.s);
        each.for_each(|((p, g), s)| *p = g * s);
        (sum, vector::dot(&self.g, &self.s))
    }

    /// How the term moves with what is chosen of each group and of its nest, and with nesting
    /// parameters.
    fn add_shares_of_groups(&mut self, groups: &Groups) {
        self.by_rho.clear();
        self.by_rho.resize(self.rho.len(), 0.0);
        for h in 0..groups.count {
            let ([beyond, within], removed) = (self.pairs[h], self.removed[h]);
            self.chosen[h] = beyond * removed.far.by_group + within * removed.near.by_group;
            let Some(inside) = &groups.inside[h] else {
                continue;
            };
            self.by_rho[inside.rho] += beyond * removed.far.by_rho + within * removed.near.by_rho;
            let own = beyond * removed.far.by_nest + within * removed.near.by_nest;
            self.g[inside.nest.clone()]
                .iter_mut()
                .for_each(|g| *g += own);
        }
        for (g, h) in self.g.iter_mut().zip(&groups.of) {
            *g += self.chosen[*h];
        }
    }

    /// What is gained when each group goes, without cancellation.
    pub(super) fn fill_removed(&mut self, groups: &Groups) {
        self.chosen.clear();
        self.chosen.resize(groups.count, 0.0);
        for (s, h) in self.s.iter().zip(&groups.of) {
            self.chosen[*h] += s;
        }
        self.removed.clear();
        for (h, inside) in groups.inside.iter().enumerate() {
            let chosen = self.chosen[h];
            let each = self.s.iter().zip(&groups.of).enumerate();
            let removed = if let Some(inside) = inside {
                let (mut left, mut others) = (0.0, 0.0);
                for (k, (s, of)) in each {
                    if !inside.nest.contains(&k) {
                        others += s;
                    } else if *of != h {
                        left += s;
                    }
                }
                Removed::part(chosen, left, others, self.rho[inside.rho])
            } else if chosen < 0.5 {
                Removed::whole(1.0 - chosen)
            } else {
                Removed::whole(
                    each.filter(|(_, (_, of))| **of != h)
                        .map(|(_, (s, _))| s)
                        .sum(),
                )
            };
            self.removed.push(removed);
        }
    }

    /// `s_j s_k f_jk` of a first choice j with every choice k, times `by`, added to a list.
    pub(super) fn extend_with_pairs(&self, groups: &Groups, j: usize, by: f64, to: &mut Vec<f64>) {
        let h = groups.of[j];
        let removed = self.removed[h];
        let near = |k: usize| {
            groups.inside[h]
                .as_ref()
                .is_some_and(|i| i.nest.contains(&k))
        };
        to.extend(self.s.iter().enumerate().map(|(k, s)| {
            let gain = if near(k) { removed.near } else { removed.far };
            by * self.s[j] * s * gain.value
        }));
    }

    /// Adds `by s_l G_l` of products.
    fn add_pull(&self, cells: &Cells, m: &MarketData, by: f64, to: &mut [f64]) {
        if cells.whole || cells.groups.is_some() {
            vector::add_scaled(&mut to[..m.products()], by, &self.pull[..m.products()]);
            return;
        }
        for l in cells.support.iter().filter(|l| **l < m.products()) {
            to[*l] += by * self.pull[*l];
        }
    }

    /// `sum_l s_l G_l x_lk`.
    fn pull_along(&self, cells: &Cells, m: &MarketData, k: usize) -> f64 {
        let x = m.x2(k);
        if cells.whole || cells.groups.is_some() {
            return vector::dot(&self.pull[..m.products()], &x[..m.products()]);
        }
        let inside = cells.support.iter().filter(|l| **l < m.products());
        inside.map(|l| self.pull[*l] * x[*l]).sum()
    }
}
