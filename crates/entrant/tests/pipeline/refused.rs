//! Studies without an answer say why.

use entrant::data::Status;
use entrant::data::result::Identification;
use entrant::{RunError, Silent, fit};

use crate::support::{KNOWN, Recipe, load, options, refusal};

#[test]
fn contradicting_targets_of_an_exact_study_are_not_solved() {
    let error = refusal(&Recipe {
        spread: "\"calibrate\"",
        target: "[[demand.target]]\nkind = \"margin\"\nof = \"a1\"\nvalue = 0.01\n",
        ..KNOWN
    });
    assert!(matches!(&error, RunError::NotSolved { .. }), "{error:?}");
    assert!(error.to_string().contains("margin"), "{error}");
}

#[test]
fn too_few_targets_are_not_identified() {
    let error = refusal(&Recipe {
        spread: "\"calibrate\"",
        ..KNOWN
    });
    assert!(
        matches!(&error, RunError::NotIdentified { .. }),
        "{error:?}"
    );
}

#[test]
fn a_fit_stops_at_the_economy() {
    let found = fit(&load(&KNOWN), options(4, 1), &Silent).expect("solvable");
    let c = &found.calibration[0];
    assert_eq!(
        (c.status, c.identification),
        (Status::Certified, Identification::Exact)
    );
    assert!((c.targets[0].fitted - 0.45).abs() < 1e-8 && c.share_residual < 1e-10);
}
