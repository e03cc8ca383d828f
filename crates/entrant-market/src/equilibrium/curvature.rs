//! Second derivatives of profits.

use super::PriceProblem;
use crate::Ownership;
use crate::demand::{Demand, OwnerProfit, Response, Row};

/// A gradient (n) and its Jacobian (n x n).
type Derivatives = (Vec<f64>, Vec<f64>);

/// Gradient of each listed product's owner-weighted profit with respect to its own price, and
/// the Jacobian of those gradients with respect to the listed prices (row-major, n x n).
///
/// Row j is the first-order condition of product j; restricted to the products of one firm the
/// matrix is that firm's profit Hessian. Analytic, for flat and nested logit types.
pub fn foc_jacobian(problem: &PriceProblem<'_>, price: &[f64], index: &[usize]) -> Derivatives {
    let (_, mut all) = foc_jacobians(problem, price, &[index.to_vec()]);
    all.pop().unwrap_or_default()
}

/// [`foc_jacobian`] of several lists of products in one pass over consumer types, and what
/// first-order conditions need ([`crate::demand::response`]) from the same pass.
pub fn foc_jacobians(
    problem: &PriceProblem<'_>,
    price: &[f64],
    lists: &[Vec<usize>],
) -> (Response, Vec<Derivatives>) {
    let (demand, ownership) = (problem.demand, problem.ownership);
    let blank = |list: &Vec<usize>| (vec![0.0; list.len()], vec![0.0; list.len() * list.len()]);
    let mut out: Vec<Derivatives> = lists.iter().map(blank).collect();
    let margin = problem.margin(price);
    let mut row = Row::new(demand);
    let mut profit = OwnerProfit::new(demand, ownership);
    let mut slopes = Vec::new();
    let mut conditions = Response::none(demand.products());
    for i in 0..demand.types() {
        row.fill(demand, i, price);
        profit.fill(demand, ownership, &row, &margin);
        conditions.add(demand, ownership, i, &row, &mut profit);
        let one = OneType {
            weight: demand.weight[i],
            problem,
            row: &row,
            profit: &profit,
            margin: &margin,
            slope: demand.slope[i],
        };
        for (list, (gradient, jacobian)) in lists.iter().zip(&mut out) {
            one.add(list, &mut slopes, gradient, jacobian);
        }
    }
    for (list, (_, jacobian)) in lists.iter().zip(&mut out) {
        if of_one_firm(ownership, list) {
            mirror(jacobian, list.len());
        }
    }
    conditions.over_nests(demand);
    (conditions, out)
}

fn of_one_firm(ownership: &Ownership, list: &[usize]) -> bool {
    list.windows(2)
        .all(|p| ownership.firm[p[0]] == ownership.firm[p[1]])
}

/// Copies the upper triangle onto the lower one.
fn mirror(matrix: &mut [f64], n: usize) {
    for a in 0..n {
        for b in 0..a {
            matrix[a * n + b] = matrix[b * n + a];
        }
    }
}

/// One consumer type's contribution, per unit of `w_i s_ij`.
struct OneType<'a> {
    weight: f64,
    problem: &'a PriceProblem<'a>,
    row: &'a Row,
    profit: &'a OwnerProfit,
    margin: &'a [f64],
    slope: f64,
}

impl OneType<'_> {
    fn demand(&self) -> &Demand {
        self.problem.demand
    }

    fn keep(&self, j: usize) -> f64 {
        self.demand().keep(j)
    }

    /// Derivative of the utility of product j by its price.
    #[inline]
    fn alpha(&self, j: usize) -> f64 {
        self.row.slope.get(j).copied().unwrap_or(self.slope)
    }

    /// Second derivative.
    #[inline]
    fn bend(&self, j: usize) -> f64 {
        self.row.curve.get(j).copied().unwrap_or(0.0)
    }

    fn same_nest(&self, j: usize, l: usize) -> bool {
        self.demand().rho > 0.0 && self.demand().nest[j] == self.demand().nest[l]
    }

    /// `1 + alpha (m_j / (1 - rho) - rho / (1 - rho) R_h - R)`: the gradient over `w s_j`.
    fn pull(&self, j: usize) -> f64 {
        1.0 + self.alpha(j) * self.gap(j)
    }

    /// `m_j / (1 - rho) - rho / (1 - rho) R_h - R`.
    fn gap(&self, j: usize) -> f64 {
        let brought = self.profit.at(self.demand(), self.problem.ownership, j);
        self.margin[j] / self.keep(j) - brought
    }

    /// Adds this type's part of the gradient and Jacobian of the listed products; `slopes` is
    /// a buffer.
    fn add(
        &self,
        list: &[usize],
        slopes: &mut Vec<(f64, f64)>,
        gradient: &mut [f64],
        jacobian: &mut [f64],
    ) {
        let one_firm = of_one_firm(self.problem.ownership, list);
        let alike = self.demand().rho == 0.0 || self.demand().nests == 1;
        if one_firm && alike && self.demand().bends.is_none() {
            self.add_together(list, slopes, gradient, jacobian);
            return;
        }
        for (a, j) in list.iter().enumerate() {
            if a == 0 || !one_firm {
                slopes.clear();
                slopes.extend(list.iter().map(|l| self.slopes(*j, *l)));
            }
            let weight = self.weight * self.row.share[*j];
            let pull = self.pull(*j);
            gradient[a] += weight * pull;
            // One firm's profit Hessian is symmetric: half of it will do, and is mirrored at the end.
            let from = if one_firm { a } else { 0 };
            let out = &mut jacobian[a * list.len() + from..(a + 1) * list.len()];
            for ((out, l), slopes) in out.iter_mut().zip(&list[from..]).zip(&slopes[from..]) {
                *out += weight * self.second(*j, *l, pull, *slopes);
            }
        }
    }

    /// As [`OneType::add`] for products of one firm whose buyers' other choices are all alike, flat or in
    /// one nest: but for the diagonal the upper triangle gets two outer products.
    fn add_together(
        &self,
        list: &[usize],
        terms: &mut Vec<(f64, f64)>,
        gradient: &mut [f64],
        jacobian: &mut [f64],
    ) {
        let Some(first) = list.first() else { return };
        let (keep, alpha) = (self.keep(*first), self.slope);
        let ratio = self.demand().rho / keep;
        // Products of one firm share what a buyer brings it, and its weight on itself.
        let theta = self.problem.ownership.weight(*first, *first);
        let f = self.problem.ownership.firm[*first];
        let (total, brought) = (
            self.profit.total[f],
            self.profit
                .at(self.demand(), self.problem.ownership, *first),
        );
        terms.clear();
        terms.extend(list.iter().map(|l| {
            let (share, margin) = (self.row.share[*l], theta * self.margin[*l]);
            let all = share * (theta + alpha * (margin / keep - brought));
            if ratio == 0.0 {
                return (share, all);
            }
            let within = self.row.within[*l];
            let relative = margin - (brought - total) / ratio;
            let in_nest = within * (theta + alpha / keep * relative);
            (share + ratio * within, all + ratio * in_nest)
        }));
        let n = list.len();
        for (a, j) in list.iter().enumerate() {
            let weight = self.weight * self.row.share[*j];
            let pull = 1.0 + alpha * (self.margin[*j] / keep - brought);
            gradient[a] += weight * pull;
            let by = alpha * weight;
            let row = &mut jacobian[a * n + a..(a + 1) * n];
            for (out, (share, slope)) in row.iter_mut().zip(&terms[a..]) {
                *out -= by * (pull * share + slope);
            }
            row[0] += by * (pull + 1.0) / keep;
        }
    }

    /// What a higher price of l does to the firm that prices j: on what this type brings in all,
    /// and on what it brings within the nest of l. The same for all products j of a firm.
    fn slopes(&self, j: usize, l: usize) -> (f64, f64) {
        let nest = if self.demand().rho > 0.0 {
            self.nest_profit_slope(j, l)
        } else {
            0.0
        };
        (self.profit_slope(j, l), nest)
    }

    /// Derivative of `s_ij pull_j` with respect to price l, over `s_ij`.
    fn second(&self, j: usize, l: usize, pull: f64, (all, in_nest): (f64, f64)) -> f64 {
        let keep = self.keep(l);
        let ratio = (1.0 - keep) / keep;
        let own = if j == l { 1.0 / keep } else { 0.0 };
        let nested = if self.same_nest(j, l) {
            ratio * self.row.within[l]
        } else {
            0.0
        };
        let share_part = self.alpha(l) * (own - nested - self.row.share[l]);
        let nest_part = if self.same_nest(j, l) {
            ratio * in_nest
        } else {
            0.0
        };
        let bent = if j == l {
            self.bend(j) * self.gap(j)
        } else {
            0.0
        };
        share_part * pull + self.alpha(j) * (own - nest_part - all) + bent
    }

    /// `d R / d p_l` for the firm that prices j.
    fn profit_slope(&self, j: usize, l: usize) -> f64 {
        let theta = self.problem.ownership.weight(j, l);
        let f = self.problem.ownership.firm[j];
        let keep = self.keep(l);
        let mut relative = theta * self.margin[l] / keep - self.profit.total[f];
        if self.demand().rho > 0.0 {
            relative -= (1.0 - keep) / keep * self.nest_profit(f, l);
        }
        self.row.share[l] * (theta + self.alpha(l) * relative)
    }

    /// `d R_h / d p_l` for the firm that prices j and the nest of l.
    fn nest_profit_slope(&self, j: usize, l: usize) -> f64 {
        let theta = self.problem.ownership.weight(j, l);
        let f = self.problem.ownership.firm[j];
        let relative = theta * self.margin[l] - self.nest_profit(f, l);
        self.row.within[l] * (theta + self.alpha(l) / self.keep(l) * relative)
    }

    fn nest_profit(&self, f: usize, l: usize) -> f64 {
        self.profit.nest[self.demand().nest[l] * self.profit.total.len() + f]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demand::{Bends, response};
    use entrant_data::formula::Formula;
    use entrant_data::table::{Column, Table};

    /// Four products of two firms, three types, one of which cannot buy product 2.
    fn market(rho: f64) -> Demand {
        let gone = f64::NEG_INFINITY;
        Demand {
            weight: vec![0.5, 0.3, 0.2],
            slope: vec![-1.0, -2.5, -0.4],
            taste: vec![
                0.1, 0.2, -0.3, 0.4, 0.0, -0.5, gone, 0.3, 1.0, 0.3, 0.2, -1.0,
            ],
            mean: vec![1.0, 2.0, 1.5, 0.5],
            nest: vec![0, 1, 0, 1],
            nests: 2,
            rho,
            rho_of: Vec::new(),
            bends: None,
        }
    }

    /// Central differences with one Richardson step.
    fn difference(f: impl Fn(f64) -> f64) -> f64 {
        let central = |h: f64| (f(h) - f(-h)) / (2.0 * h);
        (4.0 * central(5e-4) - central(1e-3)) / 3.0
    }

    /// One firm's products, flat and in one nest, against the general formulas for any list.
    #[test]
    fn products_of_one_firm_have_the_block_of_all() {
        for (rho, nests) in [(0.0, 2), (0.5, 1), (0.5, 2)] {
            let mut demand = market(rho);
            (demand.nests, demand.nest) = (nests, [0, 1, 0, 1].map(|h| h % nests).to_vec());
            let mut ownership = Ownership::separate(vec![0, 1, 1, 1]);
            ownership.set_weight(1, 0, 0.3);
            let price = [1.3, 1.9, 2.0, 0.9];
            let problem = PriceProblem {
                demand: &demand,
                ownership: &ownership,
                cost: &[0.5, 1.0, 0.8, 0.2],
                free: &[true; 4],
            };
            let (all, whole) = foc_jacobian(&problem, &price, &[0, 1, 2, 3]);
            let (gradient, block) = foc_jacobian(&problem, &price, &[1, 2, 3]);
            for a in 0..3 {
                assert!((gradient[a] - all[a + 1]).abs() <= 1e-15);
                for b in 0..3 {
                    let (x, y) = (block[a * 3 + b], whole[(a + 1) * 4 + b + 1]);
                    assert!((x - y).abs() <= 1e-15, "{rho} {nests} {a} {b}: {x} {y}");
                }
            }
        }
    }

    /// The same with a nesting parameter for each nest and utility that bends with the price.
    fn bent(rho: f64) -> Demand {
        let table = Table {
            file: "made".to_owned(),
            names: vec!["p".to_owned(), "x".to_owned()],
            columns: vec![
                Column::Numbers(vec![1.0; 4]),
                Column::Numbers(vec![0.2, 1.0, -0.4, 0.7]),
            ],
            lines: vec![1, 2, 3, 4],
        };
        let formula = Formula::parse("log(p) + p:x + I(p ** 2)").expect("a formula");
        let design = formula.design(&table).expect("numbers");
        let curves = |j: usize| {
            [[0.0, -0.6, 0.0, -0.05], [0.0, 0.1, 0.2, 0.0]].map(|c| design.curve(j, "p", &c))
        };
        Demand {
            rho_of: vec![rho, 0.5 * rho],
            bends: Some(Bends {
                terms: 2,
                taste: vec![1.0, 0.3, 1.0, -0.5, 1.0, 1.0],
                curves: (0..4).flat_map(curves).collect(),
            }),
            ..market(rho)
        }
    }

    #[test]
    fn jacobian_matches_differences_of_the_gradient() {
        let plain = [(0.0, 0.0), (0.0, 0.6), (0.4, 0.0), (0.7, 0.6)];
        let all = plain.map(|(rho, stake)| (rho, stake, market(rho)));
        for (rho, stake, demand) in all
            .into_iter()
            .chain(plain.map(|(rho, stake)| (rho, stake, bent(rho))))
        {
            let mut ownership = Ownership::separate(vec![0, 0, 1, 1]);
            ownership.set_weight(0, 1, stake);
            let (cost, price) = ([0.5, 1.0, 0.8, 0.2], [1.3, 1.9, 2.0, 0.9]);
            let problem = PriceProblem {
                demand: &demand,
                ownership: &ownership,
                cost: &cost,
                free: &[true; 4],
            };
            let (gradient, jacobian) = foc_jacobian(&problem, &price, &[0, 1, 2, 3]);
            let at = |p: &[f64]| {
                let margin = problem.margin(p);
                response(&demand, &ownership, p, &margin).gradient(&margin)
            };
            for j in 0..4 {
                assert!((gradient[j] - at(&price)[j]).abs() < 1e-14);
                for l in 0..4 {
                    let moved = |h: f64| {
                        let mut p = price;
                        p[l] += h;
                        at(&p)[j]
                    };
                    let (ours, numeric) = (jacobian[j * 4 + l], difference(moved));
                    // Differences: 1e-12 of truncation and as much of rounding, on entries of order 0.1.
                    assert!(
                        (ours - numeric).abs() < 1e-9,
                        "rho {rho}, stake {stake}, ({j}, {l}): {ours}, {numeric}"
                    );
                }
            }
        }
    }
}
