//! The page of a back-test: tables and sentences, complete without scripts.

use entrant_data::result::Estimate;
use entrant_data::result::backtest::{
    BacktestDocument, BacktestNumber, ForecastScore, MarketBacktest, PanelBacktest, Scored,
};
use entrant_data::{Finding, Level};

use super::tables::kinds;
use crate::ReportError;
use crate::csv::Sheet;
use crate::format;
use crate::page::still;
use crate::paper::Brief;
use crate::section::{Block, Cell, Folded, Hero, Section, Table, backtest_tables};

pub(super) fn render(d: &BacktestDocument) -> Result<String, ReportError> {
    still(brief(d, Vec::new()).into())
}

/// What is told about a back-test.
pub(super) fn brief(d: &BacktestDocument, sheets: Vec<(String, Sheet)>) -> Brief<'_> {
    let mut sections = Vec::new();
    if let Some(panel) = &d.panel {
        sections.push(scores(panel));
        sections.push(markets(panel));
        sections.extend(followed(panel));
        sections.push(events(panel));
        sections.push(forecasters(panel));
    }
    if let Some(test) = &d.calibrated {
        let tables = backtest_tables(test).into_iter().map(Block::Table);
        sections.push(section(
            "brands",
            "Observed and forecast",
            "Brands",
            tables.collect(),
        ));
    }
    sections.push(diagnostics(&d.findings));
    Brief {
        title: &d.title,
        kicker: "Back-test",
        hero: hero(d),
        sections,
        headline: 0,
        figures: Vec::new(),
        colophon: colophon(d),
        sheets,
    }
}

fn section(
    id: &'static str,
    title: &'static str,
    short: &'static str,
    blocks: Vec<Block>,
) -> Section {
    Section {
        id,
        title,
        short,
        lead: Vec::new(),
        blocks,
    }
}

fn hero(d: &BacktestDocument) -> Hero {
    let worst = d.findings.iter().map(|f| f.level).max();
    let (badge, status, meaning) = match worst {
        Some(Level::Error) => ("bad", "do not rely on it", "a diagnostic failed"),
        Some(Level::Warning) => (
            "fair",
            "read the warnings",
            "every number stands, with remarks",
        ),
        _ => (
            "good",
            "all checks passed",
            "every estimation and every equilibrium is certified",
        ),
    };
    let bad = d.findings.iter().filter(|f| f.level != Level::Ok).count();
    let mut answer = d.answer.iter().cloned();
    Hero {
        question: "What would the study have said before, and what happened?".into(),
        answer: answer
            .next()
            .unwrap_or_else(|| "Nothing was tested.".into()),
        more: answer.collect(),
        badge,
        status,
        meaning: meaning.into(),
        scenario: String::new(),
        tiles: Vec::new(),
        warning: match bad {
            0 => String::new(),
            1 => "1 warning".into(),
            n => format!("{n} warnings"),
        },
    }
}

fn colophon(d: &BacktestDocument) -> Vec<String> {
    let s = &d.settings;
    let mut out = d.notes.clone();
    out.push(format!(
        "entrant {}; {} draws, seed {}, {} intervals; inputs {}.",
        d.version,
        format::count(s.draws),
        s.seed,
        format::level(s.level),
        s.fingerprint
    ));
    out
}

fn scores(panel: &PanelBacktest) -> Section {
    let kinds = [
        Scored::NewShares,
        Scored::StayingShares,
        Scored::FirmShares,
        Scored::TotalShare,
        Scored::NewPrices,
        Scored::StayingPrices,
    ];
    let tables = kinds
        .iter()
        .filter_map(|of| score_table(*of, &panel.scores));
    let mut out = section(
        "scores",
        "How well did each forecaster do?",
        "Scores",
        tables.collect(),
    );
    out.lead = vec![
        "Errors are of logarithms, times 100: about percent. Lower is better; intervals should hold their level.".into(),
    ];
    out
}

fn score_table(of: Scored, all: &[ForecastScore]) -> Option<Block> {
    let rows: Vec<&ForecastScore> = all.iter().filter(|s| s.of == of).collect();
    let caption = format!("{} ({} numbers)", of.words(), rows.first()?.items);
    let head = [
        "Forecaster",
        "Bias",
        "Mean absolute error",
        "CRPS",
        "Inside the interval",
    ];
    let table = Table::new(caption, &head).with(rows.iter().map(|s| {
        vec![
            Cell::text(&*s.forecaster),
            Cell::number(percent(s.bias, true)),
            Cell::number(percent(s.error, false)),
            Cell::number(percent(s.crps, false)),
            Cell::number(s.coverage.map_or(none(), |c| format!("{:.0}%", 100.0 * c))),
        ]
    }));
    Some(Block::Table(table))
}

fn none() -> String {
    format::NONE.into()
}

fn percent(v: Option<f64>, signed: bool) -> String {
    let text = |v: f64| match (signed, v < 0.0) {
        (true, false) => format!("+{:.1}", 100.0 * v),
        _ => format!("{:.1}", 100.0 * v).replace('-', "\u{2212}"),
    };
    v.map_or(none(), text)
}

fn markets(panel: &PanelBacktest) -> Section {
    let head = [
        "Market",
        "Estimation",
        "New of all products",
        "Gone",
        "Draws without prices",
        "Share of all products, %",
        "Forecast, %",
    ];
    let table = Table::new("Markets predicted, by the first forecaster", &head)
        .with(panel.markets.iter().map(market));
    let head = ["Market", "Parameter", "Estimate", "Standard error"];
    let parameters = panel.markets.iter().flat_map(|m| {
        m.parameters.iter().map(move |p| {
            vec![
                Cell::text(&*m.market),
                Cell::text(&*p.name),
                Cell::number(format::scientific(p.estimate)),
                Cell::number(p.error.map_or(none(), format::scientific)),
            ]
        })
    });
    let parameters = Table::new("Estimates from the markets before", &head).with(parameters);
    let folded = Folded::plain("Estimates from the markets before", parameters);
    section(
        "markets",
        "Each market from those before it",
        "Markets",
        vec![Block::Table(table), Block::Folded(folded)],
    )
}

fn market(m: &MarketBacktest) -> Vec<Cell> {
    let bad = m.draws.iter().filter(|c| !c.status.is_usable());
    let lost: usize = bad.map(|c| c.draws).sum();
    let mut row = vec![
        Cell::text(&*m.market),
        Cell::text(m.status.word()).noted(&*m.failure),
        Cell::number(format!("{} of {}", m.new, m.products)),
        Cell::number(m.gone.to_string()),
        Cell::number(lost.to_string()),
    ];
    match &m.total {
        Some(total) => row.extend([observed(total, 2), forecast(total, 2)]),
        None => row.extend([Cell::number(none()), Cell::number(none())]),
    }
    row
}

fn observed(n: &BacktestNumber, digits: usize) -> Cell {
    Cell::number(n.observed.map_or(none(), |v| format!("{v:.digits$}")))
}

/// What the first forecaster said.
fn forecast(n: &BacktestNumber, digits: usize) -> Cell {
    let first = n.forecasts.first().and_then(Option::as_ref);
    let interval = |e: &Estimate| format!("{:.digits$} to {:.digits$}", e.low, e.high);
    first.map_or_else(
        || Cell::number(none()),
        |e| Cell::number(format!("{:.digits$}", e.median)).noted(interval(e)),
    )
}

fn followed(panel: &PanelBacktest) -> Option<Section> {
    let head = [
        "Group",
        "Market",
        "New of all",
        "Share before, %",
        "Share, %",
        "Forecast, %",
        "Mean price",
        "Forecast",
    ];
    let rows = panel.markets.iter().flat_map(|m| {
        m.followed.iter().map(move |g| {
            vec![
                Cell::text(&*g.title),
                Cell::text(&*m.market),
                Cell::number(format!("{} of {}", g.new, g.products)),
                Cell::number(g.share.before.map_or(none(), |v| format!("{v:.3}"))),
                observed(&g.share, 3),
                forecast(&g.share, 3),
                observed(&g.price, 1),
                forecast(&g.price, 1),
            ]
        })
    });
    let table = Table::new("Groups that the study follows", &head).with(rows);
    let block = Block::Table(table.unless_empty()?);
    Some(section(
        "groups",
        "Groups that the study follows",
        "Groups",
        vec![block],
    ))
}

fn events(panel: &PanelBacktest) -> Section {
    let head = [
        "Market",
        "What",
        "Product",
        "Firm",
        "Share before, %",
        "Share, %",
        "Forecast, %",
        "Price",
        "Forecast",
    ];
    let rows = panel.markets.iter().flat_map(|m| {
        kinds(m).into_iter().flat_map(move |(what, all)| {
            all.iter().map(move |e| {
                let was = e
                    .firm_before
                    .as_ref()
                    .map_or(String::new(), |w| format!("before: {w}"));
                vec![
                    Cell::text(&*m.market),
                    Cell::text(what),
                    Cell::text(&*e.product),
                    Cell::text(&*e.firm).noted(was),
                    Cell::number(e.share.before.map_or(none(), |v| format!("{v:.3}"))),
                    observed(&e.share, 3),
                    forecast(&e.share, 3),
                    observed(&e.price, 1),
                    forecast(&e.price, 1),
                ]
            })
        })
    });
    let table = Table::new("The largest of each market", &head).with(rows);
    section(
        "events",
        "What came, went and changed hands",
        "Events",
        vec![Block::Table(table)],
    )
}

fn forecasters(panel: &PanelBacktest) -> Section {
    let rows = panel.forecasters.iter().map(|f| {
        let knows = if f.knows_prices {
            "told the prices that were set"
        } else {
            ""
        };
        vec![
            Cell::text(&*f.name).noted(knows),
            Cell::text(&*f.definition),
        ]
    });
    let table = Table::new("Forecasters", &["Forecaster", "What it does"]).with(rows);
    section(
        "forecasters",
        "Who forecasts, and how",
        "Forecasters",
        vec![Block::Table(table)],
    )
}

fn diagnostics(findings: &[Finding]) -> Section {
    let word = |level: Level| match level {
        Level::Ok => "ok",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let rows = findings.iter().map(|f| {
        vec![
            Cell::text(&*f.code),
            Cell::text(word(f.level)),
            Cell::text(&*f.message).noted(&*f.advice),
        ]
    });
    let table = Table::new("Diagnostics", &["Check", "Result", "What was found"]).with(rows);
    section(
        "diagnostics",
        "Diagnostics",
        "Diagnostics",
        vec![Block::Table(table)],
    )
}
