//! The forecast beside historical entries.

use entrant_data::result::BenchmarkReport;

use super::drivers::mark_cell;
use super::{Block, Cell, Chart, Folded, Section, Table};
use crate::format::{self, Unit};
use crate::story::{Story, title};

/// The forecast beside history; nothing where the study names no history.
pub fn section(story: &Story<'_>) -> Option<Section> {
    let all = &story.results.benchmarks;
    let head = [
        "Historical entry",
        "History",
        "Forecast",
        "Scenario",
        "Verdict",
        "Mark",
        "Source",
    ];
    let table = Table::new("Forecast shares of units beside history", &head)
        .with(all.iter().map(|b| row(story, b)))
        .unless_empty()?;
    let chart = Chart {
        name: "history",
        title: "Entrant's share of units sold, beside what entrants reached before".into(),
        note: "Bar: what history shows; dot and line: the forecast with its interval.".into(),
        tables: vec![Folded::plain("History in numbers", table)],
    };
    Some(Section {
        id: "history",
        title: "Is that plausible? The forecast beside history",
        short: "History",
        lead: vec![sentence(all)],
        blocks: vec![Block::Chart(chart)],
    })
}

fn row(story: &Story<'_>, b: &BenchmarkReport) -> Vec<Cell> {
    let scenario = story.results.scenarios.iter().find(|s| s.id == b.scenario);
    vec![
        Cell::text(&*b.name),
        Cell::number(band(b)),
        Cell::estimate(&b.forecast, Unit::Share, false),
        Cell::text(scenario.map_or(b.scenario.as_str(), title)),
        Cell::text(&*b.verdict),
        mark_cell(b.mark),
        Cell::text(&*b.source),
    ]
}

fn band(b: &BenchmarkReport) -> String {
    let show = |x| format::number(x, Unit::Share, false);
    if b.low.total_cmp(&b.high).is_eq() {
        return show(b.low);
    }
    format!("{} to {}", show(b.low), show(b.high))
}

fn sentence(all: &[BenchmarkReport]) -> String {
    let meets = |b: &&BenchmarkReport| matches!(b.verdict.as_str(), "inside" | "overlaps");
    let met = all.iter().filter(meets).count();
    let above = all.iter().filter(|b| b.verdict == "above").count();
    let below = all.iter().filter(|b| b.verdict == "below").count();
    format!(
        "Of {} comparisons with entries that happened, the forecast's interval meets history in \
         {met}, lies above it in {above} and below it in {below}.",
        all.len()
    )
}
