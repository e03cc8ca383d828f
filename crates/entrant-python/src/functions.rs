//! Functions that need no problem: formulas, fixed effects, rules of integration, tables, and the
//! command line.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what Python calls takes its arguments by value"
)]

use std::ffi::OsString;
use std::path::PathBuf;

use entrant::data::formula::{Formula, FormulaError};
use entrant::data::table::Table;
use entrant::estimate::blp;
use entrant::io::Limits;
use entrant::numeric::absorb::Effects;
use entrant::numeric::dense::Matrix;
use entrant::numeric::integration::{self, Key};
use numpy::{PyArray1, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{matrix, to_matrix, vector};
use crate::errors::{bad, mistakes, raise};
use crate::tables::{columns, table};

/// Puts the functions of this file into the module.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(design, module)?)?;
    module.add_function(wrap_pyfunction!(parse, module)?)?;
    module.add_function(wrap_pyfunction!(absorb, module)?)?;
    module.add_function(wrap_pyfunction!(nodes, module)?)?;
    module.add_function(wrap_pyfunction!(read_table, module)?)?;
    module.add_function(wrap_pyfunction!(main, module)?)
}

fn wrong(py: Python<'_>, e: &FormulaError) -> PyErr {
    raise(py, "FormulaError", &e.to_string())
}

/// Names of the columns that a formula uses, and of those whose effects it absorbs.
#[pyfunction]
fn parse(py: Python<'_>, formula: &str) -> PyResult<(Vec<String>, Vec<String>)> {
    let formula = Formula::parse(formula).map_err(|e| wrong(py, &e))?;
    Ok((formula.columns(), formula.effect_columns()))
}

/// The matrix that a formula makes of a table, the names of its columns, and whether each depends
/// on each of some names.
#[pyfunction]
#[expect(clippy::type_complexity, reason = "a tuple for Python")]
fn design<'py>(
    py: Python<'py>,
    formula: &str,
    columns: &Bound<'py, PyDict>,
    names: Vec<String>,
) -> PyResult<(Bound<'py, PyArray2<f64>>, Vec<String>, Vec<Vec<bool>>)> {
    let formula = Formula::parse(formula).map_err(|e| wrong(py, &e))?;
    let table: Table = table("data", columns)?;
    let made = formula.design(&table).map_err(|e| wrong(py, &e))?;
    let on = |c: usize| names.iter().map(|n| made.depends_on(c, n)).collect();
    let depends = (0..made.columns()).map(on).collect();
    let values = Matrix::new(made.rows, made.columns(), made.values.clone());
    Ok((matrix(py, values), made.names.clone(), depends))
}

/// A matrix with fixed effects taken out; `codes` has the level of each row, a list for each effect.
#[pyfunction]
fn absorb<'py>(
    py: Python<'py>,
    values: PyReadonlyArray2<'py, f64>,
    codes: Vec<Vec<u32>>,
) -> PyResult<Bound<'py, PyArray2<f64>>> {
    let mut values = to_matrix(&values);
    let effects = Effects::new(&codes).map_err(|m| bad(py, &m))?;
    let columns = values.columns;
    let done = effects.residualise(&mut values.data, columns, 1e-13);
    done.map_err(|m| bad(py, &m))?;
    Ok(matrix(py, values))
}

/// Nodes and weights of a deterministic rule of integration over independent normals.
#[pyfunction]
#[expect(clippy::type_complexity, reason = "a tuple for Python")]
fn nodes<'py>(
    py: Python<'py>,
    rule: &str,
    level: usize,
    dimensions: usize,
) -> PyResult<(Bound<'py, PyArray2<f64>>, Bound<'py, PyArray1<f64>>)> {
    use entrant::data::spec::IntegrationRule as R;
    let rule = match rule {
        "product" => R::Product,
        "nested_product" => R::NestedProduct,
        "grid" => R::Grid,
        "nested_grid" => R::NestedGrid,
        _ => return Err(bad(py, &format!("`{rule}` is no deterministic rule"))),
    };
    let key = Key {
        seed: 0,
        name: "nodes",
        index: 0,
    };
    let made = integration::build(blp::rule(rule), level, dimensions, key);
    let made = made.map_err(|m| bad(py, &m))?;
    let points = Matrix::new(made.weights.len(), dimensions, made.points);
    Ok((matrix(py, points), vector(py, &made.weights)))
}

/// The columns of a CSV or Parquet table in a folder.
#[pyfunction]
fn read_table<'py>(py: Python<'py>, folder: PathBuf, name: &str) -> PyResult<Bound<'py, PyDict>> {
    let read = entrant::io::read_table(&folder, name, &Limits::default());
    columns(py, read.map_err(|e| mistakes(py, &e))?)
}

/// Runs the command line with these arguments, the first of which is its own name, and returns how
/// it ended.
#[pyfunction]
fn main(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| entrant_cli::exit(arguments)) as u8
}
