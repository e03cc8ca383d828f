//! What a firm could gain by leaving the equilibrium alone.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::alone::Alone;
use super::search::{climb, geometric, sweep};
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
    fn offer(&mut self, problem: &PriceProblem<'_>, candidate: Vec<f64>) {
        let value = problem.objective(self.firm, &candidate);
        if value > self.best {
            (self.best, self.price) = (value, candidate);
        }
    }

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

/// Points of the grid of uniform margins, and of each margin in a sweep.
const GRID: usize = 24;
/// Uniform margins from which sweeps over single products start.
const SWEEP_STARTS: usize = 6;

/// Best prices of firm `f` against its rivals' prices: a grid of uniform margins over the range
/// that can hold a best response, sweeps over single products, the best of them polished, and an
/// upper bound by branch and bound over boxes of margins (`boxes` evaluations at most).
pub fn best_deviation(problem: &PriceProblem<'_>, f: usize, price: &[f64], boxes: usize) -> Deviation {
    let profit = problem.objective(f, price);
    let mut found = Deviation { firm: f, profit, best: profit, price: price.to_vec(), bound: f64::INFINITY };
    let range = uniform_markup_range(problem, f, price);
    if !(range.0.is_finite() && range.1.is_finite()) {
        found.bound = profit;
        return found;
    }
    search(problem, price, range, &mut found);
    let n = problem.free_products(f).len();
    let reach = MarginBox { low: vec![range.0; n], high: vec![range.1; n] };
    found.bound = branch_and_bound(problem, f, price, reach, found.best, boxes);
    found
}

/// The best of what the markup map and Newton's ascent make of the most promising margins.
pub(super) fn search(problem: &PriceProblem<'_>, price: &[f64], range: (f64, f64), found: &mut Deviation) {
    let own = problem.free_products(found.firm);
    let free: Vec<bool> = (0..price.len()).map(|j| own.contains(&j)).collect();
    let single = PriceProblem { free: &free, ..*problem };
    let alone = Alone::new(&single, found.firm, price);
    for margin in promising_margins(&alone, price, range) {
        let start = alone.place(price, &margin);
        // The markup map heads for any stationary point, an ascent for the maximum of its hill.
        let polished = if own.len() > 1 { climb(&single, found.firm, &start, &own) } else { solve(&single, &start).price };
        found.offer(problem, polished);
        found.offer(problem, start);
    }
}

/// The three best local peaks of profit along uniform margins; with several products, also the
/// three best ends of sweeps over single products from some of them and from the given prices.
fn promising_margins(alone: &Alone<'_>, price: &[f64], range: (f64, f64)) -> Vec<Vec<f64>> {
    let n = alone.own.len();
    let grid = geometric(range, GRID);
    let uniform: Vec<(f64, Vec<f64>)> = grid.iter().map(|m| (alone.profit(&vec![*m; n]), vec![*m; n])).collect();
    let at = |k: isize| usize::try_from(k).ok().and_then(|k| uniform.get(k)).map_or(f64::NEG_INFINITY, |v| v.0);
    let is_peak = |k: &usize| at(k.cast_signed()) >= at(k.cast_signed() - 1) && at(k.cast_signed()) >= at(k.cast_signed() + 1);
    let mut margins = best_three((0..GRID).filter(is_peak).map(|k| uniform[k].clone()).collect());
    if n > 1 {
        let every = GRID / SWEEP_STARTS;
        let mut starts: Vec<Vec<f64>> = (0..SWEEP_STARTS).map(|k| uniform[k * every + every / 2].1.clone()).collect();
        starts.push(alone.margins(price));
        margins.extend(best_three(starts.into_iter().map(|start| sweep(alone, start, &grid)).collect()));
    }
    margins
}

fn best_three(mut found: Vec<(f64, Vec<f64>)>) -> Vec<Vec<f64>> {
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.dedup_by(|a, b| a.1 == b.1);
    found.into_iter().take(3).map(|(_, margin)| margin).collect()
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
