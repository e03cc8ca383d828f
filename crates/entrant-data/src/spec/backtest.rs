//! What actually happened, to score scenarios against.

use schemars::JsonSchema;
use serde::Deserialize;

/// A back-test: observed brand shares of units sold after the event.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BacktestSpec {
    /// CSV table with `brand` and `share` of units sold (and optionally `market`, `source`).
    pub observed: String,
    /// Market; the first when empty.
    #[serde(default)]
    pub market: String,
    /// Scenarios to score.
    pub scenarios: Vec<String>,
    /// Brand whose new share is taken as known by the proportional benchmark.
    pub conditioning: String,
}
