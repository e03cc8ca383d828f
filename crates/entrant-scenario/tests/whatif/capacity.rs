//! What firms can sell at most.

use entrant_data::spec::{CapacitySpec, MergeSpec, PriceSpec, ScenarioSpec, TaxSpec};
use entrant_data::{Price, Status};
use entrant_market::Conduct;
use entrant_market::equilibrium::Effort;
use entrant_scenario::stream::{Conditions, in_conditions, sales};
use entrant_scenario::{
    Before, MarketDraw, ProductFacts, RunSettings, ScenarioDraws, run_market, summarise,
};

use crate::owners::{divest, stake};
use crate::support::{Run, World, assert_close, assert_same, enter, known, like, scenario};
use crate::taxes::tax;

/// A capacity of these products in units.
pub fn capacity(products: &[&str], units: f64) -> CapacitySpec {
    CapacitySpec {
        products: products.iter().map(|p| (*p).to_owned()).collect(),
        firm: None,
        brand: None,
        markets: vec![],
        units: Some(known(units)),
        times_today: None,
    }
}

fn of_today(firm: &str, times: f64) -> CapacitySpec {
    CapacitySpec {
        firm: Some(firm.into()),
        units: None,
        times_today: Some(known(times)),
        ..capacity(&[], 0.0)
    }
}

fn limited(capacity: Vec<CapacitySpec>) -> ScenarioSpec {
    ScenarioSpec {
        capacity,
        ..scenario("k")
    }
}

/// What a firm keeps after taxes at these prices.
fn profit(run: &Run, firm: &str, price: &[f64]) -> f64 {
    let share = run.after.demand().shares(price);
    let own = run.after.products.iter().enumerate();
    let own = own.filter(|(_, p)| p.firm == firm);
    own.map(|(j, p)| run.after.size * share[j] * p.earned(price[j]))
        .sum()
}

fn units(run: &Run, products: &[usize], price: &[f64]) -> f64 {
    let share = run.after.demand().shares(price);
    products.iter().map(|j| run.after.size * share[*j]).sum()
}

/// The prices of a firm with two products at which it sells `units` with the dearer first one, and
/// what it earns: the second price by bisection.
fn on_the_line(run: &Run, at: [usize; 2], units_sold: f64, first: f64) -> (Vec<f64>, f64) {
    let with = |second: f64| {
        let mut price = run.draw.price_after.clone();
        (price[at[0]], price[at[1]]) = (first, second);
        price
    };
    let (mut low, mut high) = (0.0, 5e3);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if units(run, &at, &with(middle)) > units_sold {
            low = middle;
        } else {
            high = middle;
        }
    }
    let price = with(low);
    let firm = run.after.products[at[0]].firm.clone();
    let earned = profit(run, &firm, &price);
    (price, earned)
}

/// With taxes on the price: no two prices of a full firm that sell its capacity earn more, and one more
/// unit earns the shadow price.
#[test]
fn a_full_firm_has_no_better_prices_and_its_shadow_price_is_what_a_unit_earns() {
    let world = World::default();
    let part = TaxSpec {
        products: vec![],
        firm: Some("B".into()),
        of_price: Some(known(0.12)),
        per_unit: None,
        ..tax("b1", 0.0)
    };
    let run = world.run(&ScenarioSpec {
        tax: vec![part, tax("b2", 9.0)],
        ..limited(vec![of_today("B", 0.6)])
    });
    let full = &run.draw.capacity[0];
    assert_eq!(full.products, [2, 3]);
    assert_close(&[full.sold], &[full.units], 1e-10);
    assert!(full.shadow > 0.0);
    let price = &run.draw.price_after;
    let ours = profit(&run, "B", price);
    let mut best: f64 = 0.0;
    for k in -40..=40 {
        let first = price[2] + 0.5 * f64::from(k);
        best = best.max(on_the_line(&run, [2, 3], full.units, first).1);
    }
    assert_close(&[ours], &[best], 1e-9);
    // Fewer units earn less too: the capacity is a burden.
    for k in -20..=20 {
        let first = price[2] + f64::from(k);
        let fewer = on_the_line(&run, [2, 3], 0.97 * full.units, first).1;
        assert!(fewer < ours);
    }
    // By the envelope theorem the first price, too, may stay where it is best.
    let step = 1e-4 * full.units;
    let earned = |extra: f64| on_the_line(&run, [2, 3], full.units + extra, price[2]).1;
    let gain = (earned(step) - earned(-step)) / (2.0 * step);
    assert_close(&[gain], &[full.shadow], 1e-6);
}

#[test]
fn a_capacity_that_is_never_full_changes_no_bit() {
    let world = World::default();
    let plain = world.run(&ScenarioSpec {
        tax: vec![tax("b1", 20.0)],
        ..scenario("t")
    });
    let wide = world.run(&ScenarioSpec {
        tax: vec![tax("b1", 20.0)],
        ..limited(vec![capacity(&["a1", "a2"], 1e6), of_today("B", 5.0)])
    });
    assert_same(&plain.draw.price_after, &wide.draw.price_after);
    assert_same(&plain.draw.share_after, &wide.draw.share_after);
    let shadow: Vec<f64> = wide.draw.capacity.iter().map(|c| c.shadow).collect();
    assert_same(&shadow, &[0.0, 0.0]);
}

/// A line and its plant are full: the firm's prices rise, and so do those of all rivals.
#[test]
fn scarcity_raises_prices_and_results_say_so() {
    let world = World::default();
    let run = world.run(&limited(vec![capacity(&["a1"], 4e4), of_today("A", 0.7)]));
    let before = world.market.prices();
    for (after, before) in run.draw.price_after.iter().zip(&before) {
        assert!(after > before);
    }
    assert!(run.draw.capacity.iter().all(|c| c.shadow > 0.0));
    let facts = ProductFacts::of(&world.market, &run.after);
    let outcome = outcome(&facts, &run.draw);
    let [line, plant] = &outcome.capacities[..] else {
        panic!("two capacities");
    };
    assert_eq!(line.products, ["a1"]);
    assert_eq!((&*plant.firm, plant.products.len()), ("A", 2));
    let [one, both] = [&line.shadow_price, &plant.shadow_price].map(|e| e.median);
    let of = |j: usize| outcome.products[j].shadow_price.map(|e| e.median);
    assert_same(&[of(0).expect("needs both")], &[one + both]);
    assert_same(&[of(1).expect("needs one")], &[both]);
    assert!(of(2).is_none());
    assert!(outcome.certificate.capacity.expect("capacities") < 1e-10);
    assert_same(&[line.used.median, plant.used.median], &[1.0, 1.0]);
    let sold: f64 = outcome.products[..2]
        .iter()
        .map(|p| p.units.after.median)
        .sum();
    // To what the certificate asks of complementarity.
    assert_close(&[plant.units.median], &[sold], 1e-10);
    // Profit counts what units cost, not what they are worth.
    let earned = run.draw.price_after[0] - world.market.costs()[0];
    let profit = outcome.products[0].profit.after.median;
    assert_close(&[profit], &[1e6 * run.draw.share_after[0] * earned], 1e-13);
}

fn outcome(facts: &[ProductFacts], draw: &MarketDraw) -> entrant_data::result::MarketOutcome {
    summarise(&ScenarioDraws {
        centred: false,
        market: "m",
        products: facts,
        central: draw,
        draws: std::slice::from_ref(draw),
        level: 0.9,
    })
}

/// Two firms that merge keep their plants apart; a product that is sold takes none along.
#[test]
fn capacities_select_by_todays_firm_and_stay_with_products() {
    let world = World::default();
    let merged = world.run(&ScenarioSpec {
        merge: vec![MergeSpec {
            firms: vec!["A".into(), "B".into()],
        }],
        ..limited(vec![of_today("A", 0.7), of_today("B", 0.9)])
    });
    let held: Vec<_> = merged.draw.capacity.iter().map(|c| &c.products).collect();
    assert_eq!(held, [&vec![0, 1], &vec![2, 3]]);
    assert_eq!(merged.after.products[0].firm, "A + B");
    let mistake = world.refused(&ScenarioSpec {
        divest: vec![divest(&["a2"], "D")],
        ..limited(vec![of_today("A", 0.7)])
    });
    assert!(
        mistake.message.contains("one capacity together"),
        "{mistake:?}"
    );
}

#[test]
fn entrants_can_be_full() {
    let world = World::default().with(like("x", "b1", 450.0, 300.0, 20.0));
    let mut chosen = enter(&["x"]);
    chosen.price = Some(Price::Optimal);
    let entry = ScenarioSpec {
        enter: vec![chosen.clone()],
        ..scenario("e")
    };
    let free = world.run(&entry);
    let sold = 1e6 * free.draw.share_after[5];
    let run = world.run(&ScenarioSpec {
        capacity: vec![capacity(&["x"], 0.5 * sold)],
        ..entry
    });
    assert_close(&[1e6 * run.draw.share_after[5]], &[0.5 * sold], 1e-10);
    let mistake = world.refused(&ScenarioSpec {
        enter: vec![chosen],
        ..limited(vec![of_today("X", 2.0)])
    });
    assert!(
        mistake.message.contains("nothing is sold today"),
        "{mistake:?}"
    );
}

/// A given price that sells more than there is has no equilibrium, and no number.
#[test]
fn a_given_price_cannot_keep_buyers_away() {
    let world = World::default();
    let after = world.edited(&ScenarioSpec {
        price: vec![PriceSpec {
            products: vec!["c1".into()],
            firm: None,
            brand: None,
            price: Some(Price::Given(known(250.0))),
            margin: None,
        }],
        ..limited(vec![of_today("C", 0.5)])
    });
    let settings = RunSettings {
        effort: Effort::Full { boxes: 4 },
        diversion: false,
    };
    let before = Before::new(&world.market);
    let draw = run_market(&before, &after, &after.prices(), settings);
    assert_eq!(draw.status, Status::NoEquilibrium);
    assert!(draw.capacity[0].shadow.is_nan());
}

#[test]
fn what_has_no_shadow_price_is_refused() {
    let world = World::default();
    let mistake = world.refused(&ScenarioSpec {
        stake: vec![stake("C", "A", 0.25)],
        ..limited(vec![of_today("A", 0.9)])
    });
    assert!(mistake.message.contains("a stake in it"), "{mistake:?}");
    // The owner of a stake may be full.
    world.run(&ScenarioSpec {
        stake: vec![stake("A", "C", 0.25)],
        ..limited(vec![of_today("A", 0.9)])
    });
    let mistake = world.refused(&limited(vec![capacity(&["a1"], 0.0)]));
    assert!(mistake.message.contains("above zero"), "{mistake:?}");
    let mut at_cost = World::default();
    at_cost.market.conduct = Conduct::Costs;
    let mistake = at_cost.refused(&limited(vec![of_today("A", 0.9)]));
    assert!(
        mistake.message.contains("perfect competition"),
        "{mistake:?}"
    );
    let mut apart = World::default();
    apart.market.conduct = Conduct::Products;
    let mistake = apart.refused(&limited(vec![of_today("A", 0.9)]));
    assert!(mistake.message.contains("its only one"), "{mistake:?}");
    apart.run(&limited(vec![capacity(&["a1"], 3e4)]));
}

/// In later periods too: with cheaper rivals a full firm may have units left.
#[test]
fn later_periods_have_the_capacity() {
    let world = World::default();
    let after = world.edited(&limited(vec![of_today("A", 0.9)]));
    let firms = ["A".to_owned()];
    let in_period = |rivals_cost: f64| {
        let at = Conditions {
            rivals_cost,
            ..Conditions::SCENARIO
        };
        let market = in_conditions(&after, "X", at);
        let start = vec![market.prices()];
        let found = sales(std::slice::from_ref(&market), &firms, &start);
        assert_eq!(found.status, Status::Certified);
        let share = market.demand().shares(&found.price[0]);
        (share[0] + share[1]) * 1e6 / after.capacities[0].units
    };
    assert_close(&[in_period(1.0)], &[1.0], 1e-10);
    assert!(in_period(0.5) < 1.0);
}
