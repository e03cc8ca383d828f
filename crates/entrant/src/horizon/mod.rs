//! Profits over time: every period of every scenario in which the firm enters, with and without
//! its entry, draw by draw; what follows for the worth of the entry and for its timing.
//!
//! Periods in the same conditions share one equilibrium, and so do scenarios that differ in the
//! entry alone where it is left out.

mod solve;
mod timing;
mod worth;

use std::collections::BTreeSet;

use entrant_data::InputError;
use entrant_data::result::RivalMove;
use entrant_data::spec::{RivalSpec, ScenarioSpec, Study, WorthSpec};
use entrant_market::Market;
use entrant_scenario::apply;
use entrant_scenario::stream::{Conditions, is_entrant, reach};

use crate::economy::{Economy, Solved};

pub(crate) use solve::{HorizonDraw, terms};
pub(crate) use timing::timing;
pub(crate) use worth::{at_estimates, worth};

/// Draws where the study does not say how many.
const DRAWS: usize = 200;
/// Periods of which each is listed.
pub(crate) const LISTED: u32 = 200;

/// What is solved in every draw.
#[derive(Debug, Clone, Default)]
pub(crate) struct Horizon {
    /// Firm that enters.
    firm: String,
    /// For each scenario, the firms whose profits count, the entering one first; nothing where it
    /// does not enter.
    firms: Vec<Option<Vec<String>>>,
    /// For each scenario, the first one that is the same without the entry.
    base: Vec<usize>,
    /// What others do later, in the order of time.
    pub(crate) moves: Vec<RivalMove>,
    /// Number of draws, the first ones of the run.
    pub(crate) draws: usize,
}

impl Horizon {
    /// What a study asks for; `solved` are its scenarios at the central values.
    pub(crate) fn of(study: &Study, solved: &[Vec<Solved>], draws: usize) -> Self {
        let Some(spec) = &study.worth else {
            return Horizon::default();
        };
        let stripped: Vec<ScenarioSpec> = study
            .scenario
            .iter()
            .map(|s| without_entry(study, s, &spec.firm))
            .collect();
        let same = |s: &ScenarioSpec| stripped.iter().position(|x| x == s).unwrap_or(0);
        let most = if same_throughout(spec) && study.timing.is_none() {
            draws
        } else {
            spec.draws.unwrap_or(DRAWS).min(draws)
        };
        let moves = moves(study);
        let newcomers = newcomers(study, &moves);
        Horizon {
            moves,
            firm: spec.firm.clone(),
            firms: solved
                .iter()
                .map(|row| firms(row, &spec.firm, &newcomers))
                .collect(),
            base: stripped.iter().map(same).collect(),
            draws: most,
        }
    }
}

/// What others do later, in the order of time.
fn moves(study: &Study) -> Vec<RivalMove> {
    let all = study.worth.iter().flat_map(|w| w.moved_by(u32::MAX));
    all.filter_map(|r| named(study, r)).collect()
}

fn named(study: &Study, spec: &RivalSpec) -> Option<RivalMove> {
    let scenario = study.scenario.iter().find(|s| s.id == spec.scenario)?;
    Some(RivalMove {
        scenario: scenario.id.clone(),
        title: scenario.title.clone(),
        from: spec.from,
    })
}

/// Firms that come in by moves of others.
fn newcomers(study: &Study, moves: &[RivalMove]) -> Vec<String> {
    let scenarios = study.scenario.iter();
    let moved = scenarios.filter(|s| moves.iter().any(|m| m.scenario == s.id));
    let products = moved.flat_map(|s| &s.enter).flat_map(|e| &e.products);
    let firm = |id: &String| Some(study.entrant.iter().find(|e| e.id == *id)?.firm.clone());
    products.filter_map(firm).collect()
}

/// The markets of a scenario after so many moves of others, at one draw.
fn markets(economy: &Economy, s: usize, moves: usize) -> Result<Vec<Market>, InputError> {
    let study = &economy.resolved.study;
    let made = study.worth.iter().flat_map(|w| w.moved_by(u32::MAX));
    let of = |r: &RivalSpec| study.scenario.iter().find(|s| s.id == r.scenario);
    let made = made.take(moves).filter_map(of);
    let scenario = &made.fold(study.scenario[s].clone(), |all, next| all.and(next));
    let one = |t: usize| apply(&economy.places[t].market, scenario, &economy.context(t));
    (0..economy.places.len()).map(one).collect()
}

/// Whether all periods are in the conditions of the scenario.
fn same_throughout(spec: &WorthSpec) -> bool {
    spec.path.is_none()
        && spec.price_erosion.is_none()
        && spec.cost_erosion.is_none()
        && spec.rivals_cost_erosion.is_none()
        && spec.rival.is_empty()
}

/// Conditions of each period, up to the last one that differs from the one before.
fn conditions(spec: &WorthSpec, periods: u32) -> Vec<Conditions> {
    let at = |t: u32| Conditions::of(spec, t, reach(spec.path.as_ref(), t));
    let mut all: Vec<Conditions> = (1..=periods.min(last_change(spec))).map(at).collect();
    while all.len() > 1 && all[all.len() - 1] == all[all.len() - 2] {
        all.pop();
    }
    all
}

/// A period after which nothing changes, where the study alone says so.
fn last_change(spec: &WorthSpec) -> u32 {
    let only_given = WorthSpec {
        path: None,
        rival: Vec::new(),
        ..spec.clone()
    };
    let given = spec.path.as_ref().map_or(1, |p| p.given.len());
    let moved = spec.rival.iter().map(|r| r.from).max().unwrap_or(1);
    if same_throughout(&only_given) && given > 0 {
        u32::try_from(given).unwrap_or(u32::MAX).max(moved)
    } else {
        u32::MAX
    }
}

/// Firms that sell in a scenario, the entering one first, and those that come later; `None` where it
/// does not enter.
fn firms(row: &[Solved], firm: &str, newcomers: &[String]) -> Option<Vec<String>> {
    let mut all = vec![firm.to_owned()];
    let sold = row.iter().flat_map(|s| &s.after.products);
    let sold: Vec<_> = sold.filter(|p| p.on_sale).collect();
    if !sold.iter().any(|p| is_entrant(p, firm)) {
        return None;
    }
    let mut seen: BTreeSet<&str> = BTreeSet::from([firm]);
    for p in sold {
        if seen.insert(&p.firm) {
            all.push(p.firm.clone());
        }
    }
    for later in newcomers {
        if seen.insert(later) {
            all.push(later.clone());
        }
    }
    Some(all)
}

/// What is left of a scenario without a firm's entry and without its names.
fn without_entry(study: &Study, scenario: &ScenarioSpec, firm: &str) -> ScenarioSpec {
    let mut left = ScenarioSpec {
        id: String::new(),
        title: String::new(),
        note: String::new(),
        ..scenario.clone()
    };
    let own = |id: &String| study.entrant.iter().any(|e| e.id == *id && e.firm == firm);
    for enter in &mut left.enter {
        enter.products.retain(|id| !own(id));
    }
    left.enter.retain(|e| !e.products.is_empty());
    left
}
