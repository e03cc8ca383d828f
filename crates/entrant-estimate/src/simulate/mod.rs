//! Panels of markets with known truth: equilibrium prices and shares at given parameters and
//! errors, and the designs in which estimators are compared.

mod columns;
mod experiment;
mod panel;
mod pricing;

pub use columns::Columns;
pub(crate) use columns::coefficients;
pub use experiment::{Experiment, Heterogeneity, Synthetic};
pub use panel::{Truth, Unsolved, simulate};
pub use pricing::{Pricer, Prices, Setting};
