//! Cells that statements and facts have in common.

use entrant_data::table::Table;
use entrant_data::{InputError, Mark};

use crate::bind::mark;
use crate::field::Field;

/// Longest name, in characters.
const NAME_CHARS: usize = 200;

/// Largest figure, in the unit of the table.
const LARGEST: f64 = 1e12;

/// A name: filled, without control characters, not too long.
pub(super) fn name(field: Field<'_>, row: usize) -> Result<String, InputError> {
    let text = field.filled(row)?;
    if text.chars().count() > NAME_CHARS {
        let message = format!("is longer than {NAME_CHARS} characters");
        return Err(field.mistake(row, &message));
    }
    Ok(text.into_owned())
}

/// Text that may be missing.
pub(super) fn text(field: Option<Field<'_>>, row: usize) -> String {
    field.map_or_else(String::new, |f| f.text(row).into_owned())
}

/// A name that may be missing.
pub(super) fn optional_name(field: Option<Field<'_>>, row: usize) -> Result<String, InputError> {
    match field {
        Some(f) if !f.text(row).is_empty() => name(f, row),
        _ => Ok(String::new()),
    }
}

/// A figure that is at least 0 and not absurd.
pub(super) fn figure(field: Field<'_>, row: usize) -> Result<f64, InputError> {
    let value = field.number(row)?;
    if value < 0.0 {
        return Err(field.mistake(row, "must not be below 0"));
    }
    if value > LARGEST {
        let hint = "units, revenue and money are in millions";
        return Err(field
            .mistake(row, "is larger than a million millions")
            .hint(hint));
    }
    Ok(value)
}

/// A figure that may be missing.
pub(super) fn optional_figure(
    field: Option<Field<'_>>,
    row: usize,
) -> Result<Option<f64>, InputError> {
    match field {
        Some(f) if !f.text(row).is_empty() => figure(f, row).map(Some),
        _ => Ok(None),
    }
}

/// A mark that may be missing.
pub(super) fn optional_mark(field: Option<Field<'_>>, row: usize) -> Result<Mark, InputError> {
    field.map_or(Ok(Mark::default()), |f| mark(f, row))
}

/// A date that may be missing: `2018`, `2018-01` or `2018-01-26`.
pub(super) fn date(field: Option<Field<'_>>, row: usize) -> Result<String, InputError> {
    let Some(field) = field else {
        return Ok(String::new());
    };
    let text = field.text(row);
    if text.is_empty() || is_date(&text) {
        return Ok(text.into_owned());
    }
    let hint = "write 2018, 2018-01 or 2018-01-26";
    Err(field.mistake(row, "is no date").hint(hint))
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, digits: usize, range: std::ops::RangeInclusive<u32>| {
        part.len() == digits
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse().is_ok_and(|n: u32| range.contains(&n))
    };
    let sound = [(4, 1900..=2200), (2, 1..=12), (2, 1..=31)];
    parts.len() <= 3
        && parts
            .iter()
            .zip(sound)
            .all(|(part, (digits, range))| number(part, digits, range))
}

/// The column when the table has it.
pub(super) fn find<'a>(table: &'a Table, name: &'a str) -> Option<Field<'a>> {
    Field::find(table, name)
}

#[cfg(test)]
mod tests {
    use super::is_date;

    #[test]
    fn dates_are_years_months_or_days() {
        for text in ["2018", "2018-01", "2018-12-31"] {
            assert!(is_date(text), "{text}");
        }
        for text in [
            "",
            "18",
            "2018-13",
            "2018-1",
            "2018-01-32",
            "2018-01-01-01",
            "soon",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }
}
