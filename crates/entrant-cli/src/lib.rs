//! The command line of `entrant`: the only crate that prints, exits or reads the environment.
//!
//! Data goes to standard output; progress, messages and mistakes go to standard error. Every
//! command ends with an [`Exit`]. One file per command under `command/`; `args` says what can
//! be typed, `console` is the only writer, `mistakes` and `failure` say what went wrong.

mod args;
mod command;
mod console;
mod document;
mod estimate_output;
mod exit;
mod failure;
mod findings;
mod mistakes;
mod output;
mod papers;
mod plain;
mod tracker_output;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use crate::args::Args;
use crate::console::Console;

pub use crate::exit::Exit;

/// Runs the program with its arguments, the first of which is its own name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    exit(args).into()
}

/// The same; how it ended is told as a number, for a caller that is not a process of its own.
pub fn exit(args: impl IntoIterator<Item = OsString>) -> Exit {
    match Args::try_parse_from(args) {
        Ok(args) => obey(&args),
        Err(e) => Console::default().usage(&e),
    }
}

/// A panic that becomes an error message is not printed as one before.
fn hush_what_is_caught() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !entrant::io::panic_is_caught() {
            usual(panic);
        }
    }));
}

/// Does what was asked and tells what went wrong, if anything did.
fn obey(args: &Args) -> Exit {
    let console = Console::new(&args.global);
    hush_what_is_caught();
    match command::dispatch(&args.command, &console) {
        Ok(exit) => exit,
        Err(failure) => {
            console.error(&failure.text(&console));
            failure.exit()
        }
    }
}
