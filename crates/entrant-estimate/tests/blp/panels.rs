//! Made-up panels in every shape that the kernels know.

use entrant_data::spec::{EstimateSpec, PanelColumns};
use entrant_data::table::{Column, Table};
use entrant_estimate::blp::{Problem, Source};
use entrant_numeric::random::Stream;

/// Markets, products in each, consumers in each.
pub(crate) const MARKETS: usize = 5;
pub(crate) const PRODUCTS: usize = 7;
pub(crate) const CONSUMERS: usize = 11;

/// A panel: tables, column names, specification.
pub(crate) struct Made {
    pub(crate) products: Table,
    pub(crate) consumers: Table,
    pub(crate) columns: PanelColumns,
    pub(crate) spec: EstimateSpec,
}

impl Made {
    pub(crate) fn problem(&self) -> Problem {
        self.bind().expect("a well-formed panel")
    }

    pub(crate) fn bind(&self) -> Result<Problem, Vec<entrant_data::InputError>> {
        let source = Source {
            spec: &self.spec,
            columns: &self.columns,
            products: &self.products,
            consumers: Some(&self.consumers),
        };
        Problem::bind(&source)
    }
}

/// A panel with random numbers and the specification in `json`.
pub(crate) fn made(seed: u64, json: &str, nests: bool, availability: bool) -> Made {
    let mut columns = PanelColumns::default();
    if nests {
        columns.nest = Some("nest".into());
    }
    if availability {
        columns.availability = Some("available".into());
    }
    Made {
        products: products(seed),
        consumers: consumers(seed, availability),
        columns,
        spec: serde_json::from_str(json).expect("a specification"),
    }
}

fn table(file: &str, columns: Vec<(String, Column)>) -> Table {
    let rows = match &columns[0].1 {
        Column::Numbers(v) => v.len(),
        Column::Text(v) => v.len(),
    };
    let (names, columns) = columns.into_iter().unzip();
    Table {
        file: file.into(),
        names,
        columns,
        lines: (2..rows + 2).collect(),
    }
}

fn products(seed: u64) -> Table {
    let rows = MARKETS * PRODUCTS;
    let mut stream = Stream::new(seed, "products", 0);
    let mut numbers = |low: f64, high: f64| -> Column {
        Column::Numbers(
            (0..rows)
                .map(|_| low + (high - low) * stream.uniform())
                .collect(),
        )
    };
    let mut columns = vec![
        ("price".to_owned(), numbers(1.0, 3.0)),
        ("share".to_owned(), numbers(0.01, 0.12)),
        ("x".to_owned(), numbers(-1.0, 1.0)),
        ("y".to_owned(), numbers(0.2, 2.0)),
        ("w".to_owned(), numbers(0.1, 1.0)),
    ];
    for k in 0..14 {
        columns.push((format!("z{k}"), numbers(-1.0, 1.0)));
    }
    let text = |f: &dyn Fn(usize) -> String| Column::Text((0..rows).map(f).collect());
    columns.push(("market".into(), text(&|r| format!("m{}", r / PRODUCTS))));
    columns.push((
        "firm".into(),
        text(&|r| format!("f{}", (r * 5 + r / 3) % 3)),
    ));
    columns.push((
        "nest".into(),
        text(&|r| format!("n{}", (r * 3 + r / 4) % 2)),
    ));
    columns.push(("city".into(), text(&|r| format!("c{}", r % 4))));
    table("products", columns)
}

fn consumers(seed: u64, availability: bool) -> Table {
    let rows = MARKETS * CONSUMERS;
    let mut stream = Stream::new(seed, "consumers", 0);
    let mut normal = |scale: f64| -> Column {
        Column::Numbers((0..rows).map(|_| scale * stream.normal()).collect())
    };
    let mut columns = vec![
        ("nodes0".to_owned(), normal(1.0)),
        ("nodes1".to_owned(), normal(1.0)),
        ("nodes2".to_owned(), normal(1.0)),
        ("income".to_owned(), normal(0.5)),
        ("age".to_owned(), normal(0.5)),
    ];
    for j in 0..PRODUCTS {
        columns.push((format!("distance{j}"), normal(0.5)));
    }
    if availability {
        for j in 0..PRODUCTS {
            let Column::Numbers(v) = normal(1.0) else {
                continue;
            };
            let open = v
                .iter()
                .map(|v| if *v < -1.5 { 0.0 } else { 0.5 + v.abs() });
            columns.push((format!("available{j}"), Column::Numbers(open.collect())));
        }
    }
    let even = 1.0 / CONSUMERS as f64;
    columns.push(("weight".into(), Column::Numbers(vec![even; rows])));
    let market = |r: usize| format!("m{}", r / CONSUMERS);
    columns.push((
        "market".into(),
        Column::Text((0..rows).map(market).collect()),
    ));
    table("consumers", columns)
}

/// Specifications by name: json, nests, availability.
pub(crate) fn shapes() -> Vec<(&'static str, &'static str, bool, bool)> {
    vec![
        (
            "logit",
            r#"{"demand": {"linear": "1 + price + x", "instruments": ["z*"]}}"#,
            false,
            false,
        ),
        ("random", RANDOM, false, false),
        ("transformed", TRANSFORMED, false, false),
        ("nested", NESTED, true, false),
        ("by product", BY_PRODUCT, false, true),
        ("monopoly", MONOPOLY, false, false),
        ("absorbed", ABSORBED, false, false),
        (
            "scaled logit",
            r#"{"epsilon_scale": 0.3,
                "demand": {"linear": "1 + price + x", "instruments": ["z*"]}}"#,
            false,
            false,
        ),
        ("scaled tastes", SCALED_TASTES, false, false),
        ("scaled", SCALED, false, false),
        ("scaled by product", SCALED_BY_PRODUCT, false, true),
        ("crossed", CROSSED, false, false),
        ("crossed and absorbed", CROSSED_ABSORBED, false, false),
    ]
}

const RANDOM: &str = r#"{
    "demand": {"linear": "1 + price + x", "random": "1 + price + x",
        "demographics": "0 + income + age", "instruments": ["z*"],
        "sigma": [[0.7], [0.2, 0.3], [0, 0.1, 0.9]],
        "pi": [[0.3, 0], [0.2, -0.1], [0, 0.4]], "beta": {"price": -2.5}},
    "supply": {"cost": "1 + y + w", "instruments": ["z*"]}}"#;

const TRANSFORMED: &str = r#"{
    "demand": {"linear": "1 + x", "random": "1 + I(-4 * price) + y + x",
        "demographics": "0 + income", "instruments": ["z*"],
        "sigma": [0.5, 0.4, 0.8, 0], "pi": [[0], [0.3], [0], [0.7]],
        "coefficients": ["linear", "lognormal", "logit", "negative-lognormal"]},
    "supply": {"cost": "1 + log(y) + w", "form": "log", "cost_bounds": [0.001, 100.0],
        "instruments": ["z*"], "gamma": {"w": 0.2},
        "stakes": [{"firm": "f0", "of": "f1", "weight": 0.4, "one_way": true}]}}"#;

const NESTED: &str = r#"{
    "demand": {"linear": "1 + price + x", "random": "1 + price",
        "demographics": "0 + income", "instruments": ["z*"],
        "sigma": [0.6, 0.2], "pi": [[0.3], [0.1]], "rho": [0.3, 0.6], "beta": {"price": -2.0}},
    "supply": {"cost": "1 + y", "instruments": ["z*"]}}"#;

const BY_PRODUCT: &str = r#"{
    "demand": {"linear": "1 + price + x", "random": "1 + price + x",
        "demographics": "0 + income + distance", "instruments": ["z*"],
        "sigma": [0.6, 0.2, 0.3], "pi": [[0.3, -0.5], [0.1, 0.1], [0, 0.2]],
        "coefficients": ["linear", "linear", "lognormal"], "beta": {"price": -2.0}},
    "supply": {"cost": "1 + y", "instruments": ["z*"]}}"#;

const MONOPOLY: &str = r#"{
    "demand": {"linear": "1 + price + x", "random": "0 + x", "instruments": ["z*"],
        "sigma": [0.6], "beta": {"price": -6.0}},
    "supply": {"cost": "1 + y + share", "instruments": ["z*"], "conduct": "monopoly"}}"#;

const ABSORBED: &str = r#"{
    "demand": {"linear": "0 + price + x | city", "random": "1 + x", "instruments": ["z*"],
        "sigma": [0.6, 0.4], "beta": {"price": -3.0}},
    "supply": {"cost": "0 + y + w | city + nest", "instruments": ["z*"]}}"#;

const CROSSED: &str = r#"{
    "demand": {"linear": "1 + price + x", "random": "1 + price + x", "instruments": ["z*"],
        "sigma": [[0.7], [0.2, 0.3], [0, 0.1, 0.9]], "beta": {"price": -2.5}},
    "supply": {"cost": "1 + y + w", "instruments": ["z*"], "gamma": {"w": 0.3},
        "covariance_instruments": ["y", "w", "z3"], "covariance_mean": 0.2}}"#;

const CROSSED_ABSORBED: &str = r#"{
    "demand": {"linear": "0 + price + x | city", "random": "1 + x", "instruments": ["z*"],
        "sigma": [0.6, 0.4], "beta": {"price": -3.0}},
    "supply": {"cost": "0 + y + w | city + nest", "form": "log", "cost_bounds": [0.001, 100.0],
        "instruments": ["z*"], "covariance_instruments": ["y"]}}"#;

const SCALED_TASTES: &str = r#"{
    "epsilon_scale": 0.4,
    "demand": {"linear": "1 + price + x", "random": "1 + price + x", "instruments": ["z*"],
        "sigma": [0.7, 0.3, 0.9]}}"#;

const SCALED: &str = r#"{
    "epsilon_scale": 0.5,
    "demand": {"linear": "1 + price + x", "random": "1 + price + x",
        "demographics": "0 + income + age", "instruments": ["z*"],
        "sigma": [[0.7], [0.2, 0.3], [0, 0.1, 0.9]],
        "pi": [[0.3, 0], [0.2, -0.1], [0, 0.4]], "beta": {"price": -2.5}},
    "supply": {"cost": "1 + y + w", "instruments": ["z*"]}}"#;

const SCALED_BY_PRODUCT: &str = r#"{
    "epsilon_scale": 1.7,
    "demand": {"linear": "1 + price + x", "random": "1 + price + x",
        "demographics": "0 + income + distance", "instruments": ["z*"],
        "sigma": [0.6, 0.2, 0.3], "pi": [[0.3, -0.5], [0.1, 0.1], [0, 0.2]],
        "coefficients": ["linear", "linear", "lognormal"], "beta": {"price": -3.5}},
    "supply": {"cost": "1 + y", "form": "log", "cost_bounds": [0.001, 100.0],
        "instruments": ["z*"]}}"#;
