//! What the page solves again is what the run solved: the markets travel as JSON, and the numbers
//! come back with their bits.

use entrant::data::result::live::LiveModel;
use entrant::data::result::{Change, Estimate, MarketOutcome, Results};
use entrant::data::spec::ScenarioSpec;
use entrant_scenario::live::{Answer, Live};

use crate::support::{self, Folder, KNOWN, UNCERTAIN};

const MORE: &str = r#"
[inputs]
known_by = { dist = "uniform", low = 0.2, high = 0.6, mark = "assumed" }

[[segment]]
id = "shop"
share = { dist = "uniform", low = 0.5, high = 0.7 }

[[segment]]
id = "web"
share = 0.4

[[entrant]]
id = "y"
firm = "X"
price = "optimal"
cost = { known = 150 }
quality = { characteristics = true }
characteristics = { memory = 32, screen = 5.5 }

[[entrant]]
id = "z"
firm = "X"
price = 300
cost = { margin = 0.1 }
quality = { share = { dist = "uniform", low = 0.02, high = 0.05 } }
characteristics = { memory = 32, screen = 5.5 }

[[scenario]]
id = "many"
title = "Two products, one known by some"
hold = ["A"]

[[scenario.enter]]
products = ["x"]
segments = ["web"]
aware = "known_by"

[[scenario.enter]]
products = ["y", "z"]
aware = { dist = "triangular", low = 0.1, mode = 0.2, high = 0.5 }

[[scenario.ban]]
firm = "C"

[[scenario.price]]
products = ["b2"]
price = { dist = "uniform", low = 280, high = 310 }

[[scenario.characteristic]]
product = "x"
column = "memory"
value = 128

[[scenario]]
id = "costs"
title = "A tariff, a merger"

[[scenario.tariff]]
firm = "A"
rate = { dist = "uniform", low = 0.1, high = 0.2 }

[[scenario.merge]]
firms = ["A", "B"]

[[scenario.exit]]
products = ["c2"]

[[scenario]]
id = "full"
title = "One product of A is scarce, and so are all of B"

[[scenario.capacity]]
products = ["a1"]
times_today = 0.6

[[scenario.capacity]]
firm = "B"
times_today = { dist = "uniform", low = 0.8, high = 1.1 }
"#;

/// What a page reads of results.
fn carried(r: &Results) -> LiveModel {
    let text = serde_json::to_string(r.live.as_ref().expect("the markets fit")).expect("JSON");
    serde_json::from_str(&text).expect("JSON that was written comes back")
}

fn solved(live: &Live, scenario: &ScenarioSpec) -> Answer {
    let mut what_if = live.start(0, scenario).expect("a scenario of the study");
    // In two goes, as a page does it.
    live.more(&mut what_if, 7);
    let (done, of) = live.more(&mut what_if, 1_000);
    assert_eq!(done, of);
    live.answer(&what_if)
}

/// Low, median and high bit by bit; what they are at the central values, a run of a calibrated
/// study does not say.
fn same(what: &str, a: &Estimate, b: &Estimate) {
    let bits = |e: &Estimate| [e.low, e.median, e.high].map(f64::to_bits);
    assert_eq!(bits(a), bits(b), "{what}: {a:?} {b:?}");
}

fn same_change(what: &str, a: &Change, b: &Change) {
    same(what, &a.before, &b.before);
    same(what, &a.after, &b.after);
    same(what, &a.change, &b.change);
    assert_eq!(a.relative.is_some(), b.relative.is_some(), "{what}");
}

fn same_outcome(a: &MarketOutcome, b: &MarketOutcome) {
    assert_eq!(a.draws, b.draws);
    assert_eq!(a.products.len(), b.products.len());
    for (p, q) in a.products.iter().zip(&b.products) {
        assert_eq!(
            (&p.product, &p.firm, &p.price_rule),
            (&q.product, &q.firm, &q.price_rule)
        );
        same_change(&p.product, &p.price, &q.price);
        same_change(&p.product, &p.units, &q.units);
        same_change(&p.product, &p.profit, &q.profit);
    }
    for (f, g) in a.firms.iter().zip(&b.firms) {
        same_change(&f.firm, &f.unit_share, &g.unit_share);
        same_change(&f.firm, &f.revenue, &g.revenue);
        same_change(&f.firm, &f.profit, &g.profit);
    }
    assert_eq!(a.capacities.len(), b.capacities.len());
    for (c, d) in a.capacities.iter().zip(&b.capacities) {
        assert_eq!((&c.products, c.full), (&d.products, d.full));
        same("shadow price", &c.shadow_price, &d.shadow_price);
        same("used", &c.used, &d.used);
    }
    same_change("surplus", &a.consumer_surplus, &b.consumer_surplus);
    for (v, w) in a.volume_source.iter().zip(&b.volume_source) {
        same(&v.from, &v.units, &w.units);
    }
}

#[test]
fn every_scenario_solved_again_has_the_bits_of_the_run() {
    let folder = Folder::with(&UNCERTAIN, MORE);
    let r = support::results(&folder.read().expect("a study"), 24);
    let model = carried(&r);
    assert_eq!(model.markets[0].draws.len(), 24);
    let live = Live::new(model.clone()).expect("a whole model");
    assert_eq!(model.scenarios.len(), r.scenarios.len());
    for (scenario, outcome) in model.scenarios.iter().zip(&r.scenarios) {
        let again = solved(&live, scenario);
        same_outcome(&again.outcome, &outcome.markets[0]);
        let local = (again.outcome.status, outcome.markets[0].status);
        assert!(local.0.is_usable() && local.1.is_usable(), "{local:?}");
    }
    let full = r.scenarios.iter().find(|s| s.id == "full");
    let scarce = &full.expect("a scenario").markets[0].capacities;
    assert!(scarce[0].shadow_price.low > 0.0 && scarce[1].full > 0.0 && scarce[1].full < 1.0);
}

#[test]
fn a_steady_entry_is_worth_what_the_run_says() {
    let folder = Folder::new(&UNCERTAIN);
    let r = support::results(&folder.read().expect("a study"), 12);
    let model = carried(&r);
    let live = Live::new(model.clone()).expect("a whole model");
    for (scenario, outcome) in model.scenarios.iter().zip(&r.scenarios) {
        let (again, run) = (solved(&live, scenario), outcome.worth.as_ref());
        let (again, run) = (again.worth.expect("X enters"), run.expect("X enters"));
        same("value", &again.value, &run.value);
        same("break-even", &again.discounted, &run.break_even);
    }
}

#[test]
fn many_draws_are_thinned_and_each_is_a_draw_of_the_run() {
    let folder = Folder::new(&UNCERTAIN);
    let study = folder.read().expect("a study");
    let (few, many) = (support::results(&study, 61), support::results(&study, 125));
    let (few, many) = (carried(&few), carried(&many));
    assert_eq!(many.markets[0].draws.len(), 60);
    // Every second draw of 125, every one of 61: the first of each are draws 0, 2, 4 ...
    for k in 0..30 {
        assert_eq!(many.markets[0].draws[k], few.markets[0].draws[2 * k]);
    }
}

#[test]
fn a_scenario_that_names_nothing_known_is_refused() {
    let folder = Folder::new(&KNOWN);
    let r = support::results(&folder.read().expect("a study"), 3);
    let model = carried(&r);
    let live = Live::new(model.clone()).expect("a whole model");
    let from = |json: &str| serde_json::from_str::<ScenarioSpec>(json).expect("a scenario");
    let refused = [
        r#"{"id":"a","title":"","enter":[{"products":["nobody"]}]}"#,
        r#"{"id":"a","title":"","enter":[{"products":["x"],"aware":"no_input"}]}"#,
        r#"{"id":"a","title":"","characteristic":[{"product":"x","column":"weight","value":1}]}"#,
    ];
    for json in refused {
        assert!(live.start(0, &from(json)).is_err(), "{json}");
    }
    assert!(
        live.start(1, &model.scenarios[0]).is_err(),
        "a market that is not there"
    );
    let mut short = model.clone();
    short.markets[0].central.products.pop();
    assert!(Live::new(short).is_err(), "lists of different lengths");
}
