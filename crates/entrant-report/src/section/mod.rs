//! The page as data: sections of charts, tables and sentences, in the order of the story.

mod answer;
mod backtest;
mod capacity;
mod drivers;
pub mod estimates;
mod games;
mod history;
mod inputs;
mod losers;
mod method;
pub mod premiums;
mod pressure;
mod prices;
pub mod substitutes;
mod surfaces;
mod table;
mod timing;
mod tracker;
pub mod transfer;
mod volume;
mod worth;

pub use answer::{Hero, badge, colophon, hero};
pub use backtest::tables as backtest_tables;
pub use capacity::sentence as capacity_words;
pub use drivers::part as driver_words;
pub use games::answer as game_words;
pub use method::{draws as draws_words, worst_gain};
pub use pressure::{sentence as pressure_words, taxes as tax_words};
pub use surfaces::{answer as surface_words, value as surface_value};
pub use table::{Cell, Table};
pub use timing::sentences as timing_words;
pub use tracker::countries as tracker_countries;
pub use volume::source_name;

use crate::story::Story;

/// A part of the page with its heading and what it says in a sentence or two.
#[derive(Debug)]
pub struct Section {
    /// Anchor.
    pub id: &'static str,
    /// Heading.
    pub title: &'static str,
    /// Heading in a word, for the table of contents.
    pub short: &'static str,
    /// What the section says.
    pub lead: Vec<String>,
    /// Charts and tables.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug)]
pub enum Block {
    /// A chart and the tables behind it.
    Chart(Chart),
    /// A table in plain sight.
    Table(Table),
    /// A table to unfold.
    Folded(Folded),
    /// Numbers to see at a glance of one scenario.
    ScenarioTiles(String, usize, Vec<Tile>),
    /// Sentences.
    Prose(Vec<String>),
    /// A heading inside the section.
    Heading(&'static str),
}

/// A chart, drawn by the script, and the tables that say the same without it.
#[derive(Debug)]
pub struct Chart {
    /// Name by which the script knows it.
    pub name: &'static str,
    /// What it shows.
    pub title: String,
    /// How to read it.
    pub note: String,
    /// The tables behind it.
    pub tables: Vec<Folded>,
}

/// A table to unfold.
#[derive(Debug)]
pub struct Folded {
    /// Line to unfold it by.
    pub summary: String,
    /// Scenario and market, `scenario.market`, with `*` for all markets; empty for a table of
    /// no one scenario.
    pub case: String,
    /// Whether it is unfolded at first.
    pub open: bool,
    /// The table.
    pub table: Table,
}

/// A number to see at a glance.
#[derive(Debug)]
pub struct Tile {
    /// What it is.
    pub label: String,
    /// The number.
    pub value: String,
    /// Its range or a remark.
    pub note: String,
    /// Colour.
    pub tone: &'static str,
}

impl Folded {
    /// A table behind a chart that no scenario changes.
    pub fn plain(summary: impl Into<String>, table: Table) -> Self {
        Folded {
            summary: summary.into(),
            case: String::new(),
            open: false,
            table,
        }
    }
}

/// Sections that follow the chosen scenario and market.
pub fn switched(story: &Story<'_>) -> Vec<Section> {
    let sections = [
        losers::section(story),
        losers::comparison(story),
        prices::section(story),
        volume::section(story),
        worth::section(story),
    ];
    sections.into_iter().flatten().collect()
}

/// Sections that stand for all scenarios or the headline.
pub fn rest(story: &Story<'_>) -> Vec<Section> {
    let sections = [
        timing::section(story),
        games::section(story),
        surfaces::section(story),
        premiums::section(story),
        transfer::section(story),
        substitutes::section(story),
        drivers::section(story),
        history::section(story),
        backtest::section(story),
        tracker::section(story),
        inputs::section(story),
        Some(method::section(story)),
        method::diagnostics(story),
    ];
    sections.into_iter().flatten().collect()
}

/// One folded table per scenario and market, the headline's first in sight.
fn folded_cases(
    story: &Story<'_>,
    what: &str,
    table: impl Fn(&entrant_data::result::MarketOutcome, String) -> Option<Table>,
) -> Vec<Folded> {
    let fold = |(s, m, scenario, case)| {
        let name: String = story.case_title(scenario, story.markets[m]);
        let caption = format!("{what}: {name}");
        Some(Folded {
            summary: format!("{what} in numbers: {name}"),
            case: format!("{s}.{m}"),
            open: s == story.headline && m == 0,
            table: table(case, caption)?,
        })
    };
    story.cases().into_iter().filter_map(fold).collect()
}
