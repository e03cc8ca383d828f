//! Prices that a firm commits to before rivals answer.

use schemars::JsonSchema;
use serde::Deserialize;

/// A firm that sets prices first: its profit over a grid of prices, each with rivals' answer.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SurfaceSpec {
    /// Id, as used in file names and by the report.
    pub id: String,
    /// Title for the reader.
    pub title: String,
    /// A remark for the reader.
    #[serde(default)]
    pub note: String,
    /// The firm that commits.
    pub firm: String,
    /// Scenario whose changes hold whatever the prices; it also says how entrants are sold, and who
    /// answers. Entrants of the axes that it does not bring reach everybody. None when absent.
    pub scenario: Option<String>,
    /// Draws in which every point is solved again; 50 when absent, never more than the run has.
    pub draws: Option<usize>,
    /// What varies. With one axis or two every point of the grid is solved; with more, those that a
    /// local search looks at.
    pub axis: Vec<AxisSpec>,
}

/// Prices of one or several products that move together: `values`, or `from`, `to` and `count`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AxisSpec {
    /// Products of the firm.
    pub products: Vec<String>,
    /// Title for the reader; the products when absent.
    #[serde(default)]
    pub title: String,
    /// Whether values are multiples of each product's own price instead of prices.
    #[serde(default)]
    pub relative: bool,
    /// The values, from low to high.
    #[serde(default)]
    pub values: Vec<f64>,
    /// Lowest value.
    pub from: Option<f64>,
    /// Highest value.
    pub to: Option<f64>,
    /// Number of values, evenly spaced.
    pub count: Option<usize>,
}

impl AxisSpec {
    /// The values of the axis, from low to high.
    pub fn grid(&self) -> Vec<f64> {
        let (Some(from), Some(to), Some(count)) = (self.from, self.to, self.count) else {
            return self.values.clone();
        };
        let last = count.saturating_sub(1).max(1) as f64;
        let value = |k: usize| from + (to - from) * (k as f64 / last);
        (0..count).map(value).collect()
    }

    /// What the axis is called.
    pub fn name(&self) -> String {
        if self.title.is_empty() {
            self.products.join(" + ")
        } else {
            self.title.clone()
        }
    }
}
