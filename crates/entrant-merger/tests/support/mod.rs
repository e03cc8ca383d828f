//! Markets that several tests use.

use entrant_merger::{
    Calibration, Change, Conduct, DemandKind, Observation, Observed, Outcome, Tax, Unknown,
    calibrate, simulate,
};

/// One product.
pub fn product(id: &str, firm: &str, price: f64, amount: f64, margin: Option<f64>) -> Observation {
    Observation {
        id: id.into(),
        firm: firm.into(),
        price,
        amount,
        margin,
        elasticity: None,
        nest: None,
        capacity: None,
        tax: Tax::default(),
    }
}

/// A market under Bertrand in which everybody buys.
pub fn market(demand: DemandKind, products: Vec<Observation>) -> Observed {
    Observed {
        demand,
        conduct: Conduct::Bertrand,
        total: 1.0,
        products,
        outside: Unknown::Known(0.0),
        market_elasticity: None,
        nest_strength: Unknown::Known(1.0),
        nest_strengths: Vec::new(),
        diversion: None,
        stakes: Vec::new(),
        rising_cost: false,
    }
}

/// Beer: Epstein and Rubinfeld 2004, p. 80, as in the manual of the R package antitrust.
pub fn beer(margins: &[usize]) -> Observed {
    let ids = [
        "BUD",
        "OLD STYLE",
        "MILLER",
        "MILLER-LITE",
        "OTHER-LITE",
        "OTHER-REG",
    ];
    let firms = [
        "BUD",
        "OLD STYLE",
        "MILLER",
        "MILLER",
        "OTHER-LITE",
        "OTHER-REG",
    ];
    let price = [0.0441, 0.0328, 0.0409, 0.0396, 0.0387, 0.0497];
    let share = [0.066, 0.172, 0.253, 0.187, 0.099, 0.223];
    let margin = [0.3830, 0.5515, 0.5421, 0.5557, 0.4453, 0.3769];
    let each = (0..6).map(|j| {
        let known = margins.contains(&j).then_some(margin[j]);
        product(ids[j], firms[j], price[j], share[j], known)
    });
    market(DemandKind::Logit, each.collect())
}

/// The default table of the R package competitiontoolbox, outside share unknown.
pub fn app_table(known: usize) -> Observed {
    let firms = ["Firm1", "Firm2", "Firm3", "Firm3"];
    let each = (0..4).map(|j| {
        let margin = (j == known).then_some(0.5);
        let amount = [40.0, 30.0, 20.0, 10.0][j];
        product(&format!("Prod{}", j + 1), firms[j], 10.0, amount, margin)
    });
    let mut out = market(DemandKind::Logit, each.collect());
    out.outside = Unknown::Calibrate;
    out.market_elasticity = Some(-1.0);
    out.total = 100.0;
    out
}

/// A merger of two firms.
pub fn merger(a: &str, b: &str) -> Change {
    Change::Merge {
        firms: vec![a.into(), b.into()],
        into: a.into(),
    }
}

/// A market calibrated, and the outcome of changes.
pub fn run(observed: &Observed, changes: &[Change]) -> (Calibration, Outcome) {
    let calibration = calibrate(observed).expect("parameters");
    let outcome = simulate(&calibration, changes).expect("changes with a meaning");
    (calibration, outcome)
}

/// Relative price changes.
pub fn rises(outcome: &Outcome) -> Vec<f64> {
    let each = outcome.products.iter();
    each.map(|p| p.price[1] / p.price[0] - 1.0).collect()
}

/// A parameter by name.
pub fn parameter(calibration: &Calibration, name: &str) -> f64 {
    let found = calibration.parameters.iter().find(|p| p.name == name);
    found.map_or(f64::NAN, |p| p.value)
}

/// Both lists agree to an absolute tolerance.
#[track_caller]
pub fn close(found: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len(), "{found:?}");
    for (f, w) in found.iter().zip(wanted) {
        assert!(
            (f - w).abs() <= tolerance,
            "{found:?} is not {wanted:?}: {:e}",
            f - w
        );
    }
}
