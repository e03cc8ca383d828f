//! A market that can be solved again by whoever reads the results: what the page's own engine
//! needs, and nothing of how it was found.
//!
//! Numbers are exact: a what-if solved from here has the bits of the run that wrote it. Lists of
//! products, entrants, columns and segments are the same in every draw, in the order given here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Status;
use crate::spec::ScenarioSpec;

/// Markets at known parameters, at the central values of the inputs and in some of the draws.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveModel {
    /// Level of the intervals.
    pub level: f64,
    /// Channels of consumers; empty when there is one.
    pub segments: Vec<String>,
    /// Characteristics with a worth.
    pub columns: Vec<LiveColumn>,
    /// Inputs that scenarios name.
    pub inputs: Vec<LiveInput>,
    /// The study's scenarios; uncertain quantities stand as names of `inputs`.
    pub scenarios: Vec<ScenarioSpec>,
    /// What is added up to the worth of an entry, when the study asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<LiveWorth>,
    /// Markets, in the order of the study.
    pub markets: Vec<LiveMarket>,
}

/// A characteristic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveColumn {
    /// Name.
    pub name: String,
    /// Its place among the characteristics with random tastes; absent where taste is not random.
    pub taste: Option<usize>,
}

/// An input with its values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveInput {
    /// Name: an entry of `[inputs]`, or the reader's name of a quantity.
    pub name: String,
    /// How the study writes it, as a value of TOML.
    pub text: String,
    /// Central value.
    pub central: f64,
    /// Value in each draw that is kept.
    pub draws: Vec<f64>,
}

/// What the money of an entry depends on beside profits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveWorth {
    /// Firm.
    pub firm: String,
    /// Number of periods.
    pub periods: u32,
    /// Terms at the central values.
    pub central: LiveTerms,
    /// Terms in each draw that is kept.
    pub draws: Vec<LiveTerms>,
}

/// One draw of the terms of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveTerms {
    /// Discount rate per period.
    pub discount: f64,
    /// Growth of the market from one period to the next.
    pub growth: f64,
    /// Cost of being there, per period.
    pub running: f64,
    /// Cost of entering, at the start.
    pub fixed_cost: f64,
}

/// A market: what is the same in every draw, and the draws.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveMarket {
    /// Id.
    pub id: String,
    /// Products on sale.
    pub products: Vec<LiveProduct>,
    /// Products that may enter.
    pub entrants: Vec<LiveProduct>,
    /// Owner, of, for each stake.
    pub stakes: Vec<(String, String)>,
    /// Groups of loyal consumers.
    pub groups: Vec<String>,
    /// At the central values.
    pub central: LiveDraw,
    /// Draws that are kept.
    pub draws: Vec<LiveDraw>,
}

/// A product: what is the same in every draw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveProduct {
    /// Id.
    pub id: String,
    /// Firm.
    pub firm: String,
    /// Brand.
    pub brand: String,
    /// Whether its firm chooses its price.
    pub optimal: bool,
    /// Nest.
    pub nest: Option<String>,
    /// Loyalty group.
    pub group: Option<String>,
    /// Characteristics with random tastes.
    pub x: Vec<f64>,
    /// Whether it is sold in each segment.
    pub reach: Vec<bool>,
    /// Share of those consumers who know of it.
    pub aware: f64,
    /// Values of the columns; absent where it has none.
    pub values: Vec<Option<f64>>,
}

/// One draw of a market.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveDraw {
    /// What became of its parameters; a draw without a usable status counts as lost.
    pub status: Status,
    /// Potential buyers.
    pub size: f64,
    /// Nesting parameter.
    pub rho: f64,
    /// Utility of staying with the group one owns.
    pub loyalty: f64,
    /// Share of each segment.
    pub segments: Vec<f64>,
    /// Types of consumers.
    pub types: Vec<LiveType>,
    /// Weights of the stakes.
    pub stakes: Vec<f64>,
    /// Mean utility, price and marginal cost of each product on sale.
    pub products: Vec<[f64; 3]>,
    /// Mean utility, price and marginal cost of each entrant.
    pub entrants: Vec<[f64; 3]>,
    /// Share of units sold that each entrant is to get before rivals answer; absent for those
    /// whose mean utility is known.
    pub targets: Vec<Option<f64>>,
    /// Worth of one unit of each column, in utility.
    pub worth: Vec<f64>,
}

/// Consumers with the same tastes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveType {
    /// Share of consumers.
    pub weight: f64,
    /// Price coefficient.
    pub slope: f64,
    /// Group owned, by position; absent for none.
    pub owns: Option<usize>,
    /// Taste for each characteristic with random tastes.
    pub taste: Vec<f64>,
}
