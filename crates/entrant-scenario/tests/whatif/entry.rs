//! Entry: its limits, its volume and its quality.

use entrant_data::Price;
use entrant_data::spec::{ExitSpec, PriceSpec, QualitySpec, ReachSpec};
use entrant_market::PriceRule;

use crate::support::{
    ALPHA, World, assert_close, assert_same, enter, entry, known, like, scenario,
};

/// Solved prices are certified to 1e-10 or better.
const SOLVED: f64 = 1e-10;

#[test]
fn entry_at_an_infinite_price_changes_nothing() {
    let world = World::default().with(like("x", "a1", 1e9, 100.0, 0.0));
    let run = world.run(&entry(&["x"]));
    assert_close(
        &run.draw.price_after[..5],
        &run.draw.price_before[..5],
        SOLVED,
    );
    assert_close(
        &run.draw.share_after[..5],
        &run.draw.share_before[..5],
        SOLVED,
    );
    assert!(run.draw.share_after[5] < 1e-300);
}

#[test]
fn exit_undoes_entry() {
    let world = World::default().with(like("x", "b1", 450.0, 300.0, 20.0));
    let mut both = entry(&["x"]);
    both.exit = vec![ExitSpec {
        products: vec!["x".into()],
    }];
    let run = world.run(&both);
    assert_close(
        &run.draw.price_after[..5],
        &run.draw.price_before[..5],
        SOLVED,
    );
    assert_close(
        &run.draw.share_after[..5],
        &run.draw.share_before[..5],
        SOLVED,
    );
    assert!(run.draw.price_after[5].is_nan() && run.draw.share_after[5].to_bits() == 0);
    // The entry itself does change prices, or the test would prove nothing.
    let moved = world.run(&entry(&["x"])).draw;
    assert!((moved.price_after[0] / moved.price_before[0] - 1.0).abs() > 1e-4);
}

#[test]
fn a_twin_gets_its_twins_share() {
    let world = World::default();
    let b1 = &world.market.products[2];
    let world = world.clone().with(like("x", "b1", b1.price, b1.cost, 0.0));
    let mut s = entry(&["x"]);
    s.reprice = Some(vec![]);
    let run = world.run(&s);
    assert_same(&run.draw.share_after[2..3], &run.draw.share_after[5..6]);
    // One firm each, same cost, same utility: optimal prices agree too when both are alone.
    let mut alone = entry(&["x"]);
    alone.enter[0].price = Some(Price::Optimal);
    alone.exit = vec![ExitSpec {
        products: vec!["b2".into()],
    }];
    let run = world.run(&alone);
    assert_close(
        &run.draw.price_after[2..3],
        &run.draw.price_after[5..6],
        SOLVED,
    );
    assert_close(
        &run.draw.share_after[2..3],
        &run.draw.share_after[5..6],
        SOLVED,
    );
}

/// An even number of nodes has no node at the median.
#[test]
fn plus_is_worth_itself_to_the_median_consumer() {
    for nodes in [1, 4, 5, 8, 9] {
        let world = World::new(1.0, nodes).with(like("x", "a2", 500.0, 300.0, 70.0));
        let after = world.edited(&entry(&["x"]));
        let moved = after.products[5].mean_utility - after.products[1].mean_utility;
        // Two roundings.
        assert!(
            (moved / (ALPHA * 70.0) - 1.0).abs() < 1e-13,
            "{nodes}: {moved}"
        );
    }
}

#[test]
fn target_shares_are_met_before_rivals_answer() {
    let share = |v: f64| QualitySpec {
        share: Some(known(v)),
        ..QualitySpec::default()
    };
    let mut first = like("x", "a1", 400.0, 300.0, 0.0);
    first.quality = share(0.08);
    let mut second = like("y", "a1", 700.0, 500.0, 0.0);
    second.quality = share(0.03);
    let world = World::default().with(first).with(second);
    let mut s = entry(&["x", "y"]);
    s.enter[0].segments = Some(vec!["web".into()]);
    s.enter[0].aware = Some(known(0.8));
    s.reprice = Some(vec![]);
    let run = world.run(&s);
    let total: f64 = run.draw.share_after.iter().sum();
    assert_close(&[run.draw.share_after[5] / total], &[0.08], 1e-9);
    assert_close(&[run.draw.share_after[6] / total], &[0.03], 1e-9);
}

#[test]
fn volume_source_sums_to_the_entrants_units() {
    let world = World::default()
        .with(like("x", "b1", 450.0, 300.0, 20.0))
        .with(like("y", "c1", 200.0, 150.0, 0.0));
    let run = world.run(&entry(&["x", "y"]));
    let gained: f64 = run.draw.source.iter().sum();
    let sold: f64 = run.draw.share_after[5..].iter().sum();
    // Differences of shares of order 0.1.
    assert!((gained - sold).abs() < 1e-15 * 10.0, "{gained} {sold}");
    assert!(run.draw.source.iter().all(|s| *s >= 0.0));
}

#[test]
fn consumers_gain_from_entry_at_given_prices() {
    let world = World::default().with(like("x", "b1", 450.0, 300.0, 20.0));
    let mut s = entry(&["x"]);
    s.reprice = Some(vec![]);
    let run = world.run(&s);
    assert!(run.draw.surplus_after > run.draw.surplus_before);
    // A product that nobody knows is worth nothing.
    s.reach = vec![ReachSpec {
        products: vec!["x".into()],
        firm: None,
        brand: None,
        segments: None,
        aware: Some(known(1e-300)),
    }];
    let nobody = world.run(&s);
    assert_close(
        &[nobody.draw.surplus_after],
        &[nobody.draw.surplus_before],
        1e-12,
    );
}

/// The entrant's own price is where its profit stops rising, by differences.
#[test]
fn an_optimal_entrant_price_meets_its_first_order_condition() {
    let world = World::default()
        .with(like("x", "b1", 450.0, 300.0, 20.0))
        .with(like("y", "c1", 200.0, 150.0, 0.0));
    let mut s = entry(&["x", "y"]);
    s.price = vec![PriceSpec {
        products: vec![],
        firm: Some("X".into()),
        brand: None,
        price: Some(Price::Optimal),
        margin: None,
    }];
    let run = world.run(&s);
    let demand = run.after.demand();
    let profit = |price: &[f64]| -> f64 {
        let share = demand.shares(price);
        (5..7)
            .map(|j| share[j] * (price[j] - run.draw.cost_after[j]))
            .sum()
    };
    assert_eq!(run.after.products[5].rule, PriceRule::Optimal);
    let best = profit(&run.draw.price_after);
    for j in 5..7 {
        let h = 1e-3 * run.draw.price_after[j];
        let at = |step: f64| {
            let mut p = run.draw.price_after.clone();
            p[j] += step;
            profit(&p)
        };
        // Central differences: truncation 1e-6 of the curvature, here far below 1e-6 of profit.
        assert!(((at(h) - at(-h)) / (2.0 * best) * run.draw.price_after[j] / h).abs() < 1e-4);
        assert!(at(h) < best && at(-h) < best);
    }
}

#[test]
fn entrants_stay_out_of_other_markets() {
    let world = World::default().with(like("x", "b1", 450.0, 300.0, 20.0));
    let mut s = scenario("elsewhere");
    let mut there = enter(&["x"]);
    there.markets = vec!["other".into()];
    s.enter = vec![there];
    assert_eq!(world.edited(&s).products.len(), 5);
}
