//! The map whose fixed point are equilibrium prices, for a caller who iterates on it.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what Python calls takes its arguments by value"
)]

use std::sync::Arc;

use entrant::estimate::gmm::Linear;
use entrant::estimate::post::{Ownership, PanelEconomy};
use numpy::{PyArray1, PyReadonlyArray2};
use pyo3::prelude::*;

use crate::arrays::vector;
use crate::errors::{bad, raise};
use crate::fit::Fit;
use crate::problem::Inner;

/// A vector of each: `c + zeta(p)`, `lambda`, shares.
type Step<'py> = [Bound<'py, PyArray1<f64>>; 3];

/// `p <- c + zeta(p)` in one market, products in the caller's order.
#[pyclass(frozen, module = "entrant._engine")]
pub(crate) struct PriceMap {
    inner: Arc<Inner>,
    values: Vec<f64>,
    linear: Linear,
    delta: Vec<f64>,
    t: usize,
    owners: Ownership,
}

#[pymethods]
impl PriceMap {
    /// From costs and prices: `c + zeta(p)`, the factor by which `p - c - zeta(p)` becomes the derivative
    /// of profits, and shares at `p`.
    fn step<'py>(&self, py: Python<'py>, costs: Vec<f64>, prices: Vec<f64>) -> PyResult<Step<'py>> {
        let (costs, prices) = (self.take(py, &costs)?, self.take(py, &prices)?);
        let found = py.detach(|| {
            let problem = &self.inner.problem;
            let delta = self.delta.clone();
            let economy = PanelEconomy::at(problem, &self.values, &self.linear, delta);
            let mut market = economy.market(self.t);
            market.price_step(&self.owners, &costs, &prices)
        });
        let found = found.ok_or_else(|| {
            let id = &self.inner.problem.markets[self.t].id;
            let message =
                format!("market `{id}`: characteristics at these prices are not determined");
            raise(py, "NotSolvedError", &message)
        })?;
        let given = [found.price, found.slope, found.share];
        Ok(given.map(|v| vector(py, &self.give(&v))))
    }
}

impl PriceMap {
    fn within(&self) -> &[usize] {
        &self.inner.rows.within[self.t]
    }

    fn give(&self, values: &[f64]) -> Vec<f64> {
        self.within().iter().map(|j| values[*j]).collect()
    }

    fn take(&self, py: Python<'_>, values: &[f64]) -> PyResult<Vec<f64>> {
        let within = self.within();
        if values.len() != within.len() {
            let message = format!("{} values for {} products", values.len(), within.len());
            return Err(bad(py, &message));
        }
        let mut out = vec![0.0; within.len()];
        within.iter().zip(values).for_each(|(j, v)| out[*j] = *v);
        Ok(out)
    }
}

impl Fit {
    /// The map of the market at position `t` when prices are set by these owners.
    pub(crate) fn map_of_prices(
        &self,
        py: Python<'_>,
        t: usize,
        owner: PyReadonlyArray2<'_, f64>,
    ) -> PyResult<PriceMap> {
        let mut owners = self.owners(py, &[t], &[owner])?;
        Ok(PriceMap {
            inner: Arc::clone(&self.inner),
            values: self.found.values.clone(),
            linear: self.found.linear.clone(),
            delta: self.found.at.delta.clone(),
            t,
            owners: owners.swap_remove(0),
        })
    }
}
