//! The market tracker: what several sources say, reconciled.

use entrant_data::result::tracker::{
    EntryValue, Overtaking, TrackedCompany, TrackedCountry, TrackedQuarter, TrackedVendor,
    TrackerReport,
};

use super::drivers::mark_cell;
use super::{Block, Cell, Chart, Folded, Section, Table};
use crate::format::{self, Unit};
use crate::story::{Story, title};
use crate::tracker::{apart, fact, heading, multiple, said, sure};

/// Rows of a table of quarters and vendors on a page; the rest is in the tables.
const ROWS: usize = 400;
/// Overtakings of a country on a page.
const OVERTAKINGS: usize = 12;
/// Vendors named in a cell.
const LEADERS: usize = 3;

/// The tracker; nothing where the study has none.
pub fn section(story: &Story<'_>) -> Option<Section> {
    let report = story.results.tracker.as_deref()?;
    let shown: Vec<&TrackedCountry> = countries(report).collect();
    let mut blocks = Vec::new();
    if !shown.is_empty() {
        blocks.push(Block::Chart(chart(story, &shown)));
    }
    let tables = [
        overtakings(&shown),
        concentration(&shown),
        prices(report),
        companies(report),
        entry_value(story, report),
    ];
    blocks.extend(tables.into_iter().flatten().map(Block::Table));
    let facts = facts(report).map(|t| Block::Folded(Folded::plain("Facts about companies", t)));
    blocks.extend(facts);
    blocks.push(Block::Folded(Folded::plain(
        "How figures are reconciled",
        method(report),
    )));
    blocks.push(Block::Prose(report.notes.clone()));
    Some(Section {
        id: "tracker",
        title: "What the sources say: the market tracker",
        short: "Tracker",
        lead: shown.iter().map(|c| sentence(c)).collect(),
        blocks,
    })
}

/// Countries with shares, which a chart can show.
pub fn countries(report: &TrackerReport) -> impl Iterator<Item = &TrackedCountry> {
    let named = |c: &&TrackedCountry| c.quarters.iter().any(|q| !q.vendors.is_empty());
    report.countries.iter().filter(named)
}

fn sentence(c: &TrackedCountry) -> String {
    let most = c.overtakings.iter().find(|o| o.reconciled);
    let passes = most.map_or_else(String::new, |o| format!(" {}.", passing(o)));
    format!("{}. {}{passes}", heading(c), apart(&c.disagreement))
}

fn passing(o: &Overtaking) -> String {
    format!(
        "{} passes {} in {}, by {} ({})",
        o.passes,
        o.passed,
        o.quarter,
        format::estimate(&o.lead, Unit::Points, false),
        sure(o)
    )
}

fn chart(story: &Story<'_>, shown: &[&TrackedCountry]) -> Chart {
    let level = format::level(story.results.settings.level);
    Chart {
        name: "tracker",
        title: "Share of units by vendor and quarter".into(),
        note: format!(
            "Line and dots: the sources reconciled; band: {level} interval; crosses: what each source says. Where no source says anything the line is broken."
        ),
        tables: shown.iter().map(|c| shares(story, c)).collect(),
    }
}

fn shares(story: &Story<'_>, c: &TrackedCountry) -> Folded {
    let head = [
        "Quarter",
        "Vendor",
        "Rank",
        "Share of units",
        "Units",
        "Share on year",
        "Units on quarter",
        "Units on year",
        "By source",
    ];
    let rows = c
        .quarters
        .iter()
        .flat_map(|q| q.vendors.iter().map(move |v| (q, v)));
    let count = rows.clone().count();
    let rows = rows.take(ROWS).map(|(q, v)| vendor(story, q, v));
    let rest = if count > ROWS {
        format!(" (first {ROWS} of {count} rows; all in tables/tracker_vendors.csv)")
    } else {
        String::new()
    };
    let caption = format!("{}: units and shares{rest}", c.country);
    Folded::plain(
        format!("{} in numbers", c.country),
        Table::new(caption, &head).with(rows),
    )
}

fn vendor(story: &Story<'_>, q: &TrackedQuarter, v: &TrackedVendor) -> Vec<Cell> {
    let rank = v.rank.map_or_else(
        || Cell::number(format::NONE),
        |r| {
            let cell = Cell::number(r.rank.to_string());
            if r.best == r.worst {
                cell
            } else {
                cell.noted(format!("{} to {}", r.best, r.worst))
            }
        },
    );
    let by_source = v.sources.iter().map(|s| {
        let share = format::number(s.value, Unit::Share, false);
        format!("{} {share}", s.source)
    });
    vec![
        Cell::text(q.quarter.to_string()),
        Cell::firm(story, &v.vendor),
        rank,
        Cell::estimate(&v.share, Unit::Share, false),
        Cell::maybe(v.units.as_ref(), Unit::Count, false),
        Cell::maybe(v.points_year.as_ref(), Unit::Points, true),
        Cell::maybe(v.growth_quarter.as_ref(), Unit::Share, true),
        Cell::maybe(v.growth_year.as_ref(), Unit::Share, true),
        Cell::text(by_source.collect::<Vec<_>>().join("; ")),
    ]
}

fn overtakings(shown: &[&TrackedCountry]) -> Option<Table> {
    let head = [
        "Country and quarter",
        "Who passes whom",
        "Lead",
        "Lead before",
        "How surely",
        "Sources",
    ];
    let rows = shown.iter().flat_map(|c| {
        let some = c.overtakings.iter().take(OVERTAKINGS);
        some.map(move |o| overtaking(c, o))
    });
    Table::new(
        "Who passes whom, large vendors and sure changes first",
        &head,
    )
    .with(rows)
    .unless_empty()
}

fn overtaking(c: &TrackedCountry, o: &Overtaking) -> Vec<Cell> {
    let who = Cell::text(format!("{} passes {}", o.passes, o.passed));
    let sources: Vec<String> = o.sources.iter().map(said).collect();
    vec![
        Cell::text(format!("{} {}", c.country, o.quarter)),
        if o.reconciled {
            who
        } else {
            who.noted("in some sources only")
        },
        Cell::estimate(&o.lead, Unit::Points, true),
        Cell::estimate(&o.lead_before, Unit::Points, true).noted(format!("in {}", o.before)),
        Cell::text(sure(o)),
        Cell::text(sources.join("; ")),
    ]
}

fn concentration(shown: &[&TrackedCountry]) -> Option<Table> {
    let head = [
        "Country and quarter",
        "Units",
        "HHI, at least",
        "HHI, at most",
        "Three largest",
        "Largest",
        "Unnamed",
    ];
    let rows = shown.iter().flat_map(|c| {
        let told = c.quarters.iter().filter(|q| q.concentration.is_some());
        told.map(move |q| concentrated(c, q))
    });
    let caption = "Concentration of units: at least, as if every unnamed vendor were tiny; at most, as if each were as large as the third";
    Table::new(caption, &head)
        .with(rows.take(ROWS))
        .unless_empty()
}

fn concentrated(c: &TrackedCountry, q: &TrackedQuarter) -> Vec<Cell> {
    let of = |pick: fn(
        &entrant_data::result::tracker::Concentration,
    ) -> &entrant_data::result::Estimate,
              unit| { Cell::maybe(q.concentration.as_ref().map(pick), unit, false) };
    let leaders = q.vendors.iter().take(LEADERS).map(|v| v.vendor.as_str());
    vec![
        Cell::text(format!("{} {}", c.country, q.quarter)),
        Cell::maybe(q.units.as_ref(), Unit::Count, false),
        of(|x| &x.least, Unit::Count),
        of(|x| &x.most, Unit::Count),
        of(|x| &x.three, Unit::Share),
        Cell::text(leaders.collect::<Vec<_>>().join(", ")),
        Cell::estimate(&q.unnamed, Unit::Share, false),
    ]
}

fn prices(report: &TrackerReport) -> Option<Table> {
    let money = format::currency_prefix(&report.currency);
    let head = ["Country and quarter", "Vendor", "Price", "By source"];
    let price = |c: &TrackedCountry, p: &entrant_data::result::tracker::TrackedPrice| {
        let vendor = if p.vendor.is_empty() {
            "all vendors"
        } else {
            &p.vendor
        };
        let sources = p.sources.iter().map(|s| {
            let value = format::number(s.value, Unit::Price(&money), false);
            format!("{}: {value} ({})", s.source, s.how)
        });
        let cell = Cell::estimate(&p.price, Unit::Price(&money), false);
        vec![
            Cell::text(format!("{} {}", c.country, p.quarter)),
            Cell::text(vendor),
            if p.sources.len() > 1 {
                cell
            } else {
                cell.noted("one source")
            },
            Cell::text(sources.collect::<Vec<_>>().join("; ")),
        ]
    };
    let rows = report
        .countries
        .iter()
        .flat_map(|c| c.prices.iter().map(move |p| price(c, p)));
    Table::new("Average selling prices", &head)
        .with(rows.take(ROWS))
        .unless_empty()
}

fn companies(report: &TrackerReport) -> Option<Table> {
    let head = ["Company", "Value over", "Multiple", "Mark", "Rests on"];
    let row = |c: &TrackedCompany, what: &str, m: &entrant_data::result::tracker::Multiple| {
        vec![
            Cell::text(&*c.company),
            Cell::text(what),
            Cell::number(multiple(m)),
            mark_cell(m.mark),
            Cell::text(format!("{}, {}", m.basis, m.currency)),
        ]
    };
    let rows = report.companies.iter().flat_map(|c| {
        let both = [
            ("revenue of a year", &c.revenue_multiple),
            ("profit of a year", &c.profit_multiple),
        ];
        both.into_iter()
            .filter_map(move |(what, m)| Some(row(c, what, m.as_ref()?)))
    });
    Table::new("What companies are valued at", &head)
        .with(rows)
        .unless_empty()
}

fn facts(report: &TrackerReport) -> Option<Table> {
    let head = ["Company", "Fact", "Of", "Figure", "Mark", "Source"];
    let rows = report.companies.iter().flat_map(|c| {
        c.facts.iter().map(|f| {
            let source = Cell::text(&*f.source);
            vec![
                Cell::text(&*f.company),
                Cell::text(f.kind.word()),
                Cell::text(&*f.period),
                Cell::number(fact(f)),
                mark_cell(f.mark),
                source.noted(&*f.note),
            ]
        })
    });
    Table::new("Facts about companies, with their sources", &head)
        .with(rows.take(ROWS))
        .unless_empty()
}

fn method(report: &TrackerReport) -> Table {
    let rows = report
        .method
        .iter()
        .enumerate()
        .map(|(i, sentence)| vec![Cell::text((i + 1).to_string()), Cell::text(&**sentence)]);
    Table::new("How figures are reconciled", &["Step", "What is done"]).with(rows)
}

fn entry_value(story: &Story<'_>, report: &TrackerReport) -> Option<Table> {
    let head = [
        "Scenario",
        "Revenue a year",
        "adds to value",
        "Variable profit a year",
        "adds to value",
    ];
    let money = Unit::Money(&story.money);
    let row = |v: &EntryValue| {
        let scenario = story.results.scenarios.iter().find(|s| s.id == v.scenario);
        vec![
            Cell::text(scenario.map_or(v.scenario.as_str(), title)),
            Cell::estimate(&v.revenue, money, true),
            Cell::maybe(v.by_revenue.as_ref(), money, true),
            Cell::estimate(&v.profit, money, true),
            Cell::maybe(v.by_profit.as_ref(), money, true),
        ]
    };
    let company = report.entry_value.first().map_or("", |v| &v.company);
    let caption = format!(
        "What entry adds to the value of {company}, if it is valued like the rest of the company, before fixed costs of entry; ranges take both the scenario's and the multiple's ends"
    );
    Table::new(caption, &head)
        .with(report.entry_value.iter().map(row))
        .unless_empty()
}
