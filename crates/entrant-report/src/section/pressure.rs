//! Screens of mergers: upward pricing pressure and the cost reductions that would undo it.

use entrant_data::result::{PricingPressure, ProductOutcome, ScenarioOutcome};

use super::{Cell, Folded, Table, folded_cases};
use crate::format::{self, Unit};
use crate::story::Story;

/// Rows of a table on the page; all are in the tables.
const ROWS: usize = 60;

/// A table for each scenario and market in which products change hands.
pub fn tables(story: &Story<'_>) -> Vec<Folded> {
    folded_cases(story, "Pricing pressure", |market, caption| {
        let screened = market
            .products
            .iter()
            .filter_map(|p| Some((p, p.pressure.as_ref()?)));
        let rows = screened.take(ROWS).map(|(p, screen)| row(story, p, screen));
        let head = ["Product", "Firm", "UPP", "GUPPI", "CMCR", "Price change"];
        Table::new(caption, &head).with(rows).unless_empty()
    })
}

fn row(story: &Story<'_>, p: &ProductOutcome, screen: &PricingPressure) -> Vec<Cell> {
    vec![
        Cell::text(&*p.product),
        Cell::firm(story, &p.firm),
        Cell::estimate(&screen.upward, Unit::Price(&story.money), true),
        Cell::estimate(&screen.gross, Unit::Share, true),
        Cell::estimate(&screen.compensating, Unit::Share, false),
        Cell::maybe(p.price.relative.as_ref(), Unit::Share, true),
    ]
}

/// What the screens say of a merger, over all markets; nothing where nothing changes hands.
pub fn sentence(scenario: &ScenarioOutcome) -> Option<String> {
    let products = scenario.markets.iter().flat_map(|m| &m.products);
    let screens: Vec<&PricingPressure> = products.filter_map(|p| p.pressure.as_ref()).collect();
    let gross = spread(screens.iter().map(|s| s.gross.point()))?;
    let costs = spread(screens.iter().map(|s| s.compensating.point()))?;
    let lead = scenario.together.as_ref().or(scenario.markets.first());
    let index = lead.and_then(|m| m.merger_hhi.as_ref());
    let index = index.map_or_else(String::new, |e| {
        format!(
            " At the shares before, concentration (HHI) rises by {}.",
            format::number(e.point(), Unit::Count, false)
        )
    });
    let products = match screens.len() {
        1 => "the product".to_owned(),
        n if scenario.markets.len() == 1 => format!("{} products", format::count(n)),
        n => format!(
            "{} products in {} markets",
            format::count(n),
            format::count(scenario.markets.len())
        ),
    };
    Some(format!(
        "Pricing pressure of the merger before anyone answers (GUPPI) is {gross} of the price for {products}; marginal costs would have to fall by {costs} for their prices to stay (CMCR).{index}"
    ))
}

/// What the taxes of a scenario bring the government; nothing where nothing is taxed.
pub fn taxes(story: &Story<'_>, scenario: &ScenarioOutcome) -> Option<String> {
    let lead = scenario.together.as_ref().or(scenario.markets.first())?;
    let taken = lead.government.as_ref()?;
    let money = Unit::Money(&story.money);
    // Where it pays subsidies in some draw the words are for both.
    Some(if taken.low < 0.0 || taken.point() < 0.0 {
        let words = format::estimate(taken, money, true);
        format!(
            "Taxes and tariffs less subsidies change the government's money by {words} per period."
        )
    } else {
        let words = format::estimate(taken, money, false);
        format!("Taxes and tariffs bring the government {words} per period.")
    })
}

/// Lowest to highest, and the middle.
fn spread(values: impl Iterator<Item = f64>) -> Option<String> {
    let mut all: Vec<f64> = values.filter(|x| x.is_finite()).collect();
    all.sort_by(f64::total_cmp);
    let share = |x: f64| format::number(x, Unit::Share, false);
    match all.len() {
        0 => None,
        1 => Some(share(all[0])),
        n => Some(format!(
            "{} to {} (median {})",
            share(all[0]),
            share(all[n - 1]),
            share(all[n / 2])
        )),
    }
}
