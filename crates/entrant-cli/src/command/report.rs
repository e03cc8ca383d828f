//! `entrant report`: the page and the tables again, from results alone.

use std::path::{Path, PathBuf};

use entrant::data::result::Results;
use entrant::io::{read_results, write_text};

use crate::args::Report;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::rebuild;
use crate::plain::shown;

/// Makes the page and the tables of earlier results again, or the page alone somewhere else.
pub(crate) fn report(args: &Report, console: &Console) -> Result<Exit, Failure> {
    let results =
        read_results(&args.results).map_err(|e| Failure::mistakes(&args.results, vec![e]))?;
    match &args.out {
        Some(page) => page_alone(&args.results, page, &results, console)?,
        None => beside(&args.results, &results, console)?,
    }
    Ok(Exit::Certified)
}

fn page_alone(
    source: &Path,
    page: &Path,
    results: &Results,
    console: &Console,
) -> Result<(), Failure> {
    let text = entrant::report::page(results)?;
    if page.as_os_str() == "-" {
        return console.data(&text);
    }
    // The new file takes the name of the old one, so a link must be followed first.
    let target = page.canonicalize().unwrap_or_else(|_| page.to_owned());
    refuse_overwriting(source, page, &target)?;
    write_text(&target, &text)?;
    console.note(&format!("wrote {}", shown(page)));
    Ok(())
}

/// The page may replace a regular file, but neither a device nor the results.
fn refuse_overwriting(source: &Path, page: &Path, target: &Path) -> Result<(), Failure> {
    let what = if same_file(source, target) || same_file(&source.join("results.json"), target) {
        "the results"
    } else if target.exists() && !target.is_file() {
        "no regular file"
    } else {
        return Ok(());
    };
    let message = format!("cannot write the page to `{}`: it is {what}", shown(page));
    let hint = "choose another file, or `--out -` for standard output";
    Err(Failure::new(Exit::BadInput, message, hint))
}

fn beside(source: &Path, results: &Results, console: &Console) -> Result<(), Failure> {
    let dir = folder(source);
    rebuild(&dir, results)?;
    let dir = shown(&dir);
    console.note(&format!("wrote {dir}/report.html and {dir}/tables/*.csv"));
    Ok(())
}

fn folder(source: &Path) -> PathBuf {
    if source.is_dir() {
        return source.to_owned();
    }
    match source.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}
