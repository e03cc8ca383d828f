//! What actually happened, for a back-test.

use std::collections::BTreeMap;

use entrant_data::InputError;
use entrant_data::spec::Study;
use entrant_data::table::Table;

use super::brands::positive;
use super::shares::scale_to_one;
use crate::field::Field;
use crate::problems::Problems;

/// Brand shares of units sold after the event, in one market.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Market.
    pub market: String,
    /// Brands, in file order; the shares sum to one.
    pub brands: Vec<ObservedBrand>,
}

/// A brand's share of units sold after the event.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedBrand {
    /// Brand.
    pub brand: String,
    /// Share of units sold, in (0, 1].
    pub share: f64,
    /// Where it was read.
    pub source: String,
    /// 1-based line in the file.
    pub line: usize,
}

/// Reads the table of observed shares: the rows of the back-test's market.
pub(crate) fn bind_observed(
    study: &Study,
    market: &str,
    table: &Table,
    problems: &mut Problems,
) -> Option<Observed> {
    let brand = problems.keep(Field::need(table, "brand"));
    let share = problems.keep(Field::need(table, "share"));
    let (brand, share) = (brand?, share?);
    let source = Field::find(table, "source");
    let mut brands = Vec::new();
    for row in rows_of(study, market, table, problems) {
        let found = observed(brand, share, source, (row, table.lines[row]));
        brands.extend(problems.keep(found));
    }
    check(market, table, &brands, problems);
    scale(&mut brands);
    Some(Observed {
        market: market.to_owned(),
        brands,
    })
}

fn rows_of(study: &Study, market: &str, table: &Table, problems: &mut Problems) -> Vec<usize> {
    let rows = 0..table.rows();
    let Some(field) = Field::find(table, "market") else {
        return rows.collect();
    };
    let known = |row: usize| super::brands::market(field, row, study);
    rows.filter(|row| {
        let index = problems.keep(known(*row));
        index.is_some_and(|i| study.market[i].id == market)
    })
    .collect()
}

fn observed(
    brand: Field<'_>,
    share: Field<'_>,
    source: Option<Field<'_>>,
    (row, line): (usize, usize),
) -> Result<ObservedBrand, InputError> {
    Ok(ObservedBrand {
        brand: brand.filled(row)?.into_owned(),
        share: positive(share, row)?,
        source: source.map_or_else(String::new, |f| f.text(row).into_owned()),
        line,
    })
}

fn check(market: &str, table: &Table, brands: &[ObservedBrand], problems: &mut Problems) {
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for b in brands {
        if let Some(first) = lines.insert(&b.brand, b.line) {
            let message = format!("`{}` stands in lines {first} and {}", b.brand, b.line);
            let found = InputError::at("column brand", message).value(&b.brand);
            problems.push(found.in_file(&table.file, Some(b.line)));
        }
    }
    let sum = brands.iter().map(|b| b.share).sum();
    let message = match scale_to_one(sum) {
        _ if brands.is_empty() => format!("there is no row for market `{market}`"),
        Err(m) => format!("`share` {m} in market `{market}`"),
        Ok(_) => return,
    };
    let line = brands.last().map(|b| b.line);
    problems.push(InputError::at("column share", message).in_file(&table.file, line));
}

fn scale(brands: &mut [ObservedBrand]) {
    let factor = scale_to_one(brands.iter().map(|b| b.share).sum()).unwrap_or(1.0);
    for b in brands {
        b.share *= factor;
    }
}
