//! Economics of one market at known parameters.
//!
//! [`Market`] with its [`QualityModel`] is the narrow waist, the economy: every calibration or
//! estimator produces one per market and every what-if consumes one. [`demand::Demand`] is the choice model of one market as dense
//! arrays, [`supply::Ownership`] says whose profit counts when a price is set, and
//! [`equilibrium`] solves for Bertrand-Nash prices and proves what it found.

mod capacity;
pub mod demand;
pub mod economy;
pub mod equilibrium;
pub mod quality;
pub mod supply;

pub use capacity::Capacity;
pub use demand::Demand;
pub use economy::{Conduct, ConsumerType, Levy, Market, Population, PriceRule, Product, Reach};
pub use quality::QualityModel;
pub use supply::Ownership;
