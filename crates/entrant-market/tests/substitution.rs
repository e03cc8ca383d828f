//! Second choices and consumer surplus against closed forms and removed products.

use entrant_market::demand::{consumer_surplus, second_choice_diversion};
use entrant_numeric::random::Stream;

use crate::support::{assert_close, logit, nested, random_case, random_prices, shapes};

#[test]
fn logit_diversion_is_proportional() {
    let demand = logit(-1.0, &[1.0, 2.0, 0.5]);
    let price = [1.0, 1.5, 0.7];
    let share = demand.shares(&price);
    let outside = 1.0 - share.iter().sum::<f64>();
    let diversion = second_choice_diversion(&demand, &price);
    let from = |j: usize| vec![j == 0, j == 1, j == 2];
    for j in 0..3 {
        for k in 0..3 {
            let expected = if j == k {
                0.0
            } else {
                share[k] / (1.0 - share[j])
            };
            assert_close(diversion[j * 4 + k], expected, 1e-14, 0.0, "second choice");
            if j != k {
                let by_price = entrant_market::demand::diversion_ratio(
                    &demand,
                    &price,
                    &from(j),
                    Some(&from(k)),
                );
                assert_close(by_price, expected, 1e-14, 0.0, "diversion by derivatives");
            }
        }
        assert_close(
            diversion[j * 4 + 3],
            outside / (1.0 - share[j]),
            1e-14,
            0.0,
            "to nothing",
        );
    }
}

#[test]
fn second_choices_are_the_shares_without_the_product() {
    let mut rng = Stream::new(6, "second choices", 0);
    for shape in shapes() {
        let case = random_case(&mut rng, &shape);
        let price = random_prices(&mut rng, &case.cost);
        let (n, types) = (case.products(), case.demand.types());
        let (share, diversion) = (
            case.demand.shares(&price),
            second_choice_diversion(&case.demand, &price),
        );
        for j in 0..n {
            let mut without = case.demand.clone();
            (0..types).for_each(|i| without.taste[i * n + j] = f64::NEG_INFINITY);
            let after = without.shares(&price);
            for k in (0..n).filter(|k| *k != j) {
                // Conlon and Mortimer 2021: what k gains when j goes, over what j sold.
                assert_close(
                    diversion[j * (n + 1) + k],
                    (after[k] - share[k]) / share[j],
                    1e-10,
                    0.1,
                    "diversion",
                );
            }
            let row: f64 = diversion[j * (n + 1)..(j + 1) * (n + 1)].iter().sum();
            assert_close(row, 1.0, 1e-13, 0.0, "a row sums to one");
        }
    }
}

#[test]
fn surplus_is_the_log_sum() {
    let (slope, mean, price): (f64, [f64; 2], [f64; 2]) = (-0.5, [1.0, 2.0], [1.0, 3.0]);
    let sum: f64 = 1.0
        + (0..2)
            .map(|j| (mean[j] + slope * price[j]).exp())
            .sum::<f64>();
    assert_close(
        consumer_surplus(&logit(slope, &mean), &price),
        sum.ln() / 0.5,
        1e-14,
        0.0,
        "logit",
    );
    let rho: f64 = 0.4;
    let inclusive = (0..2)
        .map(|j| ((mean[j] + slope * price[j]) / (1.0 - rho)).exp())
        .sum::<f64>()
        .powf(1.0 - rho);
    let surplus = consumer_surplus(&nested(slope, &mean, &[0, 0], rho), &price);
    assert_close(surplus, (1.0 + inclusive).ln() / 0.5, 1e-14, 0.0, "nested");
}

#[test]
fn surplus_falls_by_the_share_when_a_price_rises() {
    let mut rng = Stream::new(8, "surplus", 0);
    for shape in shapes() {
        let case = random_case(&mut rng, &shape);
        let price = random_prices(&mut rng, &case.cost);
        for (j, share) in case.demand.shares(&price).iter().enumerate() {
            let surplus =
                |h: f64| consumer_surplus(&case.demand, &crate::support::moved(&price, j, h));
            // Roy's identity; differences good to 1e-9 of a surplus of order one.
            assert_close(
                crate::support::derivative(surplus, 4e-3),
                -share,
                1e-7,
                1e-2,
                "Roy's identity",
            );
        }
    }
}
