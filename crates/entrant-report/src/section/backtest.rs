//! The back-test: what the method would have said about an entry that happened.

use entrant_data::result::{BacktestReport, BacktestRow, BacktestScore};

use super::{Block, Cell, Chart, Folded, Section, Table};
use crate::format::{self, Unit};
use crate::story::Story;

/// The back-test; nothing where the study has none.
pub fn section(story: &Story<'_>) -> Option<Section> {
    let test = story.results.backtest.as_ref()?;
    let chart = Chart {
        name: "backtest",
        title: format!("Share of units by brand: {}", test.market),
        note: "Ring: before; bar: observed after; dots: forecasts with their intervals.".into(),
        tables: vec![Folded::plain("Back-test in numbers", rows(test))],
    };
    Some(Section {
        id: "backtest",
        title: "Would it have been right before? The back-test",
        short: "Back-test",
        lead: sentence(test).into_iter().collect(),
        blocks: vec![Block::Chart(chart), Block::Table(scores(test))],
    })
}

/// What a back-test alone shows, without a chart.
pub fn tables(test: &BacktestReport) -> [Table; 2] {
    [rows(test), scores(test)]
}

fn rows(test: &BacktestReport) -> Table {
    let mut table = Table::new(
        "Observed and forecast shares of units",
        &["Brand", "Before", "Observed"],
    );
    table
        .head
        .extend(test.scores.iter().map(|s| s.forecaster.clone()));
    table.with(test.rows.iter().map(row))
}

fn row(r: &BacktestRow) -> Vec<Cell> {
    let observed = [r.before, r.observed].map(|x| format::number(x, Unit::Percent, false));
    let forecasts = r
        .forecasts
        .iter()
        .map(|e| Cell::estimate(e, Unit::Percent, false));
    let cells = std::iter::once(Cell::text(&*r.brand)).chain(observed.map(Cell::number));
    cells.chain(forecasts).collect()
}

fn scores(test: &BacktestReport) -> Table {
    let head = [
        "Forecaster",
        "Mean error, points",
        "without the conditioning brand",
        "CRPS, points",
        "Inside the interval",
    ];
    let caption = "Scores: lower errors are better; the interval should cover its level";
    Table::new(caption, &head).with(test.scores.iter().map(|s| score_row(test, s)))
}

fn score_row(test: &BacktestReport, s: &BacktestScore) -> Vec<Cell> {
    let name = Cell::text(&*s.forecaster);
    let given = format!("knows the share of {}", test.conditioning);
    let plain = |x| Cell::number(format::number(x, Unit::Plain, false));
    vec![
        if s.conditional {
            name.noted(given)
        } else {
            name
        },
        plain(s.mean_absolute_error),
        plain(s.mean_absolute_error_others),
        plain(s.crps),
        Cell::number(format::number(s.coverage, Unit::Chance, false)),
    ]
}

fn sentence(test: &BacktestReport) -> Option<String> {
    let error = |s: &&BacktestScore| s.mean_absolute_error;
    let best = test
        .scores
        .iter()
        .min_by(|a, b| error(a).total_cmp(&error(b)))?;
    let worst = test
        .scores
        .iter()
        .max_by(|a, b| error(a).total_cmp(&error(b)))?;
    let show = |s: &BacktestScore| format::number(s.mean_absolute_error, Unit::Plain, false);
    Some(format!(
        "The smallest mean error is that of “{}”: {} points; the largest that of “{}”: {} points.",
        best.forecaster,
        show(best),
        worst.forecaster,
        show(worst)
    ))
}
