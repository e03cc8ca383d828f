//! The table of parameters.

use entrant_data::result::estimation::{
    AtBound, CovarianceReport, EstimatedParameter, ParameterKind, ParameterRole,
};
use entrant_estimate::blp::{Kind, Parameter, Problem};
use entrant_estimate::gmm::Fit;
use entrant_numeric::distribution::normal_survival;

use super::words::known;

/// Searched for, solved for, known: the order of the covariance, and then what has none.
pub(super) fn parameters(problem: &Problem, fit: &Fit) -> Vec<EstimatedParameter> {
    let p = &problem.parameters;
    let searched = p.free.iter().zip(&fit.values);
    let searched = searched.map(|(p, v)| searched_for(problem, p, *v));
    let demand = p.solved_beta.iter().map(|c| &problem.demand.x_names[*c]);
    let demand = demand.zip(&fit.linear.beta);
    let demand = demand.map(|(name, v)| solved(ParameterKind::Beta, name, *v));
    let names = problem.supply.iter().flat_map(|s| &s.side.x_names);
    let names: Vec<&String> = names.collect();
    let supply = p.solved_gamma.iter().zip(&fit.linear.gamma);
    let supply = supply.map(|(c, v)| solved(ParameterKind::Gamma, names[*c], *v));
    let mut out: Vec<EstimatedParameter> = searched.chain(demand).chain(supply).collect();
    for (parameter, error) in out.iter_mut().zip(&fit.inference.errors) {
        set_error(parameter, *error);
    }
    let fixed = p.fixed.iter().map(|q| EstimatedParameter {
        role: ParameterRole::Fixed,
        at_bound: None,
        ..searched_for(problem, q, q.start)
    });
    out.extend(fixed);
    out
}

/// The standard error and what follows from it.
fn set_error(p: &mut EstimatedParameter, error: f64) {
    p.error = known(error);
    let z = p.estimate.zip(p.error).map(|(x, e)| x / e);
    p.z = z.and_then(known);
    p.p_value = p.z.map(|z| 2.0 * normal_survival(z.abs()));
}

fn searched_for(problem: &Problem, p: &Parameter, value: f64) -> EstimatedParameter {
    let (kind, row, column) = labels(problem, p.kind);
    EstimatedParameter {
        name: p.name.clone(),
        kind,
        row,
        column,
        role: ParameterRole::Searched,
        estimate: known(value),
        error: None,
        withheld: None,
        z: None,
        p_value: None,
        lower: known(p.lower),
        upper: known(p.upper),
        at_bound: at_bound(p, value),
        start: known(p.start),
    }
}

fn at_bound(p: &Parameter, value: f64) -> Option<AtBound> {
    if value <= p.lower {
        Some(AtBound::Lower)
    } else {
        (value >= p.upper).then_some(AtBound::Upper)
    }
}

fn solved(kind: ParameterKind, name: &str, value: f64) -> EstimatedParameter {
    EstimatedParameter {
        name: format!("{}[{name}]", kind.word()),
        kind,
        row: name.into(),
        column: String::new(),
        role: ParameterRole::Solved,
        estimate: known(value),
        error: None,
        withheld: None,
        z: None,
        p_value: None,
        lower: None,
        upper: None,
        at_bound: None,
        start: None,
    }
}

fn labels(problem: &Problem, kind: Kind) -> (ParameterKind, String, String) {
    let random = |k: usize| problem.random_names[k].clone();
    let one = |row: String, kind| (kind, row, String::new());
    match kind {
        Kind::Sigma { row, column } => (ParameterKind::Sigma, random(row), random(column)),
        Kind::Pi { row, column } => {
            let demographic = problem.demographic_names[column].clone();
            (ParameterKind::Pi, random(row), demographic)
        }
        Kind::Rho { group } => one(nest(problem, group), ParameterKind::Rho),
        Kind::Beta { column } => one(problem.demand.x_names[column].clone(), ParameterKind::Beta),
        Kind::Gamma { column } => {
            let names = problem.supply.as_ref().map(|s| &s.side.x_names);
            let name = names.map_or(String::new(), |n| n[column].clone());
            one(name, ParameterKind::Gamma)
        }
    }
}

/// The nest of a nesting parameter; empty where there is one for all.
fn nest(problem: &Problem, group: usize) -> String {
    if problem.parameters.groups == 1 {
        return String::new();
    }
    problem.nest_names[group].clone()
}

/// The covariance of what was searched and solved for.
pub(super) fn covariance(fit: &Fit, parameters: &[EstimatedParameter]) -> CovarianceReport {
    let v = &fit.inference.covariance;
    let estimated = parameters.iter().take(v.rows);
    CovarianceReport {
        names: estimated.map(|p| p.name.clone()).collect(),
        values: (0..v.rows)
            .map(|i| v.row(i).iter().map(|x| known(*x)).collect())
            .collect(),
    }
}
