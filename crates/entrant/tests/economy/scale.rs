//! Half the scale of taste shocks with half of every parameter is the same economy: scenarios and
//! their intervals must not notice.

use entrant::data::Level;
use entrant::data::result::Results;
use entrant::data::spec::{Algorithm, Bounds, EntrantSpec, ScenarioSpec, StartMatrix};
use entrant::io::LoadedEstimation;
use serde_json::{Value, json};

use super::{cereal, run};

const SIGMA: [f64; 4] = [0.56, 3.3, 0.02, 0.09];
const PI: [[f64; 4]; 4] = [
    [2.3, 0.0, 1.3, 0.0],
    [5.9, -0.3, 0.0, 1.1],
    [-0.4, 0.0, 0.05, 0.0],
    [0.7, 0.0, -1.3, 0.0],
];

/// Entrants of every kind, a merger, another characteristic.
fn loaded(scale: f64) -> LoadedEstimation {
    let mut loaded = cereal(&["C01Q1", "C03Q1"]);
    let study = &mut loaded.study;
    study.estimate.epsilon_scale = scale;
    study.estimate.optimizer.algorithm = Algorithm::Return;
    let demand = &mut study.estimate.demand;
    demand.linear = "1 + prices + sugar".into();
    demand.sigma = Some(StartMatrix::Diagonal(SIGMA.map(|v| scale * v).to_vec()));
    let rows = PI.map(|row| row.map(|v| scale * v).to_vec());
    demand.pi = Some(StartMatrix::Rows(rows.to_vec()));
    let entrant = |id: &str, quality: Value| -> EntrantSpec {
        let spec = json!({
            "id": id, "firm": "9", "price": "optimal", "cost": {"known": 0.06},
            "quality": quality, "characteristics": {"sugar": 9.0, "mushy": 1.0},
        });
        serde_json::from_value(spec).expect("an entrant")
    };
    study.entrant = vec![
        entrant("like", json!({"like": "F1B04", "plus": 0.01})),
        entrant("by", json!({"characteristics": true, "brands": ["3", "4"]})),
        entrant("share", json!({"share": 0.04})),
    ];
    let mut scenario = |spec: Value| {
        let spec: ScenarioSpec = serde_json::from_value(spec).expect("a scenario");
        study.scenario.push(spec);
    };
    for id in ["like", "by", "share"] {
        scenario(json!({"id": id, "title": id, "enter": [{"products": [id]}]}));
    }
    scenario(json!({
        "id": "sweeter", "title": "Sweeter",
        "characteristic": [{"product": "F1B04", "column": "sugar", "value": 12.0}],
    }));
    loaded
}

/// All numbers with their places, but for what is about the estimates themselves.
fn numbers(at: &str, value: &Value, out: &mut Vec<(String, f64)>) {
    match value {
        Value::Number(n) => out.push((at.to_owned(), n.as_f64().expect("a number"))),
        Value::Array(all) => {
            for (k, v) in all.iter().enumerate() {
                numbers(&format!("{at}[{k}]"), v, out);
            }
        }
        Value::Object(all) => {
            for (k, v) in all {
                numbers(&format!("{at}.{k}"), v, out);
            }
        }
        _ => {}
    }
}

fn outcomes(results: &Results) -> Vec<(String, f64)> {
    let value = serde_json::to_value(&results.scenarios).expect("a document");
    let mut out = Vec::new();
    numbers("scenarios", &value, &mut out);
    out
}

/// What is said about the scale.
fn said(results: &Results) -> Option<Level> {
    let report = results.estimation.as_ref().expect("an estimation");
    let mut all = report.findings.iter();
    all.find(|f| f.code == "epsilon-scale").map(|f| f.level)
}

#[test]
fn scenarios_are_the_same_in_other_units_of_utility() {
    let of = |scale: f64| run(&loaded(scale), 8, 2).expect("a run");
    let (half, whole) = (of(0.5), of(1.0));
    // It says nothing but units, and that is said.
    assert_eq!((said(&half), said(&whole)), (Some(Level::Warning), None));
    let (half, whole) = (outcomes(&half), outcomes(&whole));
    assert_eq!(half.len(), whole.len());
    assert!(whole.len() > 2000, "{}", whole.len());
    let about_method = |at: &str| {
        let words = ["residual", "iterations", "evaluations", "gain", "bound"];
        words.iter().any(|w| at.contains(w))
    };
    for ((at, a), (same, b)) in half.iter().zip(&whole) {
        assert_eq!(at, same);
        // Prices are solved to 1e-10, and what little some products sell is not lost in that.
        let close = (a - b).abs() <= 1e-7 * b.abs().max(1e-3);
        assert!(close || about_method(at), "{at}: {a} {b}");
    }
}

#[test]
fn with_a_given_taste_the_scale_says_something() {
    let mut loaded = loaded(0.5);
    loaded.study.entrant.clear();
    loaded.study.scenario.truncate(1);
    loaded.study.estimate.demand.sigma_bounds = Some(Bounds {
        lower: Some(StartMatrix::Diagonal(vec![0.28; 4])),
        upper: None,
    });
    loaded.study.estimate.demand.sigma = Some(StartMatrix::Diagonal(vec![0.28; 4]));
    let results = run(&loaded, 2, 1).expect("a run");
    assert_eq!(said(&results), Some(Level::Ok));
}
