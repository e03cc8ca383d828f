//! Ctrl-C, and progress.

use std::sync::{Mutex, PoisonError};

use entrant::estimate::gmm::{Estimation, Progress, Recorded};
use entrant::{EstimationProgress, Observer, Stage};
use pyo3::prelude::*;

/// Listens to the engine on behalf of the interpreter: asks it for signals, and tells a function of
/// the caller about evaluations. Whatever is raised ends the work.
#[derive(Default)]
pub(crate) struct Watch {
    progress: Option<Py<PyAny>>,
    raised: Mutex<Option<PyErr>>,
}

impl Watch {
    /// Watches, and tells `progress(step, evaluations, objective)` of each evaluation.
    pub(crate) fn new(progress: Option<Py<PyAny>>) -> Self {
        Watch {
            progress,
            raised: Mutex::default(),
        }
    }

    /// What was raised while the work went on.
    pub(crate) fn check(self) -> PyResult<()> {
        let raised = self.raised.into_inner();
        match raised.unwrap_or_else(PoisonError::into_inner) {
            Some(raised) => Err(raised),
            None => Ok(()),
        }
    }

    /// Whether nothing has been raised, after a look for signals.
    fn go_on(&self, step: usize, evaluations: usize, objective: f64) -> bool {
        let mut raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        if raised.is_none() {
            *raised = Python::attach(|py| self.look(py, (step, evaluations, objective))).err();
        }
        raised.is_none()
    }

    fn look(&self, py: Python<'_>, at: (usize, usize, f64)) -> PyResult<()> {
        py.check_signals()?;
        match &self.progress {
            Some(tell) if at.1 > 0 => tell.call1(py, at).map(drop),
            _ => Ok(()),
        }
    }
}

impl Observer for Watch {
    fn progress(&self, _: Stage, _: usize, _: usize) {}

    fn estimating(&self, p: &EstimationProgress) {
        self.go_on(p.step, p.evaluations, p.objective);
    }

    fn should_stop(&self) -> bool {
        !self.go_on(0, 0, f64::NAN)
    }
}

impl Estimation for &Watch {
    fn proceed(&mut self, p: &Progress) -> bool {
        self.go_on(p.step, p.evaluations, p.objective)
    }

    fn recall(&mut self, _: usize, _: &[f64]) -> Option<Recorded> {
        None
    }

    fn record(&mut self, _: usize, _: &[f64], _: &Recorded) {}
}
