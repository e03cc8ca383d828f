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

/// A back-test of an estimated study: each market is predicted from the ones before it.
///
/// Markets are periods of one place: they stand in the order of their ids where all are numbers,
/// else in the order in which the table first names them.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PanelBacktestSpec {
    /// Column that says which products of two markets are the same; `data.columns.product` when
    /// absent. Where one stands several times in a market, its first row is taken for the first
    /// row in the market before, and so on.
    pub product: Option<String>,
    /// First market to predict; everything before it is what its estimation sees.
    pub first: String,
    /// Last market to predict; the last of the table when absent.
    pub last: Option<String>,
    /// Draws of the estimates from their asymptotic distribution; the study's `settings.draws`
    /// are spread over them. 0: the estimates as they stand.
    #[serde(default = "estimates")]
    pub estimates: usize,
    /// How many of the largest entries, exits and changes of owner of each market are told.
    #[serde(default = "events")]
    pub events: usize,
    /// Groups of products whose share and mean price are told for each market.
    #[serde(default)]
    pub follow: Vec<FollowSpec>,
}

/// A group of products: those with a value in a column.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowSpec {
    /// What the products are, in a word.
    pub title: String,
    /// Column of the products table.
    pub column: String,
    /// Its value, as text: `"1"`, `"JP"`.
    pub value: String,
}

fn estimates() -> usize {
    20
}

fn events() -> usize {
    3
}
