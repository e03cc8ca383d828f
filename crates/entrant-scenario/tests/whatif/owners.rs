//! Divestiture and stakes.

use entrant_data::spec::{DivestSpec, MergeSpec, ScenarioSpec, StakeChangeSpec};

use crate::support::{World, assert_close, assert_same, known, scenario};
use crate::taxes::slope_of_profit;

pub fn divest(products: &[&str], to: &str) -> DivestSpec {
    DivestSpec {
        products: products.iter().map(|s| (*s).to_owned()).collect(),
        to: to.into(),
    }
}

pub fn stake(owner: &str, of: &str, weight: f64) -> StakeChangeSpec {
    StakeChangeSpec {
        owner: owner.into(),
        of: of.into(),
        weight: known(weight),
    }
}

fn merger(firms: &[&str]) -> MergeSpec {
    MergeSpec {
        firms: firms.iter().map(|s| (*s).to_owned()).collect(),
    }
}

/// All products of a firm in the hands of another: prices are those of their merger.
#[test]
fn buying_every_product_is_a_merger() {
    let world = World::default();
    let bought = world.run(&ScenarioSpec {
        divest: vec![divest(&["b1", "b2"], "A")],
        ..scenario("d")
    });
    let merged = world.run(&ScenarioSpec {
        merge: vec![merger(&["A", "B"])],
        ..scenario("m")
    });
    assert_same(&bought.draw.price_after, &merged.draw.price_after);
    let screens = |d: &entrant_scenario::MarketDraw| -> Vec<f64> {
        d.pressure[..4].iter().map(|p| p.upward).collect()
    };
    assert_same(&screens(&bought.draw), &screens(&merged.draw));
}

/// A merger whose buyer sells on to a new firm what it bought changes names alone.
#[test]
fn a_merger_with_everything_divested_changes_no_price() {
    let world = World::default();
    let run = world.run(&ScenarioSpec {
        divest: vec![divest(&["b1", "b2"], "N")],
        merge: vec![merger(&["A", "B"])],
        ..scenario("d")
    });
    assert_close(&run.draw.price_after, &world.market.prices(), 1e-11);
    assert_eq!(run.after.products[2].firm, "N");
    assert_eq!(run.after.products[0].firm, "A + B");
}

/// The hypothetical monopolist of all products of two firms: they go to a firm of its own, and
/// nobody else answers.
#[test]
fn a_hypothetical_monopolist_is_a_divestiture_that_rivals_do_not_answer() {
    let world = World::default();
    let run = world.run(&ScenarioSpec {
        divest: vec![divest(&["b1", "b2", "c1"], "Monopolist")],
        reprice: Some(vec!["Monopolist".into()]),
        ..scenario("h")
    });
    let own = [2, 3, 4];
    for j in 0..5 {
        let (was, is) = (world.market.products[j].price, run.draw.price_after[j]);
        assert_eq!(own.contains(&j), is > was, "{was} {is}");
        if !own.contains(&j) {
            assert_same(&[was], &[is]);
        }
    }
    for j in own {
        let slope = slope_of_profit(&run, j, |k| if own.contains(&k) { 1.0 } else { 0.0 });
        assert!(slope.abs() < 1e-6, "{slope}");
    }
}

/// First-order conditions by differences: own profit and the weighted profit of the other.
#[test]
fn a_stake_is_a_weight_on_profit() {
    let world = World::default();
    let run = world.run(&ScenarioSpec {
        stake: vec![stake("A", "B", 0.3)],
        ..scenario("s")
    });
    let counts = |j: usize, k: usize| match (j, k) {
        (0 | 1, 0 | 1) | (2 | 3, 2 | 3) | (4, 4) => 1.0,
        (0 | 1, 2 | 3) => 0.3,
        _ => 0.0,
    };
    for j in 0..5 {
        let slope = slope_of_profit(&run, j, |k| counts(j, k));
        assert!(slope.abs() < 1e-6, "{j} {slope}");
    }
    assert!(run.draw.price_after[0] > world.market.products[0].price);
}

#[test]
fn stakes_of_firms_that_merge_add_up() {
    let after = World::default().edited(&ScenarioSpec {
        stake: vec![
            stake("B", "C", 0.1),
            stake("A", "C", 0.2),
            stake("A", "B", 0.4),
        ],
        merge: vec![merger(&["A", "B"])],
        ..scenario("s")
    });
    assert_eq!(after.stakes.len(), 1);
    assert_eq!((&*after.stakes[0].0, &*after.stakes[0].1), ("A + B", "C"));
    assert_close(&[after.stakes[0].2], &[0.3], 1e-15);
}

#[test]
fn a_stake_of_nothing_is_none_and_ends_one() {
    let mut world = World::default();
    let none = world.edited(&ScenarioSpec {
        stake: vec![stake("A", "B", 0.0)],
        ..scenario("s")
    });
    assert_eq!(none, world.market);
    world.market.stakes = vec![("A".into(), "B".into(), 0.3)];
    let ended = world.edited(&ScenarioSpec {
        stake: vec![stake("A", "B", 0.0)],
        ..scenario("s")
    });
    assert!(ended.stakes.is_empty());
}
