//! Supply that is estimated together with demand.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::instruments::BuiltInstruments;

/// Supply that is estimated: Bertrand-Nash prices with marginal cost linear in `cost`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EstimateSupply {
    /// Formula of marginal cost; fixed effects after `|`.
    pub cost: String,
    /// Whether the formula is of cost or of its logarithm.
    #[serde(default)]
    pub form: CostForm,
    /// Columns of excluded instruments; `*` at the end stands for every number that follows.
    #[serde(default)]
    pub instruments: Vec<String>,
    /// Instruments built from characteristics.
    #[serde(default)]
    pub built: Vec<BuiltInstruments>,
    /// Columns `z` of moments `E[(xi omega - covariance_mean) z] = 0` of both errors; `*` at the end
    /// stands for every number that follows. A column of ones says that their covariance is known.
    #[serde(default)]
    pub covariance_instruments: Vec<String>,
    /// Covariance of the errors of demand and cost in those moments.
    #[serde(default)]
    pub covariance_mean: f64,
    /// Costs below or above are moved to the bound.
    pub cost_bounds: Option<[f64; 2]>,
    /// Starting values of cost coefficients that are searched for, by column.
    #[serde(default)]
    pub gamma: BTreeMap<String, f64>,
    /// Bounds of those coefficients: lower, upper.
    #[serde(default)]
    pub gamma_bounds: BTreeMap<String, [f64; 2]>,
    /// Weight that a firm puts on the profit of another: a firm and another, in both directions
    /// unless `one_way`.
    #[serde(default)]
    pub stakes: Vec<PanelStake>,
    /// Who takes whose profit into account.
    #[serde(default)]
    pub conduct: ConductKind,
    /// Whether scenarios hold marginal costs at their values at the observed quantities, where the
    /// formula says that they depend on quantities.
    #[serde(default)]
    pub constant_costs: bool,
}

/// A weight on another firm's profit.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PanelStake {
    /// Firm that sets a price.
    pub firm: String,
    /// Firm whose profit it takes into account.
    pub of: String,
    /// Weight in [0, 1].
    pub weight: f64,
    /// Whether `of` does not do the same in turn.
    #[serde(default)]
    pub one_way: bool,
    /// Markets in which it holds; all when empty.
    #[serde(default)]
    pub markets: Vec<String>,
}

/// Who takes whose profit into account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConductKind {
    /// Each firm its own products.
    #[default]
    Bertrand,
    /// Each product alone.
    SingleProduct,
    /// All products of a market together.
    Monopoly,
    /// Price equals marginal cost.
    PerfectCompetition,
}

/// Cost or its logarithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CostForm {
    /// Marginal cost is linear.
    #[default]
    Linear,
    /// Its logarithm is linear.
    Log,
}
