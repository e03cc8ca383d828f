//! Share inversion: the residual is recomputed by the test, at ordinary and extreme shares.

use entrant_market::demand::invert_shares;
use entrant_numeric::random::Stream;

use crate::support::{Case, Shape, random_case, random_prices, shapes};

/// Largest `|ln s(delta) - ln S|` accepted.
const RESIDUAL: f64 = 1e-12;

#[track_caller]
fn assert_inverts(case: &Case, observed: &[f64], price: &[f64], what: &str) {
    let found = invert_shares(&case.demand, observed, price);
    let mut solved = case.demand.clone();
    solved.mean = found.mean;
    for (s, o) in solved.shares(price).iter().zip(observed) {
        assert!(
            (s.ln() - o.ln()).abs() <= RESIDUAL,
            "{what}: {s} against {o}, {} evaluations",
            found.evaluations
        );
    }
    assert!(found.converged && found.residual <= RESIDUAL, "{what}");
    assert!(
        found.evaluations < 500,
        "{what}: {} evaluations",
        found.evaluations
    );
}

#[test]
fn random_markets_return_to_their_shares() {
    let mut rng = Stream::new(31, "inversion", 0);
    for shape in shapes() {
        for products in [1, 3, 40] {
            let shape = Shape {
                products,
                ..shape.clone()
            };
            let case = random_case(&mut rng, &shape);
            let price = random_prices(&mut rng, &case.cost);
            let observed = case.demand.shares(&price);
            let mut blank = case.clone();
            blank.demand.mean = vec![0.0; products];
            assert_inverts(&blank, &observed, &price, &format!("{shape:?}"));
        }
    }
}

#[test]
fn random_shares_are_reached_with_any_outside_share() {
    let mut rng = Stream::new(32, "outside share", 0);
    for outside in [0.99, 0.5, 0.1, 1e-2, 1e-4, 1e-6] {
        for shape in shapes() {
            let shape = Shape {
                products: 10,
                unavailable: 0.0,
                slope_spread: 0.7,
                ..shape
            };
            let case = random_case(&mut rng, &shape);
            let price = random_prices(&mut rng, &case.cost);
            let observed: Vec<f64> = rng
                .dirichlet(&[1.0; 10])
                .iter()
                .map(|s| s * (1.0 - outside))
                .collect();
            assert_inverts(
                &case,
                &observed,
                &price,
                &format!("outside {outside}, {shape:?}"),
            );
        }
    }
}

#[test]
fn tiny_shares_are_reached() {
    let mut rng = Stream::new(33, "tiny shares", 0);
    for shape in shapes() {
        let shape = Shape {
            products: 6,
            unavailable: 0.0,
            ..shape
        };
        let case = random_case(&mut rng, &shape);
        let price = random_prices(&mut rng, &case.cost);
        assert_inverts(&case, &[1e-12, 0.3, 1e-9, 0.2, 1e-3, 0.1], &price, "tiny");
        assert_inverts(
            &case,
            &[1e-12, 0.5, 1e-9, 0.3, 0.1, 0.1 - 1e-6 - 1e-9 - 1e-12],
            &price,
            "tiny, and tiny outside",
        );
    }
}
