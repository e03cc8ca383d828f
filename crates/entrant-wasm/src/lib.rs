//! The engine inside the page: a [`Session`] takes requests and gives answers as JSON.
//!
//! It solves by the functions of a run (`entrant_scenario::live`) and adds nothing to them, so a
//! page shows the numbers of the command line. Compiled to WebAssembly by `scripts/build-wasm`;
//! the functions that a page calls are in `exports.rs`, and here all of it can be called natively.

mod exports;
mod session;

pub use exports::{
    entrant_alloc, entrant_answer, entrant_answer_length, entrant_close, entrant_open, entrant_run,
};
pub use session::Session;
