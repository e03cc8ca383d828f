//! A study bound to its tables.

#![expect(
    clippy::needless_pass_by_value,
    reason = "what Python calls takes its arguments by value"
)]

use std::path::PathBuf;
use std::sync::Arc;

use entrant::data::spec::{Algorithm, ErrorStructure, GmmMethod};
use entrant::estimate::blp::{self, Failure, Kind, OwnInversion, Parameter, Side};
use entrant::estimate::gmm::{self, EstimationSettings, GivenWeighting};
use entrant::estimation::{self, EstimationOptions, Pool};
use entrant::io::{GivenStudy, LoadedEstimation, bind_estimation, read_estimation, read_given};
use numpy::{PyArray1, PyArray2, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::arrays::{Rows, matrix, to_matrix, vector};
use crate::errors::{self, bad, mistakes, raise};
use crate::estimated::Rest;
use crate::fit::Fit;
use crate::micro::{self, Asked, Mean, MicroTable, Raised, Survey};
use crate::own::{self, Contraction};
use crate::tables::{columns, table};
use crate::watch::Watch;

/// What everything else refers to.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) loaded: LoadedEstimation,
    pub(crate) problem: Arc<blp::Problem>,
    pub(crate) rows: Rows,
    /// What functions of micro moments raised.
    pub(crate) raised: Raised,
    /// The caller's way to mean utilities; the engine's own when absent.
    pub(crate) inversion: Option<OwnInversion>,
}

/// An estimated study and its tables, bound together: columns resolved, matrices built.
#[pyclass(frozen, module = "entrant._engine")]
pub(crate) struct Problem(pub(crate) Arc<Inner>);

#[pymethods]
impl Problem {
    /// From the text of a study file and its tables, which it calls `products` and `consumers`.
    /// Whether the data can tell the parameters apart is said by `indistinct`.
    #[new]
    #[pyo3(signature = (study, products, consumers=None))]
    fn new(
        py: Python<'_>,
        study: &str,
        products: &Bound<'_, PyDict>,
        consumers: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let mut tables = vec![table("products", products)?];
        if let Some(consumers) = consumers {
            tables.push(table("consumers", consumers)?);
        }
        let loaded = py.detach(|| bind_estimation(study, tables));
        bound(py, loaded.map_err(|e| mistakes(py, &e))?)
    }

    /// From a study folder.
    #[staticmethod]
    fn read(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let loaded = py.detach(|| read_estimation(&path));
        let problem = bound(py, loaded.map_err(|e| mistakes(py, &e))?)?;
        problem.require_distinct(py)?;
        Ok(problem)
    }

    /// From a study folder, with a text in place of its study file.
    #[staticmethod]
    fn given(py: Python<'_>, path: PathBuf, text: String) -> PyResult<Self> {
        let read = py.detach(|| read_given(&path, text));
        match read.map_err(|e| mistakes(py, &e))? {
            GivenStudy::Estimated(loaded) => bound(py, *loaded),
            _ => Err(bad(py, "the study is not an estimated one")),
        }
    }

    /// Scenarios of the study, as JSON.
    #[getter]
    fn scenarios(&self, py: Python<'_>) -> PyResult<String> {
        let text = serde_json::to_string(&self.0.loaded.study.scenario);
        text.map_err(|e| raise(py, "EntrantError", &e.to_string()))
    }

    /// Raises where the data cannot tell the parameters apart.
    fn require_distinct(&self, py: Python<'_>) -> PyResult<()> {
        match self.0.problem.indistinct(0) {
            found if found.is_empty() => Ok(()),
            found => Err(mistakes(py, &found)),
        }
    }

    /// Why the data cannot tell the parameters apart, where so many micro moments are still to come
    /// (`with_micro`); empty where they can.
    fn indistinct(&self, micro: usize) -> Vec<String> {
        let found = self.0.problem.indistinct(micro);
        found.iter().map(ToString::to_string).collect()
    }

    /// Estimates in the way that the study says, as `entrant fit` does.
    #[pyo3(signature = (threads=None, progress=None))]
    fn fit(
        &self,
        py: Python<'_>,
        threads: Option<usize>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Fit> {
        let watch = Watch::new(progress);
        let options = EstimationOptions {
            threads,
            ..EstimationOptions::default()
        };
        let found = py.detach(|| estimation::fit(&self.0.loaded, &options, &watch));
        watch.check()?;
        let found = found.map_err(|e| errors::run(py, &e))?;
        let own = Inner {
            rows: self.0.rows.clone(),
            loaded: self.0.loaded.clone(),
            problem: Arc::new(found.problem),
            raised: Raised::default(),
            inversion: None,
        };
        let report = serde_json::to_string(&found.report);
        let report = report.map_err(|e| raise(py, "EntrantError", &e.to_string()))?;
        let rest = Rest {
            report: found.report,
            products: found.products,
        };
        Ok(Fit::new(Arc::new(own), found.fit, Some(report)).with(rest))
    }

    /// One step of GMM: from `start` with the weighting matrix `weighting`, which is that of the
    /// instruments when absent. With `search` false everything is evaluated at the start.
    #[pyo3(signature = (start=None, weighting=None, estimated=false, search=true, threads=None, progress=None))]
    #[expect(clippy::too_many_arguments, reason = "each has a name in Python")]
    fn step(
        &self,
        py: Python<'_>,
        start: Option<Vec<f64>>,
        weighting: Option<PyReadonlyArray2<'_, f64>>,
        estimated: bool,
        search: bool,
        threads: Option<usize>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Fit> {
        let problem = &self.0.problem;
        let weighting = weighting.map(|w| to_matrix(&w));
        self.check(
            py,
            start.as_deref(),
            weighting.as_ref().map(|w| [w.rows, w.columns]),
        )?;
        let spec = &self.0.loaded.study.estimate;
        let own = estimation::settings(spec);
        let settings = EstimationSettings {
            method: GmmMethod::OneStep,
            algorithm: if search {
                own.algorithm
            } else {
                Algorithm::Return
            },
            start,
            weighting_matrix: weighting.map(|w| GivenWeighting { w, estimated }),
            inversion: self.0.inversion.clone(),
            ..own
        };
        let watch = Watch::new(progress);
        let workers = Pool::new(threads).map_err(|e| errors::run(py, &e))?;
        let found = py.detach(|| gmm::estimate(problem, &settings, &workers, &mut (&watch)));
        watch.check()?;
        micro::check(&self.0.raised)?;
        let found = found.map_err(|at| not_started(py, problem, &at))?;
        Ok(Fit::new(Arc::clone(&self.0), found, None))
    }

    /// A table for micro moments in the market at position `t`: a row for each consumer, a column for
    /// each choice, the outside good first, or for each pair of choices.
    fn micro_table(
        &self,
        py: Python<'_>,
        t: usize,
        values: PyReadonlyArray2<'_, f64>,
    ) -> PyResult<MicroTable> {
        micro::table(py, &self.0.rows, t, &values)
    }

    /// The same with micro moments. `surveys` have a name, a number of observations, weights and
    /// groups of products; `means` a name, the position of a survey and values; `moments` a name,
    /// the observed value, positions of means and a function of them. Tables come by position of the
    /// market.
    #[pyo3(signature = (surveys, means, moments, covariance=None))]
    fn with_micro(
        &self,
        py: Python<'_>,
        surveys: Vec<Survey>,
        means: Vec<Mean>,
        moments: Vec<Asked>,
        covariance: Option<PyReadonlyArray2<'_, f64>>,
    ) -> PyResult<Self> {
        let made = micro::with_micro(py, &self.0, surveys, means, moments, covariance.as_ref());
        Ok(Problem(Arc::new(made?)))
    }

    /// The same with mean utilities that `function` finds: it is told the position of a market and the
    /// contraction there, and gives mean utilities (products of the market), or `None` where it finds
    /// none.
    fn with_inversion(&self, function: Py<PyAny>) -> Self {
        Problem(Arc::new(own::with_inversion(&self.0, function)))
    }

    /// The contraction of the market at position `t` at the parameters `values`.
    fn contraction(&self, py: Python<'_>, t: usize, values: Vec<f64>) -> PyResult<Contraction> {
        self.check(py, Some(&values), None)?;
        own::contraction(py, (&self.0.problem, &self.0.rows), t, &values)
    }

    /// The study file.
    #[getter]
    fn study(&self) -> &str {
        &self.0.loaded.source.text
    }

    /// Columns of the products table.
    #[getter]
    fn products<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let products = &self.0.loaded.products;
        let mut order: Vec<usize> = (0..products.rows()).collect();
        order.sort_by_key(|r| products.lines[*r]);
        columns(py, products.subset(&order))
    }

    /// Columns of the products table that are market, product, firm, price and share. Those of product and
    /// firm need not be there.
    #[getter]
    fn roles(&self) -> [&str; 5] {
        let columns = &self.0.loaded.study.data.columns;
        let named = [
            &columns.market,
            &columns.product,
            &columns.firm,
            &columns.price,
            &columns.share,
        ];
        named.map(String::as_str)
    }

    /// Ids of the markets, in the order in which the products table names them.
    #[getter]
    fn markets(&self) -> Vec<&str> {
        let markets = self.0.problem.markets.iter();
        markets.map(|m| m.id.as_str()).collect()
    }

    /// Rows of the products table in each market, in the caller's order.
    #[getter]
    fn rows(&self) -> Vec<Vec<usize>> {
        let (problem, rows) = (&self.0.problem, &self.0.rows);
        let markets = problem.markets.iter().zip(&rows.within);
        let of = |(m, within): (&blp::MarketData, &Vec<usize>)| {
            let row = |j: &usize| rows.original[m.rows.start + j];
            within.iter().map(row).collect()
        };
        markets.map(of).collect()
    }

    /// Number of consumers, over all markets.
    #[getter]
    fn consumers(&self) -> usize {
        self.0.problem.consumers()
    }

    /// Columns of Sigma that are not zero; each has a column of consumers' draws, in this order.
    #[getter]
    fn draws(&self) -> Vec<usize> {
        let node = self.0.problem.parameters.node.iter().enumerate();
        node.filter_map(|(column, n)| n.map(|_| column)).collect()
    }

    /// Parameters that are searched for: kind, row, column, name, start and bounds of each.
    #[getter]
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let of = &self.0.problem.parameters;
        PyList::new(
            py,
            of.free
                .iter()
                .map(|p| described(py, p))
                .collect::<PyResult<Vec<_>>>()?,
        )
    }

    /// Columns of mean utility and of cost whose coefficients are solved for.
    #[getter]
    fn solved(&self) -> (Vec<usize>, Vec<usize>) {
        let of = &self.0.problem.parameters;
        (of.solved_beta.clone(), of.solved_gamma.clone())
    }

    /// Names of nests, random coefficients and demographics.
    #[getter]
    fn names(&self) -> (Vec<String>, Vec<String>, Vec<String>) {
        let of = &self.0.problem;
        (
            of.nest_names.clone(),
            of.random_names.clone(),
            of.demographic_names.clone(),
        )
    }

    /// One equation, `demand` or `supply`: characteristics and their names, instruments and theirs,
    /// all with fixed effects taken out.
    #[expect(clippy::type_complexity, reason = "a tuple for Python")]
    fn equation<'py>(
        &self,
        py: Python<'py>,
        which: &str,
    ) -> PyResult<(
        Bound<'py, PyArray2<f64>>,
        Vec<String>,
        Bound<'py, PyArray2<f64>>,
        Vec<String>,
    )> {
        let side = self.side(py, which)?;
        let given = |m| matrix(py, self.0.rows.give_rows(m));
        Ok((
            given(&side.x),
            side.x_names.clone(),
            given(&side.z),
            side.z_names.clone(),
        ))
    }

    /// Starting values of the parameters that are searched for.
    #[getter]
    fn start<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        vector(py, &self.0.problem.parameters.starts())
    }

    /// The weighting matrix of the instruments.
    #[getter]
    fn first_weighting<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f64>> {
        matrix(py, gmm::first_weighting(&self.0.problem).0)
    }
}

impl Problem {
    fn side(&self, py: Python<'_>, which: &str) -> PyResult<&Side> {
        let problem = &self.0.problem;
        match (which, &problem.supply) {
            ("demand", _) => Ok(&problem.demand),
            ("supply", Some(supply)) => Ok(&supply.side),
            _ => Err(bad(py, &format!("there is no equation of `{which}`"))),
        }
    }

    /// Refuses starting values and weighting matrices of the wrong size.
    fn check(
        &self,
        py: Python<'_>,
        start: Option<&[f64]>,
        weighting: Option<[usize; 2]>,
    ) -> PyResult<()> {
        let problem = &self.0.problem;
        let (free, moments) = (problem.parameters.free.len(), problem.moments());
        if let Some(n) = start.map(<[f64]>::len).filter(|n| *n != free) {
            let message = format!("{n} starting values for {free} parameters");
            return Err(bad(py, &message));
        }
        if let Some([r, c]) = weighting.filter(|w| *w != [moments; 2]) {
            let message = format!("a weighting matrix of {r} x {c}; there are {moments} moments");
            return Err(bad(py, &message));
        }
        Ok(())
    }
}

fn bound(py: Python<'_>, loaded: LoadedEstimation) -> PyResult<Problem> {
    let source = estimation::source(&loaded);
    let problem = py.detach(|| blp::Problem::bind_unchecked(&source));
    let problem = problem.map_err(|e| mistakes(py, &e))?;
    let rows = Rows::new(&problem, &loaded.products.lines);
    Ok(Problem(Arc::new(Inner {
        loaded,
        problem: Arc::new(problem),
        rows,
        raised: Raised::default(),
        inversion: None,
    })))
}

fn described<'py>(py: Python<'py>, p: &Parameter) -> PyResult<Bound<'py, PyDict>> {
    let (kind, row, column) = match p.kind {
        Kind::Sigma { row, column } => ("sigma", row, column),
        Kind::Pi { row, column } => ("pi", row, column),
        Kind::Rho { group } => ("rho", group, 0),
        Kind::Beta { column } => ("beta", column, 0),
        Kind::Gamma { column } => ("gamma", column, 0),
    };
    let d = PyDict::new(py);
    d.set_item("kind", kind)?;
    d.set_item("row", row)?;
    d.set_item("column", column)?;
    d.set_item("name", &p.name)?;
    d.set_item("start", p.start)?;
    d.set_item("lower", p.lower)?;
    d.set_item("upper", p.upper)?;
    Ok(d)
}

fn not_started(py: Python<'_>, problem: &blp::Problem, at: &blp::Evaluation) -> PyErr {
    let Some((t, why)) = at.failure else {
        let message = "nothing can be evaluated at the starting values";
        return raise(py, "NotStartedError", message);
    };
    let class = match why {
        Failure::Inversion => "NotInvertedError",
        Failure::NonpositiveCost => "NonpositiveCostError",
        Failure::MicroMoment => "MicroMomentError",
        Failure::SingularShares | Failure::SingularMarkups => "NotStartedError",
    };
    let message = format!("market `{}`: {why:?}", problem.markets[t].id);
    raise(py, class, &message)
}

/// What errors are taken to be, by its name.
pub(crate) fn structure(py: Python<'_>, name: &str) -> PyResult<ErrorStructure> {
    match name {
        "robust" => Ok(ErrorStructure::Robust),
        "clustered" => Ok(ErrorStructure::Clustered),
        "unadjusted" => Ok(ErrorStructure::Unadjusted),
        _ => Err(bad(py, &format!("`{name}` is no structure of errors"))),
    }
}
