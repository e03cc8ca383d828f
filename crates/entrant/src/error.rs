//! Why a run ended without results.

use entrant_data::result::estimation::EstimateStatus;
use entrant_data::{InputError, Status};
use entrant_io::WriteError;

/// Why a run ended without results.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Mistakes in the study or its tables.
    #[error("{}", .0.first().map_or("bad input", |e| e.message.as_str()))]
    Input(Vec<InputError>),
    /// The targets do not determine the parameters of a market.
    #[error("market `{market}`: the targets do not determine the parameters ({detail})")]
    NotIdentified {
        /// Market.
        market: String,
        /// Numbers of targets and parameters, or how close to collinear the targets are.
        detail: String,
    },
    /// A market could not be calibrated or has no equilibrium.
    #[error("market `{market}`: {detail}")]
    NotSolved {
        /// Market.
        market: String,
        /// What the mathematics found.
        status: Status,
        /// What it means.
        detail: String,
    },
    /// An estimation cannot be evaluated at any of its starting values.
    #[error("market `{market}`: {detail}")]
    NotStarted {
        /// Market.
        market: String,
        /// Why it has no answer there.
        detail: String,
    },
    /// The estimates of a study may not be used.
    #[error("the estimates may not be used: {}", .status.meaning())]
    NotEstimated {
        /// How the estimation ended.
        status: EstimateStatus,
    },
    /// The observer asked to stop during the estimation.
    #[error("interrupted before the estimation was done")]
    EstimationInterrupted,
    /// The observer asked to stop.
    #[error("interrupted after {done} of {total} draws")]
    Interrupted {
        /// Draws finished.
        done: usize,
        /// Draws asked for.
        total: usize,
    },
    /// The observer asked to stop during a back-test.
    #[error("interrupted after {done} of {total} markets")]
    BacktestInterrupted {
        /// Markets predicted.
        done: usize,
        /// Markets asked for.
        total: usize,
    },
    /// A resource that the run needs could not be had.
    #[error("cannot start {threads} threads: {cause}")]
    Resource {
        /// Threads asked for.
        threads: usize,
        /// Why.
        cause: String,
    },
    /// A checkpoint that cannot be continued from.
    #[error("{}", .0.message)]
    Checkpoint(InputError),
    /// A checkpoint that cannot be written.
    #[error(transparent)]
    Write(WriteError),
}

impl From<InputError> for RunError {
    fn from(e: InputError) -> Self {
        RunError::Input(vec![e])
    }
}
