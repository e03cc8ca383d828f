//! Who loses what, and how the scenarios compare.

use entrant_data::result::{Estimate, FirmOutcome, MarketOutcome, ScenarioOutcome};

use super::answer::badge;
use super::{Block, Cell, Chart, Folded, Section, Table, folded_cases};
use crate::format::{self, Unit, status_words};
use crate::story::{Story, case, firm_in, size, title};

const FIRM_COLUMNS: [&str; 8] = [
    "Firm",
    "Units before",
    "Change in units",
    "in %",
    "Share of units",
    "Change in revenue",
    "Change in profit",
    "Mean price",
];

/// Who loses what.
pub fn section(story: &Story<'_>) -> Option<Section> {
    let lead = story.lead()?;
    let chart = Chart {
        name: "losers",
        title: "Change by firm".into(),
        note: format!("{} Left of zero is a loss.", story.dots()),
        tables: firm_tables(story),
    };
    Some(Section {
        id: "losers",
        title: "Who loses what",
        short: "Losers",
        lead: sentences(story, lead),
        blocks: vec![Block::Chart(chart)],
    })
}

/// The scenarios side by side.
pub fn comparison(story: &Story<'_>) -> Option<Section> {
    if story.cases().len() < 2 {
        return None;
    }
    let chart = Chart {
        name: "scenarios",
        title: "The same measures in every scenario".into(),
        note: "The scenario chosen above is in bold.".into(),
        tables: Vec::new(),
    };
    Some(Section {
        id: "scenarios",
        title: "The scenarios side by side",
        short: "Scenarios",
        lead: spread(story),
        blocks: vec![Block::Chart(chart)]
            .into_iter()
            .chain(scenario_tables(story))
            .chain([Block::Folded(Folded::plain(
                "What each scenario changes",
                changes(story),
            ))])
            .collect(),
    })
}

fn firm_tables(story: &Story<'_>) -> Vec<Folded> {
    folded_cases(story, "Firms", |market, caption| {
        let mut firms: Vec<_> = market.firms.iter().collect();
        firms.sort_by(|a, b| size(&b.units).total_cmp(&size(&a.units)));
        let rows = firms.into_iter().map(|f| firm_row(story, f));
        Table::new(caption, &FIRM_COLUMNS).with(rows).unless_empty()
    })
}

fn firm_row(story: &Story<'_>, f: &FirmOutcome) -> Vec<Cell> {
    let money = Unit::Money(&story.money);
    let name = Cell::firm(story, &f.firm);
    vec![
        if f.entrant { name.noted("new") } else { name },
        Cell::number(before(f)),
        Cell::estimate(&f.units.change, Unit::Count, true),
        Cell::maybe(f.units.relative.as_ref(), Unit::Share, true),
        Cell::estimate(&f.unit_share.change, Unit::Points, true),
        Cell::estimate(&f.revenue.change, money, true),
        Cell::estimate(&f.profit.change, money, true),
        Cell::maybe(f.price.relative.as_ref(), Unit::Share, true),
    ]
}

fn before(f: &FirmOutcome) -> String {
    if f.entrant {
        format::NONE.into()
    } else {
        format::median(&f.units.before, Unit::Count, false)
    }
}

fn sentences(story: &Story<'_>, market: &MarketOutcome) -> Vec<String> {
    let most = lowest(market, |f| Some(&f.units.change));
    let hardest = lowest(market, |f| f.units.relative.as_ref());
    let Some((loser, lost)) = most else {
        return vec!["No firm loses units in the median draw.".into()];
    };
    let name = story.scenario().map_or("", title);
    let mut said = vec![format!(
        "In “{name}”, {} loses the most units: {}{}.",
        loser.firm,
        format::estimate(lost, Unit::Count, true),
        part_of_own(loser)
    )];
    if let Some((other, relative)) = hardest.filter(|(f, _)| f.firm != loser.firm) {
        let relative = format::estimate(relative, Unit::Share, true);
        said.push(format!(
            "In proportion to its size, {} is hit hardest: {relative}.",
            other.firm
        ));
    }
    said
}

fn part_of_own(firm: &FirmOutcome) -> String {
    let relative = firm
        .units
        .relative
        .as_ref()
        .filter(|r| r.point().is_finite());
    relative.map_or(String::new(), |r| {
        format!(", or {} of its own", format::median(r, Unit::Share, true))
    })
}

/// The incumbent with the lowest negative median of a number.
fn lowest<'a>(
    market: &'a MarketOutcome,
    of: impl Fn(&'a FirmOutcome) -> Option<&'a Estimate>,
) -> Option<(&'a FirmOutcome, &'a Estimate)> {
    let losers = market.firms.iter().filter(|f| !f.entrant);
    let numbers = losers
        .filter_map(|f| Some((f, of(f)?)))
        .filter(|(_, e)| e.point() < 0.0);
    numbers.min_by(|a, b| a.1.point().total_cmp(&b.1.point()))
}

/// How far the entrant's share moves over the scenarios.
fn spread(story: &Story<'_>) -> Vec<String> {
    let entrant = &story.results.entrant;
    let share = |s: &ScenarioOutcome| {
        let market = case(s, story.markets.first()?)?;
        Some(firm_in(market, entrant)?.unit_share.after.point()).filter(|x| x.is_finite())
    };
    let shares = story
        .results
        .scenarios
        .iter()
        .filter_map(|s| Some((share(s)?, title(s))));
    let mut shares: Vec<_> = shares.collect();
    shares.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (Some(least), Some(most)) = (shares.first(), shares.last()) else {
        return Vec::new();
    };
    let show = |x: f64| format::number(x, Unit::Share, false);
    vec![format!(
        "{entrant}'s share of units sold runs from {} (“{}”) to {} (“{}”) in the median.",
        show(least.0),
        least.1,
        show(most.0),
        most.1
    )]
}

/// Every scenario in every market; where there are all markets together they come first and the
/// others are to unfold.
fn scenario_tables(story: &Story<'_>) -> Vec<Block> {
    let together = story.scenario().is_some_and(|s| s.together.is_some());
    if !together {
        return vec![Block::Table(scenario_table(story, |_| true))];
    }
    // What is folded away is not for paper.
    let mut each = scenario_table(story, |m| m > 0);
    each.class = "";
    vec![
        Block::Table(scenario_table(story, |m| m == 0)),
        Block::Folded(Folded::plain("The scenarios market by market", each)),
    ]
}

/// The scenarios in the markets of these positions.
fn scenario_table(story: &Story<'_>, kept: impl Fn(usize) -> bool) -> Table {
    let results = story.results;
    let mut head = vec!["Scenario".to_string()];
    if !results.entrant.is_empty() {
        head.push(format!("{}: share of units", results.entrant));
    }
    head.extend(results.focus.iter().map(|f| format!("{f}: units")));
    head.extend(["All units", "Consumer surplus"].map(String::from));
    if taxed(story) {
        head.push("Government".to_owned());
    }
    let mut table = Table::new("All scenarios with intervals", &[]);
    table.head = head;
    table.class = "essential";
    let cases = story.cases().into_iter().filter(|(_, m, _, _)| kept(*m));
    table.with(cases.map(|(s, m, scenario, market)| {
        let name = story.case_title(scenario, story.markets[m]);
        scenario_row(
            story,
            Cell::text(name).classed(lead_class(story, s)),
            market,
        )
    }))
}

/// Whether some scenario has taxes.
fn taxed(story: &Story<'_>) -> bool {
    let cases = story.cases();
    cases.iter().any(|(_, _, _, m)| m.government.is_some())
}

fn lead_class(story: &Story<'_>, scenario: usize) -> &'static str {
    if scenario == story.headline {
        "chosen"
    } else {
        ""
    }
}

fn scenario_row(story: &Story<'_>, name: Cell, market: &MarketOutcome) -> Vec<Cell> {
    let results = story.results;
    let status = market.status.worst(market.certificate.status);
    let name = if badge(status) == "good" {
        name
    } else {
        name.noted(status_words(status))
    };
    let mut row = vec![name];
    if !results.entrant.is_empty() {
        let entrant = firm_in(market, &results.entrant).map(|f| &f.unit_share.after);
        row.push(Cell::maybe(entrant, Unit::Share, false));
    }
    for firm in &results.focus {
        let change = firm_in(market, firm).and_then(|f| f.units.relative.as_ref());
        row.push(Cell::maybe(change, Unit::Share, true));
    }
    row.push(Cell::maybe(
        market.units.relative.as_ref(),
        Unit::Share,
        true,
    ));
    let surplus = Unit::Money(&story.money);
    row.push(Cell::estimate(
        &market.consumer_surplus.change,
        surplus,
        true,
    ));
    if taxed(story) {
        row.push(Cell::maybe(market.government.as_ref(), surplus, true));
    }
    row
}

fn changes(story: &Story<'_>) -> Table {
    let rows = story.results.scenarios.iter().map(|s| {
        vec![
            Cell::text(title(s)),
            Cell::text(s.changes.join("; ")),
            Cell::text(&*s.note),
        ]
    });
    Table::new(
        "What each scenario changes",
        &["Scenario", "Changes", "Remark"],
    )
    .with(rows)
}
