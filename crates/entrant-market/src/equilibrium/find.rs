//! An equilibrium with its status: solve, certify, look for deviations and for others.

use entrant_data::Status;

use super::PriceProblem;
use super::bent;
use super::certify::LocalCertificate;
use super::deviation::{Deviation, best_deviation};
use super::limits::{Limit, Within, certify_within, costs_within, deviations_within, solve_within};
use super::type_bound::uniform_markup_range;

/// How hard to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Solve and certify first and second order; for draws around a certified centre.
    Local,
    /// Also search for profitable deviations and for other equilibria. `boxes` is the budget of
    /// the deviation bound per firm.
    Full {
        /// Boxes of the branch and bound per firm.
        boxes: usize,
    },
}

/// Prices with the proof of what they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Equilibrium {
    /// Prices (products).
    pub price: Vec<f64>,
    /// Shadow price of each limit, per unit, in the money of costs (limits).
    pub shadow: Vec<f64>,
    /// What they are.
    pub status: Status,
    /// First and second order.
    pub local: LocalCertificate,
    /// Per firm with a free price: what leaving alone could gain (full effort only).
    pub deviations: Vec<Deviation>,
    /// Other equilibria found, each certified as well (full effort only).
    pub others: Vec<Vec<f64>>,
    /// Number of starting points tried.
    pub starts: usize,
    /// Evaluations of the markup map for the first solution.
    pub iterations: usize,
}

/// Gain, as a share of profit, above which a deviation counts.
const DEVIATION_LIMIT: f64 = 1e-9;
/// Relative price difference above which two equilibria are different.
const DISTINCT: f64 = 1e-6;
/// Starting points tried at most.
const START_LIMIT: usize = 24;
/// Rounds of global best replies when nothing else finds an equilibrium.
const REPLY_ROUNDS: usize = 20;

/// Finds an equilibrium from `start` (observed prices, so that the default answer is the
/// continuation of the market as it is).
pub fn find(problem: &PriceProblem<'_>, start: &[f64], effort: Effort) -> Equilibrium {
    find_within(problem, &[], start, effort)
}

/// As [`find`], for firms that can sell only so much of some products. The products of a limit have
/// one owner, in whose profit no other owner has a part.
pub fn find_within(
    problem: &PriceProblem<'_>,
    limits: &[Limit],
    start: &[f64],
    effort: Effort,
) -> Equilibrium {
    let game = Game { problem, limits };
    let insensitive = problem.demand.mass_without_price_sensitivity();
    let at = if insensitive > 0.0 {
        Within {
            price: start.to_vec(),
            shadow: vec![0.0; limits.len()],
            iterations: 0,
        }
    } else {
        game.solve(start)
    };
    let local = game.certify(&at);
    let mut found = Equilibrium {
        status: local.status,
        iterations: at.iterations,
        price: at.price,
        shadow: at.shadow,
        local,
        deviations: Vec::new(),
        others: Vec::new(),
        starts: 1,
    };
    if let (Effort::Full { boxes }, true) = (effort, insensitive == 0.0) {
        look_further(&game, start, boxes, &mut found);
    }
    found
}

/// Who sets prices, and what can be sold.
struct Game<'a> {
    problem: &'a PriceProblem<'a>,
    limits: &'a [Limit],
}

impl Game<'_> {
    fn solve(&self, start: &[f64]) -> Within {
        solve_within(self.problem, self.limits, start)
    }

    fn certify(&self, at: &Within) -> LocalCertificate {
        certify_within(self.problem, self.limits, &at.price, &at.shadow)
    }
}

/// Prices that meet first-order conditions, and what firms gain by leaving them.
struct Candidate {
    at: Within,
    local: LocalCertificate,
    gains: Vec<Deviation>,
}

impl Candidate {
    /// `None` where first-order conditions fail.
    fn examine(game: &Game<'_>, at: Within, boxes: usize) -> Option<Self> {
        let local = game.certify(&at);
        let stationary = local.status.is_usable() || local.status == Status::LocalOnly;
        stationary.then(|| Candidate {
            gains: deviations_within(game.problem, game.limits, &at, boxes),
            at,
            local,
        })
    }

    fn profitable(&self) -> impl Iterator<Item = &Deviation> {
        self.gains
            .iter()
            .filter(|d| d.gain_found() > DEVIATION_LIMIT)
    }

    fn is_nash(&self) -> bool {
        self.local.status.is_usable() && self.profitable().next().is_none()
    }
}

/// Checks deviations of the first solution, and collects certified equilibria from other starts.
fn look_further(game: &Game<'_>, start: &[f64], boxes: usize, found: &mut Equilibrium) {
    let problem = game.problem;
    let first = Within {
        price: found.price.clone(),
        shadow: found.shadow.clone(),
        iterations: 0,
    };
    let mut queue = vec![found.price.clone()];
    queue.extend(starting_points(problem, start));
    let (mut seen, mut stationary): (Vec<Vec<f64>>, Vec<Candidate>) = (Vec::new(), Vec::new());
    let mut next = 0;
    while next < queue.len() && next < START_LIMIT {
        let at = if next == 0 {
            first.clone()
        } else {
            game.solve(&queue[next])
        };
        next += 1;
        let live = problem.live(&at.price, &problem.demand.shares(&at.price));
        if seen.iter().any(|p| same(p, &at.price, &live)) {
            continue;
        }
        seen.push(at.price.clone());
        if let Some(candidate) = Candidate::examine(game, at, boxes) {
            // Where a firm wants to leave, its best reply is the next point to look from.
            queue.extend(candidate.profitable().map(|d| d.price.clone()));
            stationary.push(candidate);
        }
    }
    if !stationary.iter().any(Candidate::is_nash) {
        let cost = costs_within(problem.cost, game.limits, &found.shadow);
        let cost = &cost[..];
        let replies = best_reply_rounds(&PriceProblem { cost, ..*problem }, &found.price);
        stationary.extend(Candidate::examine(game, game.solve(&replies), boxes));
        next += 1;
    }
    found.starts = next;
    settle(found, stationary);
}

/// Each firm in turn moves to the best prices that a global search finds, until none gains.
fn best_reply_rounds(problem: &PriceProblem<'_>, start: &[f64]) -> Vec<f64> {
    let mut price = start.to_vec();
    for _ in 0..REPLY_ROUNDS {
        let mut moved = false;
        for f in 0..problem.ownership.firms() {
            let reply = best_deviation(problem, f, &price, 1);
            if reply.gain_found() > DEVIATION_LIMIT {
                (price, moved) = (reply.price, true);
            }
        }
        if !moved {
            break;
        }
    }
    price
}

/// The first equilibrium found is the answer (the continuation of the start, where it is one);
/// without any, the first prices that meet first-order conditions, for what they are.
fn settle(found: &mut Equilibrium, stationary: Vec<Candidate>) {
    let (nash, rest): (Vec<Candidate>, Vec<Candidate>) =
        stationary.into_iter().partition(Candidate::is_nash);
    let several = nash.len() > 1;
    let none = nash.is_empty();
    let mut all = nash.into_iter().chain(rest.into_iter().filter(|_| none));
    let Some(first) = all.next() else { return };
    let worse = if none {
        Status::LocalOnly
    } else if several {
        Status::Multiple
    } else {
        Status::Certified
    };
    found.status = first.local.status.worst(worse);
    found.others = if several {
        all.map(|c| c.at.price).collect()
    } else {
        Vec::new()
    };
    (found.local, found.deviations) = (first.local, first.gains);
    (found.price, found.shadow) = (first.at.price, first.at.shadow);
}

/// Marginal cost, costs plus the smallest and the largest type-by-type margin, mixtures of the
/// two by firm, and multiples of the observed prices: where other equilibria hide.
fn starting_points(problem: &PriceProblem<'_>, observed: &[f64]) -> Vec<Vec<f64>> {
    if problem.demand.bends.is_some() {
        return bent::starting_points(problem, observed);
    }
    let firms = problem.ownership.firms();
    let ranges: Vec<(f64, f64)> = (0..firms)
        .map(|f| finite(uniform_markup_range(problem, f, observed)))
        .collect();
    let place = |choose: &dyn Fn(usize) -> f64| -> Vec<f64> {
        let one = |j: usize| {
            if problem.free[j] {
                problem.cost[j] + choose(problem.ownership.firm[j])
            } else {
                observed[j]
            }
        };
        (0..observed.len()).map(one).collect()
    };
    let mut points = vec![
        place(&|_| 0.0),
        place(&|f| ranges[f].0),
        place(&|f| ranges[f].1),
        place(&|f| 0.5 * (ranges[f].0 + ranges[f].1)),
    ];
    for parity in 0..2 {
        points.push(place(&|f| {
            if f % 2 == parity {
                ranges[f].0
            } else {
                ranges[f].1
            }
        }));
    }
    points.push(
        (0..observed.len())
            .map(|j| {
                if problem.free[j] {
                    3.0 * observed[j]
                } else {
                    observed[j]
                }
            })
            .collect(),
    );
    points
}

fn finite(range: (f64, f64)) -> (f64, f64) {
    if range.0.is_finite() && range.1.is_finite() {
        range
    } else {
        (0.0, 0.0)
    }
}

/// Whether two solutions agree; the price of a product that nobody would buy at cost is arbitrary.
fn same(a: &[f64], b: &[f64], live: &[bool]) -> bool {
    let close = |j: usize| (a[j] - b[j]).abs() <= DISTINCT * a[j].abs().max(b[j].abs()).max(1e-300);
    (0..a.len()).filter(|j| live[*j]).all(close)
}
