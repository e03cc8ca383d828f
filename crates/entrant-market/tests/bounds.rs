//! The bound on what a firm can earn: never below any price found, exact for one type.

use entrant_market::equilibrium::{
    MarginBox, PriceProblem, best_deviation, type_profit_bound, uniform_markup_range,
};
use entrant_numeric::random::Stream;

use crate::support::{Case, Shape, assert_close, random_case, random_prices, shapes};

/// Rounding of a profit that is a sum of a few dozen terms.
const ROUNDING: f64 = 1e-12;

/// Profit of firm 0 with these margins on its products.
fn profit(problem: &PriceProblem<'_>, price: &[f64], margin: &[f64]) -> f64 {
    let mut p = price.to_vec();
    for (a, j) in problem.free_products(0).iter().enumerate() {
        p[*j] = problem.cost[*j] + margin[a];
    }
    problem.objective(0, &p)
}

/// Best profit in a box by coordinate search from a point, step halving.
fn climb(problem: &PriceProblem<'_>, price: &[f64], bounds: &MarginBox, start: Vec<f64>) -> f64 {
    let mut at = start;
    let mut best = profit(problem, price, &at);
    let mut step = 0.3;
    while step > 1e-7 {
        let mut moved = false;
        for a in 0..at.len() {
            for by in [step, -step] {
                let mut next = at.clone();
                next[a] = (at[a] + by * (bounds.high[a] - bounds.low[a]))
                    .clamp(bounds.low[a], bounds.high[a]);
                let value = profit(problem, price, &next);
                if value > best {
                    (best, at, moved) = (value, next, true);
                }
            }
        }
        step *= if moved { 1.0 } else { 0.5 };
    }
    best
}

fn random_box(rng: &mut Stream, n: usize) -> MarginBox {
    let low: Vec<f64> = (0..n)
        .map(|_| {
            if rng.uniform() < 0.5 {
                0.0
            } else {
                8.0 * rng.uniform()
            }
        })
        .collect();
    let high = low.iter().map(|l| l + 0.1 + 6.0 * rng.uniform()).collect();
    MarginBox { low, high }
}

fn inside(rng: &mut Stream, bounds: &MarginBox) -> Vec<f64> {
    bounds
        .low
        .iter()
        .zip(&bounds.high)
        .map(|(l, h)| l + rng.uniform() * (h - l))
        .collect()
}

fn best_by_search(
    rng: &mut Stream,
    case: &Case,
    price: &[f64],
    bounds: &MarginBox,
    starts: usize,
) -> f64 {
    let problem = case.problem();
    let mut best = climb(&problem, price, bounds, bounds.low.clone());
    best = best.max(climb(&problem, price, bounds, bounds.high.clone()));
    for _ in 0..starts {
        let start = inside(rng, bounds);
        best = best.max(climb(&problem, price, bounds, start));
    }
    best
}

#[test]
fn one_type_is_solved_exactly_in_any_box() {
    let mut rng = Stream::new(21, "exact bound", 0);
    for round in 0..120 {
        let rho = [0.0, 0.3, 0.6, 0.8][round % 4];
        let stake = if round % 3 == 0 { 0.8 } else { 0.0 };
        let shape = Shape {
            types: 1,
            products: 4,
            firms: 2,
            rho,
            stake,
            level_spread: 2.0,
            ..Shape::default()
        };
        let case = random_case(&mut rng, &shape);
        let price = random_prices(&mut rng, &case.cost);
        let bounds = random_box(&mut rng, case.problem().free_products(0).len());
        let bound = type_profit_bound(&case.problem(), 0, &price, &bounds);
        let best = best_by_search(&mut rng, &case, &price, &bounds, 6);
        assert!(
            bound >= best * (1.0 - ROUNDING),
            "round {round}: bound {bound}, found {best}, {bounds:?}"
        );
        // The search stops at steps of 1e-7 of a side: flat to 1e-6 of profit.
        assert_close(
            bound,
            best,
            1e-6,
            0.0,
            &format!("round {round}: exact for one type"),
        );
    }
}

#[test]
fn two_local_optima_in_a_nest_do_not_fool_the_bound() {
    // Product 1 must keep a large margin; product 2 is free. Either it stays out of the way or
    // it takes the nest over: both can satisfy the first-order conditions.
    let mut rng = Stream::new(2, "two optima", 0);
    for (rho, low) in [(0.5, 6.0), (0.8, 6.0), (0.8, 10.0), (0.9, 20.0)] {
        for step in 0..24 {
            let mean = -0.75 * low + 0.05 * low * f64::from(step);
            let shape = Shape {
                types: 1,
                products: 2,
                firms: 1,
                rho,
                nests: 1,
                ..Shape::default()
            };
            let mut case = random_case(&mut rng, &shape);
            case.cost = vec![0.0; 2];
            case.demand.slope = vec![-1.0];
            case.demand.taste = vec![0.0; 2];
            case.demand.mean = vec![0.0, mean];
            let bounds = MarginBox {
                low: vec![low, 0.0],
                high: vec![2.0 * low, 2.0 * low],
            };
            let bound = type_profit_bound(&case.problem(), 0, &[0.0; 2], &bounds);
            let best = best_by_search(&mut rng, &case, &[0.0; 2], &bounds, 30);
            assert!(
                bound >= best * (1.0 - ROUNDING),
                "rho {rho}, mean {mean}: bound {bound}, found {best}"
            );
            assert_close(bound, best, 1e-6, 0.0, "exact for one type");
        }
    }
}

#[test]
fn mixed_types_never_earn_more_than_the_bound() {
    let mut rng = Stream::new(22, "mixed bound", 0);
    for _ in 0..4 {
        for shape in shapes() {
            let shape = Shape {
                slope_spread: 1.0,
                ..shape
            };
            let case = random_case(&mut rng, &shape);
            let price = random_prices(&mut rng, &case.cost);
            let bounds = random_box(&mut rng, case.problem().free_products(0).len());
            let bound = type_profit_bound(&case.problem(), 0, &price, &bounds);
            let best = best_by_search(&mut rng, &case, &price, &bounds, 3);
            assert!(
                bound >= best * (1.0 - ROUNDING),
                "bound {bound}, found {best}, {shape:?}"
            );
        }
    }
}

/// Everything a firm could sensibly charge and far more.
fn everything(n: usize) -> MarginBox {
    MarginBox {
        low: vec![-1.0; n],
        high: vec![60.0; n],
    }
}

#[test]
fn deviation_bound_holds_for_prices_anywhere() {
    let mut rng = Stream::new(23, "anywhere", 0);
    for _ in 0..4 {
        for shape in shapes() {
            let shape = Shape {
                slope_spread: 1.2,
                ..shape
            };
            let case = random_case(&mut rng, &shape);
            let price = random_prices(&mut rng, &case.cost);
            let deviation = best_deviation(&case.problem(), 0, &price, 300);
            let n = case.problem().free_products(0).len();
            let mut best = best_by_search(&mut rng, &case, &price, &everything(n), 2);
            let (low, high) = uniform_markup_range(&case.problem(), 0, &price);
            let near = MarginBox {
                low: vec![low.min(0.0); n],
                high: vec![high; n],
            };
            best = best.max(best_by_search(&mut rng, &case, &price, &near, 3));
            assert!(
                deviation.bound >= best * (1.0 - ROUNDING),
                "bound {}, found {best}",
                deviation.bound
            );
            // The climb is exact to about 1e-9 of profit at an interior maximum.
            assert!(
                deviation.best >= best * (1.0 - 1e-8),
                "search {}, found {best}, {shape:?}",
                deviation.best
            );
            assert!(deviation.bound >= deviation.best && deviation.best >= deviation.profit);
        }
    }
}
