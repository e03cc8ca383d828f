//! Tables on a terminal.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use entrant::report::format;

/// Numbers in plain ASCII signs.
pub(super) fn ascii(number: &str) -> String {
    number
        .replace('−', "-")
        .replace('\u{a0}', " ")
        .replace(format::NONE, "n/a")
}

/// A table within a width, some of its columns aligned to the right; empty without rows.
pub(super) fn table(
    head: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
    right: &[usize],
    width: usize,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table.set_header(head).add_rows(rows);
    for column in right {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}
