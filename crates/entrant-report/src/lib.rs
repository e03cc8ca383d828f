//! From [`Results`] to what people read: one self-contained HTML page ([`page()`]), the short
//! answer for a terminal ([`text`]) and one CSV per table ([`tables`]).
//!
//! The crate sees results and nothing else, so every number it shows is in `results.json` too.
//! Names in results come from other people's tables and are never trusted: the page escapes
//! them, its content policy runs no script but its own, the tables neutralise spreadsheet
//! formulas, and characters that hide or reorder text are printed as `\u{..}`.

pub mod backtest;
pub mod conclusions;
mod csv;
pub mod estimation;
mod figure;
pub mod format;
mod game_tables;
pub mod merger;
mod page;
mod paper;
mod premium_tables;
mod premium_view;
mod section;
mod story;
mod surface_tables;
mod surface_text;
mod surface_view;
mod tables;
mod terminal;
pub mod tracker;
mod transfer_tables;
mod view;
mod visible;
mod worth_tables;

use entrant_data::result::Results;

pub use self::paper::{Form, Paper, merger_paper, paper};

/// Why a report could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The template could not be rendered.
    #[error("the page could not be rendered: {0}")]
    Template(#[from] askama::Error),
    /// The data of the charts could not be written.
    #[error("the data of the page could not be written: {0}")]
    Data(#[from] serde_json::Error),
    /// A workbook could not be written.
    #[error("the sheet `{sheet}` of the workbook could not be written: {cause}")]
    Workbook {
        /// Which sheet.
        sheet: String,
        /// What was wrong with it.
        cause: String,
    },
}

/// One self-contained HTML page: no network, a strict content policy, complete without scripts.
///
/// # Errors
///
/// When the template or the data of the charts cannot be written; no results are known to.
pub fn page(results: &Results) -> Result<String, ReportError> {
    page::render(results)
}

/// The short answer as plain ASCII-framed text, no line longer than `width` characters
/// (at least 60).
pub fn text(results: &Results, width: usize) -> String {
    terminal::text(results, width.max(60))
}

/// One CSV per table, as name (without folder or extension) and contents.
pub fn tables(results: &Results) -> Vec<(String, String)> {
    csv::files(tables::all(results))
}
