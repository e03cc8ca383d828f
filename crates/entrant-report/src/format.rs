//! Numbers for people: `1.2M`, `$3.4bn`, `−1.3%`, with ranges in the unit of the median.

use entrant_data::Status;
use entrant_data::result::Estimate;

/// Shown where there is no number.
pub const NONE: &str = "—";

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit<'a> {
    /// Units sold.
    Count,
    /// A sum of money, with the currency's prefix.
    Money(&'a str),
    /// The price of one unit, with the currency's prefix.
    Price(&'a str),
    /// A share, 0 to 1, shown in percent.
    Share,
    /// A difference of shares, shown in percentage points.
    Points,
    /// A share already in percent.
    Percent,
    /// A probability, or a part of a whole, in whole percent.
    Chance,
    /// A plain number.
    Plain,
}

/// How the numbers of one estimate are written: they share it, so that they compare.
struct Scale<'a> {
    factor: f64,
    prefix: &'a str,
    suffix: &'static str,
    decimals: usize,
}

/// The prefix of a currency: its symbol where one is known, else its code.
pub fn currency_prefix(code: &str) -> String {
    match code {
        "USD" => "$".into(),
        "EUR" => "€".into(),
        "GBP" => "£".into(),
        "INR" => "₹".into(),
        "JPY" => "¥".into(),
        "CNY" => "CN¥".into(),
        "" => String::new(),
        other => format!("{other}\u{a0}"),
    }
}

/// The words for a status.
pub fn status_words(status: Status) -> &'static str {
    match status {
        Status::Exact => "exact",
        Status::Certified => "certified",
        Status::Almost => "almost certified",
        Status::Multiple => "several equilibria",
        Status::LocalOnly => "local equilibrium only",
        Status::NotIdentified => "not identified",
        Status::NotConverged => "not converged",
        Status::NoEquilibrium => "no equilibrium",
    }
}

/// Level of an interval in percent: `90%`.
pub fn level(level: f64) -> String {
    let percent = format!("{:.1}", level * 100.0);
    format!("{}%", percent.trim_end_matches('0').trim_end_matches('.'))
}

/// A number in a unit; with a leading sign when `signed`.
pub fn number(x: f64, unit: Unit<'_>, signed: bool) -> String {
    scale(&[x], unit).show(x, signed)
}

/// Numbers of one axis, `step` apart, written alike.
pub fn series(values: &[f64], step: f64, unit: Unit<'_>, signed: bool) -> Vec<String> {
    let largest = values.iter().fold(step, |m: f64, x| m.max(x.abs()));
    let (factor, suffix) = factor(largest, unit);
    let steps = step / factor;
    let decimals = (0..6).find(|d| {
        let scaled = steps * 10f64.powi(*d);
        (scaled - scaled.round()).abs() <= 1e-6 * scaled
    });
    let scale = Scale {
        factor,
        prefix: prefix(unit),
        suffix,
        decimals: usize::try_from(decimals.unwrap_or(6)).unwrap_or(6),
    };
    values.iter().map(|x| scale.show(*x, signed)).collect()
}

/// A number of things, whole.
pub fn count(n: usize) -> String {
    grouped(&n.to_string())
}

/// The median of an estimate, or a dash with the words of the status that explains it.
pub fn median(e: &Estimate, unit: Unit<'_>, signed: bool) -> String {
    match e.point().is_finite() {
        true => estimate_scale(e, unit).show(e.point(), signed),
        false if e.status.is_usable() => NONE.into(),
        false => format!("{NONE} ({})", status_words(e.status)),
    }
}

/// The interval of an estimate, `low to high`; empty where it has none.
pub fn interval(e: &Estimate, unit: Unit<'_>, signed: bool) -> String {
    let known = e.point().is_finite() && e.low.is_finite() && e.high.is_finite();
    if !known || e.low.total_cmp(&e.high).is_eq() {
        return String::new();
    }
    let scale = estimate_scale(e, unit);
    format!(
        "{} to {}",
        scale.show(e.low, signed),
        scale.show(e.high, signed)
    )
}

/// Median and interval: `−52k (−80k to −30k)`.
pub fn estimate(e: &Estimate, unit: Unit<'_>, signed: bool) -> String {
    match interval(e, unit, signed) {
        range if range.is_empty() => median(e, unit, signed),
        range => format!("{} ({range})", median(e, unit, signed)),
    }
}

/// A small number of the method, such as a residual: three digits or powers of ten.
pub fn scientific(x: f64) -> String {
    match x.abs() {
        _ if !x.is_finite() => NONE.into(),
        0.0 => "0".into(),
        m if (1e-3..1e5).contains(&m) => number(x, Unit::Plain, false),
        _ => format!("{x:.1e}").replace('-', "−"),
    }
}

fn estimate_scale<'a>(e: &Estimate, unit: Unit<'a>) -> Scale<'a> {
    scale(&[e.point(), e.low, e.high], unit)
}

/// The scale of several numbers, the first of which is the one to read most exactly.
fn scale<'a>(values: &[f64], unit: Unit<'a>) -> Scale<'a> {
    let finite = || values.iter().map(|x| x.abs()).filter(|x| x.is_finite());
    let largest = finite().fold(0.0, f64::max);
    let (factor, suffix) = factor(largest, unit);
    let first = values.first().map_or(0.0, |x| x.abs());
    let wanted = decimals(first / factor, largest / factor, unit);
    Scale {
        factor,
        prefix: prefix(unit),
        suffix,
        decimals: wanted,
    }
}

fn prefix(unit: Unit<'_>) -> &str {
    match unit {
        Unit::Money(prefix) | Unit::Price(prefix) => prefix,
        _ => "",
    }
}

fn factor(largest: f64, unit: Unit<'_>) -> (f64, &'static str) {
    match unit {
        Unit::Count | Unit::Money(_) | Unit::Plain if largest >= 1e9 => (1e9, "bn"),
        Unit::Count | Unit::Money(_) | Unit::Plain if largest >= 1e6 => (1e6, "M"),
        Unit::Count | Unit::Money(_) if largest >= 1e4 => (1e3, "k"),
        Unit::Share | Unit::Chance => (0.01, "%"),
        Unit::Percent => (1.0, "%"),
        Unit::Points => (0.01, "\u{a0}pp"),
        _ => (1.0, ""),
    }
}

/// Decimals: two or three digits of the number that matters, never more than one more than the
/// largest number needs.
fn decimals(first: f64, largest: f64, unit: Unit<'_>) -> usize {
    let own = |x: f64| digits_after_point(x, unit);
    let wide = own(largest);
    if first > 0.0 {
        own(first).clamp(wide, wide + 1)
    } else {
        wide
    }
}

fn digits_after_point(x: f64, unit: Unit<'_>) -> usize {
    let whole = [1.0, 10.0, 100.0]
        .iter()
        .filter(|&&limit| x >= limit)
        .count();
    match (unit, whole) {
        (Unit::Chance, _) | (Unit::Price(_) | Unit::Share | Unit::Points | Unit::Percent, 3) => 0,
        (Unit::Price(_), _) => 2,
        (Unit::Count | Unit::Money(_), _) if x == 0.0 => 0,
        (Unit::Plain, 0) => small(x) + 1,
        (_, 0) => small(x),
        (Unit::Count | Unit::Money(_), _) => usize::from(whole == 1),
        (Unit::Share | Unit::Points | Unit::Percent, _) => 1,
        (Unit::Plain, _) => 3 - whole,
    }
}

/// Decimals that show two digits of a number below one, at most four.
fn small(x: f64) -> usize {
    1 + [1.0, 0.1, 0.01]
        .iter()
        .filter(|&&limit| x > 0.0 && x < limit)
        .count()
}

impl Scale<'_> {
    fn show(&self, x: f64, signed: bool) -> String {
        if !x.is_finite() {
            return NONE.into();
        }
        let digits = grouped(&format!("{:.*}", self.decimals, (x / self.factor).abs()));
        let zero = !digits.contains(|c: char| ('1'..='9').contains(&c));
        let sign = match (zero, x < 0.0, signed) {
            (false, true, _) => "−",
            (false, false, true) => "+",
            _ => "",
        };
        format!("{sign}{}{digits}{}", self.prefix, self.suffix)
    }
}

/// Digits with a comma between thousands.
fn grouped(digits: &str) -> String {
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = String::with_capacity(digits.len() + 4);
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(low: f64, median: f64, high: f64) -> Estimate {
        Estimate {
            low,
            median,
            high,
            level: 0.9,
            status: Status::Certified,
            central: None,
        }
    }

    #[test]
    fn numbers_read_like_an_analyst_writes_them() {
        assert_eq!(number(1_234_567.0, Unit::Count, false), "1.2M");
        assert_eq!(number(3.42e9, Unit::Money("$"), false), "$3.4bn");
        assert_eq!(number(-0.0132, Unit::Share, true), "−1.3%");
        assert_eq!(number(0.000_52, Unit::Share, false), "0.052%");
        assert_eq!(number(-0.004, Unit::Points, true), "−0.40\u{a0}pp");
        assert_eq!(number(1299.0, Unit::Price("$"), false), "$1,299");
        assert_eq!(number(-3.1, Unit::Price("$"), true), "−$3.10");
        assert_eq!(number(-0.000_000_1, Unit::Share, true), "0.0000%");
        assert_eq!(number(7310.0, Unit::Count, false), "7,310");
    }

    #[test]
    fn a_range_shares_the_unit_of_its_median() {
        let e = of(-180_000.0, -52_000.0, -9_000.0);
        assert_eq!(estimate(&e, Unit::Count, true), "−52k (−180k to −9k)");
        assert_eq!(interval(&of(1.0, 1.0, 1.0), Unit::Count, false), "");
    }

    #[test]
    fn no_number_is_a_dash_and_words() {
        let e = Estimate {
            status: Status::NoEquilibrium,
            ..of(f64::NAN, f64::NAN, f64::NAN)
        };
        assert_eq!(estimate(&e, Unit::Count, true), "— (no equilibrium)");
        assert_eq!(number(f64::NAN, Unit::Count, true), "—");
        assert_eq!(scientific(f64::NAN), "—");
        assert_eq!(scientific(3.2e-13), "3.2e−13");
    }
}
