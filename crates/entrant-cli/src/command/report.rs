//! `entrant report`: the page and the tables again, from results alone.

use std::path::{Path, PathBuf};

use entrant::data::result::Results;
use entrant::io::{read_results, write_bytes};
use entrant::report::Paper;

use crate::args::Report;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::rebuild;
use crate::papers::{self, PaperForm};
use crate::plain::shown;

/// Makes the page and the tables of earlier results again, or the page alone somewhere else.
pub(crate) fn report(args: &Report, console: &Console) -> Result<Exit, Failure> {
    let results =
        read_results(&args.results).map_err(|e| Failure::mistakes(&args.results, vec![e]))?;
    match (&args.out, args.papers.forms.as_slice()) {
        (Some(file), forms) => alone(&args.results, file, &one(forms, &results)?, console)?,
        (None, forms) => beside(&args.results, &results, forms, console)?,
    }
    Ok(Exit::Certified)
}

/// The page, or the one format that was asked for; the file first, then what belongs beside it.
fn one(forms: &[PaperForm], results: &Results) -> Result<Vec<Paper>, Failure> {
    match forms {
        [] => Ok(vec![Paper {
            name: String::new(),
            bytes: entrant::report::page(results)?.into_bytes(),
        }]),
        [PaperForm::Svg] | [_, _, ..] => {
            let message = "`--out` is one file, and these formats are several";
            let hint = "leave `--out` out to write beside the results, or ask for one of md, latex, xlsx and pdf";
            Err(Failure::new(Exit::BadInput, message, hint))
        }
        [form] => {
            let mut all = papers::of_results(&[*form], results)?;
            all.sort_by_key(|p| p.name.contains('/'));
            Ok(all)
        }
    }
}

fn alone(source: &Path, file: &Path, papers: &[Paper], console: &Console) -> Result<(), Failure> {
    let Some((first, beside)) = papers.split_first() else {
        return Ok(());
    };
    if file.as_os_str() == "-" {
        return Console::bytes(&first.bytes);
    }
    // The new file takes the name of the old one, so a link must be followed first.
    let target = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    refuse_overwriting(source, file, &target)?;
    write_bytes(&target, &first.bytes)?;
    papers::write(target.parent().unwrap_or(Path::new("")), beside)?;
    console.note(&format!("wrote {}", shown(file)));
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
    let message = format!("cannot write to `{}`: it is {what}", shown(page));
    let hint = "choose another file, or `--out -` for standard output";
    Err(Failure::new(Exit::BadInput, message, hint))
}

fn beside(
    source: &Path,
    results: &Results,
    forms: &[PaperForm],
    console: &Console,
) -> Result<(), Failure> {
    let dir = folder(source);
    let more = papers::of_results(forms, results)?;
    rebuild(&dir, results, &more)?;
    let dir = shown(&dir);
    let mut files = vec![format!("{dir}/report.html")];
    files.extend(papers::listed(&dir, &more));
    console.note(&format!(
        "wrote {} and {dir}/tables/*.csv",
        files.join(", ")
    ));
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
