//! The score (Lagrange multiplier) test: whether the objective still falls at a restricted point.

use entrant_data::spec::GmmMethod;
use entrant_numeric::vector;

use super::outcome::{CROSSED, TestResult};
use crate::blp::Problem;
use crate::gmm::{EstimationSettings, Fit};

const MEANING: &str = "the restrictions hold; a rejection says that the moments would fit notably better without them";
const ONE_STEP: &str = "not a chi-square statistic: the weighting matrix is not the inverse of the moments' covariance (one step)";

/// `N s' V s` with `s = G'W gbar` and `V / N` the covariance of the estimates, both at a
/// restricted point (Newey and West 1987, eq. 2.9); `restrictions` is the number of restrictions
/// that hold there. The statistic is `PyBLP`'s `run_lm_test`.
///
/// `fit` is the unrestricted problem evaluated at the restricted estimates. Undefined after one
/// step, and where the covariance is not known.
pub fn score(
    problem: &Problem,
    fit: &Fit,
    restrictions: usize,
    settings: &EstimationSettings,
) -> TestResult {
    let weighted = fit.weighting.apply(&fit.moments);
    let s = fit.inference.g.transpose_apply(&weighted);
    let moved = fit.inference.covariance.apply(&s);
    let statistic = (problem.rows() as f64).powi(2) * vector::dot(&s, &moved);
    if settings.method == GmmMethod::OneStep {
        return TestResult::undefined(statistic, restrictions, ONE_STEP);
    }
    if fit.crossed {
        return TestResult::undefined(statistic, restrictions, CROSSED);
    }
    TestResult::chi_square(statistic, restrictions, MEANING)
}
