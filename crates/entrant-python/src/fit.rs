//! Estimates with everything behind them.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what Python calls takes its arguments by value"
)]

use std::sync::Arc;

use entrant::RunOptions;
use entrant::estimate::gmm::{self, moment_covariance};
use entrant::estimation;
use numpy::{PyArray1, PyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{matrix, vector};
use crate::economy::Economy;
use crate::errors::{self, bad};
use crate::estimated::{Rest, word};
use crate::post::Priced;
use crate::prices::PriceMap;
use crate::problem::{Inner, Problem, structure};
use crate::scores::{OfMarket, Weighed};
use crate::study::{Outcome, watched};

/// Estimates, or an evaluation at given parameters, with every array behind them.
#[pyclass(frozen, module = "entrant._engine")]
pub(crate) struct Fit {
    pub(crate) inner: Arc<Inner>,
    pub(crate) found: gmm::Fit,
    report: Option<String>,
    /// What the study's own estimation gave besides; `None` for a single step.
    pub(crate) rest: Option<Box<Rest>>,
}

impl Fit {
    pub(crate) fn new(inner: Arc<Inner>, found: gmm::Fit, report: Option<String>) -> Self {
        Fit {
            inner,
            found,
            report,
            rest: None,
        }
    }
}

#[pymethods]
impl Fit {
    /// How the estimation ended.
    #[getter]
    fn status(&self) -> &'static str {
        word(self.found.status)
    }

    /// The document of `entrant fit --json`; `None` for a single step.
    #[getter]
    fn report(&self) -> Option<&str> {
        self.report.as_deref()
    }

    /// Markets at the estimates, before any scenario.
    fn economy(&self, py: Python<'_>) -> PyResult<Economy> {
        let fitted = self.estimated(py)?;
        let found = py.detach(|| estimation::markets(&self.inner.loaded, &fitted));
        found.map(Economy).map_err(|e| errors::run(py, &e))
    }

    /// Scenarios at the estimates, as `entrant run` solves them. `study` is the study that was estimated,
    /// perhaps with other scenarios.
    #[pyo3(signature = (study, draws=None, seed=None, threads=None, progress=None))]
    fn run(
        &self,
        py: Python<'_>,
        study: &Problem,
        draws: Option<usize>,
        seed: Option<u64>,
        threads: Option<usize>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Outcome> {
        let fitted = self.estimated(py)?;
        let options = RunOptions {
            draws,
            seed,
            threads,
        };
        let loaded = &study.0.loaded;
        watched(py, progress, |teller| {
            estimation::answer(loaded, &fitted, options, teller)
        })
    }

    /// Parameters that were searched for, in the order of `Problem.parameters`.
    #[getter]
    fn values<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        vector(py, &self.found.values)
    }

    /// Coefficients of mean utility that were solved for.
    #[getter]
    fn beta<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        vector(py, &self.found.linear.beta)
    }

    /// Coefficients of cost that were solved for.
    #[getter]
    fn gamma<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        vector(py, &self.found.linear.gamma)
    }

    /// Objective `N gbar' W gbar`.
    #[getter]
    fn objective(&self) -> f64 {
        self.found.objective
    }

    /// Its gradient with respect to `values`.
    #[getter]
    fn gradient<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        vector(py, &self.found.gradient)
    }

    /// Largest element of the gradient that bounds do not absorb.
    #[getter]
    fn projected_gradient(&self) -> f64 {
        self.found.projected_gradient
    }

    /// Mean utilities (rows).
    #[getter]
    fn delta<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        vector(py, &self.inner.rows.give(&self.found.at.delta))
    }

    /// Marginal costs or their logarithms, as the study says (rows); nothing without supply.
    #[getter]
    fn cost<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, &self.found.at.cost)
    }

    /// Errors of demand (rows).
    #[getter]
    fn xi<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, &self.found.errors.xi)
    }

    /// Errors of supply (rows); nothing without supply.
    #[getter]
    fn omega<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.column(py, &self.found.errors.omega)
    }

    /// Derivatives of mean utilities with respect to the parameters that move them.
    #[getter]
    fn d_delta<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        matrix(py, self.inner.rows.give_rows(&self.found.at.d_delta))
    }

    /// Derivatives of `cost` with respect to `values`.
    #[getter]
    fn d_cost<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        matrix(py, self.inner.rows.give_rows(&self.found.at.d_cost))
    }

    /// Mean moments.
    #[getter]
    fn moments<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        vector(py, &self.found.moments)
    }

    /// Their derivatives: with respect to `values`, `beta`, `gamma`.
    #[getter]
    fn moments_jacobian<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        matrix(py, self.found.inference.g.clone())
    }

    /// Micro moments: observed less what the model says.
    #[getter]
    fn micro<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        vector(py, &self.found.at.micro.moments)
    }

    /// What the model says that micro moments observe.
    #[getter]
    fn micro_values<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        vector(py, &self.found.at.micro.values)
    }

    /// Covariance of micro moments in their samples.
    #[getter]
    fn micro_covariances<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        matrix(py, self.found.errors.micro.clone())
    }

    /// The weighting matrix.
    #[getter]
    fn weighting<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        matrix(py, self.found.weighting.clone())
    }

    /// Covariance of the estimates: `values`, `beta`, `gamma`.
    #[getter]
    fn covariance<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        matrix(py, self.found.inference.covariance.clone())
    }

    /// Standard errors of `values`, `beta`, `gamma`.
    #[getter]
    fn errors<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        vector(py, &self.found.inference.errors)
    }

    /// Covariance of the moments, with errors taken to be `robust`, `clustered` or `unadjusted`.
    fn moments_covariance<'py>(
        &self,
        py: Python<'py>,
        errors: &str,
        center: bool,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let how = structure(py, errors)?;
        let s = moment_covariance(&self.inner.problem, &self.found.errors, how, center);
        Ok(matrix(py, s))
    }

    /// The weighting matrix of the next step.
    fn updated_weighting<'py>(
        &self,
        py: Python<'py>,
        errors: &str,
        center: bool,
    ) -> PyResult<Bound<'py, PyArray2<f64>>> {
        let how = (structure(py, errors)?, center);
        let w = gmm::updated_weighting(&self.inner.problem, &self.found.errors, how);
        Ok(matrix(py, w))
    }

    /// Work done: evaluations of objective and gradient, of shares (also by market, in the last of them),
    /// factorisations, costs moved to a bound, largest `|ln observed - ln fitted|` share.
    #[getter]
    fn work<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let d = PyDict::new(py);
        d.set_item("evaluations", self.found.evaluations)?;
        d.set_item("share_evaluations", self.found.counters.share_evaluations)?;
        d.set_item("by_market", &self.found.at.evaluations)?;
        d.set_item("factorisations", self.found.counters.factorisations)?;
        d.set_item("bounded_costs", self.found.counters.bounded_costs)?;
        d.set_item("inversion_residual", self.found.at.residual)?;
        Ok(d)
    }

    /// Elasticities of shares in markets (products x products each) with respect to `price`,
    /// `mean utility` or a column, whose values are given.
    #[pyo3(signature = (markets, variable, values=None))]
    fn elasticities<'py>(
        &self,
        py: Python<'py>,
        markets: Vec<usize>,
        variable: &str,
        values: Option<Vec<f64>>,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        self.all_elasticities(py, &markets, variable, values.as_deref())
    }

    /// Derivatives of shares in markets: entry (j, k) is `ds_j / dx_k`.
    fn share_jacobians<'py>(
        &self,
        py: Python<'py>,
        markets: Vec<usize>,
        variable: &str,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        self.all_jacobians(py, &markets, variable)
    }

    /// Second derivatives of shares with respect to a variable in markets: a row for each product, a column
    /// for each pair of products.
    fn share_hessians<'py>(
        &self,
        py: Python<'py>,
        markets: Vec<usize>,
        variable: &str,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        self.all_share_hessians(py, &markets, variable)
    }

    /// Diversion ratios in markets; the part that buys nothing on the diagonal.
    fn diversion<'py>(
        &self,
        py: Python<'py>,
        markets: Vec<usize>,
        variable: &str,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        self.all_diversion(py, &markets, variable)
    }

    /// Diversion ratios when a product goes off sale, in markets.
    fn second_choices<'py>(
        &self,
        py: Python<'py>,
        markets: Vec<usize>,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        self.all_second_choices(py, &markets)
    }

    /// Aggregate elasticities of markets with respect to price.
    fn aggregate_elasticities<'py>(
        &self,
        py: Python<'py>,
        markets: Vec<usize>,
        factor: f64,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        self.all_aggregate_elasticities(py, &markets, factor)
    }

    /// Markups `p - c` that owners imply (rows). `owners` has a matrix for each market.
    fn markups<'py>(
        &self,
        py: Python<'py>,
        markets: Vec<usize>,
        owners: Vec<numpy::PyReadonlyArray2<'py, f64>>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        self.all_markups(py, &markets, &owners)
    }

    /// Equilibrium prices (rows) and what they are (markets); without `search` what `start` is.
    #[pyo3(signature = (markets, owners, costs, start, tolerance, evaluations, search=true))]
    #[expect(clippy::too_many_arguments, reason = "each has a name in Python")]
    fn prices<'py>(
        &self,
        py: Python<'py>,
        markets: Vec<usize>,
        owners: Vec<numpy::PyReadonlyArray2<'py, f64>>,
        costs: Vec<f64>,
        start: Vec<f64>,
        tolerance: f64,
        evaluations: usize,
        search: bool,
    ) -> PyResult<Priced<'py>> {
        let how = (tolerance, evaluations, search);
        self.all_prices(py, &markets, &owners, (&costs, &start), how)
    }

    /// The map whose fixed point are the prices of the market at position `t`.
    fn price_map(
        &self,
        py: Python<'_>,
        t: usize,
        owner: numpy::PyReadonlyArray2<'_, f64>,
    ) -> PyResult<PriceMap> {
        self.map_of_prices(py, t, owner)
    }

    /// Pass-through of costs to prices in markets.
    fn passthrough<'py>(
        &self,
        py: Python<'py>,
        markets: Vec<usize>,
        owners: Vec<numpy::PyReadonlyArray2<'py, f64>>,
        costs: Vec<f64>,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        self.all_passthrough(py, &markets, &owners, &costs)
    }

    /// Shares (rows) at prices and mean utilities.
    #[pyo3(signature = (markets, prices=None, delta=None))]
    fn shares<'py>(
        &self,
        py: Python<'py>,
        markets: Vec<usize>,
        prices: Option<Vec<f64>>,
        delta: Option<Vec<f64>>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        self.all_shares(py, &markets, prices.as_deref(), delta.as_deref())
    }

    /// Choice probabilities (products x consumers) of markets at prices and mean utilities.
    #[pyo3(signature = (markets, prices=None, delta=None))]
    fn probabilities<'py>(
        &self,
        py: Python<'py>,
        markets: Vec<usize>,
        prices: Option<Vec<f64>>,
        delta: Option<Vec<f64>>,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        self.all_probabilities(py, &markets, prices.as_deref(), delta.as_deref())
    }

    /// Consumers' surplus in markets at prices, without the products of `removed` (rows): the mean,
    /// and of each consumer.
    #[pyo3(signature = (markets, prices=None, removed=None))]
    fn surplus<'py>(
        &self,
        py: Python<'py>,
        markets: Vec<usize>,
        prices: Option<Vec<f64>>,
        removed: Option<Vec<usize>>,
    ) -> PyResult<Vec<(f64, Bound<'py, PyArray1<f64>>)>> {
        self.all_surplus(
            py,
            &markets,
            prices.as_deref(),
            &removed.unwrap_or_default(),
        )
    }

    /// Optimal instruments: `approximate`, or the mean over draws of `normal` or `empirical` errors,
    /// at expected prices that are given or follow from the model.
    #[pyo3(signature = (expectation, draws=1, seed=0, prices=None))]
    fn optimal<'py>(
        &self,
        py: Python<'py>,
        expectation: &str,
        draws: usize,
        seed: u64,
        prices: Option<Vec<f64>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        self.optimal_instruments(py, (expectation, draws, seed), prices.as_deref())
    }

    /// Scores of a survey's observations by market, with a column for each parameter that is searched
    /// for. `observed` has the consumers of the observations; `survey` a name, weights and groups of
    /// products for the own consumers, and for those. A row for each observation, or for each
    /// observation and choice where nothing was chosen.
    fn scores<'py>(
        &self,
        py: Python<'py>,
        observed: &Problem,
        survey: (String, Weighed, Weighed),
        asked: Vec<OfMarket>,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f64>>>> {
        self.all_scores(py, observed, survey, asked)
    }

    /// The same fit with other solved coefficients and errors (rows), for a caller with moments of its
    /// own; what these were in the engine's own moments is lost.
    fn corrected(
        &self,
        py: Python<'_>,
        beta: Vec<f64>,
        gamma: Vec<f64>,
        xi: Vec<f64>,
        omega: Vec<f64>,
    ) -> PyResult<Self> {
        let (linear, errors) = (&self.found.linear, &self.found.errors);
        let given = [beta.len(), gamma.len(), xi.len(), omega.len()];
        let own = [
            linear.beta.len(),
            linear.gamma.len(),
            errors.xi.len(),
            errors.omega.len(),
        ];
        if given != own {
            return Err(bad(
                py,
                "as many coefficients and errors are needed as there are",
            ));
        }
        let mut found = self.found.clone();
        found.linear.beta = beta;
        found.linear.gamma = gamma;
        found.errors.xi = self.inner.rows.take(py, &xi)?;
        if !omega.is_empty() {
            found.errors.omega = self.inner.rows.take(py, &omega)?;
        }
        Ok(Fit::new(Arc::clone(&self.inner), found, None))
    }

    /// The same fit at other parameters and mean utilities (rows), for what follows from them; its
    /// moments and errors stay those of the estimates.
    fn moved(
        &self,
        py: Python<'_>,
        values: Vec<f64>,
        beta: Vec<f64>,
        delta: Vec<f64>,
    ) -> PyResult<Self> {
        let sizes = [values.len(), beta.len()];
        if sizes != [self.found.values.len(), self.found.linear.beta.len()] {
            return Err(bad(py, "as many parameters are needed as were estimated"));
        }
        let mut found = self.found.clone();
        found.values = values;
        found.linear.beta = beta;
        found.at.delta = self.inner.rows.take(py, &delta)?;
        Ok(Fit::new(Arc::clone(&self.inner), found, None))
    }
}

impl Fit {
    fn column<'py>(&self, py: Python<'py>, values: &[f64]) -> Bound<'py, PyArray1<f64>> {
        if values.is_empty() {
            return vector(py, &[]);
        }
        vector(py, &self.inner.rows.give(values))
    }
}
