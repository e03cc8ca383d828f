//! What an entrant's shares elsewhere say about its brand here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Estimate;

/// A brand effect transferred from other countries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TransferReport {
    /// Brand that enters.
    pub brand: String,
    /// Country that it enters.
    pub to: String,
    /// Rivals over which its lead is measured.
    pub rivals: Vec<String>,
    /// Brands times countries times quarters.
    pub observations: usize,
    /// Rows of the brand in the country that it enters, which are left out.
    pub left_out: usize,
    /// Spread of brands, in logarithms of shares.
    pub brand_sd: Estimate,
    /// Spread of a brand over countries: what does not travel.
    pub country_sd: Estimate,
    /// Spread of a brand in a country over quarters.
    pub quarter_sd: Estimate,
    /// Logarithm of its share over the geometric mean of the rivals' that is to be expected here.
    pub lead: Estimate,
    /// The same as a number of times the rivals' share.
    pub ratio: Estimate,
    /// That of a maker of whom nothing is known: no transfer.
    pub unknown_lead: Estimate,
    /// The same as a number of times the rivals' share.
    pub unknown_ratio: Estimate,
    /// Its lead where it is sold.
    pub elsewhere: Vec<CountryLead>,
    /// Brand effects that all countries share, largest first.
    pub brands: Vec<BrandEffect>,
    /// Scenarios in which its products are valued by the transfer, and what they would be without.
    pub forecasts: Vec<TransferForecast>,
}

/// A brand's lead over the same rivals in one country.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CountryLead {
    /// Country.
    pub country: String,
    /// Rivals that are sold there.
    pub rivals: Vec<String>,
    /// Quarters with the brand.
    pub quarters: usize,
    /// Logarithm of its share over the geometric mean of theirs.
    pub lead: Estimate,
}

/// A brand's effect in every country.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BrandEffect {
    /// Brand.
    pub brand: String,
    /// Countries in which it is sold.
    pub countries: Vec<String>,
    /// Its effect on the logarithm of its share, partially pooled towards that of the mean brand.
    pub effect: Estimate,
}

/// What an entry comes to with the transferred brand effect and without.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TransferForecast {
    /// Scenario.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// Share of units sold, with the transfer.
    pub unit_share: Estimate,
    /// Profit of the entrant per period, with the transfer.
    pub profit: Estimate,
    /// Share of units sold, of a maker of whom nothing is known.
    pub unknown_unit_share: Estimate,
    /// Its profit per period.
    pub unknown_profit: Estimate,
}
