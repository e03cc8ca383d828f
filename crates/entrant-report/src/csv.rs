//! Comma-separated values that a spreadsheet opens as data, never as formulas.

use entrant_data::result::Estimate;

/// A table being written, row by row.
#[derive(Debug)]
pub struct Csv {
    out: String,
    fresh: bool,
}

impl Csv {
    /// A table with its header.
    pub fn new(header: &[&str]) -> Self {
        let mut csv = Csv {
            out: String::new(),
            fresh: true,
        };
        for name in header {
            csv.text(name);
        }
        csv.end();
        csv
    }

    /// A text cell; one that a spreadsheet would run as a formula gets a leading `'`.
    pub fn text(&mut self, value: &str) -> &mut Self {
        let guard = if is_formula(value) { "'" } else { "" };
        let value = format!("{guard}{value}");
        if value.contains(['"', ',', '\n', '\r']) {
            self.raw(&format!("\"{}\"", value.replace('"', "\"\"")))
        } else {
            self.raw(&value)
        }
    }

    /// Text cells.
    pub fn texts(&mut self, values: &[&str]) -> &mut Self {
        for value in values {
            self.text(value);
        }
        self
    }

    /// A number, never quoted; empty where there is none.
    pub fn number(&mut self, value: f64) -> &mut Self {
        if value.is_finite() {
            self.raw(&value.to_string())
        } else {
            self.raw("")
        }
    }

    /// A count.
    pub fn count(&mut self, value: usize) -> &mut Self {
        self.raw(&value.to_string())
    }

    /// `true` or `false`.
    pub fn flag(&mut self, value: bool) -> &mut Self {
        self.raw(if value { "true" } else { "false" })
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
        self.out.push('\n');
        self.fresh = true;
    }

    /// The table.
    pub fn finish(self) -> String {
        self.out
    }

    fn raw(&mut self, cell: &str) -> &mut Self {
        if !self.fresh {
            self.out.push(',');
        }
        self.out.push_str(cell);
        self.fresh = false;
        self
    }
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
            csv.finish(),
            "a,b,c\n'=1+1,\"x,\"\"y\"\"\",-1.5\n' @sum,plain,\n"
        );
    }
}
