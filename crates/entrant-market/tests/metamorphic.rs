//! Changes that must not matter, and changes whose direction is known.

use entrant_market::demand::{consumer_surplus, own_elasticities};
use entrant_market::equilibrium::{Effort, Equilibrium, PriceProblem, find};
use entrant_market::{Demand, Ownership};
use entrant_numeric::random::Stream;

use crate::support::{
    Case, Shape, assert_all_close, assert_close, moved, random_case, random_prices, shapes,
};

/// Two solves stop within 1e-12 of a price each, amplified by the slope of best replies.
const SOLVED: f64 = 1e-10;

fn solved(case: &Case, start: &[f64]) -> Equilibrium {
    find(&case.problem(), start, Effort::Full { boxes: 16 })
}

/// Random markets with an equilibrium, and it.
fn markets() -> Vec<(Case, Equilibrium)> {
    let mut rng = Stream::new(41, "metamorphic", 0);
    let mut all = Vec::new();
    for shape in shapes() {
        for _ in 0..2 {
            let case = random_case(&mut rng, &shape);
            let start = random_prices(&mut rng, &case.cost);
            let found = solved(&case, &start);
            if found.status.is_usable() {
                all.push((case, found));
            }
        }
    }
    // With strong nests and few types some markets have no equilibrium in pure strategies.
    assert!(all.len() >= 14, "only {} of 16 markets solved", all.len());
    all
}

/// The case with one more product of a new firm, in a nest of its own.
fn with_product(case: &Case, mean: f64, taste: f64, cost: f64, free: bool) -> Case {
    let mut more = case.clone();
    let n = case.products();
    more.demand.mean.push(mean);
    more.demand.taste = (0..case.demand.types())
        .flat_map(|i| [case.demand.taste_of(i), &[taste]].concat())
        .collect();
    more.demand.nest.push(case.demand.nests);
    more.demand.nests += 1;
    more.cost.push(cost);
    more.free.push(free);
    let firms = case.ownership.firms();
    let mut firm = case.ownership.firm.clone();
    firm.push(firms);
    more.ownership = Ownership::separate(firm);
    for owner in 0..firms {
        for of in (0..firms).filter(|of| *of != owner) {
            if let Some(k) = (0..n).find(|k| case.ownership.firm[*k] == of) {
                more.ownership
                    .set_weight(owner, of, case.ownership.weight_of_firm(owner, k));
            }
        }
    }
    more
}

#[test]
fn a_product_nobody_can_buy_changes_nothing() {
    for (case, found) in markets() {
        let n = case.products();
        let far_price = (with_product(&case, 1.0, 0.0, 1.0, false), 1e9);
        let not_sold = (with_product(&case, 1.0, f64::NEG_INFINITY, 1.0, true), 2.0);
        let hopeless = (with_product(&case, -700.0, 0.0, 1.0, true), 2.0);
        for (more, price) in [far_price, not_sold, hopeless] {
            let start = [found.price.clone(), vec![price]].concat();
            let again = solved(&more, &start);
            assert_eq!(again.status, found.status);
            assert_all_close(
                &again.price[..n],
                &found.price,
                SOLVED,
                "prices of the others",
            );
            let (before, after) = (
                case.demand.shares(&found.price),
                more.demand.shares(&again.price),
            );
            assert_all_close(&after[..n], &before, SOLVED, "shares of the others");
        }
    }
}

#[test]
fn a_free_product_priced_beyond_everyone_comes_back() {
    for (case, found) in markets() {
        let again = solved(&case, &moved(&found.price, 0, 1e9));
        assert_eq!(again.status, found.status);
        let listed = std::iter::once(&found.price).chain(&found.others);
        assert!(
            listed
                .into_iter()
                .any(|p| crate::support::near(&again.price, p, SOLVED)),
            "{:?}",
            again.price
        );
    }
}

#[test]
fn units_of_money_do_not_matter() {
    for (case, found) in markets() {
        for unit in [1e6, 1e-6] {
            let scaled = |v: &[f64]| -> Vec<f64> { v.iter().map(|x| x * unit).collect() };
            let mut other = case.clone();
            other.cost = scaled(&case.cost);
            other.demand.slope = case.demand.slope.iter().map(|a| a / unit).collect();
            let again = solved(&other, &scaled(&found.price));
            assert_eq!(again.status, found.status);
            assert_all_close(&again.price, &scaled(&found.price), SOLVED, "prices");
            assert_all_close(
                &other.demand.shares(&again.price),
                &case.demand.shares(&found.price),
                SOLVED,
                "shares",
            );
            let elasticities = own_elasticities(&other.demand, &again.price);
            assert_all_close(
                &elasticities,
                &own_elasticities(&case.demand, &found.price),
                SOLVED,
                "elasticities",
            );
            // Curvature is scaled: differences of prices at 1e-12 move it by as little.
            assert_close(
                again.local.curvature,
                found.local.curvature,
                1e-8,
                0.0,
                "curvature",
            );
        }
    }
}

#[test]
fn order_of_products_and_types_does_not_matter() {
    for (case, found) in markets() {
        let (n, types) = (case.products(), case.demand.types());
        let product = |j: usize| n - 1 - j;
        let pick = |v: &[f64]| -> Vec<f64> { (0..n).map(|j| v[product(j)]).collect() };
        let mut other = case.clone();
        let order: Vec<usize> = (0..types).rev().collect();
        other.demand = Demand {
            weight: order.iter().map(|i| case.demand.weight[*i]).collect(),
            slope: order.iter().map(|i| case.demand.slope[*i]).collect(),
            taste: order
                .iter()
                .flat_map(|i| pick(case.demand.taste_of(*i)))
                .collect(),
            mean: pick(&case.demand.mean),
            nest: (0..n).map(|j| case.demand.nest[product(j)]).collect(),
            ..case.demand.clone()
        };
        other.cost = pick(&case.cost);
        other.ownership.firm = (0..n).map(|j| case.ownership.firm[product(j)]).collect();
        let again = solved(&other, &pick(&found.price));
        assert_eq!(again.status, found.status);
        assert_all_close(&again.price, &pick(&found.price), SOLVED, "prices");
    }
}

#[test]
fn splitting_a_type_in_two_does_not_matter() {
    for (case, found) in markets() {
        let mut other = case.clone();
        let last = case.demand.types() - 1;
        other.demand.weight[last] *= 0.25;
        other.demand.weight.push(0.75 * case.demand.weight[last]);
        other.demand.slope.push(case.demand.slope[last]);
        other
            .demand
            .taste
            .extend(case.demand.taste_of(last).to_vec());
        let again = solved(&other, &found.price);
        assert_eq!(again.status, found.status);
        assert_all_close(&again.price, &found.price, SOLVED, "prices");
    }
}

#[test]
fn merging_a_firm_with_itself_changes_no_bit() {
    for (case, found) in markets() {
        let mut other = case.clone();
        other.ownership.set_weight(0, 0, 1.0);
        let start: Vec<f64> = case.cost.iter().map(|c| c + 1.0).collect();
        let (a, b) = (solved(&case, &start), solved(&other, &start));
        assert_eq!(a.price, b.price);
        assert_eq!(found.status, b.status);
    }
}

#[test]
fn a_full_stake_both_ways_is_a_merger() {
    let mut rng = Stream::new(42, "merger", 0);
    for shape in [
        Shape::default(),
        Shape {
            rho: 0.5,
            ..Shape::default()
        },
    ] {
        let case = random_case(&mut rng, &shape);
        let mut staked = case.clone();
        staked.ownership.set_weight(0, 1, 1.0);
        staked.ownership.set_weight(1, 0, 1.0);
        let mut merged = case.clone();
        merged.ownership = Ownership::separate(
            case.ownership
                .firm
                .iter()
                .map(|f| f.saturating_sub(1))
                .collect(),
        );
        let start = random_prices(&mut rng, &case.cost);
        let problem = |c: &Case| entrant_market::equilibrium::solve(&c.problem(), &start).price;
        assert_all_close(&problem(&staked), &problem(&merged), SOLVED, "prices");
    }
}

#[test]
fn surplus_falls_with_every_price() {
    for (case, found) in markets() {
        let before = consumer_surplus(&case.demand, &found.price);
        for j in 0..case.products() {
            assert!(consumer_surplus(&case.demand, &moved(&found.price, j, 0.1)) < before);
        }
    }
}

#[test]
fn a_logit_merger_never_lowers_the_prices_of_the_merging_firms() {
    let mut rng = Stream::new(43, "logit merger", 0);
    for _ in 0..20 {
        let shape = Shape {
            types: 1,
            slope_spread: 0.0,
            taste_spread: 0.0,
            products: 8,
            firms: 4,
            ..Shape::default()
        };
        let case = random_case(&mut rng, &shape);
        let start = random_prices(&mut rng, &case.cost);
        let before = solved(&case, &start).price;
        let mut merged = case.clone();
        merged.ownership = Ownership::separate(
            case.ownership
                .firm
                .iter()
                .map(|f| f.saturating_sub(1))
                .collect(),
        );
        let after = solved(&merged, &before).price;
        for j in 0..8 {
            // Prices are strategic complements in logit: the rivals follow.
            assert!(
                after[j] >= before[j] - 1e-11,
                "product {j}: {} to {}",
                before[j],
                after[j]
            );
            assert!(
                case.ownership.firm[j] > 1 || after[j] > before[j] + 1e-6,
                "product {j} of a merging firm"
            );
        }
    }
}

#[test]
fn given_prices_stay() {
    for (case, found) in markets() {
        let mut held = case.clone();
        held.free[0] = false;
        let start = moved(&found.price, 0, 0.3);
        let again = solved(&held, &start);
        assert!(again.status.is_usable());
        assert!(again.price[0].to_bits() == start[0].to_bits());
        let problem = PriceProblem {
            free: &held.free,
            ..held.problem()
        };
        assert!(
            entrant_market::equilibrium::certify(&problem, &again.price)
                .status
                .is_usable()
        );
    }
}
