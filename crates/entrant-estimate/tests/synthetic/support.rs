//! Data sets, problems and fits that tests share.

use entrant_data::spec::{Algorithm, EstimateSpec, GmmMethod};
use entrant_data::table::{Column, Table};
use entrant_estimate::blp::{Problem, Serial};
use entrant_estimate::gmm::{Estimation, EstimationSettings, Fit, Progress, Recorded, estimate};
use entrant_estimate::simulate::{Columns, Experiment, Heterogeneity, Synthetic};

pub struct Quiet;

impl Estimation for Quiet {
    fn proceed(&mut self, _: &Progress) -> bool {
        true
    }
    fn recall(&mut self, _: usize, _: &[f64]) -> Option<Recorded> {
        None
    }
    fn record(&mut self, _: usize, _: &[f64], _: &Recorded) {}
}

pub fn settings(spec: &EstimateSpec, algorithm: Algorithm) -> EstimationSettings {
    EstimationSettings {
        method: if algorithm == Algorithm::Return {
            GmmMethod::OneStep
        } else {
            spec.method
        },
        weighting: spec.weighting,
        errors: spec.weighting,
        center: spec.center_moments,
        initial_update: spec.initial_update,
        algorithm,
        gradient_tolerance: 1e-6,
        evaluations: 300,
        inversion_tolerance: 1e-12,
        start: None,
        weighting_matrix: None,
        inversion: None,
    }
}

/// The five-market data set that the reference program was given.
pub fn small(heterogeneity: Heterogeneity, supply: bool) -> Synthetic {
    let experiment = Experiment {
        markets: 5,
        ..Experiment::new(heterogeneity, supply, 7, 3)
    };
    experiment.make().expect("the data set has an equilibrium")
}

pub fn bound(synthetic: &Synthetic) -> (Problem, Columns) {
    let source = synthetic.source();
    let problem = Problem::bind(&source).expect("the problem is sound");
    let columns = Columns::new(&source, &problem).expect("formulas fit");
    (problem, columns)
}

pub fn fitted(problem: &Problem, settings: &EstimationSettings) -> Fit {
    estimate(problem, settings, &Serial, &mut Quiet).expect("the start can be evaluated")
}

pub fn numbers<'a>(table: &'a Table, name: &str) -> &'a [f64] {
    match table.column(name) {
        Some(Column::Numbers(v)) => v,
        _ => panic!("no numbers named {name}"),
    }
}

/// Largest difference relative to the largest entry.
pub fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let size = b.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    a.iter()
        .zip(b)
        .fold(0.0, |m: f64, (x, y)| m.max((x - y).abs()))
        / size
}
