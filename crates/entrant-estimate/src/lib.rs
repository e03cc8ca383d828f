//! From a panel and a specification to an economy: calibration from a few public numbers.
//!
//! [`calibrate`] makes one [`entrant_market::Market`] from one market of a panel, so that its
//! shares are the observed ones exactly and known margins, elasticities, diversion or loyalty
//! rates are met. [`quality::fit_quality`] then reads off what characteristics and brands are
//! worth.

pub mod audit;
pub mod blp;
pub mod bootstrap;
mod calibrate;
mod closed_form;
mod fitted;
pub mod forecast;
pub mod gmm;
pub mod importance;
pub mod inference;
pub mod micro;
pub mod optimal;
mod parameters;
pub mod post;
pub mod quality;
mod shares;
pub mod simulate;
mod skeleton;
mod verdict;

pub use calibrate::{Calibration, ParameterValue, TargetFit, calibrate};
pub use shares::{ObservedMarket, observe};

/// How many parameters of a demand specification are to be calibrated.
pub fn parameters_to_calibrate(demand: &entrant_data::spec::DemandSpec) -> usize {
    parameters::Parameters::new(demand, 1.0).free.len()
}
