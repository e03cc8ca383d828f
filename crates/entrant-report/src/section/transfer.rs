//! What other countries say about the entrant's brand.

use entrant_data::result::{CountryLead, Estimate, TransferForecast, TransferReport};

use super::{Block, Cell, Folded, Section, Table};
use crate::format::{self, Unit};
use crate::story::Story;

/// The transfer; nothing where the study has none.
pub fn section(story: &Story<'_>) -> Option<Section> {
    let report = story.results.transfer.as_deref()?;
    let mut blocks = vec![Block::Table(leads(report))];
    if !report.forecasts.is_empty() {
        blocks.push(Block::Table(forecasts(story, report)));
    }
    blocks.push(Block::Folded(Folded::plain(
        "Brand effects in all countries",
        brands(report),
    )));
    Some(Section {
        id: "transfer",
        title: "What the brand is worth elsewhere",
        short: "Transfer",
        lead: words(story, report),
        blocks,
    })
}

/// What the transfer comes to, in sentences.
pub fn words(story: &Story<'_>, report: &TransferReport) -> Vec<String> {
    let plain = Unit::Plain;
    let mut out = vec![format!(
        "Where {} is known as well as {}, it is to be expected in {} at {} times their mean share; a maker \
         of whom nothing is known at {} times.",
        report.brand,
        report.rivals.join(", "),
        report.to,
        format::estimate(&report.ratio, plain, false),
        format::estimate(&report.unknown_ratio, plain, false),
    )];
    out.push(format!(
        "From {} shares; a brand's share differs between countries by a factor of {} beyond what brands and \
         countries explain.",
        format::count(report.observations),
        format::number(report.country_sd.median.exp(), plain, false),
    ));
    let headline = &story.results.headline;
    let chosen = report.forecasts.iter().find(|f| f.scenario == *headline);
    if let Some(f) = chosen.or(report.forecasts.first()) {
        out.push(format!(
            "{}: {} of units with the transfer, {} without.",
            f.title,
            format::estimate(&f.unit_share, Unit::Share, false),
            format::estimate(&f.unknown_unit_share, Unit::Share, false),
        ));
    }
    out
}

fn leads(report: &TransferReport) -> Table {
    let plain = Unit::Plain;
    let row = |name: String, rivals: &[String], quarters: String, lead: &Estimate| {
        vec![
            Cell::text(name),
            Cell::text(rivals.join(", ")),
            Cell::number(quarters),
            Cell::estimate(lead, plain, true),
        ]
    };
    let there = |c: &CountryLead| {
        row(
            c.country.clone(),
            &c.rivals,
            format::count(c.quarters),
            &c.lead,
        )
    };
    let mut rows: Vec<_> = report.elsewhere.iter().map(there).collect();
    let none = String::new;
    rows.push(row(
        format!("{}: expected", report.to),
        &report.rivals,
        none(),
        &report.lead,
    ));
    rows.push(row(
        format!("{}: unknown maker", report.to),
        &report.rivals,
        none(),
        &report.unknown_lead,
    ));
    let caption = format!(
        "Lead of {} over the mean of its rivals, in logarithms of shares",
        report.brand
    );
    Table::new(caption, &["Country", "Rivals", "Quarters", "Lead"]).with(rows)
}

fn forecasts(story: &Story<'_>, report: &TransferReport) -> Table {
    let money = Unit::Money(&story.money);
    let row = |f: &TransferForecast| {
        vec![
            Cell::text(&*f.title),
            Cell::estimate(&f.unit_share, Unit::Share, false),
            Cell::estimate(&f.unknown_unit_share, Unit::Share, false),
            Cell::estimate(&f.profit, money, false),
            Cell::estimate(&f.unknown_profit, money, false),
        ]
    };
    let head = [
        "Scenario",
        "Share of units",
        "without transfer",
        "Profit per period",
        "without transfer",
    ];
    let caption =
        "The entry with the transferred brand effect, and of a maker of whom nothing is known";
    Table::new(caption, &head).with(report.forecasts.iter().map(row))
}

fn brands(report: &TransferReport) -> Table {
    let rows = report.brands.iter().map(|b| {
        vec![
            Cell::text(&*b.brand),
            Cell::text(b.countries.join(", ")),
            Cell::estimate(&b.effect, Unit::Plain, true),
        ]
    });
    Table::new(
        "Effects of brands on the logarithm of their share",
        &["Brand", "Sold in", "Effect"],
    )
    .with(rows)
}
