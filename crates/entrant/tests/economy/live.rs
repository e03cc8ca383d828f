//! What a page of an estimated study solves again is what the run solved, bit by bit.

use entrant::data::result::live::LiveModel;
use entrant::data::result::{Change, MarketOutcome, Results};
use entrant_scenario::live::Live;

use super::{run, study};

fn results() -> Results {
    let mut loaded = study("nevo-cereal");
    loaded.study.markets = ["C01Q1", "C03Q1"].map(String::from).into();
    run(&loaded, 12, 2).expect("the study runs")
}

fn bits(c: &Change) -> [u64; 9] {
    let [a, b, d] = [&c.before, &c.after, &c.change];
    [
        a.low, a.median, a.high, b.low, b.median, b.high, d.low, d.median, d.high,
    ]
    .map(f64::to_bits)
}

fn same(a: &MarketOutcome, b: &MarketOutcome) {
    assert_eq!(a.draws, b.draws);
    assert_eq!(a.products.len(), b.products.len());
    for (p, q) in a.products.iter().zip(&b.products) {
        assert_eq!((&p.product, &p.firm), (&q.product, &q.firm));
        assert_eq!(bits(&p.price), bits(&q.price), "{}", p.product);
        assert_eq!(bits(&p.units), bits(&q.units), "{}", p.product);
    }
    for (f, g) in a.firms.iter().zip(&b.firms) {
        assert_eq!(bits(&f.profit), bits(&g.profit), "{}", f.firm);
    }
    assert_eq!(bits(&a.consumer_surplus), bits(&b.consumer_surplus));
}

#[test]
fn every_scenario_in_every_market_has_the_bits_of_the_run() {
    let r = results();
    let text = serde_json::to_string(r.live.as_ref().expect("the markets fit")).expect("JSON");
    let model: LiveModel = serde_json::from_str(&text).expect("JSON comes back");
    assert_eq!((model.markets.len(), model.markets[0].draws.len()), (2, 12));
    let live = Live::new(model.clone()).expect("a whole model");
    assert_eq!(model.scenarios.len(), r.scenarios.len());
    for (scenario, outcome) in model.scenarios.iter().zip(&r.scenarios) {
        for (t, market) in outcome.markets.iter().enumerate() {
            let mut what_if = live.start(t, scenario).expect("a scenario of the study");
            live.more(&mut what_if, 1_000);
            same(&live.answer(&what_if).outcome, market);
        }
    }
}

/// Where not all markets fit, the first are there, and each in enough draws.
#[test]
fn of_many_markets_the_first_are_carried() {
    let mut loaded = study("nevo-cereal");
    loaded.study.scenario.retain(|s| s.id == "merger");
    loaded.study.entrant.clear();
    let r = run(&loaded, 10, 2).expect("the study runs");
    let model = r.live.expect("some markets fit");
    let all = &r.scenarios[0].markets;
    assert!(model.markets.len() > 5 && model.markets.len() < all.len());
    for (carried, market) in model.markets.iter().zip(all) {
        assert_eq!(carried.id, market.market);
        assert_eq!(carried.draws.len(), 10);
    }
}
