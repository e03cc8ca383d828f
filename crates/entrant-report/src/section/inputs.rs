//! Where the inputs come from.

use entrant_data::Mark;
use entrant_data::result::InputReport;

use super::drivers::mark_cell;
use super::{Block, Cell, Folded, Section, Table};
use crate::format::{self, Unit};
use crate::story::Story;

/// Where the inputs come from.
pub fn section(story: &Story<'_>) -> Option<Section> {
    let inputs = &story.results.inputs;
    let (unsure, known): (Vec<_>, Vec<_>) = inputs.iter().partition(|i| i.uncertain);
    let uncertain = table("Uncertain inputs", &unsure)
        .unless_empty()
        .map(Block::Table);
    let known = table("Inputs taken as known", &known)
        .unless_empty()
        .map(|t| {
            let summary = format!("{} inputs taken as known", t.rows.len());
            Block::Folded(Folded::plain(summary, t))
        });
    let blocks: Vec<_> = uncertain.into_iter().chain(known).collect();
    (!blocks.is_empty()).then(|| Section {
        id: "inputs",
        title: "Where the inputs come from",
        short: "Inputs",
        lead: vec![sentence(inputs)],
        blocks,
    })
}

fn table(caption: &str, inputs: &[&InputReport]) -> Table {
    let head = ["Input", "How it varies", "Value", "Mark", "Source"];
    Table::new(caption, &head).with(inputs.iter().map(|i| row(i)))
}

fn row(i: &InputReport) -> Vec<Cell> {
    vec![
        Cell::text(i.words()).noted(&*i.note),
        Cell::text(&*i.distribution),
        Cell::number(plain(i.value.point())).noted(format::interval(&i.value, Unit::Plain, false)),
        mark_cell(i.mark),
        Cell::text(&*i.source),
    ]
}

fn plain(x: f64) -> String {
    format::number(x, Unit::Plain, false)
}

fn sentence(inputs: &[InputReport]) -> String {
    let of = |mark| inputs.iter().filter(|i| i.mark == mark).count();
    let parts: Vec<_> = Mark::ALL
        .iter()
        .map(|m| format!("{} {}", of(*m), m.word()))
        .collect();
    let unsure = inputs.iter().filter(|i| i.uncertain).count();
    format!(
        "{} inputs, {unsure} of them uncertain: {}.",
        inputs.len(),
        parts.join(", ")
    )
}
