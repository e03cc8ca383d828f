//! How the economy was calibrated: parameters, and input against fitted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Estimate;
use super::estimate::nan_if_null;
use crate::Status;

/// Whether the targets determine the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Identification {
    /// Nothing to calibrate: every parameter is given.
    Given,
    /// As many targets as parameters; met exactly.
    Exact,
    /// More targets than parameters; met as closely as possible.
    Over,
    /// Fewer targets than parameters, or targets that do not tell parameters apart.
    Under,
}

/// Calibration of one market at the central values of the inputs, with intervals over draws.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalibrationReport {
    /// Market id.
    pub market: String,
    /// Status.
    pub status: Status,
    /// Exactly, over- or under-identified.
    pub identification: Identification,
    /// How it was solved: `closed form`, `minimum distance` or `given`.
    pub method: String,
    /// Parameters.
    pub parameters: Vec<ParameterReport>,
    /// Targets, input against fitted.
    pub targets: Vec<TargetReport>,
    /// Largest difference between an observed and a fitted share, relative.
    #[serde(deserialize_with = "nan_if_null")]
    pub share_residual: f64,
    /// Potential buyers.
    pub size: Estimate,
    /// Share of potential buyers who buy nothing.
    pub outside_share: Estimate,
    /// Units-weighted mean price of all products.
    pub average_price: Estimate,
    /// Elasticity of total units with respect to a common relative price change.
    pub aggregate_elasticity: Estimate,
    /// Per product: implied marginal cost.
    pub costs: Vec<Estimate>,
    /// Per product: own-price elasticity.
    pub elasticities: Vec<Estimate>,
    /// Per product: price-cost margin as a share of price.
    pub margins: Vec<Estimate>,
    /// Product ids, in the order of the vectors above.
    pub products: Vec<String>,
    /// How many draws ended with which status.
    pub draws: Vec<super::StatusCount>,
}

/// A parameter of demand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ParameterReport {
    /// Name.
    pub name: String,
    /// What it means, with units.
    pub meaning: String,
    /// Whether it was calibrated (or given).
    pub calibrated: bool,
    /// Value at the central values of the inputs.
    #[serde(deserialize_with = "nan_if_null")]
    pub central: f64,
    /// Interval over draws.
    pub value: Estimate,
}

/// A target, input against fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetReport {
    /// What it is about, in words.
    pub name: String,
    /// Central input.
    #[serde(deserialize_with = "nan_if_null")]
    pub input: f64,
    /// Fitted at the central values of the inputs.
    #[serde(deserialize_with = "nan_if_null")]
    pub fitted: f64,
    /// Fitted, interval over draws.
    pub value: Estimate,
}
