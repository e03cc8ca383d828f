//! An Excel workbook: what the report says, then a sheet for every table.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::Brief;
use crate::ReportError;
use crate::csv::{Datum, Sheet};
use crate::format::count;
use crate::visible::visible;

/// Most rows of a sheet. Longer tables, such as the diversion of every pair of products in many
/// markets, make workbooks of tens of megabytes; they are files of their own anyway.
const ROWS: usize = 60_000;
/// Most characters that a cell holds.
const CELL: usize = 32_000;
/// Widths of columns, in characters.
const NARROW: f64 = 9.0;
const WIDE: f64 = 44.0;

pub(super) fn write(brief: &Brief<'_>) -> Result<Vec<u8>, ReportError> {
    let mut book = Workbook::new();
    properties(&mut book, brief).map_err(failed("properties"))?;
    // A sheet without rows says nothing.
    let told = brief.sheets.iter().filter(|(_, s)| s.rows.len() > 1);
    let (large, small): (Vec<_>, Vec<_>) = told.partition(|(_, s)| s.rows.len() > ROWS);
    answer(book.add_worksheet(), brief, &large).map_err(failed("answer"))?;
    for (name, sheet) in small {
        table(book.add_worksheet(), name, sheet).map_err(failed(name))?;
    }
    book.save_to_buffer().map_err(failed("workbook"))
}

fn failed(sheet: &str) -> impl FnOnce(XlsxError) -> ReportError {
    let sheet = sheet.to_owned();
    move |e| ReportError::Workbook {
        sheet,
        cause: e.to_string(),
    }
}

/// The same workbook for the same results: no time of day goes in.
fn properties(book: &mut Workbook, brief: &Brief<'_>) -> Result<(), XlsxError> {
    let epoch = ExcelDateTime::from_ymd(2000, 1, 1)?;
    let properties = DocProperties::new()
        .set_title(visible(brief.title))
        .set_creation_datetime(&epoch);
    book.set_properties(&properties);
    Ok(())
}

/// What the report says.
fn answer(
    sheet: &mut Worksheet,
    brief: &Brief<'_>,
    large: &[&(String, Sheet)],
) -> Result<(), XlsxError> {
    let (bold, wrapped) = (Format::new().set_bold(), Format::new().set_text_wrap());
    sheet
        .set_name("answer")?
        .set_column_width(0, 38.0)?
        .set_column_width(1, 90.0)?;
    let hero = &brief.hero;
    let mut rows: Vec<(String, &str)> = vec![
        ("Study".into(), brief.title),
        ("Question".into(), &hero.question),
        ("Answer".into(), &hero.answer),
    ];
    rows.extend(hero.more.iter().map(|l| (String::new(), l.as_str())));
    rows.push(("Status".into(), hero.status));
    rows.push((String::new(), &hero.meaning));
    if !hero.warning.is_empty() {
        rows.push(("Warnings".into(), &hero.warning));
    }
    let tiles: Vec<(String, String)> = hero
        .tiles
        .iter()
        .map(|t| (t.label.clone(), format!("{} {}", t.value, t.note)))
        .collect();
    rows.extend(
        tiles
            .iter()
            .map(|(label, value)| (label.clone(), value.as_str())),
    );
    rows.extend(
        brief
            .colophon
            .iter()
            .map(|l| ("Made by".to_owned(), l.as_str())),
    );
    let elsewhere: Vec<String> = large.iter().map(|(name, of)| too_long(name, of)).collect();
    rows.extend(
        elsewhere
            .iter()
            .map(|l| ("Not in this workbook".to_owned(), l.as_str())),
    );
    for (r, (label, text)) in (0..).zip(&rows) {
        sheet.write_string_with_format(r, 0, text_of(label), &bold)?;
        sheet.write_string_with_format(r, 1, text_of(text), &wrapped)?;
    }
    Ok(())
}

/// Where a table is that is too long for a sheet.
fn too_long(name: &str, of: &Sheet) -> String {
    let rows = count(of.rows.len() - 1);
    format!("tables/{name}.csv: {rows} rows, too many for a sheet that one would open")
}

/// A table with its header in bold and in sight, and filters.
fn table(sheet: &mut Worksheet, name: &str, of: &Sheet) -> Result<(), XlsxError> {
    sheet.set_name(name)?.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    for (r, row) in (0..).zip(&of.rows) {
        for (c, cell) in (0..).zip(row) {
            match cell {
                Datum::Text(text) if r == 0 => {
                    sheet.write_string_with_format(r, c, text_of(text), &bold)?
                }
                Datum::Text(text) => sheet.write_string(r, c, text_of(text))?,
                Datum::Number(value) if value.is_finite() => sheet.write_number(r, c, *value)?,
                Datum::Number(_) => sheet,
                Datum::Count(value) => sheet.write_number(r, c, *value as f64)?,
                Datum::Flag(value) => sheet.write_boolean(r, c, *value)?,
            };
        }
    }
    for (c, width) in (0..).zip(widths(of)) {
        sheet.set_column_width(c, width)?;
    }
    let columns = of.rows.first().map_or(0, Vec::len);
    if let (Ok(rows), Ok(columns)) = (u32::try_from(of.rows.len()), u16::try_from(columns)) {
        sheet.autofilter(0, 0, rows.saturating_sub(1), columns.saturating_sub(1))?;
    }
    Ok(())
}

/// A width for each column that shows most of what stands in it.
fn widths(of: &Sheet) -> Vec<f64> {
    let columns = of.rows.first().map_or(0, Vec::len);
    let wide = |c: usize| {
        let cells = of.rows.iter().take(200).filter_map(|row| row.get(c));
        let letters = cells.map(|cell| match cell {
            Datum::Text(text) => text.chars().count().min(60),
            _ => 10,
        });
        let most = u32::try_from(letters.max().unwrap_or(0)).map_or(WIDE, f64::from);
        (most + 2.0).clamp(NARROW, WIDE)
    };
    (0..columns).map(wide).collect()
}

/// A text that a cell can hold, with hidden characters spelled out.
fn text_of(text: &str) -> String {
    visible(text).chars().take(CELL).collect()
}
