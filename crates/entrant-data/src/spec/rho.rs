//! Bounds of nesting parameters.

use schemars::JsonSchema;
use serde::Deserialize;

/// Bounds of nesting parameters.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RhoBounds {
    /// Lower and upper of all.
    Same([f64; 2]),
    /// Lower and upper of each, in the order of `rho`.
    Each(Vec<[f64; 2]>),
}

impl RhoBounds {
    /// Lower and upper of the nesting parameter at a place; nothing where too few are given.
    pub fn of(&self, place: usize) -> Option<[f64; 2]> {
        match self {
            RhoBounds::Same(bounds) => Some(*bounds),
            RhoBounds::Each(bounds) => bounds.get(place).copied(),
        }
    }
}
