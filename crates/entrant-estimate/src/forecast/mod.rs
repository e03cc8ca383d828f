//! Predicting a market from the ones before it: what is left over after estimation is carried
//! forward, and what sets in anew is drawn from what was seen before.
//!
//! Every forecaster explains two numbers of a product by known columns and carries what is left:
//!
//! | forecaster | first number | second number | then |
//! |---|---|---|---|
//! | [`Outlook`] (the estimated model) | mean utility | marginal cost, or its logarithm | prices in equilibrium, shares there |
//! | [`LogLinear`] (constant elasticity) | logarithm of the share | logarithm of the price | nothing |
//! | [`proportional`] (plain logit) | `ln s_j - ln s_0` | none | shares of a logit |
//! | [`no_change`] | logarithm of the share | logarithm of the price | nothing |
//!
//! [`Chain`] says which products of successive markets are the same, and [`Carry`] draws what is
//! left over in the next market. Fixed effects are part of what is left over.

mod carry;
mod chain;
mod loglinear;
mod model;
mod rules;

pub use carry::Carry;
pub use chain::Chain;
pub use loglinear::LogLinear;
pub use model::{Leftover, Outlook, Trained};
pub use rules::{Rule, logit_shares, no_change, proportional};

/// What is left over of each of the two numbers of a product.
pub type Left = [f64; 2];

/// A market in one draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// Shares of all potential buyers (products).
    pub share: Vec<f64>,
    /// Prices (products); empty where the forecaster knows or ignores them.
    pub price: Vec<f64>,
    /// What the prices are; [`entrant_data::Status::Exact`] where none were solved for.
    pub status: entrant_data::Status,
}
