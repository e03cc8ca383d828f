//! What every test returns.

use entrant_numeric::distribution::{chi_square_quantile, chi_square_survival};

/// Level of every test: the probability of rejecting what is true.
pub const LEVEL: f64 = 0.05;

/// Why tests that compare objectives have no distribution with moments of the errors' product.
pub(super) const CROSSED: &str = "not a chi-square statistic: coefficients that are solved for do not minimise the objective, which has moments of the errors' product in it";

/// What a test says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestStatus {
    /// The data do not speak against the hypothesis.
    Kept,
    /// The data speak against it.
    Rejected,
    /// There is nothing to test, or the statistic does not have the distribution it needs.
    Undefined,
}

/// A test.
#[derive(Debug, Clone, PartialEq)]
pub struct TestResult {
    /// Its statistic.
    pub statistic: f64,
    /// Degrees of freedom.
    pub degrees: usize,
    /// Probability of a larger statistic when the hypothesis holds; `NaN` when undefined.
    pub p_value: f64,
    /// Value from which the hypothesis is rejected at [`LEVEL`]; `NaN` when undefined.
    pub threshold: f64,
    /// What it says.
    pub status: TestStatus,
    /// What the hypothesis is, and what a rejection means.
    pub meaning: &'static str,
}

impl TestResult {
    /// A statistic that is chi-square under the hypothesis.
    pub(super) fn chi_square(statistic: f64, degrees: usize, meaning: &'static str) -> Self {
        if degrees == 0 || !statistic.is_finite() {
            return Self::undefined(statistic, degrees, meaning);
        }
        let threshold = chi_square_quantile(1.0 - LEVEL, degrees as f64);
        TestResult {
            statistic,
            degrees,
            p_value: chi_square_survival(statistic, degrees as f64),
            threshold,
            status: if statistic > threshold {
                TestStatus::Rejected
            } else {
                TestStatus::Kept
            },
            meaning,
        }
    }

    /// A statistic without a distribution to hold it against.
    pub(super) fn undefined(statistic: f64, degrees: usize, meaning: &'static str) -> Self {
        TestResult {
            statistic,
            degrees,
            p_value: f64::NAN,
            threshold: f64::NAN,
            status: TestStatus::Undefined,
            meaning,
        }
    }
}
