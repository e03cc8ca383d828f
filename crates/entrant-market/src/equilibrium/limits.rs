//! Prices of firms that can sell only so much.
//!
//! A firm that can sell no more than `K` of some of its products together chooses the best prices at
//! which it does not sell more. By Karush, Kuhn and Tucker these are its best prices at marginal costs
//! that are higher by a shadow price: never negative, and zero unless all of `K` is sold. What solves is
//! Newton's method on the shadow prices, each time with all prices solved at the higher costs; which
//! capacities bind follows from the shadow prices and from what is sold (a primal-dual active set). As
//! Froeb, Tschantz and Crooke (2003) do, a firm takes rivals' prices as given and believes that
//! everybody can buy at them.

use entrant_data::Status;
use entrant_numeric::linalg::{Factored, solve as solve_linear};
use entrant_numeric::root::decreasing_root;
use entrant_numeric::vector::ln;

use super::certify::{LocalCertificate, RESIDUAL_LIMIT, certify};
use super::curvature::foc_jacobian;
use super::deviation::{Deviation, deviations};
use super::{PriceProblem, solve};
use crate::demand::price_slopes;

/// Products of one owner of which no more than a share of potential buyers can be sold, together.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Products.
    pub products: Vec<usize>,
    /// Share of potential buyers that can be served.
    pub share: f64,
}

impl Limit {
    /// Share of potential buyers who buy one of its products.
    pub fn sold(&self, share: &[f64]) -> f64 {
        self.products.iter().map(|j| share[*j]).sum()
    }

    /// A price to compare shadow prices with: the mean over its products.
    fn money(&self, price: &[f64]) -> f64 {
        let all: f64 = self.products.iter().map(|j| price[*j].abs()).sum();
        (all / self.products.len().max(1) as f64).max(f64::MIN_POSITIVE)
    }

    /// How far complementarity is missed at a shadow price: of a shadow price, over the mean price, and
    /// the part of the capacity that is not used, the smaller one must be zero.
    fn gap(&self, shadow: f64, price: &[f64], share: &[f64]) -> f64 {
        let unused = 1.0 - self.sold(share) / self.share;
        let gap = (shadow / self.money(price)).min(unused).abs();
        if gap.is_nan() { f64::INFINITY } else { gap }
    }

    /// Whether its owner chooses a price, or nothing of it is on sale.
    fn can_be_kept(&self, problem: &PriceProblem<'_>) -> bool {
        let owner = self.products.first().map(|j| problem.ownership.firm[*j]);
        owner.is_none_or(|f| !problem.free_products(f).is_empty())
    }
}

/// Prices with the shadow price of each limit.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Within {
    pub(super) price: Vec<f64>,
    pub(super) shadow: Vec<f64>,
    pub(super) iterations: usize,
}

/// Gap at which the search stops; the certificate asks for less.
const TOLERANCE: f64 = 1e-12;
const ROUNDS: usize = 40;
const HALVINGS: usize = 12;
/// Rounds in which one limit after the other is met, where Newton's method does not get there.
const TURNS: usize = 60;
/// Doublings of a shadow price until little enough is sold.
const DOUBLINGS: usize = 60;

/// Marginal costs with the shadow prices that are in them (products).
pub fn costs_within(cost: &[f64], limits: &[Limit], shadow: &[f64]) -> Vec<f64> {
    let mut cost = cost.to_vec();
    for (limit, shadow) in limits.iter().zip(shadow) {
        limit.products.iter().for_each(|j| cost[*j] += shadow);
    }
    cost
}

/// Solves the first-order conditions within `limits` from `start`; not yet a proof (see
/// [`certify_within`]). Without limits, or where none binds, these are the prices of [`solve`].
pub(super) fn solve_within(problem: &PriceProblem<'_>, limits: &[Limit], start: &[f64]) -> Within {
    let mut at = Point::new(problem, limits, vec![0.0; limits.len()], start);
    let mut iterations = at.iterations;
    for _ in 0..ROUNDS {
        if at.gap <= TOLERANCE {
            break;
        }
        let Some(next) = at.newton(problem, limits, &mut iterations) else {
            break;
        };
        at = next;
    }
    if at.gap > RESIDUAL_LIMIT && limits.iter().all(|l| l.can_be_kept(problem)) {
        let other = in_turn(problem, limits, &at, &mut iterations);
        if other.gap < at.gap {
            at = other;
        }
    }
    Within {
        price: at.price,
        shadow: at.shadow,
        iterations,
    }
}

/// Prices solved at given shadow prices.
struct Point {
    shadow: Vec<f64>,
    price: Vec<f64>,
    share: Vec<f64>,
    /// Logarithm of what is sold over what can be (limits).
    excess: Vec<f64>,
    /// Largest gap.
    gap: f64,
    iterations: usize,
}

impl Point {
    fn new(problem: &PriceProblem<'_>, limits: &[Limit], shadow: Vec<f64>, start: &[f64]) -> Self {
        let cost = costs_within(problem.cost, limits, &shadow);
        let cost = &cost[..];
        let solved = solve(&PriceProblem { cost, ..*problem }, start);
        let price = solved.price;
        let share = if limits.is_empty() {
            Vec::new()
        } else {
            problem.demand.shares(&price)
        };
        let gaps = limits.iter().zip(&shadow);
        let gap = gaps
            .map(|(l, s)| l.gap(*s, &price, &share))
            .fold(0.0, f64::max);
        Point {
            excess: limits
                .iter()
                .map(|l| ln(l.sold(&share) / l.share))
                .collect(),
            gap: if solved.converged { gap } else { gap.max(1.0) },
            iterations: solved.iterations,
            shadow,
            price,
            share,
        }
    }

    /// The point after a step of Newton's method that makes the largest gap smaller.
    fn newton(
        &self,
        problem: &PriceProblem<'_>,
        limits: &[Limit],
        iterations: &mut usize,
    ) -> Option<Point> {
        let target = self.target(problem, limits)?;
        let mut scale = 1.0;
        for _ in 0..HALVINGS {
            let move_to = |(s, t): (&f64, &f64)| (s + scale * (t - s)).max(0.0);
            let shadow = self.shadow.iter().zip(&target).map(move_to).collect();
            let next = Point::new(problem, limits, shadow, &self.price);
            *iterations += next.iterations;
            if next.gap < self.gap {
                return Some(next);
            }
            scale *= 0.5;
        }
        None
    }

    /// Shadow prices at which the limits that bind are met, were logarithms of sales linear in them;
    /// zero for the others.
    fn target(&self, problem: &PriceProblem<'_>, limits: &[Limit]) -> Option<Vec<f64>> {
        let binds = |c: &usize| {
            let shadow = self.shadow[*c] / limits[*c].money(&self.price);
            shadow + self.excess[*c] > 0.0
        };
        let binding: Vec<usize> = (0..limits.len()).filter(binds).collect();
        let slopes = self.slopes(problem, limits)?;
        let n = limits.len();
        let entry = |c: usize, d: usize| slopes[c * n + d];
        let cells = binding
            .iter()
            .flat_map(|c| binding.iter().map(move |d| (*c, *d)));
        let matrix: Vec<f64> = cells.map(|(c, d)| entry(c, d)).collect();
        let right = |c: &usize| {
            let dropped = (0..n).filter(|d| !binding.contains(d));
            let dropped: f64 = dropped.map(|d| entry(*c, d) * self.shadow[d]).sum();
            dropped - self.excess[*c]
        };
        let right: Vec<f64> = binding.iter().map(right).collect();
        let step = solve_linear(&matrix, &right)?;
        let mut target = vec![0.0; n];
        for (c, step) in binding.iter().zip(step) {
            target[*c] = (self.shadow[*c] + step).max(0.0);
        }
        Some(target)
    }

    /// Derivatives of the logarithms of sales by shadow prices (limits x limits), all prices answering:
    /// by the implicit function theorem, with conditions `F(p, shadow) = 0`.
    fn slopes(&self, problem: &PriceProblem<'_>, limits: &[Limit]) -> Option<Vec<f64>> {
        let cost = costs_within(problem.cost, limits, &self.shadow);
        let live = problem.live(&self.price, &self.share);
        let within = PriceProblem {
            cost: &cost,
            free: &live,
            ..*problem
        };
        let free: Vec<usize> = (0..live.len()).filter(|j| live[*j]).collect();
        let (_, jacobian) = foc_jacobian(&within, &self.price, &free);
        let jacobian = Factored::new(&jacobian, free.len())?;
        let by_price = price_slopes(problem.demand, &self.price, &free);
        let slope = |r: usize, k: usize| by_price[r * live.len() + k];
        let n = limits.len();
        let mut out = vec![0.0; n * n];
        for (d, raised) in limits.iter().enumerate() {
            // A dearer unit moves the condition of price j by minus the units that it loses.
            let lost = |(r, j): (usize, &usize)| -> f64 {
                let own = raised.products.iter();
                own.map(|k| problem.ownership.weight(*j, *k) * slope(r, *k))
                    .sum()
            };
            let lost: Vec<f64> = free.iter().enumerate().map(lost).collect();
            let moved = jacobian.solve(&lost)?;
            for (c, limit) in limits.iter().enumerate() {
                let units = |r: usize| limit.products.iter().map(|k| slope(r, *k)).sum::<f64>();
                let change: f64 = moved.iter().enumerate().map(|(r, m)| units(r) * m).sum();
                let sold = limit.sold(&self.share);
                out[c * n + d] = if sold > 0.0 { change / sold } else { 0.0 };
            }
        }
        Some(out)
    }
}

/// Meets one limit after the other by bisection, the other shadow prices held, until all are met: what
/// is sold of a firm's products falls with its own shadow price.
fn in_turn(
    problem: &PriceProblem<'_>,
    limits: &[Limit],
    from: &Point,
    iterations: &mut usize,
) -> Point {
    let mut shadow = from.shadow.clone();
    let mut price = from.price.clone();
    let mut at = |shadow: &[f64]| {
        let point = Point::new(problem, limits, shadow.to_vec(), &price);
        *iterations += point.iterations;
        price.clone_from(&point.price);
        point
    };
    let mut best = at(&shadow);
    for _ in 0..TURNS {
        for c in 0..limits.len() {
            let mut excess = |s: f64| {
                shadow[c] = s;
                at(&shadow).excess[c]
            };
            let mut high = 0.1 * limits[c].money(&from.price);
            let mut doublings = 0;
            while excess(high) > 0.0 && doublings < DOUBLINGS {
                (high, doublings) = (2.0 * high, doublings + 1);
            }
            let root = decreasing_root(&mut excess, 0.0, high);
            shadow[c] = root;
        }
        let next = at(&shadow);
        let done = next.gap <= TOLERANCE || next.gap >= best.gap;
        if next.gap < best.gap {
            best = next;
        }
        if done {
            break;
        }
    }
    best
}

/// Checks the conditions of Karush, Kuhn and Tucker at `price` with the shadow prices as witnesses:
/// first- and second-order conditions at costs with shadow prices in them, and complementarity.
///
/// The second-order condition is the one in all directions, which is sufficient.
pub fn certify_within(
    problem: &PriceProblem<'_>,
    limits: &[Limit],
    price: &[f64],
    shadow: &[f64],
) -> LocalCertificate {
    let cost = costs_within(problem.cost, limits, shadow);
    let cost = &cost[..];
    let mut local = certify(&PriceProblem { cost, ..*problem }, price);
    if limits.is_empty() || !local.residual.is_finite() {
        return local;
    }
    let share = problem.demand.shares(price);
    for (limit, shadow) in limits.iter().zip(shadow) {
        let gap = limit.gap(*shadow, price, &share);
        local.capacity = local.capacity.max(gap);
        let found = if gap <= RESIDUAL_LIMIT {
            Status::Certified
        } else if gap <= 1e-6 {
            Status::Almost
        } else if limit.can_be_kept(problem) {
            Status::NotConverged
        } else {
            // No price of its owner is free: nothing keeps buyers away.
            Status::NoEquilibrium
        };
        local.status = local.status.worst(found);
    }
    local
}

/// What owners could gain by leaving the equilibrium alone, none selling more than it can.
///
/// No prices within the limits earn more than the best prices at costs with shadow prices in them,
/// plus what the capacity is worth at its shadow price: bounds are of those. Gains that were found at
/// prices at which more would be sold than can be do not count.
pub(super) fn deviations_within(
    problem: &PriceProblem<'_>,
    limits: &[Limit],
    at: &Within,
    boxes: usize,
) -> Vec<Deviation> {
    let cost = costs_within(problem.cost, limits, &at.shadow);
    let cost = &cost[..];
    let mut found = deviations(&PriceProblem { cost, ..*problem }, &at.price, boxes);
    for (limit, shadow) in limits.iter().zip(&at.shadow) {
        let owner = limit.products.first().map(|j| problem.ownership.firm[*j]);
        for d in found.iter_mut().filter(|d| Some(d.firm) == owner) {
            let worth = shadow * limit.share;
            (d.profit, d.best, d.bound) = (d.profit + worth, d.best + worth, d.bound + worth);
        }
    }
    for d in &mut found {
        let share = if limits.is_empty() {
            Vec::new()
        } else {
            problem.demand.shares(&d.price)
        };
        let own = |l: &&Limit| {
            let owner = l.products.first().map(|j| problem.ownership.firm[*j]);
            owner == Some(d.firm)
        };
        let over = |l: &Limit| l.sold(&share) > l.share * (1.0 + ROUNDING);
        if limits.iter().filter(own).any(over) {
            (d.best, d.price) = (d.profit, at.price.clone());
        }
    }
    found
}

/// Units over a capacity that are rounding, as a part of it.
const ROUNDING: f64 = 1e-9;
