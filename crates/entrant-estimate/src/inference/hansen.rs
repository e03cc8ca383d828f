//! Tests of overidentifying restrictions.

use entrant_data::spec::GmmMethod;
use entrant_numeric::dense::{self, Matrix};
use entrant_numeric::vector;

use super::outcome::{CROSSED, TestResult};
use crate::blp::Problem;
use crate::gmm::{EstimationSettings, Fit};

const MEANING: &str = "all moments hold at the estimates; a rejection says that some instrument knows the error, or that the model is wrong";
const ONE_STEP: &str = "not a chi-square statistic: the weighting matrix is not the inverse of the moments' covariance (one step)";

/// Hansen's J: `N gbar' W gbar` with as many degrees of freedom as `W` has rank beyond the number
/// of parameters (Hansen 1982, lemma 4.2). The statistic is `PyBLP`'s `run_hansen_test`.
///
/// After one step `W` is not the inverse of the moments' covariance: the statistic is returned as
/// undefined, and [`specification`] is the test to use.
pub fn hansen(fit: &Fit, settings: &EstimationSettings) -> TestResult {
    let rank = dense::symmetric_pseudo_inverse(&fit.weighting).1;
    let degrees = rank.saturating_sub(fit.inference.g.columns);
    if settings.method == GmmMethod::OneStep {
        return TestResult::undefined(fit.objective, degrees, ONE_STEP);
    }
    if fit.crossed {
        return TestResult::undefined(fit.objective, degrees, CROSSED);
    }
    TestResult::chi_square(fit.objective, degrees, MEANING)
}

/// The test of overidentifying restrictions at any weighting matrix (Hansen 1982, lemma 4.1;
/// Newey 1985, eq. 2.9): with `R'R = W` and `B` an orthonormal basis of what `R G` does not span,
/// `N (B'R gbar)' (B'R S R'B)^-1 (B'R gbar)`. At `W = S^-1` it is Hansen's J.
pub fn specification(problem: &Problem, fit: &Fit) -> TestResult {
    let root = dense::symmetric_root(&fit.weighting);
    let beyond = complement(&root.times(&fit.inference.g));
    if beyond.columns == 0 || fit.moments.is_empty() {
        return TestResult::undefined(f64::NAN, 0, MEANING);
    }
    let left = beyond.transpose_times(&root);
    let moved = left.apply(&fit.moments);
    let spread = left.times(&fit.spread).times(&left.transpose());
    let (inverse, rank) = dense::symmetric_pseudo_inverse(&spread);
    let statistic = problem.rows() as f64 * vector::dot(&moved, &inverse.apply(&moved));
    TestResult::chi_square(statistic, rank, MEANING)
}

/// Orthonormal basis of what the columns of a matrix do not span.
fn complement(a: &Matrix) -> Matrix {
    let known = dense::orthonormal_basis(a).columns;
    let all =
        dense::orthonormal_basis(&dense::orthonormal_basis(a).beside(&Matrix::identity(a.rows)));
    all.select(&(known..all.columns).collect::<Vec<usize>>())
}
