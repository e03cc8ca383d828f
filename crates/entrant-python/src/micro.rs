//! Micro moments: tables of surveys in, functions of their means called back.

use std::sync::{Arc, Mutex, PoisonError};

use entrant::estimate::micro::{Combination, Combine, Custom, Dataset, Moment, Part, Table};
use numpy::{IntoPyArray, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::arrays::{Rows, to_matrix};
use crate::errors::bad;
use crate::problem::Inner;

/// Numbers by consumer and choice of one market, or by consumer and pair of choices, in the engine's
/// order.
#[pyclass(frozen, module = "entrant._engine")]
pub(crate) struct MicroTable(Arc<Table>);

/// Tables by position of the market.
type Tables = Vec<(usize, Py<MicroTable>)>;
/// Name, observations, weights, groups of products by position of the market.
pub(crate) type Survey = (String, f64, Tables, Vec<(usize, Vec<usize>)>);
/// Name, position of the survey, values.
pub(crate) type Mean = (String, usize, Tables);
/// Name, observed value, positions of parts, function of them; `None` for the part itself.
pub(crate) type Asked = (String, f64, Vec<usize>, Option<Py<PyAny>>);

/// What was raised by a function of the caller's while the engine worked.
pub(crate) type Raised = Arc<Mutex<Option<PyErr>>>;

/// A function in Python: parts to a value and its derivatives.
#[derive(Debug)]
struct Function {
    call: Py<PyAny>,
    raised: Raised,
}

impl Combine for Function {
    fn at(&self, parts: &[f64]) -> (f64, Vec<f64>) {
        let found = Python::attach(|py| {
            let parts = parts.to_vec().into_pyarray(py);
            self.call.call1(py, (parts,))?.extract(py)
        });
        found.unwrap_or_else(|e| {
            let mut raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
            raised.get_or_insert(e);
            (f64::NAN, vec![f64::NAN; parts.len()])
        })
    }
}

/// Raises what a function of the caller's raised.
pub(crate) fn check(raised: &Raised) -> PyResult<()> {
    let mut raised = raised.lock().unwrap_or_else(PoisonError::into_inner);
    raised.take().map_or(Ok(()), Err)
}

/// A table of a market, whose choices are the outside good, then products in the caller's order.
pub(crate) fn table(
    py: Python<'_>,
    rows: &Rows,
    t: usize,
    array: &PyReadonlyArray2<'_, f64>,
) -> PyResult<MicroTable> {
    let Some(within) = rows.within.get(t) else {
        return Err(bad(py, "there is no such market"));
    };
    let choices = within.len() + 1;
    let array = array.as_array();
    let cells = array.ncols();
    if cells != choices && cells != choices * choices {
        let message = format!("a table of {cells} columns for {choices} choices");
        return Err(bad(py, &message));
    }
    let from = columns(within, cells > choices);
    let each = array.rows().into_iter();
    let values = each.flat_map(|row| from.iter().map(move |c| row[*c]));
    let table = Table::new(array.nrows(), values.collect());
    Ok(MicroTable(Arc::new(table)))
}

/// The problem with micro moments.
pub(crate) fn with_micro(
    py: Python<'_>,
    inner: &Inner,
    surveys: Vec<Survey>,
    means: Vec<Mean>,
    asked: Vec<Asked>,
    covariance: Option<&PyReadonlyArray2<'_, f64>>,
) -> PyResult<Inner> {
    let raised = Raised::default();
    let markets = inner.problem.markets.len();
    let mut datasets = Vec::new();
    for (name, observations, weights, groups) in surveys {
        datasets.push(Dataset {
            name,
            observations,
            weights: tables(markets, &weights),
            groups: self::groups(&inner.rows, groups),
        });
    }
    let mut parts = Vec::new();
    for (name, dataset, values) in means {
        parts.push(Part {
            name,
            dataset,
            values: tables(markets, &values),
        });
    }
    let moment = |(name, value, parts, function): Asked| Moment {
        name,
        value,
        parts,
        combination: function.map_or(Combination::Part, |call| {
            Combination::Custom(Custom(Arc::new(Function {
                call,
                raised: Arc::clone(&raised),
            })))
        }),
    };
    let moments = asked.into_iter().map(moment).collect();
    let problem = (*inner.problem).clone();
    let covariance = covariance.map(to_matrix);
    let problem = py.detach(|| problem.with_micro(datasets, parts, moments, covariance));
    Ok(Inner {
        problem: Arc::new(problem.map_err(|e| bad(py, &e.0))?),
        loaded: inner.loaded.clone(),
        rows: inner.rows.clone(),
        raised,
        inversion: inner.inversion.clone(),
    })
}

pub(crate) fn tables(markets: usize, given: &Tables) -> Vec<Option<Arc<Table>>> {
    let mut out: Vec<Option<Arc<Table>>> = vec![None; markets];
    for (t, table) in given {
        if let Some(slot) = out.get_mut(*t) {
            *slot = Some(Arc::clone(&table.get().0));
        }
    }
    out
}

/// Column of the caller behind each cell of the engine, for products in the caller's order.
pub(crate) fn columns(within: &[usize], pairs: bool) -> Vec<usize> {
    let mut single = vec![0; within.len() + 1];
    for (k, j) in within.iter().enumerate() {
        single[*j] = k + 1;
    }
    if !pairs {
        return single;
    }
    let n = single.len();
    let each = single.iter();
    each.flat_map(|a| single.iter().map(move |b| a * n + b))
        .collect()
}

/// Groups of products in the engine's order; nothing where none are given.
pub(crate) fn groups(rows: &Rows, given: Vec<(usize, Vec<usize>)>) -> Vec<Vec<usize>> {
    if given.is_empty() {
        return Vec::new();
    }
    let mut out = vec![Vec::new(); rows.within.len()];
    for (t, codes) in given {
        let Some(within) = rows.within.get(t) else {
            continue;
        };
        let mut of = vec![0; within.len()];
        for (k, j) in within.iter().enumerate() {
            of[*j] = codes.get(k).copied().unwrap_or(k);
        }
        out[t] = of;
    }
    out
}
