//! Ids: every one filled, printable and its own.

use std::collections::BTreeMap;

use entrant_data::InputError;
use entrant_data::spec::{EntrantSpec, Study};

use crate::problems::Problems;

/// Buying nothing, where a product may be named.
pub(crate) const OUTSIDE: &str = "outside";
/// Longest id, in characters.
const ID_CHARS: usize = 200;

/// Checks the ids of markets, segments, entrants and scenarios, and the names of inputs.
pub(crate) fn check(study: &Study, problems: &mut Problems) {
    if study.market.is_empty() {
        problems.at("market", "a study needs at least one market");
    }
    unique(
        "market",
        study.market.iter().map(|m| m.id.as_str()),
        problems,
    );
    unique(
        "segment",
        study.segment.iter().map(|s| s.id.as_str()),
        problems,
    );
    unique(
        "scenario",
        study.scenario.iter().map(|s| s.id.as_str()),
        problems,
    );
    for (i, segment) in study.segment.iter().enumerate() {
        if segment.id.contains('|') {
            let found = InputError::at(format!("segment[{i}].id"), "an id cannot contain `|`");
            problems.push(
                found
                    .value(&segment.id)
                    .hint("`|` stands between ids in the table"),
            );
        }
    }
    entrants(&study.entrant, problems);
    check_inputs(study, problems);
}

/// Ids of entrants, and the names of their firms and brands.
pub(crate) fn entrants(entrants: &[EntrantSpec], problems: &mut Problems) {
    unique("entrant", entrants.iter().map(|e| e.id.as_str()), problems);
    for (i, entrant) in entrants.iter().enumerate() {
        if entrant.id == OUTSIDE {
            let path = format!("entrant[{i}].id");
            problems.at(path, format!("`{OUTSIDE}` is the word for buying nothing"));
        }
        printable(&format!("entrant[{i}].firm"), &entrant.firm, problems);
        if let Some(brand) = &entrant.brand {
            printable(&format!("entrant[{i}].brand"), brand, problems);
        }
    }
}

/// Ids of a section: each filled, printable and its own.
pub(crate) fn unique<'a>(
    section: &str,
    ids: impl Iterator<Item = &'a str>,
    problems: &mut Problems,
) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (i, id) in ids.enumerate() {
        let path = format!("{section}[{i}].id");
        printable(&path, id, problems);
        if let Some(first) = seen.get(id) {
            let message = format!("`{section}[{first}]` has the id `{id}` already");
            problems.push(InputError::at(path, message).value(id));
        } else {
            seen.insert(id, i);
        }
    }
}

fn printable(path: &str, id: &str, problems: &mut Problems) {
    let wrong = if id.trim().is_empty() {
        "this must not be empty"
    } else if id.chars().any(char::is_control) {
        "this contains a control character"
    } else if id.chars().count() > ID_CHARS {
        "this is longer than 200 characters"
    } else {
        return;
    };
    problems.at(path, wrong);
}

/// Words that mean something else where an input may be named.
fn check_inputs(study: &Study, problems: &mut Problems) {
    for word in ["calibrate", "optimal"] {
        if study.inputs.contains_key(word) {
            let message = format!("an input cannot be called `{word}`");
            problems.push(
                InputError::at(format!("inputs.{word}"), message)
                    .hint("the word stands for a rule where a quantity may stand"),
            );
        }
    }
}
