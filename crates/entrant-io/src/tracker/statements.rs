//! The table of statements, row by row.

use std::collections::BTreeSet;

use entrant_data::error::did_you_mean;
use entrant_data::table::Table;
use entrant_data::tracker::{Measure, Statement, Subject};
use entrant_data::{InputError, Quarter};

use super::cells::{date, figure, find, name, optional_figure, optional_mark, optional_name, text};
use super::duplicates;
use crate::field::Field;
use crate::problems::Problems;

/// Most statements that are reconciled.
const STATEMENTS: usize = 200_000;
/// Most different country, quarter and vendor combinations.
const FIGURES: usize = 20_000;
/// Most sources, over all countries.
const SOURCES: usize = 64;
/// Millions.
const MILLION: f64 = 1e6;

struct Columns<'a> {
    country: Field<'a>,
    quarter: Field<'a>,
    vendor: Field<'a>,
    measure: Field<'a>,
    value: Field<'a>,
    source: Field<'a>,
    rounding: Option<Field<'a>>,
    basis: Option<Field<'a>>,
    mark: Option<Field<'a>>,
    published: Option<Field<'a>>,
    url: Option<Field<'a>>,
    note: Option<Field<'a>>,
}

/// Reads all statements of a table.
pub(super) fn read(table: &Table, problems: &mut Problems) -> Option<Vec<Statement>> {
    let columns = Columns::resolve(table, problems)?;
    if table.rows() > STATEMENTS {
        let message = format!(
            "the table has {} statements, more than the limit of {STATEMENTS}",
            table.rows()
        );
        let hint = "split it by country, one study each";
        problems.push(
            InputError::at("", message)
                .in_file(&table.file, None)
                .hint(hint),
        );
        return None;
    }
    let rows = 0..table.rows();
    let statements: Vec<Statement> = rows
        .filter_map(|row| problems.keep(columns.row(row, table.lines[row])))
        .collect();
    duplicates::check(table, &statements, problems);
    check_sizes(table, &statements, problems);
    Some(statements)
}

fn check_sizes(table: &Table, statements: &[Statement], problems: &mut Problems) {
    let figures: BTreeSet<_> = statements
        .iter()
        .map(|s| (&s.country, s.quarter, &s.subject))
        .collect();
    let sources: BTreeSet<_> = statements.iter().map(|s| (&s.source, &s.basis)).collect();
    let limits = [
        (
            figures.len(),
            FIGURES,
            "vendors times quarters times countries",
        ),
        (sources.len(), SOURCES, "sources"),
    ];
    for (found, limit, what) in limits {
        if found > limit {
            let message = format!("there are {found} {what}, more than the limit of {limit}");
            problems.push(InputError::at("", message).in_file(&table.file, None));
        }
    }
}

impl<'a> Columns<'a> {
    fn resolve(table: &'a Table, problems: &mut Problems) -> Option<Self> {
        let mut need = |name: &'a str| problems.keep(Field::need(table, name));
        let (country, quarter, vendor) = (need("country"), need("quarter"), need("vendor"));
        let (measure, value, source) = (need("measure"), need("value"), need("source"));
        Some(Columns {
            country: country?,
            quarter: quarter?,
            vendor: vendor?,
            measure: measure?,
            value: value?,
            source: source?,
            rounding: find(table, "rounding"),
            basis: find(table, "basis"),
            mark: find(table, "mark"),
            published: find(table, "published"),
            url: find(table, "url"),
            note: find(table, "note"),
        })
    }

    fn row(&self, row: usize, line: usize) -> Result<Statement, InputError> {
        let measure = self.measure(row)?;
        let subject = subject(&name(self.vendor, row)?);
        let (value, rounding) = self.value(measure, row)?;
        Ok(Statement {
            country: name(self.country, row)?,
            quarter: self.quarter(row)?,
            measure,
            subject,
            value,
            rounding,
            source: name(self.source, row)?,
            basis: optional_name(self.basis, row)?,
            mark: optional_mark(self.mark, row)?,
            published: date(self.published, row)?,
            url: text(self.url, row),
            note: text(self.note, row),
            line,
        })
    }

    fn quarter(&self, row: usize) -> Result<Quarter, InputError> {
        let text = self.quarter.filled(row)?;
        text.parse().map_err(|m: String| {
            let hint = "write a calendar quarter from 1900Q1 to 2200Q4, such as 2017Q4";
            self.quarter.mistake(row, &m).hint(hint)
        })
    }

    fn measure(&self, row: usize) -> Result<Measure, InputError> {
        let word = self.measure.filled(row)?;
        let known = Measure::ALL.into_iter().find(|m| m.word() == word);
        known.ok_or_else(|| {
            let hint = did_you_mean(&word, Measure::ALL.map(Measure::word));
            self.measure.mistake(row, "is no measure").hint(hint)
        })
    }

    /// The figure and its rounding, in units, shares of one, or currency.
    fn value(&self, measure: Measure, row: usize) -> Result<(f64, f64), InputError> {
        let value = figure(self.value, row)?;
        if measure == Measure::Share && value > 100.0 {
            let hint = "a share is in percent of all units sold, 0 to 100";
            return Err(self.value.mistake(row, "is above 100 percent").hint(hint));
        }
        if measure != Measure::Share && value <= 0.0 {
            let hint = "leave the row out where nothing was sold";
            return Err(self.value.mistake(row, "must be above 0").hint(hint));
        }
        let step = match optional_figure(self.rounding, row)? {
            Some(step) => step,
            None => step_of(value),
        };
        let scale = match measure {
            Measure::Share => 0.01,
            Measure::Units | Measure::Revenue => MILLION,
            Measure::Asp => 1.0,
        };
        Ok((value * scale, step * scale))
    }
}

/// The step to which a figure is rounded, from its last digit: 0.1 for 31.1, 1 for 28.
fn step_of(value: f64) -> f64 {
    let written = value.to_string();
    let decimals = written.split_once('.').map_or(0, |(_, d)| d.len());
    // Powers of ten are exact as text, not as products.
    format!("1e-{decimals}").parse().unwrap_or(1.0)
}

fn subject(name: &str) -> Subject {
    match name.to_lowercase().as_str() {
        "total" => Subject::Total,
        "others" | "other" => Subject::Others,
        _ => Subject::Vendor(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digit_says_how_a_figure_was_rounded() {
        for (value, step) in [(28.0, 1.0), (31.1, 0.1), (0.25, 0.01), (40.0, 1.0)] {
            assert!((step_of(value) - step).abs() < 1e-15, "{value}");
        }
    }

    #[test]
    fn totals_and_others_are_no_vendors() {
        assert_eq!(subject("TOTAL"), Subject::Total);
        assert_eq!(subject("Others"), Subject::Others);
        assert_eq!(subject("Xiaomi"), Subject::Vendor("Xiaomi".into()));
    }
}
