//! What the mathematics found: every result carries one of these.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the mathematics found about one solved market, ordered from best to worst.
///
/// A caller's mistake is an [`crate::InputError`]; a `Status` is not a mistake, and no
/// number leaves the engine without one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing had to be solved: an identity or an input.
    Exact,
    /// First-order residuals within tolerance, second order negative, no profitable deviation
    /// found, and no second equilibrium found.
    Certified,
    /// Residuals are small but above the certified tolerance.
    Almost,
    /// Certified, and at least one other equilibrium was found as well.
    Multiple,
    /// First and second order hold, but some firm gains by a large deviation.
    LocalOnly,
    /// The inputs do not determine the parameters.
    NotIdentified,
    /// The iteration limit was reached first.
    NotConverged,
    /// No equilibrium in prices exists for this economy.
    NoEquilibrium,
}

impl Status {
    /// Whether numbers with this status may be summarised and shown as an answer.
    pub fn is_usable(self) -> bool {
        self <= Status::Multiple
    }

    /// The worse of two statuses, for a number that rests on both.
    pub fn worst(self, other: Status) -> Status {
        self.max(other)
    }

    /// The word used in tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Status::Exact => "exact",
            Status::Certified => "certified",
            Status::Almost => "almost",
            Status::Multiple => "multiple",
            Status::LocalOnly => "local_only",
            Status::NotIdentified => "not_identified",
            Status::NotConverged => "not_converged",
            Status::NoEquilibrium => "no_equilibrium",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}
