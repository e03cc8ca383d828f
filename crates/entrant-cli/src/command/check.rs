//! `entrant check`: mistakes and diagnostics without solving anything.

use std::path::Path;

use entrant::data::{Finding, InputError};
use entrant::io::{AnyStudy, read_any_study};
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
    match read_any_study(study).and_then(bound) {
        Ok(loaded) => report(study, &Read::of(loaded), args.format.json, console),
        Err(mistakes) => {
            if args.format.json {
                console.data(&document(&json_of(study, None, &mistakes))?)?;
            }
            Err(Failure::mistakes(study, mistakes))
        }
    }
}

/// An estimated study that also binds: its formulas become matrices whose ranks and counts are
/// enough, which is where `fit` begins.
fn bound(study: AnyStudy) -> Result<AnyStudy, Vec<InputError>> {
    if let AnyStudy::Estimated(loaded) = &study {
        entrant::estimation::mistakes(loaded)?;
    }
    Ok(study)
}

/// What is said about a study without mistakes, of either kind.
struct Read {
    fingerprint: String,
    files: Vec<String>,
    findings: Vec<Finding>,
}

impl Read {
    fn of(study: AnyStudy) -> Self {
        match study {
            AnyStudy::Calibrated(loaded) => Read {
                findings: entrant::check(&loaded),
                fingerprint: loaded.fingerprint,
                files: loaded.files,
            },
            AnyStudy::Estimated(loaded) => Read {
                findings: loaded.findings,
                fingerprint: loaded.fingerprint,
                files: loaded.files,
            },
        }
    }
}

fn report(study: &Path, read: &Read, json: bool, console: &Console) -> Result<Exit, Failure> {
    let found = &read.findings;
    if json {
        console.data(&document(&json_of(study, Some(read), &[]))?)?;
    } else {
        console.data(&findings::text(found, console.width()))?;
    }
    console.note(&format!("`{}`: {}", shown(study), findings::tally(found)));
    Ok(found
        .iter()
        .map(Exit::of_finding)
        .max()
        .unwrap_or(Exit::Certified))
}

fn json_of(study: &Path, read: Option<&Read>, mistakes: &[InputError]) -> Value {
    let findings = read.map_or([].as_slice(), |r| r.findings.as_slice());
    json!({
        "schema": "entrant.check/1",
        "version": env!("CARGO_PKG_VERSION"),
        "study": study.to_string_lossy(),
        "fingerprint": read.map(|r| &r.fingerprint),
        "files": read.map(|r| &r.files),
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
