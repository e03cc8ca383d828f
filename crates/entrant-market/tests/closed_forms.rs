//! Closed forms: Lambert-W monopolies, logit oligopoly, margins and inversions.

use entrant_data::Status;
use entrant_market::demand::{invert_shares, margin_pairs};
use entrant_market::equilibrium::{Effort, Equilibrium, find};
use entrant_numeric::random::Stream;

use crate::support::{
    Case, Shape, assert_all_close, assert_close, bisect, logit, nested, random_case, random_prices,
    shapes,
};

/// Prices are solved to 1e-12 of a price; markups are a fraction of it.
const SOLVED: f64 = 1e-10;

/// `W(x)` by bisection, sharing nothing with the library.
fn lambert(x: f64) -> f64 {
    bisect(|w| w * w.exp() - x, 0.0, 1.0 + x.ln_1p())
}

fn certified(case: &Case) -> Equilibrium {
    let start: Vec<f64> = case.cost.iter().map(|c| c + 1.0).collect();
    let found = find(&case.problem(), &start, Effort::Full { boxes: 64 });
    assert_eq!(found.status, Status::Certified);
    found
}

#[test]
fn lambert_w_of_the_library_agrees_with_bisection() {
    for x in [1e-9, 1e-3, 0.3, 1.0, 4.0, 1e3, 1e9] {
        assert_close(
            entrant_numeric::lambert::lambert_w(x),
            lambert(x),
            1e-14,
            0.0,
            "W",
        );
    }
}

#[test]
fn logit_monopoly_price() {
    for (slope, mean, cost) in [
        (-2.0, 3.0, 1.0),
        (-0.1, 0.0, 20.0),
        (-5.0, 12.0, 1.0),
        (-1.0, -15.0, 2.0),
    ] {
        let found = certified(&Case::new(logit(slope, &[mean]), vec![0], vec![cost]));
        let w = lambert((mean + slope * cost - 1.0).exp());
        assert_close(
            found.price[0],
            cost + (1.0 + w) / -slope,
            SOLVED,
            0.0,
            "monopoly price",
        );
        assert_close(
            found.deviations[0].profit,
            w / -slope,
            SOLVED,
            0.0,
            "monopoly profit is W / |alpha|",
        );
        assert_close(
            found.deviations[0].bound,
            w / -slope,
            SOLVED,
            0.0,
            "the bound is exact for one type",
        );
    }
}

#[test]
fn logit_monopoly_with_many_products_sets_one_markup() {
    let (slope, mean, cost) = (-1.5, [1.0, 2.5, 0.0, 4.0], [1.0, 2.0, 0.5, 3.0]);
    let found = certified(&Case::new(logit(slope, &mean), vec![0; 4], cost.to_vec()));
    let total: f64 = mean
        .iter()
        .zip(&cost)
        .map(|(d, c)| (d + slope * c - 1.0).exp())
        .sum();
    let markup = (1.0 + lambert(total)) / -slope;
    let expected: Vec<f64> = cost.iter().map(|c| c + markup).collect();
    assert_all_close(&found.price, &expected, SOLVED, "prices");
}

#[test]
fn nested_logit_monopoly_sets_one_markup() {
    let (slope, mean, cost, nest, rho) = (
        -1.5,
        [1.0, 2.5, 0.0, 4.0],
        [1.0, 2.0, 0.5, 3.0],
        [0, 0, 1, 1],
        0.6,
    );
    let found = certified(&Case::new(
        nested(slope, &mean, &nest, rho),
        vec![0; 4],
        cost.to_vec(),
    ));
    let inclusive = |h: usize| {
        let one = |j: usize| {
            if nest[j] == h {
                ((mean[j] + slope * cost[j]) / (1.0 - rho)).exp()
            } else {
                0.0
            }
        };
        (0..4).map(one).sum::<f64>().powf(1.0 - rho)
    };
    let markup = (1.0 + lambert((inclusive(0) + inclusive(1)) * (-1.0f64).exp())) / -slope;
    let expected: Vec<f64> = cost.iter().map(|c| c + markup).collect();
    assert_all_close(&found.price, &expected, SOLVED, "prices");
    assert_close(
        found.deviations[0].bound,
        markup - 1.0 / -slope,
        SOLVED,
        0.0,
        "the bound is exact for one type",
    );
}

#[test]
fn symmetric_logit_oligopoly() {
    for n in [2_usize, 5, 20] {
        let (slope, mean, cost) = (-2.0, 4.0, 1.0);
        let found = certified(&Case::new(
            logit(slope, &vec![mean; n]),
            (0..n).collect(),
            vec![cost; n],
        ));
        let gap = |p: f64| {
            let e = (mean + slope * p).exp();
            (p - cost) * -slope - 1.0 / (1.0 - e / (1.0 + n as f64 * e))
        };
        assert_all_close(
            &found.price,
            &vec![bisect(gap, cost, cost + 10.0); n],
            SOLVED,
            "symmetric price",
        );
    }
}

#[test]
fn logit_firms_set_equal_markups_of_one_over_one_minus_their_share() {
    let mut rng = Stream::new(3, "equal markups", 0);
    for products in [3, 8, 15] {
        let shape = Shape {
            products,
            types: 1,
            slope_spread: 0.0,
            taste_spread: 0.0,
            ..Shape::default()
        };
        let case = random_case(&mut rng, &shape);
        let found = certified(&case);
        let share = case.demand.shares(&found.price);
        for j in 0..products {
            let firm: f64 = (0..products)
                .filter(|k| case.ownership.firm[*k] == case.ownership.firm[j])
                .map(|k| share[k])
                .sum();
            let expected = 1.0 / (-case.demand.slope[0] * (1.0 - firm));
            assert_close(
                found.price[j] - case.cost[j],
                expected,
                SOLVED,
                0.0,
                "markup",
            );
        }
    }
}

#[test]
fn nested_single_product_firms_follow_berrys_markup() {
    let (slope, rho, nest) = (-2.0, 0.7, [0, 0, 0, 1, 1]);
    let case = Case::new(
        nested(slope, &[2.0, 2.5, 3.0, 1.0, 2.0], &nest, rho),
        (0..5).collect(),
        vec![1.0; 5],
    );
    let found = certified(&case);
    let share = case.demand.shares(&found.price);
    for j in 0..5 {
        let group: f64 = (0..5)
            .filter(|k| nest[*k] == nest[j])
            .map(|k| share[k])
            .sum();
        let bracket = 1.0 - rho * share[j] / group - (1.0 - rho) * share[j];
        assert_close(
            found.price[j] - 1.0,
            (1.0 - rho) / (-slope * bracket),
            SOLVED,
            0.0,
            "markup",
        );
    }
}

#[test]
fn margins_at_observed_prices_match_the_logit_closed_form() {
    let mut rng = Stream::new(4, "margins", 0);
    let shape = Shape {
        products: 9,
        types: 1,
        slope_spread: 0.0,
        taste_spread: 0.0,
        ..Shape::default()
    };
    let case = random_case(&mut rng, &shape);
    let price = random_prices(&mut rng, &case.cost);
    let share = case.demand.shares(&price);
    let margin = margin_pairs(&case.demand, &case.ownership, &price, &[0.0; 9], &[true; 9])
        .expect("regular");
    for j in 0..9 {
        let firm: f64 = (0..9)
            .filter(|k| case.ownership.firm[*k] == case.ownership.firm[j])
            .map(|k| share[k])
            .sum();
        // Linear solve with a condition number near 10.
        assert_close(
            margin[j],
            1.0 / (-case.demand.slope[0] * (1.0 - firm)),
            1e-13,
            0.0,
            "margin",
        );
    }
}

#[test]
fn margins_at_observed_prices_make_those_prices_an_equilibrium() {
    let mut rng = Stream::new(5, "margin pairs", 0);
    for shape in shapes() {
        let mut case = random_case(&mut rng, &shape);
        let price = random_prices(&mut rng, &case.cost);
        let n = case.products();
        let free: Vec<bool> = (0..n).map(|j| j != 1).collect();
        let held: Vec<f64> = (0..n).map(|j| if free[j] { 0.0 } else { 0.25 }).collect();
        let margin =
            margin_pairs(&case.demand, &case.ownership, &price, &held, &free).expect("regular");
        assert_close(margin[1], 0.25, 0.0, 0.0, "a given margin stays");
        case.cost = price.iter().zip(&margin).map(|(p, m)| p - m).collect();
        let problem = case.problem();
        for j in (0..n).filter(|j| free[*j]) {
            let f = case.ownership.firm[j];
            let profit = |h: f64| problem.objective(f, &crate::support::moved(&price, j, h));
            let slope = crate::support::derivative(profit, 4e-3);
            // Rounding of the differences: 1e-16 of profit over a step of 1e-3.
            assert_close(slope, 0.0, 1e-9, 1.0, "first-order condition");
        }
    }
}

#[test]
fn logit_inversion() {
    let (slope, share, price) = (-1.2, [0.2, 1e-7, 0.05, 0.4], [1.0, 2.0, 3.0, 0.5]);
    let found = invert_shares(&logit(slope, &[0.0; 4]), &share, &price);
    let outside = 1.0 - share.iter().sum::<f64>();
    let expected: Vec<f64> = (0..4)
        .map(|j| share[j].ln() - outside.ln() - slope * price[j])
        .collect();
    assert!(found.converged && found.residual <= 1e-13);
    // The library's tolerance is 1e-13 in log shares, amplified by at most 1 / s_0 = 3.
    assert_all_close(&found.mean, &expected, 1e-12, "mean utility");
}

#[test]
fn nested_logit_inversion() {
    let (slope, share, price, nest, rho) = (
        -1.2,
        [0.2, 1e-7, 0.05, 0.4],
        [1.0, 2.0, 3.0, 0.5],
        [0, 0, 1, 1],
        0.75,
    );
    let found = invert_shares(&nested(slope, &[0.0; 4], &nest, rho), &share, &price);
    let outside = 1.0 - share.iter().sum::<f64>();
    let group = |j: usize| {
        (0..4)
            .filter(|k| nest[*k] == nest[j])
            .map(|k| share[k])
            .sum::<f64>()
    };
    let berry = |j: usize| {
        share[j].ln() - outside.ln() - rho * (share[j] / group(j)).ln() - slope * price[j]
    };
    assert!(found.converged);
    // As for logit; within a nest the error of a log share is amplified by at most one more.
    assert_all_close(
        &found.mean,
        &(0..4).map(berry).collect::<Vec<f64>>(),
        1e-12,
        "mean utility",
    );
}
