//! Supply: conduct, ownership, and firms whose prices are taken as given.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::Quantity;

/// How prices are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Conduct {
    /// Each firm sets its prices given its rivals' prices (Bertrand-Nash).
    #[default]
    Bertrand,
}

/// The supply section of a study.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplySpec {
    /// How prices are set.
    #[serde(default)]
    pub conduct: Conduct,
    /// Firms whose observed prices are not a best response; their margin is given instead.
    #[serde(default)]
    pub given: Vec<GivenMarginSpec>,
    /// Weights that a firm puts on another firm's profit (partial ownership, common owners).
    #[serde(default)]
    pub stake: Vec<StakeSpec>,
}

/// A firm that does not price optimally, with its margin.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenMarginSpec {
    /// Firm.
    pub firm: String,
    /// Price-cost margin as a share of price.
    pub margin: Quantity,
}

/// A weight that one firm puts on another firm's profit.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StakeSpec {
    /// Firm that sets the prices.
    pub owner: String,
    /// Firm whose profit counts.
    pub of: String,
    /// Weight in [0, 1].
    pub weight: f64,
}
