//! What a firm could gain by leaving the equilibrium alone.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::alone::Alone;
use super::bent;
use super::search::{climb, geometric, sweep};
use super::type_bound::{MarginBox, TypeByType, uniform_markup_range};
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
    /// No prices earn more than this; infinite where no bound is known (utility that is not linear
    /// in price), and where there is none (somebody does not mind a higher price).
    pub bound: f64,
}

impl Deviation {
    pub(super) fn offer(&mut self, problem: &PriceProblem<'_>, candidate: Vec<f64>) {
        let value = problem.objective(self.firm, &candidate);
        if value > self.best {
            (self.best, self.price) = (value, candidate);
        }
    }

    /// Gain found, as a share of profit.
    pub fn gain_found(&self) -> f64 {
        ((self.best - self.profit) / self.profit.abs().max(f64::MIN_POSITIVE)).max(0.0)
    }

    /// Largest possible gain, as a share of profit; infinite where no bound is known.
    pub fn gain_bound(&self) -> f64 {
        ((self.bound.max(self.best) - self.profit) / self.profit.abs().max(f64::MIN_POSITIVE))
            .max(0.0)
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
/// Margins scattered over the grid from which they start as well.
const SCATTERED_STARTS: usize = 12;
/// Points of the grid of each margin in sweeps around what has been climbed.
const FINE_GRID: usize = 96;
/// Rounds of climbing and sweeping.
const ASCENTS: usize = 6;
/// Ends of sweeps that are polished.
const SWEEP_ENDS: usize = 6;

/// Best prices of firm `f` against its rivals' prices: a grid of uniform margins over the range
/// that can hold a best response, sweeps over single products, the best of them polished, and an
/// upper bound by branch and bound over boxes of margins (`boxes` evaluations at most).
pub fn best_deviation(
    problem: &PriceProblem<'_>,
    f: usize,
    price: &[f64],
    boxes: usize,
) -> Deviation {
    let profit = problem.objective(f, price);
    let mut found = Deviation {
        firm: f,
        profit,
        best: profit,
        price: price.to_vec(),
        bound: f64::INFINITY,
    };
    if problem.demand.bends.is_some() {
        bent::search(problem, price, &mut found);
        return found;
    }
    if problem.demand.mass_without_price_sensitivity() > 0.0 {
        // Whoever does not mind a higher price pays any: no price is the best.
        return found;
    }
    let range = uniform_markup_range(problem, f, price);
    if !(range.0.is_finite() && range.1.is_finite()) {
        found.bound = profit;
        return found;
    }
    search(problem, price, range, &mut found);
    let n = problem.free_products(f).len();
    let reach = MarginBox {
        low: vec![range.0; n],
        high: vec![range.1; n],
    };
    found.bound = branch_and_bound(problem, f, price, reach, found.best, boxes);
    found
}

/// The best of what the markup map and Newton's ascent make of the most promising margins.
pub(super) fn search(
    problem: &PriceProblem<'_>,
    price: &[f64],
    range: (f64, f64),
    found: &mut Deviation,
) {
    let own = problem.free_products(found.firm);
    let free: Vec<bool> = (0..price.len()).map(|j| own.contains(&j)).collect();
    let single = PriceProblem {
        free: &free,
        ..*problem
    };
    let alone = Alone::new(&single, found.firm, price);
    let grid_ratio = (range.1 / range.0).powf(1.0 / (GRID - 1) as f64);
    let mut tops = vec![(found.profit, alone.margins(price))];
    for margin in promising_margins(&alone, price, range) {
        let value = alone.profit(&margin);
        if tops
            .iter()
            .any(|(top, at)| value <= *top && same_cell(at, &margin, grid_ratio))
        {
            continue;
        }
        let start = alone.place(price, &margin);
        // The markup map heads for any stationary point, an ascent for the maximum of its hill.
        let polished = if own.len() > 1 {
            ascend(&single, &alone, &start, &geometric(range, FINE_GRID))
        } else {
            solve(&single, &start).price
        };
        tops.push((
            problem.objective(found.firm, &polished),
            alone.margins(&polished),
        ));
        found.offer(problem, polished);
        found.offer(problem, start);
    }
}

/// Climbs and moves single products in turn until neither gains: a climb can end on a saddle,
/// and a sweep sees no further than its grid.
fn ascend(problem: &PriceProblem<'_>, alone: &Alone<'_>, start: &[f64], grid: &[f64]) -> Vec<f64> {
    let mut price = climb(problem, alone.firm, start, &alone.own);
    for _ in 0..ASCENTS {
        let here = alone.profit(&alone.margins(&price));
        let (value, margin) = sweep(alone, alone.margins(&price), grid);
        if value <= here + 1e-12 * here.abs() {
            break;
        }
        price = climb(
            problem,
            alone.firm,
            &alone.place(&price, &margin),
            &alone.own,
        );
    }
    price
}

/// Whether two vectors of margins are neighbours on a geometric grid.
fn same_cell(a: &[f64], b: &[f64], ratio: f64) -> bool {
    a.iter()
        .zip(b)
        .all(|(x, y)| *x > 0.0 && x / y <= ratio && y / x <= ratio)
}

/// The three best local peaks of profit along uniform margins; with several products, also the
/// best ends of sweeps over single products from some of them, from the given prices and from
/// scattered margins.
fn promising_margins(alone: &Alone<'_>, price: &[f64], range: (f64, f64)) -> Vec<Vec<f64>> {
    let n = alone.own.len();
    let grid = geometric(range, GRID);
    let uniform: Vec<(f64, Vec<f64>)> = grid
        .iter()
        .map(|m| (alone.profit(&vec![*m; n]), vec![*m; n]))
        .collect();
    let at = |k: isize| {
        usize::try_from(k)
            .ok()
            .and_then(|k| uniform.get(k))
            .map_or(f64::NEG_INFINITY, |v| v.0)
    };
    let is_peak = |k: &usize| {
        at(k.cast_signed()) >= at(k.cast_signed() - 1)
            && at(k.cast_signed()) >= at(k.cast_signed() + 1)
    };
    let mut margins = best_of(
        3,
        (0..GRID)
            .filter(is_peak)
            .map(|k| uniform[k].clone())
            .collect(),
    );
    if n > 1 {
        let every = GRID / SWEEP_STARTS;
        let mut starts: Vec<Vec<f64>> = (0..SWEEP_STARTS)
            .map(|k| uniform[k * every + every / 2].1.clone())
            .collect();
        starts.push(alone.margins(price));
        starts.extend((1..=SCATTERED_STARTS).map(|k| scattered(k, n, &grid)));
        margins.extend(best_of(
            SWEEP_ENDS,
            starts
                .into_iter()
                .map(|start| sweep(alone, start, &grid))
                .collect(),
        ));
    }
    margins
}

/// Margins spread over the grid as a Weyl sequence: multiples of the square roots of `1.7 (a + 2)`.
fn scattered(k: usize, n: usize, grid: &[f64]) -> Vec<f64> {
    let fraction = |a: usize| (k as f64 * ((a + 2) as f64 * 1.7).sqrt()).fract();
    let nearest = |u: f64| {
        grid.iter()
            .enumerate()
            .find(|(g, _)| u * (grid.len() as f64) < (g + 1) as f64)
    };
    (0..n)
        .map(|a| nearest(fraction(a)).map_or(grid[0], |(_, m)| *m))
        .collect()
}

/// Distinct points of highest profit, best first.
fn best_of(count: usize, mut found: Vec<(f64, Vec<f64>)>) -> Vec<Vec<f64>> {
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.dedup_by(|a, b| a.1 == b.1);
    found
        .into_iter()
        .take(count)
        .map(|(_, margin)| margin)
        .collect()
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
    let mut types = TypeByType::new(problem, f, price);
    let mut heap = BinaryHeap::new();
    heap.push(Node {
        bound: types.bound(&reach),
        bounds: reach,
    });
    let mut used = 1;
    while let Some(top) = heap.peek() {
        if top.bound <= best * (1.0 + 1e-9) || used + 2 > budget {
            return top.bound.max(best);
        }
        let Some(node) = heap.pop() else { break };
        for half in split(&node.bounds) {
            heap.push(Node {
                bound: types.bound(&half),
                bounds: half,
            });
            used += 1;
        }
    }
    best
}

/// Halves the widest side.
fn split(bounds: &MarginBox) -> [MarginBox; 2] {
    let width = |a: usize| bounds.high[a] - bounds.low[a];
    let widest = (0..bounds.low.len())
        .max_by(|a, b| width(*a).total_cmp(&width(*b)))
        .unwrap_or(0);
    let middle = f64::midpoint(bounds.low[widest], bounds.high[widest]);
    let (mut left, mut right) = (bounds.clone(), bounds.clone());
    left.high[widest] = middle;
    right.low[widest] = middle;
    [left, right]
}
