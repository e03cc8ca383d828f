//! What a firm could earn at most if it could price to each consumer type separately.
//!
//! No single price vector earns more than the sum of these, so they bound what any deviation
//! can gain. Per type and box of prices the problem is solved exactly: at profit level R every
//! free product wants the margin `R + rho q_h + (1 - rho) / |alpha|`, clipped to its box, with
//! `q_h` the mean of `m - R` in its nest (the uniform-markup property; Nocke and Schutz 2018,
//! proposition 1), and R solves a one-dimensional fixed point (Dinkelbach 1967).

mod nest;

use nest::NestPart;

use entrant_numeric::vector::{exp, ln};

use super::PriceProblem;

/// A box of margins for the free products of one firm.
#[derive(Debug, Clone, PartialEq)]
pub struct MarginBox {
    /// Lower ends, in the order of the firm's free products.
    pub low: Vec<f64>,
    /// Upper ends.
    pub high: Vec<f64>,
}

/// Upper bound on the owner-weighted profit of firm `f`, per potential buyer, over all prices
/// of its free products with margins in `bounds`, rivals and fixed prices held at `price`.
pub fn type_profit_bound(
    problem: &PriceProblem<'_>,
    f: usize,
    price: &[f64],
    bounds: &MarginBox,
) -> f64 {
    TypeByType::new(problem, f, price).bound(bounds)
}

/// Every consumer type facing one firm; rivals are evaluated once for all boxes.
pub struct TypeByType {
    /// Types that anybody is of, with their weights.
    types: Vec<(f64, TypeProblem)>,
    /// Smallest (at most 0) and largest (at least 0) weighted margin of products that do not move.
    stakes: (f64, f64),
}

impl TypeByType {
    /// Consumers facing firm `f` with everything else held at `price`.
    pub fn new(problem: &PriceProblem<'_>, f: usize, price: &[f64]) -> Self {
        let own = problem.free_products(f);
        let weighted =
            |k: usize| problem.ownership.weight_of_firm(f, k) * (price[k] - problem.cost[k]);
        let others: Vec<(usize, f64)> = (0..price.len())
            .filter(|k| !own.contains(k))
            .map(|k| (k, weighted(k)))
            .collect();
        let stakes = others
            .iter()
            .fold((0.0, 0.0), |(low, high): (f64, f64), (_, m)| {
                (low.min(*m), high.max(*m))
            });
        let weights = problem.demand.weight.iter().enumerate();
        let types = weights
            .filter(|(_, w)| **w != 0.0)
            .map(|(i, w)| (*w, TypeProblem::new(problem, i, price, &own, &others)))
            .collect();
        TypeByType { types, stakes }
    }

    /// Sum over types of what the firm would earn from each alone with margins in `bounds`.
    pub fn bound(&mut self, bounds: &MarginBox) -> f64 {
        let each = self.types.iter_mut();
        each.map(|(w, t)| *w * t.best(bounds)).sum()
    }
}

/// A range that holds every margin of every best response of firm `f` to the other prices.
///
/// At a best response each margin is an average over types of
/// `(1 - rho) (profit_i + 1 / |alpha_i|) + rho mean_ih`, with `mean_ih` the mean margin within the
/// nest. Above, `profit_i` is at most what pricing to type i alone earns; below, it is not
/// negative unless the firm has a stake in products sold under cost. A single product without
/// such stakes is better placed: its range is that of the type-by-type optima.
///
/// `(inf, -inf)` when nobody can buy from the firm.
pub fn uniform_markup_range(problem: &PriceProblem<'_>, f: usize, price: &[f64]) -> (f64, f64) {
    let mut all = TypeByType::new(problem, f, price);
    let n = problem.free_products(f).len();
    // The smallest: `rho` is the largest of the nesting parameters.
    let keep = 1.0 - problem.demand.rho;
    let everything = MarginBox {
        low: vec![f64::NEG_INFINITY; n],
        high: vec![f64::INFINITY; n],
    };
    let (worst_stake, best_stake) = all.stakes;
    let alone = n == 1 && worst_stake == 0.0 && best_stake == 0.0;
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    let each = all.types.iter_mut().map(|(_, t)| t);
    for t in each.filter(|t| !t.nests.is_empty()) {
        let level = t.best(&everything);
        let patience = 1.0 / t.steepness;
        let (least, most) = if alone {
            (t.margin[0], t.margin[0])
        } else {
            (keep * patience, level + patience)
        };
        (low, high) = (low.min(least + worst_stake), high.max(most));
    }
    let nested_stake = problem.demand.rho > 0.0 && high.is_finite();
    (
        low,
        if nested_stake {
            high.max(best_stake)
        } else {
            high
        },
    )
}

/// One consumer type facing one firm.
struct TypeProblem {
    /// `|alpha|`.
    steepness: f64,
    /// Utility of each own product at margin zero.
    utility: Vec<f64>,
    /// Nests with an own product that this type can buy.
    nests: Vec<NestPart>,
    /// Log of the sum over everything else, buying nothing included, and its mean weighted margin.
    rest: (f64, f64),
    /// Margins at the optimum, of own products.
    margin: Vec<f64>,
    /// Profit at the last optimum, where the next search starts.
    level: f64,
}

impl TypeProblem {
    fn new(
        problem: &PriceProblem<'_>,
        i: usize,
        price: &[f64],
        own: &[usize],
        others: &[(usize, f64)],
    ) -> Self {
        let demand = problem.demand;
        let (taste, alpha) = (demand.taste_of(i), demand.slope[i]);
        let value = |j: usize, p: f64| demand.mean[j] + taste[j] + alpha * p;
        let utility: Vec<f64> = own.iter().map(|j| value(*j, problem.cost[*j])).collect();
        // Without correlation nests do not matter: one holds everything.
        let nest_of = |j: usize| if demand.rho == 0.0 { 0 } else { demand.nest[j] };
        let blank = |h: usize| NestPart {
            shift: f64::NEG_INFINITY,
            rho: demand.rho_of(h),
            ..NestPart::default()
        };
        let mut nests: Vec<NestPart> = (0..demand.nests.max(1)).map(blank).collect();
        for (a, j) in own
            .iter()
            .enumerate()
            .filter(|(a, _)| utility[*a] > f64::NEG_INFINITY)
        {
            let nest = &mut nests[nest_of(*j)];
            nest.own.push(a);
            nest.shift = nest.shift.max(utility[a] / demand.keep(*j));
        }
        let sold = || {
            others
                .iter()
                .map(|(k, m)| (nest_of(*k), value(*k, price[*k]) / demand.keep(*k), *m))
        };
        sold().for_each(|(h, v, _)| nests[h].shift = nests[h].shift.max(v));
        for (h, v, margin) in sold().filter(|(_, v, _)| *v > f64::NEG_INFINITY) {
            let e = exp(v - nests[h].shift);
            nests[h].rival += e;
            nests[h].rival_profit += e * margin;
        }
        let (nests, others): (Vec<_>, Vec<_>) = nests.into_iter().partition(|n| !n.own.is_empty());
        let parts = others.iter().filter(|n| n.rival > 0.0);
        let parts: Vec<(f64, f64)> = parts
            .map(|n| {
                let inclusive = (1.0 - n.rho) * (n.shift + ln(n.rival));
                (inclusive, n.rival_profit / n.rival)
            })
            .collect();
        let margin = vec![0.0; own.len()];
        let (top, total, weighted) = pool((0.0, 0.0), &parts);
        let rest = (top + ln(total), weighted / total);
        TypeProblem {
            steepness: -alpha,
            utility,
            nests,
            rest,
            margin,
            level: 0.0,
        }
    }

    /// Highest owner-weighted profit from this type over the box; leaves the margins behind.
    fn best(&mut self, bounds: &MarginBox) -> f64 {
        for _ in 0..80 {
            let next = self.profit_at_level(self.level, bounds);
            let done = (next - self.level).abs() <= 1e-14 * next.abs().max(1e-300);
            self.level = next;
            if done {
                break;
            }
        }
        self.level
    }

    /// Profit when every nest sets the margins that are best at profit level `level`.
    fn profit_at_level(&mut self, level: f64, bounds: &MarginBox) -> f64 {
        let mut parts: Vec<(f64, f64)> = Vec::with_capacity(self.nests.len());
        for part in &self.nests {
            let (rho, steepness) = (part.rho, self.steepness);
            let view = nest::View {
                part,
                utility: &self.utility,
                bounds,
                level,
                rho,
                steepness,
            };
            let wanted = view.best();
            for a in &part.own {
                self.margin[*a] = wanted.clamp(bounds.low[*a], bounds.high[*a]);
            }
            let (sum, profit) = view.at(wanted);
            if sum > 0.0 {
                parts.push(((1.0 - rho) * (part.shift + ln(sum)), profit / sum));
            }
        }
        let (_, total, weighted) = pool(self.rest, &parts);
        weighted / total
    }
}

/// Largest log weight, and relative to it the sum of weights and of weighted values, of pairs
/// (log weight, value).
fn pool(first: (f64, f64), others: &[(f64, f64)]) -> (f64, f64, f64) {
    let top = others.iter().map(|p| p.0).fold(first.0, f64::max);
    let start = exp(first.0 - top);
    others.iter().fold(
        (top, start, start * first.1),
        |(top, total, weighted), (log, value)| {
            let e = exp(log - top);
            (top, total + e, weighted + e * value)
        },
    )
}
