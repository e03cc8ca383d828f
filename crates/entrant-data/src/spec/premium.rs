//! What features and brands are worth: willingness to pay, equilibrium value, what remains of it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::Quantity;

/// Which premiums to take apart.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PremiumsSpec {
    /// Market; the first when empty.
    #[serde(default)]
    pub market: String,
    /// Scenario whose changes hold throughout; today's market when absent.
    pub scenario: Option<String>,
    /// Products whose premiums are in question.
    pub focus: Vec<String>,
    /// Features to value.
    #[serde(default)]
    pub feature: Vec<FeatureSpec>,
    /// Brands to value.
    #[serde(default)]
    pub brands: Vec<String>,
    /// Brands with which they are compared, on average; all others on sale when empty.
    #[serde(default)]
    pub reference: Vec<String>,
    /// The budget line, which the features may reach.
    pub budget: BudgetSpec,
    /// Draws for which everything is solved again; 100 when absent, never more than the run has.
    pub draws: Option<usize>,
}

/// The budget line: give `below` or `products`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetSpec {
    /// All products at or below this price.
    pub below: Option<f64>,
    /// These products.
    #[serde(default)]
    pub products: Vec<String>,
}

/// A characteristic and how much of it is one feature.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeatureSpec {
    /// The characteristic, one of `data.characteristics`.
    pub column: String,
    /// What the step is for the reader, such as `twice the storage`; the column when empty.
    #[serde(default)]
    pub title: String,
    /// How much more of the characteristic the feature is, below zero where less is better; the
    /// median of the focus products less that of the budget line when absent.
    pub step: Option<f64>,
    /// Level to which the budget line is brought; the median of the focus products when absent.
    pub level: Option<f64>,
    /// What a step costs to make; nothing when absent.
    pub cost: Option<Quantity>,
}
