//! What the `[estimate.demand]` table alone can get wrong.

use std::collections::BTreeMap;

use entrant_data::InputError;
use entrant_data::spec::{EstimateDemand, EstimationStudy, RhoBounds};

use super::matrices::{self, Which, check_bound};
use crate::check::numbers::number;
use crate::check::only_with;
use crate::domain::Domain;
use crate::problems::Problems;
use crate::toml_path::quoted;

/// Checks the table, and what it needs of the others.
pub(crate) fn check(study: &EstimationStudy, problems: &mut Problems) {
    let demand = &study.estimate.demand;
    check_tastes(demand, problems);
    check_matrices(demand, problems);
    check_draws(study, problems);
    check_nests(study, problems);
    check_searched(&at("beta"), &demand.beta, &demand.beta_bounds, problems);
}

/// Keys that say nothing without `random`, and `random` without them.
fn check_tastes(demand: &EstimateDemand, problems: &mut Problems) {
    let random = demand.random.is_some();
    for (key, given) in [
        ("sigma", demand.sigma.is_some()),
        ("pi", demand.pi.is_some()),
        ("coefficients", !demand.coefficients.is_empty()),
        ("integration", demand.integration.is_some()),
    ] {
        only_with(&at(key), given, "random", random, problems);
    }
    let (sigma, pi) = (demand.sigma.is_some(), demand.pi.is_some());
    let demographics = demand.demographics.is_some();
    only_with(&at("pi"), pi, "demographics", demographics, problems);
    only_with(&at("demographics"), demographics, "pi", pi, problems);
    let bounds = demand.sigma_bounds.is_some();
    only_with(&at("sigma_bounds"), bounds, "sigma", sigma, problems);
    let bounds = demand.pi_bounds.is_some();
    only_with(&at("pi_bounds"), bounds, "pi", pi, problems);
    if random && !sigma && !pi {
        let hint = "give starting values as `sigma` (tastes that vary by draws), `pi` (by demographics) or both";
        let message = "nothing says how these tastes vary";
        problems.push(InputError::at(at("random"), message).hint(hint));
    }
}

fn at(key: &str) -> String {
    format!("estimate.demand.{key}")
}

/// All matrices and lists have one row for each random coefficient.
fn check_matrices(demand: &EstimateDemand, problems: &mut Problems) {
    let mut check = |which, key, start, bounds| {
        matrices::check(which, &at(key), start, bounds, problems).map(|n| (key, n))
    };
    let sigma = demand.sigma.as_ref();
    let sigma = sigma.and_then(|s| check(Which::Sigma, "sigma", s, demand.sigma_bounds.as_ref()));
    let pi = demand.pi.as_ref();
    let pi = pi.and_then(|p| check(Which::Pi, "pi", p, demand.pi_bounds.as_ref()));
    let kinds = demand.coefficients.len();
    let kinds = (kinds > 0).then_some(("coefficients", kinds));
    let found: Vec<(&str, usize)> = [sigma, pi, kinds].into_iter().flatten().collect();
    for (key, rows) in found.iter().skip(1) {
        let (first, expected) = found[0];
        if *rows != expected {
            let message = format!("this has {rows} rows, but `{first}` has {expected}");
            let hint = "each has one for each random coefficient";
            problems.push(InputError::at(at(key), message).hint(hint));
        }
    }
}

/// Draws of tastes come from a table or from a rule.
fn check_draws(study: &EstimationStudy, problems: &mut Problems) {
    let demand = &study.estimate.demand;
    let consumers = study.data.consumers.is_some();
    let tastes = demand.random.is_some();
    if study.data.consumers.as_ref() == Some(&study.data.products) {
        problems.at("data.consumers", "this is the products table");
    }
    if consumers && demand.integration.is_some() {
        let message = "draws come from the consumers table here";
        let hint = "leave out `integration`, or `data.consumers`";
        problems.push(InputError::at(at("integration"), message).hint(hint));
    }
    if consumers && !tastes {
        let message = "nothing differs over consumers without `estimate.demand.random`";
        problems.at("data.consumers", message);
    }
    if tastes && !consumers && demand.integration.is_none() {
        let message = "nothing says over which consumers tastes vary";
        let hint = "name a table in `data.consumers`, or give `integration`";
        problems.push(InputError::at(at("random"), message).hint(hint));
    }
    if demand.demographics.is_some() && !consumers {
        let message = "there is no consumers table to take them from";
        let hint = "name one in `data.consumers`";
        problems.push(InputError::at(at("demographics"), message).hint(hint));
    }
    let (normalise, free) = (
        study.data.normalise_weights,
        study.data.weights_may_differ_from_one,
    );
    let path = "data.weights_may_differ_from_one";
    if normalise && free {
        problems.at(path, "with `normalise_weights` they cannot");
    }
    only_with(
        "data.normalise_weights",
        normalise,
        "data.consumers",
        consumers,
        problems,
    );
    only_with(path, free, "data.consumers", consumers, problems);
    let negative = study.data.negative_weights;
    only_with(
        "data.negative_weights",
        negative,
        "data.consumers",
        consumers,
        problems,
    );
    let available = study.data.columns.availability.is_some();
    let path = "data.columns.availability";
    only_with(path, available, "data.consumers", consumers, problems);
}

fn check_nests(study: &EstimationStudy, problems: &mut Problems) {
    let demand = &study.estimate.demand;
    let nests = study.data.columns.nest.is_some();
    let rho = !demand.rho.is_empty();
    only_with(&at("rho"), rho, "data.columns.nest", nests, problems);
    let bounds = demand.rho_bounds.is_some();
    only_with(&at("rho_bounds"), bounds, "rho", rho, problems);
    let searched = demand.random.is_some() || study.estimate.supply.is_some();
    if nests && !rho && searched {
        let message = "with random coefficients or supply the nesting parameter needs a start";
        let hint = "give `rho`, such as `rho = [0.5]`";
        problems.push(InputError::at("estimate.demand", message).hint(hint));
    }
    let scale = study.estimate.epsilon_scale;
    if nests && scale > 0.0 && scale.to_bits() != 1.0_f64.to_bits() {
        let message = "the scale of taste shocks cannot be set with nests: nests say how shocks are correlated, at the usual scale";
        let hint = "leave out `epsilon_scale`, or `data.columns.nest`";
        let mistake = InputError::at("estimate.epsilon_scale", message);
        problems.push(mistake.value(scale.to_string()).hint(hint));
    }
    for (i, rho) in demand.rho.iter().enumerate() {
        number(
            &format!("{}[{i}]", at("rho")),
            *rho,
            Domain::STRENGTH,
            problems,
        );
    }
    match &demand.rho_bounds {
        None => {}
        Some(RhoBounds::Same(bounds)) => {
            check_rho_bounds(&at("rho_bounds"), &demand.rho, *bounds, problems);
        }
        Some(RhoBounds::Each(bounds)) if bounds.len() == demand.rho.len() => {
            for (i, (rho, bounds)) in demand.rho.iter().zip(bounds).enumerate() {
                check_rho_bounds(
                    &format!("{}[{i}]", at("rho_bounds")),
                    &[*rho],
                    *bounds,
                    problems,
                );
            }
        }
        Some(RhoBounds::Each(bounds)) => {
            let (pairs, starts) = (bounds.len(), demand.rho.len());
            let message = format!("{pairs} pairs of bounds for {starts} nesting parameters");
            let hint = "give a pair for each, or one pair for all: `rho_bounds = [0, 0.9]`";
            problems.push(InputError::at(at("rho_bounds"), message).hint(hint));
        }
    }
}

/// Starts of nesting parameters within a pair of bounds.
fn check_rho_bounds(path: &str, starts: &[f64], bounds: [f64; 2], problems: &mut Problems) {
    for start in starts {
        check_between(path, *start, Some(bounds), problems);
    }
    for (i, bound) in bounds.iter().enumerate() {
        number(&format!("{path}[{i}]"), *bound, Domain::STRENGTH, problems);
    }
}

/// Linear coefficients that are searched for: `beta` or `gamma` below `path`, and their bounds.
pub(crate) fn check_searched(
    path: &str,
    starts: &BTreeMap<String, f64>,
    bounds: &BTreeMap<String, [f64; 2]>,
    problems: &mut Problems,
) {
    for (name, start) in starts {
        let path = format!("{path}.{}", quoted(name));
        number(&path, *start, Domain::ANY, problems);
    }
    let of = path.rsplit('.').next().unwrap_or(path);
    for (name, bounds) in bounds {
        let path = format!("{path}_bounds.{}", quoted(name));
        if let Some(start) = starts.get(name) {
            check_between(&path, *start, Some(*bounds), problems);
        } else {
            let hint = format!("give it a start: `{} = ...` in `{of}`", quoted(name));
            let message = format!("`{name}` has bounds, but is not searched for");
            problems.push(InputError::at(path, message).hint(hint));
        }
    }
}

/// A start within bounds, given as a pair.
pub(crate) fn check_between(
    path: &str,
    start: f64,
    bounds: Option<[f64; 2]>,
    problems: &mut Problems,
) {
    let Some([low, high]) = bounds else { return };
    let place = |i: usize, value: f64| (format!("{path}[{i}]"), value);
    let (low, high) = (place(0, low), place(1, high));
    for (path, value) in [&low, &high] {
        if value.is_nan() {
            problems.at(path, "this must be a number");
        }
    }
    check_bound(start, Some(&low), Some(&high), problems);
}
