//! Numbers as people and programs write them in tables.

/// The finite number in a cell, or why it is none and what to write instead.
pub(crate) fn number(cell: &str) -> Result<f64, (String, String)> {
    let refuse = |message: &str, hint: &str| Err((message.to_owned(), hint.to_owned()));
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => refuse("is not a finite number", "write the number itself"),
        Err(_) if cell.is_empty() => refuse("is empty", "write a number"),
        Err(_) => refuse("is not a number", hint(cell)),
    }
}

fn hint(cell: &str) -> &'static str {
    let digits = cell.bytes().any(|b| b.is_ascii_digit());
    if digits && cell.contains([',', '\u{a0}', ' ', '_', '\'']) {
        "write `1234.5`: a decimal point, and nothing between thousands"
    } else if digits && cell.contains(['$', '%', '€', '£', '¥']) {
        "write the number alone, without its unit"
    } else if cell.starts_with('#') || cell.eq_ignore_ascii_case("na") {
        "fill in the number, or leave the row out"
    } else {
        "write a number such as 1234.5"
    }
}

/// A number as a reader would write it: in powers of ten where it would be long otherwise.
pub(crate) fn written(value: f64) -> String {
    let size = value.abs();
    if size >= 1e15 || (size < 1e-5 && size > 0.0) {
        format!("{value:e}")
    } else {
        value.to_string()
    }
}

/// A number that was computed, without the digits that rounding left behind.
pub(crate) fn rounded(value: f64) -> String {
    written(format!("{value:.11e}").parse().unwrap_or(value))
}

/// Whether a cell lets its column count as numeric. A leading zero says that it is a code:
/// as a number `007` would come back as `7` and no longer match the ids of the study.
pub(crate) fn looks_numeric(cell: &str) -> Option<f64> {
    let mut digits = cell.trim_start_matches(['+', '-']).bytes();
    let code = digits.next() == Some(b'0') && digits.next().is_some_and(|b| b.is_ascii_digit());
    number(cell).ok().filter(|_| !code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_numbers_are_read() {
        for (cell, value) in [("1.5", 1.5), ("-2e3", -2000.0), (".5", 0.5), ("+3", 3.0)] {
            assert_eq!(number(cell), Ok(value), "{cell}");
        }
    }

    #[test]
    fn everything_else_says_what_to_write() {
        for (cell, part) in [
            ("1,5", "decimal point"),
            ("1 000", "thousands"),
            ("$5", "unit"),
            ("12%", "unit"),
            ("#N/A", "fill in"),
            ("inf", "itself"),
            ("NaN", "itself"),
            ("1e999", "itself"),
            ("", "write a number"),
            ("abc", "such as"),
        ] {
            let (_, hint) = number(cell).expect_err(cell);
            assert!(hint.contains(part), "{cell}: {hint}");
        }
    }

    #[test]
    fn numbers_are_shown_as_people_write_them() {
        for (value, text) in [
            (1e308, "1e308"),
            (1234.5, "1234.5"),
            (1e-9, "1e-9"),
            (0.0, "0"),
        ] {
            assert_eq!(written(value), text);
        }
        assert_eq!(rounded(0.1 + 0.2), "0.3");
        assert_eq!(rounded(f64::NAN), "NaN");
    }

    #[test]
    fn codes_stay_text() {
        assert_eq!(looks_numeric("007"), None);
        assert_eq!(looks_numeric("0"), Some(0.0));
        assert_eq!(looks_numeric("0.07"), Some(0.07));
    }
}
