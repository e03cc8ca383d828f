//! Columns of the caller as tables, and back.

use entrant::data::table::{Column, Table};
use numpy::{IntoPyArray, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::bad;

/// A table from columns by name: one-dimensional arrays of doubles, or lists of text.
pub(crate) fn table(file: &str, columns: &Bound<'_, PyDict>) -> PyResult<Table> {
    let py = columns.py();
    let mut table = Table {
        file: file.into(),
        ..Table::default()
    };
    for (name, cells) in columns.iter() {
        let name: String = name.extract()?;
        let column = column(&name, &cells)?;
        let rows = match &column {
            Column::Numbers(cells) => cells.len(),
            Column::Text(cells) => cells.len(),
        };
        if table.names.is_empty() {
            table.lines = (1..=rows).collect();
        } else if rows != table.rows() {
            let first = &table.names[0];
            let message = format!(
                "`{file}`: column `{name}` has {rows} rows, `{first}` has {}",
                table.rows()
            );
            return Err(bad(py, &message));
        }
        table.names.push(name);
        table.columns.push(column);
    }
    Ok(table)
}

fn column(name: &str, cells: &Bound<'_, PyAny>) -> PyResult<Column> {
    if let Ok(numbers) = cells.extract::<PyReadonlyArray1<'_, f64>>() {
        return Ok(Column::Numbers(numbers.as_array().to_vec()));
    }
    let text = cells.extract::<Vec<String>>();
    text.map(Column::Text).map_err(|_| {
        let message = format!("column `{name}` is neither an array of doubles nor a list of text");
        bad(cells.py(), &message)
    })
}

/// A table as columns by name.
pub(crate) fn columns(py: Python<'_>, table: Table) -> PyResult<Bound<'_, PyDict>> {
    let out = PyDict::new(py);
    for (name, column) in table.names.iter().zip(table.columns) {
        match column {
            Column::Numbers(cells) => out.set_item(name, cells.into_pyarray(py))?,
            Column::Text(cells) => out.set_item(name, cells)?,
        }
    }
    Ok(out)
}
