//! What keeps a command from its end, with the exit code and the words for it.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use entrant::RunError;
use entrant::data::InputError;
use entrant::io::{StudySource, WriteError};
use entrant::report::ReportError;

use crate::console::Console;
use crate::exit::Exit;
use crate::mistakes;
use crate::plain::{shown, visible, wrap};

/// What keeps a command from its end.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Mistakes in a study, its tables or a results file.
    Mistakes {
        /// The study or results file, as the user named it.
        place: PathBuf,
        /// The mistakes, with their places.
        mistakes: Vec<InputError>,
    },
    /// Anything else: one sentence and what to do next.
    Stopped {
        /// How the program ends.
        exit: Exit,
        /// What happened: a lowercase fragment.
        message: String,
        /// What to do next; empty when the message says it all.
        hint: String,
    },
}

impl Failure {
    /// A failure with its exit code, message and next step.
    pub(crate) fn new(exit: Exit, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Failure::Stopped {
            exit,
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// Mistakes in the study or results at a path.
    pub(crate) fn mistakes(place: &Path, mistakes: Vec<InputError>) -> Self {
        Failure::Mistakes {
            place: place.to_owned(),
            mistakes,
        }
    }

    /// Something that this program should have prevented.
    pub(crate) fn internal(cause: &dyn std::error::Error) -> Self {
        let hint = "this is a defect of `entrant`: please report it";
        Failure::new(
            Exit::Resource,
            format!("the output could not be made: {cause}"),
            hint,
        )
    }

    /// Standard output that cannot be written.
    pub(crate) fn stdout(cause: &io::Error) -> Self {
        let full = cause.kind() == ErrorKind::StorageFull;
        let exit = if full { Exit::Resource } else { Exit::BadInput };
        Failure::new(
            exit,
            format!("cannot write to standard output: {cause}"),
            "",
        )
    }

    /// Why a run of the study at a path ended without results.
    pub(crate) fn run(error: RunError, study: &Path, source: &StudySource) -> Self {
        let message = error.to_string();
        let explain = |code: &str| format!("`entrant explain {code}` says more");
        match error {
            RunError::Input(mistakes) => {
                let placed = mistakes.into_iter().map(|m| source.place(m)).collect();
                Failure::mistakes(study, placed)
            }
            RunError::NotIdentified { .. } => {
                Failure::new(Exit::NotIdentified, message, explain("identification"))
            }
            RunError::NotSolved { status, .. } => Failure::new(
                Exit::of_status(status).max(Exit::NotSolved),
                message,
                explain("baseline"),
            ),
            RunError::NotStarted { .. } => Failure::new(Exit::NotSolved, message, explain("start")),
            RunError::NotEstimated { status } => Failure::new(
                Exit::of_estimate(status),
                message,
                "`entrant fit STUDY` shows the estimates and what is wrong with them",
            ),
            RunError::EstimationInterrupted
            | RunError::Interrupted { .. }
            | RunError::BacktestInterrupted { .. } => Failure::new(Exit::Interrupted, message, ""),
            RunError::Resource { .. } => {
                Failure::new(Exit::Resource, message, "ask for fewer with `--threads`")
            }
            RunError::Checkpoint(mistake) => Failure::mistakes(study, vec![mistake]),
            RunError::Write(cause) => cause.into(),
            _ => Failure::new(Exit::NotSolved, message, ""),
        }
    }

    /// How the program ends.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Failure::Mistakes { .. } => Exit::BadInput,
            Failure::Stopped { exit, .. } => *exit,
        }
    }

    /// The failure in words, with colours where they mean something to the reader.
    pub(crate) fn text(&self, console: &Console) -> String {
        match self {
            Failure::Mistakes { place, mistakes } => mistakes::text(place, mistakes, console),
            Failure::Stopped { message, hint, .. } => {
                sentence(message, hint, console.message_width())
            }
        }
    }
}

/// `error: message`, and the hint after a blank line where there is one.
pub(crate) fn sentence(message: &str, hint: &str, width: usize) -> String {
    let error = AnsiColor::Red.on_default().bold();
    let strong = Style::new().bold();
    let (word, rest) = (
        "error:",
        wrap(&format!("error: {}", visible(message)), width, 7),
    );
    let rest = rest.strip_prefix(word).unwrap_or_default();
    let out = format!("{error}{word}{error:#}{strong}{rest}{strong:#}");
    if hint.is_empty() {
        return out;
    }
    let hint = wrap(
        &format!("hint: {}", visible(hint)),
        width.saturating_sub(2),
        8,
    );
    format!("{out}\n\n  {hint}")
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        let full = error.cause.contains("disk is full") || error.cause.contains("quota");
        let exit = if full { Exit::Resource } else { Exit::BadInput };
        Failure::new(
            exit,
            format!("cannot write `{}`: {}", shown(&error.path), error.cause),
            "",
        )
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        Failure::internal(&error)
    }
}
