//! Costs that first-order conditions imply, and how they answer to parameters.

mod flat;

use entrant_data::spec::CostForm;
use entrant_numeric::{dense, vector};

use crate::blp::block::{Block, zeroed};
use crate::blp::market::MarketData;
use crate::blp::parameters::{Kind, Parameter};
use crate::blp::problem::{CostSide, Problem};
use crate::blp::response::{
    Response, RhoTerms, add_rho_tangent, by_product_values, coefficient_of, is_flat,
    probability_tangent, rho_terms, shift, utility_tangent,
};
use crate::blp::theta::Theta;

/// Markups of one market and their derivatives, in memory that is used again.
#[derive(Debug, Default)]
pub(crate) struct Markups {
    /// Markups `p - c` (products).
    pub(crate) eta: Vec<f64>,
    /// Derivative of each consumer's utility with respect to price (consumers x stride).
    alpha: Vec<f64>,
    factors: Vec<Factors>,
    flat: flat::Flat,
    /// Profit-weighted probabilities of the firm: `sum_k H_jk s_ik eta_k` (consumers x stride).
    portfolio: Vec<f64>,
    /// The same within the nest and given it.
    nest_portfolio: Vec<f64>,
    row: Row,
    /// Derivatives of markups (products x parameters).
    pub(crate) d_eta: Vec<f64>,
}

/// One consumer's rows (stride).
#[derive(Debug, Default)]
struct Row {
    tangent: Vec<f64>,
    change: Vec<f64>,
    within_change: Vec<f64>,
    alpha_change: Vec<f64>,
    portfolio: Vec<f64>,
    nest_portfolio: Vec<f64>,
    firm: Vec<f64>,
}

/// LU factors of the first-order conditions of one group of products.
#[derive(Debug, Default)]
struct Factors {
    /// `sum_i w_i alpha_ij s_ij s_ik`; only without nests (size x size).
    cross: Vec<f64>,
    a: Vec<f64>,
    pivot: Vec<usize>,
}

impl Markups {
    /// Markups `eta = Delta^-1 s` with `Delta_jk = -H_jk ds_k/dp_j` (Berry, Levinsohn and Pakes
    /// 1995, equation 3.3; the row is the price that is set). `false` when a group of products
    /// has no unique solution.
    pub(crate) fn solve(
        &mut self,
        block: &Block,
        m: &MarketData,
        theta: &Theta,
        alpha_linear: &[f64],
    ) -> bool {
        zeroed(&mut self.eta, m.stride);
        if m.is_competitive() {
            return true;
        }
        self.eta[..m.products()].copy_from_slice(&m.share);
        self.factors.resize_with(m.groups.len(), Factors::default);
        self.fill_first_order(block, (m, theta), alpha_linear);
        for (g, group) in m.groups.iter().enumerate() {
            let n = group.len();
            let factors = &mut self.factors[g];
            factors.pivot.resize(n, 0);
            if !dense::lu(&mut factors.a, &mut factors.pivot, n) {
                return false;
            }
            let mut b: Vec<f64> = group.iter().map(|j| m.share[*j]).collect();
            dense::lu_solve(&factors.a, &factors.pivot, &mut b, n, 1);
            for (j, e) in group.iter().zip(&b) {
                self.eta[*j] = *e;
            }
        }
        self.eta.iter().all(|e| e.is_finite())
    }

    fn fill_first_order(
        &mut self,
        block: &Block,
        (m, theta): (&MarketData, &Theta),
        linear: &[f64],
    ) {
        if !goes_flat(m) {
            self.fill_alpha(block, m, linear);
        }
        if m.nests.is_empty() {
            self.flat.fill_curvature(block, m, linear);
            self.flat.fill_first_order(block, m, &mut self.factors);
            return;
        }
        for (group, factors) in m.groups.iter().zip(&mut self.factors) {
            fill_first_order(&self.alpha, block, m, theta, group, &mut factors.a);
        }
    }

    /// `alpha_ij = du_ij/dp_j`: what the linear part adds, and every coefficient on a column that
    /// depends on price.
    fn fill_alpha(&mut self, block: &Block, m: &MarketData, linear: &[f64]) {
        let k = m.coefficients();
        self.alpha.resize(m.consumers() * m.stride, 0.0);
        for i in 0..m.consumers() {
            let row = &mut self.alpha[i * m.stride..(i + 1) * m.stride];
            row.copy_from_slice(linear);
            for r in 0..k {
                let c = block.coefficient[i * k + r];
                if c != 0.0 && depends_on_price(m, r) {
                    vector::add_scaled(row, c, m.x2_price(r));
                }
            }
        }
        for own in &block.by_product {
            let column = m.x2_price(own.k);
            for (at, alpha) in self.alpha.iter_mut().enumerate() {
                *alpha += own.coefficient[at] * column[at % m.stride];
            }
        }
    }

    /// Derivatives of markups with respect to `parameters`, given those of mean utilities
    /// (products x the parameters that move them).
    ///
    /// Shares stay the observed ones, so `Delta eta = s` gives `d eta = -Delta^-1 (d Delta) eta`.
    pub(crate) fn jacobian(
        &mut self,
        problem: &Problem,
        block: &Block,
        response: &Response,
        m: &MarketData,
        theta: &Theta,
    ) {
        let parameters = &problem.parameters.free;
        let (n, columns) = (m.products(), parameters.len());
        zeroed(&mut self.d_eta, n * columns);
        if m.is_competitive() {
            return;
        }
        if goes_flat(m) {
            let parts = flat::Parts {
                problem,
                block,
                response,
                m,
                eta: &self.eta,
                factors: &self.factors,
            };
            self.flat.right_hand_sides(parts, &mut self.d_eta);
            self.solve_groups(m, columns);
            return;
        }
        self.fill_portfolios(block, m);
        self.row.resize(m);
        for (c, parameter) in parameters.iter().enumerate() {
            if matches!(parameter.kind, Kind::Gamma { .. }) {
                continue;
            }
            for i in 0..m.consumers() {
                self.row
                    .fill(problem, block, (m, theta), (i, c), parameter, response);
                self.row.fill_portfolios(m, &self.eta);
                self.add_change(block, m, theta, parameter.kind, (i, c), columns);
            }
        }
        self.solve_groups(m, columns);
    }

    fn fill_portfolios(&mut self, block: &Block, m: &MarketData) {
        let size = m.consumers() * m.stride;
        self.portfolio.resize(size, 0.0);
        self.nest_portfolio
            .resize(if m.nests.is_empty() { 0 } else { size }, 0.0);
        let mut firm = vec![0.0; m.firms];
        for i in 0..m.consumers() {
            let range = i * m.stride..(i + 1) * m.stride;
            let all = 0..m.products();
            spread(
                m,
                all,
                &block.p[range.clone()],
                &self.eta,
                &mut firm,
                &mut self.portfolio[range.clone()],
            );
            for nest in &m.nests {
                let out = &mut self.nest_portfolio[range.clone()];
                spread(
                    m,
                    nest.clone(),
                    &block.within[range.clone()],
                    &self.eta,
                    &mut firm,
                    out,
                );
            }
        }
    }

    /// Subtracts `d [(Delta eta)_j]` at fixed `eta` from `d_eta`, where
    /// `(Delta eta)_j = -sum_i w_i alpha_ij s_ij [(H_jj eta_j - rho r_ij) / (1 - rho) - m_ij]`.
    fn add_change(
        &mut self,
        block: &Block,
        m: &MarketData,
        theta: &Theta,
        kind: Kind,
        (i, c): (usize, usize),
        columns: usize,
    ) {
        let w = m.consumers.weight[i];
        let at = i * m.stride;
        let row = &self.row;
        let mut add = |j: usize, inner: f64, d_inner: f64| {
            let (p, alpha) = (block.p[at + j], self.alpha[at + j]);
            let change =
                (row.alpha_change[j] * p + alpha * row.change[j]) * inner + alpha * p * d_inner;
            self.d_eta[j * columns + c] += w * change;
        };
        if m.nests.is_empty() {
            for j in 0..m.products() {
                let own = m.ownership(j, j) * self.eta[j];
                add(j, own - self.portfolio[at + j], -row.portfolio[j]);
            }
            return;
        }
        for (h, nest) in m.nests.iter().enumerate() {
            let group = m.nest_group[h];
            let rho = theta.rho[group];
            let moves = kind == Kind::Rho { group };
            for j in nest.clone() {
                let own = m.ownership(j, j) * self.eta[j];
                let r = self.nest_portfolio[at + j];
                let inner = (own - rho * r) / (1.0 - rho) - self.portfolio[at + j];
                let mut d_inner = -rho * row.nest_portfolio[j] / (1.0 - rho) - row.portfolio[j];
                if moves {
                    d_inner += (own - r) / ((1.0 - rho) * (1.0 - rho));
                }
                add(j, inner, d_inner);
            }
        }
    }

    /// Turns right-hand sides in `d_eta` into derivatives.
    fn solve_groups(&mut self, m: &MarketData, columns: usize) {
        for (factors, group) in self.factors.iter().zip(&m.groups) {
            let mut b = Vec::with_capacity(group.len() * columns);
            for j in group {
                b.extend_from_slice(&self.d_eta[j * columns..(j + 1) * columns]);
            }
            dense::lu_solve(&factors.a, &factors.pivot, &mut b, group.len(), columns);
            for (k, j) in group.iter().enumerate() {
                self.d_eta[j * columns..(j + 1) * columns]
                    .copy_from_slice(&b[k * columns..(k + 1) * columns]);
            }
        }
    }
}

/// Whether derivatives of markups are products of matrices.
fn goes_flat(m: &MarketData) -> bool {
    is_flat(m) && flat::in_blocks(m)
}

/// Whether a random characteristic of this market depends on price.
fn depends_on_price(m: &MarketData, k: usize) -> bool {
    m.x2_price(k).iter().any(|v| *v != 0.0)
}

/// `Delta` of one group of products: `-H_jk ds_k/dp_j` (size x size).
fn fill_first_order(
    alpha: &[f64],
    block: &Block,
    m: &MarketData,
    theta: &Theta,
    group: &[usize],
    a: &mut Vec<f64>,
) {
    let n = group.len();
    zeroed(a, n * n);
    let nest_of = |j: usize| m.nests.iter().position(|nest| nest.contains(&j));
    let nest: Vec<Option<usize>> = group.iter().map(|j| nest_of(*j)).collect();
    for i in 0..m.consumers() {
        let at = i * m.stride;
        for (x, j) in group.iter().enumerate() {
            let by = m.consumers.weight[i] * alpha[at + j] * block.p[at + j];
            let rho = nest[x].map_or(0.0, |h| theta.rho[m.nest_group[h]]);
            for (y, k) in group.iter().enumerate() {
                let near = if rho > 0.0 && nest[x] == nest[y] {
                    rho / (1.0 - rho) * block.within[at + k]
                } else {
                    0.0
                };
                a[x * n + y] += by * (block.p[at + k] + near);
            }
            a[x * n + x] -= by / (1.0 - rho);
        }
    }
    for (x, j) in group.iter().enumerate() {
        for (y, k) in group.iter().enumerate() {
            a[x * n + y] *= m.ownership(*j, *k);
        }
    }
}

/// `out_j = sum_k H_jk q_k eta_k` over the products of a range, for `j` in the range.
fn spread(
    m: &MarketData,
    range: std::ops::Range<usize>,
    q: &[f64],
    eta: &[f64],
    firm: &mut [f64],
    out: &mut [f64],
) {
    firm.fill(0.0);
    for j in range.clone() {
        firm[m.firm[j]] += q[j] * eta[j];
    }
    for j in range {
        let weights = &m.conduct[m.firm[j] * m.firms..(m.firm[j] + 1) * m.firms];
        out[j] = if m.separate {
            weights[m.firm[j]] * firm[m.firm[j]]
        } else {
            weights.iter().zip(&*firm).map(|(w, f)| w * f).sum()
        };
    }
}

impl Row {
    fn resize(&mut self, m: &MarketData) {
        for v in [
            &mut self.tangent,
            &mut self.change,
            &mut self.within_change,
            &mut self.alpha_change,
            &mut self.portfolio,
            &mut self.nest_portfolio,
        ] {
            zeroed(v, m.stride);
        }
        zeroed(&mut self.firm, m.firms);
    }

    /// How utilities, probabilities and price derivatives of consumer `i` move with parameter
    /// `c`, mean utilities included.
    fn fill(
        &mut self,
        problem: &Problem,
        block: &Block,
        (m, theta): (&MarketData, &Theta),
        (i, c): (usize, usize),
        parameter: &Parameter,
        response: &Response,
    ) {
        utility_tangent(problem, block, m, parameter.kind, i, &mut self.tangent);
        if c < response.columns {
            for j in 0..m.products() {
                self.tangent[j] += response.d_delta[j * response.width + c];
            }
        }
        probability_tangent(block, m, theta, i, &self.tangent, &mut self.change);
        if let Kind::Rho { group } = parameter.kind {
            add_rho_tangent(block, m, theta, i, group, &mut self.change);
        }
        if !m.nests.is_empty() {
            self.fill_within(block, m, theta, parameter.kind, i);
        }
        fill_alpha_change(problem, block, m, parameter.kind, i, &mut self.alpha_change);
    }

    fn fill_within(&mut self, block: &Block, m: &MarketData, theta: &Theta, kind: Kind, i: usize) {
        let within = &block.within[i * m.stride..(i + 1) * m.stride];
        for (h, nest) in m.nests.iter().enumerate() {
            let group = m.nest_group[h];
            let power = 1.0 - theta.rho[group];
            let mean = vector::dot(&within[nest.clone()], &self.tangent[nest.clone()]);
            for j in nest.clone() {
                self.within_change[j] = within[j] * (self.tangent[j] - mean) / power;
            }
            if kind != (Kind::Rho { group }) {
                continue;
            }
            let RhoTerms { mean, .. } = rho_terms(block, m, i, h);
            for j in nest.clone().filter(|j| within[*j] > 0.0) {
                let utility = block.scaled_utility(m, i, j);
                self.within_change[j] += within[j] * (utility - mean) / power;
            }
        }
    }

    fn fill_portfolios(&mut self, m: &MarketData, eta: &[f64]) {
        let all = 0..m.products();
        spread(
            m,
            all,
            &self.change,
            eta,
            &mut self.firm,
            &mut self.portfolio,
        );
        for nest in &m.nests {
            let out = &mut self.nest_portfolio;
            spread(
                m,
                nest.clone(),
                &self.within_change,
                eta,
                &mut self.firm,
                out,
            );
        }
    }
}

/// Derivative of `alpha_ij` with respect to a parameter (stride).
fn fill_alpha_change(
    problem: &Problem,
    block: &Block,
    m: &MarketData,
    kind: Kind,
    i: usize,
    out: &mut [f64],
) {
    if let Kind::Beta { column } = kind {
        out.copy_from_slice(m.x1_price(column));
        return;
    }
    out.fill(0.0);
    let Some(row) = coefficient_of(kind).filter(|k| depends_on_price(m, *k)) else {
        return;
    };
    let own = block.by_product.iter().find(|b| b.k == row);
    let differs = by_product_values(m, kind);
    let common = shift(&problem.parameters, m, kind, i);
    for j in 0..m.products() {
        let at = i * m.stride + j;
        let slope = own.map_or(block.slope[i * m.coefficients() + row], |b| b.slope[at]);
        let u = common + differs.map_or(0.0, |v| v[at]);
        out[j] = slope * u * m.x2_price(row)[j];
    }
}

/// Costs as the cost equation wants them, their derivatives, and how many were moved to a bound.
///
/// `cost` gets `p - eta` within bounds, or its logarithm; rows of moved costs have derivative zero
/// (the convention of `PyBLP`). `None` when a logarithm does not exist.
pub(crate) fn transformed_costs(
    side: &CostSide,
    price: &[f64],
    eta: &[f64],
    d_eta: &mut [f64],
    cost: &mut Vec<f64>,
) -> Option<usize> {
    let n = price.len();
    let columns = d_eta.len() / n.max(1);
    let mut moved = 0;
    cost.clear();
    for j in 0..n {
        let raw = price[j] - eta[j];
        let bounded = raw.clamp(side.bounds[0], side.bounds[1]);
        let inside = (side.bounds[0]..=side.bounds[1]).contains(&raw);
        moved += usize::from(!inside);
        let (value, slope) = match side.form {
            CostForm::Linear => (bounded, -1.0),
            CostForm::Log if bounded > 0.0 => (vector::ln(bounded), -1.0 / bounded),
            CostForm::Log => return None,
        };
        cost.push(value);
        let slope = if inside { slope } else { 0.0 };
        for d in &mut d_eta[j * columns..(j + 1) * columns] {
            *d *= slope;
        }
    }
    Some(moved)
}
