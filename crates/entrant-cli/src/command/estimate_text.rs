//! Estimates as text for a terminal.

use entrant::data::result::estimation::{
    AtBound, EstimatedParameter, EstimationReport, MicroMomentReport, ParameterRole, StartReport,
};
use entrant::report::format::count;

use super::conclusions_text;
use super::table::{ascii, table};
use crate::findings;
use crate::plain::{visible, wrap};

/// What was estimated, how it ended, parameters with errors, diagnostics.
pub(super) fn text(report: &EstimationReport, width: usize) -> String {
    let paragraph = |s: String| wrap(&s, width, 0);
    let parts = [
        paragraph(visible(&report.title)),
        paragraph(what(report)),
        paragraph(importance(report)),
        paragraph(optimal(report)),
        paragraph(how(report)),
        parameters(report, width),
        surveys(report, width),
    ];
    let rest = [starts(report, width), paragraph(work(report))];
    let parts = parts
        .into_iter()
        .chain(conclusions_text::parts(report, width))
        .chain(rest);
    let parts: Vec<String> = parts.filter(|p| !p.is_empty()).collect();
    format!(
        "{}\n\n{}",
        parts.join("\n\n"),
        findings::text(&report.findings, width)
    )
}

/// The method and the size of the problem.
fn what(r: &EstimationReport) -> String {
    let role = |role| r.parameters.iter().filter(|p| p.role == role).count();
    let data = &r.data;
    let mut parts = vec![
        format!(
            "{} GMM with {} errors",
            capital(&r.settings.method),
            r.settings.errors
        ),
        format!(
            "{} products in {} markets",
            count(data.rows),
            count(data.markets)
        ),
    ];
    parts.extend(data.firms.map(|n| format!("{} firms", count(n))));
    if r.settings.epsilon_scale.to_bits() != 1.0_f64.to_bits() {
        parts.push(format!(
            "taste shocks at scale {}",
            r.settings.epsilon_scale
        ));
    }
    parts.push(format!("{} consumers", count(data.consumers)));
    let effects: usize = data.demand_effects.iter().chain(&data.supply_effects).sum();
    if effects > 0 {
        parts.push(format!("{} fixed effects absorbed", count(effects)));
    }
    if r.settings.errors == "clustered" || r.settings.weighting == "clustered" {
        let clusters: Vec<String> = data.clusters.iter().map(|n| count(*n)).collect();
        parts.push(format!("{} clusters", clusters.join(" and ")));
    }
    parts.push(format!(
        "{} moments for {} parameters searched for and {} solved for",
        r.moments.count(),
        role(ParameterRole::Searched),
        role(ParameterRole::Solved),
    ));
    parts.join(", ") + "."
}

/// Where consumers came from.
fn importance(r: &EstimationReport) -> String {
    let Some(first) = &r.importance else {
        return String::new();
    };
    format!(
        "{} consumers in each market, drawn by how likely they buy at first estimates ({}, objective {}); their weights sum to {:.3} to {:.3}.",
        count(first.draws),
        first.first_status.meaning(),
        maybe(first.first_objective),
        first.weights[0],
        first.weights[1],
    )
}

/// Where optimal instruments came from.
fn optimal(r: &EstimationReport) -> String {
    let Some(first) = &r.optimal else {
        return String::new();
    };
    let made = format!(
        "Optimal instruments ({}) at first estimates ({}, objective {}).",
        first.expectation,
        first.first_status.meaning(),
        maybe(first.first_objective)
    );
    if first.not_solved.is_empty() {
        return made;
    }
    let n = count(first.not_solved.len());
    format!(
        "{made} In {n} markets expected prices could not be solved for and are the observed ones."
    )
}

/// Status, objective, gradient and the test of overidentification.
fn how(r: &EstimationReport) -> String {
    let reached = format!(
        "{}: objective {}",
        capital(r.status.meaning()),
        maybe(r.objective)
    );
    let test = overidentification(r);
    if r.gradient.is_empty() {
        return format!("{reached}. {test}");
    }
    let gradient = small(r.projected_gradient);
    let limit = r.certificate.gradient_tolerance;
    format!("{reached}, projected gradient {gradient} (limit {limit:.0e}). {test}")
}

fn overidentification(r: &EstimationReport) -> String {
    let test = &r.overidentification;
    match (test.statistic, test.p_value) {
        (Some(j), Some(p)) => format!(
            "J test of {} overidentifying restrictions: {}, p {}.",
            test.degrees,
            digits(j),
            compared(p)
        ),
        _ if test.degrees == 0 => "Exactly identified: there is nothing to test.".into(),
        _ => "No J test: the weighting matrix was not updated.".into(),
    }
}

fn parameters(r: &EstimationReport, width: usize) -> String {
    let row = |p: &EstimatedParameter| {
        vec![
            visible(&p.name),
            maybe(p.estimate),
            p.error.map_or(missing(p), digits),
            p.z.map_or(String::new(), |z| format!("{z:.2}")),
            p.p_value.map_or(String::new(), probability),
            remark(p).into(),
        ]
    };
    table(
        &["Parameter", "Estimate", "Std. error", "z", "p", ""],
        r.parameters.iter().map(row),
        &[1, 2, 3, 4],
        width,
    )
}

fn missing(p: &EstimatedParameter) -> String {
    match p.role {
        ParameterRole::Fixed => String::new(),
        _ if p.withheld.is_some() => "withheld".into(),
        _ => "n/a".into(),
    }
}

fn remark(p: &EstimatedParameter) -> &'static str {
    match (p.role, p.at_bound) {
        (ParameterRole::Fixed, _) => "fixed",
        (_, Some(AtBound::Lower)) => "at its lower bound",
        (_, Some(AtBound::Upper)) => "at its upper bound",
        (ParameterRole::Solved, None) => "solved for",
        (ParameterRole::Searched, None) => "",
    }
}

/// What surveys found, beside what the estimates say.
fn surveys(r: &EstimationReport, width: usize) -> String {
    if r.moments.micro.is_empty() {
        return String::new();
    }
    let row = |m: &MicroMomentReport| {
        vec![
            visible(&m.title),
            digits(m.observed),
            maybe(m.estimated),
            maybe(m.estimated.map(|e| m.observed - e)),
            maybe(m.sampling_error),
        ]
    };
    table(
        &[
            "Survey",
            "Observed",
            "Estimated",
            "Difference",
            "Std. error",
        ],
        r.moments.micro.iter().map(row),
        &[1, 2, 3, 4],
        width,
    )
}

/// Where each start ended, when there are several.
fn starts(r: &EstimationReport, width: usize) -> String {
    if r.starts.len() < 2 {
        return String::new();
    }
    let row = |(k, s): (usize, &StartReport)| {
        let best = if k == r.best_start { "best" } else { "" };
        vec![
            (k + 1).to_string(),
            maybe(s.objective),
            small(s.distance),
            s.evaluations.to_string(),
            s.status.word().replace('_', " "),
            best.into(),
        ]
    };
    table(
        &[
            "Start",
            "Objective",
            "Distance",
            "Evaluations",
            "Status",
            "",
        ],
        r.starts.iter().enumerate().map(row),
        &[0, 1, 2, 3],
        width,
    )
}

fn work(r: &EstimationReport) -> String {
    let w = &r.work;
    format!(
        "Work: {} evaluations of objective and gradient, {} share evaluations, {} factorisations.",
        count(w.evaluations),
        count(w.share_evaluations),
        count(w.factorisations)
    )
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

pub(super) fn maybe(x: Option<f64>) -> String {
    x.map_or("n/a".into(), digits)
}

fn small(x: Option<f64>) -> String {
    x.map_or("n/a".into(), |x| format!("{x:.1e}"))
}

/// Five digits; powers of ten for what is very large or very small.
pub(super) fn digits(x: f64) -> String {
    let size = x.abs();
    if x == 0.0 {
        return "0".into();
    }
    if !(1e-4..1e7).contains(&size) {
        return ascii(&format!("{x:.4e}"));
    }
    // At most 7 digits before the point and 8 behind it.
    let before = (1..8).find(|d| size < 10f64.powi(*d)).unwrap_or(8);
    let leading = (0..4).find(|d| size >= 10f64.powi(-d - 1)).unwrap_or(4);
    let decimals = if size >= 1.0 {
        (5 - before).max(0)
    } else {
        5 + leading
    };
    format!("{x:.*}", usize::try_from(decimals).unwrap_or_default())
}

/// A probability as the end of a sentence.
fn compared(p: f64) -> String {
    match probability(p) {
        less if less.starts_with('<') => less.replace('<', "< "),
        shown => format!("= {shown}"),
    }
}

pub(super) fn probability(p: f64) -> String {
    if p < 0.001 {
        return "<0.001".into();
    }
    format!("{p:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_digits_are_shown() {
        let shown = [
            (588.325_089_38, "588.33"),
            (-62.729_895, "-62.730"),
            (-0.005_783_551_8, "-0.0057836"),
            (0.558_093_56, "0.55809"),
            (1_234_567.8, "1234568"),
            (2.177e-5, "2.1770e-5"),
            (0.0, "0"),
            (9.999_99, "10.0000"),
        ];
        for (x, text) in shown {
            assert_eq!(digits(x), text);
        }
    }
}
