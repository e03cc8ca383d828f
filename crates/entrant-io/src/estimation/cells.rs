//! Columns of a table that must be numbers, ids or either.

use std::collections::BTreeSet;

use entrant_data::InputError;
use entrant_data::error::did_you_mean;
use entrant_data::table::{Column, Table};

use crate::field::{Field, missing};
use crate::numbers::number;
use crate::problems::Problems;

/// Longest id, in characters.
const ID_CHARS: usize = 200;

/// A table whose columns are checked as they come into use, each once for each use.
pub(crate) struct Cells<'a> {
    table: &'a mut Table,
    problems: &'a mut Problems,
    numbers: BTreeSet<String>,
    ids: BTreeSet<String>,
}

impl<'a> Cells<'a> {
    /// No column checked yet.
    pub(crate) fn new(table: &'a mut Table, problems: &'a mut Problems) -> Self {
        Cells {
            table,
            problems,
            numbers: BTreeSet::new(),
            ids: BTreeSet::new(),
        }
    }

    /// The table.
    pub(crate) fn table(&self) -> &Table {
        self.table
    }

    /// Adds a mistake.
    pub(crate) fn push(&mut self, mistake: InputError) {
        self.problems.push(mistake);
    }

    /// Makes a column one of finite numbers, `NaN` where a cell is none. Whether it is there.
    pub(crate) fn numbers(&mut self, name: &str) -> bool {
        let Some(column) = self.there(name) else {
            return false;
        };
        let fine = |c: &Column| matches!(c, Column::Numbers(v) if v.iter().all(|v| v.is_finite()));
        if !fine(column) && self.numbers.insert(name.to_owned()) {
            let cells = self.read(name);
            replace(self.table, name, cells);
        }
        true
    }

    fn read(&mut self, name: &str) -> Vec<f64> {
        let Some(field) = Field::find(self.table, name) else {
            return Vec::new();
        };
        let mut number = |row| self.problems.keep(field.number(row)).unwrap_or(f64::NAN);
        (0..self.table.rows()).map(&mut number).collect()
    }

    /// Checks a column of ids: something in every cell. Whether it is there.
    pub(crate) fn ids(&mut self, name: &str) -> bool {
        let Some(field) = Field::find(self.table, name) else {
            return self.there(name).is_some();
        };
        if self.ids.insert(name.to_owned()) {
            let odd = (0..self.table.rows()).filter_map(|row| odd_id(field, row));
            odd.for_each(|mistake| self.problems.push(mistake));
        }
        true
    }

    /// Checks a column of numbers or categories: text of which no cell is a number is taken as
    /// categories, anything else as numbers.
    pub(crate) fn numbers_or_ids(&mut self, name: &str) {
        let categories = match self.table.column(name) {
            Some(Column::Text(cells)) => cells.iter().all(|c| number(c).is_err()),
            _ => false,
        };
        if categories {
            self.ids(name);
        } else {
            self.numbers(name);
        }
    }

    /// A column that should be there.
    fn there(&mut self, name: &str) -> Option<&Column> {
        let column = self.table.column(name);
        if column.is_none() {
            self.problems.push(missing(self.table, name));
        }
        column
    }

    /// A column that the study names at `path`, which is where it is a mistake when it is not
    /// there.
    pub(crate) fn named(&mut self, path: &str, name: &str) -> bool {
        let there = self.table.column(name).is_some();
        if !there {
            self.problems.push(unknown_column(self.table, path, name));
        }
        there
    }

    /// The columns that a name in a list of the study stands for, made numbers.
    pub(crate) fn expand(&mut self, path: &str, name: &str) -> Vec<String> {
        let found = expand(self.table, name);
        if found.is_empty() {
            let message = format!("no column of `{}` fits `{name}`", self.table.file);
            let first = name.replace('*', "0");
            let hint = format!("it stands for `{first}` and every number after it");
            self.push(InputError::at(path, message).value(name).hint(hint));
        }
        let there = found.into_iter().filter(|column| self.named(path, column));
        let there: Vec<String> = there.collect::<Vec<_>>();
        for column in &there {
            self.numbers(column);
        }
        there
    }
}

/// A column that the study names and that is not in the table.
pub(crate) fn unknown_column(table: &Table, path: &str, name: &str) -> InputError {
    let known = table.names.iter().map(String::as_str);
    InputError::at(
        path,
        format!("there is no column `{name}` in `{}`", table.file),
    )
    .value(name)
    .hint(did_you_mean(name, known))
}

fn replace(table: &mut Table, name: &str, cells: Vec<f64>) {
    if let Some(at) = table.names.iter().position(|n| n == name) {
        table.columns[at] = Column::Numbers(cells);
    }
}

/// The numbers of a column that was made numbers; none when it is not there.
pub(crate) fn numbers<'a>(table: &'a Table, name: &str) -> &'a [f64] {
    match table.column(name) {
        Some(Column::Numbers(cells)) => cells,
        _ => &[],
    }
}

fn odd_id(field: Field<'_>, row: usize) -> Option<InputError> {
    match field.column() {
        Column::Numbers(cells) if cells[row].is_finite() => None,
        Column::Numbers(cells) if cells[row].is_infinite() => {
            Some(field.mistake(row, "is not a finite number"))
        }
        Column::Numbers(_) => Some(field.mistake(row, "is empty")),
        Column::Text(cells) if cells[row].chars().nth(ID_CHARS).is_some() => {
            Some(field.mistake(row, "is longer than 200 characters"))
        }
        Column::Text(cells) if says_missing(&cells[row]) => {
            let hint = "leave the row out, or write the id otherwise if that is its name";
            let message = "is how programs write that something is missing";
            Some(field.mistake(row, message).hint(hint))
        }
        Column::Text(_) => field.filled(row).err(),
    }
}

/// Whether an id is what programs write in place of a missing one (Python, R, spreadsheets).
fn says_missing(id: &str) -> bool {
    let spelt = [
        "NA", "N/A", "#N/A", "#NA", "NULL", "null", "#VALUE!", "#REF!",
    ];
    spelt.contains(&id) || id.eq_ignore_ascii_case("nan")
}

/// Columns that a name stands for: itself, or with `*` at its end every column with a number in
/// place of the `*`, in the order of the numbers.
pub(crate) fn expand(table: &Table, name: &str) -> Vec<String> {
    let Some(prefix) = name.strip_suffix('*') else {
        return vec![name.to_owned()];
    };
    let number = |column: &String| {
        let digits = column.strip_prefix(prefix)?;
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse::<u64>().ok()).flatten()
    };
    let mut found: Vec<(u64, &String)> = table
        .names
        .iter()
        .filter_map(|column| Some((number(column)?, column)))
        .collect();
    found.sort();
    found
        .into_iter()
        .map(|(_, column)| column.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(names: &[&str]) -> Table {
        Table {
            names: names.iter().map(|n| (*n).to_owned()).collect(),
            ..Table::default()
        }
    }

    #[test]
    fn ids_that_say_missing_are_told_from_names() {
        for id in ["nan", "NaN", "NA", "#N/A", "null"] {
            assert!(says_missing(id), "{id}");
        }
        for id in ["Nano", "Na", "na", "0", "N", "None of these"] {
            assert!(!says_missing(id), "{id}");
        }
    }

    #[test]
    fn stars_stand_for_numbers_in_their_order() {
        let table = table(&["z10", "z2", "z", "z1a", "y0", "z-1", "z0"]);
        assert_eq!(expand(&table, "z*"), ["z0", "z2", "z10"]);
        assert_eq!(expand(&table, "y0"), ["y0"]);
        assert!(expand(&table, "x*").is_empty());
        assert!(expand(&table, "*").is_empty());
    }

    #[test]
    fn text_without_numbers_is_categories() {
        let text = |cells: &[&str]| Column::Text(cells.iter().map(|c| (*c).to_owned()).collect());
        let mut table = Table {
            file: "t.csv".into(),
            names: ["a", "b", "c"].map(str::to_owned).to_vec(),
            columns: vec![text(&["x", "y"]), text(&["1", "1,5"]), text(&["01", "2"])],
            lines: vec![2, 3],
        };
        let mut problems = Problems::default();
        let mut cells = Cells::new(&mut table, &mut problems);
        for name in ["a", "b", "c", "b"] {
            cells.numbers_or_ids(name);
        }
        let errors = problems.finish(|e| e);
        assert_eq!(errors.len(), 1);
        assert_eq!((errors[0].line, errors[0].value.as_str()), (Some(3), "1,5"));
        assert_eq!(table.columns[2], Column::Numbers(vec![1.0, 2.0]));
    }
}
