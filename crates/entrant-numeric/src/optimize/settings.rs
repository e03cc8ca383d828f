//! What goes into a search and what comes out of it.

use serde::{Deserialize, Serialize};

use super::bits;

/// Residuals and their derivatives at one point.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Residuals (m).
    pub residual: Vec<f64>,
    /// Derivatives of the residuals, row-major (m x n).
    pub jacobian: Vec<f64>,
}

/// How a search is scaled and when it stops.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The objective is this times `r'r`: 1/2 by default, 1 for a quadratic form in moments.
    /// The gradient that is tested and reported is that of this objective.
    #[serde(with = "bits::one")]
    pub factor: f64,
    /// Stops when no entry of the projected gradient is larger than this.
    #[serde(with = "bits::one")]
    pub gradient_tolerance: f64,
    /// Stops after an accepted step this small relative to the point, in the scaled sup-norm
    /// `max |d s| / max d(|x| + |x + s|)` of NL2SOL; zero switches the test off.
    #[serde(with = "bits::one")]
    pub step_tolerance: f64,
    /// Stops when both the predicted and the actual fall of the objective, relative to the
    /// objective, are at most this; zero switches the test off.
    #[serde(with = "bits::one")]
    pub objective_tolerance: f64,
    /// Largest number of evaluations, failed ones included.
    pub evaluations: usize,
    /// First trust radius, relative to the scaled length of the start (absolute, in units of
    /// the residual, when the start is the origin).
    #[serde(with = "bits::one")]
    pub initial_radius: f64,
    /// Rounding of the objective, relative to it. Where a step's predicted and actual change
    /// are both smaller, the gradient decides whether it is an improvement.
    #[serde(with = "bits::one")]
    pub noise: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            factor: 0.5,
            gradient_tolerance: 1e-8,
            step_tolerance: 0.0,
            objective_tolerance: 0.0,
            evaluations: 1000,
            initial_radius: 1.0,
            noise: 16.0 * f64::EPSILON,
        }
    }
}

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// The projected gradient is within its tolerance.
    Gradient,
    /// The last accepted step was within its tolerance.
    Step,
    /// The objective falls by less than its tolerance.
    Objective,
    /// No step lowers the objective by more than its rounding error: as good as the arithmetic
    /// allows when the gradient is small, a sign of a wrong Jacobian when it is not.
    NoProgress,
    /// The number of evaluations is used up.
    EvaluationLimit,
    /// There is no value at the start.
    StartFailed,
    /// The caller asked to stop.
    Interrupted,
}

impl Reason {
    /// Whether one of the tolerances was met.
    pub fn converged(self) -> bool {
        matches!(self, Reason::Gradient | Reason::Step | Reason::Objective)
    }
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Evaluate the next point.
    Continue,
    /// The search has ended.
    Done(Reason),
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// The best point (n).
    pub x: Vec<f64>,
    /// Residuals there (m); empty when there is no value at the start.
    pub residual: Vec<f64>,
    /// Their derivatives there, row-major (m x n).
    pub jacobian: Vec<f64>,
    /// Objective there, `factor r'r`; infinite when there is no value at the start.
    pub objective: f64,
    /// Gradient of the objective, with entries that point out of the box set to zero (n).
    pub projected_gradient: Vec<f64>,
    /// Number of evaluations, failed ones included.
    pub evaluations: usize,
    /// Number of steps taken.
    pub accepted: usize,
    /// Why the search ended.
    pub reason: Reason,
}

impl Solution {
    /// Largest entry of the projected gradient.
    pub fn gradient_norm(&self) -> f64 {
        super::bounds::largest(&self.projected_gradient)
    }
}

/// What the caller got wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Mistake {
    /// Start and bounds differ in length.
    #[error(
        "the start has {start} entries, the bounds {lower} and {upper}: give one of each per unknown"
    )]
    Lengths {
        /// Entries of the start.
        start: usize,
        /// Entries of the lower bounds.
        lower: usize,
        /// Entries of the upper bounds.
        upper: usize,
    },
    /// A start that is not finite, or bounds that exclude every value.
    #[error(
        "unknown {index}: start {start}, bounds {lower} to {upper}: give a finite start and a lower bound not above the upper"
    )]
    Box {
        /// Which unknown, from zero.
        index: usize,
        /// Its start.
        start: f64,
        /// Its lower bound.
        lower: f64,
        /// Its upper bound.
        upper: f64,
    },
    /// A bound for a method that knows none.
    #[error("unknown {index} has a bound, which this method ignores: take the bounded method")]
    Bounded {
        /// Which unknown, from zero.
        index: usize,
    },
    /// An evaluation of the wrong shape.
    #[error(
        "{residuals} residuals with {derivatives} derivatives, {expected} expected: the Jacobian is row-major, residuals x unknowns, and the number of residuals stays the same"
    )]
    Shape {
        /// Number of residuals.
        residuals: usize,
        /// Number of entries of the Jacobian.
        derivatives: usize,
        /// Number of entries that would fit.
        expected: usize,
    },
}
