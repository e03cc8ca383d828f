//! Plain logit against its closed forms.

use entrant_data::Status;
use entrant_data::result::Identification;
use entrant_data::spec::{Model, TargetKind, TargetSpec};
use entrant_market::demand::own_elasticities;

use crate::support::{
    Line, PHONES, Truth, calibrated, demand, gap, market, parameter, shares, study, target,
};

/// Closed forms are a handful of operations on shares that themselves carry rounding.
const EXACT: f64 = 1e-12;

fn scaled(factor: f64) -> ([Line; 6], Truth) {
    let mut lines = PHONES;
    for l in &mut lines {
        l.3 *= factor;
    }
    let truth = Truth {
        alpha: 0.006 / factor,
        ..Truth::default()
    };
    (lines, truth)
}

/// Margins of a firm of the known market: `1 / (alpha (1 - S_f))`.
fn unit_margin(lines: &[Line], truth: &Truth, firm: &str) -> f64 {
    let m = market(lines, truth);
    let own: f64 = shares(&m)
        .iter()
        .zip(lines)
        .filter(|(_, l)| l.1 == firm)
        .map(|(s, _)| s)
        .sum();
    1.0 / (truth.alpha * (1.0 - own))
}

/// The three kinds of one number that identify a plain logit, and a product's margin.
fn targets(lines: &[Line], truth: &Truth) -> Vec<TargetSpec> {
    let m = market(lines, truth);
    let s = shares(&m);
    let inside: f64 = s.iter().sum();
    let mean = s.iter().zip(lines).map(|(s, l)| s * l.3).sum::<f64>() / inside;
    let level = unit_margin(lines, truth, "A");
    let revenue = s[0] * lines[0].3 + s[1] * lines[1].3;
    vec![
        target(TargetKind::Margin, "A", level * (s[0] + s[1]) / revenue),
        target(TargetKind::Margin, "a2", level / lines[1].3),
        target(
            TargetKind::MarginLevel,
            "b2",
            unit_margin(lines, truth, "B"),
        ),
        target(
            TargetKind::AggregateElasticity,
            "",
            -truth.alpha * mean * (1.0 - inside),
        ),
        target(
            TargetKind::Elasticity,
            "c1",
            -truth.alpha * lines[4].3 * (1.0 - s[4]),
        ),
    ]
}

#[test]
fn one_number_gives_back_the_known_sensitivity() {
    let (lines, truth) = scaled(1.0);
    let known = market(&lines, &truth);
    for t in targets(&lines, &truth) {
        let name = t.label();
        let c = calibrated(&study(demand(Model::Logit, vec![t])), &known);
        assert_eq!(c.status, Status::Certified, "{name}");
        assert_eq!(c.identification, Identification::Exact, "{name}");
        assert_eq!(c.method, "closed form", "{name}");
        let alpha = parameter(&c, "price sensitivity");
        assert!(gap(alpha, truth.alpha) < EXACT, "{name}: {alpha}");
        assert!(
            gap(c.targets[0].fitted, c.targets[0].input) < EXACT,
            "{name}"
        );
        for (p, l) in c.market.products.iter().zip(&lines) {
            assert!(
                (p.mean_utility - l.4).abs() < EXACT * 10.0,
                "{name}: {}",
                p.id
            );
            let margin = unit_margin(&lines, &truth, l.1);
            assert!(
                gap(p.price - p.cost, margin) < EXACT * 10.0,
                "{name}: {}",
                p.id
            );
        }
    }
}

/// The peer stops, or is 5 % off, when prices are in the hundreds.
#[test]
fn units_of_money_do_not_matter() {
    let (lines, truth) = scaled(1.0);
    for factor in [1e-2, 1e2, 1e4] {
        let (other_lines, other_truth) = scaled(factor);
        let pairs = targets(&lines, &truth)
            .into_iter()
            .zip(targets(&other_lines, &other_truth));
        for (a, b) in pairs {
            let one = calibrated(
                &study(demand(Model::Logit, vec![a])),
                &market(&lines, &truth),
            );
            let other = market(&other_lines, &other_truth);
            let two = calibrated(&study(demand(Model::Logit, vec![b])), &other);
            let e = |c: &entrant_estimate::Calibration| {
                own_elasticities(&c.market.demand(), &c.market.prices())
            };
            for (x, y) in e(&one).iter().zip(&e(&two)) {
                assert!(gap(*x, *y) < EXACT);
            }
            for (p, q) in one.market.products.iter().zip(&two.market.products) {
                assert!(((p.cost / p.price) - (q.cost / q.price)).abs() < EXACT * 10.0);
            }
        }
    }
}

/// Proportional substitution does not depend on alpha, so it cannot tell alpha: neither when the
/// target is what every alpha gives, nor when it is something else.
#[test]
fn diversion_does_not_identify_a_plain_logit() {
    let known = market(&PHONES, &Truth::default());
    let s = shares(&known);
    for (factor, label) in [(1.0, "true"), (1.2, "other")] {
        let mut t = target(TargetKind::Diversion, "a1", factor * s[2] / (1.0 - s[0]));
        t.to = "b1".into();
        let c = calibrated(&study(demand(Model::Logit, vec![t])), &known);
        assert_eq!(c.identification, Identification::Under, "{label}");
        assert_eq!(c.status, Status::NotIdentified, "{label}");
    }
}

#[test]
fn impossible_targets_are_refused() {
    let known = market(&PHONES, &Truth::default());
    let wrong = [
        target(TargetKind::AggregateElasticity, "", 0.7),
        target(TargetKind::Elasticity, "a1", 2.0),
        target(TargetKind::Margin, "A", -0.2),
    ];
    for t in wrong {
        let name = t.label();
        let c = calibrated(&study(demand(Model::Logit, vec![t])), &known);
        assert!(!c.status.is_usable(), "{name}: {}", c.status);
    }
    let absent = target(TargetKind::Margin, "Z", 0.3);
    let study = study(demand(Model::Logit, vec![absent]));
    let found = entrant_estimate::calibrate(&study, &crate::support::panel(&known), &[], None);
    assert!(found.is_err());
}
