//! Economics of one market at known parameters.
//!
//! [`economy::Economy`] is the narrow waist: every calibration or estimator produces one and
//! every what-if consumes one. [`demand::Demand`] is the choice model of one market as dense
//! arrays, [`supply::Ownership`] says whose profit counts when a price is set, and
//! [`equilibrium`] solves for Bertrand-Nash prices and proves what it found.

pub mod demand;
pub mod economy;
pub mod equilibrium;
pub mod quality;
pub mod supply;

pub use demand::Demand;
pub use economy::{ConsumerType, Economy, Market, Population, PriceRule, Product, Reach};
pub use quality::QualityModel;
pub use supply::Ownership;
