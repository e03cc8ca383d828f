//! Scenarios where utility is not linear in price, where nests differ, and where firms do not set the
//! prices of all their products: against formulas of logit demand, iterated here.

use std::collections::BTreeMap;

use entrant::RunError;
use entrant::data::result::{MarketOutcome, Results};
use entrant::data::spec::{
    CapacitySpec, CharacteristicSpec, ConductKind, CostChangeSpec, CostForm, EstimateSupply,
    QualitySpec, ScenarioSpec,
};
use entrant::data::{Quantity, Status};
use entrant::io::LoadedEstimation;

use super::logit::{Panel, entry, estimate, logit, share_of_new};
use super::{close, market, product, run};

/// Logit demand whose utility moves with the price by `utility`, with slope `slope`, of product j at p.
struct Bent<'a> {
    panel: &'a Panel,
    utility: &'a dyn Fn(usize, f64) -> f64,
    slope: &'a dyn Fn(usize, f64) -> f64,
}

impl Bent<'_> {
    fn shares(&self, price: &[f64]) -> Vec<f64> {
        let own = |(j, d): (usize, f64)| {
            let moved = (self.utility)(j, price[j]) - (self.utility)(j, self.panel.price[j]);
            (d + moved).exp()
        };
        let weights: Vec<f64> = self
            .panel
            .delta()
            .into_iter()
            .enumerate()
            .map(own)
            .collect();
        let total = 1.0 + weights.iter().sum::<f64>();
        weights.iter().map(|w| w / total).collect()
    }

    /// `m_j = -1 / a_j + R_f`, where a firm earns `R_f = sum_k s_k m_k` from its products.
    fn markups(&self, owner: &[String], price: &[f64]) -> Vec<f64> {
        let share = self.shares(price);
        let alone: Vec<f64> = (0..price.len())
            .map(|j| -1.0 / (self.slope)(j, price[j]))
            .collect();
        let earned = |f: &String| {
            let own = || (0..owner.len()).filter(|k| owner[*k] == *f);
            let (sold, worth): (f64, f64) = (
                own().map(|k| share[k]).sum(),
                own().map(|k| share[k] * alone[k]).sum(),
            );
            worth / (1.0 - sold)
        };
        owner
            .iter()
            .zip(&alone)
            .map(|(f, a)| a + earned(f))
            .collect()
    }

    fn costs(&self) -> Vec<f64> {
        let markup = self.markups(&self.panel.firm, &self.panel.price);
        self.panel
            .price
            .iter()
            .zip(&markup)
            .map(|(p, m)| p - m)
            .collect()
    }

    /// Prices of these owners, by damped iteration of the first-order conditions.
    fn prices(&self, owner: &[String], cost: &[f64]) -> Vec<f64> {
        let mut price = self.panel.price.clone();
        for _ in 0..4000 {
            let markup = self.markups(owner, &price);
            for ((p, c), m) in price.iter_mut().zip(cost).zip(&markup) {
                *p += 0.3 * (c + m - *p);
            }
        }
        price
    }
}

/// Owners after firms 1 and 2 merge.
fn merged(panel: &Panel) -> Vec<String> {
    let rename = |f: &String| if f == "2" { "1".into() } else { f.clone() };
    panel.firm.iter().map(rename).collect()
}

#[track_caller]
fn prices_are(found: &MarketOutcome, panel: &Panel, prices: &[f64]) {
    assert_eq!(found.certificate.status, Status::Certified);
    for (name, price) in panel.product.iter().zip(prices) {
        let p = product(found, name).price.after;
        close(name, p.central.expect("a number"), *price, 1e-9);
    }
}

#[test]
fn a_merger_where_the_price_is_in_logarithms() {
    let loaded = logit("0 + log(prices) | product_ids", &["C01Q1"]);
    let results = run(&loaded, 40, 2).expect("a run");
    let [beta, _] = estimate(&results, "beta[log(prices)]");
    let panel = Panel::of(&loaded, "C01Q1");
    let bent = Bent {
        panel: &panel,
        utility: &|_, p| beta * p.ln(),
        slope: &|_, p| beta / p,
    };
    let found = market(&results, 0, "C01Q1");
    prices_are(found, &panel, &bent.prices(&merged(&panel), &bent.costs()));
    // No bound on deviations is known here, and the sentence says so.
    let bounds = found.certificate.deviations.iter().map(|d| d.gain_bound);
    assert!(bounds.clone().count() > 0 && bounds.into_iter().all(|b| !b.is_finite()));
    let said = results
        .answer
        .iter()
        .any(|s| s.contains("no bound is known"));
    assert!(said, "{:?}", results.answer);
    let noted = results
        .notes
        .iter()
        .any(|n| n.contains("not linear in price"));
    assert!(noted, "{:?}", results.notes);
    // Surplus: what utility is worth at the prices of before, the same worth for everybody.
    let share = &panel.share;
    let bought: f64 = share.iter().sum();
    let slopes = share.iter().zip(&panel.price).map(|(s, p)| s * beta / p);
    let worth = -slopes.sum::<f64>() / bought;
    let inclusive = |p: &[f64]| -(1.0 - bent.shares(p).iter().sum::<f64>()).ln();
    let after = bent.prices(&merged(&panel), &bent.costs());
    let change = (inclusive(&after) - inclusive(&panel.price)) / worth;
    let reported = found.consumer_surplus.change;
    close(
        "surplus",
        reported.central.expect("a number") / 1e6,
        change,
        1e-8,
    );
    assert!(
        reported.low < reported.high && reported.high < 0.0,
        "{reported:?}"
    );
}

#[test]
fn a_merger_where_price_effects_differ_by_product() {
    let loaded = logit("0 + prices + prices:sugar | product_ids", &["C01Q1"]);
    let results = run(&loaded, 2, 1).expect("a run");
    let [alpha, _] = estimate(&results, "beta[prices]");
    let [sugary, _] = estimate(&results, "beta[prices:sugar]");
    let panel = Panel::of(&loaded, "C01Q1");
    let slope = |j: usize, _: f64| alpha + sugary * panel.sugar[j];
    let bent = Bent {
        panel: &panel,
        utility: &|j, p| slope(j, p) * p,
        slope: &slope,
    };
    let prices = bent.prices(&merged(&panel), &bent.costs());
    prices_are(market(&results, 0, "C01Q1"), &panel, &prices);
}

#[test]
fn an_entrant_has_the_price_effect_of_its_own_characteristics() {
    let mut loaded = logit("1 + prices + prices:sugar + sugar", &["C01Q1"]);
    let like = QualitySpec {
        like: Some("F1B04".into()),
        ..QualitySpec::default()
    };
    entry(&mut loaded, like, Some(9.0));
    let results = run(&loaded, 2, 1).expect("a run");
    let panel = Panel::of(&loaded, "C01Q1");
    let of = |name: &str| estimate(&results, name)[0];
    let (alpha, sugary, sugar) = (
        of("beta[prices]"),
        of("beta[prices:sugar]"),
        of("beta[sugar]"),
    );
    let twin = panel
        .product
        .iter()
        .position(|p| p == "F1B04")
        .expect("there");
    let worth = |sweet: f64, p: f64| (alpha + sugary * sweet) * p + sugar * sweet;
    let delta =
        panel.delta()[twin] + worth(9.0, 0.12) - worth(panel.sugar[twin], panel.price[twin]);
    let new = product(market(&results, 0, "C01Q1"), "N1");
    let share = new.share.after.central.expect("a number");
    close("share", share, share_of_new(&panel, delta), 1e-10);
}

#[test]
fn a_characteristic_that_meets_the_price_in_a_column_stays() {
    let mut loaded = logit("1 + prices + prices:sugar + sugar", &["C01Q1"]);
    loaded.study.scenario[0].characteristic = vec![CharacteristicSpec {
        product: "F1B04".into(),
        column: "sugar".into(),
        value: 9.0,
    }];
    match run(&loaded, 2, 1) {
        Err(RunError::Input(mistakes)) => {
            let mistake = mistakes.into_iter().next().expect("a mistake");
            assert_eq!(mistake.path, "scenario.characteristic");
            assert!(mistake.message.contains("`sugar`"), "{mistake:?}");
        }
        other => panic!("{other:?}"),
    }
}

/// Firm 1 can sell this part of what it sells today.
fn short(loaded: &mut LoadedEstimation, times: f64) {
    loaded.study.scenario[0].capacity = vec![CapacitySpec {
        products: Vec::new(),
        firm: Some("1".into()),
        brand: None,
        markets: Vec::new(),
        units: None,
        times_today: Some(Quantity::known(times)),
    }];
}

/// The capacity of firm 1 after it merged, where the price is in logarithms: its shadow price by
/// bisection.
#[test]
fn a_capacity_where_the_price_is_in_logarithms() {
    let mut loaded = logit("0 + log(prices) | product_ids", &["C01Q1"]);
    short(&mut loaded, 0.3);
    let results = run(&loaded, 2, 1).expect("a run");
    let [beta, _] = estimate(&results, "beta[log(prices)]");
    let panel = Panel::of(&loaded, "C01Q1");
    let bent = Bent {
        panel: &panel,
        utility: &|_, p| beta * p.ln(),
        slope: &|_, p| beta / p,
    };
    let own = |j: &usize| panel.firm[*j] == "1";
    let sold = |share: &[f64]| -> f64 { (0..share.len()).filter(own).map(|j| share[j]).sum() };
    let units = 0.3 * sold(&panel.share);
    let prices = |shadow: f64| {
        let cost = bent.costs().into_iter().enumerate();
        let cost = cost.map(|(j, c)| if own(&j) { c + shadow } else { c });
        bent.prices(&merged(&panel), &cost.collect::<Vec<f64>>())
    };
    let (mut low, mut high) = (0.0, 2.0);
    for _ in 0..48 {
        let middle = 0.5 * (low + high);
        if sold(&bent.shares(&prices(middle))) > units {
            low = middle;
        } else {
            high = middle;
        }
    }
    let found = market(&results, 0, "C01Q1");
    prices_are(found, &panel, &prices(low));
    let capacity = &found.capacities[0];
    let shadow = capacity.shadow_price.central.expect("a number");
    close("shadow price", shadow, low, 1e-9);
    let share = capacity.units.central.expect("a number") / 1e6;
    close("capacity", share, units, 1e-12);
    assert_eq!((&*capacity.firm, capacity.full), ("2 + 1", 1.0));
}

fn supply(loaded: &mut LoadedEstimation, conduct: ConductKind) {
    let beta = &mut loaded.study.estimate.demand.beta;
    beta.insert("prices".into(), -30.0);
    loaded.study.estimate.supply = Some(EstimateSupply {
        cost: "1 + sugar".into(),
        form: CostForm::Linear,
        instruments: Vec::new(),
        built: Vec::new(),
        covariance_instruments: Vec::new(),
        constant_costs: false,
        covariance_mean: 0.0,
        cost_bounds: None,
        gamma: BTreeMap::new(),
        gamma_bounds: BTreeMap::new(),
        stakes: Vec::new(),
        conduct,
    });
}

/// A merger of firms 1 and 2, and costs of firm 1 a tenth lower.
fn cheaper(scenarios: &mut Vec<ScenarioSpec>) {
    let mut cost = scenarios[0].clone();
    cost.id = "cheaper".into();
    cost.merge.clear();
    cost.cost = vec![CostChangeSpec {
        products: Vec::new(),
        firm: Some("1".into()),
        brand: None,
        add: None,
        factor: Some(Quantity::known(0.9)),
    }];
    scenarios.push(cost);
}

fn linear<'a>(
    panel: &'a Panel,
    slope: &'a dyn Fn(usize, f64) -> f64,
    utility: &'a dyn Fn(usize, f64) -> f64,
) -> Bent<'a> {
    Bent {
        panel,
        utility,
        slope,
    }
}

#[test]
fn products_priced_one_by_one() {
    let mut loaded = logit("0 + prices | product_ids", &["C01Q1"]);
    supply(&mut loaded, ConductKind::SingleProduct);
    cheaper(&mut loaded.study.scenario);
    let results = run(&loaded, 2, 1).expect("a run");
    let [alpha, _] = estimate(&results, "beta[prices]");
    let panel = Panel::of(&loaded, "C01Q1");
    let (utility, slope) = (|_: usize, p: f64| alpha * p, |_: usize, _: f64| alpha);
    let bent = linear(&panel, &slope, &utility);
    // Nobody's price serves another product: a merger changes nothing.
    prices_are(market(&results, 0, "C01Q1"), &panel, &panel.price);
    let alone = &panel.product;
    let markup = bent.markups(alone, &panel.price);
    let cost = (0..markup.len()).map(|j| {
        let factor = if panel.firm[j] == "1" { 0.9 } else { 1.0 };
        factor * (panel.price[j] - markup[j])
    });
    let cost: Vec<f64> = cost.collect();
    let found = market(&results, 1, "C01Q1");
    prices_are(found, &panel, &bent.prices(alone, &cost));
    // Firms are those of the table, with the profits of all their products.
    let firm = found.firms.iter().find(|f| f.firm == "1").expect("firm 1");
    let share = bent.shares(&panel.price);
    let own = (0..share.len()).filter(|j| panel.firm[*j] == "1");
    let profit: f64 = own.map(|j| share[j] * markup[j] * 1e6).sum();
    close(
        "profit",
        firm.profit.before.central.expect("a number"),
        profit,
        1e-9,
    );
    let names: Vec<&str> = found
        .certificate
        .deviations
        .iter()
        .map(|d| d.firm.as_str())
        .collect();
    let firms: Vec<&str> = found.firms.iter().map(|f| f.firm.as_str()).collect();
    assert_eq!(names, firms);
}

#[test]
fn prices_that_are_costs() {
    let mut loaded = logit("0 + prices | product_ids", &["C01Q1"]);
    supply(&mut loaded, ConductKind::PerfectCompetition);
    cheaper(&mut loaded.study.scenario);
    let results = run(&loaded, 2, 1).expect("a run");
    let panel = Panel::of(&loaded, "C01Q1");
    prices_are(market(&results, 0, "C01Q1"), &panel, &panel.price);
    let lower = |(p, f): (&f64, &String)| if f == "1" { 0.9 * p } else { *p };
    let prices: Vec<f64> = panel.price.iter().zip(&panel.firm).map(lower).collect();
    prices_are(market(&results, 1, "C01Q1"), &panel, &prices);
}

fn group_parameters(results: &Results) -> Vec<f64> {
    let report = results.estimation.as_ref().expect("an estimation");
    let all = report
        .parameters
        .iter()
        .filter(|p| p.name.starts_with("rho"));
    all.map(|p| p.estimate.expect("a number")).collect()
}

#[test]
fn a_nesting_parameter_for_each_nest() {
    let mut loaded = logit("1 + prices + sugar", &["C01Q1"]);
    loaded.study.data.columns.nest = Some("mushy".into());
    loaded.study.estimate.demand.rho = vec![0.2, 0.3];
    let results = run(&loaded, 2, 1).expect("a run");
    let rho = group_parameters(&results);
    assert_eq!(rho.len(), 2);
    let [alpha, _] = estimate(&results, "beta[prices]");
    let panel = Panel::of(&loaded, "C01Q1");
    let nest: Vec<usize> = nests(&loaded);
    // Berry (1994): what the observed shares say about mean utilities, and those at other prices.
    let within = |share: &[f64]| -> Vec<f64> {
        let of = |h: usize| -> f64 {
            (0..share.len())
                .filter(|j| nest[*j] == h)
                .map(|j| share[j])
                .sum()
        };
        (0..share.len()).map(|j| share[j] / of(nest[j])).collect()
    };
    let inside = within(&panel.share);
    let mean: Vec<f64> = (0..inside.len())
        .map(|j| panel.delta()[j] - rho[nest[j]] * inside[j].ln() - alpha * panel.price[j])
        .collect();
    let found = market(&results, 0, "C01Q1");
    assert_eq!(found.certificate.status, Status::Certified);
    let number = |name: &String| product(found, name);
    let after: Vec<f64> = panel
        .product
        .iter()
        .map(|n| number(n).price.after.central.expect("a price"))
        .collect();
    let value = |j: usize| (mean[j] + alpha * after[j]) / (1.0 - rho[nest[j]]);
    let sums = [0, 1].map(|h| {
        (0..mean.len())
            .filter(|j| nest[*j] == h)
            .map(|j| value(j).exp())
            .sum::<f64>()
    });
    let weight = [0, 1].map(|h: usize| sums[h].powf(1.0 - rho[h]));
    let total = 1.0 + weight[0] + weight[1];
    for (j, name) in panel.product.iter().enumerate() {
        let h = nest[j];
        let share = value(j).exp() / sums[h] * weight[h] / total;
        let reported = number(name).share.after.central.expect("a share");
        close(name, reported, share, 1e-9);
    }
}

fn nests(loaded: &LoadedEstimation) -> Vec<usize> {
    let table = &loaded.products;
    let rows = 0..table.rows();
    let here = rows.filter(|r| table.text("market_ids", *r).as_deref() == Some("C01Q1"));
    let label = |r: usize| table.text("mushy", r).expect("there");
    here.map(|r| usize::from(label(r) != "0")).collect()
}

#[test]
fn costs_that_depend_on_quantities_are_held_where_they_are() {
    let mut loaded = logit("0 + prices | product_ids", &["C01Q1"]);
    supply(&mut loaded, ConductKind::Bertrand);
    if let Some(supply) = &mut loaded.study.estimate.supply {
        supply.cost = "1 + sugar + shares".into();
        supply.constant_costs = true;
        supply.instruments = vec!["demand_instruments*".into()];
    }
    let results = run(&loaded, 2, 1).expect("a run");
    let [alpha, _] = estimate(&results, "beta[prices]");
    let panel = Panel::of(&loaded, "C01Q1");
    let (utility, slope) = (|_: usize, p: f64| alpha * p, |_: usize, _: f64| alpha);
    let bent = linear(&panel, &slope, &utility);
    let prices = bent.prices(&merged(&panel), &bent.costs());
    prices_are(market(&results, 0, "C01Q1"), &panel, &prices);
    let noted = results
        .notes
        .iter()
        .any(|n| n.contains("observed quantities"));
    assert!(noted, "{:?}", results.notes);
}

#[test]
fn a_capacity_needs_firms_that_set_prices() {
    let mut loaded = logit("0 + prices | product_ids", &["C01Q1"]);
    supply(&mut loaded, ConductKind::PerfectCompetition);
    short(&mut loaded, 0.8);
    match run(&loaded, 2, 1) {
        Err(RunError::Input(mistakes)) => {
            let mistake = mistakes.into_iter().next().expect("a mistake");
            assert_eq!(mistake.path, "scenario.capacity");
            assert!(mistake.message.contains("perfect competition"));
        }
        other => panic!("{other:?}"),
    }
}
