//! The demand section: what each model takes, and what each target is about.

use std::collections::BTreeSet;

use entrant_data::spec::{DemandSpec, LoyaltySpec, Model, Study, TargetKind, TargetSpec};
use entrant_data::{InputError, Parameter, Quantity};

use super::keep;
use super::known::{Known, reference};
use crate::domain::support;
use crate::problems::Problems;
use crate::toml_path::quoted;

/// Checks that the model has what it needs and nothing that it would ignore.
pub(crate) fn check_model(demand: &DemandSpec, problems: &mut Problems) {
    if demand.model == Model::NestedLogit && demand.nest.is_none() {
        problems.push(
            InputError::at("demand", "nested logit needs nests")
                .hint("add `nest = { column = \"all\", strength = \"calibrate\" }`"),
        );
    }
    for (key, given, models) in [
        (
            "nest",
            demand.nest.is_some(),
            [Model::NestedLogit, Model::RandomCoefficients].as_slice(),
        ),
        (
            "spread",
            demand.spread != no_spread(),
            &[Model::RandomCoefficients],
        ),
        (
            "loyalty",
            demand.loyalty.is_some(),
            &[Model::RandomCoefficients],
        ),
        (
            "taste",
            !demand.taste.is_empty(),
            &[Model::RandomCoefficients],
        ),
    ] {
        if given && !models.contains(&demand.model) {
            let message = format!("this model has no `{key}`");
            let found = InputError::at(format!("demand.{key}"), message);
            problems.push(found.hint("use `model = \"random-coefficients\"`"));
        }
    }
}

fn no_spread() -> Parameter {
    Parameter::Given(Quantity::known(0.0))
}

/// Checks everything that demand refers to.
pub(crate) fn check_references(study: &Study, known: &Known<'_>, problems: &mut Problems) {
    let mut tastes = BTreeSet::new();
    for (i, taste) in study.demand.taste.iter().enumerate() {
        let path = format!("demand.taste[{i}].column");
        keep(
            characteristic(&study.data.characteristics, &path, &taste.column),
            problems,
        );
        if !tastes.insert(&taste.column) {
            let message = format!("there is a taste for `{}` already", taste.column);
            problems.at(path, message);
        }
    }
    if let Some(loyalty) = &study.demand.loyalty {
        check_owners(study, loyalty, known, problems);
    }
    for (i, target) in study.demand.target.iter().enumerate() {
        check_target(
            study,
            target,
            &format!("demand.target[{i}]"),
            known,
            problems,
        );
    }
}

/// A characteristic must be among those that the study reads.
pub(crate) fn characteristic(
    characteristics: &[String],
    path: &str,
    name: &str,
) -> Result<(), InputError> {
    let known = || characteristics.iter().map(String::as_str);
    reference(path, "characteristic", name, known).map_err(|e| {
        if characteristics.is_empty() {
            e.hint("list the columns that describe a product in `data.characteristics`")
        } else {
            e
        }
    })
}

fn check_owners(study: &Study, loyalty: &LoyaltySpec, known: &Known<'_>, problems: &mut Problems) {
    let groups = groups(study, &loyalty.column, known);
    for group in loyalty.owners.keys() {
        let path = format!("demand.loyalty.owners.{}", quoted(group));
        keep(group_exists(&path, group, &groups, known), problems);
    }
    let least = |q: &Quantity| support(q).map_or(0.0, |(low, _)| low);
    let total: f64 = loyalty.owners.values().map(least).sum();
    if total > 1.0 {
        let message = format!("the shares of owners sum to {total} at least, more than 1");
        problems.at("demand.loyalty.owners", message);
    }
}

fn group_exists(
    path: &str,
    group: &str,
    groups: &BTreeSet<&str>,
    known: &Known<'_>,
) -> Result<(), InputError> {
    match known.on_sale {
        Some(_) => reference(path, "loyalty group", group, || groups.iter().copied()),
        None => Ok(()),
    }
}

/// Groups of a label column, those of entrants included.
fn groups<'a>(study: &'a Study, column: &str, known: &Known<'a>) -> BTreeSet<&'a str> {
    let labels = known.labels.iter().filter(|(c, _)| *c == column);
    let new = study.entrant.iter().filter_map(|e| e.labels.get(column));
    let new = new.map(String::as_str);
    labels.map(|(_, label)| *label).chain(new).collect()
}

fn check_target(
    study: &Study,
    target: &TargetSpec,
    path: &str,
    known: &Known<'_>,
    problems: &mut Problems,
) {
    let at = |key: &str| format!("{path}.{key}");
    if !target.market.is_empty() {
        let markets = || known.markets.iter().copied();
        keep(
            reference(&at("market"), "market", &target.market, markets),
            problems,
        );
    }
    keep(check_of(study, target, &at("of"), known), problems);
    keep(check_to(target, &at("to"), known), problems);
}

fn check_of(
    study: &Study,
    target: &TargetSpec,
    path: &str,
    known: &Known<'_>,
) -> Result<(), InputError> {
    if target.kind == TargetKind::AggregateElasticity {
        return unused(path, &target.of);
    }
    if target.of.is_empty() {
        return Err(InputError::at(path, "this target needs `of`").hint("say whose number it is"));
    }
    match (target.kind, &study.demand.loyalty) {
        (TargetKind::Elasticity, _) => known.product_in(path, &target.market, &target.of),
        (TargetKind::Retention, Some(loyalty)) => group_exists(
            path,
            &target.of,
            &groups(study, &loyalty.column, known),
            known,
        ),
        (TargetKind::Retention, None) => Err(InputError::at(
            path,
            "retention is a number about loyalty, and `demand.loyalty` is not there",
        )),
        _ => known.seller_in(path, &target.market, &target.of),
    }
}

fn check_to(target: &TargetSpec, path: &str, known: &Known<'_>) -> Result<(), InputError> {
    match (target.kind, target.to.as_str()) {
        (TargetKind::Diversion, "outside") => Ok(()),
        (TargetKind::Diversion, "") => Err(InputError::at(path, "diversion needs `to`")
            .hint("name a product, brand or firm, or `outside` for buying nothing")),
        (TargetKind::Diversion, to) if to == target.of => {
            Err(InputError::at(path, "`to` is the same as `of`").value(to))
        }
        (TargetKind::Diversion, to) => known.seller_in(path, &target.market, to),
        (_, to) => unused(path, to),
    }
}

fn unused(path: &str, value: &str) -> Result<(), InputError> {
    if value.is_empty() {
        return Ok(());
    }
    Err(
        InputError::at(path, "this kind of target does not use this key")
            .value(value)
            .hint("leave it out"),
    )
}
