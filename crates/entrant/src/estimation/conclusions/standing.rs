//! Whether standard errors are shown.
//!
//! They are withheld where they would not say how wrong the estimates may be: without an estimate
//! (no convergence, a saddle), without identification (rank), without anything to average over (one
//! market, few clusters, as many moments as rows), and where the effective first-stage F does not
//! even exclude a bias of 30% (Montiel Olea and Pflueger 2013). Where it excludes 30% but not 10%,
//! or where a supply side adds moments that the first stage does not see, they are shown and marked:
//! the over-identified moments are tested, and a robust set can stand beside them.

use entrant_data::result::conclusions::{Doubt, Standing};
use entrant_data::result::estimation::{EstimateStatus, EstimationReport};
use entrant_data::{Finding, Level};
use entrant_estimate::blp::Kind;

use crate::estimation::report::Made;

/// Diagnostics whose failure leaves no standard error.
const BLOCKING: [&str; 7] = [
    "identification",
    "inversion",
    "moments",
    "markets",
    "clusters",
    "prices",
    "weak-instruments",
];
/// Standard errors within which a spread of tastes is near zero.
const NEAR_ZERO: f64 = 1.0;

/// Every reason to doubt standard errors.
pub(super) fn doubts(made: &Made<'_>, report: &EstimationReport) -> Vec<Doubt> {
    let mut out: Vec<Doubt> = unfinished(report).into_iter().collect();
    out.extend(report.findings.iter().filter_map(of_finding));
    out.extend(at_bounds(report));
    out.extend(near_zero(made));
    out
}

/// The search has not come to a minimum. What is only evaluated at given values was asked for.
fn unfinished(report: &EstimationReport) -> Option<Doubt> {
    (!report.status.is_usable() && report.status != EstimateStatus::NotIdentified).then(|| Doubt {
        code: "optimum".into(),
        standing: Standing::Withheld,
        reason: report.status.meaning().into(),
        parameters: Vec::new(),
    })
}

fn of_finding(finding: &Finding) -> Option<Doubt> {
    let code = finding.code.as_str();
    let standing = match (code, finding.level) {
        (_, Level::Ok) => return None,
        ("curvature", _) => Standing::Withheld,
        (_, Level::Error) if BLOCKING.contains(&code) => Standing::Withheld,
        ("weak-instruments", Level::Warning) => Standing::NotRobust,
        _ => return None,
    };
    Some(Doubt {
        code: code.into(),
        standing,
        reason: finding.message.clone(),
        parameters: Vec::new(),
    })
}

fn at_bounds(report: &EstimationReport) -> Option<Doubt> {
    let at = report.parameters.iter().filter(|p| p.at_bound.is_some());
    let parameters: Vec<String> = at.map(|p| p.name.clone()).collect();
    (!parameters.is_empty()).then(|| Doubt {
        code: "boundary".into(),
        standing: Standing::Withheld,
        reason: "a parameter at a bound is held there: the others' errors take it for known".into(),
        parameters,
    })
}

fn near_zero(made: &Made<'_>) -> Option<Doubt> {
    let parameters = small_spreads(made);
    let free = &made.problem.parameters.free;
    let parameters: Vec<String> = parameters.iter().map(|k| free[*k].name.clone()).collect();
    (!parameters.is_empty()).then(|| Doubt {
        code: "boundary".into(),
        standing: Standing::NotRobust,
        reason: "within a standard error of zero, where the objective is flat in a spread of tastes and its estimate is not normal".into(),
        parameters,
    })
}

/// Spreads of tastes (by position among searched parameters) at zero or within a standard error.
pub(super) fn small_spreads(made: &Made<'_>) -> Vec<usize> {
    let free = made.problem.parameters.free.iter().enumerate();
    let small = |k: usize| {
        let (value, error) = (made.fit.values[k], made.fit.inference.errors[k]);
        value == 0.0 || value.abs() <= NEAR_ZERO * error
    };
    let spread = |kind: Kind| matches!(kind, Kind::Sigma { row, column } if row == column);
    let found = free.filter(|(k, p)| spread(p.kind) && small(*k));
    found.map(|(k, _)| k).collect()
}

/// What the doubts about all parameters amount to.
pub(super) fn overall(doubts: &[Doubt]) -> Standing {
    let about_all = doubts.iter().filter(|d| d.parameters.is_empty());
    about_all
        .map(|d| d.standing)
        .max()
        .unwrap_or(Standing::Shown)
}

/// The first reason for which errors are withheld.
pub(super) fn reason(doubts: &[Doubt]) -> String {
    let first = first(doubts);
    first.map_or(String::new(), |d| d.reason.clone())
}

fn first(doubts: &[Doubt]) -> Option<&Doubt> {
    let blocks = |d: &&Doubt| d.parameters.is_empty() && d.standing == Standing::Withheld;
    doubts.iter().find(blocks)
}

/// Takes out of the document what the doubts withhold.
pub(in crate::estimation) fn withhold(report: &mut EstimationReport) {
    let doubts = std::mem::take(&mut report.conclusions.doubts);
    if let Some(doubt) = first(&doubts) {
        let all: Vec<String> = report.covariance.names.clone();
        take(report, &doubt.code, &all);
    }
    let own = |d: &&Doubt| d.standing == Standing::Withheld && !d.parameters.is_empty();
    for doubt in doubts.iter().filter(own) {
        take(report, &doubt.code, &doubt.parameters);
    }
    report.conclusions.doubts = doubts;
}

fn take(report: &mut EstimationReport, code: &str, names: &[String]) {
    for p in &mut report.parameters {
        if names.contains(&p.name) && p.withheld.is_none() {
            (p.error, p.z, p.p_value) = (None, None, None);
            p.withheld = Some(code.into());
        }
    }
    let covariance = &mut report.covariance;
    let is = |k: usize| names.contains(&covariance.names[k]);
    let gone: Vec<usize> = (0..covariance.names.len()).filter(|k| is(*k)).collect();
    for k in gone {
        covariance.values[k].iter_mut().for_each(|v| *v = None);
        covariance.values.iter_mut().for_each(|row| row[k] = None);
    }
}
