//! The pipeline of `entrant`: a study in, results out.
//!
//! ```text
//! tables -> Panel -> calibration -> Economy -> Scenario -> draws -> Results -> report
//! ```
//!
//! [`run`] walks the whole length; [`fit`] stops at the economy; [`check`] diagnoses without
//! solving; [`track`] reconciles published figures. The engine is silent: progress goes to an [`Observer`], which may also ask it to
//! stop. Results depend on the study, the number of draws and the seed, and on nothing else.

mod answer;
mod audit;
mod backtest;
mod calibrated;
mod diagnose;
mod distributions;
mod draw;
mod drivers;
mod economy;
mod error;
pub mod estimation;
mod game;
mod horizon;
mod inputs;
mod live;
pub mod merger;
mod observer;
mod pipeline;
mod premium;
mod surface;
mod tracker;
mod transfer;

pub use entrant_data as data;
pub use entrant_estimate as estimate;
pub use entrant_io as io;
pub use entrant_market as market;
pub use entrant_numeric as numeric;
pub use entrant_report as report;

pub use backtest::backtest;
pub use diagnose::{check, explain, topics};
pub use error::RunError;
pub use inputs::{Inputs, Resolved};
pub use observer::{Drawn, EstimationProgress, Observer, Silent, Stage};
pub use pipeline::{Fit, RunOptions, fit, markets, run};
pub use tracker::track;
