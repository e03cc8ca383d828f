//! The generalised method of moments: from mean utilities and costs to estimates with errors.
//!
//! Moments are `gbar = [Z_D' xi; Z_S' omega] / N`; the objective is `q = N gbar' W gbar`
//! (Hansen 1982), with linear parameters solved for at every point.

mod covariance;
mod errors;
mod estimator;
mod fit;
mod moments;

pub(crate) use covariance::by_clusters;
pub use covariance::{Spread, moment_covariance};
pub use errors::{Inference, inference};
pub use estimator::estimate;
pub use fit::{Estimation, EstimationSettings, Fit, FitStatus, Progress, Recorded, StepReport};
pub use moments::{Linear, Moments, Weighting, first_weighting};
