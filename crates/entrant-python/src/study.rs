//! A study of either kind, and its answer.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use entrant::data::result::Results;
use entrant::io::{AnyStudy, GivenStudy, read_any_study, read_given};
use entrant::report;
use entrant::{EstimationProgress, Observer, RunError, RunOptions, Stage};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::economy::Economy;
use crate::errors::{self, bad, mistakes, raise};

/// How often signals are looked for while draws are solved.
const LOOK: Duration = Duration::from_millis(20);

/// A study as it was read.
#[pyclass(frozen, module = "entrant._engine")]
pub(crate) struct Study(AnyStudy);

/// The answer of a study.
#[pyclass(frozen, module = "entrant._engine")]
pub(crate) struct Outcome(Results);

#[pymethods]
impl Study {
    /// The study in a folder.
    #[staticmethod]
    #[expect(clippy::needless_pass_by_value, reason = "Python calls it")]
    fn read(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let read = py.detach(|| read_any_study(&path));
        read.map(Study).map_err(|e| mistakes(py, &e))
    }

    /// The study in a folder with a text in place of its study file.
    #[staticmethod]
    #[expect(clippy::needless_pass_by_value, reason = "Python calls it")]
    fn given(py: Python<'_>, path: PathBuf, text: String) -> PyResult<Self> {
        let read = py.detach(|| read_given(&path, text));
        match read.map_err(|e| mistakes(py, &e))? {
            GivenStudy::Calibrated(s) => Ok(Study(AnyStudy::Calibrated(s))),
            GivenStudy::Estimated(s) => Ok(Study(AnyStudy::Estimated(s))),
            GivenStudy::Merger(_) => Err(bad(py, "a merger study has no economy")),
        }
    }

    /// The text of the study file.
    #[getter]
    fn text(&self) -> &str {
        match &self.0 {
            AnyStudy::Calibrated(s) => &s.source.text,
            AnyStudy::Estimated(s) => &s.source.text,
        }
    }

    /// Scenarios of the study, as JSON.
    #[getter]
    fn scenarios(&self, py: Python<'_>) -> PyResult<String> {
        let listed = match &self.0 {
            AnyStudy::Calibrated(s) => &s.study.scenario,
            AnyStudy::Estimated(s) => &s.study.scenario,
        };
        let text = serde_json::to_string(listed);
        text.map_err(|e| raise(py, "EntrantError", &e.to_string()))
    }

    /// The markets of a calibrated study at the central values of its inputs.
    fn economy(&self, py: Python<'_>) -> PyResult<Economy> {
        match &self.0 {
            AnyStudy::Calibrated(s) => {
                let found = py.detach(|| entrant::markets(s));
                found.map(Economy).map_err(|e| errors::run(py, &e))
            }
            AnyStudy::Estimated(_) => Err(bad(
                py,
                "an estimated study has an economy once it is fitted",
            )),
        }
    }

    /// Title, question, and whether it is estimated.
    #[getter]
    fn about(&self) -> (&str, &str, bool) {
        match &self.0 {
            AnyStudy::Calibrated(s) => (&s.study.title, &s.study.question, false),
            AnyStudy::Estimated(s) => (&s.study.title, &s.study.question, true),
        }
    }

    /// Answers the study, as `entrant run` does. `progress(stage, done, total)` is called from other
    /// threads than the caller's; `total` is 0 where nobody knows it, as of evaluations while estimating.
    #[pyo3(signature = (draws=None, seed=None, threads=None, progress=None))]
    fn run(
        &self,
        py: Python<'_>,
        draws: Option<usize>,
        seed: Option<u64>,
        threads: Option<usize>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Outcome> {
        let options = RunOptions {
            draws,
            seed,
            threads,
        };
        watched(py, progress, |teller| self.answer(options, teller))
    }
}

/// Does work in another thread, tells Python of it, and ends it when a signal asks for that.
pub(crate) fn watched(
    py: Python<'_>,
    progress: Option<Py<PyAny>>,
    work: impl FnOnce(&dyn Observer) -> Result<Results, RunError> + Send,
) -> PyResult<Outcome> {
    let teller = Teller {
        progress,
        stop: AtomicBool::new(false),
        raised: Mutex::default(),
    };
    let answered = py.detach(|| {
        thread::scope(|scope| {
            let work = scope.spawn(|| work(&teller));
            while !work.is_finished() {
                thread::sleep(LOOK);
                teller.keep(Python::attach(interrupted));
            }
            work.join()
        })
    });
    teller.check()?;
    match answered {
        Ok(found) => found.map(Outcome).map_err(|e| errors::run(py, &e)),
        Err(_) => Err(raise(
            py,
            "EntrantError",
            "the engine failed; please report it",
        )),
    }
}

/// A signal that Python wants to raise.
fn interrupted(py: Python<'_>) -> PyResult<()> {
    py.check_signals()
}

impl Study {
    fn answer(&self, options: RunOptions, teller: &dyn Observer) -> Result<Results, RunError> {
        match &self.0 {
            AnyStudy::Calibrated(loaded) => entrant::run(loaded, options, teller),
            AnyStudy::Estimated(loaded) => entrant::estimation::run(loaded, options, None, teller),
        }
    }
}

#[pymethods]
impl Outcome {
    /// The document of `entrant run --json`.
    fn json(&self, py: Python<'_>) -> PyResult<String> {
        let text = serde_json::to_string(&self.0);
        text.map_err(|e| raise(py, "EntrantError", &e.to_string()))
    }

    /// The short answer as text.
    fn text(&self, width: usize) -> String {
        report::text(&self.0, width)
    }

    /// The report: one HTML page.
    fn page(&self, py: Python<'_>) -> PyResult<String> {
        report::page(&self.0).map_err(|e| raise(py, "EntrantError", &e.to_string()))
    }

    /// Tables by name, as the text of CSV files.
    fn tables<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let tables = PyDict::new(py);
        for (name, text) in report::tables(&self.0) {
            tables.set_item(name, text)?;
        }
        Ok(tables)
    }
}

/// Tells Python of progress, and the engine to stop when something was raised.
struct Teller {
    progress: Option<Py<PyAny>>,
    stop: AtomicBool,
    raised: Mutex<Option<PyErr>>,
}

impl Teller {
    /// Keeps the first thing that was raised, and asks the engine to stop.
    fn keep(&self, result: PyResult<()>) {
        if let Err(error) = result {
            self.stop.store(true, Ordering::Relaxed);
            if let Ok(mut raised) = self.raised.lock() {
                raised.get_or_insert(error);
            }
        }
    }

    /// What was raised.
    fn check(self) -> PyResult<()> {
        match self.raised.into_inner() {
            Ok(Some(raised)) => Err(raised),
            _ => Ok(()),
        }
    }
}

impl Teller {
    /// Tells Python of one thing.
    fn tell(&self, stage: String, done: usize, total: usize) {
        if let Some(tell) = &self.progress {
            let told = Python::attach(|py| tell.call1(py, (stage, done, total)).map(drop));
            self.keep(told);
        }
    }
}

impl Observer for Teller {
    fn progress(&self, stage: Stage, done: usize, total: usize) {
        self.tell(format!("{stage:?}").to_lowercase(), done, total);
    }

    fn estimating(&self, p: &EstimationProgress) {
        self.tell("estimating".to_owned(), p.evaluations, 0);
    }

    fn should_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
