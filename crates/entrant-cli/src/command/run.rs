//! `entrant run`: the whole way from a study to its report.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use entrant::data::result::Results;
use entrant::data::{Finding, Level};
use entrant::estimation::CheckpointOptions;
use entrant::io::{AnyStudy, StudySource};
use entrant::report::Paper;
use entrant::{Observer as _, RunError};

use super::load_any;
use crate::args::Run;
use crate::console::Console;
use crate::document::document;
use crate::exit::{Exit, status};
use crate::failure::{Failure, sentence};
use crate::findings;
use crate::output::{OutputFolder, default_folder};
use crate::papers;
use crate::plain::shown;
use crate::watch::Watch;

/// Runs a study, writes its outputs and prints the short answer.
pub(crate) fn run(args: &Run, console: &Console) -> Result<Exit, Failure> {
    let study = &args.study.path;
    let out = args.out.clone().unwrap_or_else(|| default_folder(study));
    let mut watch = Watch::start(console);
    console.detail(&format!("reading `{}`", shown(study)));
    let loaded = load_any(study)?;
    let checkpoint = checkpoint(args, &loaded)?;
    let kept = checkpoint.as_ref().map(|c| c.path.clone());
    let folder = OutputFolder::claim(&out, args.force)?;
    let options = args.settings.options();
    let answered = match &loaded {
        AnyStudy::Calibrated(loaded) => entrant::run(loaded, options, &watch),
        AnyStudy::Estimated(loaded) => {
            entrant::estimation::run(loaded, options, checkpoint, &watch)
        }
    };
    let answered = answered.and_then(|results| unless_stopped(&watch, results));
    let results = answered.map_err(|e| Failure::run(e, study, source(&loaded)));
    watch.clear();
    let results = results.map_err(|e| untouched(e, &folder, kept.as_deref()))?;
    let more = papers::of_results(&args.papers.forms, &results)?;
    folder.write(&results, &more)?;
    print(&results, args.format.json, console)?;
    console.detail(&findings::text(&results.findings, console.message_width()));
    console.note(&written(&out, &results, &more, watch.elapsed()));
    Ok(verdict(&results, console))
}

/// Where evaluations of an estimation are kept, if somewhere.
fn checkpoint(args: &Run, study: &AnyStudy) -> Result<Option<CheckpointOptions>, Failure> {
    let Some(path) = args.checkpoint.path.clone() else {
        return Ok(None);
    };
    if matches!(study, AnyStudy::Calibrated(_)) {
        let message = "`--checkpoint` of `run` is for estimated studies";
        let hint = "a calibrated study has no search to go on with: run it again";
        return Err(Failure::new(Exit::BadInput, message, hint));
    }
    let every = args.checkpoint.every;
    Ok(Some(CheckpointOptions { path, every }))
}

/// Text of the study file.
fn source(study: &AnyStudy) -> &StudySource {
    match study {
        AnyStudy::Calibrated(loaded) => &loaded.source,
        AnyStudy::Estimated(loaded) => &loaded.source,
    }
}

/// Ctrl-C after the last draw still means that nothing is written.
fn unless_stopped(watch: &Watch, results: Results) -> Result<Results, RunError> {
    if watch.should_stop() {
        let total = results.settings.draws;
        return Err(RunError::Interrupted { done: total, total });
    }
    Ok(results)
}

/// An interrupted run also says what became of the outputs and of the estimation.
fn untouched(failure: Failure, folder: &OutputFolder, checkpoint: Option<&Path>) -> Failure {
    match failure {
        Failure::Stopped {
            exit: Exit::Interrupted,
            message,
            ..
        } => {
            let hint = format!("nothing was written to `{}`", shown(folder.path()));
            let hint = match checkpoint {
                Some(path) => format!(
                    "{hint}; evaluations of the estimation are in `{}`: run it again to go on",
                    shown(path)
                ),
                None => hint,
            };
            Failure::new(Exit::Interrupted, message, hint)
        }
        other => other,
    }
}

fn print(results: &Results, json: bool, console: &Console) -> Result<(), Failure> {
    if json {
        return console.data(&document(results)?);
    }
    console.data(&entrant::report::text(results, console.width()))
}

fn written(out: &Path, results: &Results, more: &[Paper], elapsed: Duration) -> String {
    let out = shown(out);
    let draws = entrant::report::format::count(results.settings.draws);
    let mut files = vec![format!("{out}/results.json"), format!("{out}/report.html")];
    files.extend(papers::listed(&out, more));
    format!(
        "wrote {} and {out}/tables/*.csv\n{draws} draws in {:.1} s",
        files.join(", "),
        elapsed.as_secs_f64()
    )
}

/// The exit code, and in words why it is not zero.
fn verdict(results: &Results, console: &Console) -> Exit {
    let exit = Exit::of_results(results);
    if exit != Exit::Certified {
        let message = format!("do not use this answer: {}", reason(results));
        let hint = "`entrant run -v` prints every diagnostic, `entrant explain CODE` what it means";
        console.error(&sentence(&message, hint, console.message_width()));
    }
    exit
}

/// The scenarios that are not usable, or else the diagnostics that failed.
fn reason(results: &Results) -> String {
    let cases = results
        .scenarios
        .iter()
        .flat_map(|s| s.markets.iter().map(move |m| (s, m)));
    let bad: Vec<String> = cases
        .filter(|(_, m)| !status(m).is_usable())
        .map(|(s, m)| format!("`{}` in `{}` ({})", s.id, m.market, status(m)))
        .collect();
    if bad.is_empty() {
        return format!("{} failed", failed(&results.findings));
    }
    format!("no usable equilibrium in {}", bad.join(", "))
}

/// Codes of failed diagnostics, each with how often it failed.
fn failed(findings: &[Finding]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for f in findings.iter().filter(|f| f.level == Level::Error) {
        *counts.entry(&f.code).or_default() += 1;
    }
    let words = counts
        .iter()
        .map(|(code, n)| format!("diagnostic `{code}` ({n} times)").replace(" (1 times)", ""));
    words.collect::<Vec<_>>().join(", ")
}
