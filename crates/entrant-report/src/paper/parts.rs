//! What of a page is told on paper, piece by piece.

use super::Brief;
use crate::figure::Figure;
use crate::section::{Block, Chart, Folded, Section, Table, Tile};

/// Rows of a table in plain sight; the rest is in the tables of the study.
const ROWS: usize = 24;
/// Most rows and columns of a table that the page folds away and paper shows all the same.
const FOLDED_ROWS: usize = 18;
const COLUMNS: usize = 8;
/// Fewest columns of a table that says more than the chart before it.
const MORE_THAN_CHART: usize = 5;

/// A piece of a report.
#[derive(Debug)]
pub(super) enum Part<'a> {
    /// Heading of a section.
    Heading(&'a str),
    /// Heading inside a section.
    Subheading(&'a str),
    /// What a section says.
    Lead(&'a str),
    /// Sentences.
    Paragraph(&'a str),
    /// A chart with title and note.
    Figure(&'a Figure),
    /// A table, its first rows, and how many more there are.
    Table(&'a Table, usize),
    /// Numbers to see at a glance.
    Tiles(&'a [Tile]),
    /// Tables of the headline that are on the page only.
    LeftOut(Vec<&'a str>),
}

/// Everything below the answer.
pub(super) fn parts<'a>(brief: &'a Brief<'_>) -> Vec<Part<'a>> {
    brief
        .sections
        .iter()
        .flat_map(|s| section(brief, s))
        .collect()
}

fn section<'a>(brief: &'a Brief<'_>, section: &'a Section) -> Vec<Part<'a>> {
    let mut out = vec![Part::Heading(section.title)];
    let mut left = Vec::new();
    out.extend(section.lead.iter().map(|l| Part::Lead(l)));
    for block in &section.blocks {
        match block {
            Block::Chart(chart) => of_chart(brief, chart, &mut out, &mut left),
            Block::Table(table) => out.extend(shown(table)),
            Block::Folded(of) => folded(brief, of, 0, &mut out, &mut left),
            Block::ScenarioTiles(_, scenario, tiles) => {
                out.extend((*scenario == brief.headline).then_some(Part::Tiles(tiles)));
            }
            Block::Prose(all) => out.extend(all.iter().map(|p| Part::Paragraph(p))),
            Block::Heading(h) => out.push(Part::Subheading(h)),
        }
    }
    out.extend((!left.is_empty()).then_some(Part::LeftOut(left)));
    out
}

/// The chart where it can be drawn here, and its tables of the headline.
fn of_chart<'a>(
    brief: &'a Brief<'_>,
    chart: &'a Chart,
    out: &mut Vec<Part<'a>>,
    left: &mut Vec<&'a str>,
) {
    let drawn = brief.figures.iter().find(|f| f.name == chart.name);
    let fewest = drawn.map_or(0, |_| MORE_THAN_CHART);
    out.extend(drawn.map(Part::Figure));
    for of in &chart.tables {
        folded(brief, of, fewest, out, left);
    }
}

/// A table of the headline that is small enough, and has at least so many columns; the caption of
/// another.
fn folded<'a>(
    brief: &Brief<'_>,
    of: &'a Folded,
    fewest: usize,
    out: &mut Vec<Part<'a>>,
    left: &mut Vec<&'a str>,
) {
    let table = &of.table;
    let columns = table.head.len();
    if !told(brief, of) || table.rows.is_empty() {
        return;
    }
    if table.rows.len() <= FOLDED_ROWS && (fewest..=COLUMNS).contains(&columns) {
        out.extend(shown(table));
    } else {
        left.push(&table.caption);
    }
}

/// Whether a folded table is of the headline, in its first market, or of no one scenario.
fn told(brief: &Brief<'_>, folded: &Folded) -> bool {
    let (scenario, market) = folded.case.split_once('.').unwrap_or(("", ""));
    folded.case.is_empty() || scenario == brief.headline.to_string() && ["0", "*"].contains(&market)
}

fn shown(table: &Table) -> Option<Part<'_>> {
    let rows = table.rows.len();
    (rows > 0).then(|| Part::Table(table, rows.saturating_sub(ROWS)))
}

/// The rows of a table that are told.
pub(super) fn rows(table: &Table) -> &[Vec<crate::section::Cell>] {
    &table.rows[..table.rows.len().min(ROWS)]
}

/// The line for tables that are on the page only.
pub(super) fn elsewhere(captions: &[&str]) -> String {
    format!("On the page and in the tables: {}.", captions.join("; "))
}

/// The line below a table that says how much is missing.
pub(super) fn missing(more: usize) -> Option<String> {
    (more > 0).then(|| {
        let all = crate::format::count(more);
        format!("{all} more rows are in the tables of the study.")
    })
}
