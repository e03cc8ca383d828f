//! What comes out: `results.json`, as plain data. Every number on a page is in here.

pub mod backtest;
mod calibration;
pub mod conclusions;
mod estimate;
pub mod estimation;
mod game;
mod input;
pub mod live;
mod merger;
mod outcome;
mod premium;
mod score;
mod surface;
pub mod tracker;
mod transfer;
mod worth;

pub use calibration::{CalibrationReport, Identification, ParameterReport, TargetReport};
pub use estimate::{Change, Estimate};
pub use game::{GameOutcome, ImpliedCost, PlayerOutcome, ProfileOutcome};
pub use input::{Driver, DriverTable, InputReport, MarkShare};
pub use merger::{
    MERGER_SCHEMA, MergerFirmOutcome, MergerFitted, MergerOutcome, MergerParameter,
    MergerProductOutcome, MergerReport, MonopolistReport,
};
pub use outcome::{
    CapacityOutcome, Certificate, DiversionTable, FirmDeviation, FirmOutcome, MarketOutcome,
    PricingPressure, ProductOutcome, ScenarioOutcome, StatusCount, VolumeSource,
};
pub use premium::{
    HedonicPremium, HedonicReport, MapPoint, NearestSubstitutes, PremiumErosion, PremiumGroup,
    PremiumReport, PremiumSubject, PremiumValue, ProductMap, Substitute,
};
pub use score::{BacktestReport, BacktestRow, BacktestScore, BenchmarkReport};
pub use surface::{SurfaceAxis, SurfaceOutcome, SurfacePoint};
pub use transfer::{BrandEffect, CountryLead, TransferForecast, TransferReport};
pub use worth::{
    Expected, KeepOut, PathCertificate, RivalMove, TimingOption, TimingReport, TimingStep, Worth,
    WorthPeriod, WorthPoint,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Finding;

/// Version of the results format; raised when a field changes meaning or goes.
pub const SCHEMA: &str = "entrant.results/1";

/// Everything that a run of a study found. The whole of `results.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Results {
    /// Format of this document, [`SCHEMA`].
    pub schema: String,
    /// Version of the program.
    pub version: String,
    /// Title of the study.
    pub title: String,
    /// Its question.
    pub question: String,
    /// Currency of every price and value.
    pub currency: String,
    /// Remarks of the study's author.
    pub notes: Vec<String>,
    /// Settings that the numbers depend on.
    pub settings: SettingsReport,
    /// The short answer, one sentence each; the first is the headline.
    pub answer: Vec<String>,
    /// Scenario that the headline is about.
    pub headline: String,
    /// Entrant firm that the headline is about; empty when no firm enters.
    pub entrant: String,
    /// Firms that the headline names.
    pub focus: Vec<String>,
    /// Calibration of each market at the central values of the inputs; empty in estimated studies.
    pub calibration: Vec<CalibrationReport>,
    /// The estimation, in estimated studies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimation: Option<Box<estimation::EstimationReport>>,
    /// Scenarios, in the order of the study.
    pub scenarios: Vec<ScenarioOutcome>,
    /// Choices of what to sell, in the order of the study.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub games: Vec<GameOutcome>,
    /// Prices that a firm commits to, in the order of the study.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surfaces: Vec<SurfaceOutcome>,
    /// When to enter, when the study asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timing: Option<Box<TimingReport>>,
    /// What features and brands are worth, when the study asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub premiums: Option<Box<PremiumReport>>,
    /// Every uncertain input.
    pub inputs: Vec<InputReport>,
    /// Which inputs drive the width of which outcome.
    pub drivers: Vec<DriverTable>,
    /// Forecast beside history.
    pub benchmarks: Vec<BenchmarkReport>,
    /// Back-test, when the study has one.
    pub backtest: Option<BacktestReport>,
    /// What other countries say about the entrant's brand, when the study asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Box<TransferReport>>,
    /// The markets themselves, so that the page can solve them again; absent where they would not
    /// fit into a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Box<live::LiveModel>>,
    /// The market tracker, when the study has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracker: Option<Box<tracker::TrackerReport>>,
    /// Diagnostics.
    pub findings: Vec<Finding>,
}

/// Settings that the numbers depend on (the number of threads is not one of them).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SettingsReport {
    /// Number of draws.
    pub draws: usize,
    /// Seed.
    pub seed: u64,
    /// Level of the intervals.
    pub level: f64,
    /// Gauss-Hermite nodes per random coefficient.
    pub nodes: usize,
    /// SHA-free fingerprint of the study and its tables (FNV-1a, hexadecimal).
    pub fingerprint: String,
}
