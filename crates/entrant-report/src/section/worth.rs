//! What the entry is worth against its fixed cost.

use entrant_data::result::{KeepOut, PathCertificate, ScenarioOutcome, Worth, WorthPeriod};

use super::{Block, Cell, Chart, Folded, Section, Table, Tile};
use crate::format::{self, Unit};
use crate::story::{Story, title};

const COLUMNS: [&str; 8] = [
    "Scenario",
    "Profit per period",
    "Break-even fixed cost",
    "Fixed cost",
    "Worth",
    "Loses money in",
    "Paid back in period",
    "Costs the others",
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
    blocks.extend(over_time(story).map(Block::Chart));
    blocks.push(Block::Chart(chart(story)));
    blocks.extend(losses(story).into_iter().map(Block::Folded));
    Some(Section {
        id: "worth",
        title: "What the entry is worth",
        short: "Worth",
        lead: std::iter::once(sentence(story, first, worth))
            .chain(super::timing::rivals(&worth.rivals))
            .collect(),
        blocks,
    })
}

fn scenarios<'a>(
    story: &Story<'a>,
) -> impl Iterator<Item = (usize, &'a ScenarioOutcome, &'a Worth)> {
    let all = story.results.scenarios.iter().enumerate();
    all.filter_map(|(i, s)| Some((i, s, s.worth.as_ref()?)))
}

/// The money of the entry over time; nothing where no worth lists periods.
fn over_time(story: &Story<'_>) -> Option<Chart> {
    let fold = |(i, s, w): (usize, &ScenarioOutcome, &Worth)| {
        let caption = format!("Period by period: {}", title(s));
        let table = Table::new(caption, &PERIOD_COLUMNS)
            .with(w.flow.iter().map(|p| period(story, p)))
            .unless_empty()?;
        Some(Folded {
            case: format!("{i}.*"),
            ..Folded::plain(table.caption.clone(), table)
        })
    };
    let tables: Vec<Folded> = scenarios(story).filter_map(fold).collect();
    (!tables.is_empty()).then(|| Chart {
        name: "cash",
        title: "Discounted money until the end of each period".into(),
        note: format!(
            "The fixed cost is paid at the start. Band: interval over draws; above zero the entry \
             has paid for itself.{}",
            certified(story)
        ),
        tables,
    })
}

/// What stands behind the periods.
fn certified(story: &Story<'_>) -> String {
    let all: Vec<&PathCertificate> = scenarios(story)
        .filter_map(|(_, _, w)| w.solved.as_ref())
        .collect();
    let Some(most) = all.iter().max_by_key(|c| c.equilibria) else {
        return String::new();
    };
    let residual = all.iter().map(|c| c.worst_residual).fold(0.0, f64::max);
    format!(
        " Every period is a market of its own, with and without the entry: up to {} equilibria in \
         each of {} draws, each with its first- and second-order conditions checked, largest \
         residual {}; at most {} draws left out.",
        format::count(most.equilibria),
        format::count(most.draws),
        format::scientific(residual),
        all.iter().map(|c| c.lost).max().unwrap_or(0)
    )
}

const PERIOD_COLUMNS: [&str; 7] = [
    "Period",
    "Awareness, times the scenario's",
    "Units",
    "Variable profit",
    "After running cost",
    "Discounted until now",
    "Paid back in",
];

fn period(story: &Story<'_>, p: &WorthPeriod) -> Vec<Cell> {
    let money = Unit::Money(&story.money);
    vec![
        Cell::text(p.period.to_string()).classed("n"),
        Cell::estimate(&p.reach, Unit::Plain, false),
        Cell::estimate(&p.units, Unit::Count, false),
        Cell::estimate(&p.profit, money, false),
        Cell::estimate(&p.cash, money, true),
        Cell::estimate(&p.position, money, true),
        Cell::number(chance(p.paid_back)),
    ]
}

fn chance(x: f64) -> String {
    format::number(x, Unit::Chance, false)
}

/// What the newcomer costs each of the others.
fn losses(story: &Story<'_>) -> Vec<Folded> {
    let money = Unit::Money(&story.money);
    let fold = |(i, s, w): (usize, &ScenarioOutcome, &Worth)| {
        let caption = format!(
            "What {} costs the others over {} periods, the most each would pay to keep it out: {}",
            w.firm,
            w.periods,
            title(s)
        );
        let mut all: Vec<&KeepOut> = w.incumbents.iter().collect();
        all.sort_by(|a, b| b.loss.point().total_cmp(&a.loss.point()));
        let row = |k: &KeepOut| {
            vec![
                Cell::firm(story, &k.firm),
                Cell::estimate(&k.loss, money, true),
            ]
        };
        let together = w
            .together
            .as_ref()
            .map(|e| vec![Cell::text("All together"), Cell::estimate(e, money, true)]);
        let table = Table::new(caption, &["Firm", "Discounted profit lost"])
            .with(all.into_iter().map(row))
            .with(together);
        Some(Folded {
            case: format!("{i}.*"),
            ..Folded::plain(table.caption.clone(), table.unless_empty()?)
        })
    };
    scenarios(story).filter_map(fold).collect()
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
        Cell::number(chance(w.loss_probability)),
        Cell::number(paid_back(w)).noted(never(w)),
        Cell::maybe(w.together.as_ref(), money, true),
    ]
}

/// Period in which half of the draws are paid back.
fn paid_back(w: &Worth) -> String {
    w.payback.map_or(format::NONE.into(), |t| t.to_string())
}

fn never(w: &Worth) -> String {
    if w.never.is_finite() {
        format!(
            "not by period {} in {} of draws",
            w.periods,
            chance(w.never)
        )
    } else {
        String::new()
    }
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
            Tile {
                label: "Paid back in period".into(),
                value: paid_back(w),
                note: never(w),
                tone: "",
            },
        ],
    )
}

fn sentence(story: &Story<'_>, scenario: &ScenarioOutcome, w: &Worth) -> String {
    let money = Unit::Money(&story.money);
    let running = match &w.running_cost {
        Some(e) => format!(
            " after {} a period for being there",
            format::median(e, money, false)
        ),
        None => String::new(),
    };
    format!(
        "In “{}”, {}'s variable profit over {} periods, discounted{running}, pays for a fixed cost \
         of {}. Against a fixed cost of {} the entry loses money in {} of draws.{}",
        title(scenario),
        w.firm,
        w.periods,
        format::estimate(&w.break_even, money, false),
        format::estimate(&w.fixed_cost, money, false),
        chance(w.loss_probability),
        others(story, w)
    )
}

/// What the entry costs those who are there already.
fn others(story: &Story<'_>, w: &Worth) -> String {
    let Some(together) = w.together.as_ref().filter(|e| e.point().is_finite()) else {
        return String::new();
    };
    let money = Unit::Money(&story.money);
    format!(
        " It costs the others together {} over the same time; in {} of draws it is worth something \
         and costs them more than it is worth.",
        format::estimate(together, money, false),
        chance(w.outbid)
    )
}
