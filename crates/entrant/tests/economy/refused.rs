//! Scenarios that cannot work, and estimates that may not be used.

use entrant::RunError;
use entrant::data::InputError;
use entrant::data::result::estimation::EstimateStatus;
use entrant::data::spec::{ConductKind, CostForm, EstimateSupply};
use entrant::io::LoadedEstimation;

use super::{cereal, run};

#[track_caller]
fn refused(loaded: &LoadedEstimation) -> InputError {
    match run(loaded, 2, 1) {
        Err(RunError::Input(mistakes)) => mistakes.into_iter().next().expect("a mistake"),
        other => panic!("{other:?}"),
    }
}

/// Without random coefficients, so that estimates are there at once.
fn simple(linear: &str) -> LoadedEstimation {
    let mut loaded = cereal(&["C01Q1"]);
    let demand = &mut loaded.study.estimate.demand;
    demand.linear = linear.into();
    (demand.random, demand.demographics) = (None, None);
    (demand.sigma, demand.pi) = (None, None);
    demand.sigma_bounds = None;
    loaded.study.data.consumers = None;
    loaded.consumers = None;
    loaded
}

fn with_conduct(conduct: ConductKind) -> LoadedEstimation {
    let mut loaded = simple("0 + prices | product_ids");
    loaded.study.estimate.supply = Some(EstimateSupply {
        cost: "1 + sugar".into(),
        form: CostForm::Linear,
        instruments: Vec::new(),
        built: Vec::new(),
        covariance_instruments: Vec::new(),
        constant_costs: false,
        covariance_mean: 0.0,
        cost_bounds: None,
        gamma: std::collections::BTreeMap::new(),
        gamma_bounds: std::collections::BTreeMap::new(),
        stakes: Vec::new(),
        conduct,
    });
    loaded
}

#[test]
fn costs_that_depend_on_quantities() {
    let mut loaded = with_conduct(ConductKind::Bertrand);
    if let Some(supply) = &mut loaded.study.estimate.supply {
        supply.cost = "1 + shares".into();
    }
    let mistake = refused(&loaded);
    assert_eq!(mistake.path, "estimate.supply.cost");
    assert!(mistake.message.contains("quantities"), "{mistake:?}");
    assert!(mistake.hint.contains("constant_costs"), "{mistake:?}");
}

#[test]
fn estimates_that_did_not_converge() {
    let mut loaded = cereal(&["C01Q1"]);
    loaded.study.estimate.optimizer.evaluations = 1;
    match run(&loaded, 2, 1) {
        Err(RunError::NotEstimated { status }) => {
            assert_eq!(status, EstimateStatus::LimitReached);
        }
        other => panic!("{other:?}"),
    }
}
