//! Prices at which every first-order condition holds.

use entrant_numeric::fixed_point::Anderson;
use entrant_numeric::linalg;

use super::curvature::foc_jacobian;
use super::search::climb;
use super::{PriceProblem, SMALLEST_SHARE};
use crate::demand::{Packed, Response, Row, response_in};

/// What the price solver found; not yet a proof (see [`super::certify`]).
#[derive(Debug, Clone, PartialEq)]
pub struct PriceSolution {
    /// Prices (products).
    pub price: Vec<f64>,
    /// Largest `|p - c - zeta(p)| / p` over free prices at the last evaluation.
    pub residual: f64,
    /// Evaluations of the markup map.
    pub iterations: usize,
    /// Whether the residual is within the solver's tolerance.
    pub converged: bool,
}

/// Residual at which the solver stops; the certificate asks for less.
const TOLERANCE: f64 = 1e-12;
/// Evaluations after which the markup map gives way to Newton's method.
const MAP_LIMIT: usize = 250;
const NEWTON_LIMIT: usize = 60;
const CLIMB_ROUNDS: usize = 30;
const SMALL_STEPS: usize = 150;

/// Solves the first-order conditions from `start` by the markup map of Morrow and Skerlos
/// (2011), `p <- c + zeta(p)`, with Anderson acceleration; Newton's method finishes where the
/// map does not settle; where it fails too, it starts again from where each firm climbs its own
/// profit in turn, and from where small steps of the map lead.
///
/// A product priced beyond every buyer starts near its cost instead; one that nobody would buy
/// at cost stays where it is.
pub fn solve(problem: &PriceProblem<'_>, start: &[f64]) -> PriceSolution {
    let share = problem.demand.shares(start);
    let live = problem.live(start, &share);
    let problem = &PriceProblem {
        free: &live,
        ..*problem
    };
    let start = within_reach(problem, start, &share);
    let mapped = markup_iteration(problem, &start);
    if mapped.converged {
        return mapped;
    }
    let newton = newton_iteration(problem, &mapped.price, mapped.iterations);
    if newton.converged {
        return newton;
    }
    let mut best = if newton.residual < mapped.residual {
        newton
    } else {
        mapped
    };
    for other in [climb_in_turn, small_steps] {
        let next = newton_iteration(problem, &other(problem, &start), best.iterations);
        if next.residual < best.residual {
            best = next;
        }
        if best.converged {
            break;
        }
    }
    best
}

/// The markup map in small steps, which does not overshoot where it is steep.
fn small_steps(problem: &PriceProblem<'_>, start: &[f64]) -> Vec<f64> {
    let mut price = start.to_vec();
    for _ in 0..SMALL_STEPS {
        let image = markup_map(problem, &price);
        price = price
            .iter()
            .zip(&image)
            .map(|(p, next)| p + 0.1 * (next - p))
            .collect();
    }
    price
}

/// Rounds in which each firm in turn climbs to a local maximum of its own profit.
fn climb_in_turn(problem: &PriceProblem<'_>, start: &[f64]) -> Vec<f64> {
    let mut price = start.to_vec();
    for _ in 0..CLIMB_ROUNDS {
        let before = price.clone();
        for f in 0..problem.ownership.firms() {
            let own = problem.free_products(f);
            if !own.is_empty() {
                price = climb(problem, f, &price, &own);
            }
        }
        let moved = |(p, b): (&f64, &f64)| (p - b).abs() > 1e-6 * b.abs();
        if !price.iter().zip(&before).any(moved) {
            break;
        }
    }
    price
}

/// `start`, with free products that nobody buys there, or that sell for less than any solution
/// asks, at the lowest price that a solution can have.
fn within_reach(problem: &PriceProblem<'_>, start: &[f64], share: &[f64]) -> Vec<f64> {
    let lowest = lowest_prices(problem, start);
    let moves = |j: usize| problem.free[j] && (share[j] < SMALLEST_SHARE || start[j] < lowest[j]);
    (0..start.len())
        .map(|j| if moves(j) { lowest[j] } else { start[j] })
        .collect()
}

/// No first-order condition holds below these where utility is linear in price: each margin is then an average over types of
/// `(1 - rho) (profit_i + 1 / |alpha_i|) + rho mean_ih`, whose parts are not negative unless a
/// fixed price is below cost.
fn lowest_prices(problem: &PriceProblem<'_>, start: &[f64]) -> Vec<f64> {
    let steepest = problem.demand.slope.iter().fold(0.0, |m: f64, a| m.max(-a));
    let fixed = (0..start.len()).filter(|j| !problem.free[*j]);
    let loss = fixed
        .map(|j| start[j] - problem.cost[j])
        .fold(0.0, f64::min);
    let floor = if problem.demand.bends.is_some() {
        loss
    } else {
        (1.0 - problem.demand.rho) / steepest + loss
    };
    (0..start.len())
        .map(|j| {
            if problem.free[j] {
                problem.cost[j] + floor
            } else {
                start[j]
            }
        })
        .collect()
}

fn markup_iteration(problem: &PriceProblem<'_>, start: &[f64]) -> PriceSolution {
    let lowest = lowest_prices(problem, start);
    let mut price = start.to_vec();
    let mut best = (f64::INFINITY, start.to_vec());
    let mut conditions = Conditions::new(problem);
    let mut anderson = Anderson::new(5);
    let (mut stale, mut iterations) = (0, 0);
    for iteration in 1..=MAP_LIMIT {
        iterations = iteration;
        let image = conditions.markup_map(problem, &price);
        let residual = largest_gap(problem, &price, &image);
        if residual <= TOLERANCE {
            return PriceSolution {
                price,
                residual,
                iterations: iteration,
                converged: true,
            };
        }
        if !residual.is_finite() {
            break;
        }
        stale = if residual < 0.95 * best.0 {
            0
        } else {
            stale + 1
        };
        if residual < best.0 {
            best = (residual, price.clone());
        }
        if stale >= 12 {
            // No progress for a while: floating-point floor, or a map that does not contract.
            break;
        }
        if stale == 4 {
            anderson.restart();
        }
        price = guarded(problem, &price, &image, &mut anderson, &lowest);
    }
    PriceSolution {
        price: best.1,
        residual: best.0,
        iterations,
        converged: best.0 <= 10.0 * TOLERANCE,
    }
}

/// Where first-order conditions are computed again and again.
enum Conditions {
    /// Eight types at once.
    Packed(Box<Packed>),
    /// One type after the other, which stands more.
    Each(Box<Row>),
}

impl Conditions {
    fn new(problem: &PriceProblem<'_>) -> Self {
        match Packed::new(problem.demand, problem.ownership) {
            Some(packed) => Conditions::Packed(Box::new(packed)),
            None => Conditions::Each(Box::new(Row::remembering(problem.demand))),
        }
    }

    fn markup_map(&mut self, problem: &PriceProblem<'_>, price: &[f64]) -> Vec<f64> {
        let margin = problem.margin(price);
        if let Conditions::Packed(packed) = self {
            let found = packed.response(price, &margin);
            // A product that sells nothing there may sell a little to types taken one by one.
            let lost =
                |j: usize| problem.free[j] && (found.share[j].is_nan() || found.share[j] < FEW);
            if !(0..price.len()).any(lost) {
                return image(problem, &found, price);
            }
            *self = Conditions::Each(Box::new(Row::remembering(problem.demand)));
        }
        let Conditions::Each(row) = self else {
            return price.to_vec();
        };
        let found = response_in(row, problem.demand, problem.ownership, price, &margin);
        image(problem, &found, price)
    }
}

/// Shares below this are computed again type by type.
const FEW: f64 = 1e-60;

/// `c + zeta(p)` on free prices, `p` on the others.
fn markup_map(problem: &PriceProblem<'_>, price: &[f64]) -> Vec<f64> {
    let mut row = Row::new(problem.demand);
    let margin = problem.margin(price);
    let found = response_in(&mut row, problem.demand, problem.ownership, price, &margin);
    image(problem, &found, price)
}

fn image(problem: &PriceProblem<'_>, found: &Response, price: &[f64]) -> Vec<f64> {
    let zeta = found.zeta();
    let next = |j: usize| {
        if solvable(problem, found, j) {
            problem.cost[j] + zeta[j]
        } else {
            price[j]
        }
    };
    (0..price.len()).map(next).collect()
}

/// A free price moves only while somebody buys.
fn solvable(problem: &PriceProblem<'_>, r: &Response, j: usize) -> bool {
    problem.free[j] && r.share[j] > 0.0 && r.lambda[j] < 0.0
}

fn largest_gap(problem: &PriceProblem<'_>, price: &[f64], image: &[f64]) -> f64 {
    let gap = |j: usize| {
        (price[j] - image[j]).abs()
            / price[j]
                .abs()
                .max(problem.cost[j].abs())
                .max(f64::MIN_POSITIVE)
    };
    (0..price.len())
        .filter(|j| problem.free[*j])
        .map(gap)
        .fold(
            0.0,
            |m: f64, g| if g.is_nan() { f64::NAN } else { m.max(g) },
        )
}

/// Anderson's step while it stays near the plain one and above the lowest prices; the plain
/// step otherwise.
fn guarded(
    problem: &PriceProblem<'_>,
    price: &[f64],
    image: &[f64],
    anderson: &mut Anderson,
    lowest: &[f64],
) -> Vec<f64> {
    let residual = largest_gap(problem, price, image);
    let accelerated = anderson.next(price, image);
    let near = |j: usize| {
        let plain = (image[j] - price[j]).abs().max(residual * price[j].abs());
        !problem.free[j]
            || (accelerated[j] >= lowest[j] && (accelerated[j] - price[j]).abs() <= 30.0 * plain)
    };
    if (0..price.len()).all(near) {
        accelerated
    } else {
        image.to_vec()
    }
}

fn newton_iteration(problem: &PriceProblem<'_>, start: &[f64], used: usize) -> PriceSolution {
    let mut price = start.to_vec();
    let mut residual = largest_gap(problem, &price, &markup_map(problem, &price));
    let lowest = lowest_prices(problem, start);
    let mut iterations = used;
    for _ in 0..NEWTON_LIMIT {
        if residual.is_nan() || residual <= TOLERANCE {
            break;
        }
        let Some(step) = newton_step(problem, &price) else {
            break;
        };
        iterations += 1;
        let Some((next, gap)) = line_search(problem, &price, &step, &lowest, residual) else {
            break;
        };
        (price, residual) = (next, gap);
    }
    PriceSolution {
        price,
        residual,
        iterations,
        converged: residual <= 10.0 * TOLERANCE,
    }
}

fn newton_step(problem: &PriceProblem<'_>, price: &[f64]) -> Option<Vec<f64>> {
    let free: Vec<usize> = (0..price.len()).filter(|j| problem.free[*j]).collect();
    let (gradient, jacobian) = foc_jacobian(problem, price, &free);
    let negative: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let solution = linalg::solve(&jacobian, &negative)?;
    let mut step = vec![0.0; price.len()];
    free.iter().zip(&solution).for_each(|(j, s)| step[*j] = *s);
    Some(step)
}

fn line_search(
    problem: &PriceProblem<'_>,
    price: &[f64],
    step: &[f64],
    lowest: &[f64],
    residual: f64,
) -> Option<(Vec<f64>, f64)> {
    let mut scale = 1.0;
    for _ in 0..12 {
        let next: Vec<f64> = (0..price.len())
            .map(|j| (price[j] + scale * step[j]).max(lowest[j]))
            .collect();
        let gap = largest_gap(problem, &next, &markup_map(problem, &next));
        if gap < residual {
            return Some((next, gap));
        }
        scale *= 0.5;
    }
    None
}
