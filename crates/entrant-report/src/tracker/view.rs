//! What the chart of a tracker draws.

use entrant_data::result::tracker::{TrackedCountry, TrackedVendor};
use serde::Serialize;

use super::words::vendors_by_size;
use crate::section::tracker_countries;
use crate::story::Story;
use crate::view::five_digits;

/// Countries that a chart offers.
const COUNTRIES: usize = 12;
/// Vendors drawn of a country.
const VENDORS: usize = 6;
/// Quarters drawn of a country, the last ones.
const QUARTERS: usize = 60;
/// Colours for vendors that have none as firms of the study.
const TONES: [&str; 9] = ["f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f0"];

/// A country.
#[derive(Debug, Serialize)]
pub(crate) struct CountryView<'a> {
    name: &'a str,
    vendors: Vec<VendorView<'a>>,
}

/// A vendor: quarters are counted from year 0.
#[derive(Debug, Serialize)]
struct VendorView<'a> {
    name: &'a str,
    tone: &'static str,
    /// Quarter, low, reconciled share, high, rank (0 where there is none).
    points: Vec<[f64; 5]>,
    /// Quarter and share of each source.
    sources: Vec<(i32, f64, &'a str)>,
}

/// The countries of a tracker.
pub(crate) fn countries<'a>(story: &Story<'a>) -> Vec<CountryView<'a>> {
    let report = story.results.tracker.as_deref();
    let shown = report.into_iter().flat_map(tracker_countries);
    shown.take(COUNTRIES).map(|c| country(story, c)).collect()
}

fn country<'a>(story: &Story<'a>, c: &'a TrackedCountry) -> CountryView<'a> {
    let mut names = vendors_by_size(c);
    names.truncate(VENDORS);
    let own: Vec<&str> = names.iter().map(|n| story.tone(n)).collect();
    let distinct = |tone: &&str| !["f9", "fx"].contains(tone);
    let mut free = TONES.iter().filter(|t| !own.contains(*t));
    let vendors = names.iter().zip(&own).map(|(name, tone)| {
        let tone = TONES
            .iter()
            .find(|t| *t == tone && distinct(tone))
            .or_else(|| free.next());
        vendor(c, name, tone.copied().unwrap_or("f9"))
    });
    CountryView {
        name: &c.country,
        vendors: vendors.collect(),
    }
}

fn vendor<'a>(c: &'a TrackedCountry, name: &'a str, tone: &'static str) -> VendorView<'a> {
    let from = c.quarters.len().saturating_sub(QUARTERS);
    let mut view = VendorView {
        name,
        tone,
        points: Vec::new(),
        sources: Vec::new(),
    };
    for q in &c.quarters[from..] {
        let Some(v) = q.vendors.iter().find(|v| v.vendor == name) else {
            continue;
        };
        let at = q.quarter.year() * 4 + q.quarter.of_year() - 1;
        view.points.push(point(at, v));
        let said = v.sources.iter();
        view.sources
            .extend(said.map(|s| (at, five_digits(s.value), s.source.as_str())));
    }
    view
}

fn point(at: i32, v: &TrackedVendor) -> [f64; 5] {
    let e = &v.share;
    let or_point = |x: f64| if x.is_finite() { x } else { e.point() };
    let rank = v.rank.map_or(0, |r| r.rank);
    [
        f64::from(at),
        five_digits(or_point(e.low)),
        five_digits(e.point()),
        five_digits(or_point(e.high)),
        rank as f64,
    ]
}
