//! From an economy to what-ifs: apply a set of changes, solve again, compare.
//!
//! [`apply`] edits a market, [`run_market`] solves and measures one draw of it, and
//! [`summarise`] turns the draws of a scenario into a [`entrant_data::result::MarketOutcome`].

mod capacities;
mod edit;
mod entrants;
mod levies;
pub mod lineup;
pub mod live;
mod owners;
mod pool;
mod premises;
pub mod premium;
mod pressure;
mod run;
mod solve;
pub mod stream;
mod summary;
pub mod surface;
pub mod timing;
mod transfer;
mod words;
mod worth;

pub use capacities::Full;
pub use edit::{Context, QualityDraw, TransferDraw, apply, change};
pub use entrants::{characteristic, median_sensitivity};
pub use pool::{Pool, summarise_together};
pub use premises::{Column, Newcomer, Premises};
pub use pressure::{Pressure, pressure};
pub use run::{Before, MarketDraw, RunSettings, run_market};
pub use solve::{Solved, solve_after};
pub use summary::{ProductFacts, ScenarioDraws, summarise};
pub use words::describe_changes;
pub use worth::{
    Ledger, Terms, covering_curve, firm_profit, ledger, present_value, present_value_factor,
};
