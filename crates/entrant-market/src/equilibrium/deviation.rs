//! What a firm could gain by leaving the equilibrium alone.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::type_bound::{MarginBox, type_profit_bound, uniform_markup_range};
use super::{PriceProblem, solve};

/// The outcome of a search over all prices of one firm, rivals held.
#[derive(Debug, Clone, PartialEq)]
pub struct Deviation {
    /// Firm number.
    pub firm: usize,
    /// Its owner-weighted profit per potential buyer at the given prices.
    pub profit: f64,
    /// Highest profit found.
    pub best: f64,
    /// Prices at which it was found: all products, rivals as given.
    pub price: Vec<f64>,
    /// No prices earn more than this.
    pub bound: f64,
}

impl Deviation {
    /// Gain found, as a share of profit.
    pub fn gain_found(&self) -> f64 {
        ((self.best - self.profit) / self.profit.abs().max(f64::MIN_POSITIVE)).max(0.0)
    }

    /// Largest possible gain, as a share of profit.
    pub fn gain_bound(&self) -> f64 {
        ((self.bound.max(self.best) - self.profit) / self.profit.abs().max(f64::MIN_POSITIVE)).max(0.0)
    }
}

/// Searches every firm with a free price; `boxes` is the budget of the bound per firm.
pub fn deviations(problem: &PriceProblem<'_>, price: &[f64], boxes: usize) -> Vec<Deviation> {
    (0..problem.ownership.firms())
        .filter(|f| !problem.free_products(*f).is_empty())
        .map(|f| best_deviation(problem, f, price, boxes))
        .collect()
}

/// Points of the grid of uniform margins from which local searches start.
const GRID: usize = 24;

/// Best prices of firm `f` against its rivals' prices: a grid of uniform margins over the range
/// that any type-by-type optimum uses, the best of them polished by the price solver, and an
/// upper bound by branch and bound over boxes of margins (`boxes` evaluations at most).
pub fn best_deviation(problem: &PriceProblem<'_>, f: usize, price: &[f64], boxes: usize) -> Deviation {
    let own = problem.free_products(f);
    let profit = problem.objective(f, price);
    let mut found = Deviation { firm: f, profit, best: profit, price: price.to_vec(), bound: f64::INFINITY };
    let range = uniform_markup_range(problem, f, price);
    if !(range.0.is_finite() && range.1.is_finite()) {
        found.bound = profit;
        return found;
    }
    let alone: Vec<bool> = (0..price.len()).map(|j| own.contains(&j)).collect();
    let single = PriceProblem { free: &alone, ..*problem };
    for start in promising_starts(&single, f, price, &own, range) {
        let polished = solve(&single, &start).price;
        for candidate in [start, polished] {
            let value = problem.objective(f, &candidate);
            if value > found.best {
                found.best = value;
                found.price = candidate;
            }
        }
    }
    let reach = MarginBox { low: vec![range.0; own.len()], high: vec![range.1; own.len()] };
    found.bound = branch_and_bound(problem, f, price, reach, found.best, boxes);
    found
}

/// The three best local peaks of profit along uniform margins.
fn promising_starts(
    problem: &PriceProblem<'_>,
    f: usize,
    price: &[f64],
    own: &[usize],
    range: (f64, f64),
) -> Vec<Vec<f64>> {
    let (low, high) = (range.0.max(1e-9 * range.1.abs()).max(f64::MIN_POSITIVE), range.1.max(f64::MIN_POSITIVE));
    let points: Vec<Vec<f64>> = (0..GRID)
        .map(|k| {
            let margin = low * (high / low).powf(k as f64 / (GRID - 1) as f64);
            let mut p = price.to_vec();
            own.iter().for_each(|j| p[*j] = problem.cost[*j] + margin);
            p
        })
        .collect();
    let values: Vec<f64> = points.iter().map(|p| problem.objective(f, p)).collect();
    let at = |k: isize| usize::try_from(k).ok().and_then(|k| values.get(k)).copied().unwrap_or(f64::NEG_INFINITY);
    let mut peaks: Vec<usize> =
        (0..GRID).filter(|k| { let k = k.cast_signed(); at(k) >= at(k - 1) && at(k) >= at(k + 1) }).collect();
    peaks.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    peaks.into_iter().take(3).map(|k| points[k].clone()).collect()
}

struct Node {
    bound: f64,
    bounds: MarginBox,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Node {}
impl PartialOrd for Node {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Node {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bound.total_cmp(&other.bound)
    }
}

/// Upper bound on the firm's profit: the largest bound among the boxes that are left when every
/// box that cannot beat `best` is gone or the budget is spent.
fn branch_and_bound(
    problem: &PriceProblem<'_>,
    f: usize,
    price: &[f64],
    reach: MarginBox,
    best: f64,
    budget: usize,
) -> f64 {
    let mut heap = BinaryHeap::new();
    heap.push(Node { bound: type_profit_bound(problem, f, price, &reach), bounds: reach });
    let mut used = 1;
    while let Some(top) = heap.peek() {
        if top.bound <= best * (1.0 + 1e-9) || used + 2 > budget {
            return top.bound.max(best);
        }
        let Some(node) = heap.pop() else { break };
        for half in split(&node.bounds) {
            heap.push(Node { bound: type_profit_bound(problem, f, price, &half), bounds: half });
            used += 1;
        }
    }
    best
}

/// Halves the widest side.
fn split(bounds: &MarginBox) -> [MarginBox; 2] {
    let width = |a: usize| bounds.high[a] - bounds.low[a];
    let widest = (0..bounds.low.len()).max_by(|a, b| width(*a).total_cmp(&width(*b))).unwrap_or(0);
    let middle = f64::midpoint(bounds.low[widest], bounds.high[widest]);
    let (mut left, mut right) = (bounds.clone(), bounds.clone());
    left.high[widest] = middle;
    right.low[widest] = middle;
    [left, right]
}
