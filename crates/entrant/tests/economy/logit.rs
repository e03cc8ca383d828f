//! Plain logit, where a scenario is a formula: mergers, entries, sizes of markets, intervals.

use entrant::data::result::Results;
use entrant::data::spec::{CostSpec, EnterSpec, EntrantSpec, QualitySpec, ScenarioSpec};
use entrant::data::table::Column;
use entrant::data::{Level, Price, Quantity};
use entrant::io::LoadedEstimation;

use super::{cereal, close, market, product, run};

/// 95% point of the standard normal distribution.
const Z: f64 = 1.644_853_626_951_472_7;

/// The cereal data with one taste for all, which has a closed form.
pub(super) fn logit(linear: &str, markets: &[&str]) -> LoadedEstimation {
    let mut loaded = cereal(markets);
    let demand = &mut loaded.study.estimate.demand;
    demand.linear = linear.into();
    demand.random = None;
    demand.demographics = None;
    demand.sigma = None;
    demand.sigma_bounds = None;
    demand.pi = None;
    loaded.study.data.consumers = None;
    loaded.consumers = None;
    loaded
}

pub(super) fn estimate(results: &Results, name: &str) -> [f64; 2] {
    let report = results.estimation.as_ref().expect("an estimation");
    let mut all = report.parameters.iter();
    let found = all.find(|p| p.name == name).expect("the parameter");
    [
        found.estimate.expect("a number"),
        found.error.unwrap_or(f64::NAN),
    ]
}

/// A market of the table: firm, price and share of each product.
pub(super) struct Panel {
    pub(super) product: Vec<String>,
    pub(super) firm: Vec<String>,
    pub(super) price: Vec<f64>,
    pub(super) share: Vec<f64>,
    pub(super) sugar: Vec<f64>,
}

impl Panel {
    /// Sugar of product `j`.
    pub(super) fn sugar(&self, j: usize) -> f64 {
        self.sugar[j]
    }

    pub(super) fn of(loaded: &LoadedEstimation, market: &str) -> Self {
        let table = &loaded.products;
        let here = |r: &usize| table.text("market_ids", *r).as_deref() == Some(market);
        let rows: Vec<usize> = (0..table.rows()).filter(here).collect();
        let text = |c: &str| -> Vec<String> {
            let cells = rows.iter().map(|r| table.text(c, *r).expect("there"));
            cells.collect()
        };
        let number = |c: &str| match table.column(c) {
            Some(Column::Numbers(v)) => rows.iter().map(|r| v[*r]).collect::<Vec<f64>>(),
            _ => panic!("{c} holds no numbers"),
        };
        Panel {
            product: text("product_ids"),
            firm: text("firm_ids"),
            price: number("prices"),
            share: number("shares"),
            sugar: number("sugar"),
        }
    }

    fn outside(&self) -> f64 {
        1.0 - self.share.iter().sum::<f64>()
    }

    pub(super) fn delta(&self) -> Vec<f64> {
        let outside = self.outside();
        self.share.iter().map(|s| (s / outside).ln()).collect()
    }

    /// `exp(delta)` at other prices.
    fn weights(&self, alpha: f64, price: &[f64]) -> Vec<f64> {
        let moved = price.iter().zip(&self.price).map(|(p, q)| alpha * (p - q));
        let all = self.delta().into_iter().zip(moved);
        all.map(|(d, m)| (d + m).exp()).collect()
    }

    /// Markups of logit demand: the same for all products of a firm, `1 / (-alpha (1 - S_f))`.
    fn markup(alpha: f64, firm: &[String], share: &[f64]) -> Vec<f64> {
        let own = |f: &String| -> f64 {
            let pairs = firm.iter().zip(share);
            pairs.filter(|(g, _)| *g == f).map(|(_, s)| s).sum()
        };
        firm.iter()
            .map(|f| 1.0 / (-alpha * (1.0 - own(f))))
            .collect()
    }

    /// Prices after firms 1 and 2 merge, by damped iteration of the first-order conditions, and the
    /// change of consumer surplus per buyer.
    fn merger(&self, alpha: f64) -> (Vec<f64>, f64) {
        let markup = Self::markup(alpha, &self.firm, &self.share);
        let cost: Vec<f64> = self.price.iter().zip(&markup).map(|(p, m)| p - m).collect();
        let rename = |f: &String| if f == "2" { "1".into() } else { f.clone() };
        let owner: Vec<String> = self.firm.iter().map(rename).collect();
        let mut price = self.price.clone();
        for _ in 0..2000 {
            let w = self.weights(alpha, &price);
            let total = 1.0 + w.iter().sum::<f64>();
            let share: Vec<f64> = w.iter().map(|w| w / total).collect();
            let markup = Self::markup(alpha, &owner, &share);
            for ((p, c), m) in price.iter_mut().zip(&cost).zip(&markup) {
                *p = 0.5 * (*p + c + m);
            }
        }
        let surplus = |p: &[f64]| (1.0 + self.weights(alpha, p).iter().sum::<f64>()).ln() / -alpha;
        let change = surplus(&price) - surplus(&self.price);
        (price, change)
    }
}

#[test]
fn a_merger_and_its_intervals_are_those_of_the_formulas() {
    let loaded = logit("0 + prices | product_ids", &["C01Q1"]);
    let results = run(&loaded, 1000, 2).expect("a run");
    let [alpha, error] = estimate(&results, "beta[prices]");
    let panel = Panel::of(&loaded, "C01Q1");
    let found = market(&results, 0, "C01Q1");
    let (prices, change) = panel.merger(alpha);
    for (name, price) in panel.product.iter().zip(&prices) {
        let p = product(found, name).price.after;
        close(name, p.central.expect("a number"), *price, 1e-10);
    }
    let surplus = found.consumer_surplus.change;
    close(
        "surplus",
        surplus.central.expect("a number") / 1e6,
        change,
        1e-9,
    );
    // Surplus is monotone in the one parameter, so its 5% and 95% points are those of the estimate.
    let mut ends = [-Z, Z].map(|z| panel.merger(alpha + z * error).1 * 1e6);
    ends.sort_by(f64::total_cmp);
    // The error of a 5% point of 1000 draws is 0.067 standard errors; three of them.
    let width = 0.2 / (2.0 * Z) * (ends[1] - ends[0]);
    assert!(
        (surplus.low - ends[0]).abs() < width,
        "{surplus:?} {ends:?}"
    );
    assert!(
        (surplus.high - ends[1]).abs() < width,
        "{surplus:?} {ends:?}"
    );
}

pub(super) fn entry(loaded: &mut LoadedEstimation, quality: QualitySpec, sugar: Option<f64>) {
    loaded.study.entrant = vec![EntrantSpec {
        id: "N1".into(),
        firm: "9".into(),
        brand: None,
        price: Price::Given(Quantity::known(0.12)),
        cost: CostSpec {
            known: Some(Quantity::known(0.05)),
            ..CostSpec::default()
        },
        quality,
        characteristics: sugar.into_iter().map(|s| ("sugar".into(), s)).collect(),
        labels: std::collections::BTreeMap::new(),
        variant: Vec::new(),
        family: None,
        source: String::new(),
    }];
    // Nobody answers: shares are then the formula's at the prices of today.
    loaded.study.scenario = vec![ScenarioSpec {
        id: "entry".into(),
        title: "A maker enters".into(),
        reprice: Some(Vec::new()),
        enter: vec![EnterSpec {
            products: vec!["N1".into()],
            markets: Vec::new(),
            segments: None,
            aware: None,
            price: None,
        }],
        ..ScenarioSpec::default()
    }];
    loaded.study.report.headline = String::new();
}

/// Share of a product of mean utility `delta` that comes to the market as it is.
pub(super) fn share_of_new(panel: &Panel, delta: f64) -> f64 {
    let all: f64 = panel.delta().iter().map(|d| d.exp()).sum();
    delta.exp() / (1.0 + all + delta.exp())
}

#[test]
fn an_entrant_like_a_product_differs_by_what_the_formula_says() {
    let mut loaded = logit("1 + prices + sugar", &["C01Q1"]);
    let like = QualitySpec {
        like: Some("F1B04".into()),
        ..QualitySpec::default()
    };
    entry(&mut loaded, like, Some(9.0));
    let results = run(&loaded, 2, 1).expect("a run");
    let panel = Panel::of(&loaded, "C01Q1");
    let [alpha, _] = estimate(&results, "beta[prices]");
    let [sugar, _] = estimate(&results, "beta[sugar]");
    let twin = panel
        .product
        .iter()
        .position(|p| p == "F1B04")
        .expect("there");
    let delta = panel.delta()[twin]
        + alpha * (0.12 - panel.price[twin])
        + sugar * (9.0 - panel.sugar[twin]);
    let new = product(market(&results, 0, "C01Q1"), "N1");
    let share = new.share.after.central.expect("a number");
    close("share", share, share_of_new(&panel, delta), 1e-10);
    assert!(new.entrant && results.entrant == "9");
}

#[test]
fn an_entrant_by_characteristics_has_the_mean_error_of_comparable_firms() {
    let mut loaded = logit("1 + prices + sugar", &["C01Q1"]);
    let quality = QualitySpec {
        characteristics: true,
        brands: vec!["3".into(), "4".into()],
        ..QualitySpec::default()
    };
    entry(&mut loaded, quality, Some(9.0));
    let results = run(&loaded, 2, 1).expect("a run");
    let panel = Panel::of(&loaded, "C01Q1");
    let [alpha, _] = estimate(&results, "beta[prices]");
    let [sugar, _] = estimate(&results, "beta[sugar]");
    // What price and sugar do not explain: means over the products of each comparable firm.
    let left: Vec<f64> = (0..panel.price.len())
        .map(|j| panel.delta()[j] - alpha * panel.price[j] - sugar * panel.sugar[j])
        .collect();
    let mean = |f: &str| {
        let own = (0..left.len()).filter(|j| panel.firm[*j] == f);
        let own: Vec<f64> = own.map(|j| left[j]).collect();
        own.iter().sum::<f64>() / own.len() as f64
    };
    let delta = alpha * 0.12 + sugar * 9.0 + f64::midpoint(mean("3"), mean("4"));
    let new = product(market(&results, 0, "C01Q1"), "N1");
    let share = new.share.after.central.expect("a number");
    close("share", share, share_of_new(&panel, delta), 1e-10);
}

#[test]
fn sizes_of_markets_weigh_them() {
    let mut loaded = logit("0 + prices | product_ids", &["C01*"]);
    let size = |r: usize| match loaded.products.text("market_ids", r).as_deref() {
        Some("C01Q1") => 1000.0,
        _ => 3000.0,
    };
    let sizes = (0..loaded.products.rows()).map(size).collect();
    loaded.products.names.push("buyers".into());
    loaded.products.columns.push(Column::Numbers(sizes));
    loaded.study.data.columns.size = Some("buyers".into());
    let results = run(&loaded, 3, 1).expect("a run");
    let [alpha, _] = estimate(&results, "beta[prices]");
    let change = |id: &str| Panel::of(&loaded, id).merger(alpha).1;
    let all = 1000.0 * change("C01Q1") + 3000.0 * change("C01Q2");
    let together = results.scenarios[0].together.as_ref().expect("two markets");
    let found = together.consumer_surplus.change.central.expect("a number");
    close("surplus", found, all, 1e-9);
    assert_eq!(together.market, "2 markets together");
}

#[test]
fn what_blocks_intervals_leaves_the_numbers_and_says_so() {
    let mut loaded = logit("0 + prices | product_ids", &["C01Q1"]);
    // Two clusters say nothing about errors.
    loaded.study.data.columns.cluster = Some("quarter".into());
    loaded.study.estimate.errors = Some(entrant::data::spec::ErrorStructure::Clustered);
    let results = run(&loaded, 50, 1).expect("a run");
    assert_eq!(results.settings.draws, 0);
    let e = market(&results, 0, "C01Q1").consumer_surplus.change;
    let central = e.central.expect("a number");
    assert!(central < 0.0 && e.low - e.high == 0.0 && e.low - central == 0.0);
    let finding = results.findings.iter().find(|f| f.code == "intervals");
    let finding = finding.expect("said");
    assert_eq!(finding.level, Level::Warning);
    assert!(
        finding.message.contains("`clusters`"),
        "{}",
        finding.message
    );
    assert!(
        results.answer[0].contains("no intervals"),
        "{:?}",
        results.answer
    );
}
