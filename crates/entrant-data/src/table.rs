//! A table as read from a file: named columns of text or numbers, with line numbers.

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// Every non-empty cell is a number; empty cells are `NaN`.
    Numbers(Vec<f64>),
    /// Text as written.
    Text(Vec<String>),
}

/// A table as read: columns of equal length and the line of each row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// File as the user named it.
    pub file: String,
    /// Column names, in file order, without duplicates.
    pub names: Vec<String>,
    /// Columns, in the order of `names`.
    pub columns: Vec<Column>,
    /// 1-based line of each row in the file (row number + 1 for binary formats).
    pub lines: Vec<usize>,
}

impl Table {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// The column with this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.names
            .iter()
            .position(|n| n == name)
            .map(|i| &self.columns[i])
    }

    /// One cell as text; numbers in their shortest form, empty for `NaN`.
    pub fn text(&self, name: &str, row: usize) -> Option<String> {
        Some(match self.column(name)? {
            Column::Text(cells) => cells[row].clone(),
            Column::Numbers(cells) if cells[row].is_nan() => String::new(),
            Column::Numbers(cells) => cells[row].to_string(),
        })
    }

    /// Some of its rows, in this order.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn subset(&self, rows: &[usize]) -> Table {
        let columns = self.columns.iter().map(|c| match c {
            Column::Numbers(cells) => Column::Numbers(rows.iter().map(|r| cells[*r]).collect()),
            Column::Text(cells) => Column::Text(rows.iter().map(|r| cells[*r].clone()).collect()),
        });
        Table {
            file: self.file.clone(),
            names: self.names.clone(),
            columns: columns.collect(),
            lines: rows.iter().map(|r| self.lines[*r]).collect(),
        }
    }
}
