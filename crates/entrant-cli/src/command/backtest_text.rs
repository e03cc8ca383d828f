//! A back-test on a terminal.

use entrant::data::result::backtest::{
    BacktestDocument, BacktestEvent, BacktestNumber, FollowedGroup, ForecastScore, MarketBacktest,
    PanelBacktest, Scored,
};
use entrant::data::result::{BacktestReport, BacktestScore, Estimate};
use entrant::data::{Finding, Level};
use entrant::report::format::{self, Unit};

use super::table::{ascii, table};
use crate::plain::{visible, wrap};

/// Scores, markets, what came and went, and what to keep in mind.
pub(super) fn text(d: &BacktestDocument, width: usize) -> String {
    let mut parts = vec![head(d, width)];
    if let Some(panel) = &d.panel {
        parts.push(scores(panel, d.settings.level, width));
        parts.push(markets(panel, width));
        parts.push(events(panel, width));
        parts.push(followed(panel, width));
    }
    if let Some(test) = &d.calibrated {
        parts.push(brands(test, width));
        parts.push(brand_scores(test, width));
    }
    parts.push(sentences(d, width));
    parts.push(warnings(&d.findings, width));
    parts.retain(|p| !p.is_empty());
    parts.join("\n\n") + "\n"
}

fn head(d: &BacktestDocument, width: usize) -> String {
    let level = format::level(d.settings.level);
    let draws = format::count(d.settings.draws);
    let what = match (&d.panel, &d.calibrated) {
        (Some(p), _) => {
            let ids = |m: Option<&MarketBacktest>| m.map_or("none", |m| &m.market).to_owned();
            format!(
                "Back-test of {} markets ({} to {}), each predicted from those before it; {draws} draws, {level} intervals",
                p.markets.len(),
                visible(&ids(p.markets.first())),
                visible(&ids(p.markets.last())),
            )
        }
        (None, Some(b)) => format!(
            "Back-test of {}: scenarios against observed shares; {draws} draws, {level} intervals",
            visible(&b.market)
        ),
        (None, None) => "Nothing was tested.".into(),
    };
    [wrap(&visible(&d.title), width, 2), wrap(&what, width, 2)].join("\n")
}

fn sentences(d: &BacktestDocument, width: usize) -> String {
    let lines = d.answer.iter().map(|s| wrap(&visible(s), width, 2));
    lines.collect::<Vec<_>>().join("\n")
}

/// Diagnostics that did not pass, one line each.
fn warnings(findings: &[Finding], width: usize) -> String {
    let bad = findings.iter().filter(|f| f.level != Level::Ok);
    let lines = bad.map(|f| wrap(&format!("! {}", visible(&f.message)), width, 2));
    lines.collect::<Vec<_>>().join("\n")
}

/// Every kind of score, in percent.
const ALL: [Scored; 6] = [
    Scored::NewShares,
    Scored::StayingShares,
    Scored::FirmShares,
    Scored::TotalShare,
    Scored::NewPrices,
    Scored::StayingPrices,
];

fn scores(panel: &PanelBacktest, level: f64, width: usize) -> String {
    let mut parts = vec![wrap(
        &format!(
            "Errors of logarithms times 100, about percent: mean (bias), mean absolute, CRPS; lower is better. Held: part of the numbers inside {} intervals.",
            format::level(level)
        ),
        width,
        2,
    )];
    for of in ALL {
        let rows: Vec<&ForecastScore> = panel.scores.iter().filter(|s| s.of == of).collect();
        if let Some(first) = rows.first() {
            let title = format!("{} ({})", capital(of.words()), first.items);
            parts.push(table(
                &[&title, "Bias", "Error", "CRPS", "Held"],
                rows.iter().map(|s| score(s)),
                &[1, 2, 3, 4],
                width,
            ));
        }
    }
    parts.join("\n\n")
}

fn score(s: &ForecastScore) -> Vec<String> {
    let percent = |v: Option<f64>| v.map_or("n/a".into(), |v| format!("{:.1}", 100.0 * v));
    let bias = s
        .bias
        .map_or("n/a".into(), |v| format!("{:+.1}", 100.0 * v));
    let held = s
        .coverage
        .map_or("n/a".into(), |v| format!("{:.0}%", 100.0 * v));
    vec![
        format!("  {}", visible(&s.forecaster)),
        bias,
        percent(s.error),
        percent(s.crps),
        held,
    ]
}

fn markets(panel: &PanelBacktest, width: usize) -> String {
    let rows = panel.markets.iter().map(|m| {
        let crps = |of: Scored| own(panel, m, of).and_then(|s| s.crps);
        let held = |of: Scored| own(panel, m, of).and_then(|s| s.coverage);
        let number = |v: Option<f64>| v.map_or("n/a".into(), |v| format!("{:.0}", 100.0 * v));
        let total = m.total.as_ref();
        vec![
            visible(&m.market),
            m.status.word().into(),
            format!("{}/{}", m.new, m.products),
            number(crps(Scored::NewShares)),
            number(held(Scored::NewShares)),
            number(crps(Scored::StayingShares)),
            number(held(Scored::StayingShares)),
            total.map_or(String::new(), |t| observed(t, 1)),
            total.map_or(String::new(), |t| forecast(t, 1)),
        ]
    });
    let head = [
        "Market", "Fit", "New", "CRPS", "Held", "CRPS", "Held", "All %", "Forecast",
    ];
    let title = "Each market by the first forecaster: CRPS and intervals for the shares of new products, then of staying ones; share of all products";
    let table = table(&head, rows, &[2, 3, 4, 5, 6, 7, 8], width);
    titled(title, table, width)
}

/// The score of the first forecaster in a market.
fn own<'a>(panel: &PanelBacktest, m: &'a MarketBacktest, of: Scored) -> Option<&'a ForecastScore> {
    let name = &panel.forecasters.first()?.name;
    m.scores
        .iter()
        .find(|s| s.of == of && s.forecaster == *name)
}

fn observed(n: &BacktestNumber, digits: usize) -> String {
    n.observed
        .map_or("none".into(), |v| format!("{v:.digits$}"))
}

fn interval(e: &Estimate, digits: usize) -> String {
    format!(
        "{:.digits$} ({:.digits$}-{:.digits$})",
        e.median, e.low, e.high
    )
}

/// What the first forecaster said.
fn forecast(n: &BacktestNumber, digits: usize) -> String {
    let first = n.forecasts.first().and_then(Option::as_ref);
    first.map_or(String::new(), |e| interval(e, digits))
}

/// The largest entry of each market, changes of owner, and the largest exits.
fn events(panel: &PanelBacktest, width: usize) -> String {
    let mut rows = Vec::new();
    for m in &panel.markets {
        let mut add = |e: &BacktestEvent| {
            let firm = match &e.firm_before {
                Some(was) => format!("{} to {}", visible(was), visible(&e.firm)),
                None => visible(&e.firm),
            };
            rows.push(vec![
                visible(&m.market),
                visible(&e.product),
                firm,
                observed(&e.share, 2),
                forecast(&e.share, 2),
                observed(&e.price, 1),
                forecast(&e.price, 1),
            ]);
        };
        m.entries.iter().take(1).for_each(&mut add);
        m.owners.iter().for_each(&mut add);
    }
    let head = [
        "Market", "Product", "Firm", "Share %", "Forecast", "Price", "Forecast",
    ];
    let title = "The largest new product of each market, and products that changed hands";
    let table = table(&head, rows.into_iter(), &[3, 4, 5, 6], width);
    let exits = panel.markets.iter().filter_map(|m| {
        let e = m.exits.first()?;
        let share = e
            .share
            .before
            .map_or(String::new(), |v| format!(" ({v:.2}%)"));
        Some(format!(
            "{} {}{share}",
            visible(&m.market),
            visible(&e.product)
        ))
    });
    let exits: Vec<String> = exits.collect();
    let gone = wrap(
        &format!(
            "Largest products gone, with their share before: {}",
            exits.join(", ")
        ),
        width,
        2,
    );
    let parts = [
        titled(title, table, width),
        if exits.is_empty() {
            String::new()
        } else {
            gone
        },
    ];
    let parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    parts.join("\n\n")
}

fn titled(title: &str, table: String, width: usize) -> String {
    if table.is_empty() {
        return table;
    }
    format!("{}\n{table}", wrap(title, width, 2))
}

fn followed(panel: &PanelBacktest, width: usize) -> String {
    let mut titles: Vec<&str> = Vec::new();
    for g in panel.markets.iter().flat_map(|m| &m.followed) {
        if !titles.contains(&g.title.as_str()) {
            titles.push(&g.title);
        }
    }
    let of = |title: &&str| {
        let groups = panel.markets.iter().flat_map(|m| {
            let own = m.followed.iter().filter(|g| g.title == *title);
            own.map(move |g| (m, g))
        });
        let rows = groups.map(|(m, g)| group(m, g));
        let head = [
            "Market", "New", "Before %", "Share %", "Forecast", "Price", "Forecast",
        ];
        titled(
            &visible(title),
            table(&head, rows, &[1, 2, 3, 4, 5, 6], width),
            width,
        )
    };
    titles.iter().map(of).collect::<Vec<_>>().join("\n\n")
}

fn group(m: &MarketBacktest, g: &FollowedGroup) -> Vec<String> {
    vec![
        visible(&m.market),
        format!("{}/{}", g.new, g.products),
        g.share.before.map_or("none".into(), |v| format!("{v:.3}")),
        observed(&g.share, 3),
        forecast(&g.share, 3),
        observed(&g.price, 1),
        forecast(&g.price, 1),
    ]
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

fn brands(test: &BacktestReport, width: usize) -> String {
    let mut head = vec!["Share of units, %", "Before", "Actual"];
    head.extend(test.scores.iter().map(|s| s.forecaster.as_str()));
    let right: Vec<usize> = (1..head.len()).collect();
    let percent = |x: f64| ascii(&format::number(x, Unit::Percent, false));
    let rows = test.rows.iter().map(|r| {
        let forecasts = r.forecasts.iter().map(|e| interval(e, 0));
        let numbers = [percent(r.before), percent(r.observed)];
        let cells = std::iter::once(visible(&r.brand)).chain(numbers);
        cells.chain(forecasts).collect()
    });
    table(&head, rows, &right, width)
}

fn brand_scores(test: &BacktestReport, width: usize) -> String {
    let number = |x: f64| ascii(&format::number(x, Unit::Plain, false));
    let row = |s: &BacktestScore| {
        let knows = if s.conditional {
            &test.conditioning
        } else {
            ""
        };
        vec![
            visible(&s.forecaster),
            visible(knows),
            number(s.mean_absolute_error),
            number(s.mean_absolute_error_others),
            number(s.crps),
            format!("{:.0}%", 100.0 * s.coverage),
        ]
    };
    let head = [
        "Forecaster",
        "Knows share of",
        "Error, points",
        "Of the others",
        "CRPS",
        "Held",
    ];
    table(&head, test.scores.iter().map(row), &[2, 3, 4, 5], width)
}
