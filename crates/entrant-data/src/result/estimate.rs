//! A number with its interval and status.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::Status;

/// A draw-valued number, summarised: median and equal-tailed interval.
///
/// A number without usable draws is `null` in JSON and `NaN` here, with a status that says why.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// Lower end of the interval.
    #[serde(deserialize_with = "nan_if_null")]
    pub low: f64,
    /// Median.
    #[serde(deserialize_with = "nan_if_null")]
    pub median: f64,
    /// Upper end of the interval.
    #[serde(deserialize_with = "nan_if_null")]
    pub high: f64,
    /// Probability that the interval covers.
    pub level: f64,
    /// Status of the draws behind it.
    pub status: Status,
    /// The number at the estimates themselves, where the draws are draws of estimates; it need not
    /// be the median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub central: Option<f64>,
}

impl Estimate {
    /// A number that is not uncertain.
    pub fn exact(value: f64, level: f64) -> Self {
        Estimate {
            low: value,
            median: value,
            high: value,
            level,
            status: Status::Exact,
            central: None,
        }
    }

    /// The number to show: at the estimates where there is one, else the median.
    pub fn point(&self) -> f64 {
        self.central.unwrap_or(self.median)
    }

    /// The same with the number at the estimates; nothing changes where that is no number.
    #[must_use]
    pub fn at_estimates(self, value: f64) -> Self {
        Estimate {
            central: value.is_finite().then_some(value),
            ..self
        }
    }
}

/// Before and after a scenario, draw by draw.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Before.
    pub before: Estimate,
    /// After.
    pub after: Estimate,
    /// After less before.
    pub change: Estimate,
    /// Change over before; `null` where before is zero (a product that was not sold).
    pub relative: Option<Estimate>,
}

/// Reads `null` as `NaN`, which JSON cannot carry.
pub(crate) fn nan_if_null<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(d)?.unwrap_or(f64::NAN))
}
