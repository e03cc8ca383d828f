//! The short report in other formats, beside the page.

use std::collections::BTreeSet;
use std::path::Path;

use clap::{Args as Group, ValueEnum};
use entrant::data::result::Results;
use entrant::io::{remove_if_empty, write_bytes};
use entrant::report::{Form, Paper, ReportError, paper};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{is_leftover, names, remove};

/// The report in other formats.
#[derive(Debug, Clone, Group)]
pub(crate) struct Papers {
    /// Write the short report in these formats too: `report.md` with its charts,
    /// `report-latex.tex`, `report.pdf`, `tables.xlsx` with every table, or the charts alone as SVG.
    #[arg(
        long = "format",
        value_name = "FORMAT",
        value_enum,
        value_delimiter = ','
    )]
    pub(crate) forms: Vec<PaperForm>,
}

/// A format of the short report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum PaperForm {
    /// Markdown.
    Md,
    /// LaTeX.
    Latex,
    /// An Excel workbook.
    Xlsx,
    /// PDF.
    Pdf,
    /// Charts.
    Svg,
}

/// Folder of the charts.
pub(crate) const FIGURES: &str = "figures";
/// Files that formats are written to.
const FILES: [&str; 4] = ["report.md", "report-latex.tex", "report.pdf", "tables.xlsx"];

impl From<PaperForm> for Form {
    fn from(form: PaperForm) -> Form {
        match form {
            PaperForm::Md => Form::Markdown,
            PaperForm::Latex => Form::Latex,
            PaperForm::Xlsx => Form::Workbook,
            PaperForm::Pdf => Form::Pdf,
            PaperForm::Svg => Form::Figures,
        }
    }
}

/// Whether a file of an output folder has the name of one of these formats.
pub(crate) fn is_paper(name: &str) -> bool {
    name == FIGURES || FILES.contains(&name)
}

/// The files of a study in formats, each once.
pub(crate) fn papers(
    forms: &[PaperForm],
    of: impl Fn(Form) -> Result<Vec<Paper>, ReportError>,
) -> Result<Vec<Paper>, Failure> {
    let forms: BTreeSet<PaperForm> = forms.iter().copied().collect();
    let mut all: Vec<Paper> = Vec::new();
    for form in forms {
        all.extend(of(form.into())?);
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all.dedup_by(|a, b| a.name == b.name);
    Ok(all)
}

/// The files of a run's results.
pub(crate) fn of_results(forms: &[PaperForm], results: &Results) -> Result<Vec<Paper>, Failure> {
    papers(forms, |form| paper(results, form))
}

/// Writes files into a folder.
pub(crate) fn write(dir: &Path, papers: &[Paper]) -> Result<(), Failure> {
    for paper in papers {
        write_bytes(&dir.join(&paper.name), &paper.bytes)?;
    }
    Ok(())
}

/// Removes what an earlier run wrote in these formats and this one did not.
pub(crate) fn remove_others(dir: &Path, kept: &[Paper]) -> Result<(), Failure> {
    let mut there: Vec<String> = FILES.map(String::from).into();
    there.extend(
        names(&dir.join(FIGURES))?
            .into_iter()
            .map(|n| format!("{FIGURES}/{n}")),
    );
    for name in there {
        if !kept.iter().any(|p| p.name == name) && dir.join(&name).is_file() {
            remove(&dir.join(&name))?;
        }
    }
    remove_if_empty(&dir.join(FIGURES));
    Ok(())
}

/// The first file in the folder of charts that is no chart of the results there.
pub(crate) fn first_foreign(dir: &Path, results: &Results) -> Result<Option<String>, Failure> {
    let there = names(&dir.join(FIGURES))?;
    if there.is_empty() {
        return Ok(None);
    }
    let ours = paper(results, Form::Figures)?;
    let mut paths = there
        .iter()
        .filter(|n| !is_leftover(n))
        .map(|n| format!("{FIGURES}/{n}"));
    Ok(paths.find(|path| !ours.iter().any(|p| p.name == *path)))
}

/// The names of files for a message: charts as one.
pub(crate) fn listed(dir: &str, papers: &[Paper]) -> Vec<String> {
    let charts = papers.iter().any(|p| p.name.starts_with(FIGURES));
    let files = papers.iter().filter(|p| !p.name.starts_with(FIGURES));
    let mut out: Vec<String> = files.map(|p| format!("{dir}/{}", p.name)).collect();
    out.extend(charts.then(|| format!("{dir}/{FIGURES}/*.svg")));
    out
}

/// The refusal of formats, which are files, without a folder for them.
pub(crate) fn nowhere(command: &str) -> Failure {
    let message = format!("`--format` of `{command}` needs a folder");
    Failure::new(Exit::BadInput, message, "add `--out DIR`")
}
