//! Which charts a short report has.

use entrant_data::result::{Estimate, FirmOutcome, MarketOutcome, ProductOutcome, ScenarioOutcome};

use super::Figure;
use super::plot::{Row, draw};
use crate::format::{self, Unit};
use crate::section::source_name;
use crate::story::{Story, firm_in, listed, size, title};

/// Rows that are legible on paper.
const FIRMS: usize = 12;
const PRODUCTS: usize = 24;
const SCENARIOS: usize = 16;
const INPUTS: usize = 10;

/// The charts of the headline scenario, and the scenarios side by side.
pub(crate) fn figures(story: &Story<'_>) -> Vec<Figure> {
    let of_market = story.lead().map(|market| {
        [
            losers(story, market),
            prices(story, market),
            volume(story, market),
        ]
    });
    let all = [scenarios(story), worth(story), drivers(story)];
    of_market
        .into_iter()
        .flatten()
        .chain(all)
        .flatten()
        .collect()
}

/// A chart of rows; nothing where there are none.
fn figure(
    name: &'static str,
    (heading, note): (String, String),
    rows: &[Row],
    unit: Unit<'_>,
    signed: bool,
) -> Option<Figure> {
    Some(Figure {
        name,
        title: heading,
        note,
        drawing: draw(rows, unit, signed)?,
    })
}

fn range(e: &Estimate) -> [f64; 3] {
    [e.low, e.point(), e.high]
}

/// Title of the headline scenario and of the market, after a colon.
fn headline(story: &Story<'_>) -> String {
    let market = story.markets.first().copied().unwrap_or_default();
    story
        .scenario()
        .map_or(String::new(), |s| story.case_title(s, market))
}

fn losers(story: &Story<'_>, market: &MarketOutcome) -> Option<Figure> {
    let mut firms: Vec<&FirmOutcome> = market.firms.iter().collect();
    firms.sort_by(|a, b| size(&b.units).total_cmp(&size(&a.units)));
    let row = |f: &FirmOutcome| Row {
        label: f.firm.clone(),
        tone: story.tone(&f.firm),
        range: range(&f.units.change),
        before: None,
        value: format::estimate(&f.units.change, Unit::Count, true),
    };
    let rows: Vec<Row> = firms.into_iter().take(FIRMS).map(row).collect();
    let words = (
        format!("Change in units by firm: {}", headline(story)),
        format!("{} Left of zero is a loss.", story.dots()),
    );
    figure("losers", words, &rows, Unit::Count, true)
}

fn prices(story: &Story<'_>, market: &MarketOutcome) -> Option<Figure> {
    let unit = Unit::Price(&story.money);
    let row = |p: &ProductOutcome| {
        let change = p.price.relative.as_ref().filter(|_| !p.entrant);
        let change = change.map_or("new".into(), |r| format::median(r, Unit::Share, true));
        Row {
            label: p.product.clone(),
            tone: story.tone(&p.firm),
            range: range(&p.price.after),
            before: (!p.entrant).then(|| p.price.before.point()),
            value: format!("{} ({change})", format::median(&p.price.after, unit, false)),
        }
    };
    let sold = listed(market, PRODUCTS).into_iter().filter(|p| p.on_sale);
    let rows: Vec<Row> = sold.map(row).collect();
    let words = (
        format!("Price of each product: {}", headline(story)),
        format!("Ring: before. {}", story.dots()),
    );
    figure("prices", words, &rows, unit, false)
}

fn volume(story: &Story<'_>, market: &MarketOutcome) -> Option<Figure> {
    let mut parts: Vec<_> = market.volume_source.iter().collect();
    parts.sort_by(|a, b| b.share.point().total_cmp(&a.share.point()));
    let rows: Vec<Row> = parts
        .into_iter()
        .take(FIRMS)
        .map(|v| Row {
            label: source_name(&v.from).to_owned(),
            tone: story.tone(&v.from),
            range: range(&v.share),
            before: None,
            value: format::estimate(&v.share, Unit::Share, false),
        })
        .collect();
    let words = (
        "What the entrant's buyers would have bought instead".to_owned(),
        story.dots(),
    );
    figure("volume", words, &rows, Unit::Share, false)
}

/// The entrant's share in every scenario; without an entrant, the price of the first firm in focus.
fn scenarios(story: &Story<'_>) -> Option<Figure> {
    let entrant = &story.results.entrant;
    let first = story.results.focus.first();
    let firm = if entrant.is_empty() { first? } else { entrant };
    let signed = entrant.is_empty();
    let of = |market: &MarketOutcome| -> Option<Estimate> {
        let found = firm_in(market, firm)?;
        if signed {
            found.price.relative
        } else {
            Some(found.unit_share.after)
        }
    };
    let lead = *story.markets.first()?;
    let row = |s: &ScenarioOutcome| {
        let e = of(crate::story::case(s, lead)?)?;
        Some(Row {
            label: title(s).to_owned(),
            tone: story.tone(firm),
            range: range(&e),
            before: None,
            value: format::estimate(&e, Unit::Share, signed),
        })
    };
    let all = story.results.scenarios.iter();
    let rows: Vec<Row> = all.filter_map(row).take(SCENARIOS).collect();
    if rows.len() < 2 {
        return None;
    }
    let what = if signed {
        format!("Change in the mean price of {firm} in every scenario")
    } else {
        format!("Share of units of {firm} in every scenario")
    };
    figure(
        "scenarios",
        (what, story.dots()),
        &rows,
        Unit::Share,
        signed,
    )
}

fn worth(story: &Story<'_>) -> Option<Figure> {
    let unit = Unit::Money(&story.money);
    let row = |s: &ScenarioOutcome| {
        let w = s.worth.as_ref()?;
        Some(Row {
            label: title(s).to_owned(),
            tone: story.tone(&w.firm),
            range: range(&w.value),
            before: None,
            value: format::estimate(&w.value, unit, true),
        })
    };
    let all = story.results.scenarios.iter();
    let rows: Vec<Row> = all.filter_map(row).take(SCENARIOS).collect();
    let words = (
        "Worth of the entry by scenario".to_owned(),
        format!("Discounted profit less the fixed cost. {}", story.dots()),
    );
    figure("worth", words, &rows, unit, true)
}

fn drivers(story: &Story<'_>) -> Option<Figure> {
    let table = story.results.drivers.first()?;
    let rows: Vec<Row> = table
        .drivers
        .iter()
        .take(INPUTS)
        .map(|d| Row {
            label: d.words().to_owned(),
            tone: "f2",
            range: [f64::NAN, d.share, f64::NAN],
            before: None,
            value: format::number(d.share, Unit::Chance, false),
        })
        .collect();
    let words = (
        format!("What the width of {} comes from", table.outcome),
        "Share of its variance that one input explains alone.".to_owned(),
    );
    figure("drivers", words, &rows, Unit::Chance, false)
}
