//! A reconciled number with its draws.

use entrant_data::result::Estimate;
use entrant_data::{Draws, Status};

/// A reconciled number; without draws where ranges are not identified.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Value {
    pub(crate) central: f64,
    pub(crate) draws: Vec<f64>,
}

impl Value {
    /// Number by number.
    pub(crate) fn map(&self, f: impl Fn(f64) -> f64) -> Value {
        Value {
            central: f(self.central),
            draws: self.draws.iter().map(|d| f(*d)).collect(),
        }
    }

    /// Draw by draw with another; no draws unless both have them.
    pub(crate) fn zip(&self, other: &Value, f: impl Fn(f64, f64) -> f64) -> Value {
        let pairs = self.draws.iter().zip(&other.draws);
        Value {
            central: f(self.central, other.central),
            draws: pairs.map(|(a, b)| f(*a, *b)).collect(),
        }
    }

    /// The number with its interval.
    pub(crate) fn estimate(&self, level: f64) -> Estimate {
        let status = if self.draws.is_empty() {
            Status::NotIdentified
        } else {
            Status::Exact
        };
        Draws::new(self.draws.clone())
            .estimate(level, status)
            .at_estimates(self.central)
    }

    /// Share of draws in which something holds; `NaN` without draws.
    pub(crate) fn probability(&self, holds: impl Fn(f64) -> bool) -> f64 {
        let count = self.draws.iter().filter(|d| holds(**d)).count();
        count as f64 / self.draws.len() as f64
    }
}
