//! Firms of a scenario: who keeps prices, merges, takes stakes, is banned, and gets products.

use std::collections::BTreeSet;

use entrant_data::InputError;
use entrant_data::spec::{MergeSpec, ScenarioSpec};

use super::keep;
use super::known::Known;
use super::scenarios::sellers;
use crate::problems::Problems;

/// Checks one scenario. Firms that get products in it may be named like those that are there.
pub(crate) fn check(
    scenario: &ScenarioSpec,
    path: &str,
    known: &Known<'_>,
    problems: &mut Problems,
) {
    let new: BTreeSet<&String> = scenario.divest.iter().map(|d| &d.to).collect();
    let mut firm = |path: &str, id: &String| {
        if !new.contains(id) {
            keep(known.firm(path, id), problems);
        }
    };
    let mut all = |key: &str, firms: &[String]| {
        for (k, id) in firms.iter().enumerate() {
            firm(&format!("{path}.{key}[{k}]"), id);
        }
    };
    all("hold", &scenario.hold);
    all("reprice", scenario.reprice.as_deref().unwrap_or_default());
    for (j, MergeSpec { firms }) in scenario.merge.iter().enumerate() {
        all(&format!("merge[{j}].firms"), firms);
    }
    for (j, stake) in scenario.stake.iter().enumerate() {
        firm(&format!("{path}.stake[{j}].owner"), &stake.owner);
        firm(&format!("{path}.stake[{j}].of"), &stake.of);
    }
    for (j, ban) in scenario.ban.iter().enumerate() {
        let path = format!("{path}.ban[{j}].firm");
        keep(known.firm(&path, &ban.firm), problems);
    }
    check_held(scenario, path, problems);
    check_divested(scenario, path, known, problems);
    check_stakes(scenario, path, problems);
}

fn check_held(scenario: &ScenarioSpec, path: &str, problems: &mut Problems) {
    for (k, firm) in scenario.hold.iter().enumerate() {
        if scenario.reprice.as_ref().is_some_and(|r| r.contains(firm)) {
            let message = format!("`{firm}` holds its prices here and reprices in `reprice`");
            problems.push(InputError::at(format!("{path}.hold[{k}]"), message).value(firm));
        }
    }
}

/// Products that change hands are on sale, and go to one firm, which may sell.
fn check_divested(scenario: &ScenarioSpec, path: &str, known: &Known<'_>, problems: &mut Problems) {
    let sellers = sellers(scenario, known);
    let mut seen: BTreeSet<&String> = BTreeSet::new();
    for (j, divest) in scenario.divest.iter().enumerate() {
        let path = format!("{path}.divest[{j}]");
        for (k, id) in divest.products.iter().enumerate() {
            let path = format!("{path}.products[{k}]");
            keep(known.on_sale(&path, id, &sellers), problems);
            if !seen.insert(id) {
                let message = format!("`{id}` changes hands twice in this scenario");
                problems.push(InputError::at(path, message).value(id));
            }
        }
        if scenario.ban.iter().any(|b| b.firm == divest.to) {
            let message = format!("`{}` is banned in this scenario", divest.to);
            problems.push(InputError::at(format!("{path}.to"), message).value(&divest.to));
        }
    }
}

/// A stake is one firm's in another, set once.
fn check_stakes(scenario: &ScenarioSpec, path: &str, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (j, stake) in scenario.stake.iter().enumerate() {
        let path = format!("{path}.stake[{j}]");
        if stake.owner == stake.of {
            let message = "a firm has no stake in itself";
            problems.push(InputError::at(format!("{path}.of"), message).value(&stake.of));
        }
        if !seen.insert((&stake.owner, &stake.of)) {
            let message = format!(
                "the stake of `{}` in `{}` is set twice",
                stake.owner, stake.of
            );
            problems.push(InputError::at(path, message).hint("keep one of the two"));
        }
    }
}
