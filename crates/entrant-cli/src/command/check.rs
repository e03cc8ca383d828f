//! `entrant check`: mistakes and diagnostics without solving anything.

use std::path::Path;

use entrant::data::{Finding, InputError};
use entrant::io::{LoadedStudy, read_study};
use serde_json::{Value, json};

use crate::args::Check;
use crate::console::Console;
use crate::document::document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::findings;
use crate::plain::shown;

/// Validates a study and diagnoses what can be had without solving it.
pub(crate) fn check(args: &Check, console: &Console) -> Result<Exit, Failure> {
    let study = &args.study.path;
    match read_study(study) {
        Ok(loaded) => report(study, &loaded, args.format.json, console),
        Err(mistakes) => {
            if args.format.json {
                console.data(&document(&json_of(study, None, &mistakes, &[]))?)?;
            }
            Err(Failure::mistakes(study, mistakes))
        }
    }
}

fn report(
    study: &Path,
    loaded: &LoadedStudy,
    json: bool,
    console: &Console,
) -> Result<Exit, Failure> {
    let found = entrant::check(loaded);
    if json {
        console.data(&document(&json_of(study, Some(loaded), &[], &found))?)?;
    } else {
        console.data(&findings::text(&found, console.width()))?;
    }
    console.note(&format!("`{}`: {}", shown(study), findings::tally(&found)));
    Ok(found
        .iter()
        .map(Exit::of_finding)
        .max()
        .unwrap_or(Exit::Certified))
}

fn json_of(
    study: &Path,
    loaded: Option<&LoadedStudy>,
    mistakes: &[InputError],
    findings: &[Finding],
) -> Value {
    json!({
        "schema": "entrant.check/1",
        "version": env!("CARGO_PKG_VERSION"),
        "study": study.to_string_lossy(),
        "fingerprint": loaded.map(|l| &l.fingerprint),
        "files": loaded.map(|l| &l.files),
        "mistakes": mistakes.iter().map(mistake).collect::<Vec<_>>(),
        "findings": findings,
    })
}

fn mistake(m: &InputError) -> Value {
    json!({
        "file": m.file,
        "line": m.line,
        "span": m.span,
        "path": m.path,
        "value": m.value,
        "message": m.message,
        "hint": m.hint,
    })
}
