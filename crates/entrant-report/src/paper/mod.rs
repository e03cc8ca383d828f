//! The short report in the formats that people edit, typeset and calculate with.
//!
//! It says what the page says at first sight, in the same words, with the charts drawn by
//! [`crate::figure`]; what the page folds away is in the tables.

mod latex;
mod markdown;
mod parts;
mod pdf;
mod workbook;

use entrant_data::result::{MergerReport, Results};

use crate::ReportError;
use crate::csv::Sheet;
use crate::figure::{Figure, figures};
use crate::page::Still;
use crate::section::{self, Hero, Section};
use crate::story::Story;
use crate::tables;

/// A format of the short report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Markdown with its charts as SVG beside it.
    Markdown,
    /// LaTeX, with charts drawn by `TikZ`.
    Latex,
    /// An Excel workbook: the answer, and every table with its numbers as numbers.
    Workbook,
    /// PDF of A4 pages.
    Pdf,
    /// The charts alone, as SVG.
    Figures,
}

/// A file of a report.
#[derive(Debug, Clone)]
pub struct Paper {
    /// Its name, with a folder for charts: `figures/losers.svg`.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// What is told, before it has a format.
pub(crate) struct Brief<'a> {
    /// Title.
    pub title: &'a str,
    /// Line above it.
    pub kicker: &'static str,
    /// Question, answer, numbers to remember.
    pub hero: Hero,
    /// Sections of the page.
    pub sections: Vec<Section>,
    /// Scenario whose tables are told, a position.
    pub headline: usize,
    /// Charts.
    pub figures: Vec<Figure>,
    /// Lines at the end.
    pub colophon: Vec<String>,
    /// Tables, by name.
    pub sheets: Vec<(String, Sheet)>,
}

impl<'a> From<Brief<'a>> for Still<'a> {
    /// The page of what is told without charts.
    fn from(of: Brief<'a>) -> Self {
        Still {
            title: of.title,
            kicker: of.kicker,
            hero: of.hero,
            sections: of.sections,
            colophon: of.colophon,
        }
    }
}

/// The files of the short report of a study in a format.
///
/// # Errors
/// When a workbook cannot be written, as with more rows than a spreadsheet has.
pub fn paper(results: &Results, form: Form) -> Result<Vec<Paper>, ReportError> {
    let story = Story::new(results);
    let sections = [section::switched(&story), section::rest(&story)];
    let brief = Brief {
        title: &results.title,
        kicker: crate::page::kicker(results),
        hero: section::hero(&story),
        sections: sections.into_iter().flatten().collect(),
        headline: story.headline,
        figures: figures(&story),
        colophon: section::colophon(&story),
        sheets: match form {
            Form::Workbook => tables::all(results),
            _ => Vec::new(),
        },
    };
    write(&brief, form)
}

/// The files of the short report of a merger study in a format.
///
/// # Errors
/// As [`paper`].
pub fn merger_paper(report: &MergerReport, form: Form) -> Result<Vec<Paper>, ReportError> {
    write(&crate::merger::brief(report), form)
}

/// The files of what is told in a format.
pub(crate) fn write(brief: &Brief<'_>, form: Form) -> Result<Vec<Paper>, ReportError> {
    let one = |name: &str, bytes: Vec<u8>| Paper {
        name: name.into(),
        bytes,
    };
    Ok(match form {
        Form::Markdown => {
            let mut all = vec![one("report.md", markdown::write(brief).into_bytes())];
            all.extend(svgs(brief));
            all
        }
        Form::Latex => vec![one("report-latex.tex", latex::write(brief).into_bytes())],
        Form::Workbook => vec![one("tables.xlsx", workbook::write(brief)?)],
        Form::Pdf => vec![one("report.pdf", pdf::write(brief))],
        Form::Figures => svgs(brief),
    })
}

fn svgs(brief: &Brief<'_>) -> Vec<Paper> {
    let file = |f: &Figure| Paper {
        name: figure_file(f),
        bytes: f.svg().into_bytes(),
    };
    brief.figures.iter().map(file).collect()
}

/// Name of the file of a chart.
fn figure_file(figure: &Figure) -> String {
    format!("figures/{}.svg", figure.name)
}
