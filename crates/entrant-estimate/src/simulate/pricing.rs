//! Bertrand-Nash prices of one market of a problem at known parameters.

use entrant_numeric::vector;

use super::columns::{Columns, Moved};
use crate::blp::{Block, MarketData, Problem, Theta};

/// What prices are solved with: a problem, its columns and its parameters.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// Problem.
    pub problem: &'a Problem,
    /// Its columns.
    pub columns: &'a Columns,
    /// Parameters of heterogeneity.
    pub theta: &'a Theta,
    /// All coefficients of mean utility (columns).
    pub beta: &'a [f64],
}

/// Prices of one market and what follows from them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prices {
    /// Prices (products).
    pub price: Vec<f64>,
    /// Shares at these prices (products).
    pub share: Vec<f64>,
    /// Mean utilities at these prices (products).
    pub delta: Vec<f64>,
    /// Largest step of the last iteration relative to the price: what first-order conditions miss,
    /// not weighted by shares. 0 where prices were given.
    pub residual: f64,
    /// Iterations.
    pub iterations: usize,
    /// Whether `residual` is within tolerance.
    pub converged: bool,
}

/// Steps below this, relative to the price, end the search.
const TOLERANCE: f64 = 1e-14;
/// Residual at which prices count as solved when rounding keeps steps above [`TOLERANCE`].
const ACCEPTED: f64 = 1e-11;
/// Most iterations.
const LIMIT: usize = 2_000;
/// Iterations without a smaller step that are waited for.
const PATIENCE: usize = 10;

/// Memory of the solver, used again for the next market.
#[derive(Debug, Default)]
pub struct Pricer {
    block: Block,
    alpha: Vec<f64>,
    firm: Vec<f64>,
    near: Vec<f64>,
    condition: Vec<f64>,
    slope: Vec<f64>,
}

impl Pricer {
    /// Prices at which no firm gains from a small change, by the iteration of Morrow and Skerlos
    /// (2011): `p <- c + zeta(p)`, `zeta = Lambda^-1 (H o Gamma)(p - c) - Lambda^-1 s`.
    ///
    /// `delta` are mean utilities at the problem's prices, `cost` marginal costs, `start` prices
    /// to begin with (products each).
    pub fn solve(
        &mut self,
        setting: &Setting<'_>,
        t: usize,
        delta: &[f64],
        cost: &[f64],
        start: &[f64],
    ) -> Prices {
        let mut price = start.to_vec();
        let mut out = Prices::default();
        let Some(mut moved) = setting.columns.at(setting.problem, t, &price, setting.beta) else {
            return out;
        };
        self.block
            .fill_coefficients(setting.problem, &moved.market, setting.theta);
        let (mut best, mut stale) = (f64::INFINITY, 0);
        for iteration in 1..=LIMIT {
            if !self.shares(setting, t, delta, &price, &mut moved) {
                break;
            }
            self.first_order(setting, &moved.market, &price, cost);
            let step = self.step(&mut price);
            out.residual = step;
            out.iterations = iteration;
            stale = if step < best { 0 } else { stale + 1 };
            best = best.min(step);
            let settled = stale > PATIENCE && best <= ACCEPTED;
            if step <= TOLERANCE || settled || step == f64::INFINITY {
                break;
            }
        }
        out.converged = out.residual <= ACCEPTED;
        let solved = out.converged && self.shares(setting, t, delta, &price, &mut moved);
        self.finish(&out, solved, delta, &price, &moved)
    }

    /// Shares and mean utilities at given prices.
    pub fn at(&mut self, setting: &Setting<'_>, t: usize, delta: &[f64], price: &[f64]) -> Prices {
        let Some(mut moved) = setting.columns.at(setting.problem, t, price, setting.beta) else {
            return Prices::default();
        };
        self.block
            .fill_coefficients(setting.problem, &moved.market, setting.theta);
        let solved = self.shares(setting, t, delta, price, &mut moved);
        self.finish(&Prices::default(), solved, delta, price, &moved)
    }

    /// Own-price elasticities at the problem's prices (products), at mean utilities `delta`.
    pub(crate) fn own_elasticities(
        &mut self,
        problem: &Problem,
        t: usize,
        theta: &Theta,
        beta: &[f64],
        delta: &[f64],
    ) -> Vec<f64> {
        let m = &problem.markets[t];
        let delta = problem.in_shocks(delta);
        self.block.fill_coefficients(problem, m, theta);
        self.block.fill_exponentials(m, theta, &delta);
        self.block.evaluate(m, theta, &delta);
        self.block.fill_probabilities(m);
        self.fill_alpha(m, beta);
        let mut slope = vec![0.0; m.products()];
        for i in 0..m.consumers() {
            for (j, slope) in slope.iter_mut().enumerate() {
                let at = i * m.stride + j;
                let nest = m.nests.iter().position(|n| n.contains(&j));
                let rho = nest.map_or(0.0, |h| theta.rho[m.nest_group[h]]);
                let within = if nest.is_some() {
                    self.block.within[at]
                } else {
                    0.0
                };
                let p = self.block.p[at];
                let response = (1.0 - rho * within) / (1.0 - rho) - p;
                *slope += m.consumers.weight[i] * self.alpha[at] * p * response;
            }
        }
        let price = &problem.price[m.rows.clone()];
        let parts = slope.iter().zip(price).zip(&*self.block.share);
        parts.map(|((d, p), s)| d * p / s).collect()
    }

    fn finish(
        &self,
        out: &Prices,
        solved: bool,
        delta: &[f64],
        price: &[f64],
        moved: &Moved,
    ) -> Prices {
        Prices {
            price: price.to_vec(),
            share: self.block.share[..price.len()].to_vec(),
            delta: delta
                .iter()
                .zip(&moved.utility)
                .map(|(d, c)| d + c)
                .collect(),
            converged: solved,
            residual: out.residual,
            iterations: out.iterations,
        }
    }

    /// Moves the market to `price` and evaluates shares there.
    fn shares(
        &mut self,
        setting: &Setting<'_>,
        t: usize,
        delta: &[f64],
        price: &[f64],
        moved: &mut Moved,
    ) -> bool {
        let Setting {
            problem,
            columns,
            theta,
            beta,
        } = *setting;
        if !columns.move_to(problem, t, price, beta, moved) {
            return false;
        }
        let utility = delta.iter().zip(&moved.utility).map(|(d, c)| d + c);
        let utility = problem.in_shocks(&utility.collect::<Vec<f64>>());
        self.block.fill_exponentials(&moved.market, theta, &utility);
        self.block.evaluate(&moved.market, theta, &utility);
        self.block.share.iter().all(|s| s.is_finite())
    }

    /// First-order conditions `s_j + sum_k H_jk (p_k - c_k) ds_k/dp_j` and the diagonal of Lambda
    /// (products).
    fn first_order(&mut self, setting: &Setting<'_>, m: &MarketData, price: &[f64], cost: &[f64]) {
        self.block.fill_probabilities(m);
        self.fill_alpha(m, setting.beta);
        let n = m.products();
        let margin: Vec<f64> = price.iter().zip(cost).map(|(p, c)| p - c).collect();
        self.condition.clear();
        self.condition.extend_from_slice(&self.block.share[..n]);
        self.slope.clear();
        self.slope.resize(n, 0.0);
        let whole = vec![0..n; 1];
        let (nests, nested) = if m.nests.is_empty() {
            (&whole[..], false)
        } else {
            (&m.nests[..], true)
        };
        self.near.clear();
        self.near.resize(n, 0.0);
        for i in 0..m.consumers() {
            let row = i * m.stride..i * m.stride + n;
            let p = &self.block.p[row.clone()];
            portfolio(m, 0..n, p, &margin, &mut self.firm, &mut self.near);
            let far = self.near.clone();
            for (h, nest) in nests.iter().enumerate() {
                let rho = if nested {
                    setting.theta.rho[m.nest_group[h]]
                } else {
                    0.0
                };
                if nested {
                    let within = &self.block.within[row.clone()];
                    portfolio(
                        m,
                        nest.clone(),
                        within,
                        &margin,
                        &mut self.firm,
                        &mut self.near,
                    );
                }
                for j in nest.clone() {
                    let by = m.consumers.weight[i] * self.alpha[row.start + j] * p[j];
                    let near = if nested { rho * self.near[j] } else { 0.0 };
                    let own = m.ownership(j, j) * margin[j];
                    self.condition[j] += by * ((own - near) / (1.0 - rho) - far[j]);
                    self.slope[j] += by * m.ownership(j, j) / (1.0 - rho);
                }
            }
        }
    }

    /// `du_ij/dp_j` (consumers x stride).
    fn fill_alpha(&mut self, m: &MarketData, beta: &[f64]) {
        let mut linear = vec![0.0; m.stride];
        for (k, b) in beta.iter().enumerate() {
            vector::add_scaled(&mut linear, *b, m.x1_price(k));
        }
        let k = m.coefficients();
        self.alpha.resize(m.consumers() * m.stride, 0.0);
        for (i, row) in self.alpha.chunks_exact_mut(m.stride).enumerate() {
            row.copy_from_slice(&linear);
            for r in 0..k {
                vector::add_scaled(row, self.block.coefficient[i * k + r], m.x2_price(r));
            }
        }
        for own in &self.block.by_product {
            let column = m.x2_price(own.k);
            for (at, alpha) in self.alpha.iter_mut().enumerate() {
                *alpha += own.coefficient[at] * column[at % m.stride];
            }
        }
    }

    /// Moves prices; the largest relative step.
    fn step(&self, price: &mut [f64]) -> f64 {
        let mut largest: f64 = 0.0;
        for ((p, f), l) in price.iter_mut().zip(&self.condition).zip(&self.slope) {
            let step = f / l;
            let size = step.abs() / p.abs().max(1e-8);
            largest = largest.max(if size.is_nan() { f64::INFINITY } else { size });
            *p -= step;
        }
        largest
    }
}

/// `out_j = sum_k H_jk q_k margin_k` over a range of products.
fn portfolio(
    m: &MarketData,
    range: std::ops::Range<usize>,
    q: &[f64],
    margin: &[f64],
    firm: &mut Vec<f64>,
    out: &mut [f64],
) {
    firm.clear();
    firm.resize(m.firms, 0.0);
    for j in range.clone() {
        firm[m.firm[j]] += q[j] * margin[j];
    }
    for j in range {
        let weights = &m.conduct[m.firm[j] * m.firms..(m.firm[j] + 1) * m.firms];
        out[j] = if m.separate {
            weights[m.firm[j]] * firm[m.firm[j]]
        } else {
            vector::dot(weights, firm)
        };
    }
}
