//! The generalised method of moments: from mean utilities and costs to estimates with errors.
//!
//! Moments are `gbar = [Z_D' xi; Z_S' omega] / N`, and of the product of both errors where the study
//! asks for them; the objective is `q = N gbar' W gbar`
//! (Hansen 1982), with linear parameters solved for at every point.

mod covariance;
mod crossed;
mod errors;
mod estimator;
mod fit;
mod moments;
mod structural;

pub use covariance::{Spread, moment_covariance};
pub(crate) use covariance::{by_clusters, contributions};
pub(crate) use errors::response;
pub use errors::{Inference, inference};
pub use estimator::{estimate, updated_weighting};
pub use fit::{
    Estimation, EstimationSettings, Fit, FitStatus, GivenWeighting, Progress, Recorded, StepReport,
};
pub use moments::{Linear, Moments, Point, Weighting, first_weighting};
