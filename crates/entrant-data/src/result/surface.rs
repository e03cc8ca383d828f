//! What a firm earns by prices that it commits to before rivals answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Estimate;
use super::estimate::nan_if_null;
use crate::Status;

/// A firm's profit over a grid of its own prices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SurfaceOutcome {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Remark.
    pub note: String,
    /// Title of the scenario whose changes hold throughout; empty for none.
    pub scenario: String,
    /// The firm that commits.
    pub firm: String,
    /// Draws in which the points were solved again.
    pub draws: usize,
    /// What varies.
    pub axes: Vec<SurfaceAxis>,
    /// Whether every point of the grid was solved; otherwise those of a local search.
    pub exhaustive: bool,
    /// Points without a usable equilibrium of rivals' prices, at the central values.
    pub undecided: usize,
    /// Firms that answer.
    pub rivals: Vec<String>,
    /// The points of the grid that were solved, the last axis running fastest.
    pub points: Vec<SurfacePoint>,
    /// Positions in `points` by central profit, the best first: ten at most.
    pub ranking: Vec<usize>,
    /// The best between points of the grid, at the central values, by a search inside the box.
    pub refined: Option<SurfacePoint>,
    /// What the firm earns when it sets these prices at the same time as its rivals.
    pub simultaneous: Option<SurfacePoint>,
    /// Value of each axis at the best point of the grid, over draws.
    pub best: Vec<Estimate>,
}

/// An axis of the grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SurfaceAxis {
    /// Title.
    pub title: String,
    /// Products whose prices it sets.
    pub products: Vec<String>,
    /// Whether values are multiples of each product's own price.
    pub relative: bool,
    /// Values, from low to high.
    pub values: Vec<f64>,
}

/// One set of prices, and what comes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SurfacePoint {
    /// Value of each axis; for prices that are set at the same time as rivals', the mean price of
    /// the axis' products, or its mean multiple.
    pub at: Vec<f64>,
    /// What the prices of everybody else are, given these.
    pub status: Status,
    /// Profit of the firm per period, fixed costs not taken off.
    pub profit: Estimate,
    /// The same at the central values. Prices that are committed to are the same in every draw,
    /// those set together with rivals' are not: only here the two compare.
    #[serde(deserialize_with = "nan_if_null")]
    pub central_profit: f64,
    /// Units of all its products per period.
    pub units: Estimate,
    /// Relative change of rivals' prices against the market as it is, weighted by units.
    pub answer: Estimate,
    /// The same for each rival, at the central values.
    pub answers: Vec<f64>,
    /// Share of draws in which it is the best point of the grid.
    #[serde(deserialize_with = "nan_if_null")]
    pub best: f64,
}
