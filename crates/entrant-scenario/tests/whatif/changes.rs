//! Changes of costs, owners and reach.

use entrant_data::Status;
use entrant_data::spec::{
    BanSpec, CostChangeSpec, ExitSpec, MergeSpec, ReachSpec, ScenarioSpec, TariffSpec,
};
use entrant_market::Market;
use entrant_scenario::{ProductFacts, ScenarioDraws, summarise};

use crate::support::{World, assert_close, assert_same, entry, known, like, scenario};

pub fn tariff(firm: &str, rate: f64) -> TariffSpec {
    TariffSpec {
        products: vec![],
        firm: Some(firm.into()),
        brand: None,
        rate: known(rate),
    }
}

pub fn cost(firm: &str, add: Option<f64>, factor: Option<f64>) -> CostChangeSpec {
    CostChangeSpec {
        products: vec![],
        firm: Some(firm.into()),
        brand: None,
        add: add.map(known),
        factor: factor.map(known),
    }
}

fn exit(ids: &[&str]) -> ExitSpec {
    ExitSpec {
        products: ids.iter().map(|s| (*s).to_owned()).collect(),
    }
}

fn same(a: &Market, b: &Market) {
    assert_eq!(a, b);
    assert_same(&a.costs(), &b.costs());
    assert_same(&a.prices(), &b.prices());
}

#[test]
fn a_tariff_is_a_cost_factor() {
    let world = World::default();
    let by_tariff = world.edited(&ScenarioSpec {
        tariff: vec![tariff("B", 0.25)],
        ..scenario("t")
    });
    let by_factor = world.edited(&ScenarioSpec {
        cost: vec![cost("B", None, Some(1.25))],
        ..scenario("t")
    });
    assert_same(&by_tariff.costs(), &by_factor.costs());
    assert_close(
        &[by_tariff.products[2].cost],
        &[world.market.products[2].cost * 1.25],
        1e-15,
    );
    assert_same(&by_tariff.costs()[..2], &world.market.costs()[..2]);
}

#[test]
fn a_tariff_comes_after_other_costs() {
    let after = World::default().edited(&ScenarioSpec {
        tariff: vec![tariff("C", 0.1)],
        cost: vec![cost("C", Some(10.0), Some(2.0))],
        ..scenario("t")
    });
    let before = World::default().market.products[4].cost;
    assert_close(
        &[after.products[4].cost],
        &[(before * 2.0 + 10.0) * 1.1],
        1e-15,
    );
}

#[test]
fn a_ban_is_the_exit_of_all_its_products() {
    let world = World::default().with(like("x", "b1", 450.0, 300.0, 20.0));
    let banned = world.edited(&ScenarioSpec {
        ban: vec![BanSpec { firm: "A".into() }, BanSpec { firm: "X".into() }],
        ..entry(&["x"])
    });
    let gone = world.edited(&ScenarioSpec {
        exit: vec![exit(&["a1", "a2", "x"])],
        ..entry(&["x"])
    });
    same(&banned, &gone);
}

#[test]
fn a_firm_that_merges_with_itself_is_unchanged() {
    let world = World::default();
    let merge = |firms: &[&str]| {
        world.edited(&ScenarioSpec {
            merge: vec![MergeSpec {
                firms: firms.iter().map(|s| (*s).to_owned()).collect(),
            }],
            ..scenario("m")
        })
    };
    same(&merge(&["A"]), &world.market);
    same(&merge(&["A", "A"]), &world.market);
}

#[test]
fn a_merger_raises_prices_and_concentration() {
    let world = World::default();
    let s = ScenarioSpec {
        merge: vec![MergeSpec {
            firms: vec!["A".into(), "C".into()],
        }],
        ..scenario("m")
    };
    let run = world.run(&s);
    for (a, b) in run.draw.price_after.iter().zip(&run.draw.price_before) {
        assert!(a > b);
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
    // The peer reports the index after a merger at the owners before it.
    let index = |share: &[f64], firms: &[&[usize]]| -> f64 {
        let total: f64 = share.iter().sum();
        let of = |f: &&[usize]| f.iter().map(|j| share[*j]).sum::<f64>();
        firms.iter().map(|f| (100.0 * of(f) / total).powi(2)).sum()
    };
    let before = index(&run.draw.share_before, &[&[0, 1], &[2, 3], &[4]]);
    let after = index(&run.draw.share_after, &[&[0, 1, 4], &[2, 3]]);
    assert_close(
        &[outcome.hhi.before.median, outcome.hhi.after.median],
        &[before, after],
        1e-12,
    );
    assert!(outcome.hhi.change.median > 100.0);
    assert_eq!(outcome.hhi.after.status, Status::Certified);
    assert_eq!(outcome.firms.len(), 2);
}

fn reach(segments: Option<&[&str]>, aware: Option<f64>) -> ReachSpec {
    ReachSpec {
        products: vec![],
        firm: None,
        brand: Some("B".into()),
        segments: segments.map(|s| s.iter().map(|x| (*x).to_owned()).collect()),
        aware: aware.map(known),
    }
}

#[test]
fn full_reach_is_no_change() {
    let world = World::default();
    let s = ScenarioSpec {
        reach: vec![reach(Some(&["web", "shop"]), Some(1.0))],
        ..scenario("r")
    };
    same(&world.edited(&s), &world.market);
}

/// With all other products known to everybody, awareness scales a product's buyers.
#[test]
fn awareness_and_segments_are_shares_of_consumers() {
    let world = World::default().with(like("x", "b1", 450.0, 300.0, 20.0));
    let share = |segments: Option<&[&str]>, aware: Option<f64>| {
        let mut s = entry(&["x"]);
        s.reprice = Some(vec![]);
        s.reach = vec![ReachSpec {
            brand: Some("X".into()),
            ..reach(segments, aware)
        }];
        world.run(&s).draw.share_after[5]
    };
    let all = share(None, None);
    assert_close(&[share(None, Some(0.4))], &[0.4 * all], 1e-13);
    assert_close(&[share(Some(&["web"]), None)], &[0.3 * all], 1e-13);
    assert_close(&[share(Some(&["shop"]), Some(0.5))], &[0.35 * all], 1e-13);
}
