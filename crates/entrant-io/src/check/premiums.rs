//! Premiums: features, brands and a budget line to compare with.

use entrant_data::InputError;
use entrant_data::spec::{FeatureSpec, PremiumsSpec};

use super::known::{Known, reference};
use super::numbers::{DRAWS, count, number};
use super::{exactly_one, keep};
use crate::domain::Domain;
use crate::problems::Problems;

/// What the study file alone can get wrong about premiums.
pub(crate) fn check_ways(premiums: Option<&PremiumsSpec>, problems: &mut Problems) {
    let Some(spec) = premiums else { return };
    if spec.focus.is_empty() {
        problems.at("premiums.focus", "name at least one product");
    }
    if spec.feature.is_empty() && spec.brands.is_empty() {
        problems.push(
            InputError::at("premiums", "there is nothing to value")
                .hint("add a `[[premiums.feature]]`, or name `brands`"),
        );
    }
    if let Some(draws) = spec.draws {
        count("premiums.draws", draws, DRAWS, problems);
    }
    let ways = [
        ("below", spec.budget.below.is_some()),
        ("products", !spec.budget.products.is_empty()),
    ];
    exactly_one("premiums.budget", &ways, problems);
    if let Some(below) = spec.budget.below {
        number("premiums.budget.below", below, Domain::POSITIVE, problems);
    }
    check_twice("premiums.focus", &spec.focus, problems);
    check_twice("premiums.brands", &spec.brands, problems);
    check_twice("premiums.reference", &spec.reference, problems);
    let columns: Vec<String> = spec.feature.iter().map(|f| f.column.clone()).collect();
    check_twice("premiums.feature", &columns, problems);
    for (k, feature) in spec.feature.iter().enumerate() {
        check_feature(&format!("premiums.feature[{k}]"), feature, problems);
    }
}

fn check_twice(path: &str, names: &[String], problems: &mut Problems) {
    for (k, name) in names.iter().enumerate() {
        if names[..k].contains(name) {
            let message = format!("`{name}` is named already");
            problems.push(InputError::at(format!("{path}[{k}]"), message).value(name));
        }
    }
}

fn check_feature(path: &str, feature: &FeatureSpec, problems: &mut Problems) {
    if let Some(step) = feature.step {
        let path = format!("{path}.step");
        number(&path, step, Domain::ANY, problems);
        if step == 0.0 {
            problems.push(
                InputError::at(path, "a step of nothing is no feature")
                    .value("0")
                    .hint("say how much more is better; below zero where less is better"),
            );
        }
    }
    if let Some(level) = feature.level {
        number(&format!("{path}.level"), level, Domain::ANY, problems);
    }
}

/// Everything that premiums name; `what` is what a column of the characteristics is called.
pub(crate) fn check_references(
    premiums: Option<&PremiumsSpec>,
    (what, characteristics): (&str, &[String]),
    known: &Known<'_>,
    problems: &mut Problems,
) {
    let Some(spec) = premiums else { return };
    if let Some(id) = &spec.scenario {
        let all = || known.scenarios.iter().copied();
        keep(
            reference("premiums.scenario", "scenario", id, all),
            problems,
        );
    }
    if !spec.market.is_empty() {
        let all = || known.markets.iter().copied();
        keep(
            reference("premiums.market", "market", &spec.market, all),
            problems,
        );
    }
    for (k, feature) in spec.feature.iter().enumerate() {
        let path = format!("premiums.feature[{k}].column");
        let all = || characteristics.iter().map(String::as_str);
        keep(reference(&path, what, &feature.column, all), problems);
    }
    for (key, names) in [("brands", &spec.brands), ("reference", &spec.reference)] {
        for (k, brand) in names.iter().enumerate() {
            let path = format!("premiums.{key}[{k}]");
            keep(known.brand_on_sale(&path, brand), problems);
        }
    }
    if let Some(k) = spec.reference.iter().position(|b| spec.brands.contains(b)) {
        let brand = &spec.reference[k];
        let message = format!("`{brand}` would be compared with itself");
        problems.push(
            InputError::at(format!("premiums.reference[{k}]"), message)
                .value(brand)
                .hint("leave it out here, or out of `brands`"),
        );
    }
    check_products(spec, known, problems);
}

/// Products on sale now, or entrants.
fn check_products(spec: &PremiumsSpec, known: &Known<'_>, problems: &mut Problems) {
    if known.on_sale.is_none() {
        return;
    }
    let all = || {
        let incumbents = known.incumbents.iter().map(|s| s.product);
        incumbents.chain(known.entrants.keys().copied())
    };
    let lists = [
        ("premiums.focus", &spec.focus),
        ("premiums.budget.products", &spec.budget.products),
    ];
    for (path, names) in lists {
        for (k, id) in names.iter().enumerate() {
            keep(
                reference(&format!("{path}[{k}]"), "product", id, all),
                problems,
            );
        }
    }
}
