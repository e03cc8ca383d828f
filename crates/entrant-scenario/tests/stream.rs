//! Paths over time against their formulas.

use entrant_data::Quantity;
use entrant_data::spec::{PathSpec, WorthSpec};
use entrant_scenario::stream::{Conditions, compounded, reach};

fn q(x: f64) -> Quantity {
    Quantity::known(x)
}

/// `e / (1 + exp(-k (t - m)))` with `k = 2 ln 9 / rise`, and its tenth, half and nine tenths.
#[test]
fn the_logistic_path() {
    let path = PathSpec {
        start: Some(q(0.2)),
        end: Some(q(1.7)),
        midpoint: Some(q(6.0)),
        rise: Some(q(8.0)),
        ..PathSpec::default()
    };
    for (t, part) in [(2, 0.1), (6, 0.5), (10, 0.9)] {
        assert!(
            (reach(Some(&path), t) - (0.2 + 1.5 * part)).abs() < 1e-14,
            "{t}"
        );
    }
    let k = 2.0 * 9.0_f64.ln() / 8.0;
    for t in 1..40 {
        let exact = 0.2 + 1.5 / (1.0 + (-k * (f64::from(t) - 6.0)).exp());
        assert!((reach(Some(&path), t) - exact).abs() < 1e-14, "{t}");
    }
    let plain = PathSpec {
        midpoint: Some(q(3.0)),
        rise: Some(q(2.0)),
        ..PathSpec::default()
    };
    assert!((reach(Some(&plain), 3) - 0.5).abs() < 1e-15);
    assert!((reach(Some(&plain), 100) - 1.0).abs() < 1e-15);
}

#[test]
fn a_given_path_ends_in_its_last_value() {
    let path = PathSpec {
        given: [0.3, 0.0, 1.4].map(Quantity::known).to_vec(),
        ..PathSpec::default()
    };
    let found: Vec<f64> = (1..6).map(|t| reach(Some(&path), t)).collect();
    assert_eq!(found, [0.3, 0.0, 1.4, 1.4, 1.4]);
    assert_eq!(reach(None, 7).to_bits(), 1.0_f64.to_bits());
}

#[test]
fn erosion_is_geometric() {
    let spec = WorthSpec {
        firm: String::new(),
        periods: 9,
        discount: Quantity::known(0.0),
        fixed_cost: Quantity::known(0.0),
        yearly_cost: None,
        year: 4,
        path: None,
        price_erosion: Some(q(0.03)),
        cost_erosion: Some(q(0.05)),
        rivals_cost_erosion: Some(q(-0.01)),
        growth: None,
        rival: Vec::new(),
        draws: None,
    };
    assert_eq!(Conditions::of(&spec, 1, 1.0), Conditions::SCENARIO);
    let at = Conditions::of(&spec, 9, 0.6);
    for (found, exact) in [
        (at.price, 0.97_f64.powi(8)),
        (at.cost, 0.95_f64.powi(8)),
        (at.rivals_cost, 1.01_f64.powi(8)),
        (at.reach, 0.6),
    ] {
        assert!((found / exact - 1.0).abs() < 1e-15);
    }
    assert_eq!(compounded(0.0, 500).to_bits(), 1.0_f64.to_bits());
}
