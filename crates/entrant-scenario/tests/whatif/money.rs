//! Units of money do not matter.

use entrant_data::Price;
use entrant_data::spec::ScenarioSpec;

use crate::changes::{cost, tariff};
use crate::support::{Run, World, assert_close, entry, like};

fn run(money: f64, optimal: bool) -> Run {
    let world = World::new(money, 5)
        .with(like("x", "b1", 450.0 * money, 300.0 * money, 20.0 * money))
        .with(like("y", "c1", 180.0 * money, 120.0 * money, -15.0 * money));
    let mut s = ScenarioSpec {
        tariff: vec![tariff("A", 0.2)],
        cost: vec![cost("B", Some(12.0 * money), None)],
        ..entry(&["x", "y"])
    };
    if optimal {
        s.enter[0].price = Some(Price::Optimal);
    }
    world.run(&s)
}

#[test]
fn shares_and_relative_changes_do_not_depend_on_the_unit() {
    for optimal in [false, true] {
        let one = run(1.0, optimal).draw;
        for money in [1e3, 1e-3, 7.3] {
            let other = run(money, optimal).draw;
            let scaled: Vec<f64> = other.price_after.iter().map(|p| p / money).collect();
            // Both are solved to their own rounding.
            assert_close(&one.share_after, &other.share_after, 1e-10);
            assert_close(&one.price_after, &scaled, 1e-10);
            assert_close(&one.source, &other.source, 1e-9);
            assert_close(&[one.surplus_after], &[other.surplus_after / money], 1e-10);
            assert_close(&one.diversion, &other.diversion, 1e-9);
        }
    }
}
