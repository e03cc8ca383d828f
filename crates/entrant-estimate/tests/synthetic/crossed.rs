//! Moments of the product of both errors, where the covariance of the errors is known (`MacKay` and
//! Miller 2025): they identify price sensitivity where nothing shifts cost.

use entrant_data::spec::Algorithm;
use entrant_data::table::Column;
use entrant_estimate::gmm::{Fit, FitStatus};
use entrant_estimate::inference::{TestStatus, hansen, specification};
use entrant_estimate::simulate::{Experiment, Heterogeneity, Synthetic};

use crate::support::{bound, fitted, settings};

/// Covariance of the errors in the designs of Conlon and Gortmaker: half of their variance of 0.2.
const COVARIANCE: f64 = 0.1;
const TRUTH: f64 = -1.0;

/// A data set whose cost shifter shifts nothing; with the errors' covariance known, or not.
fn data(number: u64, known: bool) -> Synthetic {
    let experiment = Experiment {
        shifter: 0.0,
        ..Experiment::new(Heterogeneity::Simple, true, 31, number)
    };
    let mut synthetic = experiment.make().expect("the data set has an equilibrium");
    let rows = synthetic.products.rows();
    let table = &mut synthetic.products;
    table.names.push("one".to_owned());
    table.columns.push(Column::Numbers(vec![1.0; rows]));
    if let (true, Some(supply)) = (known, &mut synthetic.spec.supply) {
        supply.covariance_instruments = vec!["one".to_owned()];
        supply.covariance_mean = COVARIANCE;
    }
    synthetic
}

fn estimated(number: u64, known: bool) -> Fit {
    let synthetic = data(number, known);
    let (problem, _) = bound(&synthetic);
    let fit = fitted(&problem, &settings(&synthetic.spec, Algorithm::TrustRegion));
    if known {
        let how = settings(&synthetic.spec, Algorithm::TrustRegion);
        assert_eq!(hansen(&fit, &how).status, TestStatus::Undefined);
        assert!(specification(&problem, &fit).p_value.is_finite());
    }
    fit
}

/// Error of alpha and its standard error, of fits that converged.
fn errors(sets: u64, known: bool) -> Vec<(f64, f64)> {
    let alpha = |fit: &Fit| (fit.values[1] - TRUTH, fit.inference.errors[1]);
    let fits = (0..sets).map(|n| estimated(n, known));
    let fits = fits.filter(|f| f.status == FitStatus::Converged);
    fits.map(|f| alpha(&f)).collect()
}

fn median(mut v: Vec<f64>) -> f64 {
    v.sort_by(f64::total_cmp);
    v[v.len() / 2]
}

#[test]
fn a_known_covariance_of_errors_identifies_price_sensitivity() {
    let (with, without) = (errors(60, true), errors(60, false));
    let size = |v: &[(f64, f64)]| median(v.iter().map(|e| e.0.abs()).collect());
    let covered = with.iter().filter(|(e, s)| e.abs() <= 1.96 * s).count() as f64;
    let covered = covered / with.len() as f64;
    assert!(with.len() >= 55 && without.len() >= 55);
    assert!(size(&with) < 0.2 * size(&without), "{}", size(&with));
    let bias = median(with.iter().map(|e| e.0).collect());
    assert!(bias.abs() < 0.5 * size(&with), "{bias}");
    // Three standard deviations of the share of 60 intervals that hold the truth.
    assert!((covered - 0.95).abs() <= 0.085, "{covered}");
}
