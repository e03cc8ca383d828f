//! One file per command.

mod backtest;
mod backtest_text;
mod check;
mod completions;
mod conclusions_text;
mod estimate;
mod estimate_text;
mod explain;
mod fit;
mod merger;
mod new;
mod report;
mod run;
mod schema;
mod serve;
mod table;
mod track;

use std::path::Path;

use entrant::io::{AnyStudy, read_any_study};

use crate::args::Command;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Does what was asked.
pub(crate) fn dispatch(command: &Command, console: &Console) -> Result<Exit, Failure> {
    match command {
        Command::Run(args) => run::run(args, console),
        Command::Check(args) => check::check(args, console),
        Command::Fit(args) => fit::fit(args, console),
        Command::Track(args) => track::track(args, console),
        Command::Merger(args) => merger::merger(args, console),
        Command::Backtest(args) => backtest::backtest(args, console),
        Command::Serve(args) => serve::serve(args, console),
        Command::Report(args) => report::report(args, console),
        Command::Explain(args) => explain::explain(args, console),
        Command::New(args) => new::new(args, console),
        Command::Schema(args) => schema::schema(*args, console),
        Command::Completions(args) => completions::completions(*args, console),
    }
}

/// Reads a study of either kind, or says what is wrong with it.
fn load_any(study: &Path) -> Result<AnyStudy, Failure> {
    read_any_study(study).map_err(|mistakes| Failure::mistakes(study, mistakes))
}
