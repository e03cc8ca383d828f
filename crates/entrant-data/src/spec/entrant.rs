//! Products that nobody has sold yet.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Price, Quantity};

/// A product that is not sold yet: what it is, what it costs, and how good it is.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntrantSpec {
    /// Id, as used by `enter`.
    pub id: String,
    /// Firm that sets its price.
    pub firm: String,
    /// Brand; the firm when absent.
    pub brand: Option<String>,
    /// Price, or `"optimal"`.
    pub price: Price,
    /// Marginal cost.
    pub cost: CostSpec,
    /// Mean utility.
    pub quality: QualitySpec,
    /// Numeric characteristics, by column.
    #[serde(default)]
    pub characteristics: BTreeMap<String, f64>,
    /// Text columns that demand uses (nest, loyalty group).
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Features that may be something else: one further entrant for every combination of their
    /// values, named `ID: LABEL, LABEL`.
    #[serde(default)]
    pub variant: Vec<VariantSpec>,
    /// The entrant that it is a variant of, filled in when the study is read. What is not known
    /// about the quality of one of them is the same for all.
    #[serde(skip)]
    pub family: Option<String>,
    /// Where the facts were read.
    #[serde(default)]
    pub source: String,
}

/// A feature that may take several values, and what they cost.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantSpec {
    /// Column of `data.characteristics`.
    pub column: String,
    /// Its values.
    pub values: Vec<f64>,
    /// What one unit more of it adds to marginal cost; nothing when absent.
    pub cost: Option<Quantity>,
    /// Names of the values; `COLUMN VALUE` when absent.
    #[serde(default)]
    pub labels: Vec<String>,
}

/// Marginal cost of an entrant: exactly one of the three ways.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CostSpec {
    /// Known marginal cost.
    pub known: Option<Quantity>,
    /// Bill of materials, marked up by `markup`.
    pub bill_of_materials: Option<Quantity>,
    /// What comes on top of the bill of materials, as a share of it.
    pub markup: Option<Quantity>,
    /// Target margin as a share of the given price: cost = price (1 - margin).
    pub margin: Option<Quantity>,
    /// What features of a variant add: units more than the entrant it is a variant of, and what
    /// one costs; filled in when the study is read.
    #[serde(skip)]
    pub features: Vec<(f64, Quantity)>,
}

/// Mean utility of an entrant: exactly one of `like`, `characteristics`, `share`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QualitySpec {
    /// Like this product on sale.
    pub like: Option<String>,
    /// Worth this much more (or less) than `like`, in currency to the median consumer.
    pub plus: Option<Quantity>,
    /// By its characteristics at the taste that the incumbents' mean utilities reveal.
    #[serde(default)]
    pub characteristics: bool,
    /// Brands whose brand effects the entrant's is drawn from, with `characteristics`.
    #[serde(default)]
    pub brands: Vec<String>,
    /// Whether its brand effect is the one that `[transfer]` brings from other countries, with
    /// `characteristics`.
    #[serde(default)]
    pub transfer: bool,
    /// Added to the brand effect, in currency to the median consumer.
    pub shift: Option<Quantity>,
    /// Such that it gets this share of units sold in the scenario, before rivals answer.
    pub share: Option<Quantity>,
}
