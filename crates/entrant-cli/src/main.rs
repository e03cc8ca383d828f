//! The command line of entrant.

use std::process::ExitCode;

fn main() -> ExitCode {
    entrant_cli::run(std::env::args_os())
}
