//! Random coefficients: spread, loyalty and tastes from brute targets.

use std::collections::BTreeMap;

use entrant_data::result::Identification;
use entrant_data::spec::{LoyaltySpec, Model, NestSpec, Study, TargetKind, TargetSpec, TasteSpec};
use entrant_data::{Parameter, Quantity, Status};
use entrant_market::Market;
use entrant_numeric::random::Stream;

use crate::support::{
    OWNERS, PHONES, Truth, aggregate_elasticity, calibrated, demand, diversion, firm_margin, gap,
    given, market, parameter, retention, study, target,
};

/// Targets are differences good to about 1e-10, and conditioning costs a few digits.
const RECOVERED: f64 = 1e-6;

fn truth() -> Truth {
    Truth {
        spread: 0.45,
        loyalty: 1.3,
        taste: [0.9, 0.0],
        ..Truth::default()
    }
}

fn margin(m: &Market, firm: &str) -> TargetSpec {
    target(TargetKind::Margin, firm, firm_margin(m, firm))
}

fn elasticity(m: &Market) -> TargetSpec {
    target(TargetKind::AggregateElasticity, "", aggregate_elasticity(m))
}

fn retained(m: &Market, group: &str) -> TargetSpec {
    target(TargetKind::Retention, group, retention(m, group))
}

fn diverted(m: &Market, from: usize, to: usize) -> TargetSpec {
    let mut t = target(
        TargetKind::Diversion,
        PHONES[from].0,
        diversion(m, from, to),
    );
    t.to = PHONES[to].0.into();
    t
}

/// Which of spread, loyalty and taste are to be calibrated beside the sensitivity; the others
/// are given at the truth.
fn random(truth: &Truth, free: [bool; 3], target: Vec<TargetSpec>) -> Study {
    let parameter = |k: usize, v: f64| {
        if free[k] {
            Parameter::Calibrate
        } else {
            given(v)
        }
    };
    let mut d = demand(Model::RandomCoefficients, target);
    d.nodes = truth.nodes;
    d.spread = parameter(0, truth.spread);
    let owners: BTreeMap<String, Quantity> = OWNERS
        .iter()
        .filter_map(|(g, s)| Some(((*g)?.to_owned(), Quantity::known(*s))))
        .collect();
    d.loyalty = Some(LoyaltySpec {
        column: "group".into(),
        strength: parameter(1, truth.loyalty),
        owners,
    });
    d.taste = vec![
        TasteSpec {
            column: "x0".into(),
            spread: parameter(2, truth.taste[0]),
        },
        TasteSpec {
            column: "x1".into(),
            spread: given(truth.taste[1]),
        },
    ];
    study(d)
}

fn assert_recovers(truth: &Truth, free: [bool; 3], target: Vec<TargetSpec>, over: bool) {
    let known = market(&PHONES, truth);
    let c = calibrated(&random(truth, free, target), &known);
    let expected = if over {
        Identification::Over
    } else {
        Identification::Exact
    };
    assert_eq!(
        (c.status, c.identification),
        (Status::Certified, expected),
        "{:?}",
        c.parameters
    );
    let names = [
        ("price sensitivity", truth.alpha),
        ("spread of price sensitivity", truth.spread),
        ("loyalty", truth.loyalty),
        ("taste for x0", truth.taste[0]),
    ];
    for (name, value) in names {
        let found = parameter(&c, name);
        assert!(
            gap(found, value) < RECOVERED,
            "{name}: {found} for {value} {:?}",
            c.parameters
        );
    }
    for t in &c.targets {
        assert!(
            (t.fitted - t.input).abs() < 1e-8,
            "{}: {} for {}",
            t.name,
            t.fitted,
            t.input
        );
    }
    // Inversion runs to 1e-12 or so.
    assert!(c.share_residual < 1e-10);
}

/// One firm's margin and the aggregate elasticity leave two points here: the truth, and a market
/// of more alike consumers. Both must be told.
#[test]
fn two_solutions_are_both_found() {
    let m = market(&PHONES, &truth());
    let targets = vec![margin(&m, "A"), elasticity(&m)];
    let c = calibrated(&random(&truth(), [true, false, false], targets), &m);
    assert_eq!(
        (c.status, c.identification),
        (Status::Certified, Identification::Exact)
    );
    let mut spreads = vec![parameter(&c, "spread of price sensitivity")];
    for other in &c.others {
        assert!(other.iter().all(|p| p.calibrated));
        spreads.extend(
            other
                .iter()
                .filter(|p| p.name.starts_with("spread"))
                .map(|p| p.value),
        );
    }
    assert_eq!(spreads.len(), 2, "{spreads:?}");
    assert!(
        spreads.iter().any(|s| gap(*s, truth().spread) < RECOVERED),
        "{spreads:?}"
    );
}

#[test]
fn spread_from_two_margins() {
    let m = market(&PHONES, &truth());
    let targets = vec![margin(&m, "A"), margin(&m, "C")];
    assert_recovers(&truth(), [true, false, false], targets, false);
}

#[test]
fn loyalty_from_retention() {
    let m = market(&PHONES, &truth());
    let targets = vec![margin(&m, "B"), retained(&m, "ios")];
    assert_recovers(&truth(), [false, true, false], targets, false);
}

#[test]
fn taste_from_diversion() {
    let m = market(&PHONES, &truth());
    let targets = vec![elasticity(&m), diverted(&m, 0, 2)];
    assert_recovers(&truth(), [false, false, true], targets, false);
}

#[test]
fn spread_loyalty_and_taste_together() {
    let m = market(&PHONES, &truth());
    let targets = vec![
        margin(&m, "A"),
        margin(&m, "C"),
        retained(&m, "ios"),
        diverted(&m, 0, 2),
    ];
    assert_recovers(&truth(), [true, true, true], targets, false);
}

#[test]
fn three_consistent_targets_for_two_parameters_are_all_met() {
    let m = market(&PHONES, &truth());
    let targets = vec![margin(&m, "A"), margin(&m, "B"), elasticity(&m)];
    assert_recovers(&truth(), [true, false, false], targets, true);
}

#[test]
fn nest_and_loyalty_work_together() {
    let truth = Truth {
        rho: 0.35,
        ..truth()
    };
    let known = market(&PHONES, &truth);
    let targets = vec![
        margin(&known, "A"),
        elasticity(&known),
        retained(&known, "ios"),
    ];
    let mut s = random(&truth, [false, true, false], targets);
    s.demand.nest = Some(NestSpec {
        column: "group".into(),
        strength: Parameter::Calibrate,
    });
    let c = calibrated(&s, &known);
    assert_eq!(c.status, Status::Certified);
    assert!(gap(parameter(&c, "nest strength"), truth.rho) < RECOVERED);
    assert!(gap(parameter(&c, "loyalty"), truth.loyalty) < RECOVERED);
}

/// The weighted sum of squares at given parameters, from the library's fitted values.
fn misfit(truth: &Truth, alpha: f64, spread: f64, targets: &[TargetSpec]) -> f64 {
    let at = Truth { spread, ..*truth };
    let mut s = random(&at, [false; 3], targets.to_vec());
    s.demand.sensitivity = given(alpha);
    let c = calibrated(&s, &market(&PHONES, truth));
    let one = |(f, t): (&entrant_estimate::TargetFit, &TargetSpec)| {
        ((f.fitted - f.input) / t.tolerance).powi(2)
    };
    c.targets.iter().zip(targets).map(one).sum()
}

#[test]
fn inconsistent_targets_end_at_the_smallest_misfit() {
    let truth = truth();
    let m = market(&PHONES, &truth);
    let mut targets = vec![margin(&m, "A"), margin(&m, "C"), elasticity(&m)];
    targets[0].value = Quantity::known(targets[0].value.value() + 0.05);
    targets[2].value = Quantity::known(targets[2].value.value() * 1.2);
    targets[1].tolerance = 0.03;
    let c = calibrated(&random(&truth, [true, false, false], targets.clone()), &m);
    assert_eq!(
        (c.status, c.identification),
        (Status::Certified, Identification::Over)
    );
    let alpha = parameter(&c, "price sensitivity");
    let spread = parameter(&c, "spread of price sensitivity");
    let best = misfit(&truth, alpha, spread, &targets);
    assert!(
        best > 1e-3,
        "the targets must contradict each other: {best}"
    );
    for k in 0..200 {
        let mut draw = Stream::new(7, "nearby", k);
        let size = [1e-3, 1e-2, 0.1][usize::try_from(k % 3).expect("small")];
        let (u, v) = (draw.normal() * size, draw.normal() * size);
        let other = misfit(&truth, alpha * u.exp(), spread * v.exp(), &targets);
        // Recomputing the same point differs by the rounding of the inversion.
        assert!(
            other.is_nan() || other >= best - 1e-11,
            "{other} < {best} at {u} {v}"
        );
    }
}

#[test]
fn two_parameters_and_one_target_are_not_identified() {
    let m = market(&PHONES, &truth());
    let c = calibrated(
        &random(&truth(), [true, false, false], vec![margin(&m, "A")]),
        &m,
    );
    assert_eq!(
        (c.status, c.identification),
        (Status::NotIdentified, Identification::Under)
    );
}

/// The same number twice is one number.
#[test]
fn repeated_targets_do_not_identify() {
    let m = market(&PHONES, &truth());
    let twice = vec![margin(&m, "A"), margin(&m, "A")];
    let c = calibrated(&random(&truth(), [true, false, false], twice), &m);
    assert_eq!(
        (c.status, c.identification),
        (Status::NotIdentified, Identification::Under)
    );
}

/// A neighbour saves work and never changes the answer.
#[test]
fn a_warm_start_ends_at_the_same_point() {
    let m = market(&PHONES, &truth());
    let targets = vec![margin(&m, "A"), elasticity(&m)];
    let cold = calibrated(&random(&truth(), [true, false, false], targets), &m);
    let other = Truth {
        alpha: 0.007,
        spread: 0.3,
        ..truth()
    };
    let n = market(&PHONES, &other);
    let targets = vec![margin(&n, "A"), elasticity(&n)];
    let s = random(&truth(), [true, false, false], targets);
    let panel = crate::support::panel(&n);
    let columns = crate::support::columns();
    let warm = entrant_estimate::calibrate(&s, &panel, &columns, Some(&cold)).expect("names");
    assert_eq!(warm.status, Status::Certified);
    // The given loyalty and taste are the same in both markets, so the truth is met.
    assert!(gap(parameter(&warm, "price sensitivity"), other.alpha) < RECOVERED);
    assert!(
        gap(
            parameter(&warm, "spread of price sensitivity"),
            other.spread
        ) < RECOVERED
    );
}
