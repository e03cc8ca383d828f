//! Words that the terminal and the page share.

use entrant_data::result::tracker::{
    Disagreement, Multiple, Overtaking, SourceView, TrackedCountry,
};
use entrant_data::tracker::{CompanyFact, FactKind};

use crate::format::{self, Unit};

/// `India: 3 sources, 13 quarters from 2015Q1 to 2019Q2, 5 between them without a figure`.
pub(crate) fn heading(c: &TrackedCountry) -> String {
    let count = |n: usize, word: &str| {
        let plural = if n == 1 { "" } else { "s" };
        format!("{} {word}{plural}", format::count(n))
    };
    let sources = count(c.sources.len(), "source");
    let (Some(first), Some(last)) = (c.quarters.first(), c.quarters.last()) else {
        return format!("{}: {sources}, prices only", c.country);
    };
    let gaps = match c.missing.len() {
        0 => String::new(),
        n => format!(", {n} between them without a figure"),
    };
    format!(
        "{}: {sources}, {} from {} to {}{gaps}",
        c.country,
        count(c.quarters.len(), "quarter"),
        first.quarter,
        last.quarter
    )
}

/// How far two sources are apart, and what that rests on.
pub(crate) fn apart(d: &Disagreement) -> String {
    let rests = match (d.from.as_str(), d.comparisons) {
        ("country", n) => format!("from {} comparisons", format::count(n)),
        ("none", n) => {
            return format!(
                "Too few comparisons between sources ({n}) for ranges: figures stand without them."
            );
        }
        (_, n) => format!("from all countries, as this one has {n} comparisons"),
    };
    format!(
        "Two sources typically differ by {} at a share of 25% ({rests}).",
        format::estimate(&d.typical, Unit::Points, false)
    )
}

/// Vendors by their reconciled shares over all quarters, the largest first.
pub(crate) fn vendors_by_size(c: &TrackedCountry) -> Vec<&str> {
    let mut sums: Vec<(&str, f64)> = Vec::new();
    let mut places = std::collections::BTreeMap::new();
    for v in c.quarters.iter().flat_map(|q| &q.vendors) {
        let place = *places.entry(v.vendor.as_str()).or_insert(sums.len());
        if place == sums.len() {
            sums.push((&v.vendor, 0.0));
        }
        sums[place].1 += v.share.point();
    }
    sums.sort_by(|a, b| b.1.total_cmp(&a.1));
    sums.into_iter().map(|(v, _)| v).collect()
}

/// How sure an overtaking is.
pub(crate) fn sure(o: &Overtaking) -> String {
    if !o.ahead.is_finite() {
        return "how surely is not identified".into();
    }
    let chance = |p: f64| match p {
        p if p > 0.995 => "over 99%".into(),
        p if p < 0.005 => "under 1%".into(),
        p => format::number(p, Unit::Chance, false),
    };
    format!(
        "{} likely ahead, {} likely to have passed in that very quarter",
        chance(o.ahead),
        chance(o.probability)
    )
}

/// What a source says of an overtaking.
pub(crate) fn said(v: &SourceView) -> String {
    let points = |x: f64| format::number(x, Unit::Points, true);
    let lead = v
        .lead
        .map_or_else(String::new, |x| format!(", {}", points(x)));
    let before = v
        .lead_before
        .map_or_else(String::new, |x| format!(" (before: {})", points(x)));
    format!("{}: {}{lead}{before}", v.source, v.verdict.words())
}

/// A fact with its range, in its unit.
pub(crate) fn fact(f: &CompanyFact) -> String {
    let money = format::currency_prefix(&f.currency);
    let show = |x: f64| match f.kind {
        FactKind::Founded => format!("{x:.0}"),
        FactKind::Employees | FactKind::Units => format::number(x, Unit::Count, false),
        _ => format::number(x, Unit::Money(&money), false),
    };
    if f.low.total_cmp(&f.high).is_eq() {
        return show(f.value);
    }
    format!("{} ({} to {})", show(f.value), show(f.low), show(f.high))
}

/// `4.6 (2.9 to 6.7)`.
pub(crate) fn multiple(m: &Multiple) -> String {
    let show = |x: f64| format::number(x, Unit::Plain, false);
    if (m.high / m.low - 1.0).abs() < 1e-9 {
        return show(m.central);
    }
    format!("{} ({} to {})", show(m.central), show(m.low), show(m.high))
}
