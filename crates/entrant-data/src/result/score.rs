//! Forecasts beside history.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Estimate;
use super::estimate::nan_if_null;
use crate::Mark;

/// A forecast beside a historical entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BenchmarkReport {
    /// Historical entry.
    pub name: String,
    /// Scenario compared.
    pub scenario: String,
    /// Lowest share of units sold that history shows.
    pub low: f64,
    /// Highest share of units sold that history shows.
    pub high: f64,
    /// Forecast share of units sold of the entrant.
    pub forecast: Estimate,
    /// `inside`, `overlaps`, `above` or `below`: the forecast interval against history.
    pub verdict: String,
    /// Where it was read.
    pub source: String,
    /// How firm it is.
    pub mark: Mark,
}

/// A back-test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BacktestReport {
    /// Market.
    pub market: String,
    /// Brand whose new share the proportional benchmark takes as known.
    pub conditioning: String,
    /// One row per brand.
    pub rows: Vec<BacktestRow>,
    /// One score per forecaster.
    pub scores: Vec<BacktestScore>,
}

/// A brand before, observed after, and forecast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BacktestRow {
    /// Brand.
    pub brand: String,
    /// Share of units sold before, in percent.
    #[serde(deserialize_with = "nan_if_null")]
    pub before: f64,
    /// Share of units sold after, observed, in percent.
    pub observed: f64,
    /// Forecasts, in the order of [`BacktestReport::scores`], in percent.
    pub forecasts: Vec<Estimate>,
}

/// How well a forecaster did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BacktestScore {
    /// Scenario id, `proportional` or `no change`.
    pub forecaster: String,
    /// Whether it took the conditioning brand's new share as known.
    pub conditional: bool,
    /// Mean absolute error of the median over brands, percentage points.
    #[serde(deserialize_with = "nan_if_null")]
    pub mean_absolute_error: f64,
    /// The same without the conditioning brand.
    #[serde(deserialize_with = "nan_if_null")]
    pub mean_absolute_error_others: f64,
    /// Continuous ranked probability score, mean over brands, percentage points.
    #[serde(deserialize_with = "nan_if_null")]
    pub crps: f64,
    /// Share of brands whose observed share lies in the interval.
    #[serde(deserialize_with = "nan_if_null")]
    pub coverage: f64,
}
