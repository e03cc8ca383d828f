//! Rows into markets, and what only several rows together can get wrong.

use std::collections::BTreeMap;

use entrant_data::InputError;
use entrant_data::panel::{MarketPanel, ShareBasis};
use entrant_data::spec::Study;

use super::columns::{Basis, ProductColumns};
use super::rows::Read;
use crate::numbers::rounded;
use crate::problems::Problems;

/// How far a price may be from the median price, as a factor: beyond it the units are wrong.
const PRICE_FACTOR: f64 = 1e6;
/// Smallest share of potential buyers that may buy nothing.
const OUTSIDE: f64 = 1e-9;
/// Smallest share of a market's total that a product may have.
const TINY: f64 = 1e-12;

/// Groups rows by market, in the order of the study, and checks each market.
pub(crate) fn group(
    study: &Study,
    columns: &ProductColumns<'_>,
    rows: Vec<Read>,
    problems: &mut Problems,
) -> Vec<MarketPanel> {
    check_prices(columns, &rows, problems);
    let mut markets: Vec<Vec<Read>> = study.market.iter().map(|_| Vec::new()).collect();
    for read in rows {
        if let Some(market) = markets.get_mut(read.market) {
            market.push(read);
        }
    }
    for (i, market) in markets.iter().enumerate() {
        check_market(study, columns, (i, market), problems);
    }
    let ids = study.market.iter().map(|m| m.id.clone());
    ids.zip(markets).map(|(id, rows)| panel(id, rows)).collect()
}

fn panel(id: String, rows: Vec<Read>) -> MarketPanel {
    MarketPanel {
        id,
        products: rows.into_iter().map(|r| r.product).collect(),
        brands: Vec::new(),
    }
}

fn check_market(
    study: &Study,
    columns: &ProductColumns<'_>,
    (index, rows): (usize, &[Read]),
    problems: &mut Problems,
) {
    let id = &study.market[index].id;
    if rows.is_empty() {
        let file = &columns.table.file;
        let message = format!("no row of `{file}` belongs to market `{id}`");
        problems.push(InputError::at(format!("market[{index}].id"), message).value(id));
    }
    check_duplicates(columns, rows, problems);
    check_amounts(columns, rows, problems);
}

fn check_duplicates(columns: &ProductColumns<'_>, rows: &[Read], problems: &mut Problems) {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for read in rows {
        let (id, line) = (read.product.id.as_str(), read.product.line);
        match first.get(id) {
            None => {
                first.insert(id, line);
            }
            Some(other) => {
                let message = format!("`{id}` stands in lines {other} and {line} of one market");
                let found = columns.product.mistake(read.row, &message);
                problems.push(found.hint("give each product of a market one row"));
            }
        }
    }
}

/// A price far from all others is a slip of units or of a decimal point.
fn check_prices(columns: &ProductColumns<'_>, rows: &[Read], problems: &mut Problems) {
    let mut prices: Vec<f64> = rows.iter().map(|r| r.product.price).collect();
    prices.retain(|p| p.is_finite());
    prices.sort_by(f64::total_cmp);
    let Some(median) = prices.get(prices.len() / 2).copied() else {
        return;
    };
    for read in rows {
        let ratio = read.product.price / median;
        if !(ratio.is_nan() || (PRICE_FACTOR.recip()..=PRICE_FACTOR).contains(&ratio)) {
            let message = format!("is {ratio:.1e} times the median price {median}");
            let found = columns.price.mistake(read.row, &message);
            problems.push(found.hint("give all prices in the same unit"));
        }
    }
}

/// The number behind a share, whatever its basis.
pub(crate) fn amount(basis: ShareBasis) -> f64 {
    match basis {
        ShareBasis::Share(v) | ShareBasis::Units(v) | ShareBasis::Mix(v) => v,
    }
}

fn check_amounts(columns: &ProductColumns<'_>, rows: &[Read], problems: &mut Problems) {
    let total: f64 = rows.iter().map(|r| amount(r.product.basis)).sum();
    for read in rows {
        let part = amount(read.product.basis) / total;
        if part < TINY {
            let message = format!("is {part:.1e} of its market, below {TINY:.0e}");
            let found = columns.amount.mistake(read.row, &message);
            problems.push(found.hint("leave out products that hardly anyone buys"));
        }
    }
    if let Some(last) = rows.last().filter(|_| columns.basis == Basis::Share)
        && total >= 1.0 - OUTSIDE
    {
        let message = format!(
            "sums to {} in this market: less than {OUTSIDE:.0e} is left for buying nothing",
            rounded(total)
        );
        let found = columns.amount.mistake(last.row, &message);
        problems.push(found.hint("give shares of all potential buyers, not of units sold"));
    }
}
