//! Taxes, subsidies and currencies.

use entrant_data::spec::{CurrencySpec, ScenarioSpec, TaxSpec};
use entrant_scenario::stream::{Conditions, in_conditions};
use entrant_scenario::{ProductFacts, ScenarioDraws, summarise};

use crate::changes::{cost, tariff};
use crate::owners::stake;
use crate::support::{Run, World, assert_close, assert_same, known, scenario};

/// A tax per unit of a product.
pub fn tax(product: &str, per_unit: f64) -> TaxSpec {
    TaxSpec {
        products: vec![product.into()],
        firm: None,
        brand: None,
        of_price: None,
        per_unit: Some(known(per_unit)),
    }
}

fn of_price(firm: &str, part: f64) -> TaxSpec {
    TaxSpec {
        products: vec![],
        firm: Some(firm.into()),
        brand: None,
        of_price: Some(known(part)),
        per_unit: None,
    }
}

pub fn currency(firm: &str, part: f64, change: f64) -> CurrencySpec {
    CurrencySpec {
        products: vec![],
        firm: Some(firm.into()),
        brand: None,
        part_of_cost: known(part),
        change: known(change),
    }
}

/// How the weighted profits after taxes move with the price of product `j`, by differences, over
/// the share of the product.
pub fn slope_of_profit(run: &Run, j: usize, weight: impl Fn(usize) -> f64) -> f64 {
    let demand = run.after.demand();
    let profit = |step: f64| -> f64 {
        let mut price = run.draw.price_after.clone();
        price[j] += step;
        let share = demand.shares(&price);
        let one = |k: usize| {
            let earned = run.draw.kept[k] * price[k] - run.draw.cost_after[k];
            weight(k) * share[k] * earned
        };
        (0..price.len()).map(one).sum()
    };
    let h = 1e-4 * run.draw.price_after[j];
    // Richardson's: the error is of the fourth order.
    let central = |h: f64| (profit(h) - profit(-h)) / (2.0 * h);
    (4.0 * central(h / 2.0) - central(h)) / 3.0 / run.draw.share_after[j]
}

fn own(j: usize, k: usize) -> f64 {
    let firm = |j: usize| [0, 0, 1, 1, 2][j];
    f64::from(u8::from(firm(j) == firm(k)))
}

#[test]
fn a_tax_per_unit_is_a_cost_that_the_government_gets() {
    let world = World::default();
    let taxed = world.run(&ScenarioSpec {
        tax: vec![tax("b1", 20.0)],
        ..scenario("t")
    });
    let mut dearer = cost("B", Some(20.0), None);
    dearer.products = vec!["b1".into()];
    let costly = world.run(&ScenarioSpec {
        cost: vec![dearer],
        ..scenario("c")
    });
    assert_same(&taxed.draw.price_after, &costly.draw.price_after);
    assert_same(&taxed.draw.cost_after, &costly.draw.cost_after);
    assert_same(&[taxed.draw.taken(2), taxed.draw.taken(0)], &[20.0, 0.0]);
}

/// Profits after taxes, by differences: prices are best at what sellers keep.
#[test]
fn parts_of_the_price_leave_firms_no_better_price() {
    let world = World::default();
    let run = world.run(&ScenarioSpec {
        tax: vec![of_price("A", 0.15), of_price("B", -0.05), tax("a2", 12.0)],
        tariff: vec![tariff("C", 0.2)],
        ..scenario("t")
    });
    for j in 0..5 {
        let slope = slope_of_profit(&run, j, |k| own(j, k));
        assert!(slope.abs() < 1e-6, "{j} {slope}");
    }
    let d = &run.draw;
    let costs = world.market.costs();
    assert_close(
        &[d.cost_after[1], d.cost_after[4]],
        &[costs[1] + 12.0, costs[4] * 1.2],
        1e-14,
    );
    assert_close(&[d.taken(1)], &[0.15 * d.price_after[1] + 12.0], 1e-13);
    assert_close(&[d.taken(3)], &[-0.05 * d.price_after[3]], 1e-12);
    assert_close(&[d.taken(4)], &[0.2 * costs[4]], 1e-12);
}

/// What consumers pay is divided between firms, government and what is made; with a stake weights
/// are on money after taxes.
#[test]
fn money_adds_up_and_stakes_count_what_is_kept() {
    let world = World::default();
    let run = world.run(&ScenarioSpec {
        tax: vec![of_price("A", 0.1), tax("b2", -15.0), tax("c1", 4.0)],
        stake: vec![stake("C", "A", 0.25)],
        ..scenario("t")
    });
    for j in 0..5 {
        let weight = |k: usize| match (j, k) {
            (4, 0 | 1) => 0.25,
            _ => own(j, k),
        };
        let slope = slope_of_profit(&run, j, weight);
        assert!(slope.abs() < 1e-6, "{j} {slope}");
    }
    let facts = ProductFacts::of(&world.market, &run.after);
    let draws = [run.draw.clone()];
    let outcome = summarise(&ScenarioDraws {
        centred: false,
        market: "m",
        products: &facts,
        central: &run.draw,
        draws: &draws,
        level: 0.9,
    });
    let total = |f: fn(&entrant_data::result::ProductOutcome) -> f64| -> f64 {
        outcome.products.iter().map(f).sum()
    };
    let revenue = total(|p| p.revenue.after.median);
    let profit = total(|p| p.profit.after.median);
    let made: f64 = (0..5)
        .map(|j| world.market.size * run.draw.share_after[j] * world.market.products[j].cost)
        .sum();
    let government = outcome.government.expect("taxes").median;
    assert_close(&[profit + government + made], &[revenue], 1e-13);
    // Firms' profits in the certificate are after taxes too.
    let untaxed = world.run(&scenario("n"));
    let draws = [untaxed.draw.clone()];
    let none = summarise(&ScenarioDraws {
        centred: false,
        market: "m",
        products: &facts,
        central: &untaxed.draw,
        draws: &draws,
        level: 0.9,
    });
    assert!(none.government.is_none());
}

#[test]
fn a_firm_has_one_tax_on_its_prices() {
    let world = World::default();
    let mut some = of_price("A", 0.1);
    some.products = vec!["a2".into()];
    let mistake = world.refused(&ScenarioSpec {
        tax: vec![some],
        ..scenario("t")
    });
    assert!(mistake.message.contains("different taxes"), "{mistake:?}");
    let mistake = world.refused(&ScenarioSpec {
        tax: vec![of_price("A", 0.7), of_price("A", 0.4)],
        ..scenario("t")
    });
    assert!(
        mistake.message.contains("nothing of the price"),
        "{mistake:?}"
    );
}

#[test]
fn a_currency_moves_its_part_of_cost() {
    let world = World::default();
    let after = world.edited(&ScenarioSpec {
        currency: vec![currency("B", 0.6, 0.2)],
        ..scenario("c")
    });
    let was = world.market.costs();
    assert_close(&after.costs()[2..4], &[was[2] * 1.12, was[3] * 1.12], 1e-15);
    assert_same(&after.costs()[..2], &was[..2]);
    assert_same(&[after.products[2].levy.duty()], &[0.0]);
}

/// Costs that fall take tariffs along, and leave taxes per unit.
#[test]
fn erosion_of_costs_leaves_taxes_per_unit() {
    let world = World::default();
    let after = world.edited(&ScenarioSpec {
        tax: vec![tax("b1", 20.0), of_price("B", 0.1)],
        tariff: vec![tariff("B", 0.25)],
        ..scenario("t")
    });
    let later = in_conditions(
        &after,
        "X",
        Conditions {
            rivals_cost: 0.8,
            ..Conditions::SCENARIO
        },
    );
    let was = world.market.products[2].cost;
    let p = &later.products[2];
    assert_close(&[p.own_cost()], &[0.8 * was * 1.25 + 20.0], 1e-14);
    assert_close(&[p.levy.duty()], &[0.8 * was * 0.25 + 20.0], 1e-13);
}
