//! Diagnostics: each prints its number, its threshold, what it means and what to try,
//! and says `ok` when it passes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a finding matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The check passed.
    Ok,
    /// The answer stands, but read this first.
    Warning,
    /// The answer must not be used.
    Error,
}

/// The outcome of one named check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Stable code, as taken by `entrant explain`.
    pub code: String,
    /// How much it matters.
    pub level: Level,
    /// One sentence with the number and its threshold.
    pub message: String,
    /// What to try; empty when the check passed.
    pub advice: String,
}

impl Finding {
    /// A passed check.
    pub fn ok(code: &str, message: impl Into<String>) -> Self {
        Finding {
            code: code.into(),
            level: Level::Ok,
            message: message.into(),
            advice: String::new(),
        }
    }

    /// A warning with advice.
    pub fn warning(code: &str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Finding {
            code: code.into(),
            level: Level::Warning,
            message: message.into(),
            advice: advice.into(),
        }
    }

    /// An error with advice.
    pub fn error(code: &str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Finding {
            code: code.into(),
            level: Level::Error,
            message: message.into(),
            advice: advice.into(),
        }
    }
}
