//! The changes of a scenario are a set.

use entrant_data::Price;
use entrant_data::spec::{
    BanSpec, CharacteristicSpec, ExitSpec, MergeSpec, PriceSpec, ReachSpec, ScenarioSpec,
};
use entrant_market::QualityModel;

use crate::capacity::capacity;
use crate::changes::{cost, tariff};
use crate::owners::{divest, stake};
use crate::support::{World, assert_same, enter, known, like, scenario};
use crate::taxes::{currency, tax};

fn world() -> World {
    let mut world = World::default()
        .with(like("x", "b1", 450.0, 300.0, 20.0))
        .with(like("y", "c1", 200.0, 150.0, 0.0))
        .with(like("z", "a2", 520.0, 350.0, -10.0));
    world.quality = QualityModel {
        columns: vec!["memory".into(), "screen".into()],
        centre: vec![64.0, 5.5],
        scale: vec![30.0, 0.4],
        beta: vec![0.3, 0.17],
        beta_root: vec![0.1, 0.0, 0.02, 0.07],
        ..QualityModel::default()
    };
    world.draw.beta = vec![0.7, -0.3];
    for e in &mut world.study.entrant {
        e.characteristics.insert("memory".into(), 64.1);
        e.characteristics.insert("screen".into(), 5.3);
    }
    world
}

fn changes() -> ScenarioSpec {
    let mut wide = enter(&["z", "x"]);
    wide.aware = Some(known(0.7));
    let price = |product: &str, v: f64| PriceSpec {
        products: vec![product.into()],
        firm: None,
        brand: None,
        price: Some(Price::Given(known(v))),
        margin: None,
    };
    let becomes = |column: &str, value: f64| CharacteristicSpec {
        product: "x".into(),
        column: column.into(),
        value,
    };
    let aware = |brand: &str, v: f64| ReachSpec {
        products: vec![],
        firm: None,
        brand: Some(brand.into()),
        segments: Some(vec!["shop".into()]),
        aware: Some(known(v)),
    };
    let merge = |a: &str, b: &str| MergeSpec {
        firms: vec![a.into(), b.into()],
    };
    ScenarioSpec {
        enter: vec![enter(&["y"]), wide],
        exit: vec![
            ExitSpec {
                products: vec!["b2".into()],
            },
            ExitSpec {
                products: vec!["y".into()],
            },
        ],
        ban: vec![BanSpec { firm: "D".into() }],
        merge: vec![merge("A", "B"), merge("C", "B")],
        cost: vec![
            cost("A", Some(3.3), Some(1.07)),
            cost("A", None, Some(0.93)),
            cost("A", Some(-1.7), None),
        ],
        divest: vec![divest(&["y"], "E"), divest(&["z"], "C")],
        stake: vec![stake("C", "E", 0.2), stake("A", "E", 0.3)],
        currency: vec![currency("A", 0.4, -0.1), currency("A", 0.7, 0.03)],
        tax: vec![tax("c1", 1.5), tax("c1", 0.3)],
        tariff: vec![tariff("A", 0.11), tariff("X", 0.07), tariff("A", 0.013)],
        capacity: vec![
            capacity(&["a1", "a2"], 9e4),
            capacity(&["a1"], 3e4),
            capacity(&["a2", "a1"], 8e4),
        ],
        characteristic: vec![becomes("screen", 6.1), becomes("memory", 128.0)],
        reach: vec![aware("C", 0.9), aware("B", 0.8)],
        price: vec![price("c1", 260.0), price("b1", 740.0)],
        ..scenario("s")
    }
}

fn reversed(s: &ScenarioSpec) -> ScenarioSpec {
    let mut r = s.clone();
    r.enter.reverse();
    r.enter.iter_mut().for_each(|e| e.products.reverse());
    r.exit.reverse();
    r.ban.reverse();
    r.merge.reverse();
    r.cost.reverse();
    r.tariff.reverse();
    r.divest.reverse();
    r.stake.reverse();
    r.currency.reverse();
    r.tax.reverse();
    r.capacity.reverse();
    r.characteristic.reverse();
    r.reach.reverse();
    r.price.reverse();
    r
}

#[test]
fn the_order_of_changes_does_not_change_a_bit() {
    let (world, s) = (world(), changes());
    let other = reversed(&s);
    let (one, two) = (world.edited(&s), world.edited(&other));
    assert_eq!(one, two);
    let (one, two) = (world.run(&s).draw, world.run(&other).draw);
    assert_same(&one.price_after, &two.price_after);
    assert_same(&one.share_after, &two.share_after);
    assert_same(&one.source, &two.source);
    assert_same(&one.diversion, &two.diversion);
}

#[test]
fn mergers_that_share_a_firm_are_one() {
    let after = world().edited(&changes());
    let firms: Vec<&str> = after.products.iter().map(|p| p.firm.as_str()).collect();
    assert_eq!(firms[..5], ["A + B + C"; 5]);
}

/// A characteristic is worth what this draw of the feature model says.
#[test]
fn characteristics_move_utility_by_their_drawn_worth() {
    let world = world();
    let mut s = scenario("c");
    s.enter = vec![enter(&["x"])];
    let plain = world.edited(&s).products[5].mean_utility;
    s.characteristic = changes().characteristic;
    let moved = world.edited(&s).products[5].mean_utility - plain;
    let memory = (0.3 + 0.1 * 0.7) / 30.0;
    let screen = (0.17 + 0.02 * 0.7 - 0.07 * 0.3) / 0.4;
    let expected = memory * (128.0 - 64.1) + screen * (6.1 - 5.3);
    // Sums of numbers of order one.
    assert!((moved - expected).abs() < 1e-14, "{moved} {expected}");
}
