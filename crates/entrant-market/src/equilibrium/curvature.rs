//! Second derivatives of profits.

use super::PriceProblem;
use crate::demand::{Demand, Row};
use crate::demand::OwnerProfit;

/// Gradient of each listed product's owner-weighted profit with respect to its own price, and
/// the Jacobian of those gradients with respect to the listed prices (row-major, n x n).
///
/// Row j is the first-order condition of product j; restricted to the products of one firm the
/// matrix is that firm's profit Hessian. Analytic, for flat and nested logit types.
pub fn foc_jacobian(problem: &PriceProblem<'_>, price: &[f64], index: &[usize]) -> (Vec<f64>, Vec<f64>) {
    let (demand, ownership) = (problem.demand, problem.ownership);
    let n = index.len();
    let (mut gradient, mut jacobian) = (vec![0.0; n], vec![0.0; n * n]);
    let margin = problem.margin(price);
    let mut row = Row::new(demand);
    let mut profit = OwnerProfit::new(demand, ownership);
    for i in 0..demand.types() {
        row.fill(demand, i, price);
        profit.fill(demand, ownership, &row, &margin);
        let one = OneType { problem, row: &row, profit: &profit, margin: &margin, alpha: demand.slope[i] };
        for (a, j) in index.iter().enumerate() {
            let weight = demand.weight[i] * row.share[*j];
            gradient[a] += weight * one.pull(*j);
            for (b, l) in index.iter().enumerate() {
                jacobian[a * n + b] += weight * one.second(*j, *l);
            }
        }
    }
    (gradient, jacobian)
}

/// One consumer type's contribution, per unit of `w_i s_ij`.
struct OneType<'a> {
    problem: &'a PriceProblem<'a>,
    row: &'a Row,
    profit: &'a OwnerProfit,
    margin: &'a [f64],
    alpha: f64,
}

impl OneType<'_> {
    fn demand(&self) -> &Demand {
        self.problem.demand
    }

    fn keep(&self) -> f64 {
        1.0 - self.demand().rho
    }

    fn same_nest(&self, j: usize, l: usize) -> bool {
        self.demand().rho > 0.0 && self.demand().nest[j] == self.demand().nest[l]
    }

    /// `1 + alpha (m_j / (1 - rho) - rho / (1 - rho) R_h - R)`: the gradient over `w s_j`.
    fn pull(&self, j: usize) -> f64 {
        let brought = self.profit.at(self.demand(), self.problem.ownership, j);
        1.0 + self.alpha * (self.margin[j] / self.keep() - brought)
    }

    /// Derivative of `s_ij pull_j` with respect to price l, over `s_ij`.
    fn second(&self, j: usize, l: usize) -> f64 {
        let rho = self.demand().rho;
        let own = if j == l { 1.0 / self.keep() } else { 0.0 };
        let nested = if self.same_nest(j, l) { rho / self.keep() * self.row.within[l] } else { 0.0 };
        let share_part = self.alpha * (own - nested - self.row.share[l]);
        let nest_part = if self.same_nest(j, l) { rho / self.keep() * self.nest_profit_slope(j, l) } else { 0.0 };
        share_part * self.pull(j) + self.alpha * (own - nest_part - self.profit_slope(j, l))
    }

    /// `d R / d p_l` for the firm that prices j.
    fn profit_slope(&self, j: usize, l: usize) -> f64 {
        let theta = self.problem.ownership.weight(j, l);
        let f = self.problem.ownership.firm[j];
        let mut relative = theta * self.margin[l] / self.keep() - self.profit.total[f];
        if self.demand().rho > 0.0 {
            relative -= self.demand().rho / self.keep() * self.nest_profit(f, l);
        }
        self.row.share[l] * (theta + self.alpha * relative)
    }

    /// `d R_h / d p_l` for the firm that prices j and the nest of l.
    fn nest_profit_slope(&self, j: usize, l: usize) -> f64 {
        let theta = self.problem.ownership.weight(j, l);
        let f = self.problem.ownership.firm[j];
        let relative = theta * self.margin[l] - self.nest_profit(f, l);
        self.row.within[l] * (theta + self.alpha / self.keep() * relative)
    }

    fn nest_profit(&self, f: usize, l: usize) -> f64 {
        self.profit.nest[self.demand().nest[l] * self.profit.total.len() + f]
    }
}
