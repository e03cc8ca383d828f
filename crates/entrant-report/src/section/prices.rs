//! Prices before and after.

use entrant_data::result::{MarketOutcome, ProductOutcome};

use super::{Block, Cell, Chart, Folded, Section, Table, capacity, folded_cases, pressure};
use crate::format::{self, Unit};
use crate::story::{Story, listed};
use crate::view::CHART_PRODUCTS;

const COLUMNS: [&str; 8] = [
    "Product",
    "Firm",
    "Price set",
    "Before",
    "After",
    "Change",
    "in %",
    "Change in units",
];

/// Prices before and after.
pub fn section(story: &Story<'_>) -> Option<Section> {
    let lead = story.lead().filter(|m| !m.products.is_empty())?;
    let chart = Chart {
        name: "prices",
        title: "Price of each product, dearest first".into(),
        note: note(story, lead),
        tables: product_tables(story)
            .into_iter()
            .chain(pressure::tables(story))
            .chain(capacity::tables(story))
            .collect(),
    };
    Some(Section {
        id: "prices",
        title: "How prices answer",
        short: "Prices",
        lead: sentence(story, lead)
            .into_iter()
            .chain(story.scenario().and_then(pressure::sentence))
            .chain(story.scenario().and_then(|s| pressure::taxes(story, s)))
            .chain(story.scenario().and_then(|s| capacity::sentence(story, s)))
            .collect(),
        blocks: vec![Block::Chart(chart)],
    })
}

fn note(story: &Story<'_>, market: &MarketOutcome) -> String {
    let level = format::level(story.results.settings.level);
    let all = market.products.len();
    let limit = if all > CHART_PRODUCTS {
        format!(" The entrants and best-sellers among {all} products.")
    } else {
        String::new()
    };
    format!(
        "Ring: before; dot: after; diamond: new. Second chart: change in percent with its {level} \
         interval.{limit}"
    )
}

fn product_tables(story: &Story<'_>) -> Vec<Folded> {
    let limit = story.product_rows();
    folded_cases(story, "Prices and units", |market, caption| {
        let all = market.products.len();
        let caption = match all.checked_sub(limit) {
            None | Some(0) => caption,
            Some(more) => format!("{caption} ({more} smaller products are in the tables only)"),
        };
        let rows = listed(market, limit).into_iter().map(|p| row(story, p));
        Table::new(caption, &COLUMNS).with(rows).unless_empty()
    })
}

fn row(story: &Story<'_>, p: &ProductOutcome) -> Vec<Cell> {
    let price = Unit::Price(&story.money);
    let name = Cell::text(&*p.product);
    let after = if p.on_sale {
        format::median(&p.price.after, price, false)
    } else {
        "gone".into()
    };
    let before = if p.entrant {
        "new".into()
    } else {
        format::median(&p.price.before, price, false)
    };
    vec![
        if p.entrant { name.noted("new") } else { name },
        Cell::firm(story, &p.firm),
        Cell::text(&*p.price_rule),
        Cell::number(before),
        Cell::number(after),
        Cell::maybe(both_sides(p).then_some(&p.price.change), price, true),
        Cell::maybe(
            p.price.relative.as_ref().filter(|_| both_sides(p)),
            Unit::Share,
            true,
        ),
        Cell::estimate(&p.units.change, Unit::Count, true),
    ]
}

/// Whether a product is on sale before and after, so that its price can change.
fn both_sides(p: &ProductOutcome) -> bool {
    p.on_sale && !p.entrant
}

fn sentence(story: &Story<'_>, market: &MarketOutcome) -> Option<String> {
    let old: Vec<_> = market.products.iter().filter(|p| both_sides(p)).collect();
    let change = |p: &ProductOutcome| p.price.change.point();
    let moved = |p: &ProductOutcome| p.price.relative.map_or(0.0, |r| r.point());
    let cheaper = old.iter().filter(|p| change(p) < 0.0).count();
    let dearer = old.iter().filter(|p| change(p) > 0.0).count();
    let most = old
        .iter()
        .max_by(|a, b| moved(a).abs().total_cmp(&moved(b).abs()))?;
    if cheaper + dearer == 0 {
        return Some("No incumbent's price moves.".into());
    }
    Some(format!(
        "{} The largest answer is {}: {}, or {}.",
        moves(old.len(), cheaper, dearer),
        most.product,
        format::estimate(&most.price.change, Unit::Price(&story.money), true),
        format::number(moved(most), Unit::Share, true)
    ))
}

fn moves(all: usize, cheaper: usize, dearer: usize) -> String {
    match (all - cheaper, all - dearer) {
        (0, _) => format!("All {all} products that stay on sale become cheaper in the median."),
        (_, 0) => format!("All {all} products that stay on sale become dearer in the median."),
        _ => format!(
            "Of {all} products that stay on sale, {cheaper} become cheaper and {dearer} dearer in \
             the median."
        ),
    }
}
