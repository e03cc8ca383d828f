//! A back-test as tables and as a page.

mod page;
mod tables;

use entrant_data::result::backtest::{BacktestDocument, ProductForecast};

use crate::ReportError;
use crate::csv::files;
use crate::paper::{Form, Paper, write};

/// One CSV per table, as name (without folder or extension) and contents: scores, markets, products
/// and events of a panel; brands and scores of a calibrated study.
pub fn tables(d: &BacktestDocument, products: &[ProductForecast]) -> Vec<(String, String)> {
    files(tables::all(d, products))
}

/// The files of the short report in a format: what the page says, and every table.
///
/// # Errors
///
/// When a workbook cannot be written, as with more rows than a spreadsheet has.
pub fn paper(
    d: &BacktestDocument,
    products: &[ProductForecast],
    form: Form,
) -> Result<Vec<Paper>, ReportError> {
    write(&page::brief(d, tables::all(d, products)), form)
}

/// One self-contained HTML page without scripts.
///
/// # Errors
///
/// When the template cannot be written; no document is known to.
pub fn page(d: &BacktestDocument) -> Result<String, ReportError> {
    page::render(d)
}
