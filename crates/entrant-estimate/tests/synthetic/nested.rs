//! The nested logit without random coefficients against its closed form (Berry 1994, eq. 28):
//! `ln s_j - ln s_0 = x b - alpha p + rho ln s_j|h + xi`, by instrumental variables.

use entrant_data::spec::{Algorithm, ErrorStructure, GmmMethod};
use entrant_data::table::Table;
use entrant_estimate::blp::Problem;
use entrant_estimate::gmm::{EstimationSettings, FitStatus, GivenWeighting, updated_weighting};
use entrant_estimate::simulate::{Experiment, Heterogeneity, Synthetic};
use entrant_numeric::dense::{Matrix, solve_columns};

use crate::support::{bound, fitted, numbers, settings};

/// A data set whose tastes hardly differ, taken for a nested logit.
fn data() -> (Synthetic, Problem) {
    let experiment = Experiment {
        markets: 12,
        spread: 0.0,
        ..Experiment::new(Heterogeneity::Nested, false, 4, 1)
    };
    let mut synthetic = experiment.make().expect("the data set has an equilibrium");
    let demand = &mut synthetic.spec.demand;
    (demand.random, demand.sigma, demand.integration) = (None, None, None);
    demand.rho = Vec::new();
    let (problem, _) = bound(&synthetic);
    (synthetic, problem)
}

/// `ln s_j - ln s_0` and `ln s_j|h`, in the order of the table.
fn logarithms(table: &Table) -> (Vec<f64>, Vec<f64>) {
    let of = |name: &str| numbers(table, name);
    let (market, nest, share) = (of("market"), of("nest"), of("share"));
    let same = |v: &[f64], a: usize, b: usize| v[a].to_bits() == v[b].to_bits();
    let rows = 0..share.len();
    let total = |j: usize, within: bool| -> f64 {
        let there = |k: &usize| same(market, j, *k) && (!within || same(nest, j, *k));
        rows.clone().filter(there).map(|k| share[k]).sum()
    };
    let logit = |j: usize| (share[j] / (1.0 - total(j, false))).ln();
    let within = |j: usize| (share[j] / total(j, true)).ln();
    (
        rows.clone().map(logit).collect(),
        rows.clone().map(within).collect(),
    )
}

/// Coefficients of GMM that is linear in parameters: `(X'Z W Z'X)^-1 X'Z W Z'y`.
fn linear(x: &Matrix, z: &Matrix, y: &Matrix, inverse_weighting: &Matrix) -> Vec<f64> {
    let solved = |m: &Matrix| solve_columns(inverse_weighting, &z.transpose_times(m));
    let zx = z.transpose_times(x);
    let (wx, wy) = (solved(x).expect("regular"), solved(y).expect("regular"));
    let b = solve_columns(&zx.transpose_times(&wx), &zx.transpose_times(&wy));
    b.expect("identified").data
}

/// `sum of z z' u^2`.
fn spread(z: &Matrix, u: &[f64]) -> Matrix {
    let mut weighted = z.clone();
    for (r, u) in u.iter().enumerate() {
        weighted.row_mut(r).iter_mut().for_each(|v| *v *= u);
    }
    weighted.transpose_times(&weighted)
}

/// Roots of the diagonal of `(X'Z S^-1 Z'X)^-1`.
fn errors(x: &Matrix, z: &Matrix, s: &Matrix) -> Vec<f64> {
    let zx = z.transpose_times(x);
    let information = zx.transpose_times(&solve_columns(s, &zx).expect("regular"));
    let n = x.columns;
    let v = solve_columns(&information, &Matrix::identity(n)).expect("identified");
    (0..n).map(|k| v.at(k, k).sqrt()).collect()
}

fn agree(found: &[f64], known: &[f64], tolerance: f64) {
    assert_eq!(found.len(), known.len());
    for (f, k) in found.iter().zip(known) {
        assert!(
            (f - k).abs() <= tolerance * k.abs(),
            "{found:?} is not {known:?}"
        );
    }
}

#[test]
fn the_nested_logit_is_its_closed_form() {
    let (synthetic, problem) = data();
    let table = &synthetic.products;
    let (y, within) = logarithms(table);
    let ordered = |v: &[f64]| -> Vec<f64> { problem.order.iter().map(|r| v[*r]).collect() };
    let column = |v: &[f64]| Matrix::new(v.len(), 1, ordered(v));
    let (x, z, y) = (
        column(&within).beside(&problem.demand.x),
        &problem.demand.z,
        column(&y),
    );
    let first = linear(&x, z, &y, &z.transpose_times(z));
    let left = |b: &[f64]| -> Vec<f64> {
        let fitted = x.apply(b);
        y.data.iter().zip(fitted).map(|(y, f)| y - f).collect()
    };
    let s = spread(z, &left(&first));
    let second = linear(&x, z, &y, &s);
    let known = errors(&x, z, &spread(z, &left(&second)));

    let settings = |method| EstimationSettings {
        method,
        weighting: ErrorStructure::Robust,
        errors: ErrorStructure::Robust,
        center: false,
        gradient_tolerance: 1e-10,
        ..settings(&synthetic.spec, Algorithm::TrustRegion)
    };
    for (method, known) in [(GmmMethod::OneStep, &first), (GmmMethod::TwoStep, &second)] {
        let fit = fitted(&problem, &settings(method));
        assert_eq!(fit.status, FitStatus::Converged);
        let found: Vec<f64> = fit.values.iter().chain(&fit.linear.beta).copied().collect();
        agree(&found, known, 1e-9);
        assert!((0.1..0.9).contains(&found[0]), "rho {}", found[0]);
    }
    let fit = fitted(&problem, &settings(GmmMethod::TwoStep));
    // The sandwich with weights from the first step; both tend to the efficient variance.
    let sandwich = sandwich(&x, z, &s, &spread(z, &left(&second)));
    agree(&fit.inference.errors, &sandwich, 1e-8);
    agree(&fit.inference.errors, &known, 0.1);
}

#[test]
fn two_steps_one_by_one_are_the_two_step_estimates() {
    let (synthetic, problem) = data();
    for errors in [ErrorStructure::Robust, ErrorStructure::Unadjusted] {
        let two = EstimationSettings {
            method: GmmMethod::TwoStep,
            weighting: errors,
            errors,
            ..settings(&synthetic.spec, Algorithm::TrustRegion)
        };
        let one = EstimationSettings {
            method: GmmMethod::OneStep,
            ..two.clone()
        };
        let first = fitted(&problem, &one);
        let w = updated_weighting(&problem, &first.errors, (errors, two.center));
        let second = EstimationSettings {
            start: Some(first.values.clone()),
            weighting_matrix: Some(GivenWeighting { w, estimated: true }),
            ..one
        };
        let (apart, together) = (fitted(&problem, &second), fitted(&problem, &two));
        assert_eq!(apart.values, together.values);
        assert_eq!(apart.linear, together.linear);
        assert_eq!(apart.weighting, together.weighting);
        assert_eq!(apart.inference.errors, together.inference.errors);
    }
}

/// Errors with weights `W = S1^-1` when the moments' covariance is `S2`.
fn sandwich(x: &Matrix, z: &Matrix, s1: &Matrix, s2: &Matrix) -> Vec<f64> {
    let zx = z.transpose_times(x);
    let wx = solve_columns(s1, &zx).expect("regular");
    let n = x.columns;
    let bread = solve_columns(&zx.transpose_times(&wx), &Matrix::identity(n)).expect("identified");
    let meat = wx.transpose_times(&s2.times(&wx));
    let v = bread.times(&meat).times(&bread);
    (0..n).map(|k| v.at(k, k).sqrt()).collect()
}
