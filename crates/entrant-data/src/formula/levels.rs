//! Categories of a column: its different values, sorted, and the code of each row.

use std::collections::BTreeMap;
use std::ops::Range;

use super::FormulaError;
use super::token::written;
use crate::error::did_you_mean;
use crate::table::{Column, Table};

/// The different values of a column, sorted: numbers by size, text by its letters' code points.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Levels {
    Numbers(Vec<f64>),
    Text(Vec<String>),
}

impl Levels {
    /// How many there are.
    pub fn count(&self) -> usize {
        match self {
            Levels::Numbers(values) => values.len(),
            Levels::Text(values) => values.len(),
        }
    }

    /// A level as text.
    pub fn label(&self, level: usize) -> String {
        match self {
            Levels::Numbers(values) => values[level].to_string(),
            Levels::Text(values) => values[level].clone(),
        }
    }
}

/// A column of a table, found by a name at a place of the formula.
pub(super) struct Found<'t> {
    pub table: &'t Table,
    pub name: &'t str,
    pub span: &'t Range<usize>,
    pub column: &'t Column,
}

impl<'t> Found<'t> {
    /// Looks a name up.
    pub fn new(
        table: &'t Table,
        name: &'t str,
        span: &'t Range<usize>,
    ) -> Result<Self, FormulaError> {
        let Some(column) = table.column(name) else {
            let hint = did_you_mean(name, table.names.iter().map(String::as_str));
            let message = format!("there is no column `{name}`");
            return Err(FormulaError::at(span, message, hint));
        };
        let cells = match column {
            Column::Numbers(cells) => cells.len(),
            Column::Text(cells) => cells.len(),
        };
        if cells != table.rows() {
            let message = format!("column `{name}` has {cells} cells in {} rows", table.rows());
            return Err(FormulaError::at(span, message, ""));
        }
        Ok(Found {
            table,
            name,
            span,
            column,
        })
    }

    /// Its numbers, all of them finite.
    pub fn numbers(&self) -> Result<&'t [f64], FormulaError> {
        let Column::Numbers(cells) = self.column else {
            let hint = format!(
                "`C({0})` or `{0}` alone makes categories of it",
                written(self.name)
            );
            return Err(self.error(format!("column `{}` is text, not numbers", self.name), hint));
        };
        match cells.iter().position(|x| !x.is_finite()) {
            Some(row) => Err(self.missing(row, cells[row].is_nan())),
            None => Ok(cells),
        }
    }

    /// Its levels, and the level of each row.
    pub fn levels(&self) -> Result<(Levels, Vec<u32>), FormulaError> {
        match self.column {
            Column::Text(_) => Ok(text_levels(self.text()?)),
            Column::Numbers(_) => Ok(number_levels(self.numbers()?)),
        }
    }

    /// The level of each row among given levels.
    pub fn coded(&self, levels: &Levels) -> Result<Vec<u32>, FormulaError> {
        let codes: Vec<Option<u32>> = match (self.column, levels) {
            (Column::Text(_), Levels::Text(known)) => {
                let at = |cell: &String| known.binary_search(cell).ok().map(code);
                self.text()?.iter().map(at).collect()
            }
            (Column::Numbers(_), Levels::Numbers(known)) => {
                let at = |x: &f64| number_code(known, *x).map(code);
                self.numbers()?.iter().map(at).collect()
            }
            _ => {
                let message = format!(
                    "column `{}` was numbers and is text, or the other way round",
                    self.name
                );
                return Err(self.error(message, "write it the same way in both tables"));
            }
        };
        match codes.iter().position(Option::is_none) {
            Some(row) => Err(self.unknown_level(row, levels)),
            None => Ok(codes.into_iter().flatten().collect()),
        }
    }

    fn text(&self) -> Result<&'t [String], FormulaError> {
        let Column::Text(cells) = self.column else {
            return Ok(&[]);
        };
        match cells.iter().position(String::is_empty) {
            Some(row) => Err(self.missing(row, true)),
            None => Ok(cells),
        }
    }

    fn missing(&self, row: usize, empty: bool) -> FormulaError {
        let what = if empty { "is empty" } else { "is infinite" };
        let message = format!("column `{}` {what} {}", self.name, place(self.table, row));
        self.error(message, "fill the cell, or leave the row out")
    }

    fn unknown_level(&self, row: usize, levels: &Levels) -> FormulaError {
        let value = self.table.text(self.name, row).unwrap_or_default();
        let at = place(self.table, row);
        let message = format!(
            "column `{}` is `{value}` {at}, which has no column",
            self.name
        );
        let known: Vec<String> = (0..levels.count().min(1000))
            .map(|l| levels.label(l))
            .collect();
        self.error(
            message,
            did_you_mean(&value, known.iter().map(String::as_str)),
        )
    }

    fn error(&self, message: impl Into<String>, hint: impl Into<String>) -> FormulaError {
        FormulaError::at(self.span, message, hint)
    }
}

/// A row as the reader finds it.
pub(super) fn place(table: &Table, row: usize) -> String {
    let line = table.lines.get(row).copied().unwrap_or(row + 1);
    place_of(&table.file, line)
}

/// A line as the reader finds it.
pub(super) fn place_of(file: &str, line: usize) -> String {
    if file.is_empty() {
        format!("in line {line}")
    } else {
        format!("in line {line} of {file}")
    }
}

fn code(level: usize) -> u32 {
    u32::try_from(level).unwrap_or(u32::MAX)
}

fn text_levels(cells: &[String]) -> (Levels, Vec<u32>) {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    let mut codes = Vec::with_capacity(cells.len());
    for cell in cells {
        let next = first.len();
        codes.push(*first.entry(cell).or_insert(next));
    }
    let mut rank = vec![0; first.len()];
    for (sorted, (_, seen)) in first.iter().enumerate() {
        rank[*seen] = code(sorted);
    }
    let levels = first.keys().map(|&level| level.to_owned()).collect();
    let codes = codes.into_iter().map(|seen| rank[seen]).collect();
    (Levels::Text(levels), codes)
}

fn number_levels(cells: &[f64]) -> (Levels, Vec<u32>) {
    // Adding zero makes one of -0 and 0.
    let mut values: Vec<f64> = cells.iter().map(|x| x + 0.0).collect();
    values.sort_unstable_by(f64::total_cmp);
    values.dedup();
    let codes = cells
        .iter()
        .map(|x| code(number_code(&values, *x).unwrap_or_default()))
        .collect();
    (Levels::Numbers(values), codes)
}

fn number_code(sorted: &[f64], x: f64) -> Option<usize> {
    sorted.binary_search_by(|v| v.total_cmp(&(x + 0.0))).ok()
}

/// One code for each combination that occurs of the codes of several columns, in their sorted order.
pub(super) fn combined(mut codes: Vec<Vec<u32>>) -> Vec<u32> {
    let mut all = codes.pop().unwrap_or_default();
    while let Some(outer) = codes.pop() {
        let pairs = || outer.iter().zip(&all).map(|(a, b)| (*a, *b));
        let mut known: Vec<(u32, u32)> = pairs().collect();
        known.sort_unstable();
        known.dedup();
        let joint = |pair| code(known.binary_search(&pair).unwrap_or_default());
        all = pairs().map(joint).collect();
    }
    all
}
