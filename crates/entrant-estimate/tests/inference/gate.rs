//! The gate and the tests around it on made data.

use entrant_data::spec::{ErrorStructure, GmmMethod};
use entrant_data::{Finding, Level};
use entrant_estimate::inference::{
    TestStatus, diagnose, distance, first_stage, hansen, iia, score, specification, wald_of,
};

use super::support::{Design, fit, problem, settings};

fn level(found: &[Finding], code: &str) -> Level {
    found
        .iter()
        .find(|f| f.code == code)
        .expect("a finding")
        .level
}

#[test]
fn strong_valid_instruments_pass() {
    let design = Design::default();
    let (p, s) = (problem(&design), settings(&design));
    let found = diagnose(&p, &fit(&p, &s), &s, first_stage(&p, &s).as_ref());
    assert!(found.iter().all(|f| f.level == Level::Ok), "{found:#?}");
    let stage = first_stage(&p, &s).expect("a first stage");
    // One regressor: the minimum eigenvalue and the conditional F are the F statistic.
    let r = &stage.regressors[0];
    assert!((stage.minimum_eigenvalue / r.f - 1.0).abs() < 1e-10);
    assert!((r.conditional_f / r.f - 1.0).abs() < 1e-10);
}

#[test]
fn irrelevant_instruments_block_intervals() {
    let design = Design {
        strength: 0.0,
        ..Design::default()
    };
    let (p, s) = (problem(&design), settings(&design));
    let found = diagnose(&p, &fit(&p, &s), &s, first_stage(&p, &s).as_ref());
    assert_eq!(level(&found, "weak-instruments"), Level::Error);
}

#[test]
fn invalid_instruments_are_noticed() {
    let design = Design {
        invalid: 1.0,
        markets: 100,
        ..Design::default()
    };
    let (p, s) = (problem(&design), settings(&design));
    let found = diagnose(&p, &fit(&p, &s), &s, first_stage(&p, &s).as_ref());
    assert_eq!(level(&found, "overidentification"), Level::Warning);
    // The third instrument enters utility, the second does not.
    assert_eq!(iia(&p, &s, &[2]).status, TestStatus::Rejected);
    assert_eq!(iia(&p, &s, &[0, 1, 2]).status, TestStatus::Undefined);
}

#[test]
fn too_few_clusters_block_intervals() {
    let design = Design {
        markets: 5,
        products: 20,
        errors: ErrorStructure::Clustered,
        ..Design::default()
    };
    let (p, s) = (problem(&design), settings(&design));
    let found = diagnose(&p, &fit(&p, &s), &s, first_stage(&p, &s).as_ref());
    assert_eq!(level(&found, "clusters"), Level::Error);
    assert_eq!(level(&found, "moments"), Level::Error);
}

#[test]
fn one_step_has_no_hansen_test_but_a_general_one() {
    let design = Design::default();
    let (p, mut s) = (problem(&design), settings(&design));
    s.method = GmmMethod::OneStep;
    let one = fit(&p, &s);
    assert_eq!(hansen(&one, &s).status, TestStatus::Undefined);
    assert_eq!(specification(&p, &one).status, TestStatus::Kept);
    s.method = GmmMethod::TwoStep;
    let two = fit(&p, &s);
    assert_eq!(distance(&one, &two, 1, &s).status, TestStatus::Undefined);
    // At an unrestricted minimum there is no score left.
    assert!(score(&p, &two, 1, &s).statistic < 1e-10);
    // A ratio by the delta method: a false restriction is rejected, a true one kept.
    assert_eq!(
        wald_of(&two, &|b| vec![b[1] / b[2] + 1.0]).status,
        TestStatus::Kept
    );
    assert_eq!(
        wald_of(&two, &|b| vec![b[1] / b[2] - 1.0]).status,
        TestStatus::Rejected
    );
}
