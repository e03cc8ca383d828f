//! The inputs, their marks, and how much of the answer's width each explains.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Estimate;
use crate::Mark;

/// An input of the study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InputReport {
    /// Name, as used by the drivers.
    pub name: String,
    /// What a reader calls it; empty for its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// How it varies, in words (`uniform 0.75 to 0.92`, `known`).
    pub distribution: String,
    /// Interval over draws.
    pub value: Estimate,
    /// How firm it is.
    pub mark: Mark,
    /// Where it was read.
    pub source: String,
    /// Remark.
    pub note: String,
    /// Whether it is uncertain.
    pub uncertain: bool,
}

/// Which inputs drive the width of one outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DriverTable {
    /// Scenario.
    pub scenario: String,
    /// Outcome, in words.
    pub outcome: String,
    /// Inputs, largest share first.
    pub drivers: Vec<Driver>,
    /// Share of the variance that no single input explains (interactions and sampling error).
    #[serde(deserialize_with = "super::estimate::nan_if_null")]
    pub unexplained: f64,
    /// Share of the explained variance by mark of the inputs.
    pub marks: Vec<MarkShare>,
}

/// An input and the share of an outcome's variance that it explains on its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Driver {
    /// Input.
    pub input: String,
    /// What a reader calls it; empty for its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// First-order share of variance, 0 to 1.
    pub share: f64,
    /// Sign of the relation: 1 where the outcome rises with the input, -1 where it falls, 0 for
    /// an input of several numbers.
    pub direction: i8,
    /// How firm the input is.
    pub mark: Mark,
}

/// Share of the explained variance that rests on inputs of one mark.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MarkShare {
    /// Mark.
    pub mark: Mark,
    /// Share, 0 to 1.
    pub share: f64,
    /// Number of inputs with this mark, certain ones included.
    pub inputs: usize,
}

impl InputReport {
    /// What a reader calls it: its title, or else its name.
    pub fn words(&self) -> &str {
        titled(&self.title, &self.name)
    }
}

impl Driver {
    /// What a reader calls the input: its title, or else its name.
    pub fn words(&self) -> &str {
        titled(&self.title, &self.input)
    }
}

fn titled<'a>(title: &'a str, name: &'a str) -> &'a str {
    if title.is_empty() { name } else { title }
}
