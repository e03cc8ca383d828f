//! Who competes with whom: second-choice diversion, by firm and by product.

use std::collections::BTreeMap;

use entrant_data::result::{DiversionTable, MarketOutcome};
use serde::Serialize;

use super::volume::source_name;
use super::{Block, Cell, Chart, Folded, Section, Table};
use crate::format::{self, Unit};
use crate::story::{OUTSIDE, Story, size};
use crate::view::{CHART_PRODUCTS, five_digits};

/// Diversion between firms: the products' medians, weighted by the rows' units.
#[derive(Debug, Serialize)]
pub struct FirmDiversion {
    /// Positions of the row firms among the story's firms, largest first.
    pub firms: Vec<usize>,
    /// Share by row and column; the last column is buying nothing.
    pub share: Vec<Vec<Option<f64>>>,
}

/// Who competes with whom, in the headline scenario.
pub fn section(story: &Story<'_>) -> Option<Section> {
    let market = story.substitutes()?;
    let firms = firm_diversion(story, market)?;
    let by_firm = Folded::plain("Substitutes in numbers, by firm", firm_table(story, &firms));
    let by_product = product_table(market);
    let by_product = Folded::plain("Substitutes in numbers, by product", by_product);
    let chart = Chart {
        name: "substitutes",
        title: "Where a buyer goes when their product is gone".into(),
        note: "Row: the firm whose product is gone; column: where its buyers go, medians weighted \
               by units. The diagonal is another product of the same firm."
            .into(),
        tables: vec![by_firm, by_product],
    };
    Some(Section {
        id: "substitutes",
        title: "Who competes with whom",
        short: "Substitutes",
        lead: place(story, market),
        blocks: vec![Block::Chart(chart)],
    })
}

/// Which market, where the page is about several together.
fn place(story: &Story<'_>, market: &MarketOutcome) -> Vec<String> {
    let together = story.scenario().is_some_and(|s| s.together.is_some());
    let said = format!(
        "In market {}; the table of diversion has all of them.",
        market.market
    );
    together.then_some(said).into_iter().collect()
}

/// Diversion between firms in a market; nothing where the table is empty.
pub fn firm_diversion(story: &Story<'_>, market: &MarketOutcome) -> Option<FirmDiversion> {
    let table = &market.diversion;
    let owner = owners(story, market);
    let owners: Vec<_> = table
        .products
        .iter()
        .map(|p| owner.get(p.as_str()).copied())
        .collect();
    let mut firms: Vec<usize> = owners.iter().flatten().map(|(firm, _)| *firm).collect();
    firms.sort_unstable();
    firms.dedup();
    let share = firms
        .iter()
        .map(|f| firm_row(table, &owners, &firms, *f))
        .collect();
    (!firms.is_empty()).then_some(FirmDiversion { firms, share })
}

/// Each product's firm and units after.
fn owners<'a>(story: &Story<'_>, market: &'a MarketOutcome) -> BTreeMap<&'a str, (usize, f64)> {
    let units = |p: &entrant_data::result::ProductOutcome| {
        let after = p.units.after.point();
        if after.is_finite() {
            after
        } else {
            size(&p.units)
        }
    };
    let sold = market.products.iter().filter(|p| p.on_sale);
    sold.filter_map(|p| Some((p.product.as_str(), (story.firm(&p.firm)?, units(p)))))
        .collect()
}

fn firm_row(
    table: &DiversionTable,
    owners: &[Option<(usize, f64)>],
    firms: &[usize],
    firm: usize,
) -> Vec<Option<f64>> {
    let mut sums = vec![0.0; firms.len() + 1];
    let mut weight = 0.0;
    for (row, units) in table
        .median
        .iter()
        .zip(owners)
        .filter_map(|(r, o)| Some((r, (*o)?)))
    {
        if units.0 == firm && row.iter().all(Option::is_some) {
            weight += units.1;
            add_row(&mut sums, row, owners, firms, units.1);
        }
    }
    let share = |sum: &f64| (weight > 0.0).then(|| five_digits(sum / weight));
    sums.iter().map(share).collect()
}

/// Adds a product's diversion to its firm's, by the firm of the column.
fn add_row(
    sums: &mut [f64],
    row: &[Option<f64>],
    owners: &[Option<(usize, f64)>],
    firms: &[usize],
    weight: f64,
) {
    for (k, share) in row.iter().enumerate() {
        let owner = owners.get(k).copied().flatten().map(|(firm, _)| firm);
        let column = owner.and_then(|f| firms.iter().position(|g| *g == f));
        let last = owners.len() == k;
        let column = if last { Some(firms.len()) } else { column };
        if let (Some(column), Some(share)) = (column, share) {
            sums[column] += weight * share;
        }
    }
}

fn firm_table(story: &Story<'_>, firms: &FirmDiversion) -> Table {
    let names: Vec<_> = firms.firms.iter().map(|f| story.firms[*f]).collect();
    let mut table = Table::new("Second choices by firm, medians", &["Firm"]);
    table.head.extend(names.iter().map(ToString::to_string));
    table.head.push(source_name(OUTSIDE).into());
    table.class = "heat";
    let rows = names.iter().zip(&firms.share);
    table.with(rows.map(|(name, share)| {
        let cells = share.iter().map(|s| heat(*s));
        std::iter::once(Cell::firm(story, name))
            .chain(cells)
            .collect()
    }))
}

fn product_table(market: &MarketOutcome) -> Table {
    let d = &market.diversion;
    let shown = largest(market);
    let more = d.products.len() - shown.len();
    let rest = if more > 0 {
        format!(" ({more} smaller products are in the tables only)")
    } else {
        String::new()
    };
    let caption = format!("Second choices by product, medians{rest}");
    let mut table = Table::new(caption, &["Product"]);
    table
        .head
        .extend(shown.iter().map(|j| d.products[*j].clone()));
    table.head.push(source_name(OUTSIDE).into());
    table.class = "heat slanted";
    table.with(shown.iter().map(|j| {
        let columns = shown.iter().copied().chain([d.products.len()]);
        let cells = columns.map(|k| {
            if k == *j {
                Cell::number("")
            } else {
                heat(share(d, *j, k))
            }
        });
        std::iter::once(Cell::text(&*d.products[*j]))
            .chain(cells)
            .collect()
    }))
}

/// Positions in the diversion table of the best-selling products.
fn largest(market: &MarketOutcome) -> Vec<usize> {
    let units = |id: &str| {
        let product = market.products.iter().find(|p| p.product == id);
        product.map_or(0.0, |p| size(&p.units))
    };
    let sizes: Vec<f64> = market.diversion.products.iter().map(|p| units(p)).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|a, b| sizes[*b].total_cmp(&sizes[*a]));
    order.truncate(CHART_PRODUCTS);
    order
}

fn share(d: &DiversionTable, row: usize, column: usize) -> Option<f64> {
    *d.median.get(row)?.get(column)?
}

/// A share with a shade that grows with it.
fn heat(share: Option<f64>) -> Cell {
    let Some(share) = share else {
        return Cell::number(format::NONE);
    };
    let limits = [0.01, 0.03, 0.06, 0.1, 0.15, 0.25, 0.4];
    let shade = limits.iter().filter(|&&limit| share >= limit).count();
    Cell::number(format::number(share, Unit::Share, false)).classed(format!("n h{shade}"))
}
