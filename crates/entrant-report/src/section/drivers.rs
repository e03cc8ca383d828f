//! What drives the uncertainty.

use entrant_data::result::{Driver, DriverTable};

use super::{Block, Cell, Chart, Folded, Section, Table};
use crate::format::{self, Unit};
use crate::story::{Story, title};

/// What drives the uncertainty; nothing where nothing is uncertain.
pub fn section(story: &Story<'_>) -> Option<Section> {
    let first = story.results.drivers.first()?;
    let tables = story
        .results
        .drivers
        .iter()
        .map(|t| folded(story, t))
        .collect();
    let drivers = Chart {
        name: "drivers",
        title: "Share of an outcome's variance that one input explains alone".into(),
        note: "▲ the outcome rises with the input, ▼ it falls. Colour: how firm the input is."
            .into(),
        tables,
    };
    let marks = Chart {
        name: "marks",
        title: "How much of the width rests on each kind of input".into(),
        note: "Verified: read in the source named. Derived: arithmetic on verified figures. \
               Recalled: from general knowledge. Assumed: chosen for the study."
            .into(),
        tables: vec![Folded::plain(
            "Kinds of input in numbers",
            marks_table(story),
        )],
    };
    Some(Section {
        id: "drivers",
        title: "What drives the uncertainty",
        short: "Uncertainty",
        lead: sentence(story, first).into_iter().collect(),
        blocks: if story.results.estimation.is_some() {
            vec![Block::Chart(drivers)]
        } else {
            vec![Block::Chart(drivers), Block::Chart(marks)]
        },
    })
}

/// A driver table's outcome and scenario in words.
pub fn outcome_name(story: &Story<'_>, table: &DriverTable) -> String {
    let scenario = story
        .results
        .scenarios
        .iter()
        .find(|s| s.id == table.scenario);
    format!(
        "{} (“{}”)",
        table.outcome,
        scenario.map_or(table.scenario.as_str(), title)
    )
}

fn folded(story: &Story<'_>, t: &DriverTable) -> Folded {
    let name = outcome_name(story, t);
    let unexplained = vec![
        Cell::text("no single input (interactions, sampling)"),
        Cell::number(format::number(t.unexplained, Unit::Chance, false)),
        Cell::default(),
        Cell::default(),
    ];
    let head = ["Input", "Share of variance", "Direction", "Mark"];
    let rows = t.drivers.iter().map(row).chain([unexplained]);
    let table = Table::new(format!("What drives {name}"), &head).with(rows);
    Folded::plain(format!("Drivers in numbers: {name}"), table)
}

fn row(d: &Driver) -> Vec<Cell> {
    let direction = match d.direction {
        1 => "▲ rises",
        -1 => "▼ falls",
        _ => "mixed",
    };
    vec![
        Cell::text(d.words()),
        Cell::number(format::number(d.share, Unit::Chance, false)),
        Cell::text(direction),
        mark_cell(d.mark),
    ]
}

/// A mark with its colour.
pub fn mark_cell(mark: entrant_data::Mark) -> Cell {
    Cell {
        tone: mark_tone(mark),
        ..Cell::text(mark.word())
    }
}

fn mark_tone(mark: entrant_data::Mark) -> &'static str {
    match mark {
        entrant_data::Mark::Verified => "m0",
        entrant_data::Mark::Derived => "m1",
        entrant_data::Mark::Recalled => "m2",
        entrant_data::Mark::Assumed => "m3",
    }
}

fn marks_table(story: &Story<'_>) -> Table {
    let rows = story.results.drivers.iter().flat_map(|t| {
        t.marks.iter().map(|m| {
            vec![
                Cell::text(outcome_name(story, t)),
                mark_cell(m.mark),
                Cell::number(format::number(m.share, Unit::Chance, false)),
                Cell::number(m.inputs.to_string()),
            ]
        })
    });
    let head = ["Outcome", "Mark", "Share of explained variance", "Inputs"];
    Table::new(
        "Share of the explained variance by mark of the inputs",
        &head,
    )
    .with(rows)
}

fn sentence(story: &Story<'_>, table: &DriverTable) -> Option<String> {
    let top: Vec<_> = table.drivers.iter().take(3).map(part).collect();
    let last = top.last()?;
    let all = match &top[..top.len() - 1] {
        [] => last.clone(),
        first => format!("{} and {last}", first.join(", ")),
    };
    Some(format!(
        "The width of {} comes mostly from {all}.",
        outcome_name(story, table)
    ))
}

/// A driver in words: its name, its share, its mark.
pub fn part(d: &Driver) -> String {
    let share = format::number(d.share, Unit::Chance, false);
    format!("{} ({share}, {})", d.words(), d.mark.word())
}
