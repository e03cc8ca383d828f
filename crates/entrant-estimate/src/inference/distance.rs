//! The distance test: how much worse a restriction fits.

use entrant_data::spec::GmmMethod;

use super::outcome::{CROSSED, TestResult};
use crate::gmm::{EstimationSettings, Fit};

const MEANING: &str =
    "the restrictions hold; a rejection says that the moments fit notably worse under them";
const DIFFERS: &str = "not a chi-square statistic: the fits do not share a weighting matrix";
const ONE_STEP: &str = "not a chi-square statistic: the weighting matrix is not the inverse of the moments' covariance (one step)";

/// `N q(restricted) - N q(unrestricted)` at one weighting matrix, the inverse of the moments'
/// covariance (Newey and West 1987, eq. 2.10); `restrictions` is the number of restrictions. The
/// statistic is `PyBLP`'s `run_distance_test`.
///
/// `settings` are those of the unrestricted fit. Undefined after one step and when the weighting
/// matrices differ by more than 1e-8.
pub fn distance(
    restricted: &Fit,
    unrestricted: &Fit,
    restrictions: usize,
    settings: &EstimationSettings,
) -> TestResult {
    let statistic = restricted.objective - unrestricted.objective;
    if !same(&restricted.weighting.data, &unrestricted.weighting.data) {
        return TestResult::undefined(statistic, restrictions, DIFFERS);
    }
    if settings.method == GmmMethod::OneStep {
        return TestResult::undefined(statistic, restrictions, ONE_STEP);
    }
    if unrestricted.crossed {
        return TestResult::undefined(statistic, restrictions, CROSSED);
    }
    TestResult::chi_square(statistic, restrictions, MEANING)
}

fn same(a: &[f64], b: &[f64]) -> bool {
    let size = a.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| (x - y).abs() <= 1e-8 * size)
}
