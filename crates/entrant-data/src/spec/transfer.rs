//! A brand effect from countries where the entrant already meets the same rivals.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::Quarter;

/// Where an entrant's brand is sold already, and against whom.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferSpec {
    /// CSV or Parquet table of shares by country, quarter and vendor, in the format of
    /// `tracker.statements`; rows of other measures are left out.
    pub statements: String,
    /// The brand that enters, as in the table and in `[[entrant]]`.
    pub brand: String,
    /// The country of this study, as in the table.
    pub to: String,
    /// Rivals to measure its lead over, as in the table and among the brands of the study; all that
    /// it meets elsewhere and that are in this country when empty.
    #[serde(default)]
    pub rivals: Vec<String>,
    /// First quarter that counts; all when absent.
    pub from: Option<Quarter>,
    /// Last quarter that counts; all when absent.
    pub until: Option<Quarter>,
}
