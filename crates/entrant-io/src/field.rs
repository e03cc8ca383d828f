//! One column of a table, read cell by cell with mistakes that name the cell.

use std::borrow::Cow;

use entrant_data::InputError;
use entrant_data::error::did_you_mean;
use entrant_data::table::{Column, Table};

use crate::numbers::{number, written};

/// Longest cell that is quoted in a mistake, in characters.
const VALUE_CHARS: usize = 80;

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    table: &'a Table,
    name: &'a str,
    column: &'a Column,
}

impl<'a> Field<'a> {
    /// The column with this name, if there is one.
    pub(crate) fn find(table: &'a Table, name: &'a str) -> Option<Self> {
        table.column(name).map(|column| Field {
            table,
            name,
            column,
        })
    }

    /// The column with this name, or a mistake that names the nearest one.
    pub(crate) fn need(table: &'a Table, name: &'a str) -> Result<Self, InputError> {
        Field::find(table, name).ok_or_else(|| missing(table, name))
    }

    /// All cells.
    pub(crate) fn column(&self) -> &'a Column {
        self.column
    }

    /// A cell as text.
    pub(crate) fn text(&self, row: usize) -> Cow<'a, str> {
        match self.column {
            Column::Text(cells) => Cow::Borrowed(&cells[row]),
            Column::Numbers(cells) if cells[row].is_nan() => Cow::Borrowed(""),
            Column::Numbers(cells) => Cow::Owned(cells[row].to_string()),
        }
    }

    /// Whether a cell is this text, which is no number.
    pub(crate) fn is_text(&self, row: usize, text: &str) -> bool {
        matches!(self.column, Column::Text(cells) if cells[row] == text)
    }

    /// A cell as text that must not be empty.
    pub(crate) fn filled(&self, row: usize) -> Result<Cow<'a, str>, InputError> {
        let text = self.text(row);
        if text.is_empty() {
            return Err(self.mistake(row, "is empty"));
        }
        if text.chars().any(char::is_control) {
            return Err(self.mistake(row, "contains a control character"));
        }
        Ok(text)
    }

    /// A cell as a finite number.
    pub(crate) fn number(&self, row: usize) -> Result<f64, InputError> {
        match self.column {
            Column::Numbers(cells) if cells[row].is_finite() => Ok(cells[row]),
            _ => number(&self.text(row)).map_err(|(m, hint)| self.mistake(row, &m).hint(hint)),
        }
    }

    /// A mistake in a cell: `message` goes on after the column's name.
    pub(crate) fn mistake(&self, row: usize, message: &str) -> InputError {
        let value = match self.column {
            Column::Numbers(cells) if !cells[row].is_nan() => written(cells[row]),
            _ => self.text(row).chars().take(VALUE_CHARS).collect(),
        };
        let path = format!("row {}, column {}", row + 1, self.name);
        InputError::at(path, format!("`{}` {message}", self.name))
            .in_file(self.table.file.clone(), Some(self.table.lines[row]))
            .value(value)
    }
}

/// A column that should be there and is not.
pub(crate) fn missing(table: &Table, name: &str) -> InputError {
    let message = format!("there is no column `{name}`");
    let mut hint = did_you_mean(name, table.names.iter().map(String::as_str));
    if let [only] = table.names.as_slice()
        && only.contains([';', '\t', '|'])
    {
        hint = "the columns do not seem to be separated by commas".into();
    }
    InputError::at(format!("column {name}"), message)
        .in_file(table.file.clone(), table.lines.first().map(|_| 1))
        .hint(hint)
}
