//! The worth of the entry and its timing: paths that say what they need, options that can be
//! followed.

use std::collections::BTreeMap;

use entrant_data::error::did_you_mean;
use entrant_data::spec::{
    EntrantSpec, LearnSpec, OptionSpec, PathSpec, ScenarioSpec, Study, TimingSpec, WorthSpec,
};
use entrant_data::{InputError, Quantity};

use super::ids::unique;
use super::keep;
use super::known::{Known, reference};
use super::numbers::{DRAWS, PERIODS, count, number};
use crate::domain::Domain;
use crate::problems::Problems;

/// Most periods where each may have prices of its own.
pub const CHANGING: u32 = 200;
/// Most periods in a year.
const YEAR: usize = 366;
/// Most options, and most steps of one.
const OPTIONS: usize = 20;

/// What a study says about worth and timing.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) worth: Option<&'a WorthSpec>,
    pub(crate) timing: Option<&'a TimingSpec>,
    pub(crate) inputs: &'a BTreeMap<String, Quantity>,
    pub(crate) scenarios: &'a [ScenarioSpec],
    pub(crate) entrants: &'a [EntrantSpec],
}

impl<'a> Asked<'a> {
    /// What a calibrated study says.
    pub(crate) fn of(study: &'a Study) -> Self {
        Asked {
            worth: study.worth.as_ref(),
            timing: study.timing.as_ref(),
            inputs: &study.inputs,
            scenarios: &study.scenario,
            entrants: &study.entrant,
        }
    }
}

/// What the study file alone can get wrong.
pub(crate) fn check_ways(study: &Asked<'_>, problems: &mut Problems) {
    if let Some(worth) = study.worth {
        check_worth(worth, problems);
    }
    if let Some(timing) = study.timing {
        check_timing(timing, study, problems);
    }
}

fn check_worth(worth: &WorthSpec, problems: &mut Problems) {
    let most = if changes(worth) { CHANGING } else { PERIODS };
    if worth.periods > most && most == CHANGING {
        let message = format!(
            "{} periods are too many: with a path or erosion each is a market to solve in every draw, at most {CHANGING}",
            worth.periods
        );
        problems.push(
            InputError::at("worth.periods", message)
                .value(worth.periods.to_string())
                .hint(
                    "take longer periods, or give the path as `given`, whose last value holds on",
                ),
        );
    } else {
        count(
            "worth.periods",
            worth.periods as usize,
            PERIODS as usize,
            problems,
        );
    }
    count("worth.year", worth.year as usize, YEAR, problems);
    if let Some(draws) = worth.draws {
        count("worth.draws", draws, DRAWS, problems);
    }
    if let Some(path) = &worth.path {
        check_path(path, worth.periods, problems);
    }
    if !worth.rival.is_empty() {
        count("worth.rival", worth.rival.len(), OPTIONS, problems);
    }
    for (k, rival) in worth.rival.iter().enumerate() {
        let at = format!("worth.rival[{k}].from");
        count(&at, rival.from as usize, CHANGING as usize, problems);
    }
}

/// Whether each period may have prices of its own.
fn changes(worth: &WorthSpec) -> bool {
    let curve = worth.path.as_ref().is_some_and(|p| p.given.is_empty());
    curve
        || worth.price_erosion.is_some()
        || worth.cost_erosion.is_some()
        || worth.rivals_cost_erosion.is_some()
}

fn check_path(path: &PathSpec, periods: u32, problems: &mut Problems) {
    let curve = [
        ("start", path.start.is_some()),
        ("end", path.end.is_some()),
        ("midpoint", path.midpoint.is_some()),
        ("rise", path.rise.is_some()),
    ];
    let hint = "either `given = [0.4, 0.7, 1.0]`, or `midpoint` and `rise` with `start` and `end` where they are not 0 and 1";
    if path.given.is_empty() {
        for (key, _) in curve.iter().skip(2).filter(|(_, there)| !there) {
            let message = format!("a path needs `{key}`");
            problems.push(InputError::at("worth.path", message).hint(hint));
        }
        return;
    }
    for (key, _) in curve.iter().filter(|(_, there)| *there) {
        let message = format!("`{key}` belongs to a curve, and this path is given");
        problems.push(InputError::at(format!("worth.path.{key}"), message).hint(hint));
    }
    if path.given.len() > periods as usize {
        let message = format!("{} values for {periods} periods", path.given.len());
        problems.push(
            InputError::at("worth.path.given", message)
                .hint("leave out the last ones, or raise `worth.periods`"),
        );
    }
}

fn check_timing(timing: &TimingSpec, study: &Asked<'_>, problems: &mut Problems) {
    if study.worth.is_none() {
        let found = InputError::at(
            "timing",
            "timing needs `[worth]`, which says what an entry earns",
        );
        problems
            .push(found.hint("add `[worth]` with `firm`, `periods`, `discount` and `fixed_cost`"));
    }
    let own = study.worth.map_or(1, |w| w.periods);
    let at = timing.periods.map_or("worth.periods", |_| "timing.periods");
    let periods = timing.periods.unwrap_or(own);
    count(at, periods as usize, CHANGING as usize, problems);
    count("timing.option", timing.option.len(), OPTIONS, problems);
    unique(
        "timing.option",
        timing.option.iter().map(|o| o.id.as_str()),
        problems,
    );
    for (i, option) in timing.option.iter().enumerate() {
        check_steps(
            &format!("timing.option[{i}].step"),
            option,
            periods,
            problems,
        );
    }
    if let Some(learn) = &timing.learn {
        check_learn(learn, study, problems);
    }
}

fn check_steps(path: &str, option: &OptionSpec, periods: u32, problems: &mut Problems) {
    count(path, option.step.len(), OPTIONS, problems);
    for (k, step) in option.step.iter().enumerate() {
        let at = format!("{path}[{k}].start");
        count(&at, step.start as usize, periods as usize, problems);
        let before = k.checked_sub(1).map_or(0, |b| option.step[b].start);
        if step.start <= before {
            let message = format!(
                "this step starts in period {}, the one before in {before}",
                step.start
            );
            problems.push(
                InputError::at(at, message)
                    .value(step.start.to_string())
                    .hint("steps stand in the order of time, each in a later period"),
            );
        }
    }
}

fn check_learn(learn: &LearnSpec, study: &Asked<'_>, problems: &mut Problems) {
    if let Some(error) = learn.sales {
        number("timing.learn.sales", error, Domain::NOT_NEGATIVE, problems);
    }
    for (i, name) in learn.inputs.iter().enumerate() {
        let path = format!("timing.learn.inputs[{i}]");
        if !study.inputs.contains_key(name) {
            let known = study.inputs.keys().map(String::as_str);
            let message = format!("there is no entry `{name}` of `[inputs]`");
            let found = InputError::at(path, message).value(name);
            problems.push(found.hint(did_you_mean(name, known)));
        } else if learn.inputs[..i].contains(name) {
            problems.push(InputError::at(path, "this input is named already").value(name));
        }
    }
}

/// Everything that these sections refer to.
pub(crate) fn check_references(study: &Asked<'_>, known: &Known<'_>, problems: &mut Problems) {
    let Some(worth) = study.worth else {
        return;
    };
    keep(known.entering_firm("worth.firm", &worth.firm), problems);
    for (k, rival) in worth.rival.iter().enumerate() {
        let path = format!("worth.rival[{k}].scenario");
        let all = || known.scenarios.iter().copied();
        let found = reference(&path, "scenario", &rival.scenario, all);
        let own = found.is_ok() && enters(study, &rival.scenario, &worth.firm);
        keep(found, problems);
        if own {
            let message = format!("`{}` enters in this scenario", worth.firm);
            let found = InputError::at(path, message).value(&rival.scenario);
            problems.push(found.hint("name a scenario with the changes of others alone"));
        }
    }
    let options = study.timing.iter().flat_map(|t| &t.option).enumerate();
    for (i, option) in options {
        for (k, step) in option.step.iter().enumerate() {
            let path = format!("timing.option[{i}].step[{k}].scenario");
            let all = || known.scenarios.iter().copied();
            let found = reference(&path, "scenario", &step.scenario, all);
            let enters = enters(study, &step.scenario, &worth.firm);
            let missing = found.is_ok() && !enters;
            keep(found, problems);
            if missing {
                let message = format!("`{}` does not enter in this scenario", worth.firm);
                let found = InputError::at(path, message).value(&step.scenario);
                problems.push(found.hint("name a scenario in which the firm of `[worth]` enters"));
            }
        }
    }
}

fn enters(study: &Asked<'_>, scenario: &str, firm: &str) -> bool {
    let own = |id: &String| study.entrants.iter().any(|e| e.id == *id && e.firm == firm);
    let here = study.scenarios.iter().filter(|s| s.id == scenario);
    here.flat_map(|s| &s.enter)
        .any(|e| e.products.iter().any(own))
}
