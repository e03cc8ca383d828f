//! Studies without an answer say why.

use entrant::data::result::Identification;
use entrant::data::spec::AveragePriceSpec;
use entrant::data::{Distribution, Quantity, Status};
use entrant::{RunError, Silent, fit, run};

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

#[test]
fn draws_that_contradict_themselves_are_counted_and_left_out() {
    let mut loaded = load(&KNOWN);
    // Brand B sells at 300 and 750: a mean price above 750 cannot be.
    let distribution = Distribution::Uniform {
        low: 400.0,
        high: 900.0,
    };
    loaded.study.data.average_price.push(AveragePriceSpec {
        brand: "B".into(),
        value: Quantity {
            distribution,
            ..Quantity::known(0.0)
        },
    });
    let results = run(&loaded, options(60, 1), &Silent).expect("the centre is solvable");
    let market = &results.scenarios[0].markets[0];
    let lost: usize = market
        .draws
        .iter()
        .filter(|c| !c.status.is_usable())
        .map(|c| c.draws)
        .sum();
    assert!(
        (8..30).contains(&lost),
        "3 in 10 draws lie above 750, {lost} of 60 were lost"
    );
    assert_eq!(market.firms[0].units.change.status, Status::NotConverged);
    assert!(
        results
            .findings
            .iter()
            .any(|f| f.code == "draws" && f.level == entrant::data::Level::Error)
    );
}
