//! Outcomes of scenarios.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::estimate::nan_if_null;
use super::{Change, Estimate, Worth};
use crate::Status;

/// A scenario's outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioOutcome {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Remark.
    pub note: String,
    /// What changes, in words, one entry per change.
    pub changes: Vec<String>,
    /// All markets of an estimated study together, when there are several: shares are means over
    /// potential buyers, prices means over units, money and units sums (per million potential buyers
    /// where sizes of markets are not known). It has no table of diversion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub together: Option<MarketOutcome>,
    /// One outcome per market.
    pub markets: Vec<MarketOutcome>,
    /// What the entry is worth, when the study asks and the firm is in the scenario.
    pub worth: Option<Worth>,
}

/// One market under a scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MarketOutcome {
    /// Market id.
    pub market: String,
    /// Status at the central values of the inputs.
    pub status: Status,
    /// How many draws ended with which status.
    pub draws: Vec<StatusCount>,
    /// Products: the ones on sale before, then entrants.
    pub products: Vec<ProductOutcome>,
    /// Firms, in order of first appearance.
    pub firms: Vec<FirmOutcome>,
    /// Consumer surplus of all potential buyers together, in currency.
    pub consumer_surplus: Change,
    /// Herfindahl-Hirschman index of units by firm, 0 to 10,000.
    pub hhi: Change,
    /// What the merger adds to that index at the shares before, where products change hands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merger_hhi: Option<Estimate>,
    /// Units sold by all firms.
    pub units: Change,
    /// What the scenario's taxes and tariffs bring the government per period, in currency; negative
    /// where it pays subsidies. Absent where nothing is taxed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub government: Option<Estimate>,
    /// How full the scenario's capacities are; empty where it has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capacities: Vec<CapacityOutcome>,
    /// Where a lost unit goes, by product, after the scenario.
    pub diversion: DiversionTable,
    /// Where the entrants' units come from; empty when nobody enters.
    pub volume_source: Vec<VolumeSource>,
    /// Certificate of the equilibrium.
    pub certificate: Certificate,
}

/// Number of draws that ended with a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatusCount {
    /// Status.
    pub status: Status,
    /// Number of draws.
    pub draws: usize,
}

/// A product under a scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProductOutcome {
    /// Product id.
    pub product: String,
    /// Firm that sells it after the scenario.
    pub firm: String,
    /// Brand.
    pub brand: String,
    /// Whether it was not on sale before.
    pub entrant: bool,
    /// Whether it is on sale after.
    pub on_sale: bool,
    /// How its price is set after: `optimal`, `given` or `held`.
    pub price_rule: String,
    /// Price, in currency; before is `null` for an entrant, after is `null` for one that went.
    pub price: Change,
    /// Marginal cost, in currency, after; tariffs and taxes per unit are in it.
    pub cost: Estimate,
    /// Share of all potential buyers.
    pub share: Change,
    /// Share of units sold.
    pub unit_share: Change,
    /// Units per period.
    pub units: Change,
    /// Revenue per period, in currency.
    pub revenue: Change,
    /// Variable profit per period, in currency.
    pub profit: Change,
    /// Sum of the shadow prices of the capacities that the product needs, in currency per unit; absent where
    /// it needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow_price: Option<Estimate>,
    /// Screens at the prices before, for a product of firms that merge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressure: Option<PricingPressure>,
}

/// Screens of a merger that need no new prices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PricingPressure {
    /// Upward pricing pressure, in currency per unit: diversion to products whose profit newly
    /// counts, times what they earn (Farrell and Shapiro 2010), gross of efficiencies.
    pub upward: Estimate,
    /// The same as a share of the price (GUPPI).
    pub gross: Estimate,
    /// Reduction of marginal cost, as a share of it, at which prices would stay where they are if
    /// all products of the merging firms had theirs (CMCR, Werden 1996).
    pub compensating: Estimate,
}

/// What a firm can sell at most of some products together, and how much it sells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CapacityOutcome {
    /// Firm after the scenario.
    pub firm: String,
    /// Its products, those on sale.
    pub products: Vec<String>,
    /// Units per period that can be sold.
    pub units: Estimate,
    /// Share of them that is.
    pub used: Estimate,
    /// What one more unit would earn the firm per period, in currency, after taxes, at rivals' prices; zero
    /// where not all is sold.
    pub shadow_price: Estimate,
    /// Share of the draws in which all is sold.
    pub full: f64,
}

/// A firm under a scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FirmOutcome {
    /// Firm.
    pub firm: String,
    /// Whether it sold nothing before.
    pub entrant: bool,
    /// Units-weighted mean price; `null` where it sells nothing.
    pub price: Change,
    /// Share of all potential buyers.
    pub share: Change,
    /// Share of units sold.
    pub unit_share: Change,
    /// Units per period.
    pub units: Change,
    /// Revenue per period, in currency.
    pub revenue: Change,
    /// Variable profit per period, in currency.
    pub profit: Change,
}

/// Second-choice diversion: share of the buyers of the row's product who would buy the
/// column's product if the row's product were not on sale. The last column is buying nothing;
/// the diagonal is zero and each row sums to one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DiversionTable {
    /// Products, for rows and, followed by `outside`, for columns.
    pub products: Vec<String>,
    /// Lower ends, row by row.
    pub low: Vec<Vec<Option<f64>>>,
    /// Medians, row by row.
    pub median: Vec<Vec<Option<f64>>>,
    /// Upper ends, row by row.
    pub high: Vec<Vec<Option<f64>>>,
    /// Level of the intervals.
    pub level: f64,
    /// Status.
    pub status: Status,
}

/// A part of the entrants' units: what its buyers would have bought without the entry, at the
/// prices after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VolumeSource {
    /// Firm that loses, or `outside` for people who would have bought nothing.
    pub from: String,
    /// Share of the entrants' units.
    pub share: Estimate,
    /// Units per period.
    pub units: Estimate,
}

/// Proof of an equilibrium, made by code that did not solve it, at the central values of the
/// inputs; and the worst values over all draws.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Certificate {
    /// Status.
    pub status: Status,
    /// Largest `|p - c - markup| / p` over products with an optimal price.
    #[serde(deserialize_with = "nan_if_null")]
    pub residual: f64,
    /// Largest `|d profit / d price| / share`.
    #[serde(deserialize_with = "nan_if_null")]
    pub gradient: f64,
    /// Largest eigenvalue of any firm's profit Hessian, scaled by shares and prices; negative
    /// at a strict local maximum.
    #[serde(deserialize_with = "nan_if_null")]
    pub curvature: f64,
    /// Largest gap of complementarity over capacities: of the shadow price over the mean price and the unused
    /// part of the capacity the smaller one, which must be zero. Absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<f64>,
    /// Per firm: what it could gain by leaving the equilibrium alone.
    pub deviations: Vec<FirmDeviation>,
    /// Number of distinct equilibria found.
    pub equilibria: usize,
    /// Number of starting points from which equilibria were searched for.
    pub starts: usize,
    /// Iterations of the solver.
    pub iterations: usize,
    /// Largest residual over draws.
    #[serde(deserialize_with = "nan_if_null")]
    pub worst_residual: f64,
    /// Largest curvature over draws.
    #[serde(deserialize_with = "nan_if_null")]
    pub worst_curvature: f64,
}

/// What a firm could gain by leaving the equilibrium alone, as a share of its profit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FirmDeviation {
    /// Firm.
    pub firm: String,
    /// Its profit at the equilibrium, in currency.
    #[serde(deserialize_with = "nan_if_null")]
    pub profit: f64,
    /// Largest gain that the search found.
    #[serde(deserialize_with = "nan_if_null")]
    pub gain_found: f64,
    /// No deviation can gain more than this (branch and bound); null where no bound is known, as
    /// where utility is not linear in price.
    #[serde(deserialize_with = "nan_if_null")]
    pub gain_bound: f64,
}
