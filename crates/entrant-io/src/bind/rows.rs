//! Rows of the products table, cell by cell.

use std::collections::BTreeMap;

use entrant_data::error::did_you_mean;
use entrant_data::panel::{ProductRow, ShareBasis};
use entrant_data::spec::Study;
use entrant_data::{InputError, Mark};

use super::columns::{Basis, ProductColumns};
use crate::check::OUTSIDE;
use crate::field::Field;
use crate::problems::Problems;

/// A row as read: its number in the table, its market's number in the study, and the product.
pub(crate) struct Read {
    pub(crate) row: usize,
    pub(crate) market: usize,
    pub(crate) product: ProductRow,
}

/// All rows that belong to a market of the study.
pub(crate) fn read_rows(
    study: &Study,
    columns: &ProductColumns<'_>,
    problems: &mut Problems,
) -> Vec<Read> {
    let markets: BTreeMap<&str, usize> = study
        .market
        .iter()
        .enumerate()
        .map(|(i, m)| (m.id.as_str(), i))
        .collect();
    let mut reader = RowReader {
        study,
        columns,
        markets,
        problems,
    };
    (0..columns.table.rows())
        .filter_map(|row| reader.read(row))
        .collect()
}

struct RowReader<'a> {
    study: &'a Study,
    columns: &'a ProductColumns<'a>,
    markets: BTreeMap<&'a str, usize>,
    problems: &'a mut Problems,
}

impl RowReader<'_> {
    fn read(&mut self, row: usize) -> Option<Read> {
        let market = self.market(row);
        let market = self.problems.keep(market);
        let product = self.product(row);
        Some(Read {
            row,
            market: market?,
            product: product?,
        })
    }

    fn market(&self, row: usize) -> Result<usize, InputError> {
        let Some(field) = self.columns.market else {
            return Ok(0);
        };
        let id = field.filled(row)?;
        self.markets.get(id.as_ref()).copied().ok_or_else(|| {
            let known = self.study.market.iter().map(|m| m.id.as_str());
            field
                .mistake(
                    row,
                    &format!("names `{id}`, which is no market of the study"),
                )
                .hint(did_you_mean(&id, known))
        })
    }

    /// The product; `None` when it has no id or firm. A number that cannot be read is `NaN`.
    fn product(&mut self, row: usize) -> Option<ProductRow> {
        let c = self.columns;
        let id = self.name(c.product, row);
        let firm = self.name(c.firm, row);
        let brand = c.brand.map_or(firm.clone(), |b| self.name(b, row));
        let price = self.positive(c.price, row);
        let basis = self.basis(row);
        let segments = self.segments(row);
        let aware = self.aware(row);
        let x = self.characteristics(row);
        let mark = self.mark(row);
        let (id, firm, brand) = (id?, firm?, brand?);
        let labels = self.labels(row, &brand);
        let source = c
            .source
            .map_or_else(String::new, |s| s.text(row).into_owned());
        Some(ProductRow {
            id,
            firm,
            brand,
            price,
            basis,
            segments,
            aware,
            x,
            labels,
            mark,
            source,
            line: c.table.lines[row],
        })
    }

    fn filled(&mut self, field: Field<'_>, row: usize) -> Option<String> {
        let text = field.filled(row).map(std::borrow::Cow::into_owned);
        self.problems.keep(text)
    }

    /// A name of something that is sold.
    fn name(&mut self, field: Field<'_>, row: usize) -> Option<String> {
        let text = self.filled(field, row);
        if text.as_deref() == Some(OUTSIDE) {
            let message = format!("is `{OUTSIDE}`, the word for buying nothing");
            self.problems.push(field.mistake(row, &message));
        }
        text
    }

    /// A number that must pass `fine`, or `NaN` with a mistake that says what it `must` be.
    fn number(&mut self, field: Field<'_>, row: usize, must: &str, fine: fn(f64) -> bool) -> f64 {
        let value = field.number(row).and_then(|v| {
            let wrong = || field.mistake(row, &format!("is {v}, must be {must}"));
            if fine(v) { Ok(v) } else { Err(wrong()) }
        });
        self.problems.keep(value).unwrap_or(f64::NAN)
    }

    fn positive(&mut self, field: Field<'_>, row: usize) -> f64 {
        self.number(field, row, "above 0", |v| v > 0.0)
    }

    fn basis(&mut self, row: usize) -> ShareBasis {
        let field = self.columns.amount;
        match self.columns.basis {
            Basis::Units => ShareBasis::Units(self.positive(field, row)),
            Basis::Mix => ShareBasis::Mix(self.positive(field, row)),
            Basis::Share => {
                let inside = |v: f64| v > 0.0 && v < 1.0;
                ShareBasis::Share(self.number(field, row, "above 0 and below 1", inside))
            }
        }
    }

    fn aware(&mut self, row: usize) -> f64 {
        match self.columns.aware {
            Some(field) if !field.text(row).is_empty() => {
                let inside = |v: f64| v > 0.0 && v <= 1.0;
                self.number(field, row, "above 0 and at most 1", inside)
            }
            _ => 1.0,
        }
    }

    fn characteristics(&mut self, row: usize) -> Vec<f64> {
        let fields = self.columns.characteristics.iter();
        fields
            .map(|f| f.map_or(f64::NAN, |f| self.number(f, row, "finite", f64::is_finite)))
            .collect()
    }

    fn segments(&mut self, row: usize) -> Vec<String> {
        let Some(field) = self.columns.segments else {
            return Vec::new();
        };
        let text = field.text(row);
        let names = text.split('|').map(str::trim).filter(|n| !n.is_empty());
        let known = || self.study.segment.iter().map(|s| s.id.as_str());
        let mut found: Vec<String> = Vec::new();
        for name in names {
            if known().all(|k| k != name) {
                let message = format!("names `{name}`, which is no segment of the study");
                let hint = did_you_mean(name, known());
                self.problems.push(field.mistake(row, &message).hint(hint));
            } else if !found.iter().any(|f| f == name) {
                found.push(name.to_owned());
            }
        }
        found
    }

    fn mark(&mut self, row: usize) -> Mark {
        let mark = self
            .columns
            .mark
            .map_or(Ok(Mark::default()), |f| mark(f, row));
        self.problems.keep(mark).unwrap_or_default()
    }

    fn labels(&mut self, row: usize, brand: &str) -> BTreeMap<String, String> {
        let mut labels = BTreeMap::new();
        for (name, field) in &self.columns.labels {
            let label = match field {
                Some(field) => self.filled(*field, row),
                None => Some(brand.to_owned()),
            };
            if let Some(label) = label {
                labels.insert((*name).to_owned(), label);
            }
        }
        labels
    }
}

/// The mark in a cell; an empty one is the default.
pub(crate) fn mark(field: Field<'_>, row: usize) -> Result<Mark, InputError> {
    let word = field.text(row);
    if word.is_empty() {
        return Ok(Mark::default());
    }
    Mark::parse(&word).ok_or_else(|| {
        field
            .mistake(row, "is no mark")
            .hint("use verified, derived, recalled or assumed")
    })
}
