//! What firms can sell at most: how full capacities are, and what one more unit would earn.

use entrant_data::result::{CapacityOutcome, ScenarioOutcome};

use super::{Cell, Folded, Table, folded_cases};
use crate::format::{self, Unit};
use crate::story::Story;

/// Rows of a table on the page; all are in the tables.
const ROWS: usize = 60;
/// Products that a row names.
const NAMED: usize = 4;

/// A table for each scenario and market with capacities.
pub fn tables(story: &Story<'_>) -> Vec<Folded> {
    folded_cases(story, "Capacities", |market, caption| {
        let rows = market.capacities.iter().take(ROWS).map(|c| row(story, c));
        let head = [
            "Firm",
            "Products",
            "Units that can be sold",
            "Used",
            "Worth of one more unit",
            "Draws in which all is sold",
        ];
        Table::new(caption, &head).with(rows).unless_empty()
    })
}

fn row(story: &Story<'_>, c: &CapacityOutcome) -> Vec<Cell> {
    vec![
        Cell::firm(story, &c.firm),
        Cell::text(names(&c.products)),
        Cell::estimate(&c.units, Unit::Count, false),
        Cell::estimate(&c.used, Unit::Share, false),
        Cell::estimate(&c.shadow_price, Unit::Price(&story.money), false),
        Cell::number(format::number(c.full, Unit::Chance, false)),
    ]
}

/// Products in words; of many the first ones.
fn names(products: &[String]) -> String {
    match products.len().checked_sub(NAMED) {
        None | Some(0) => products.join(", "),
        Some(more) => format!("{} and {more} more", products[..NAMED].join(", ")),
    }
}

/// What the capacities of a scenario come to, in its first market; nothing where it has none.
pub fn sentence(story: &Story<'_>, scenario: &ScenarioOutcome) -> Option<String> {
    let market = scenario.markets.first()?;
    let worth = |c: &&CapacityOutcome| c.shadow_price.point();
    let most = market
        .capacities
        .iter()
        .max_by(|a, b| worth(a).total_cmp(&worth(b)))?;
    let place = if scenario.markets.len() > 1 {
        format!("In {}: ", market.market)
    } else {
        String::new()
    };
    let all = market.capacities.len();
    let full = market.capacities.iter().filter(|c| worth(c) > 0.0).count();
    if full == 0 {
        let used = format::estimate(&most.used, Unit::Share, false);
        let words = if all == 1 {
            format!("{} has capacity left: it uses {used} of it.", most.firm)
        } else {
            format!("None of {all} capacities is full.")
        };
        return Some(place + &words);
    }
    let price = format::estimate(&most.shadow_price, Unit::Price(&story.money), false);
    let chance = format::number(most.full, Unit::Chance, false);
    let words = if all == 1 {
        format!(
            "{} sells all it can, in {chance} of the draws: its prices keep buyers away, and one more unit would earn it {price}.",
            most.firm
        )
    } else {
        format!(
            "{full} of {all} capacities are full in the median; {} would earn most by one more unit of {}: {price}.",
            most.firm,
            names(&most.products)
        )
    };
    Some(place + &words)
}
