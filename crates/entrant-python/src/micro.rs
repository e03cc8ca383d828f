//! Micro moments: tables of surveys in, functions of their means called back.

use std::sync::{Arc, Mutex, PoisonError};

use entrant::estimate::micro::{Combination, Combine, Custom, Dataset, Moment, Part, Table};
use numpy::{IntoPyArray, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::arrays::{Rows, to_matrix};
use crate::errors::bad;
use crate::problem::Inner;

/// Tables by position of the market.
type Tables<'py> = Vec<(usize, PyReadonlyArray2<'py, f64>)>;
/// Name, observations, weights, groups of products by position of the market.
pub(crate) type Survey<'py> = (String, f64, Tables<'py>, Vec<(usize, Vec<usize>)>);
/// Name, position of the survey, values.
pub(crate) type Mean<'py> = (String, usize, Tables<'py>);
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

/// The problem with micro moments. Choices of a table are the outside good, then products in the
/// caller's order.
pub(crate) fn with_micro(
    py: Python<'_>,
    inner: &Inner,
    surveys: Vec<Survey<'_>>,
    means: Vec<Mean<'_>>,
    asked: Vec<Asked>,
    covariance: Option<&PyReadonlyArray2<'_, f64>>,
) -> PyResult<Inner> {
    let raised = Raised::default();
    let all = Ordered {
        rows: &inner.rows,
        markets: inner.problem.markets.len(),
    };
    let mut datasets = Vec::new();
    for (name, observations, weights, groups) in surveys {
        datasets.push(Dataset {
            name,
            observations,
            weights: all.tables(py, weights)?,
            groups: all.groups(groups),
        });
    }
    let mut parts = Vec::new();
    for (name, dataset, values) in means {
        parts.push(Part {
            name,
            dataset,
            values: all.tables(py, values)?,
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
    let problem = inner.problem.clone();
    let covariance = covariance.map(to_matrix);
    let problem = py.detach(|| problem.with_micro(datasets, parts, moments, covariance));
    Ok(Inner {
        problem: problem.map_err(|e| bad(py, &e.0))?,
        loaded: inner.loaded.clone(),
        rows: inner.rows.clone(),
        raised,
    })
}

/// Tables in the engine's order of choices.
struct Ordered<'a> {
    rows: &'a Rows,
    markets: usize,
}

impl Ordered<'_> {
    fn tables(&self, py: Python<'_>, given: Tables<'_>) -> PyResult<Vec<Option<Arc<Table>>>> {
        let mut out: Vec<Option<Arc<Table>>> = vec![None; self.markets];
        for (t, array) in given {
            let Some(slot) = out.get_mut(t) else {
                return Err(bad(py, "there is no such market"));
            };
            let choices = self.rows.within[t].len() + 1;
            let array = array.as_array();
            let cells = array.ncols();
            if cells != choices && cells != choices * choices {
                let message = format!("a table of {cells} columns for {choices} choices");
                return Err(bad(py, &message));
            }
            let from = self.columns(t, cells > choices);
            let rows = array.rows().into_iter();
            let values = rows.flat_map(|row| from.iter().map(move |c| row[*c]));
            let table = Table::new(array.nrows(), values.collect());
            *slot = Some(Arc::new(table));
        }
        Ok(out)
    }

    /// Column of the caller behind each cell of the engine.
    fn columns(&self, t: usize, pairs: bool) -> Vec<usize> {
        let within = &self.rows.within[t];
        let mut single = vec![0; within.len() + 1];
        for (k, j) in within.iter().enumerate() {
            single[*j] = k + 1;
        }
        if !pairs {
            return single;
        }
        let n = single.len();
        let each = single.iter();
        each.flat_map(|a| single.iter().map(move |b| a * n + b)).collect()
    }

    /// Groups of products in the engine's order; nothing where none are given.
    fn groups(&self, given: Vec<(usize, Vec<usize>)>) -> Vec<Vec<usize>> {
        if given.is_empty() {
            return Vec::new();
        }
        let mut out = vec![Vec::new(); self.markets];
        for (t, codes) in given {
            let within = &self.rows.within[t];
            let mut of = vec![0; within.len()];
            for (k, j) in within.iter().enumerate() {
                of[*j] = codes.get(k).copied().unwrap_or(k);
            }
            out[t] = of;
        }
        out
    }
}
