//! Optimal instruments at estimates.

use entrant::estimate::optimal::{Expectation, OptimalSettings, optimal_instruments};
use entrant::estimate::simulate::Columns;
use entrant::estimation::{self, Pool};
use entrant::numeric::dense::Matrix;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{matrix, vector};
use crate::errors::{self, bad, mistakes};
use crate::fit::Fit;

impl Fit {
    /// Optimal instruments of each parameter that is searched for, and what they are made of.
    pub(crate) fn optimal_instruments<'py>(
        &self,
        py: Python<'py>,
        (kind, draws, seed): (&str, usize, u64),
        prices: Option<&[f64]>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let inner = &self.inner;
        let settings = OptimalSettings {
            expectation: match kind {
                "approximate" => Expectation::Approximate,
                "normal" => Expectation::Normal { draws, seed },
                "empirical" => Expectation::Empirical { draws, seed },
                _ => return Err(bad(py, &format!("`{kind}` is no expectation over errors"))),
            },
            prices: prices.map(|p| inner.rows.take(py, p)).transpose()?,
        };
        let source = estimation::source(&inner.loaded);
        let workers = Pool::new(None).map_err(|e| errors::run(py, &e))?;
        let made = py.detach(|| {
            let columns = Columns::new(&source, &inner.problem)?;
            Ok(optimal_instruments(
                &inner.problem,
                &columns,
                &self.found,
                &settings,
                &workers,
            ))
        });
        let found = made.map_err(|e: Vec<_>| mistakes(py, &e))?;
        let rows = |m: &Matrix| matrix(py, inner.rows.give_rows(m));
        let reverted = found.reverted.iter().map(|t| &inner.problem.markets[*t].id);
        let d = PyDict::new(py);
        d.set_item("demand", rows(&found.demand))?;
        d.set_item("supply", rows(&found.supply))?;
        d.set_item("d_xi", rows(&found.d_xi))?;
        d.set_item("d_omega", rows(&found.d_omega))?;
        d.set_item(
            "inverse_covariance",
            matrix(py, found.inverse_covariance.clone()),
        )?;
        d.set_item("prices", vector(py, &inner.rows.give(&found.prices)))?;
        d.set_item("shares", vector(py, &inner.rows.give(&found.shares)))?;
        d.set_item("reverted", reverted.collect::<Vec<_>>())?;
        Ok(d)
    }
}
