//! A back-test as tables and as a page.

mod page;
mod tables;

use entrant_data::result::backtest::{BacktestDocument, ProductForecast};

use crate::ReportError;

/// One CSV per table, as name (without folder or extension) and contents: scores, markets, products
/// and events of a panel; brands and scores of a calibrated study.
pub fn tables(d: &BacktestDocument, products: &[ProductForecast]) -> Vec<(String, String)> {
    tables::all(d, products)
}

/// One self-contained HTML page without scripts.
///
/// # Errors
///
/// When the template cannot be written; no document is known to.
pub fn page(d: &BacktestDocument) -> Result<String, ReportError> {
    page::render(d)
}
