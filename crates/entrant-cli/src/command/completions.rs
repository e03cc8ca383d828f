//! `entrant completions`: what a shell needs to complete our commands.

use clap::CommandFactory as _;

use crate::args::{Args, Completions};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Prints completions for a shell.
pub(crate) fn completions(args: Completions, console: &Console) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "entrant", &mut script);
    console.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Certified)
}
