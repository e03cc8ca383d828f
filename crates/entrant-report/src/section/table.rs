//! Tables of a page.

use entrant_data::result::Estimate;

use crate::format::{self, Unit};
use crate::story::Story;

/// A table: caption, columns, rows.
#[derive(Debug)]
pub struct Table {
    /// What it holds.
    pub caption: String,
    /// Names of the columns.
    pub head: Vec<String>,
    /// Rows; the first cell names the row.
    pub rows: Vec<Vec<Cell>>,
    /// Class of the style sheet.
    pub class: &'static str,
}

/// A cell of a table.
#[derive(Debug, Default)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// A range or remark, in small print.
    pub note: String,
    /// Class of the style sheet: `n` for numbers, a colour for names, a shade for heat.
    pub class: String,
    /// Colour of the swatch before the text.
    pub tone: &'static str,
}

impl Table {
    /// A table with no rows yet.
    pub fn new(caption: impl Into<String>, head: &[&str]) -> Self {
        let head = head.iter().map(ToString::to_string).collect();
        Table {
            caption: caption.into(),
            head,
            rows: Vec::new(),
            class: "",
        }
    }

    /// The table with its rows.
    pub fn with(mut self, rows: impl IntoIterator<Item = Vec<Cell>>) -> Self {
        self.rows.extend(rows);
        self
    }

    /// Names of the columns, and whether they hold numbers, which stand to the right.
    pub fn columns(&self) -> impl Iterator<Item = (&str, bool)> {
        let numeric = |cell: &Cell| cell.class.split(' ').any(|class| class == "n");
        let cell = |i| self.rows.first().and_then(|row| row.get(i));
        self.head
            .iter()
            .enumerate()
            .map(move |(i, name)| (&**name, cell(i).is_some_and(numeric)))
    }

    /// The table, or nothing where it has no rows.
    pub fn unless_empty(self) -> Option<Self> {
        (!self.rows.is_empty()).then_some(self)
    }
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Cell {
            text: text.into(),
            ..Cell::default()
        }
    }

    /// A number already written.
    pub fn number(text: impl Into<String>) -> Self {
        Cell {
            text: text.into(),
            class: "n".into(),
            ..Cell::default()
        }
    }

    /// A median with its interval in small print.
    pub fn estimate(e: &Estimate, unit: Unit<'_>, signed: bool) -> Self {
        let note = format::interval(e, unit, signed);
        Cell {
            note,
            ..Cell::number(format::median(e, unit, signed))
        }
    }

    /// The same where there may be no estimate at all.
    pub fn maybe(e: Option<&Estimate>, unit: Unit<'_>, signed: bool) -> Self {
        e.map_or_else(
            || Cell::number(format::NONE),
            |e| Cell::estimate(e, unit, signed),
        )
    }

    /// A firm's name with its colour.
    pub fn firm(story: &Story<'_>, name: &str) -> Self {
        Cell {
            tone: story.tone(name),
            ..Cell::text(name)
        }
    }

    /// The cell with a remark in small print.
    pub fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The cell with a class of the style sheet.
    pub fn classed(mut self, class: impl Into<String>) -> Self {
        self.class = class.into();
        self
    }
}
