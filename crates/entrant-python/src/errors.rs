//! Exceptions: each kind of failure has a class in `entrant.errors`.

use entrant::RunError;
use entrant::data::InputError;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// An exception of a class in `entrant.errors`.
pub(crate) fn raise(py: Python<'_>, class: &str, message: &str) -> PyErr {
    let made = || -> PyResult<PyErr> {
        let class = py.import("entrant.errors")?.getattr(class)?;
        Ok(PyErr::from_value(class.call1((message,))?))
    };
    made().unwrap_or_else(|_| PyRuntimeError::new_err(message.to_owned()))
}

/// All mistakes in a study and its tables, as one exception.
pub(crate) fn mistakes(py: Python<'_>, found: &[InputError]) -> PyErr {
    let made = || -> PyResult<PyErr> {
        let problems = PyList::empty(py);
        for e in found {
            let d = PyDict::new(py);
            d.set_item("file", &e.file)?;
            d.set_item("line", e.line)?;
            d.set_item("path", &e.path)?;
            d.set_item("value", &e.value)?;
            d.set_item("message", &e.message)?;
            d.set_item("hint", &e.hint)?;
            problems.append(d)?;
        }
        let class = py.import("entrant.errors")?.getattr("InputError")?;
        Ok(PyErr::from_value(class.call_method1("of", (problems,))?))
    };
    made().unwrap_or_else(|e| e)
}

/// Why a run ended without results, as an exception.
pub(crate) fn run(py: Python<'_>, error: &RunError) -> PyErr {
    let class = match error {
        RunError::Input(all) => return mistakes(py, all),
        RunError::Checkpoint(one) => return mistakes(py, std::slice::from_ref(one)),
        RunError::NotIdentified { .. } => "NotIdentifiedError",
        RunError::NotSolved { .. } | RunError::NotEstimated { .. } => "NotSolvedError",
        RunError::NotStarted { .. } => "NotStartedError",
        RunError::Resource { .. } | RunError::Write(_) => "ResourceError",
        _ => "EntrantError",
    };
    raise(py, class, &error.to_string())
}

/// The caller gave something that cannot be.
pub(crate) fn bad(py: Python<'_>, message: &str) -> PyErr {
    raise(py, "InputError", message)
}
