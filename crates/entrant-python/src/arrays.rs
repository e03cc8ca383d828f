//! Arrays, and the order of rows.

use entrant::estimate::blp::Problem;
use entrant::numeric::dense::Matrix;
use numpy::ndarray::Array2;
use numpy::{IntoPyArray, PyArray1, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::errors::bad;

/// A vector as an array.
pub(crate) fn vector<'py>(py: Python<'py>, values: &[f64]) -> Bound<'py, PyArray1<f64>> {
    values.to_vec().into_pyarray(py)
}

/// A matrix as an array.
pub(crate) fn matrix(py: Python<'_>, m: Matrix) -> Bound<'_, PyArray2<f64>> {
    let shape = (m.rows, m.columns);
    let array = Array2::from_shape_vec(shape, m.data);
    array
        .unwrap_or_else(|_| Array2::zeros(shape))
        .into_pyarray(py)
}

/// An array as a matrix.
pub(crate) fn to_matrix(a: &PyReadonlyArray2<'_, f64>) -> Matrix {
    let a = a.as_array();
    Matrix::new(a.nrows(), a.ncols(), a.iter().copied().collect())
}

/// Where the rows of a problem, which stand market by market, are in the caller's table.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    /// Row of the caller behind each row.
    pub(crate) original: Vec<usize>,
    /// Products of each market in the caller's order: positions within the market.
    pub(crate) within: Vec<Vec<usize>>,
}

impl Rows {
    /// From the problem and the line of each row of its table, which say how the caller's rows stood.
    pub(crate) fn new(problem: &Problem, lines: &[usize]) -> Self {
        let mut as_given: Vec<usize> = (0..lines.len()).collect();
        as_given.sort_by_key(|r| lines[*r]);
        let mut place = vec![0; lines.len()];
        for (at, r) in as_given.into_iter().enumerate() {
            place[r] = at;
        }
        let original: Vec<usize> = problem.order.iter().map(|r| place[*r]).collect();
        let within = problem.markets.iter().map(|m| {
            let mut of: Vec<usize> = (0..m.rows.len()).collect();
            of.sort_by_key(|j| original[m.rows.start + j]);
            of
        });
        Rows {
            within: within.collect(),
            original,
        }
    }

    /// Values by row of the problem, as the caller has them.
    pub(crate) fn give(&self, values: &[f64]) -> Vec<f64> {
        let mut out = vec![f64::NAN; self.original.len()];
        for (v, r) in values.iter().zip(&self.original) {
            out[*r] = *v;
        }
        out
    }

    /// The same for a matrix.
    pub(crate) fn give_rows(&self, m: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(m.rows, m.columns);
        for i in 0..m.rows {
            out.row_mut(self.original[i]).copy_from_slice(m.row(i));
        }
        out
    }

    /// Values of the caller, by row of the problem.
    pub(crate) fn take(&self, py: Python<'_>, values: &[f64]) -> PyResult<Vec<f64>> {
        if values.len() != self.original.len() {
            let message = format!(
                "{} values for {} rows of products",
                values.len(),
                self.original.len()
            );
            return Err(bad(py, &message));
        }
        Ok(self.original.iter().map(|r| values[*r]).collect())
    }

    /// A matrix over a market's products in the caller's order.
    pub(crate) fn give_square(&self, t: usize, m: &Matrix) -> Matrix {
        let of = &self.within[t];
        let data = of.iter().flat_map(|j| of.iter().map(|k| m.at(*j, *k)));
        Matrix::new(of.len(), of.len(), data.collect())
    }

    /// A matrix over a market's products from the caller's order.
    pub(crate) fn take_square(&self, t: usize, m: &Matrix) -> Matrix {
        let of = &self.within[t];
        let mut out = Matrix::zeros(of.len(), of.len());
        for (a, j) in of.iter().enumerate() {
            for (b, k) in of.iter().enumerate() {
                out.set(*j, *k, m.at(a, b));
            }
        }
        out
    }
}
