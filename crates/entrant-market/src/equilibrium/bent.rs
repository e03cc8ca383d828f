//! What a firm could gain by leaving an equilibrium alone where utility is not linear in price.
//!
//! No bound is known there: the best margins for one consumer type have no closed form. The search
//! moves margins by factors, all of a firm's together and one product at a time, and climbs from the
//! best that it finds.

use super::PriceProblem;
use super::deviation::Deviation;
use super::search::{climb, geometric};

/// Factors of margins that are tried, from the smallest to the largest.
const FACTORS: (f64, f64) = (0.05, 50.0);
/// How many.
const POINTS: usize = 25;
/// Best ends that are climbed from.
const CLIMBS: usize = 3;

/// Searches prices of the firm `found.firm`, its rivals' held at `price`; offers what it finds.
pub(super) fn search(problem: &PriceProblem<'_>, price: &[f64], found: &mut Deviation) {
    let own = problem.free_products(found.firm);
    let factors = geometric(FACTORS, POINTS);
    let mut tried: Vec<(f64, Vec<f64>)> = Vec::new();
    let mut offer = |moved: &[usize], by: f64| {
        let mut other = price.to_vec();
        for j in moved {
            other[*j] = problem.cost[*j] + by * (price[*j] - problem.cost[*j]);
        }
        tried.push((problem.objective(found.firm, &other), other));
    };
    for by in &factors {
        offer(&own, *by);
        if own.len() > 1 {
            for j in &own {
                offer(&[*j], *by);
            }
        }
    }
    tried.retain(|(value, _)| value.is_finite());
    tried.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, start) in tried.into_iter().take(CLIMBS) {
        let top = climb(problem, found.firm, &start, &own);
        found.offer(problem, top);
        found.offer(problem, start);
    }
}

/// Prices from which other equilibria are looked for: all margins times a factor.
pub(super) fn starting_points(problem: &PriceProblem<'_>, observed: &[f64]) -> Vec<Vec<f64>> {
    let place = |by: f64| -> Vec<f64> {
        let one = |j: usize| {
            if problem.free[j] {
                problem.cost[j] + by * (observed[j] - problem.cost[j])
            } else {
                observed[j]
            }
        };
        (0..observed.len()).map(one).collect()
    };
    [0.25, 0.5, 2.0, 4.0].map(place).to_vec()
}
