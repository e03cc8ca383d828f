//! Demand: the model, its parameters, and the numbers it must reproduce.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Parameter, Quantity};

/// Which discrete choice model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// Multinomial logit: every consumer alike up to the taste shock.
    Logit,
    /// Nested logit: products in a nest are closer substitutes.
    NestedLogit,
    /// Random-coefficients logit, with a nest when `nest` is given.
    RandomCoefficients,
}

/// The demand section of a study.
///
/// Utility of consumer i for product j is `delta_j - alpha_i p_j + loyalty + taste + shock`,
/// with `ln alpha_i` normal: its median is `sensitivity` and its standard deviation `spread`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DemandSpec {
    /// Model.
    pub model: Model,
    /// Median price sensitivity, utility per unit of currency, above 0.
    #[serde(default = "calibrate")]
    pub sensitivity: Parameter,
    /// Standard deviation of the logarithm of price sensitivity, at least 0.
    #[serde(default = "zero")]
    pub spread: Parameter,
    /// Gauss-Hermite nodes per random coefficient.
    #[serde(default = "nine")]
    pub nodes: usize,
    /// Nests.
    pub nest: Option<NestSpec>,
    /// Loyalty to what the consumer owns already.
    pub loyalty: Option<LoyaltySpec>,
    /// Normal tastes for characteristics.
    #[serde(default)]
    pub taste: Vec<TasteSpec>,
    /// Numbers that the calibrated economy must reproduce.
    #[serde(default)]
    pub target: Vec<TargetSpec>,
}

fn calibrate() -> Parameter {
    Parameter::Calibrate
}

fn zero() -> Parameter {
    Parameter::Given(Quantity::known(0.0))
}

fn nine() -> usize {
    9
}

/// Nests of products that are closer substitutes.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NestSpec {
    /// Column of the products table that names the nest; `all` puts every product in one nest
    /// against buying nothing.
    pub column: String,
    /// Nesting parameter rho in [0, 1): 0 is flat logit (the convention of Berry 1994).
    pub strength: Parameter,
}

impl NestSpec {
    /// Nest of a product, given its labels by column.
    pub fn label(&self, label: impl Fn(&str) -> Option<String>) -> Option<String> {
        if self.column == "all" {
            Some("all".into())
        } else {
            label(&self.column)
        }
    }
}

/// Loyalty: consumers who own a product of a group get extra utility from buying it again.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoyaltySpec {
    /// Column of the products table that names the group (brand, operating system).
    pub column: String,
    /// Extra utility, at least 0.
    pub strength: Parameter,
    /// Share of consumers who own each group now; the rest own none.
    pub owners: BTreeMap<String, Quantity>,
}

/// A normal taste for a characteristic, centred at zero (its mean is in the mean utility).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TasteSpec {
    /// Numeric column of the products table.
    pub column: String,
    /// Standard deviation of the taste, utility per unit of the column, at least 0.
    pub spread: Parameter,
}

/// What a target is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// Revenue-weighted price-cost margin, a share of price, of a firm, brand or product.
    Margin,
    /// Units-weighted price-cost margin in currency, of a firm, brand or product.
    MarginLevel,
    /// Own-price elasticity of a product (negative).
    Elasticity,
    /// Elasticity of total units with respect to a common relative price change (negative).
    AggregateElasticity,
    /// Diversion ratio: share of the units lost by `of` that go to `to` when the price of
    /// `of` rises; `to = "outside"` is buying nothing.
    Diversion,
    /// Share of buyers owning the loyalty group who buy it again.
    Retention,
}

/// A number that the calibrated economy must reproduce.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetSpec {
    /// What it is about.
    pub kind: TargetKind,
    /// Product, brand, firm or loyalty group; not used by `aggregate-elasticity`.
    #[serde(default)]
    pub of: String,
    /// Where the units go, for `diversion`.
    #[serde(default)]
    pub to: String,
    /// Market; the first when empty.
    #[serde(default)]
    pub market: String,
    /// The known number.
    pub value: Quantity,
    /// How far off counts as one unit of misfit when there are more targets than parameters.
    #[serde(default = "one_tenth")]
    pub tolerance: f64,
}

fn one_tenth() -> f64 {
    0.1
}
