//! `entrant fit` on an estimated study: estimates with their errors.

use std::path::PathBuf;

use entrant::data::Level;
use entrant::data::result::estimation::{EstimateStatus, EstimationReport};
use entrant::estimation::{self, CheckpointOptions, EstimatedFit, EstimationOptions};
use entrant::io::LoadedEstimation;
use entrant::report::estimation::paper;

use super::estimate_text::text;
use crate::args::Fit;
use crate::console::Console;
use crate::document::document;
use crate::estimate_output::EstimateFolder;
use crate::exit::Exit;
use crate::failure::{Failure, sentence};
use crate::papers::{self, PaperForm};
use crate::plain::shown;
use crate::watch::Watch;

/// Estimates a study, prints parameters with their errors, and writes what was asked for.
pub(super) fn estimate(
    args: &Fit,
    loaded: &LoadedEstimation,
    watch: &mut Watch,
    console: &Console,
) -> Result<Exit, Failure> {
    if args.out.is_none() && !args.papers.forms.is_empty() {
        return Err(papers::nowhere("fit"));
    }
    let folder = args.out.as_deref();
    let folder = folder.map(|dir| EstimateFolder::claim(dir, args.force));
    let folder = folder.transpose()?;
    let options = options(args, folder.as_ref());
    let fitted = estimation::fit(loaded, &options, watch);
    watch.clear();
    let fitted = fitted.map_err(|e| Failure::run(e, &args.study.path, &loaded.source))?;
    if let Some(failure) = &fitted.checkpoint_failure {
        let message = format!("the checkpoint is not complete: {failure}");
        console.error(&sentence(&message, "", console.message_width()));
    }
    print(&fitted.report, args.format.json, console)?;
    if let Some(folder) = &folder {
        write(folder, &fitted, &args.papers.forms, console)?;
    }
    console.note(&done(&fitted.report, watch.elapsed().as_secs_f64()));
    Ok(verdict(&fitted.report, options.checkpoint, console))
}

fn options(args: &Fit, folder: Option<&EstimateFolder>) -> EstimationOptions {
    let settings = args.settings.options();
    let named = args.checkpoint.path.clone();
    let path: Option<PathBuf> = named.or_else(|| folder.map(EstimateFolder::checkpoint));
    EstimationOptions {
        threads: settings.threads,
        draws: settings.draws,
        seed: settings.seed,
        audit: args.audit,
        tables: folder.is_some(),
        checkpoint: path.map(|path| CheckpointOptions {
            path,
            every: args.checkpoint.every,
        }),
    }
}

fn print(report: &EstimationReport, json: bool, console: &Console) -> Result<(), Failure> {
    if json {
        return console.data(&document(report)?);
    }
    console.data(&text(report, console.width()))
}

/// An interrupted estimation leaves earlier outputs as they were, and its checkpoint.
fn write(
    folder: &EstimateFolder,
    fitted: &EstimatedFit,
    forms: &[PaperForm],
    console: &Console,
) -> Result<(), Failure> {
    if fitted.report.status == EstimateStatus::Interrupted {
        return Ok(());
    }
    let EstimatedFit {
        report,
        products,
        following,
        ..
    } = fitted;
    let more = papers::papers(forms, |f| paper(report, products, following, f))?;
    folder.write(fitted, &more)?;
    if fitted.report.status != EstimateStatus::LimitReached {
        folder.remove_checkpoint()?;
    }
    let dir = shown(folder.path());
    let mut files = vec![format!("{dir}/estimate.json")];
    files.extend(papers::listed(&dir, &more));
    let files = files.join(", ");
    console.note(&format!("wrote {files} and {dir}/tables/*.csv"));
    Ok(())
}

fn done(report: &EstimationReport, seconds: f64) -> String {
    let evaluations = report.work.evaluations;
    let recalled = match report.work.recalled {
        0 => String::new(),
        n => format!(", {n} of them from the checkpoint"),
    };
    format!("{evaluations} evaluations{recalled} in {seconds:.1} s")
}

/// The exit code, and in words why it is not zero.
fn verdict(
    report: &EstimationReport,
    checkpoint: Option<CheckpointOptions>,
    console: &Console,
) -> Exit {
    let exit = Exit::of_estimation(report);
    if exit != Exit::Certified {
        let (message, code) = why(report);
        let hint = match (exit, checkpoint) {
            (Exit::Interrupted, Some(c)) => {
                format!("the same command continues from `{}`", shown(&c.path))
            }
            (Exit::Interrupted, None) => String::new(),
            _ => format!("`entrant explain {code}` says more"),
        };
        console.error(&sentence(&message, &hint, console.message_width()));
    }
    exit
}

/// Why the exit code is not zero, and the diagnostic that says more.
fn why(report: &EstimationReport) -> (String, String) {
    let status = report.status;
    let unusable = format!("do not use these estimates: {}", status.meaning());
    if status == EstimateStatus::NotIdentified {
        return (unusable, "identification".into());
    }
    if !status.is_usable() {
        return (unusable, "optimum".into());
    }
    let failed = report.findings.iter().filter(|f| f.level == Level::Error);
    let Some(finding) = failed.min_by_key(|f| Exit::of_finding(f)) else {
        return (unusable, "optimum".into());
    };
    let what = match Exit::of_finding(finding) {
        Exit::NotIdentified => "standard errors are withheld",
        _ => "do not use these estimates",
    };
    (format!("{what}: {}", finding.message), finding.code.clone())
}
