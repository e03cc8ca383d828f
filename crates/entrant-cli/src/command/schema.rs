//! `entrant schema`: the formats, as JSON Schema.

use entrant::io::{
    backtest_schema, estimate_schema, estimation_schema, merger_schema, results_schema,
    study_schema,
};

use crate::args::{Schema, Which};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Prints a JSON Schema.
pub(crate) fn schema(args: Schema, console: &Console) -> Result<Exit, Failure> {
    let schema = match args.which {
        Which::Study => study_schema(),
        Which::Estimation => estimation_schema(),
        Which::Merger => merger_schema(),
        Which::Results => results_schema(),
        Which::Estimate => estimate_schema(),
        Which::Backtest => backtest_schema(),
    };
    console.data(&format!("{schema:#}\n"))?;
    Ok(Exit::Certified)
}
