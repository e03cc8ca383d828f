//! Economies at the starting values of made-up panels.

use entrant_estimate::blp::{Problem, Serial, Wanted, evaluate};
use entrant_estimate::gmm::{Moments, first_weighting};
use entrant_estimate::post::{Ownership, PanelEconomy, PanelMarket};

use crate::panels::{Made, made, shapes};

/// More specifications: those that are not linear in price, with nests or without, and nests that
/// share a parameter.
const MORE: [(&str, &str, bool, bool); 5] = [
    ("nests alike", ALIKE, true, false),
    ("log of price", LOG, false, false),
    ("log of price with nests", LOG_NESTED, true, false),
    ("squared price", SQUARE, false, true),
    ("scaled log of price", SCALED_LOG, false, false),
];

const ALIKE: &str = r#"{
    "demand": {"linear": "1 + price + x", "random": "1 + price + y",
        "demographics": "0 + income", "instruments": ["z*"],
        "sigma": [0.6, 0.2, 0.4], "pi": [[0.3], [0.1], [0]], "rho": [0.45],
        "beta": {"price": -2.0}},
    "supply": {"cost": "1 + y", "instruments": ["z*"]}}"#;

const LOG: &str = r#"{
    "demand": {"linear": "1 + log(price) + x", "random": "1 + log(price) + x",
        "demographics": "0 + income", "instruments": ["z*"],
        "sigma": [0.7, 0.2, 0.3], "pi": [[0.3], [0.2], [0]], "beta": {"log(price)": -6.0}},
    "supply": {"cost": "1 + y + w", "instruments": ["z*"]}}"#;

const LOG_NESTED: &str = r#"{
    "demand": {"linear": "1 + log(price) + x", "random": "1 + price:y",
        "demographics": "0 + income", "instruments": ["z*"],
        "sigma": [0.7, 0.1], "pi": [[0.3], [0.1]], "rho": [0.5, 0.2],
        "beta": {"log(price)": -5.0}},
    "supply": {"cost": "1 + y + w", "instruments": ["z*"],
        "stakes": [{"firm": "f0", "of": "f1", "weight": 0.4, "one_way": true}]}}"#;

const SQUARE: &str = r#"{
    "demand": {"linear": "1 + price + I(price ** 2) + x", "random": "1 + I(price ** 2)",
        "demographics": "0 + income + distance", "instruments": ["z*"],
        "sigma": [0.7, 0.05], "pi": [[0.3, 0.1], [0.02, 0.04]],
        "beta": {"price": -2.0, "I(price ** 2)": -0.3}},
    "supply": {"cost": "1 + y + w", "instruments": ["z*"]}}"#;

const SCALED_LOG: &str = r#"{
    "epsilon_scale": 0.6,
    "demand": {"linear": "1 + log(price) + x", "random": "1 + log(price) + x",
        "demographics": "0 + income", "instruments": ["z*"],
        "sigma": [0.7, 0.2, 0.3], "pi": [[0.3], [0.2], [0]], "beta": {"log(price)": -6.0}},
    "supply": {"cost": "1 + y + w", "instruments": ["z*"]}}"#;

/// Every shape of panel, by name.
pub(crate) fn all() -> Vec<(&'static str, Problem)> {
    let all = shapes().into_iter().chain(MORE);
    all.map(|(name, json, nests, open)| (name, made(3, json, nests, open)))
        .map(|(name, made): (_, Made)| (name, made.problem()))
        .collect()
}

/// The shape with this name.
pub(crate) fn shape(name: &str) -> Problem {
    let found = all().into_iter().find(|(n, _)| *n == name);
    found.expect("a shape").1
}

/// The economy at the starting values.
pub(crate) fn economy(problem: &Problem) -> PanelEconomy<'_> {
    let values = problem.parameters.starts();
    let wanted = Wanted {
        tolerance: 1e-13,
        jacobian: false,
    };
    let at = evaluate(problem, &values, wanted, &Serial);
    assert!(at.delta.iter().all(|d| d.is_finite()));
    let moments = Moments::new(problem);
    let weighting = moments.weighting(first_weighting(problem).0);
    let point = moments.point(problem, &weighting, &values, &at);
    let linear = point.linear;
    PanelEconomy::new(problem, &values, &linear, &at)
}

pub(crate) fn observed(m: &PanelMarket<'_>) -> Ownership {
    Ownership::observed(m.data)
}

/// Central differences of a function of prices: column k holds `df / dp_k`.
pub(crate) fn differences(
    market: &mut PanelMarket<'_>,
    mut f: impl FnMut(&PanelMarket<'_>) -> Vec<f64>,
) -> Vec<Vec<f64>> {
    let price = market.price().to_vec();
    let h = 1e-5;
    let mut at = |p: &[f64]| {
        assert!(market.set_price(p));
        f(market)
    };
    let mut columns = Vec::new();
    for k in 0..price.len() {
        let moved = |by: f64| {
            let mut p = price.clone();
            p[k] += by;
            p
        };
        let (up, down) = (at(&moved(h)), at(&moved(-h)));
        let (up2, down2) = (at(&moved(2.0 * h)), at(&moved(-2.0 * h)));
        // Fourth order: the error is far below the rounding.
        let one = |i: usize| (8.0 * (up[i] - down[i]) - (up2[i] - down2[i])) / (12.0 * h);
        columns.push((0..up.len()).map(one).collect());
    }
    at(&price);
    columns
}
