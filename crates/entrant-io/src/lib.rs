//! The only crate of `entrant` that opens files: it reads a study and its tables into
//! validated data, and writes results so that no reader ever sees half of one.
//!
//! [`read_study`] takes a folder to a [`LoadedStudy`], [`read_estimation`] one with an
//! `[estimate]` table to a [`LoadedEstimation`]; every mistake in it comes back at once,
//! with its file, line, value and next step. [`write_results`] and [`read_results`] carry
//! `results.json`; [`write_new_study`] starts a new folder; [`study_schema`] and
//! [`results_schema`] describe both formats.

mod bind;
mod check;
mod checkpoint;
mod csv_table;
mod domain;
mod draws;
mod estimate_file;
mod estimation;
mod expected;
mod field;
mod fingerprint;
mod folder;
mod form;
mod form_more;
mod given;
mod limits;
mod merger_file;
mod new_study;
mod numbers;
mod parquet_memory;
mod parquet_table;
mod problems;
mod quantities;
mod schema;
mod source;
mod study_file;
mod tables;
mod thrift;
mod toml_path;
mod tracker;
mod workbench;
mod write;

pub use crate::parquet_table::panic_is_caught;
pub use bind::{Observed, ObservedBrand};
pub use checkpoint::{Checkpoint, SavedEvaluation, read_checkpoint, write_checkpoint};
pub use estimate_file::read_estimate;
pub use estimation::{
    AnyStudy, LoadedEstimation, bind_estimation, read_any_study, read_estimation,
};
pub use fingerprint::fingerprint;
pub use form::{FormField, FormValue, form_fields, with_value};
pub use form_more::{FormAddition, FormKind, form_additions};
pub use given::{GivenStudy, read_given};
pub use limits::Limits;
pub use merger_file::{LoadedMerger, read_merger};
pub use new_study::write_new_study;
pub use schema::{
    backtest_schema, estimate_schema, estimation_schema, merger_schema, results_schema,
    study_schema,
};
pub use source::StudySource;
pub use study_file::{LoadedStudy, error_text, read_study};
pub use tables::{parse_table, read_table};
pub use tracker::{LoadedTracker, read_tracker};
pub use workbench::{Workbench, WorkbenchError};
pub use write::{
    WriteError, file_name, read_results, remove_if_empty, write_bytes, write_results, write_text,
};
