//! Mean utilities by a function of the caller's.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what Python calls takes its arguments by value"
)]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use entrant::estimate::blp::{self, Inverse, Invert, OwnInversion};
use entrant::numeric::dense::Matrix;
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;

use crate::arrays::{Rows, matrix, vector};
use crate::errors::bad;
use crate::micro::Raised;
use crate::problem::Inner;

/// The map whose fixed point are the mean utilities of a market, products in the caller's order.
#[pyclass(frozen, module = "entrant._engine")]
#[derive(Debug)]
pub(crate) struct Contraction {
    map: Mutex<blp::Contraction>,
    /// Products in the caller's order: positions within the market.
    within: Vec<usize>,
}

#[pymethods]
impl Contraction {
    /// Mean utilities of the (nested) logit, where the engine starts.
    #[getter]
    fn start<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        let start = self.map().start();
        vector(py, &self.give(&start))
    }

    /// Steps so far.
    #[getter]
    fn evaluations(&self) -> usize {
        self.map().evaluations()
    }

    /// One step from mean utilities; shares of the model are moved into `lower` and `upper` before
    /// their logarithm is taken.
    #[pyo3(signature = (delta, lower=0.0, upper=f64::INFINITY))]
    fn step<'py>(
        &self,
        py: Python<'py>,
        delta: Vec<f64>,
        lower: f64,
        upper: f64,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let delta = self.take(py, &delta)?;
        let moved = py.detach(|| self.map().step(&delta, (lower, upper)));
        Ok(vector(py, &self.give(&moved)))
    }

    /// Derivatives of the step at the mean utilities that it was taken from last (products x products).
    fn jacobian<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        let found = py.detach(|| self.map().jacobian());
        let (of, n) = (&self.within, self.within.len());
        let data = of.iter().flat_map(|j| of.iter().map(|k| found.at(*j, *k)));
        matrix(py, Matrix::new(n, n, data.collect()))
    }
}

impl Contraction {
    fn map(&self) -> MutexGuard<'_, blp::Contraction> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Values by product of the engine, as the caller has them.
    fn give(&self, values: &[f64]) -> Vec<f64> {
        self.within.iter().map(|j| values[*j]).collect()
    }

    /// Values of the caller, by product of the engine.
    fn take(&self, py: Python<'_>, values: &[f64]) -> PyResult<Vec<f64>> {
        let n = self.within.len();
        if values.len() != n {
            let message = format!("{} mean utilities for {n} products", values.len());
            return Err(bad(py, &message));
        }
        let mut out = vec![0.0; n];
        for (j, v) in self.within.iter().zip(values) {
            out[*j] = *v;
        }
        Ok(out)
    }
}

/// A function in Python, market by market.
#[derive(Debug)]
struct Function {
    call: Py<PyAny>,
    problem: Arc<blp::Problem>,
    rows: Rows,
    raised: Raised,
}

impl Invert for Function {
    fn mean_utilities(&self, t: usize, values: &[f64]) -> Inverse {
        let raised = || self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        if raised().is_some() {
            return Inverse::default(); // the work is over already
        }
        Python::attach(|py| self.asked(py, t, values)).unwrap_or_else(|e| {
            raised().get_or_insert(e);
            Inverse::default()
        })
    }
}

impl Function {
    fn asked(&self, py: Python<'_>, t: usize, values: &[f64]) -> PyResult<Inverse> {
        py.check_signals()?;
        let map = Bound::new(py, contraction(py, (&self.problem, &self.rows), t, values)?)?;
        let found: Option<Vec<f64>> = self.call.call1(py, (t, &map))?.extract(py)?;
        let map = map.get();
        let delta = found.map(|d| map.take(py, &d)).transpose()?;
        Ok(Inverse {
            delta,
            evaluations: map.evaluations(),
        })
    }
}

/// The contraction of a market at parameters.
pub(crate) fn contraction(
    py: Python<'_>,
    (problem, rows): (&Arc<blp::Problem>, &Rows),
    t: usize,
    values: &[f64],
) -> PyResult<Contraction> {
    if t >= problem.markets.len() {
        return Err(bad(py, &format!("there is no market {t}")));
    }
    Ok(Contraction {
        map: Mutex::new(blp::Contraction::new(Arc::clone(problem), t, values)),
        within: rows.within[t].clone(),
    })
}

/// The problem with the caller's way to mean utilities.
pub(crate) fn with_inversion(inner: &Inner, call: Py<PyAny>) -> Inner {
    let raised = Arc::clone(&inner.raised);
    let own = Function {
        call,
        problem: Arc::clone(&inner.problem),
        rows: inner.rows.clone(),
        raised: Arc::clone(&raised),
    };
    Inner {
        loaded: inner.loaded.clone(),
        problem: Arc::clone(&inner.problem),
        rows: inner.rows.clone(),
        raised,
        inversion: Some(OwnInversion(Arc::new(own))),
    }
}
