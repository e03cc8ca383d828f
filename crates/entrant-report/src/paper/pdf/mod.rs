//! PDF of A4 pages in the type that every reader has.

mod file;
mod flow;
mod tables;

use self::flow::{Flow, MEASURE, Style};
use super::Brief;
use super::parts::{Part, elsewhere, missing, parts};
use crate::figure::Figure;
use crate::section::Tile;

pub(super) use self::tables::column_parts;

/// Said where a name could not be written.
const LEFT_OUT: &str = "A ? may stand for a character outside Latin scripts, which this format cannot show; report.html and report.md show it.";

pub(super) fn write(brief: &Brief<'_>) -> Vec<u8> {
    let hero = &brief.hero;
    let mut flow = Flow::new();
    flow.text(brief.kicker, Style::KICKER);
    flow.text(brief.title, Style::TITLE);
    flow.text(&hero.question, Style::QUIET);
    flow.rule();
    flow.text(&hero.answer, Style::ANSWER);
    for line in &hero.more {
        flow.text(line, Style::BODY);
    }
    flow.text(&format!("{}: {}", hero.status, hero.meaning), Style::QUIET);
    flow.text(&hero.warning, Style::STRONG);
    if !hero.tiles.is_empty() {
        flow.text(&hero.scenario, Style::QUIET);
        tiles(&mut flow, &hero.tiles);
    }
    let all = parts(brief);
    for (i, part) in all.iter().enumerate() {
        if matches!(part, Part::Heading(_)) {
            flow.keep(opening(&all[i..]));
        }
        write_part(&mut flow, part);
    }
    flow.rule();
    for line in &brief.colophon {
        flow.text(line, Style::SMALL);
    }
    if flow.left_out() {
        flow.text(LEFT_OUT, Style::SMALL);
    }
    file::write(brief.title, flow)
}

fn write_part(flow: &mut Flow, part: &Part<'_>) {
    match part {
        Part::Heading(h) => flow.section(h),
        Part::Subheading(h) => flow.text(h, Style::SUBHEADING),
        Part::Lead(text) => flow.text(text, Style::STRONG),
        Part::Paragraph(text) => flow.text(text, Style::BODY),
        Part::Figure(figure) => draw(flow, figure),
        Part::Table(table, more) => {
            tables::write(flow, table);
            if let Some(words) = missing(*more) {
                flow.text(&words, Style::SMALL);
            }
        }
        Part::Tiles(all) => tiles(flow, all),
        Part::LeftOut(captions) => flow.text(&elsewhere(captions), Style::SMALL),
    }
}

/// Room for a heading, what the section says, and the chart that it begins with.
fn opening(section: &[Part<'_>]) -> f64 {
    let first = section
        .iter()
        .skip(1)
        .take_while(|p| !matches!(p, Part::Heading(_)));
    let mut height = 60.0;
    for part in first.take(4) {
        match part {
            Part::Lead(text) => height += Style::STRONG.height(text),
            Part::Figure(figure) => return height + around(figure),
            _ => return height + 60.0,
        }
    }
    height
}

/// Height of a chart with its title and note.
fn around(figure: &Figure) -> f64 {
    figure.drawing.height
        + Style::CAPTION.height(&figure.title)
        + Style::SMALL.height(&figure.note)
        + 8.0
}

fn draw(flow: &mut Flow, figure: &Figure) {
    flow.keep(around(figure));
    flow.text(&figure.title, Style::CAPTION);
    flow.drawing(&figure.drawing);
    flow.text(&figure.note, Style::SMALL);
}

/// Where numbers and their ranges stand.
const NUMBER: f64 = 170.0;
const RANGE: f64 = 232.0;

fn tiles(flow: &mut Flow, all: &[Tile]) {
    flow.space(6.0);
    for tile in all {
        let cells = [
            (tile.label.as_str(), 0.0, NUMBER - 8.0, Style::BODY),
            (
                tile.value.as_str(),
                NUMBER,
                RANGE - NUMBER - 6.0,
                Style::STRONG,
            ),
            (tile.note.as_str(), RANGE, MEASURE - RANGE, Style::QUIET),
        ];
        flow.columns(&cells);
    }
}
