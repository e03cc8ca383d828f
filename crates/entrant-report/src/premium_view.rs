//! What the charts of premiums draw.

use entrant_data::result::{PremiumReport, PremiumValue};
use serde::Serialize;

use crate::section::premiums::place;
use crate::story::Story;
use crate::view::{Range, five_digits, range};

/// What features and brands are worth.
#[derive(Debug, Serialize)]
pub(crate) struct PremiumView<'a> {
    subjects: Vec<SubjectView<'a>>,
    places: Vec<PlaceView>,
    map: Vec<PointView<'a>>,
}

#[derive(Debug, Serialize)]
struct SubjectView<'a> {
    title: &'a str,
    worth: Range,
    hedonic: Range,
}

/// A product or a firm's line, with what each feature and brand that it has is worth.
#[derive(Debug, Serialize)]
struct PlaceView {
    name: String,
    firm: Option<usize>,
    values: Vec<ValueView>,
}

#[derive(Debug, Serialize)]
struct ValueView {
    subject: usize,
    profit: Range,
    naive: Range,
    before: Range,
    after: Range,
}

#[derive(Debug, Serialize)]
struct PointView<'a> {
    name: &'a str,
    firm: Option<usize>,
    x: f64,
    y: f64,
    share: f64,
    focus: bool,
    budget: bool,
}

impl<'a> PremiumView<'a> {
    /// The view of a report.
    pub(crate) fn new(story: &Story<'_>, report: &'a PremiumReport) -> Self {
        let subject = |s: &'a entrant_data::result::PremiumSubject| SubjectView {
            title: &s.title,
            worth: range(&s.median_consumer),
            hedonic: s.hedonic.as_ref().and_then(|h| range(&h.premium)),
        };
        let point = |p: &'a entrant_data::result::MapPoint| PointView {
            name: &p.product,
            firm: story.firm(&p.firm),
            x: five_digits(p.x),
            y: five_digits(p.y),
            share: five_digits(p.unit_share),
            focus: p.focus,
            budget: p.budget,
        };
        PremiumView {
            subjects: report.subjects.iter().map(subject).collect(),
            places: places(story, report),
            map: report
                .map
                .iter()
                .flat_map(|m| &m.points)
                .map(point)
                .collect(),
        }
    }
}

fn places(story: &Story<'_>, report: &PremiumReport) -> Vec<PlaceView> {
    let mut out: Vec<PlaceView> = Vec::new();
    for (subject, s) in report.subjects.iter().enumerate() {
        for v in &s.values {
            let name = place(v);
            let here = out.iter().position(|p| p.name == name).unwrap_or_else(|| {
                out.push(PlaceView {
                    name,
                    firm: story.firm(&v.firm),
                    values: Vec::new(),
                });
                out.len() - 1
            });
            out[here].values.push(value(subject, v));
        }
    }
    out
}

fn value(subject: usize, v: &PremiumValue) -> ValueView {
    let premium = v.erosion.as_ref().map(|e| &e.profit_premium);
    ValueView {
        subject,
        profit: range(&v.profit.change),
        naive: range(&v.naive),
        before: premium.and_then(|c| range(&c.before)),
        after: premium.and_then(|c| range(&c.after)),
    }
}
