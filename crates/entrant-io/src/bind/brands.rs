//! The brands table: how much of the units sold each brand has.

use std::collections::BTreeMap;

use entrant_data::error::did_you_mean;
use entrant_data::panel::{BrandRow, MarketPanel, Panel};
use entrant_data::spec::Study;
use entrant_data::table::Table;
use entrant_data::{InputError, Mark};

use super::columns::Basis;
use super::rows::mark;
use super::shares::scale_to_one;
use crate::field::{Field, missing};
use crate::problems::Problems;

/// Adds brand totals to the panel, when its basis is the mix within brands.
pub(crate) fn bind(
    study: &Study,
    basis: Basis,
    table: Option<&Table>,
    panel: &mut Panel,
    problems: &mut Problems,
) {
    match (basis, table) {
        (Basis::Mix, Some(table)) => read(study, table, panel, problems),
        (Basis::Mix, None) if study.data.brands.is_none() => problems.push(
            InputError::at("data", "products with a `mix` need a table of brand totals")
                .hint("add `brands = \"brands.csv\"` with the columns `brand` and `share`"),
        ),
        (_, Some(_)) => problems.push(
            InputError::at(
                "data.brands",
                "brand totals are used only with a `mix` column",
            )
            .hint(format!(
                "leave it out: the products table has `{}`",
                basis.word()
            )),
        ),
        _ => {}
    }
}

fn read(study: &Study, table: &Table, panel: &mut Panel, problems: &mut Problems) {
    let Some(columns) = BrandColumns::resolve(table, panel.markets.len(), problems) else {
        return;
    };
    let mut rows: Vec<Vec<(usize, BrandRow)>> = panel.markets.iter().map(|_| Vec::new()).collect();
    for row in 0..table.rows() {
        let found = columns.row(row, study);
        if let Some((market, brand)) = problems.keep(found)
            && let Some(rows) = rows.get_mut(market)
        {
            rows.push((row, brand));
        }
    }
    for (market, rows) in panel.markets.iter_mut().zip(rows) {
        columns.check(market, &rows, problems);
        market.brands = normalised(rows);
    }
}

struct BrandColumns<'a> {
    table: &'a Table,
    market: Option<Field<'a>>,
    brand: Field<'a>,
    share: Field<'a>,
    sd: Option<Field<'a>>,
    mark: Option<Field<'a>>,
    source: Option<Field<'a>>,
}

impl<'a> BrandColumns<'a> {
    fn resolve(table: &'a Table, markets: usize, problems: &mut Problems) -> Option<Self> {
        let market = Field::find(table, "market");
        if market.is_none() && markets > 1 {
            problems.push(missing(table, "market"));
        }
        let brand = problems.keep(Field::need(table, "brand"));
        let share = problems.keep(Field::need(table, "share"));
        Some(BrandColumns {
            table,
            market,
            brand: brand?,
            share: share?,
            sd: Field::find(table, "sd"),
            mark: Field::find(table, "mark"),
            source: Field::find(table, "source"),
        })
    }

    fn row(&self, row: usize, study: &Study) -> Result<(usize, BrandRow), InputError> {
        let market = self.market.map_or(Ok(0), |f| market(f, row, study))?;
        let brand = BrandRow {
            brand: self.brand.filled(row)?.into_owned(),
            share: positive(self.share, row)?,
            sd: self.sd.map_or(Ok(0.0), |f| not_negative(f, row))?,
            mark: self.mark.map_or(Ok(Mark::default()), |f| mark(f, row))?,
            source: self
                .source
                .map_or_else(String::new, |f| f.text(row).into_owned()),
        };
        Ok((market, brand))
    }

    fn check(&self, market: &MarketPanel, rows: &[(usize, BrandRow)], problems: &mut Problems) {
        let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
        for (row, brand) in rows {
            let line = self.table.lines[*row];
            if let Some(first) = lines.insert(&brand.brand, line) {
                let message = format!("`{}` stands in lines {first} and {line}", brand.brand);
                problems.push(self.brand.mistake(*row, &message));
            }
        }
        self.check_sum(market, rows, problems);
        self.check_products(market, rows, problems);
        self.check_rows(market, rows, problems);
    }

    fn check_sum(&self, market: &MarketPanel, rows: &[(usize, BrandRow)], problems: &mut Problems) {
        let sum: f64 = rows.iter().map(|(_, b)| b.share).sum();
        match (rows.last(), scale_to_one(sum)) {
            (Some((row, _)), Err(message)) => {
                let message = format!("{message} in market `{}`", market.id);
                problems.push(self.share.mistake(*row, &message));
            }
            (None, _) if !market.products.is_empty() => {
                let message = format!("market `{}` has no brand totals", market.id);
                problems.push(InputError::at("", message).in_file(&self.table.file, None));
            }
            _ => {}
        }
    }

    /// Every brand total is of products that are there.
    fn check_products(
        &self,
        market: &MarketPanel,
        rows: &[(usize, BrandRow)],
        problems: &mut Problems,
    ) {
        let sold = || market.products.iter().map(|p| p.brand.as_str());
        for (row, brand) in rows {
            if sold().all(|b| b != brand.brand) {
                let message = format!("`{}` has no product in market `{}`", brand.brand, market.id);
                let hint = format!(
                    "{} Otherwise add a product that stands for all of it",
                    did_you_mean(&brand.brand, sold())
                );
                problems.push(self.brand.mistake(*row, &message).hint(hint));
            }
        }
    }

    /// Every product is of a brand with a total.
    fn check_rows(
        &self,
        market: &MarketPanel,
        rows: &[(usize, BrandRow)],
        problems: &mut Problems,
    ) {
        let known = || rows.iter().map(|(_, b)| b.brand.as_str());
        let mut absent: BTreeMap<&str, usize> = BTreeMap::new();
        for product in market
            .products
            .iter()
            .filter(|p| known().all(|k| k != p.brand))
        {
            absent.entry(&product.brand).or_insert(product.line);
        }
        for (brand, line) in absent.iter().filter(|_| !rows.is_empty()) {
            let message = format!(
                "there is no total for brand `{brand}` of market `{}` (line {line} of the products)",
                market.id
            );
            let found = InputError::at("column brand", message).value(*brand);
            problems.push(
                found
                    .in_file(&self.table.file, None)
                    .hint(did_you_mean(brand, known())),
            );
        }
    }
}

/// The number of the market that a cell names.
pub(crate) fn market(field: Field<'_>, row: usize, study: &Study) -> Result<usize, InputError> {
    let id = field.filled(row)?;
    let known = || study.market.iter().map(|m| m.id.as_str());
    known().position(|k| k == id).ok_or_else(|| {
        let message = format!("names `{id}`, which is no market of the study");
        field
            .mistake(row, &message)
            .hint(did_you_mean(&id, known()))
    })
}

/// A number above 0.
pub(crate) fn positive(field: Field<'_>, row: usize) -> Result<f64, InputError> {
    let value = field.number(row)?;
    let wrong = || field.mistake(row, &format!("is {value}, must be above 0"));
    if value > 0.0 { Ok(value) } else { Err(wrong()) }
}

/// A number of at least 0; an empty cell is 0.
fn not_negative(field: Field<'_>, row: usize) -> Result<f64, InputError> {
    if field.text(row).is_empty() {
        return Ok(0.0);
    }
    let value = field.number(row)?;
    let wrong = || field.mistake(row, &format!("is {value}, must not be below 0"));
    if value >= 0.0 {
        Ok(value)
    } else {
        Err(wrong())
    }
}

fn normalised(rows: Vec<(usize, BrandRow)>) -> Vec<BrandRow> {
    let sum: f64 = rows.iter().map(|(_, b)| b.share).sum();
    let scale = scale_to_one(sum).unwrap_or(1.0);
    let mut brands: Vec<BrandRow> = rows.into_iter().map(|(_, b)| b).collect();
    for brand in &mut brands {
        brand.share *= scale;
        brand.sd *= scale;
    }
    brands.sort_by(|a, b| a.brand.cmp(&b.brand));
    brands
}
