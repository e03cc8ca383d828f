//! Nested logit: the peer returns alpha 3.33 and rho 0 for a true 2 and 0.5.

use entrant_data::Parameter;
use entrant_data::Status;
use entrant_data::result::Identification;
use entrant_data::spec::{Model, NestSpec, TargetKind, TargetSpec};

use crate::support::{
    Line, Truth, calibrated, demand, gap, market, parameter, study, target, unit_margins,
};

/// The peer's case in its units: prices near one.
const GOODS: [Line; 4] = [
    ("p1", "F1", "g1", 1.0, 1.5, [0.0, 0.0]),
    ("p2", "F1", "g2", 1.2, 1.6, [0.0, 0.0]),
    ("p3", "F2", "g1", 0.9, 1.1, [0.0, 0.0]),
    ("p4", "F3", "g2", 1.1, 1.4, [0.0, 0.0]),
];

fn truth() -> Truth {
    Truth {
        alpha: 2.0,
        rho: 0.5,
        nodes: 1,
        ..Truth::default()
    }
}

fn margin_targets() -> Vec<TargetSpec> {
    let known = market(&GOODS, &truth());
    let margin = unit_margins(&known);
    let one = |(l, m): (&Line, &f64)| target(TargetKind::Margin, l.0, m / l.3);
    GOODS.iter().zip(&margin).map(one).collect()
}

fn nested(target: Vec<TargetSpec>) -> entrant_data::spec::Study {
    let mut d = demand(Model::NestedLogit, target);
    d.nest = Some(NestSpec {
        column: "group".into(),
        strength: Parameter::Calibrate,
    });
    study(d)
}

/// Margins by differences are good to about 1e-11; the calibration may lose three digits.
const RECOVERED: f64 = 1e-8;

#[test]
fn all_margins_give_back_both_parameters() {
    let known = market(&GOODS, &truth());
    let c = calibrated(&nested(margin_targets()), &known);
    assert_eq!(
        (c.status, c.identification),
        (Status::Certified, Identification::Over)
    );
    assert!(gap(parameter(&c, "price sensitivity"), 2.0) < RECOVERED);
    assert!(gap(parameter(&c, "nest strength"), 0.5) < RECOVERED);
}

#[test]
fn two_margins_of_different_firms_are_exactly_enough() {
    let known = market(&GOODS, &truth());
    let all = margin_targets();
    let two = vec![all[0].clone(), all[2].clone()];
    let c = calibrated(&nested(two), &known);
    assert_eq!(
        (c.status, c.identification),
        (Status::Certified, Identification::Exact)
    );
    assert!(gap(parameter(&c, "price sensitivity"), 2.0) < RECOVERED * 10.0);
    assert!(gap(parameter(&c, "nest strength"), 0.5) < RECOVERED * 10.0);
}

#[test]
fn one_margin_is_not_enough() {
    let known = market(&GOODS, &truth());
    let c = calibrated(&nested(margin_targets()[..1].to_vec()), &known);
    assert_eq!(
        (c.status, c.identification),
        (Status::NotIdentified, Identification::Under)
    );
}

/// With every product in one nest rho is only told by the outside good, still identified.
#[test]
fn one_nest_against_buying_nothing() {
    let lines = GOODS.map(|(id, firm, _, p, d, x)| (id, firm, "all", p, d, x));
    let known = market(&lines, &truth());
    let margin = unit_margins(&known);
    let targets = vec![
        target(TargetKind::MarginLevel, "p1", margin[0]),
        target(
            TargetKind::AggregateElasticity,
            "",
            crate::support::aggregate_elasticity(&known),
        ),
    ];
    let mut s = nested(targets);
    s.demand.nest = Some(NestSpec {
        column: "all".into(),
        strength: Parameter::Calibrate,
    });
    let c = calibrated(&s, &known);
    assert_eq!(c.status, Status::Certified);
    assert!(gap(parameter(&c, "price sensitivity"), 2.0) < RECOVERED * 10.0);
    assert!(gap(parameter(&c, "nest strength"), 0.5) < RECOVERED * 10.0);
}
