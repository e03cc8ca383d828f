//! Wald's test of restrictions on the estimates.

use entrant_numeric::dense::{self, Matrix};
use entrant_numeric::vector;

use super::outcome::TestResult;
use crate::gmm::Fit;

const MEANING: &str = "the restrictions hold; a rejection says that the estimates lie further from them than their errors explain";

/// `r' (R C R')^-1 r` for restrictions with values `r` at the estimates, derivatives `R`
/// (restrictions x parameters) and covariance `C` of the estimates (Newey and `McFadden` 1994,
/// section 9). `PyBLP`'s `run_wald_test`, which writes `C` as `V / N`.
///
/// Undefined when the covariance of the restrictions is not known.
pub fn wald(r: &[f64], jacobian: &Matrix, covariance: &Matrix) -> TestResult {
    let spread = jacobian.times(covariance).times(&jacobian.transpose());
    if spread.data.iter().any(|v| !v.is_finite()) {
        return TestResult::undefined(f64::NAN, r.len(), MEANING);
    }
    let (inverse, rank) = dense::symmetric_pseudo_inverse(&spread);
    TestResult::chi_square(vector::dot(r, &inverse.apply(r)), rank, MEANING)
}

/// [`wald`] for a function of all parameters (searched for, coefficients of mean utility, of
/// cost), with derivatives by central differences over a ten-thousandth of each standard error (delta
/// method).
pub fn wald_of(fit: &Fit, restrictions: &dyn Fn(&[f64]) -> Vec<f64>) -> TestResult {
    let at = parameters(fit);
    let r = restrictions(&at);
    let mut jacobian = Matrix::zeros(r.len(), at.len());
    for (c, error) in fit.inference.errors.iter().enumerate() {
        let size = if *error > 0.0 {
            *error
        } else {
            at[c].abs().max(1.0)
        };
        let step = 1e-4 * size;
        let moved = |by: f64| {
            let mut there = at.clone();
            there[c] += by;
            restrictions(&there)
        };
        let (up, down) = (moved(step), moved(-step));
        for k in 0..r.len() {
            jacobian.set(k, c, (up[k] - down[k]) / (2.0 * step));
        }
    }
    wald(&r, &jacobian, &fit.inference.covariance)
}

/// All parameters in the order of the covariance.
pub(super) fn parameters(fit: &Fit) -> Vec<f64> {
    let linear = fit.linear.beta.iter().chain(&fit.linear.gamma);
    fit.values.iter().chain(linear).copied().collect()
}
