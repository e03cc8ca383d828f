//! Firms that can sell only so much: closed forms, bounded optimisation by brute force, and the
//! conditions of Karush, Kuhn and Tucker by differences.

use entrant_data::Status;
use entrant_market::equilibrium::{Effort, Equilibrium, Limit, certify_within, find, find_within};
use entrant_numeric::random::Stream;

use crate::support::{
    Case, assert_all_close, assert_close, bisect, derivative, logit, moved, random_case, shapes,
};

/// Prices are solved to 1e-12 of a price.
const SOLVED: f64 = 1e-10;

fn limit(products: &[usize], share: f64) -> Limit {
    Limit {
        products: products.to_vec(),
        share,
    }
}

fn start(case: &Case) -> Vec<f64> {
    case.cost.iter().map(|c| c + 1.0).collect()
}

fn certified(case: &Case, limits: &[Limit]) -> Equilibrium {
    let effort = Effort::Full { boxes: 64 };
    let found = find_within(&case.problem(), limits, &start(case), effort);
    assert_eq!(found.status, Status::Certified, "{found:?}");
    assert!(found.local.capacity <= SOLVED);
    found
}

/// What firm `f` earns for itself.
fn profit(case: &Case, f: usize, price: &[f64]) -> f64 {
    let share = case.demand.shares(price);
    let own = |k: &usize| case.ownership.firm[*k] == f;
    let one = |k: usize| (price[k] - case.cost[k]) * share[k];
    (0..price.len()).filter(own).map(one).sum()
}

#[test]
fn a_full_monopolist_asks_the_price_at_which_all_is_sold() {
    for (slope, mean, cost, share) in [
        (-2.0, 3.0, 1.0, 0.2),
        (-0.1, 0.0, 20.0, 1e-6),
        (-5.0, 12.0, 1.0, 0.6),
        (-1.0, -5.0, 2.0, 1e-5),
    ] {
        let case = Case::new(logit(slope, &[mean]), vec![0], vec![cost]);
        let found = certified(&case, &[limit(&[0], share)]);
        let price = (mean - (share / (1.0 - share)).ln()) / -slope;
        assert_close(found.price[0], price, SOLVED, 0.0, "price");
        // The first-order condition at cost plus shadow price: p - c - shadow = 1 / (|alpha| (1 - s)).
        let shadow = price - cost + 1.0 / (slope * (1.0 - share));
        assert_close(found.shadow[0], shadow, SOLVED, price, "shadow price");
        assert!(found.shadow[0] > 0.0);
        let earned = (price - cost) * share;
        assert_close(found.deviations[0].profit, earned, 1e-9, 0.0, "profit");
        assert_close(found.deviations[0].bound, earned, 1e-9, 0.0, "bound");
    }
}

#[test]
fn products_of_one_plant_share_one_shadow_price() {
    let (slope, mean, cost) = (-1.5, [1.0, 2.5, 0.0, 4.0], [1.0, 2.0, 0.5, 3.0]);
    let case = Case::new(logit(slope, &mean), vec![0; 4], cost.to_vec());
    let free = find(&case.problem(), &start(&case), Effort::Local);
    let sold: f64 = case.demand.shares(&free.price).iter().sum();
    let share = 0.6 * sold;
    let found = certified(&case, &[limit(&[0, 1, 2, 3], share)]);
    // One margin for all, at which the logit sells the capacity.
    let at_cost: f64 = (0..4).map(|j| (mean[j] + slope * cost[j]).exp()).sum();
    let margin = (at_cost * (1.0 - share) / share).ln() / -slope;
    let price: Vec<f64> = cost.iter().map(|c| c + margin).collect();
    assert_all_close(&found.price, &price, SOLVED, "price");
    let shadow = margin + 1.0 / (slope * (1.0 - share));
    assert_close(found.shadow[0], shadow, 1e-9, 0.0, "shadow price");
}

/// The rival of a full firm answers by its own condition; both prices by nested bisection.
#[test]
fn a_rival_answers_a_full_firm() {
    let (slope, mean, cost, share) = (-1.2, [2.0, 2.5], [1.0, 1.3], 0.15);
    let case = Case::new(logit(slope, &mean), vec![0, 1], cost.to_vec());
    let value = |j: usize, p: f64| (mean[j] + slope * p).exp();
    let reply = |p: f64| {
        bisect(
            |q| {
                let s = value(1, q) / (1.0 + value(0, p) + value(1, q));
                q - cost[1] + 1.0 / (slope * (1.0 - s))
            },
            cost[1],
            50.0,
        )
    };
    let left = |p: f64| share - value(0, p) / (1.0 + value(0, p) + value(1, reply(p)));
    let price = bisect(left, cost[0], 50.0);
    let found = certified(&case, &[limit(&[0], share)]);
    assert_all_close(&found.price, &[price, reply(price)], SOLVED, "prices");
    assert!(found.shadow[0] > 0.0);
}

/// A firm with two products in random markets: the best prices on the line on which its capacity is
/// sold, by golden section, with the second price found by bisection.
#[test]
fn no_better_prices_sell_the_capacity() {
    let mut rng = Stream::new(71, "capacity", 0);
    for shape in shapes().iter().filter(|s| s.stake == 0.0) {
        let mut case = random_case(&mut rng, shape);
        case.ownership.firm[..2].fill(0);
        case.ownership.firm[2..].fill(1);
        let free = find(&case.problem(), &start(&case), Effort::Local);
        let before = case.demand.shares(&free.price);
        let share = 0.7 * (before[0] + before[1]);
        let found = find_within(
            &case.problem(),
            &[limit(&[0, 1], share)],
            &free.price,
            Effort::Local,
        );
        assert_eq!(found.status, Status::Certified);
        let second = |p: f64| {
            let sold = |q: f64| {
                let mut price = found.price.clone();
                (price[0], price[1]) = (p, q);
                let s = case.demand.shares(&price);
                share - s[0] - s[1]
            };
            bisect(sold, -50.0, 500.0)
        };
        let earned = |p: f64| {
            let mut price = found.price.clone();
            (price[0], price[1]) = (p, second(p));
            profit(&case, 0, &price)
        };
        let (mut low, mut high) = (found.price[0] - 0.3, found.price[0] + 0.3);
        let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
        for _ in 0..60 {
            let (a, b) = (high - golden * (high - low), low + golden * (high - low));
            if earned(a) > earned(b) {
                high = b;
            } else {
                low = a;
            }
        }
        let best = 0.5 * (low + high);
        // Golden section sees a maximum to the root of a rounding.
        assert_close(found.price[0], best, 1e-6, 1.0, "first price");
        assert_close(found.price[1], second(best), 1e-6, 1.0, "second price");
        let ours = profit(&case, 0, &found.price);
        assert_close(ours, earned(best), 1e-11, 0.0, "profit");
    }
}

/// Several limits in markets of all shapes: complementarity, and conditions by differences of the
/// owners' weighted profits.
#[test]
fn conditions_hold_by_differences() {
    let mut rng = Stream::new(72, "capacity", 0);
    let (mut bound, mut loose) = (0, 0);
    for shape in &shapes() {
        let case = random_case(&mut rng, shape);
        let problem = case.problem();
        let free = find(&problem, &start(&case), Effort::Local);
        let before = case.demand.shares(&free.price);
        // Whose profit nobody else counts: all firms but the second where the first has a stake in it.
        let own = |f: usize| -> Vec<usize> {
            let all = 0..case.products();
            all.filter(|j| case.ownership.firm[*j] == f).collect()
        };
        let mut limits = Vec::new();
        for f in (0..case.ownership.firms()).filter(|f| shape.stake == 0.0 || *f != 1) {
            let products = own(f);
            let sold = limit(&products, 1.0).sold(&before);
            limits.push(limit(&products, sold * (0.5 + rng.uniform())));
            limits.push(limit(
                &products[..1],
                before[products[0]] * (0.5 + rng.uniform()),
            ));
        }
        let found = find_within(&problem, &limits, &start(&case), Effort::Local);
        assert_eq!(found.status, Status::Certified, "{found:?}");
        let share = case.demand.shares(&found.price);
        for (l, shadow) in limits.iter().zip(&found.shadow) {
            let sold = l.sold(&share);
            assert!(*shadow >= 0.0 && sold <= l.share * (1.0 + SOLVED));
            if *shadow > 0.0 {
                assert_close(sold, l.share, SOLVED, 0.0, "a full capacity is sold");
                bound += 1;
            } else {
                loose += 1;
            }
        }
        for j in 0..case.products() {
            let f = case.ownership.firm[j];
            let value = |step: f64| {
                let price = moved(&found.price, j, step);
                let s = case.demand.shares(&price);
                let one = |k: usize| {
                    case.ownership.weight_of_firm(f, k) * (price[k] - case.cost[k]) * s[k]
                };
                let earned: f64 = (0..price.len()).map(one).sum();
                let mine = limits.iter().zip(&found.shadow);
                let mine = mine.filter(|(l, _)| case.ownership.firm[l.products[0]] == f);
                earned - mine.map(|(l, shadow)| shadow * l.sold(&s)).sum::<f64>()
            };
            let slope = derivative(value, 1e-2) / share[j];
            assert!(slope.abs() < 1e-6, "product {j}: {slope}");
        }
    }
    assert!(bound > 8 && loose > 8, "{bound} {loose}");
}

#[test]
fn capacities_that_do_not_bind_change_no_bit() {
    let mut rng = Stream::new(73, "capacity", 0);
    for shape in &shapes() {
        let case = random_case(&mut rng, shape);
        let effort = Effort::Full { boxes: 16 };
        let free = find(&case.problem(), &start(&case), effort);
        let all: Vec<Limit> = (0..case.products()).map(|j| limit(&[j], 1.0)).collect();
        let found = find_within(&case.problem(), &all, &start(&case), effort);
        assert_eq!(found.shadow, vec![0.0; case.products()]);
        let same = Equilibrium {
            shadow: Vec::new(),
            ..found
        };
        assert_eq!(same, free);
    }
}

/// Two lines and the plant that has both, all full: the three shadow prices are not unique, but prices
/// are.
#[test]
fn limits_that_say_the_same_are_met() {
    let case = Case::new(logit(-1.0, &[2.0, 2.5, 1.0]), vec![0, 0, 1], vec![1.0; 3]);
    let lines = [limit(&[0], 0.05), limit(&[1], 0.06)];
    let apart = certified(&case, &lines);
    let all = [lines[0].clone(), lines[1].clone(), limit(&[0, 1], 0.11)];
    let found = certified(&case, &all);
    assert_all_close(&found.price, &apart.price, 1e-9, "prices");
}

#[test]
fn a_given_price_at_which_too_much_is_sold_has_no_equilibrium() {
    let mut case = Case::new(logit(-1.0, &[2.0, 2.5]), vec![0, 1], vec![1.0, 1.0]);
    case.free = vec![false, true];
    let price = [2.0, 2.0];
    let sold = case.demand.shares(&price)[0];
    let at = |share: f64| {
        let limits = [limit(&[0], share)];
        find_within(&case.problem(), &limits, &price, Effort::Local)
    };
    assert_eq!(at(0.5 * sold).status, Status::NoEquilibrium);
    let room = at(2.0 * sold);
    assert_eq!((room.status, room.shadow), (Status::Certified, vec![0.0]));
}

/// The certificate sees shadow prices that are negative, idle, or miss the capacity.
#[test]
fn wrong_shadow_prices_are_refuted() {
    let case = Case::new(logit(-1.0, &[2.0, 2.5]), vec![0, 1], vec![1.0, 1.0]);
    let problem = case.problem();
    let effort = Effort::Local;
    for (share, shadow) in [(0.9, -0.1), (0.9, 0.1), (0.05, 0.01)] {
        let cost = [1.0 + shadow, 1.0];
        let lured = Case::new(case.demand.clone(), vec![0, 1], cost.to_vec());
        let price = find(&lured.problem(), &[2.0, 2.0], effort).price;
        let limits = [limit(&[0], share)];
        let local = certify_within(&problem, &limits, &price, &[shadow]);
        assert!(local.residual < SOLVED, "prices are best at these costs");
        assert_eq!(local.status, Status::NotConverged, "{share} {shadow}");
        assert!(local.capacity > 1e-3);
    }
}
