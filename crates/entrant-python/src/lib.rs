//! entrant for Python: the native half of the package, `entrant._engine`.
//!
//! It is thin: columns come in as `NumPy` arrays or lists of text, a study as the text of a study
//! file, and arrays go out; everything that a user sees is made of it in Python (`python/entrant`).
//! Rows always stand in the caller's order (`arrays::Rows`). Long work lets other Python threads
//! run, and Ctrl-C ends it (`watch`).

mod arrays;
mod economy;
mod errors;
mod estimated;
mod fit;
mod functions;
mod micro;
mod optimal;
mod own;
mod post;
mod prices;
mod problem;
mod scores;
mod study;
mod tables;
mod watch;

use pyo3::prelude::*;

/// The native half of `entrant`.
#[pymodule]
fn _engine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<problem::Problem>()?;
    module.add_class::<fit::Fit>()?;
    module.add_class::<own::Contraction>()?;
    module.add_class::<prices::PriceMap>()?;
    module.add_class::<study::Study>()?;
    module.add_class::<study::Outcome>()?;
    module.add_class::<economy::Economy>()?;
    functions::add(module)
}
