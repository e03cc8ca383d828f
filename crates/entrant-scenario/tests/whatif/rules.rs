//! Who answers, and how.

use entrant_data::spec::{PriceSpec, ScenarioSpec};
use entrant_data::{Price, Quantity};
use entrant_market::PriceRule;

use crate::changes::tariff;
use crate::support::{World, assert_close, assert_same, entry, like, scenario};

fn world() -> World {
    World::default().with(like("x", "b1", 450.0, 300.0, 20.0))
}

#[test]
fn firms_that_hold_keep_their_prices() {
    let run = world().run(&ScenarioSpec {
        hold: vec!["A".into(), "C".into()],
        ..entry(&["x"])
    });
    let (before, after) = (&run.draw.price_before, &run.draw.price_after);
    for j in [0, 1, 4] {
        assert_same(&before[j..=j], &after[j..=j]);
    }
    assert!((after[2] - before[2]).abs() > 1e-3 && (after[3] - before[3]).abs() > 1e-6);
    assert_same(&after[5..], &[450.0]);
}

#[test]
fn only_firms_that_reprice_move() {
    let run = world().run(&ScenarioSpec {
        reprice: Some(vec!["C".into()]),
        ..entry(&["x"])
    });
    let (before, after) = (&run.draw.price_before, &run.draw.price_after);
    assert_same(&before[..4], &after[..4]);
    assert!((after[4] - before[4]).abs() > 1e-6);
}

/// Holding prices is not holding quantities: a tariff is then paid from the margin.
#[test]
fn held_prices_do_not_follow_costs() {
    let run = world().run(&ScenarioSpec {
        tariff: vec![tariff("A", 0.2)],
        hold: vec!["A".into(), "B".into(), "C".into()],
        ..scenario("t")
    });
    assert_same(&run.draw.price_before, &run.draw.price_after);
    assert_same(&run.draw.share_before, &run.draw.share_after);
    assert!(run.draw.cost_after[0] > run.draw.cost_before[0]);
}

#[test]
fn nothing_changes_without_changes() {
    let run = world().run(&scenario("nothing"));
    // Observed prices are the equilibrium, to the solver's tolerance.
    assert_close(&run.draw.price_after, &run.draw.price_before, 1e-10);
    assert_close(&run.draw.share_after, &run.draw.share_before, 1e-10);
    assert!(run.draw.source.iter().all(|s| s.to_bits() == 0));
}

#[test]
fn a_target_margin_sets_the_price_after_tariffs() {
    let after = world().edited(&ScenarioSpec {
        tariff: vec![tariff("A", 0.2)],
        price: vec![PriceSpec {
            products: vec!["a1".into()],
            firm: None,
            brand: None,
            price: None,
            margin: Some(Quantity::known(0.25)),
        }],
        ..scenario("m")
    });
    let p = &after.products[0];
    assert_eq!(p.rule, PriceRule::Given);
    assert_close(&[1.0 - p.cost / p.price], &[0.25], 1e-15);
}

/// An entrant's price in the scenario goes before its own, and the order of rules does not
/// touch who answers.
#[test]
fn the_scenarios_price_rule_goes_first() {
    let mut s = entry(&["x"]);
    s.enter[0].price = Some(Price::Given(Quantity::known(410.0)));
    let after = world().edited(&s);
    assert_same(&after.prices()[5..], &[410.0]);
    s.enter[0].price = Some(Price::Optimal);
    s.reprice = Some(vec![]);
    let after = world().edited(&s);
    assert_eq!(after.products[5].rule, PriceRule::Optimal);
    assert!(
        after.products[..5]
            .iter()
            .all(|p| p.rule == PriceRule::Held)
    );
}
