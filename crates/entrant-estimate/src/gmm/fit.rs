//! What goes into an estimation, what comes out of it, and who watches.

use entrant_data::spec::{Algorithm, ErrorStructure, GmmMethod};
use entrant_numeric::dense::Matrix;
use entrant_numeric::{optimize, vector};

use super::covariance::Spread;
use super::errors::Inference;
use super::moments::Linear;
use crate::blp::{Counters, Evaluation, OwnInversion};

/// How an estimation goes about its work.
#[derive(Debug, Clone, PartialEq)]
pub struct EstimationSettings {
    /// How often the weighting matrix is updated.
    pub method: GmmMethod,
    /// Errors in updates of the weighting matrix.
    pub weighting: ErrorStructure,
    /// Errors in standard errors.
    pub errors: ErrorStructure,
    /// Whether moments are centred before their covariance is taken.
    pub center: bool,
    /// Whether the weighting matrix is updated at the start.
    pub initial_update: bool,
    /// How the objective is minimised.
    pub algorithm: Algorithm,
    /// Largest projected gradient element at which a step is done.
    pub gradient_tolerance: f64,
    /// Most evaluations of a step.
    pub evaluations: usize,
    /// Largest inversion residual.
    pub inversion_tolerance: f64,
    /// Where the search starts; the parameters' own starting values when absent.
    pub start: Option<Vec<f64>>,
    /// Weighting matrix of the first step; that of the instruments, `(Z'Z / N)^-1`, when absent.
    pub weighting_matrix: Option<GivenWeighting>,
    /// The caller's way to mean utilities; the engine's own when absent. Residuals are then not held to
    /// `inversion_tolerance`, but are told ([`Evaluation::residual`]).
    pub inversion: Option<OwnInversion>,
}

/// A weighting matrix that the caller brings.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenWeighting {
    /// The matrix (moments x moments), symmetric and positive semidefinite.
    pub w: Matrix,
    /// Whether it is the inverse of the moments' covariance at earlier estimates, as in the second
    /// step: unadjusted standard errors rest on it then.
    pub estimated: bool,
}

/// How an estimation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FitStatus {
    /// The projected gradient is within tolerance at a point with certified inversion.
    Converged,
    /// The search could not improve further with the gradient above tolerance.
    Almost,
    /// The evaluation limit came first.
    LimitReached,
    /// Stopped from outside; the best point so far.
    Interrupted,
    /// The data do not determine the parameters.
    NotIdentified,
    /// Markets could not be inverted, or costs not be computed, at the point.
    Failed,
    /// Nothing was searched for: everything is evaluated at the starting values.
    Evaluated,
}

/// One evaluation as an estimation goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Step, from 1.
    pub step: usize,
    /// Evaluations in this step.
    pub evaluations: usize,
    /// Objective of this evaluation; `NaN` when it failed.
    pub objective: f64,
    /// Best objective of this step.
    pub best: f64,
}

/// What one evaluation gave to the search: residuals and their Jacobian.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recorded {
    /// Residuals of the least-squares problem (moments); empty when the evaluation failed.
    pub residual: Vec<f64>,
    /// Their derivatives (moments x parameters).
    pub jacobian: Vec<f64>,
}

/// The world outside an estimation: who watches, who stops it, who remembers evaluations.
///
/// The search is deterministic, so an estimation that is begun again with what an earlier one
/// recorded goes through the same points without computing them.
pub trait Estimation {
    /// Whether to go on.
    fn proceed(&mut self, progress: &Progress) -> bool;
    /// An earlier evaluation at the very same parameters, in the order of the search.
    fn recall(&mut self, step: usize, values: &[f64]) -> Option<Recorded>;
    /// Keeps an evaluation.
    fn record(&mut self, step: usize, values: &[f64], evaluation: &Recorded);
}

/// One step as it ended.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// Objective at the end.
    pub objective: f64,
    /// Largest projected gradient element at the end.
    pub gradient: f64,
    /// Evaluations of objective and gradient.
    pub evaluations: usize,
    /// Parameters at the end.
    pub values: Vec<f64>,
    /// How it ended.
    pub status: FitStatus,
}

/// Estimates with everything that later results need.
#[derive(Debug, Clone)]
pub struct Fit {
    /// How it ended.
    pub status: FitStatus,
    /// Parameters that were searched for.
    pub values: Vec<f64>,
    /// Parameters that were solved for.
    pub linear: Linear,
    /// Objective `N gbar' W gbar`.
    pub objective: f64,
    /// Its gradient with respect to the searched parameters.
    pub gradient: Vec<f64>,
    /// Largest element of the gradient that bounds do not absorb.
    pub projected_gradient: f64,
    /// Mean utilities, costs and their derivatives.
    pub at: Evaluation,
    /// Structural errors.
    pub errors: Spread,
    /// Mean moments.
    pub moments: Vec<f64>,
    /// Whether moments of the product of both errors are among them: solved coefficients do not
    /// minimise the objective then.
    pub crossed: bool,
    /// Weighting matrix of the last step.
    pub weighting: Matrix,
    /// Covariance of moments behind the standard errors.
    pub spread: Matrix,
    /// Standard errors.
    pub inference: Inference,
    /// Steps.
    pub steps: Vec<StepReport>,
    /// Work of all steps.
    pub counters: Counters,
    /// Evaluations of objective and gradient, of all steps.
    pub evaluations: usize,
}

impl Progress {
    pub(super) fn note(&mut self, recorded: &Recorded) {
        self.evaluations += 1;
        self.objective = if recorded.residual.is_empty() {
            f64::NAN
        } else {
            vector::dot(&recorded.residual, &recorded.residual)
        };
        self.best = self.best.min(self.objective);
    }
}

impl Recorded {
    /// The objective `r'r` and its gradient `2 J'r`.
    pub(super) fn into_value(self) -> Option<optimize::Value> {
        let columns = self.jacobian.len() / self.residual.len().max(1);
        let jacobian = Matrix::new(self.residual.len(), columns, self.jacobian);
        let gradient = jacobian.transpose_apply(&self.residual);
        (!self.residual.is_empty()).then(|| optimize::Value {
            objective: vector::dot(&self.residual, &self.residual),
            gradient: gradient.iter().map(|g| 2.0 * g).collect(),
        })
    }

    pub(super) fn into_evaluation(self) -> Option<optimize::Evaluation> {
        (!self.residual.is_empty()).then_some(optimize::Evaluation {
            residual: self.residual,
            jacobian: self.jacobian,
        })
    }
}
