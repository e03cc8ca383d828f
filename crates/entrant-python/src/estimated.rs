//! What an estimation gives besides its estimates.

use entrant::data::result::conclusions::FollowingTables;
use entrant::data::result::estimation::{EstimatedProducts, EstimationReport};
use entrant::estimate::gmm::FitStatus;
use entrant::estimation::EstimatedFit;
use pyo3::prelude::*;

use crate::errors::bad;
use crate::fit::Fit;

/// What scenarios need of an estimation besides its estimates.
pub(crate) struct Rest {
    pub(crate) report: EstimationReport,
    pub(crate) products: EstimatedProducts,
}

impl Fit {
    /// The same with what scenarios need.
    pub(crate) fn with(mut self, rest: Rest) -> Self {
        self.rest = Some(Box::new(rest));
        self
    }

    /// Everything that the estimation gave.
    pub(crate) fn estimated(&self, py: Python<'_>) -> PyResult<EstimatedFit> {
        let Some(rest) = &self.rest else {
            return Err(bad(py, "a single step has no economy"));
        };
        Ok(EstimatedFit {
            problem: (*self.inner.problem).clone(),
            fit: self.found.clone(),
            report: rest.report.clone(),
            products: rest.products.clone(),
            following: FollowingTables::default(),
            checkpoint_failure: None,
        })
    }
}
/// How an estimation ended, in a word.
pub(crate) fn word(status: FitStatus) -> &'static str {
    match status {
        FitStatus::Converged => "converged",
        FitStatus::Almost => "almost",
        FitStatus::LimitReached => "limit_reached",
        FitStatus::Interrupted => "interrupted",
        FitStatus::NotIdentified => "not_identified",
        FitStatus::Failed => "failed",
        FitStatus::Evaluated => "evaluated",
    }
}
