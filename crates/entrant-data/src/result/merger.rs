//! What a merger study found.

use serde::Serialize;

use super::{Estimate, Identification};
use crate::Status;

/// Version of the format of [`MergerReport`].
pub const MERGER_SCHEMA: &str = "entrant.merger/1";

/// Everything that a merger study found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MergerReport {
    /// Format, [`MERGER_SCHEMA`].
    pub schema: String,
    /// Version of the program.
    pub version: String,
    /// Title of the study.
    pub title: String,
    /// Its question; empty where it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub question: String,
    /// Where its numbers come from.
    pub source: String,
    /// Currency.
    pub currency: String,
    /// Form of demand.
    pub demand: String,
    /// How firms compete.
    pub conduct: String,
    /// What shares are of: `units` or `spending`.
    pub shares_of: String,
    /// Whether prices are known; otherwise they are one and money is relative to spending.
    pub prices_known: bool,
    /// Draws.
    pub draws: usize,
    /// Draws whose numbers no parameters fit, or that have no usable equilibrium.
    pub failed_draws: usize,
    /// Seed.
    pub seed: u64,
    /// Probability that intervals cover.
    pub level: f64,
    /// Hash of the study file.
    pub fingerprint: String,
    /// Parameters.
    pub parameters: Vec<MergerParameter>,
    /// Whether the known numbers determine them.
    pub identification: Identification,
    /// Known numbers against fitted.
    pub fitted: Vec<MergerFitted>,
    /// Largest first-order residual at the observed prices.
    pub residual: f64,
    /// Whether observed prices are an equilibrium.
    pub status: Status,
    /// Scenarios.
    pub scenarios: Vec<MergerOutcome>,
}

/// A parameter of a merger study.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MergerParameter {
    /// Name.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// Whether it was solved for.
    pub calibrated: bool,
    /// Value.
    pub value: Estimate,
}

/// A known number against the fitted one, at the central values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MergerFitted {
    /// What it is.
    pub name: String,
    /// Known.
    pub input: f64,
    /// Fitted.
    pub fitted: f64,
    /// Whether parameters were solved for it; otherwise it is a check.
    pub used: bool,
}

/// What a scenario does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MergerOutcome {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Status at the central values.
    pub status: Status,
    /// Largest first-order residual there.
    pub residual: f64,
    /// Products.
    pub products: Vec<MergerProductOutcome>,
    /// Firms.
    pub firms: Vec<MergerFirmOutcome>,
    /// Herfindahl-Hirschman index before.
    pub hhi_before: Estimate,
    /// The same shares with the new owners.
    pub hhi_new_owners: Estimate,
    /// After.
    pub hhi_after: Estimate,
    /// Mean price rise weighted by spending before.
    pub price_rise: Estimate,
    /// Money that consumers lose.
    pub consumer_harm: Estimate,
    /// Change of variable profit of all firms.
    pub producer_gain: Estimate,
    /// Change of what the government takes in.
    pub government_gain: Estimate,
    /// Gain of firms and government less the loss of consumers.
    pub welfare: Estimate,
    /// Test of the hypothetical monopolist on the products of the firms that change hands, at the
    /// central values; none where prices are not set.
    pub monopolist: Vec<MonopolistReport>,
}

/// A product in a scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MergerProductOutcome {
    /// Id.
    pub id: String,
    /// Firm before.
    pub firm: String,
    /// Firm after.
    pub firm_after: String,
    /// Price before.
    pub price_before: Estimate,
    /// Price after.
    pub price_after: Estimate,
    /// Relative price rise.
    pub price_rise: Estimate,
    /// Share before.
    pub share_before: Estimate,
    /// Share after.
    pub share_after: Estimate,
    /// Units before.
    pub quantity_before: Estimate,
    /// Units after.
    pub quantity_after: Estimate,
    /// Marginal cost before.
    pub cost_before: Estimate,
    /// Marginal cost after.
    pub cost_after: Estimate,
    /// Margin before.
    pub margin_before: Estimate,
    /// Margin after.
    pub margin_after: Estimate,
    /// Upward pricing pressure in money per unit, gross of efficiencies.
    pub upp: Estimate,
    /// The same over the price.
    pub guppi: Estimate,
    /// Compensating reduction of marginal cost, as a part of it.
    pub cmcr: Estimate,
    /// Shadow price of capacity after.
    pub shadow: Estimate,
}

/// A firm in a scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MergerFirmOutcome {
    /// Name.
    pub firm: String,
    /// Variable profit before.
    pub profit_before: Estimate,
    /// Variable profit after.
    pub profit_after: Estimate,
    /// Share before.
    pub share_before: Estimate,
    /// Share after.
    pub share_after: Estimate,
}

/// A test of the hypothetical monopolist.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MonopolistReport {
    /// What was asked: `merging` (the products of the merging firms) or `smallest` (the smallest
    /// market around the largest of them).
    pub question: String,
    /// Products.
    pub products: Vec<String>,
    /// Price rise tested.
    pub ssnip: f64,
    /// Relative change of joint profit when all prices rise by it.
    pub profit_of_rise: f64,
    /// Largest price rise that maximises joint profit; `null` where no maximum was found.
    pub largest_best_rise: f64,
    /// Whether the products are a market.
    pub is_market: bool,
    /// Status of the maximum.
    pub status: Status,
}
