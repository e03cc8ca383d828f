//! The table of facts about companies, row by row.

use entrant_data::InputError;
use entrant_data::error::did_you_mean;
use entrant_data::table::Table;
use entrant_data::tracker::{CompanyFact, FactKind};

use super::cells::{date, figure, find, name, optional_figure, optional_mark, optional_name, text};
use crate::field::Field;
use crate::problems::Problems;

/// Most facts.
const FACTS: usize = 10_000;
/// Millions.
const MILLION: f64 = 1e6;

struct Columns<'a> {
    company: Field<'a>,
    item: Field<'a>,
    value: Field<'a>,
    low: Option<Field<'a>>,
    high: Option<Field<'a>>,
    currency: Option<Field<'a>>,
    period: Option<Field<'a>>,
    source: Option<Field<'a>>,
    published: Option<Field<'a>>,
    mark: Option<Field<'a>>,
    note: Option<Field<'a>>,
}

/// Reads all facts of a table; money without a currency is in the study's.
pub(super) fn read(
    table: &Table,
    currency: &str,
    problems: &mut Problems,
) -> Option<Vec<CompanyFact>> {
    if table.rows() > FACTS {
        let message = format!(
            "the table has {} facts, more than the limit of {FACTS}",
            table.rows()
        );
        problems.push(InputError::at("", message).in_file(&table.file, None));
        return None;
    }
    let columns = Columns::resolve(table, problems)?;
    let rows = 0..table.rows();
    Some(
        rows.filter_map(|row| problems.keep(columns.row(row, currency)))
            .collect(),
    )
}

impl<'a> Columns<'a> {
    fn resolve(table: &'a Table, problems: &mut Problems) -> Option<Self> {
        let mut need = |name: &'a str| problems.keep(Field::need(table, name));
        let (company, item, value) = (need("company"), need("item"), need("value"));
        Some(Columns {
            company: company?,
            item: item?,
            value: value?,
            low: find(table, "low"),
            high: find(table, "high"),
            currency: find(table, "currency"),
            period: find(table, "period"),
            source: find(table, "source"),
            published: find(table, "published"),
            mark: find(table, "mark"),
            note: find(table, "note"),
        })
    }

    fn row(&self, row: usize, currency: &str) -> Result<CompanyFact, InputError> {
        let kind = self.kind(row)?;
        let value = figure(self.value, row)?;
        let low = optional_figure(self.low, row)?.unwrap_or(value);
        let high = optional_figure(self.high, row)?.unwrap_or(value);
        if !(low <= value && value <= high) {
            let hint = "`low` is at most `value`, and `value` at most `high`";
            let message = format!("does not lie between {low} and {high}");
            return Err(self.value.mistake(row, &message).hint(hint));
        }
        if kind.is_money() && low <= 0.0 {
            return Err(self.value.mistake(row, "must be above 0"));
        }
        let own = optional_name(self.currency, row)?;
        let scale = match kind {
            FactKind::Founded | FactKind::Employees => 1.0,
            _ => MILLION,
        };
        Ok(CompanyFact {
            company: name(self.company, row)?,
            kind,
            low: low * scale,
            value: value * scale,
            high: high * scale,
            currency: match (kind.is_money(), own.is_empty()) {
                (false, _) => String::new(),
                (true, true) => currency.to_owned(),
                (true, false) => own,
            },
            period: text(self.period, row),
            source: text(self.source, row),
            published: date(self.published, row)?,
            mark: optional_mark(self.mark, row)?,
            note: text(self.note, row),
        })
    }

    fn kind(&self, row: usize) -> Result<FactKind, InputError> {
        let word = self.item.filled(row)?;
        let known = FactKind::ALL.into_iter().find(|k| k.word() == word);
        known.ok_or_else(|| {
            let hint = did_you_mean(&word, FactKind::ALL.map(FactKind::word));
            self.item.mistake(row, "is no kind of fact").hint(hint)
        })
    }
}
