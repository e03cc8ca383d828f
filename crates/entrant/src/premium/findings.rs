//! What a reader must know before using premiums.

use entrant_data::Finding;
use entrant_data::result::{PremiumReport, PremiumSubject};

const CODE: &str = "premiums";
/// Inflation of a variance from which a feature can hardly be told from the others.
const INFLATION: f64 = 10.0;
/// Share of draws with the wrong sign from which a feature's worth is doubtful.
const WRONG: f64 = 0.05;
/// Part of the distances below which a map shows little.
const EXPLAINED: f64 = 0.5;

/// Findings about a report.
pub(super) fn of(report: &PremiumReport) -> Vec<Finding> {
    let mut out = vec![equilibria(report)];
    let features = || report.subjects.iter().filter(|s| s.kind == "feature");
    out.extend(features().filter_map(sign));
    out.extend(features().filter_map(collinear));
    if features().next().is_some() && out.len() == 1 {
        out.push(Finding::ok(
            CODE,
            format!(
                "every feature is worth more than nothing in at least {:.0}% of draws, and none has a variance inflated {INFLATION:.0} times or more",
                100.0 * (1.0 - WRONG)
            ),
        ));
    }
    if report.hedonic.is_none() {
        out.push(Finding::warning(
            CODE,
            "there is no hedonic regression: its columns repeat one another, or there are too few products",
            "leave characteristics out that repeat others, or name fewer brands",
        ));
    }
    if let Some(map) = report.map.as_ref().filter(|m| m.explained < EXPLAINED) {
        out.push(Finding::warning(
            CODE,
            format!(
                "the map of products holds {:.0}% of their distances in two dimensions, stress {:.2}",
                100.0 * map.explained, map.stress
            ),
            "read near and far off it roughly, and who is nearest from the table of substitutes",
        ));
    }
    out
}

fn equilibria(report: &PremiumReport) -> Finding {
    let lost = report.counts.iter().filter(|c| !c.status.is_usable());
    let lost: usize = lost.map(|c| c.draws).sum();
    let message = format!(
        "{}: with and without each feature and brand {}; {lost} of {} draws have a market without a usable equilibrium",
        report.market, report.status, report.draws
    );
    if !report.status.is_usable() {
        Finding::error(
            CODE,
            message,
            "do not use these premiums: narrow the inputs",
        )
    } else if lost > 0 {
        Finding::warning(CODE, message, "what could not be solved is left out")
    } else {
        Finding::ok(CODE, message)
    }
}

/// A feature that is worth less than nothing, or may be.
fn sign(s: &PremiumSubject) -> Option<Finding> {
    let worth = s.median_consumer.median;
    (worth < 0.0 || s.negative > WRONG).then(|| {
        Finding::warning(
            CODE,
            format!(
                "`{}` has an unexpected sign: a step of it is worth less than nothing in {:.0}% of draws",
                s.of,
                100.0 * s.negative
            ),
            "mean utilities do not tell its worth from that of other features: leave it out, or read only all features together",
        )
    })
}

fn collinear(s: &PremiumSubject) -> Option<Finding> {
    let inflation = s.inflation.filter(|v| *v >= INFLATION)?;
    Some(Finding::warning(
        CODE,
        format!(
            "`{}` moves with the other features: the variance of its worth is inflated {inflation:.0} times (limit {INFLATION:.0})",
            s.of
        ),
        "its worth and that of the features it moves with can be traded for each other: read them together",
    ))
}
