//! What is wrong with a formula, and where in its text.

use std::ops::Range;

/// A mistake in a formula, or in a table that does not fit it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FormulaError {
    /// Bytes of the formula's text to point at; within the text, on character boundaries.
    pub span: Range<usize>,
    /// What is wrong: a lowercase fragment.
    pub message: String,
    /// What to do next; empty when the message says it all.
    pub hint: String,
}

impl FormulaError {
    /// A mistake at these bytes of the formula.
    pub(crate) fn at(
        span: &Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        FormulaError {
            span: span.clone(),
            message: message.into(),
            hint: hint.into(),
        }
    }
}
