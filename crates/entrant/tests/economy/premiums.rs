//! Premiums of an estimated study: a feature again as a scenario that takes it away.

use entrant::data::Quantity;
use entrant::data::spec::{
    BudgetSpec, CharacteristicSpec, CostChangeSpec, FeatureSpec, PremiumsSpec, ScenarioSpec,
};
use entrant::io::LoadedEstimation;

use super::logit::{Panel, estimate, logit};
use super::{close, product, run};

const PRODUCT: &str = "F1B04";
const MARKET: &str = "C01Q1";

fn study() -> LoadedEstimation {
    let mut loaded = logit("1 + prices + sugar", &["C01*"]);
    let panel = Panel::of(&loaded, MARKET);
    let at = panel.product.iter().position(|p| p == PRODUCT);
    let sugar = panel.sugar(at.expect("there"));
    let mut cheapest: Vec<usize> = (0..panel.price.len()).filter(|j| Some(*j) != at).collect();
    cheapest.sort_by(|a, b| panel.price[*a].total_cmp(&panel.price[*b]));
    let study = &mut loaded.study;
    study.scenario = vec![ScenarioSpec {
        id: "without".into(),
        title: "Without two spoons of sugar".into(),
        characteristic: vec![CharacteristicSpec {
            product: PRODUCT.into(),
            column: "sugar".into(),
            value: sugar - 2.0,
        }],
        cost: vec![CostChangeSpec {
            products: vec![PRODUCT.into()],
            firm: None,
            brand: None,
            add: Some(Quantity::known(-0.003)),
            factor: None,
        }],
        ..ScenarioSpec::default()
    }];
    study.report.headline = "without".into();
    study.premiums = Some(PremiumsSpec {
        market: MARKET.into(),
        scenario: None,
        focus: vec![PRODUCT.into()],
        feature: vec![FeatureSpec {
            column: "sugar".into(),
            title: "Two spoons".into(),
            step: Some(2.0),
            level: Some(sugar),
            cost: Some(Quantity::known(0.003)),
        }],
        brands: vec!["1".into()],
        reference: Vec::new(),
        budget: BudgetSpec {
            below: None,
            products: vec![panel.product[cheapest[0]].clone()],
        },
        draws: Some(12),
    });
    loaded
}

#[test]
fn a_feature_is_a_scenario_that_takes_it_away() {
    let loaded = study();
    let results = run(&loaded, 20, 2).expect("a run");
    let report = results.premiums.as_deref().expect("asked for");
    assert_eq!((&*report.market, report.draws), (MARKET, 12));
    assert!(report.status.is_usable(), "{:?}", report.status);
    let feature = &report.subjects[0];
    let [alpha, _] = estimate(&results, "beta[prices]");
    let [sugar, _] = estimate(&results, "beta[sugar]");
    let worth = feature.median_consumer.central.expect("at the estimates");
    close("worth", worth, -2.0 * sugar / alpha, 1e-12);
    // One taste for all: everybody's worth is the same.
    for w in &feature.worth {
        close("group", w.central.expect("a number"), worth, 1e-12);
    }
    assert!(feature.median_consumer.low < worth && worth < feature.median_consumer.high);
    let value = &feature.values[0];
    assert_eq!(value.products, [PRODUCT]);
    let outcome = &results.scenarios[0].markets[0];
    assert_eq!(outcome.market, MARKET);
    let gone = product(outcome, PRODUCT);
    let firm = outcome
        .firms
        .iter()
        .find(|f| f.firm == gone.firm)
        .expect("its firm");
    for (name, found, known) in [
        ("price", &value.price.before, &gone.price.after),
        ("units", &value.units.before, &gone.units.after),
        ("profit", &value.profit.before, &firm.profit.after),
        ("price with", &value.price.after, &gone.price.before),
        ("profit with", &value.profit.after, &firm.profit.before),
    ] {
        close(
            name,
            found.central.expect("a number"),
            known.central.expect("a number"),
            1e-9,
        );
    }
    let brand = &report.subjects[1];
    assert_eq!((&*brand.kind, &*brand.of), ("brand", "1"));
    assert!(brand.median_consumer.central.is_some());
}

#[test]
fn without_draws_there_are_the_estimates_alone() {
    let loaded = study();
    let some = run(&loaded, 6, 1).expect("a run");
    let none = run(&loaded, 0, 2).expect("a run");
    let profit = |r: &entrant::data::result::Results| {
        let report = r.premiums.as_deref().expect("asked for");
        report.subjects[0].values[0].profit.change.point()
    };
    assert_eq!(profit(&some).to_bits(), profit(&none).to_bits());
}
