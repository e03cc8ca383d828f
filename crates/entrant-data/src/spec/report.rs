//! What the report shows.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::Mark;

/// What the report shows.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReportSpec {
    /// Scenario that the first sentence is about; the first scenario when empty.
    pub headline: String,
    /// Firms that the first sentence names; the two largest when empty.
    pub focus: Vec<String>,
    /// Entrant firm that the first sentence is about; the firm of the first entrant when empty.
    pub entrant: String,
    /// Historical entries to compare the forecast with.
    pub benchmark: Vec<Benchmark>,
}

/// A historical entry to compare a forecast with.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Benchmark {
    /// Who, where, when.
    pub name: String,
    /// Scenario to compare with.
    pub scenario: String,
    /// Lowest share of units sold that history shows.
    pub low: f64,
    /// Highest share of units sold that history shows.
    pub high: f64,
    /// Where it was read.
    #[serde(default)]
    pub source: String,
    /// How firm it is.
    #[serde(default)]
    pub mark: Mark,
}
