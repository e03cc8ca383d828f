//! From statements to readings: what each source says about each vendor's share and about the
//! size of the market, on one scale.

use std::collections::BTreeMap;

use entrant_data::result::tracker::{SourceFigure, TrackedSource};
use entrant_data::tracker::{Measure, Statement, Subject};
use entrant_data::{Mark, Quarter};

/// A figure of a source.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    /// Position of the source.
    pub(crate) source: usize,
    /// Variance of its rounding.
    pub(crate) variance: f64,
    /// The figure.
    pub(crate) shown: SourceFigure,
}

/// What sources say about a country.
#[derive(Debug, Clone)]
pub(crate) struct Readings {
    pub(crate) country: String,
    pub(crate) sources: Vec<TrackedSource>,
    /// Quarters in which anything is said of units or shares, in order.
    pub(crate) quarters: Vec<Quarter>,
    /// Vendors, in file order.
    pub(crate) vendors: Vec<String>,
    /// Shares by vendor and quarter.
    pub(crate) shares: BTreeMap<(usize, usize), Vec<Figure>>,
    /// Units of all vendors by quarter.
    pub(crate) totals: BTreeMap<usize, Vec<Figure>>,
    /// Prices by quarter and vendor, all vendors together being none.
    pub(crate) prices: BTreeMap<(Quarter, Option<String>), Vec<Figure>>,
    /// Figures that their source revised.
    pub(crate) revisions: Vec<Revision>,
}

/// A figure that its source changed later.
#[derive(Debug, Clone)]
pub(crate) struct Revision {
    pub(crate) words: String,
}

/// Key of what one source says.
type Key<'a> = (usize, Quarter, &'a Subject, Measure);

/// The statement of each source about each figure that counts.
type Said<'a> = BTreeMap<Key<'a>, &'a Statement>;

/// Readings by country, in file order.
pub(crate) fn by_country(statements: &[Statement]) -> Vec<Readings> {
    let mut order: Vec<&str> = Vec::new();
    let mut groups: BTreeMap<&str, Vec<&Statement>> = BTreeMap::new();
    for s in statements {
        let group = groups.entry(&s.country).or_default();
        if group.is_empty() {
            order.push(&s.country);
        }
        group.push(s);
    }
    order.iter().map(|c| readings(c, &groups[c])).collect()
}

fn readings(country: &str, statements: &[&Statement]) -> Readings {
    let labels = distinct(statements.iter().map(|s| label(s)));
    let mut revisions = Vec::new();
    let said = latest(statements, &labels, &mut revisions);
    let vendors = distinct(statements.iter().filter_map(|s| vendor(&s.subject)));
    let mut quarters: Vec<Quarter> = said
        .keys()
        .filter(|k| matches!(k.3, Measure::Units | Measure::Share))
        .map(|k| k.1)
        .collect();
    quarters.sort_unstable();
    quarters.dedup();
    let totals = totals(&said, &quarters, &labels);
    let shares = shares(&said, &quarters, &vendors, &totals, &labels);
    Readings {
        country: country.to_owned(),
        sources: sources(&said, &labels),
        prices: prices(&said, &labels),
        quarters,
        vendors,
        shares,
        totals,
        revisions,
    }
}

/// The basis of a source is part of its name: shipments and sales are no repetitions.
fn label(s: &Statement) -> String {
    if s.basis.is_empty() {
        s.source.clone()
    } else {
        format!("{}, {}", s.source, s.basis)
    }
}

fn vendor(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Vendor(name) => Some(name.clone()),
        _ => None,
    }
}

/// Names, each once, in order of first appearance.
fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeMap::new();
    for name in names {
        let next = seen.len();
        seen.entry(name).or_insert(next);
    }
    let mut all: Vec<(usize, String)> = seen.into_iter().map(|(n, i)| (i, n)).collect();
    all.sort_unstable();
    all.into_iter().map(|(_, n)| n).collect()
}

/// Of several publications of a figure the latest counts, unless it only repeats an earlier one
/// in fewer digits.
fn latest<'a>(
    statements: &[&'a Statement],
    labels: &[String],
    revisions: &mut Vec<Revision>,
) -> Said<'a> {
    let places: BTreeMap<&str, usize> = labels
        .iter()
        .enumerate()
        .map(|(i, l)| (l.as_str(), i))
        .collect();
    let mut by_date = statements.to_vec();
    by_date.sort_by(|a, b| a.published.cmp(&b.published));
    let mut said = Said::new();
    for s in by_date {
        let source = places.get(label(s).as_str()).copied().unwrap_or(0);
        let key = (source, s.quarter, &s.subject, s.measure);
        let Some(earlier) = said.get_mut(&key) else {
            said.insert(key, s);
            continue;
        };
        let apart = (s.value - earlier.value).abs();
        let slack = 1e-9 * s.value.abs();
        if apart <= 0.5 * s.rounding + slack && s.rounding >= earlier.rounding {
            continue;
        }
        if apart > 0.5 * (s.rounding + earlier.rounding) + slack {
            revisions.push(revision(&labels[source], earlier, s));
        }
        *earlier = s;
    }
    said
}

fn revision(source: &str, earlier: &Statement, later: &Statement) -> Revision {
    let who = vendor(&later.subject).unwrap_or_else(|| "the total".into());
    let show = |s: &Statement| match s.measure {
        Measure::Share => format!("{}%", round(100.0 * s.value)),
        Measure::Units | Measure::Revenue => format!("{}M", round(s.value / 1e6)),
        Measure::Asp => round(s.value).to_string(),
    };
    Revision {
        words: format!(
            "{source}, {} in {}: {} {}, then {}",
            who,
            later.quarter,
            later.measure.word(),
            show(earlier),
            show(later)
        ),
    }
}

/// A number as published, without what the change of unit left behind.
fn round(x: f64) -> f64 {
    format!("{x:.9e}").parse().unwrap_or(x)
}

/// Variance of an error that is uniform over a step.
fn uniform(step: f64) -> f64 {
    step * step / 12.0
}

fn figure(source: usize, labels: &[String], s: &Statement) -> Figure {
    Figure {
        source,
        variance: uniform(s.rounding),
        shown: SourceFigure {
            source: labels[source].clone(),
            value: s.value,
            rounding: 0.5 * s.rounding,
            how: "stated".into(),
            mark: s.mark,
            published: s.published.clone(),
            url: s.url.clone(),
        },
    }
}

/// One figure over another of the same source, its rounding carried through.
fn ratio(
    source: usize,
    labels: &[String],
    over: &Statement,
    under: &Statement,
    how: &str,
) -> Figure {
    let value = over.value / under.value;
    let half = |s: &Statement| 0.5 * s.rounding / s.value;
    let relative = uniform(over.rounding / over.value) + uniform(under.rounding / under.value);
    Figure {
        source,
        variance: value * value * relative,
        shown: SourceFigure {
            source: labels[source].clone(),
            value,
            rounding: value * (half(over) + half(under)),
            how: how.into(),
            mark: over.mark.max(under.mark).max(Mark::Derived),
            published: over.published.clone().max(under.published.clone()),
            url: over.url.clone(),
        },
    }
}

/// The size of the market by quarter and source: stated, or the units of its vendors over their
/// shares.
fn totals(
    said: &Said<'_>,
    quarters: &[Quarter],
    labels: &[String],
) -> BTreeMap<usize, Vec<Figure>> {
    let mut all: BTreeMap<(usize, usize), Vec<Figure>> = BTreeMap::new();
    for ((source, quarter, subject, measure), s) in said {
        let Ok(t) = quarters.binary_search(quarter) else {
            continue;
        };
        if *measure != Measure::Units {
            continue;
        }
        if **subject == Subject::Total {
            all.insert((t, *source), vec![figure(*source, labels, s)]);
            continue;
        }
        let stated = said.contains_key(&(*source, *quarter, &Subject::Total, Measure::Units));
        let share = said.get(&(*source, *quarter, *subject, Measure::Share));
        if let Some(share) = share.filter(|p| !stated && p.value > 0.0) {
            let implied = ratio(*source, labels, s, share, "units over share");
            all.entry((t, *source)).or_default().push(implied);
        }
    }
    let mut totals: BTreeMap<usize, Vec<Figure>> = BTreeMap::new();
    for ((t, _), figures) in all {
        totals.entry(t).or_default().extend(combined(figures));
    }
    totals
}

/// Figures of one source for one number, weighted by how finely they are rounded.
fn combined(figures: Vec<Figure>) -> Option<Figure> {
    let weight = |f: &Figure| 1.0 / f.variance.max(f64::MIN_POSITIVE);
    let sum: f64 = figures.iter().map(weight).sum();
    let value = figures
        .iter()
        .map(|f| weight(f) * f.shown.value)
        .sum::<f64>()
        / sum;
    let alone = figures.len() == 1;
    let finest = figures
        .into_iter()
        .min_by(|a, b| a.variance.total_cmp(&b.variance))?;
    if alone {
        return Some(finest);
    }
    let shown = SourceFigure {
        value,
        ..finest.shown
    };
    Some(Figure {
        variance: 1.0 / sum,
        shown,
        ..finest
    })
}

/// Shares by vendor and quarter: stated, or units over the same source's size of the market.
fn shares(
    said: &Said<'_>,
    quarters: &[Quarter],
    vendors: &[String],
    totals: &BTreeMap<usize, Vec<Figure>>,
    labels: &[String],
) -> BTreeMap<(usize, usize), Vec<Figure>> {
    let places: BTreeMap<&str, usize> = vendors
        .iter()
        .enumerate()
        .map(|(i, v)| (v.as_str(), i))
        .collect();
    let mut shares: BTreeMap<(usize, usize), Vec<Figure>> = BTreeMap::new();
    for ((source, quarter, subject, measure), s) in said {
        let (Subject::Vendor(name), Ok(t)) = (subject, quarters.binary_search(quarter)) else {
            continue;
        };
        let Some(v) = places.get(name.as_str()) else {
            continue;
        };
        let other = |m: Measure| said.get(&(*source, *quarter, *subject, m));
        let total = totals
            .get(&t)
            .and_then(|all| all.iter().find(|f| f.source == *source));
        let by_units =
            |units: &Statement| total.map(|total| over_total(*source, labels, units, total));
        let found = match measure {
            Measure::Share => Some(figure(*source, labels, s)),
            Measure::Units if other(Measure::Share).is_none() => by_units(s),
            _ => None,
        };
        shares.entry((*v, t)).or_default().extend(found);
    }
    shares.retain(|_, figures| !figures.is_empty());
    shares
}

fn over_total(source: usize, labels: &[String], units: &Statement, total: &Figure) -> Figure {
    let under = Statement {
        value: total.shown.value,
        rounding: (12.0 * total.variance).sqrt(),
        mark: total.shown.mark,
        ..units.clone()
    };
    let mut share = ratio(source, labels, units, &under, "units over total");
    share.shown.value = share.shown.value.min(1.0);
    share
}

/// Prices: stated, or revenue over units of the same source.
fn prices(said: &Said<'_>, labels: &[String]) -> BTreeMap<(Quarter, Option<String>), Vec<Figure>> {
    let mut prices: BTreeMap<_, Vec<Figure>> = BTreeMap::new();
    for ((source, quarter, subject, measure), s) in said {
        let other = |m: Measure| said.get(&(*source, *quarter, *subject, m));
        let found = match (measure, subject) {
            (_, Subject::Others) => None,
            (Measure::Asp, _) => Some(figure(*source, labels, s)),
            (Measure::Revenue, _) if other(Measure::Asp).is_none() => other(Measure::Units)
                .map(|units| ratio(*source, labels, s, units, "revenue over units")),
            _ => None,
        };
        if let Some(found) = found {
            let key = (*quarter, vendor(subject));
            prices.entry(key).or_default().push(found);
        }
    }
    prices
}

fn sources(said: &Said<'_>, labels: &[String]) -> Vec<TrackedSource> {
    let of = |source: usize| said.keys().filter(move |k| k.0 == source);
    let source = |(i, name): (usize, &String)| {
        let mut quarters: Vec<Quarter> = of(i).map(|k| k.1).collect();
        quarters.sort_unstable();
        quarters.dedup();
        TrackedSource {
            name: name.clone(),
            statements: of(i).count(),
            quarters: quarters.len(),
        }
    };
    labels.iter().enumerate().map(source).collect()
}
