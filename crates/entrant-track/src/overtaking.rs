//! One vendor passes another: in which sources, by how much, how surely.

use std::collections::BTreeMap;

use entrant_data::result::tracker::{Overtaking, SourceView, Verdict};

use crate::readings::{Figure, Readings};
use crate::reconcile::Country;
use crate::value::Value;

/// Vendors whose order is followed: the ones with the largest shares at any time.
pub(crate) const FOLLOWED: usize = 25;

/// All overtakings among the largest vendors, by the size of the smaller of the two and how
/// surely the other is ahead.
pub(crate) fn overtakings(readings: &Readings, country: &Country, level: f64) -> Vec<Overtaking> {
    let vendors = largest(country);
    let mut found = Vec::new();
    for (i, a) in vendors.iter().enumerate() {
        for b in &vendors[i + 1..] {
            let times: Vec<usize> = (0..country.quarters.len())
                .filter(|t| [a, b].iter().all(|v| country.shares[*t].contains_key(*v)))
                .collect();
            let pairs = times.windows(2);
            found.extend(
                pairs.filter_map(|t| passing(readings, country, (*a, *b), (t[0], t[1]), level)),
            );
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().map(|(_, o)| o).collect()
}

/// The vendors with the largest shares at any time, the largest first.
fn largest(country: &Country) -> Vec<usize> {
    let mut peaks: BTreeMap<usize, f64> = BTreeMap::new();
    for (v, share) in country.shares.iter().flatten() {
        let peak = peaks.entry(*v).or_default();
        *peak = peak.max(share.central);
    }
    let mut order: Vec<(usize, f64)> = peaks.into_iter().collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order.truncate(FOLLOWED);
    order.into_iter().map(|(v, _)| v).collect()
}

/// Whether the order of two vendors changes between two quarters, in the reconciled shares or in
/// those of a source, with how much that matters.
fn passing(
    readings: &Readings,
    country: &Country,
    (a, b): (usize, usize),
    (before, now): (usize, usize),
    level: f64,
) -> Option<(f64, Overtaking)> {
    let lead = |t: usize, x: usize, y: usize| {
        let shares = &country.shares[t];
        shares[&x].zip(&shares[&y], |x, y| x - y)
    };
    let central = [before, now].map(|t| lead(t, a, b).central);
    let flips = |x: usize, y: usize| {
        let views = views(readings, (x, y), (before, now));
        views
            .iter()
            .any(|v| v.verdict == Verdict::Shows && v.lead_before < Some(0.0))
    };
    let (passes, passed, reconciled) = match central {
        [was, is] if was <= 0.0 && is > 0.0 => (a, b, true),
        [was, is] if was >= 0.0 && is < 0.0 => (b, a, true),
        _ if flips(a, b) => (a, b, false),
        _ if flips(b, a) => (b, a, false),
        _ => return None,
    };
    let (was, is) = (lead(before, passes, passed), lead(now, passes, passed));
    let order = Value {
        central: 0.0,
        draws: is
            .zip(&was, |is, was| f64::from(is > 0.0 && was <= 0.0))
            .draws,
    };
    let shares = &country.shares[now];
    let smaller = shares[&passes].central.min(shares[&passed].central);
    let overtaking = Overtaking {
        quarter: country.quarters[now],
        before: country.quarters[before],
        passes: readings.vendors[passes].clone(),
        passed: readings.vendors[passed].clone(),
        reconciled,
        lead_before: was.estimate(level),
        lead: is.estimate(level),
        ahead: is.probability(|x| x > 0.0),
        probability: order.probability(|x| x > 0.5),
        sources: views(readings, (passes, passed), (before, now)),
    };
    let surely = if overtaking.ahead.is_finite() {
        overtaking.ahead
    } else {
        1.0
    };
    Some((smaller * surely, overtaking))
}

/// What each source says that names both vendors in either quarter.
fn views(
    readings: &Readings,
    (a, b): (usize, usize),
    (before, now): (usize, usize),
) -> Vec<SourceView> {
    let view = |(source, named): (usize, &entrant_data::result::tracker::TrackedSource)| {
        let lead = |t| lead(readings, source, (a, b), t);
        let (was, is) = (lead(before), lead(now));
        (was.is_some() || is.is_some()).then(|| SourceView {
            source: named.name.clone(),
            lead_before: was.map(|l| l.points),
            lead: is.map(|l| l.points),
            verdict: verdict(was, is),
        })
    };
    readings
        .sources
        .iter()
        .enumerate()
        .filter_map(view)
        .collect()
}

/// A lead and how far rounding may have moved it.
#[derive(Debug, Clone, Copy)]
struct Lead {
    points: f64,
    rounding: f64,
}

impl Lead {
    /// 1 ahead, -1 behind, 0 within rounding.
    fn order(self) -> i8 {
        // Shares rounded to the same step can differ by all of it and still be in order.
        if self.points.abs() < self.rounding - 1e-9 || self.points.abs() < 1e-12 {
            0
        } else if self.points > 0.0 {
            1
        } else {
            -1
        }
    }
}

fn lead(readings: &Readings, source: usize, (a, b): (usize, usize), t: usize) -> Option<Lead> {
    let of = |v: usize| -> Option<&Figure> {
        readings
            .shares
            .get(&(v, t))?
            .iter()
            .find(|f| f.source == source)
    };
    let (a, b) = (&of(a)?.shown, &of(b)?.shown);
    Some(Lead {
        points: a.value - b.value,
        rounding: a.rounding + b.rounding,
    })
}

fn verdict(before: Option<Lead>, now: Option<Lead>) -> Verdict {
    match (before.map(Lead::order), now.map(Lead::order)) {
        (_, None) => Verdict::Silent,
        (_, Some(0)) => Verdict::Level,
        (_, Some(-1)) => Verdict::Behind,
        (None, Some(_)) => Verdict::Ahead,
        (Some(1), Some(_)) => Verdict::AheadAlready,
        (Some(_), Some(_)) => Verdict::Shows,
    }
}
