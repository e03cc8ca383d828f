//! Demand and supply of differentiated products estimated from a panel of markets
//! (Berry, Levinsohn and Pakes 1995; Nevo 2001).
//!
//! [`Problem`] is a panel and a specification bound together, [`evaluate`] computes the moments
//! and their Jacobian at given parameters market by market, and `crate::gmm` turns them into
//! estimates. Utility of consumer i for product j is
//! `delta_j + sum_k x_jk coefficient_ik + shock`; coefficients are `Sigma nu_i + Pi d_i` or a
//! function of it, shocks are extreme value, correlated within nests by `rho`.

mod bind;
mod block;
mod evaluate;
pub(crate) mod instruments;
mod inversion;
mod invert;
mod lanes;
mod market;
mod markets;
mod own;
mod parameters;
mod problem;
mod response;
mod supply;
mod theta;
mod workers;

pub use bind::{Source, redundant_instruments, rule};
pub(crate) use block::Block;
pub use evaluate::{
    Counters, Evaluation, Failure, MarketState, Wanted, evaluate, evaluate_from, evaluate_with,
};
pub use market::{Consumers, MarketData, ProductDemographics};
pub use markets::Markets;
pub use own::{Contraction, Inverse, Invert, OwnInversion};
pub use parameters::{Kind, Parameter, Parameters};
pub use problem::{CostSide, CrossedMoments, Formulas, Problem, Side};
pub(crate) use response::{
    Response, add_rho_tangent, coefficient_of, is_flat, probability_tangent, utility_tangent,
};
pub use theta::Theta;
pub use workers::{Serial, Workers};
