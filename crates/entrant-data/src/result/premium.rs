//! What features and brands are worth.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::estimate::nan_if_null;
use super::{Change, Estimate, StatusCount};
use crate::Status;

/// Premiums of features and brands in one market.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PremiumReport {
    /// Market.
    pub market: String,
    /// Title of the scenario whose changes hold throughout; empty for today's market.
    pub scenario: String,
    /// Draws for which everything was solved again.
    pub draws: usize,
    /// Status of every number that rests on all draws.
    pub status: Status,
    /// How many draws ended with which status, the worst of all their equilibria.
    pub counts: Vec<StatusCount>,
    /// Products of the budget line.
    pub budget: Vec<String>,
    /// Brands with which brands are compared.
    pub reference: Vec<String>,
    /// Groups of consumers.
    pub groups: Vec<PremiumGroup>,
    /// What is valued: features, all of them together, brands.
    pub subjects: Vec<PremiumSubject>,
    /// The regression of the logarithm of price beside it; absent where columns repeat one another
    /// or there are too few products.
    pub hedonic: Option<HedonicReport>,
    /// Where buyers of the focus products would go without them.
    pub substitutes: Vec<NearestSubstitutes>,
    /// The products in a plane, near where many buyers of one would take the other.
    pub map: Option<ProductMap>,
}

/// A group of consumers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PremiumGroup {
    /// Name.
    pub name: String,
    /// What divides consumers: `all`, `sensitivity`, `owners`, `channel` or `buyers`.
    pub kind: String,
    /// Its share of all potential buyers.
    pub share: Estimate,
}

/// A feature, all features together, or a brand, and what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PremiumSubject {
    /// Title.
    pub title: String,
    /// `feature`, `bundle` or `brand`.
    pub kind: String,
    /// The characteristic of a feature, the brand of a brand; empty for a bundle.
    pub of: String,
    /// How much of the characteristic the feature is.
    pub step: Option<f64>,
    /// Level to which the budget line is brought.
    pub level: Option<f64>,
    /// What a step costs to make.
    pub cost: Option<Estimate>,
    /// Mean willingness to pay, by group (groups).
    pub worth: Vec<Estimate>,
    /// Willingness to pay of the consumer with the median price sensitivity.
    pub median_consumer: Estimate,
    /// Share of draws in which it is worth less than nothing.
    #[serde(deserialize_with = "nan_if_null")]
    pub negative: f64,
    /// By how much the variance of the feature's worth is inflated because it moves with the other
    /// features and brands; from 10 on they are hard to tell apart.
    pub inflation: Option<f64>,
    /// The hedonic premium.
    pub hedonic: Option<HedonicPremium>,
    /// What it is worth in equilibrium, by product and by firm.
    pub values: Vec<PremiumValue>,
}

/// What a product, or a firm's line, earns by a feature or brand: without it against with it, every
/// price solved again (Allenby, Brazell, Howell and Rossi 2014).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PremiumValue {
    /// The product, or the firm where it is its line.
    pub name: String,
    /// Firm.
    pub firm: String,
    /// Whether it is the firm's line above the budget line.
    pub line: bool,
    /// The products that are with or without it.
    pub products: Vec<String>,
    /// Their price, by units.
    pub price: Change,
    /// Their units per period.
    pub units: Change,
    /// The firm's variable profit per period.
    pub profit: Change,
    /// Gain in the firm's profit were rivals to keep their prices.
    pub alone: Estimate,
    /// Willingness to pay of these products' buyers times their units: what the value is taken for
    /// where nobody answers and every buyer pays what it is worth to them.
    pub naive: Estimate,
    /// What remains when the budget line has it too; absent for brands.
    pub erosion: Option<PremiumErosion>,
}

/// Before and after the budget line has the feature, every price solved again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PremiumErosion {
    /// Price of the products, by units.
    pub price: Change,
    /// Their units per period.
    pub units: Change,
    /// The firm's variable profit per period.
    pub profit: Change,
    /// What the feature adds to their price.
    pub price_premium: Change,
    /// What the feature adds to the firm's profit per period.
    pub profit_premium: Change,
    /// Part of the price premium that remains.
    pub price_remains: Estimate,
    /// Part of the profit premium that remains.
    pub profit_remains: Estimate,
    /// How much more the products' level of the feature is worth than the budget line's, by units,
    /// to the consumer with the median price sensitivity.
    pub gap: Change,
}

/// A hedonic regression: the logarithm of price on features and brands, by least squares over the
/// products, with errors that allow for unequal variances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HedonicReport {
    /// Products.
    pub products: usize,
    /// Coefficients.
    pub columns: usize,
    /// Part of the variance of the logarithm of price that is explained.
    #[serde(deserialize_with = "nan_if_null")]
    pub r_squared: f64,
    /// Price at which premiums are put into money: the mean of the focus products.
    pub at_price: f64,
}

/// What a hedonic regression says of one feature or brand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HedonicPremium {
    /// Change of the logarithm of price.
    pub coefficient: f64,
    /// Its robust standard error.
    pub error: f64,
    /// In money, at the mean price of the focus products: what of it would go with the feature.
    pub premium: Estimate,
}

/// Where buyers of a product would go without it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NearestSubstitutes {
    /// Product.
    pub product: String,
    /// Firm.
    pub firm: String,
    /// The nearest, by the share of its buyers who would go there.
    pub nearest: Vec<Substitute>,
    /// Share who would buy nothing.
    pub outside: Estimate,
}

/// A substitute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Substitute {
    /// Product.
    pub product: String,
    /// Firm.
    pub firm: String,
    /// Share of buyers who would go there.
    pub diversion: Estimate,
    /// That share over what the product's own share of sales would lead to expect: above 1 it is
    /// nearer than its size alone makes it.
    pub lift: Estimate,
}

/// Products in a plane, at the central values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProductMap {
    /// Products.
    pub points: Vec<MapPoint>,
    /// Part of the distances that two dimensions hold, 0 to 1.
    pub explained: f64,
    /// Kruskal's stress-1: 0 where the plane shows every distance.
    pub stress: f64,
    /// Pairs of products that no consumer chooses between; they are drawn as far apart as the
    /// farthest pair that some do.
    pub apart: usize,
}

/// A product in a plane.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MapPoint {
    /// Product.
    pub product: String,
    /// Firm.
    pub firm: String,
    /// Along the first axis, which points to dearer products.
    pub x: f64,
    /// Along the second.
    pub y: f64,
    /// Share of units sold.
    pub unit_share: f64,
    /// Whether it is a focus product.
    pub focus: bool,
    /// Whether it is on the budget line.
    pub budget: bool,
}
