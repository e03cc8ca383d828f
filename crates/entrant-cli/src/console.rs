//! The only writer: data to standard output, everything else to standard error.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};

use crate::args::Global;
use crate::exit::Exit;
use crate::failure::Failure;

/// Width where there is no terminal.
const WIDTH: usize = 80;
/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: usize = 100;

/// Where words go, and how many.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    color: ColorChoice,
    quiet: bool,
    verbose: bool,
    width: usize,
    message_width: usize,
}

impl Console {
    /// As the user asked.
    pub(crate) fn new(global: &Global) -> Self {
        let color = match global.color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::AlwaysAnsi,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        Console {
            color,
            quiet: global.quiet,
            verbose: global.verbose,
            ..Console::default()
        }
    }

    /// Data. A reader that has gone away is no failure.
    pub(crate) fn data(&self, text: &str) -> Result<(), Failure> {
        let mut out = AutoStream::new(io::stdout(), self.color).lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Failure::stdout(&e)),
            _ => Ok(()),
        }
    }

    /// A file on standard output, byte for byte.
    pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Failure::stdout(&e)),
            _ => Ok(()),
        }
    }

    /// A message, unless silence was asked for.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.error(text);
        }
    }

    /// A message for those who want to know more.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            self.error(text);
        }
    }

    /// What went wrong. Nobody can be told when it cannot be written.
    pub(crate) fn error(&self, text: &str) {
        let mut err = AutoStream::new(io::stderr(), self.color).lock();
        let _ = writeln!(err, "{}", text.trim_end_matches('\n')).and_then(|()| err.flush());
    }

    /// What the argument parser has to say: help and versions are data, the rest is a mistake.
    pub(crate) fn usage(&self, message: &clap::Error) -> Exit {
        let text = message.render().ansi().to_string();
        if message.use_stderr() {
            self.error(&text);
            return Exit::BadInput;
        }
        match self.data(&text) {
            Ok(()) => Exit::Certified,
            Err(failure) => failure.exit(),
        }
    }

    /// Columns of standard output.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Columns of standard error.
    pub(crate) fn message_width(&self) -> usize {
        self.message_width
    }

    /// Whether a moving picture on standard error is wanted and can be shown.
    pub(crate) fn animated(&self) -> bool {
        let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        !self.quiet && !dumb && io::stderr().is_terminal()
    }
}

impl Default for Console {
    fn default() -> Self {
        Console {
            color: ColorChoice::Auto,
            quiet: false,
            verbose: false,
            width: columns(terminal_size::terminal_size_of(io::stdout())),
            message_width: columns(terminal_size::terminal_size_of(io::stderr())),
        }
    }
}

fn columns(size: Option<(terminal_size::Width, terminal_size::Height)>) -> usize {
    size.map_or(WIDTH, |(width, _)| usize::from(width.0).min(WIDEST))
}
