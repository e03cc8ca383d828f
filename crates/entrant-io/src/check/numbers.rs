//! Plain numbers of the study and the ranges they must be in.

use entrant_data::InputError;
use entrant_data::spec::{EntrantSpec, ReportSpec, ScenarioSpec, Study};

use crate::domain::Domain;
use crate::problems::Problems;
use crate::toml_path::quoted;

/// Most draws of the uncertain inputs.
pub(crate) const DRAWS: usize = 1_000_000;
/// Most quadrature nodes per random coefficient.
const NODES: usize = 64;
/// Most periods of a horizon.
pub(crate) const PERIODS: u32 = 10_000;

/// Checks every number that is no quantity.
pub(crate) fn check(study: &Study, problems: &mut Problems) {
    let settings = &study.settings;
    count("settings.draws", settings.draws, DRAWS, problems);
    count("demand.nodes", study.demand.nodes, NODES, problems);
    number("settings.level", settings.level, Domain::INSIDE, problems);
    if let Some(v) = study.data.mix_concentration {
        number("data.mix_concentration", v, Domain::POSITIVE, problems);
    }
    for (i, target) in study.demand.target.iter().enumerate() {
        let path = format!("demand.target[{i}].tolerance");
        number(&path, target.tolerance, Domain::POSITIVE, problems);
    }
    for (i, stake) in study.supply.stake.iter().enumerate() {
        let path = format!("supply.stake[{i}].weight");
        number(&path, stake.weight, Domain::PART, problems);
    }
    check_characteristics(&study.entrant, problems);
    check_changes(&study.scenario, problems);
    check_benchmarks(&study.report, problems);
}

/// Checks the characteristics of entrants.
pub(crate) fn check_characteristics(entrants: &[EntrantSpec], problems: &mut Problems) {
    for (i, entrant) in entrants.iter().enumerate() {
        for (name, value) in &entrant.characteristics {
            let path = format!("entrant[{i}].characteristics.{}", quoted(name));
            number(&path, *value, Domain::ANY, problems);
        }
    }
}

/// Checks the new values of characteristics.
pub(crate) fn check_changes(scenarios: &[ScenarioSpec], problems: &mut Problems) {
    for (i, scenario) in scenarios.iter().enumerate() {
        for (j, change) in scenario.characteristic.iter().enumerate() {
            let path = format!("scenario[{i}].characteristic[{j}].value");
            number(&path, change.value, Domain::ANY, problems);
        }
    }
}

/// Checks the ranges of benchmarks.
pub(crate) fn check_benchmarks(report: &ReportSpec, problems: &mut Problems) {
    for (i, benchmark) in report.benchmark.iter().enumerate() {
        let at = |key: &str| format!("report.benchmark[{i}].{key}");
        number(&at("low"), benchmark.low, Domain::PART, problems);
        number(&at("high"), benchmark.high, Domain::PART, problems);
        if benchmark.low > benchmark.high {
            let message = format!(
                "`high` is {}, below `low`, {}",
                benchmark.high, benchmark.low
            );
            problems.at(at("high"), message);
        }
    }
}

/// Checks one number.
pub(crate) fn number(path: &str, value: f64, domain: Domain, problems: &mut Problems) {
    if let Some(m) = domain.misfit(value) {
        problems.push(InputError::at(path, format!("this {m}")).value(value.to_string()));
    }
}

/// Checks a number of things, from 1 to `most`.
pub(crate) fn count(path: &str, value: usize, most: usize, problems: &mut Problems) {
    if !(1..=most).contains(&value) {
        let message = format!("this is {value}, must be from 1 to {most}");
        problems.push(InputError::at(path, message).value(value.to_string()));
    }
}
