//! What `entrant backtest` found: the whole of `backtest.json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::estimation::EstimateStatus;
use super::{BacktestReport, Estimate, SettingsReport, StatusCount};
use crate::Finding;

/// Version of the format; raised when a field changes meaning or goes.
pub const BACKTEST_SCHEMA: &str = "entrant.backtest/1";

/// A back-test of a study of either kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BacktestDocument {
    /// Format of this document, [`BACKTEST_SCHEMA`].
    pub schema: String,
    /// Version of the program.
    pub version: String,
    /// Title of the study.
    pub title: String,
    /// Currency of every price.
    pub currency: String,
    /// Remarks of the study's author, and how numbers are to be read.
    pub notes: Vec<String>,
    /// Settings that the numbers depend on.
    pub settings: SettingsReport,
    /// What came out, a sentence each.
    pub answer: Vec<String>,
    /// Back-test of an estimated study.
    pub panel: Option<PanelBacktest>,
    /// Back-test of a calibrated study.
    pub calibrated: Option<BacktestReport>,
    /// Diagnostics.
    pub findings: Vec<Finding>,
}

/// Markets of a panel, each predicted from the ones before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PanelBacktest {
    /// Who forecasts.
    pub forecasters: Vec<ForecasterReport>,
    /// Scores over all markets.
    pub scores: Vec<ForecastScore>,
    /// Markets, in order.
    pub markets: Vec<MarketBacktest>,
}

/// A forecaster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ForecasterReport {
    /// Name.
    pub name: String,
    /// What it does, in a sentence or two.
    pub definition: String,
    /// Whether it is told the prices that were set.
    pub knows_prices: bool,
}

/// What is scored.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Scored {
    /// Shares of products that the market before did not have.
    NewShares,
    /// Shares of products that it had.
    StayingShares,
    /// Shares of firms.
    FirmShares,
    /// Share of all products together.
    TotalShare,
    /// Prices of products that the market before did not have.
    NewPrices,
    /// Prices of products that it had.
    StayingPrices,
}

impl Scored {
    /// The word used in tables.
    pub fn word(self) -> &'static str {
        match self {
            Scored::NewShares => "new_shares",
            Scored::StayingShares => "staying_shares",
            Scored::FirmShares => "firm_shares",
            Scored::TotalShare => "total_share",
            Scored::NewPrices => "new_prices",
            Scored::StayingPrices => "staying_prices",
        }
    }

    /// What it is, in words.
    pub fn words(self) -> &'static str {
        match self {
            Scored::NewShares => "shares of new products",
            Scored::StayingShares => "shares of staying products",
            Scored::FirmShares => "shares of firms",
            Scored::TotalShare => "share of all products",
            Scored::NewPrices => "prices of new products",
            Scored::StayingPrices => "prices of staying products",
        }
    }
}

/// How well a forecaster did. Errors are of logarithms: 0.1 is about ten percent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ForecastScore {
    /// What is scored.
    pub of: Scored,
    /// Forecaster.
    pub forecaster: String,
    /// How many numbers were scored.
    pub items: usize,
    /// How many had no usable draw and are not.
    pub missing: usize,
    /// Mean of logarithm of the median forecast less that of what happened.
    pub bias: Option<f64>,
    /// Mean absolute error of the same.
    pub error: Option<f64>,
    /// Mean absolute error of the median, in percentage points of all potential buyers, or in
    /// currency.
    pub level_error: Option<f64>,
    /// Continuous ranked probability score of the logarithm, mean.
    pub crps: Option<f64>,
    /// Part of the numbers that the intervals held.
    pub coverage: Option<f64>,
}

/// One market, predicted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MarketBacktest {
    /// Market.
    pub market: String,
    /// The market before it.
    pub before: String,
    /// Number of markets that its estimation saw.
    pub markets: usize,
    /// How the estimation ended.
    pub status: EstimateStatus,
    /// Why nothing could be predicted; empty where something was.
    pub failure: String,
    /// Instruments that others explain in the markets before, and that were left out.
    pub left_out: Vec<String>,
    /// Evaluations of the objective.
    pub evaluations: usize,
    /// Objective at the estimates.
    pub objective: Option<f64>,
    /// Parameters that were searched for.
    pub parameters: Vec<BacktestParameter>,
    /// The elasticity of the forecaster with constant elasticity.
    pub elasticity: Option<f64>,
    /// Products, and how many of them are new.
    pub products: usize,
    /// Products that the market before did not have.
    pub new: usize,
    /// Products of the market before that are gone.
    pub gone: usize,
    /// What was found about prices in equilibrium, over draws; empty without supply.
    pub draws: Vec<StatusCount>,
    /// Draws of the estimates that were moved to a bound, had consumers who like higher prices, or
    /// could not be evaluated.
    pub drawn: DrawnEstimates,
    /// Pairs of markets before it whose changes are drawn.
    pub changes: usize,
    /// Share of all products together: observed before, observed, forecast.
    pub total: Option<BacktestNumber>,
    /// Scores.
    pub scores: Vec<ForecastScore>,
    /// Largest new products.
    pub entries: Vec<BacktestEvent>,
    /// Largest products that are gone.
    pub exits: Vec<BacktestEvent>,
    /// Largest products that another firm sells now.
    pub owners: Vec<BacktestEvent>,
    /// Groups that the study follows; without those of which neither market has a product.
    pub followed: Vec<FollowedGroup>,
}

/// A group of products in a predicted market.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FollowedGroup {
    /// What the products are.
    pub title: String,
    /// Products in the market.
    pub products: usize,
    /// Those that the market before did not have.
    pub new: usize,
    /// Share of all potential buyers, in percent.
    pub share: BacktestNumber,
    /// Mean price, each product counting the same.
    pub price: BacktestNumber,
}

/// A parameter that was searched for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BacktestParameter {
    /// Name.
    pub name: String,
    /// Estimate.
    pub estimate: f64,
    /// Standard error.
    pub error: Option<f64>,
}

/// What became of draws of the estimates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct DrawnEstimates {
    /// Draws of the estimates; 0 where the estimates were taken as they stand.
    pub draws: usize,
    /// Moved to a bound.
    pub clipped: usize,
    /// With consumers who like higher prices.
    pub upward: usize,
    /// Not evaluated: shares not inverted, or costs not found.
    pub failed: usize,
    /// Costs at a bound, at the first of them.
    pub bounded: usize,
}

/// A number before, as it came, and as it was forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BacktestNumber {
    /// In the market before; absent where there was none.
    pub before: Option<f64>,
    /// As it came; absent where there is none.
    pub observed: Option<f64>,
    /// Forecasts, in the order of [`PanelBacktest::forecasters`]; absent where a forecaster says
    /// nothing.
    pub forecasts: Vec<Option<Estimate>>,
}

/// A product that entered, left or changed hands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BacktestEvent {
    /// Product.
    pub product: String,
    /// Firm; of the market before where the product is gone.
    pub firm: String,
    /// Firm before, where it was another.
    pub firm_before: Option<String>,
    /// Share of all potential buyers, in percent.
    pub share: BacktestNumber,
    /// Price.
    pub price: BacktestNumber,
}

/// A product of a predicted market; a row of the table of products.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductForecast {
    /// Market.
    pub market: String,
    /// Product.
    pub product: String,
    /// Firm.
    pub firm: String,
    /// Whether the market before did not have it.
    pub new: bool,
    /// Share of all potential buyers, in percent.
    pub share: BacktestNumber,
    /// Price.
    pub price: BacktestNumber,
}
