//! The market tracker: published figures of several sources.

use schemars::JsonSchema;
use serde::Deserialize;

/// A market tracker: a long table of what sources say about vendors, countries and quarters, and
/// optionally a table of facts about companies.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackerSpec {
    /// CSV or Parquet table with one row per published figure. Columns `country`, `quarter`
    /// (`2017Q4`), `vendor` (or `TOTAL`, or `Others`), `measure` (`share` in percent, `units` in
    /// millions, `revenue` in millions of the study's currency, `asp` in that currency), `value`
    /// and `source`; optionally `rounding` (the step to which the figure was rounded; from its
    /// digits when empty), `basis` (`shipments`, `sell-through`, ...), `mark`, `published`,
    /// `url` and `note`.
    pub statements: String,
    /// CSV or Parquet table of facts about companies. Columns `company`, `item` (`founded`,
    /// `employees`, `units`, `revenue`, `profit`, `valuation`) and `value`; optionally `low`,
    /// `high`, `currency`, `period`, `source`, `published`, `mark` and `note`. Money and units
    /// are in millions.
    pub companies: Option<String>,
    /// Periods of the study's scenarios in a year, for what an entry adds to a company's value.
    #[serde(default = "quarters")]
    pub periods_per_year: f64,
    /// Remarks for the reader.
    #[serde(default)]
    pub notes: Vec<String>,
}

fn quarters() -> f64 {
    4.0
}
