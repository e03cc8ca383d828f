//! What an estimated panel says: substitution, costs, prices and welfare at given parameters.
//!
//! [`PanelEconomy`] is a problem at known parameters, and [`PanelMarket`] one of its markets at
//! some prices: shares, elasticities, diversion, markups, equilibrium prices, consumers' surplus.
//! Products stand in the order of the problem (`Problem::order` maps them to rows of the
//! products table), and a matrix over products has a row for the product whose price, share or
//! cost is named first. All sums run over the market's consumers, a few at a time: nothing of
//! size products x products x consumers is ever made.

mod bends;
mod convert;
mod curvature;
mod diversion;
mod economy;
mod elasticity;
mod equilibrium;
mod foc;
mod hessian;
mod market;
mod markups;
mod own;
mod ownership;
mod packed;
mod rows;
mod utility;
mod welfare;

pub use convert::Labels;
pub use economy::PanelEconomy;
pub use elasticity::{Variable, elasticities_of};
pub use equilibrium::{PriceSettings, PriceSolution, PriceStep};
pub use market::PanelMarket;
pub use own::mean_own_elasticity;
pub use ownership::Ownership;
pub use welfare::{Surplus, concentration, profits};
