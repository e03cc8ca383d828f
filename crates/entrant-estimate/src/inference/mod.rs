//! How far estimates can be believed: tests, the strength of instruments, confidence sets that
//! hold when instruments are weak, spreads of tastes at zero, and the gate before intervals.
//!
//! Every test is one file. It returns its statistic, degrees of freedom, p-value, threshold and a
//! status; what cannot be tested is `Undefined`, never a number that looks like a test.

mod anderson_rubin;
mod boundary;
mod covariance;
mod distance;
mod first_stage;
mod frac;
mod gate;
mod hansen;
mod iia;
mod line;
mod linear;
mod noncentral;
mod outcome;
mod profile;
mod reduced;
mod restricted;
mod score;
mod stock_yogo;
mod wald;

pub use anderson_rubin::{AndersonRubin, Coordinate, RobustPoint, price_set};
pub use boundary::{ZeroSpread, zero_spread};
pub use distance::distance;
pub use first_stage::{FirstStage, Regressor, first_stage};
pub use frac::{SpreadStarts, curvature, spread_starts};
pub use gate::diagnose;
pub use hansen::{hansen, specification};
pub use iia::iia;
pub use line::ConfidenceSet;
pub(crate) use linear::logit_utility;
pub use noncentral::{noncentral_quantile, noncentral_survival};
pub use outcome::{LEVEL, TestResult, TestStatus};
pub use profile::{Edge, Reference, ScalarSet, Search, SetStatus, Target};
pub use restricted::{Restriction, distance_test, lagrange_multiplier, restricted};
pub use score::score;
pub use stock_yogo::{maximal_bias, maximal_size};
pub use wald::{wald, wald_of};
