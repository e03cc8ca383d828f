//! Scores of observations of individual consumers.

use std::sync::Arc;

use entrant::estimate::micro::{self, Asked, Dataset, Known, Observed};
use entrant::estimation::Pool;
use entrant::numeric::dense::Matrix;
use numpy::PyArray2;
use pyo3::prelude::*;

use crate::arrays::matrix;
use crate::errors::{self, bad};
use crate::fit::Fit;
use crate::micro::{MicroTable, columns, groups, tables};
use crate::problem::Problem;

/// Weights, and groups of products, by position of the market.
pub(crate) type Weighed = (Vec<(usize, Py<MicroTable>)>, Vec<(usize, Vec<usize>)>);
/// Position of the market here and among the observed, number of observations, observation of each
/// consumer, and what was chosen.
pub(crate) type OfMarket = (usize, usize, usize, Vec<usize>, Option<Vec<usize>>);

impl Fit {
    /// Scores by market: rows in the caller's order of cells.
    pub(crate) fn all_scores<'py>(
        &self,
        py: Python<'py>,
        observed: &Problem,
        (name, own, theirs): (String, Weighed, Weighed),
        asked: Vec<OfMarket>,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        let other = &observed.0;
        let survey = |problem: &Problem, (weights, given): Weighed| Dataset {
            name: name.clone(),
            observations: 1.0,
            weights: tables(problem.0.problem.markets.len(), &weights),
            groups: groups(&problem.0.rows, given),
        };
        let here = Problem(Arc::clone(&self.inner));
        let (own, theirs) = (survey(&here, own), survey(observed, theirs));
        let mut listed = Vec::new();
        let mut orders = Vec::new();
        for (market, consumers, count, of, cell) in asked {
            let table = theirs.weights.get(consumers).and_then(Option::as_ref);
            let (Some(table), true) = (table, market < here.0.problem.markets.len()) else {
                return Err(bad(py, "there is no such market"));
            };
            let within = &other.rows.within[consumers];
            let from = columns(within, table.cells() > within.len() + 1);
            let mut to = vec![0; from.len()];
            for (engine, caller) in from.iter().enumerate() {
                to[*caller] = engine;
            }
            let engine = |c: usize| to.get(c).copied().unwrap_or(usize::MAX);
            let cell = cell.map(|cells| cells.into_iter().map(engine).collect::<Vec<_>>());
            orders.push(if cell.is_some() { vec![0] } else { to });
            listed.push(Asked {
                market,
                consumers,
                count,
                of,
                cell,
            });
        }
        let known = Known {
            problem: &self.inner.problem,
            values: &self.found.values,
            delta: &self.found.at.delta,
        };
        let seen = Observed {
            problem: &other.problem,
            survey: &theirs,
            asked: &listed,
        };
        let workers = Pool::new(None).map_err(|e| errors::run(py, &e))?;
        let found = py.detach(|| micro::scores(known, &own, seen, &workers));
        let found = found.map_err(|e| bad(py, &e.0))?;
        let each = found.into_iter().zip(orders);
        Ok(each.map(|(m, to)| matrix(py, reordered(&m, &to))).collect())
    }
}

/// Rows of blocks of cells, in another order within each block.
fn reordered(m: &Matrix, to: &[usize]) -> Matrix {
    let mut out = Matrix::zeros(m.rows, m.columns);
    for r in 0..m.rows {
        let (block, cell) = (r / to.len(), r % to.len());
        let from = block * to.len() + to[cell];
        out.row_mut(r).copy_from_slice(m.row(from));
    }
    out
}
