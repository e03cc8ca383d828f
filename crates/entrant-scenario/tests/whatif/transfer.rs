//! A brand effect from a lead elsewhere: the share that it says, whatever the range costs.

use entrant_data::spec::{EntrantSpec, QualitySpec};
use entrant_market::QualityModel;
use entrant_scenario::TransferDraw;

use crate::support::{World, entry, like};

fn phone(id: &str, price: f64, memory: f64) -> EntrantSpec {
    let mut spec = like(id, "b1", price, 0.5 * price, 0.0);
    spec.quality = QualitySpec {
        characteristics: true,
        transfer: true,
        ..QualitySpec::default()
    };
    spec.characteristics.insert("memory".into(), memory);
    spec
}

fn world(lead: f64, prices: [f64; 2]) -> World {
    let mut world = World::default()
        .with(phone("x1", prices[0], 128.0))
        .with(phone("x2", prices[1], 32.0));
    world.quality = QualityModel {
        columns: vec!["memory".into()],
        centre: vec![64.0],
        scale: vec![30.0],
        constant: 1.0,
        beta: vec![0.3],
        beta_root: vec![0.1],
        ..QualityModel::default()
    };
    world.draw.transfer = Some(TransferDraw {
        brand: "X".into(),
        rivals: vec!["A".into(), "B".into()],
        lead,
    });
    world
}

/// Lead of X over the geometric mean of A's and B's shares, at today's prices.
fn lead(world: &World) -> f64 {
    let after = world.edited(&entry(&["x1", "x2"]));
    let share = after.demand().shares(&after.prices());
    let of = |brand: &str| -> f64 {
        let own = after
            .products
            .iter()
            .zip(&share)
            .filter(|(p, _)| p.brand == brand);
        own.map(|(_, s)| s).sum::<f64>().ln()
    };
    of("X") - f64::midpoint(of("A"), of("B"))
}

#[test]
fn the_range_has_the_lead_that_it_is_given() {
    for given in [-2.5, -0.4, 0.7] {
        for prices in [[450.0, 150.0], [900.0, 300.0]] {
            let found = lead(&world(given, prices));
            assert!((found - given).abs() < 1e-9, "{found} {given}");
        }
    }
    let mut nested = world(-1.0, [450.0, 150.0]);
    nested.market.rho = 0.7;
    let all = |p: &mut entrant_market::Product| p.nest = Some("all".into());
    nested.market.products.iter_mut().for_each(all);
    nested.study.demand.nest = Some(entrant_data::spec::NestSpec {
        column: "all".into(),
        strength: entrant_data::Parameter::Given(crate::support::known(0.7)),
    });
    assert!((lead(&nested) + 1.0).abs() < 1e-9);
}

/// A feature keeps its own worth: products differ by theirs, and by nothing else.
#[test]
fn features_keep_their_worth() {
    let after = world(-1.0, [450.0, 150.0]).edited(&entry(&["x1", "x2"]));
    let utility = |id: &str| {
        after
            .products
            .iter()
            .find(|p| p.id == id)
            .expect("an entrant")
            .mean_utility
    };
    assert!((utility("x1") - utility("x2") - 0.3 * 96.0 / 30.0).abs() < 1e-12);
    // What only one of them is does not change the brand's effect.
    let alone = world(-1.0, [450.0, 150.0]).edited(&entry(&["x1"]));
    let one = alone
        .products
        .iter()
        .find(|p| p.id == "x1")
        .expect("an entrant");
    assert!((one.mean_utility - utility("x1")).abs() < 1e-12);
}

/// In a flat logit without spread and one product each, the effect is the lead plus what the
/// rivals' utility is less the entrant's own features and price.
#[test]
fn closed_form_of_a_logit() {
    let mut w = world(-0.6, [450.0, 150.0]);
    w.study.entrant.truncate(1);
    w.market.population.types.truncate(1);
    w.market.population.types[0].weight = 1.0;
    w.market.population.types[0].slope = -0.006;
    w.draw.transfer.as_mut().expect("a transfer").rivals = vec!["C".into()];
    let after = w.edited(&entry(&["x1"]));
    let find = |id: &str| {
        after
            .products
            .iter()
            .find(|p| p.id == id)
            .expect("a product")
    };
    let (x, c) = (find("x1"), find("c1"));
    let expected = -0.6 + c.mean_utility - 0.006 * c.price + 0.006 * 450.0;
    assert!(
        (x.mean_utility - expected).abs() < 1e-10,
        "{} {expected}",
        x.mean_utility
    );
}

#[test]
fn what_cannot_be_transferred_is_said() {
    let mut w = world(-1.0, [450.0, 150.0]);
    w.draw.transfer.as_mut().expect("a transfer").rivals = vec!["Nobody".into()];
    let error = w.refused(&entry(&["x1"]));
    assert!(error.path == "transfer.rivals" && error.message.contains("Nobody"));
    w.draw.transfer = None;
    assert_eq!(w.refused(&entry(&["x1"])).path, "transfer");
}
