//! The estimates behind an estimated study, in place of a calibration.

use entrant_data::result::estimation::{
    AtBound, EstimatedParameter, EstimationReport, MicroMomentReport, ParameterRole,
};
use entrant_data::{Finding, Level};

use super::{Block, Cell, Folded, Table};
use crate::format::{self, NONE, Unit, scientific};
use crate::story::Story;

/// What was estimated, how it ended, parameters, certificate and diagnostics.
pub fn blocks(story: &Story<'_>) -> Vec<Block> {
    let Some(report) = &story.results.estimation else {
        return Vec::new();
    };
    let mut blocks = vec![
        Block::Heading("The estimates"),
        Block::Prose(vec![words(report)]),
    ];
    blocks.extend(of_report(report));
    blocks
}

/// Parameters, surveys, certificate and diagnostics.
pub(crate) fn of_report(report: &EstimationReport) -> Vec<Block> {
    let mut blocks = vec![Block::Table(parameters(report))];
    blocks.extend(surveys(report).unless_empty().map(Block::Table));
    let checks = Folded::plain("What was checked at the estimates", certificate(report));
    blocks.push(Block::Folded(checks));
    if let Some(table) = diagnostics(&report.findings).unless_empty() {
        let summary = format!("Diagnostics of the estimation ({})", report.findings.len());
        blocks.push(Block::Folded(Folded::plain(summary, table)));
    }
    blocks
}

/// Method, data, objective and how it ended, in a sentence or two.
pub(crate) fn words(r: &EstimationReport) -> String {
    let data = &r.data;
    let firms = data
        .firms
        .map_or(String::new(), |n| format!(" of {} firms", format::count(n)));
    let scale = r.settings.epsilon_scale;
    let scale = if scale.to_bits() == 1.0_f64.to_bits() {
        String::new()
    } else {
        format!(
            " Taste shocks have scale {scale}: parameters and mean utilities are in the units of utility before it is divided by it."
        )
    };
    format!(
        "Generalised method of moments ({}, {} errors) on {} products{firms} in {} markets with {} consumers: {}. Objective {}; {} moments for {} parameters.{scale}",
        r.settings.method,
        r.settings.errors,
        format::count(data.rows),
        format::count(data.markets),
        format::count(data.consumers),
        r.status.meaning(),
        r.objective.map_or(NONE.into(), |x| format!("{x:.6}")),
        r.moments.count(),
        r.covariance.names.len(),
    )
}

fn parameters(r: &EstimationReport) -> Table {
    let head = ["Parameter", "Estimate", "Standard error", "z", ""];
    let number = |x: Option<f64>| x.map_or(NONE.to_owned(), scientific);
    let row = |p: &EstimatedParameter| {
        vec![
            Cell::text(&*p.name),
            Cell::number(number(p.estimate)),
            Cell::number(if p.role == ParameterRole::Fixed {
                String::new()
            } else {
                number(p.error)
            }),
            Cell::number(p.z.map_or(String::new(), |z| format::number(z, Unit::Plain, true))),
            Cell::text(remark(p)),
        ]
    };
    Table::new("Parameters", &head).with(r.parameters.iter().map(row))
}

/// What surveys found, beside what the estimates say.
fn surveys(r: &EstimationReport) -> Table {
    let head = [
        "Finding of a survey",
        "Observed",
        "At the estimates",
        "Difference",
        "Standard error",
    ];
    let number = |x: Option<f64>| Cell::number(x.map_or(NONE.to_owned(), scientific));
    let row = |m: &MicroMomentReport| {
        vec![
            Cell::text(&*m.title).noted(&*m.survey),
            number(Some(m.observed)),
            number(m.estimated),
            number(m.estimated.map(|e| m.observed - e)),
            number(m.sampling_error),
        ]
    };
    let caption = "Micro moments: what surveys found, with its standard error by the number of people asked, beside the same at the estimates";
    Table::new(caption, &head).with(r.moments.micro.iter().map(row))
}

fn remark(p: &EstimatedParameter) -> &'static str {
    match (p.role, p.at_bound) {
        (ParameterRole::Fixed, _) => "given",
        (_, Some(AtBound::Lower)) => "at its lower bound",
        (_, Some(AtBound::Upper)) => "at its upper bound",
        _ => "",
    }
}

fn certificate(r: &EstimationReport) -> Table {
    let c = &r.certificate;
    let row = |name: &str, value: f64, limit: String| {
        vec![
            Cell::text(name.to_owned()),
            Cell::number(scientific(value)),
            Cell::number(limit),
        ]
    };
    let mut rows = vec![row(
        "Largest log difference of a share and the model's",
        c.inversion_residual,
        scientific(c.inversion_tolerance),
    )];
    rows.extend(c.projected_gradient.map(|g| {
        let limit = scientific(c.gradient_tolerance);
        row("Largest projected element of the gradient", g, limit)
    }));
    let hessian = c.hessian_eigenvalues.first();
    rows.extend(hessian.map(|e| {
        row(
            "Smallest eigenvalue of the Hessian",
            *e,
            "above 0".to_owned(),
        )
    }));
    let test = &r.overidentification;
    rows.extend(test.p_value.map(|p| {
        let name = format!(
            "p of the test of {} overidentifying restrictions",
            test.degrees
        );
        row(&name, p, "0.05".to_owned())
    }));
    Table::new("Certificate of the estimates", &["Check", "Value", "Limit"]).with(rows)
}

fn diagnostics(findings: &[Finding]) -> Table {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|f| std::cmp::Reverse(f.level));
    let row = |f: &Finding| {
        let (class, word) = super::method::level(f.level);
        let advice = if f.level == Level::Ok { "" } else { &*f.advice };
        vec![
            Cell::text(word).classed(class),
            Cell::text(&*f.message).noted(advice),
            Cell::text(&*f.code).classed("code"),
        ]
    };
    Table::new(
        "Checks of the estimation, gravest first",
        &["Result", "Finding and advice", "Code"],
    )
    .with(sorted.into_iter().map(row))
}
