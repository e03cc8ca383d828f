//! What follows from estimates, as text for a terminal.

use entrant::data::result::conclusions::{
    Conclusions, MeanReport, Ranged, RobustSetReport, SetShape, Standing, TestReport, Verdict,
};
use entrant::data::result::estimation::EstimationReport;
use entrant::report::conclusions::verdict;

use super::estimate_text::{digits, maybe, probability};
use super::table::table;
use crate::plain::{visible, wrap};

/// Paragraphs and tables, in order; empty where there is nothing to say.
pub(super) fn parts(report: &EstimationReport, width: usize) -> Vec<String> {
    let c = &report.conclusions;
    let paragraph = |s: String| wrap(&s, width, 0);
    vec![
        paragraph(standing(c)),
        means(c, width),
        paragraph(intervals(c)),
        tests(c, width),
        sets(c, width),
        bootstrap(c, width),
        paragraph(audit(c)),
    ]
}

/// What has become of standard errors.
fn standing(c: &Conclusions) -> String {
    let about_all = c.doubts.iter().filter(|d| d.parameters.is_empty());
    let reasons: Vec<String> = about_all
        .filter(|d| d.standing == c.standing)
        .map(|d| format!("{} [{}]", visible(&d.reason), d.code))
        .collect();
    match c.standing {
        Standing::Shown => String::new(),
        Standing::NotRobust => format!(
            "Standard errors do not hold if instruments are weak: {}.",
            reasons.join("; ")
        ),
        Standing::Withheld => format!("Standard errors are withheld: {}.", reasons.join("; ")),
    }
}

fn means(c: &Conclusions, width: usize) -> String {
    let Some(means) = c.means.as_ref().filter(|m| !m.means.is_empty()) else {
        return String::new();
    };
    let row = |m: &MeanReport| {
        let weighted = m.weighted.and_then(|w| w.value);
        vec![
            label(m).into(),
            maybe(m.mean.value),
            interval(&m.mean),
            weighted.map_or(String::new(), digits),
        ]
    };
    table(
        &["Mean of", "Value", "Interval", "By share"],
        means.means.iter().map(row),
        &[1, 2, 3],
        width,
    )
}

/// A name that fits a line; the document says more.
fn label(m: &MeanReport) -> &str {
    match m.name.as_str() {
        "own_elasticity" => "own-price elasticity",
        "outside_diversion" => "diversion to no purchase",
        "cost" => "marginal cost",
        "lerner" => "Lerner index",
        "profit" => "profit of a product",
        "own_passthrough" => "own pass-through",
        "aggregate_elasticity" => "aggregate elasticity",
        "concentration" => "HHI",
        "consumer_surplus" => "consumers' surplus",
        "market_profit" => "profit of a market",
        other => other,
    }
}

/// Empty where draws do not differ.
fn interval(r: &Ranged) -> String {
    match (r.low, r.high) {
        (Some(low), Some(high)) if digits(low) == digits(high) => String::new(),
        (Some(low), Some(high)) => format!("{} to {}", digits(low), digits(high)),
        _ => String::new(),
    }
}

/// What the intervals are.
fn intervals(c: &Conclusions) -> String {
    let Some(means) = &c.means else {
        return String::new();
    };
    match &means.draws {
        Some(d) => {
            let mut parts = vec![format!(
                "Intervals: {}% of {} draws of the estimates (seed {})",
                100.0 * d.level,
                d.draws - d.failed,
                d.seed
            )];
            let odd = [
                (d.failed, "could not be computed"),
                (d.clipped, "were moved to a bound"),
                (d.upward, "have consumers who like a higher price"),
            ];
            let odd = odd.into_iter().filter(|(n, _)| *n > 0);
            parts.extend(odd.map(|(n, what)| format!("{n} {what}")));
            parts.extend(beyond(&means.means));
            parts.join("; ") + "."
        }
        None if means.withheld.is_empty() => String::new(),
        None => "No intervals: standard errors are withheld.".into(),
    }
}

/// Percentiles need not hold the number itself where the model bends.
fn beyond(means: &[MeanReport]) -> Option<String> {
    let count = means.iter().filter(|m| is_beyond(&m.mean)).count();
    (count > 0).then(|| {
        format!(
            "{count} numbers lie outside their own interval, as draws of a spread of tastes near zero make it larger"
        )
    })
}

/// Whether the number at the estimates is not between the quantiles of the draws.
fn is_beyond(r: &Ranged) -> bool {
    match (r.value, r.low, r.high) {
        (Some(v), Some(low), Some(high)) => {
            digits(low) != digits(high) && !(low..=high).contains(&v)
        }
        _ => false,
    }
}

fn tests(c: &Conclusions, width: usize) -> String {
    let row = |t: &TestReport| {
        vec![
            visible(&t.name),
            t.kind.clone(),
            maybe(t.statistic),
            t.degrees.to_string(),
            t.p_value.map_or("n/a".into(), probability),
            said(t),
        ]
    };
    let shown: Vec<&TestReport> = c.tests.iter().filter(|t| t.degrees > 0).collect();
    if shown.is_empty() {
        return String::new();
    }
    table(
        &["Test", "", "Statistic", "df", "p", ""],
        shown.into_iter().map(row),
        &[2, 3, 4],
        width,
    )
}

fn said(t: &TestReport) -> String {
    match t.status {
        Verdict::Undefined => visible(&t.meaning),
        other => verdict(other).into(),
    }
}

fn sets(c: &Conclusions, width: usize) -> String {
    let row = |s: &RobustSetReport| vec![visible(&s.name), shape(s), maybe(s.estimate)];
    let mut rows: Vec<Vec<String>> = c.robust_sets.iter().map(row).collect();
    rows.extend(c.zero_spreads.iter().map(|z| {
        let upper = z.upper.map_or("unbounded".into(), |u| {
            format!("0 to {} (one-sided)", digits(u))
        });
        let root = z.variance.map(|v| v.max(0.0).sqrt());
        vec![visible(&z.name), upper, maybe(root)]
    }));
    if rows.is_empty() {
        return String::new();
    }
    table(
        &["Robust 95% set", "", "Estimate"],
        rows.into_iter(),
        &[2],
        width,
    )
}

/// A set as it is.
fn shape(s: &RobustSetReport) -> String {
    let low = |v: Option<f64>| v.map_or("-inf".into(), digits);
    let high = |v: Option<f64>| v.map_or("inf".into(), digits);
    let pieces = s
        .intervals
        .iter()
        .map(|i| format!("{} to {}", low(i[0]), high(i[1])));
    let joined = pieces.collect::<Vec<_>>().join(" or ");
    match s.shape {
        SetShape::Union if s.intervals.len() == 1 => format!("{joined}, with gaps"),
        SetShape::Interval | SetShape::Union => joined,
        SetShape::Unbounded => format!("unbounded: {joined}"),
        SetShape::Empty => "empty: the moments reject every value".into(),
        SetShape::Failed => "not computed".into(),
    }
}

fn bootstrap(c: &Conclusions, width: usize) -> String {
    let Some(b) = &c.bootstrap else {
        return String::new();
    };
    let rows = b.parameters.iter().map(|p| {
        let error = p.value.error.map_or("n/a".into(), digits);
        vec![visible(&p.name), error, interval(&p.value)]
    });
    let head = format!("Bootstrap ({}, {})", b.draws.kind, b.draws.draws);
    table(&[&head, "Std. error", "Interval"], rows, &[1, 2], width)
}

fn audit(c: &Conclusions) -> String {
    let Some(a) = &c.audit else {
        return String::new();
    };
    if !a.failure.is_empty() {
        return format!("Integration audit: not possible ({}).", visible(&a.failure));
    }
    let list = |values: &[f64]| {
        let shown: Vec<String> = values.iter().map(|v| digits(*v)).collect();
        shown.join(", ")
    };
    let (now, other) = a.elasticity.split_first().unwrap_or((&f64::NAN, &[]));
    let worst = a.moves.iter().filter_map(|m| Some((m.relative?, &m.name)));
    let worst = worst.max_by(|a, b| a.0.total_cmp(&b.0));
    let moved = worst.map_or(String::new(), |(by, name)| {
        format!(
            "; {} would move most, by {by:.2} standard errors (limit {})",
            visible(name),
            a.threshold
        )
    });
    format!(
        "Integration audit with {}: mean own-price elasticity {} instead of {}{moved}.",
        a.consumers,
        list(other),
        digits(*now),
    )
}
