//! Whether a study makes sense: ids, references, ranges, and changes that contradict each
//! other. Everything here is said in terms of the study file.

mod clashes;
mod demand;
pub(crate) mod entrants;
pub(crate) mod games;
mod gone;
pub(crate) mod ids;
pub(crate) mod known;
pub(crate) mod numbers;
mod owners;
pub(crate) mod premiums;
pub(crate) mod report;
pub(crate) mod scenarios;
mod supply;
pub(crate) mod surfaces;
pub(crate) mod worth;

use entrant_data::InputError;
use entrant_data::spec::Study;

use crate::bind::Observed;
use crate::problems::Problems;

pub(crate) use self::ids::OUTSIDE;
pub(crate) use self::known::Known;

/// What the study file alone can get wrong.
pub(crate) fn check_spec(study: &Study, problems: &mut Problems) {
    ids::check(study, problems);
    numbers::check(study, problems);
    demand::check_model(&study.demand, problems);
    entrants::check_ways(&study.entrant, problems);
    scenarios::check_ways(&study.scenario, problems);
    games::check_ways(&study.game, problems);
    surfaces::check_ways(&study.surface, problems);
    worth::check_ways(&worth::Asked::of(study), problems);
    premiums::check_ways(study.premiums.as_ref(), problems);
}

/// What the study file can get wrong about its tables, and about itself where it refers to
/// something.
pub(crate) fn check_study(
    study: &Study,
    known: &Known<'_>,
    observed: Option<&Observed>,
    problems: &mut Problems,
) {
    demand::check_references(study, known, problems);
    supply::check(&study.supply, known, problems);
    entrants::check_references(study, known, problems);
    let characteristics = &study.data.characteristics;
    scenarios::check_references(&study.scenario, characteristics, known, problems);
    games::check_references(&study.game, &study.scenario, known, problems);
    surfaces::check_references(
        &study.surface,
        &study.scenario,
        &study.entrant,
        known,
        problems,
    );
    worth::check_references(&worth::Asked::of(study), known, problems);
    let columns = ("column in `data.characteristics`", &characteristics[..]);
    premiums::check_references(study.premiums.as_ref(), columns, known, problems);
    report::check(study, known, observed, problems);
}

/// Keeps a mistake, if it is one.
pub(crate) fn keep(result: Result<(), InputError>, problems: &mut Problems) {
    if let Err(e) = result {
        problems.push(e);
    }
}

/// Exactly one of several keys must be given.
fn exactly_one(path: &str, given: &[(&str, bool)], problems: &mut Problems) {
    let names: Vec<String> = given.iter().map(|(n, _)| format!("`{n}`")).collect();
    let found: Vec<&str> = given.iter().filter(|(_, g)| *g).map(|(n, _)| *n).collect();
    let names = names.join(", ");
    match found.as_slice() {
        [_] => {}
        [] => problems.at(path, format!("give one of {names}")),
        several => problems.push(
            InputError::at(path, format!("give only one of {names}")).value(several.join(", ")),
        ),
    }
}

/// A key that means something only together with another one.
pub(crate) fn only_with(
    path: &str,
    given: bool,
    other: &str,
    is_there: bool,
    problems: &mut Problems,
) {
    if given && !is_there {
        problems.at(path, format!("this is used only together with `{other}`"));
    }
}
