//! Numbers and settings of the engine in the words of documents.

use entrant_data::result::estimation::{EstimateStatus, EstimationSettingsReport};
use entrant_data::spec::{Algorithm, ErrorStructure, EstimateSpec, GmmMethod};
use entrant_estimate::blp::Failure;
use entrant_estimate::gmm::{Fit, FitStatus};

/// The number, when it is one.
pub(super) fn known(x: f64) -> Option<f64> {
    x.is_finite().then_some(x)
}

/// How a fit ended. With nothing to search for, estimates in closed form are at their optimum.
pub(super) fn status(fit: &Fit) -> EstimateStatus {
    status_of(fit.status, fit.values.is_empty())
}

/// The same of a step.
pub(super) fn status_of(status: FitStatus, closed_form: bool) -> EstimateStatus {
    match status {
        FitStatus::Converged => EstimateStatus::Converged,
        FitStatus::Evaluated if closed_form => EstimateStatus::Converged,
        FitStatus::Evaluated => EstimateStatus::Evaluated,
        FitStatus::Almost => EstimateStatus::Almost,
        FitStatus::LimitReached => EstimateStatus::LimitReached,
        FitStatus::Interrupted => EstimateStatus::Interrupted,
        FitStatus::NotIdentified => EstimateStatus::NotIdentified,
        FitStatus::Failed => EstimateStatus::Failed,
    }
}

/// Why a market has no answer, as the end of a sentence about it.
pub(super) fn why(failure: Failure, scale: f64) -> String {
    let reason = match failure {
        Failure::Inversion if scale < 1.0 => {
            return format!(
                "no mean utilities were found that give its shares at the starting values; the smaller `epsilon_scale` is (here {scale}), the harder they are to find: try a larger one"
            );
        }
        Failure::Inversion => "no mean utilities give its shares at the starting values",
        Failure::SingularShares => {
            "its shares do not respond to mean utilities at the starting values"
        }
        Failure::SingularMarkups => {
            "first-order conditions do not determine its markups at the starting values"
        }
        Failure::NonpositiveCost => {
            "a marginal cost is not positive at the starting values, and its logarithm is needed"
        }
        Failure::MicroMoment => "a micro moment is not a number at the starting values",
    };
    reason.into()
}

/// Settings as the study file writes them.
pub(super) fn settings(spec: &EstimateSpec, fingerprint: &str) -> EstimationSettingsReport {
    let o = &spec.optimizer;
    EstimationSettingsReport {
        epsilon_scale: spec.epsilon_scale,
        method: method(spec.method).into(),
        weighting: errors(spec.weighting).into(),
        errors: errors(spec.errors.unwrap_or(spec.weighting)).into(),
        center_moments: spec.center_moments,
        initial_update: spec.initial_update,
        algorithm: algorithm(o.algorithm).into(),
        gradient_tolerance: o.gradient_tolerance,
        evaluations: o.evaluations,
        starts: o.starts,
        spread: o.spread,
        seed: o.seed,
        inversion_tolerance: spec.inversion_tolerance,
        fingerprint: fingerprint.into(),
    }
}

fn method(method: GmmMethod) -> &'static str {
    match method {
        GmmMethod::OneStep => "one-step",
        GmmMethod::TwoStep => "two-step",
        GmmMethod::Iterated => "iterated",
    }
}

fn errors(errors: ErrorStructure) -> &'static str {
    match errors {
        ErrorStructure::Robust => "robust",
        ErrorStructure::Clustered => "clustered",
        ErrorStructure::Unadjusted => "unadjusted",
    }
}

fn algorithm(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::TrustRegion => "trust-region",
        Algorithm::Lbfgsb => "lbfgsb",
        Algorithm::Return => "return",
    }
}
