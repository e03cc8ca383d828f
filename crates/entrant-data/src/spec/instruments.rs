//! Instruments that are computed rather than found in a table.

use schemars::JsonSchema;
use serde::Deserialize;

/// Instruments built from characteristics of other products in the market.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuiltInstruments {
    /// How.
    pub kind: BuiltKind,
    /// Formula of the characteristics.
    pub of: String,
    /// Whether interactions of differences are added (differentiation instruments).
    #[serde(default)]
    pub interact: bool,
    /// Whether price in `of` stands for the price that is expected from all other instruments: the
    /// fit of a regression on them (Gandhi and Houde 2020). Without it `of` cannot use price.
    #[serde(default)]
    pub expected_price: bool,
}

/// Kinds of built instruments; optimal ones have a table of their own, `estimate.optimal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BuiltKind {
    /// Sums over the firm's other products and over rivals' (Berry, Levinsohn and Pakes 1995).
    Sums,
    /// Numbers of close products, own and rivals' (Gandhi and Houde 2020).
    LocalDifferences,
    /// Sums of squared differences, own and rivals' (Gandhi and Houde 2020).
    QuadraticDifferences,
}

/// Feasible optimal instruments (Chamberlain 1987; Reynaert and Verboven 2014; Conlon and
/// Gortmaker 2020): expected derivatives of the structural errors at the first estimates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OptimalSpec {
    /// How the expectation over structural errors is taken.
    pub expectation: ExpectationKind,
    /// Number of draws of structural errors; 100 when absent. Not for `approximate`.
    pub draws: Option<usize>,
    /// Seed of the draws.
    pub seed: u64,
    /// What prices are expected to be.
    pub prices: ExpectedPrices,
}

/// Consumers drawn anew with the probability of buying anything at the first estimates (Berry,
/// Levinsohn and Pakes 1995, section 6): from the consumers table with replacement, or new normal
/// draws without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportanceSpec {
    /// Consumers in each market.
    pub draws: usize,
    /// Seed.
    #[serde(default)]
    pub seed: u64,
}

/// How the expectation over structural errors is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectationKind {
    /// Errors at their mean, zero.
    #[default]
    Approximate,
    /// Normal errors with the covariance of the estimated ones.
    Normal,
    /// Estimated errors, drawn with replacement.
    Empirical,
}

/// What prices are expected to be where nothing but exogenous characteristics is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExpectedPrices {
    /// Equilibrium prices where supply is estimated and its cost can be solved for; the
    /// regression otherwise.
    #[default]
    Automatic,
    /// The fit of a regression of prices on all instruments of demand.
    Regression,
}
