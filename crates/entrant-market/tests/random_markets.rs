//! Random markets: no usable status where an independent search finds a gain, and none unsolved.

use entrant_data::Status;
use entrant_market::Demand;
use entrant_market::equilibrium::{Effort, Equilibrium, PriceProblem, find};
use entrant_numeric::random::Stream;

use crate::support::{Case, Shape, derivative, moved, random_case};

/// Markets that an earlier version got wrong: a missed deviation, or no solution.
const ONCE_WRONG: [u64; 9] = [398, 413, 1117, 1294, 1405, 1500, 1652, 1864, 1892];
/// Relative gain above which a usable status is a lie.
const GAIN: f64 = 1e-7;

fn between(rng: &mut Stream, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.uniform()
}

fn whole(rng: &mut Stream, low: usize, high: usize) -> usize {
    let u = rng.uniform() * (high - low + 1) as f64;
    (low..=high)
        .find(|k| u < (k - low + 1) as f64)
        .unwrap_or(high)
}

/// A market of any kind: up to 30 products, steep and flat consumers, nests, stakes, small and
/// large outside shares.
fn any_market(seed: u64) -> (Case, Vec<f64>) {
    let mut rng = Stream::new(91, "random market", seed);
    let products = if seed.is_multiple_of(5) {
        whole(&mut rng, 10, 30)
    } else {
        whole(&mut rng, 1, 9)
    };
    let nested = rng.uniform() < 0.4;
    let shape = Shape {
        products,
        types: whole(&mut rng, 1, 30),
        firms: whole(&mut rng, 1, products),
        slope: -(between(&mut rng, -1.5, 1.5).exp()),
        slope_spread: between(&mut rng, 0.0, 1.5),
        taste_spread: between(&mut rng, 0.0, 2.0),
        rho: if nested {
            between(&mut rng, 0.05, 0.8)
        } else {
            0.0
        },
        apart: seed.is_multiple_of(3),
        nests: whole(&mut rng, 1, 4),
        level: between(&mut rng, -3.0, 9.0),
        level_spread: 1.0,
        unavailable: if rng.uniform() < 0.3 { 0.3 } else { 0.0 },
        stake: if rng.uniform() < 0.2 {
            rng.uniform()
        } else {
            0.0
        },
    };
    let mut case = random_case(&mut rng, &shape);
    if seed % 4 == 1 {
        two_kinds(&mut rng, &mut case.demand);
    }
    let start = case
        .cost
        .iter()
        .map(|c| c + between(&mut rng, 0.1, 3.0))
        .collect();
    (case, start)
}

/// Many price-sensitive consumers and a few who are not: local maxima and several equilibria.
fn two_kinds(rng: &mut Stream, demand: &mut Demand) {
    let (steep, gentle) = (between(rng, -6.0, -3.0), between(rng, -1.0, -0.3));
    let share = between(rng, 0.05, 0.4);
    demand
        .slope
        .iter_mut()
        .for_each(|a| *a = if rng.uniform() < share { gentle } else { steep });
}

/// Best profit of a firm moving alone, by pattern search from random margins.
fn best_alone(
    rng: &mut Stream,
    problem: &PriceProblem<'_>,
    f: usize,
    price: &[f64],
    starts: usize,
) -> f64 {
    let own = problem.free_products(f);
    let steep = problem.demand.slope.iter().fold(0.0, |m: f64, a| m.max(-a));
    let gentle = problem
        .demand
        .slope
        .iter()
        .fold(f64::INFINITY, |m: f64, a| m.min(-a));
    let (low, high) = ((0.5 / steep).ln(), (20.0 / gentle).ln());
    let mut best = f64::NEG_INFINITY;
    for s in 0..starts {
        let mut at = price.to_vec();
        let common = between(rng, low, high).exp();
        for j in &own {
            at[*j] = problem.cost[*j]
                + if s % 2 == 0 {
                    common
                } else {
                    between(rng, low, high).exp()
                };
        }
        best = best.max(pattern_search(problem, f, at, &own));
    }
    best
}

fn pattern_search(problem: &PriceProblem<'_>, f: usize, mut at: Vec<f64>, own: &[usize]) -> f64 {
    let mut best = problem.objective(f, &at);
    let mut step = 0.5;
    // Margins move by factors; at 1e-4 profit is flat to 1e-8.
    while step > 1e-4 {
        let mut better = false;
        for j in own {
            for factor in [1.0 + step, 1.0 / (1.0 + step)] {
                let mut next = at.clone();
                next[*j] = problem.cost[*j] + (at[*j] - problem.cost[*j]) * factor;
                let value = problem.objective(f, &next);
                if value > best {
                    (best, at, better) = (value, next, true);
                }
            }
        }
        step *= if better { 1.0 } else { 0.4 };
    }
    best
}

/// Says where first-order conditions fail or which firm gains by moving alone.
fn refute(rng: &mut Stream, case: &Case, price: &[f64]) -> Option<String> {
    let problem = case.problem();
    let share = case.demand.shares(price);
    for j in 0..case.products() {
        let f = case.ownership.firm[j];
        let h = 0.01 * (1.0 - case.demand.rho) * (price[j] - case.cost[j]).abs();
        let slope = derivative(|h| problem.objective(f, &moved(price, j, h)), h);
        // Rounding of the differences: a few 1e-16 of profit over a thousandth of a margin.
        let noise = 1e-13 * problem.objective(f, price).abs() / h;
        if slope.abs() > 1e-7 * share[j] + noise {
            return Some(format!(
                "product {j} of {} has slope {:e} per unit",
                case.products(),
                slope / share[j]
            ));
        }
    }
    for f in 0..case.ownership.firms().min(4) {
        let now = problem.objective(f, price);
        let best = best_alone(rng, &problem, f, price, 4);
        if best > now + GAIN * now.abs() {
            let own = problem.free_products(f).len();
            return Some(format!(
                "firm {f} with {own} products gains {:e} of {now}",
                (best - now) / now
            ));
        }
    }
    None
}

fn all_equilibria(found: &Equilibrium) -> Vec<&Vec<f64>> {
    std::iter::once(&found.price).chain(&found.others).collect()
}

#[test]
fn no_usable_status_is_refuted() {
    let mut tally = std::collections::BTreeMap::new();
    let mut refuted: Vec<String> = Vec::new();
    for seed in (0..350).chain(ONCE_WRONG) {
        let (case, start) = any_market(seed);
        let found = find(&case.problem(), &start, Effort::Full { boxes: 32 });
        *tally.entry(found.status).or_insert(0) += 1;
        if found.status == Status::NotConverged {
            refuted.push(format!("market {seed} did not converge: {:?}", found.local));
        }
        if found.status.is_usable() {
            let mut rng = Stream::new(92, "refute", seed);
            let name = |why: String| {
                format!(
                    "market {seed}, {}: {why}, rho {}",
                    found.status, case.demand.rho
                )
            };
            refuted.extend(
                all_equilibria(&found)
                    .into_iter()
                    .filter_map(|p| refute(&mut rng, &case, p))
                    .map(name),
            );
        }
    }
    // A search that gave up on everything would pass the line below.
    assert!(tally[&Status::Certified] > 300, "{tally:?}");
    assert!(refuted.is_empty(), "{}", refuted.join("\n"));
}
