//! What the entry is worth against its fixed cost.

use entrant_data::result::{ScenarioOutcome, Worth};

use super::{Block, Cell, Chart, Folded, Section, Table, Tile};
use crate::format::{self, Unit};
use crate::story::{Story, title};

const COLUMNS: [&str; 6] = [
    "Scenario",
    "Profit per period",
    "Break-even fixed cost",
    "Fixed cost",
    "Worth",
    "Loses money in",
];

/// What the entry is worth; nothing where no scenario asks.
pub fn section(story: &Story<'_>) -> Option<Section> {
    let asked: Vec<_> = scenarios(story).collect();
    let (_, first, worth) = asked
        .iter()
        .find(|(i, ..)| *i == story.headline)
        .or(asked.first())?;
    let mut blocks: Vec<_> = asked
        .iter()
        .map(|(i, s, w)| tiles(story, *i, s, w))
        .collect();
    blocks.push(Block::Chart(chart(story)));
    Some(Section {
        id: "worth",
        title: "What the entry is worth",
        short: "Worth",
        lead: vec![sentence(story, first, worth)],
        blocks,
    })
}

fn scenarios<'a>(
    story: &Story<'a>,
) -> impl Iterator<Item = (usize, &'a ScenarioOutcome, &'a Worth)> {
    let all = story.results.scenarios.iter().enumerate();
    all.filter_map(|(i, s)| Some((i, s, s.worth.as_ref()?)))
}

fn chart(story: &Story<'_>) -> Chart {
    let rows = scenarios(story).map(|(_, s, w)| row(story, s, w));
    let table = Table::new("Worth of the entry by scenario", &COLUMNS).with(rows);
    let curves = scenarios(story).filter_map(|(i, s, w)| Some((i, curve(story, s, w)?)));
    let mut tables = vec![Folded::plain("Worth in numbers, all scenarios", table)];
    tables.extend(curves.map(|(i, t)| Folded {
        case: format!("{i}.*"),
        ..Folded::plain(t.caption.clone(), t)
    }));
    Chart {
        name: "worth",
        title: "Chance that discounted profit covers a fixed cost".into(),
        note: "Band: interval of the study's own fixed cost; dashed: its median.".into(),
        tables,
    }
}

fn row(story: &Story<'_>, scenario: &ScenarioOutcome, w: &Worth) -> Vec<Cell> {
    let money = Unit::Money(&story.money);
    vec![
        Cell::text(title(scenario)),
        Cell::estimate(&w.profit, money, false),
        Cell::estimate(&w.break_even, money, false),
        Cell::estimate(&w.fixed_cost, money, false),
        Cell::estimate(&w.value, money, true),
        Cell::number(format::number(w.loss_probability, Unit::Chance, false)),
    ]
}

fn curve(story: &Story<'_>, scenario: &ScenarioOutcome, w: &Worth) -> Option<Table> {
    let caption = format!("Chance of covering a fixed cost: {}", title(scenario));
    let rows = w.curve.iter().map(|p| {
        let cost = format::number(p.fixed_cost, Unit::Money(&story.money), false);
        let chance = format::number(p.probability, Unit::Chance, false);
        vec![Cell::text(cost).classed("n"), Cell::number(chance)]
    });
    Table::new(caption, &["Fixed cost", "Chance"])
        .with(rows)
        .unless_empty()
}

fn tiles(story: &Story<'_>, i: usize, scenario: &ScenarioOutcome, w: &Worth) -> Block {
    let money = Unit::Money(&story.money);
    let tile = |label: &str, e, signed| Tile {
        label: label.into(),
        value: format::median(e, money, signed),
        note: format::interval(e, money, signed),
        tone: "",
    };
    let loss = Tile {
        label: "Loses money in".into(),
        value: format::number(w.loss_probability, Unit::Chance, false),
        note: "of draws".into(),
        tone: "",
    };
    let break_even = format!("Break-even fixed cost over {} periods", w.periods);
    Block::ScenarioTiles(
        title(scenario).into(),
        i,
        vec![
            tile(&break_even, &w.break_even, false),
            tile("Fixed cost", &w.fixed_cost, false),
            tile("Worth", &w.value, true),
            loss,
        ],
    )
}

fn sentence(story: &Story<'_>, scenario: &ScenarioOutcome, w: &Worth) -> String {
    let money = Unit::Money(&story.money);
    format!(
        "In “{}”, {}'s variable profit over {} periods, discounted, pays for a fixed cost of {}. \
         Against a fixed cost of {} the entry loses money in {} of draws.",
        title(scenario),
        w.firm,
        w.periods,
        format::estimate(&w.break_even, money, false),
        format::estimate(&w.fixed_cost, money, false),
        format::number(w.loss_probability, Unit::Chance, false)
    )
}
