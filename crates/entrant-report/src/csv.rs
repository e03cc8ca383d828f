//! Comma-separated values that a spreadsheet opens as data, never as formulas.

use std::fmt::Write as _;

use entrant_data::result::Estimate;

/// What a cell of a table holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// Words.
    Text(String),
    /// A number; one that is not finite is an empty cell.
    Number(f64),
    /// A count.
    Count(usize),
    /// Yes or no.
    Flag(bool),
}

/// A table being written, row by row.
#[derive(Debug)]
pub struct Csv {
    rows: Vec<Vec<Datum>>,
    open: Vec<Datum>,
}

/// A finished table; the first row names its columns.
#[derive(Debug)]
pub struct Sheet {
    /// Rows of cells.
    pub rows: Vec<Vec<Datum>>,
}

impl Csv {
    /// A table with its header.
    pub fn new(header: &[&str]) -> Self {
        let mut csv = Csv {
            rows: Vec::new(),
            open: Vec::new(),
        };
        csv.texts(header).end();
        csv
    }

    /// A text cell.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.cell(Datum::Text(value.to_owned()))
    }

    /// Text cells.
    pub fn texts(&mut self, values: &[&str]) -> &mut Self {
        for value in values {
            self.text(value);
        }
        self
    }

    /// A number; empty where there is none.
    pub fn number(&mut self, value: f64) -> &mut Self {
        self.cell(Datum::Number(value))
    }

    /// A count.
    pub fn count(&mut self, value: usize) -> &mut Self {
        self.cell(Datum::Count(value))
    }

    /// `true` or `false`.
    pub fn flag(&mut self, value: bool) -> &mut Self {
        self.cell(Datum::Flag(value))
    }

    /// The six cells of an estimate: low, median, high, level, status, and the number at the
    /// estimates of an estimated study.
    pub fn estimate(&mut self, e: &Estimate) -> &mut Self {
        self.number(e.low)
            .number(e.median)
            .number(e.high)
            .number(e.level)
            .text(e.status.word())
            .number(e.central.unwrap_or(f64::NAN))
    }

    /// Ends the row.
    pub fn end(&mut self) {
        self.rows.push(std::mem::take(&mut self.open));
    }

    /// The table.
    pub fn sheet(self) -> Sheet {
        Sheet { rows: self.rows }
    }

    fn cell(&mut self, cell: Datum) -> &mut Self {
        self.open.push(cell);
        self
    }
}

impl Sheet {
    /// Comma-separated values, a line for each row.
    pub fn csv(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            for (i, cell) in row.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                cell.write(&mut out);
            }
            out.push('\n');
        }
        out
    }
}

impl Datum {
    /// Writes the cell: a text that a spreadsheet would run as a formula gets a leading `'`, a
    /// number is never quoted.
    fn write(&self, out: &mut String) {
        match self {
            Datum::Text(text) => {
                let guard = if is_formula(text) { "'" } else { "" };
                if text.contains(['"', ',', '\n', '\r']) {
                    let _ = write!(out, "\"{guard}{}\"", text.replace('"', "\"\""));
                } else {
                    let _ = write!(out, "{guard}{text}");
                }
            }
            Datum::Number(value) if value.is_finite() => {
                let _ = write!(out, "{value}");
            }
            Datum::Number(_) => {}
            Datum::Count(value) => {
                let _ = write!(out, "{value}");
            }
            Datum::Flag(value) => {
                let _ = write!(out, "{value}");
            }
        }
    }
}

/// Tables as files: names and comma-separated values.
pub fn files<N: Into<String>>(
    sheets: impl IntoIterator<Item = (N, Sheet)>,
) -> Vec<(String, String)> {
    let file = |(name, sheet): (N, Sheet)| (name.into(), sheet.csv());
    sheets.into_iter().map(file).collect()
}

/// Whether a spreadsheet would take the text for a formula, also after quotes and spaces.
fn is_formula(text: &str) -> bool {
    let bare = text.trim_start_matches([' ', '"', '\'']);
    text.starts_with(['\t', '\r', '\n']) || bare.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_neutralised_and_numbers_are_not_quoted() {
        let mut csv = Csv::new(&["a", "b", "c"]);
        csv.text("=1+1").text("x,\"y\"").number(-1.5).end();
        csv.text(" @sum").text("plain").number(f64::NAN).end();
        assert_eq!(
            csv.sheet().csv(),
            "a,b,c\n'=1+1,\"x,\"\"y\"\"\",-1.5\n' @sum,plain,\n"
        );
    }
}
