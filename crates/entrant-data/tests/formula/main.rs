//! Formulas against `PyBLP` and patsy, derivatives against differences, mistakes and hostile text.

mod derivatives;
mod hostile;
mod mistakes;
mod peer;
mod reuse;

use entrant_data::formula::{Design, Formula};
use entrant_data::table::{Column, Table};

/// A table of these columns, whose rows stand in lines 2, 3, ...
fn table(columns: &[(&str, Column)]) -> Table {
    let rows = match &columns[0].1 {
        Column::Numbers(cells) => cells.len(),
        Column::Text(cells) => cells.len(),
    };
    Table {
        file: "products.csv".into(),
        names: columns.iter().map(|(n, _)| (*n).to_owned()).collect(),
        columns: columns.iter().map(|(_, c)| c.clone()).collect(),
        lines: (2..rows + 2).collect(),
    }
}

fn numbers(cells: &[f64]) -> Column {
    Column::Numbers(cells.to_vec())
}

fn text(cells: &[&str]) -> Column {
    Column::Text(cells.iter().map(|c| (*c).to_owned()).collect())
}

/// Two numbers and two categories in six rows.
fn small() -> Table {
    table(&[
        ("x", numbers(&[1.5, 2.0, 0.5, 4.0, 3.0, 0.25])),
        ("y", numbers(&[0.5, 1.0, 2.5, 0.75, 1.25, 3.0])),
        ("brand", text(&["b", "a", "c", "a", "b", "c"])),
        ("k", numbers(&[10.0, 2.0, 3.0, 2.0, 3.0, 10.0])),
    ])
}

fn design(formula: &str, table: &Table) -> Design {
    let read = Formula::parse(formula).unwrap_or_else(|e| panic!("{formula}: {e:?}"));
    read.design(table)
        .unwrap_or_else(|e| panic!("{formula}: {e:?}"))
}
