//! Choices of what to sell: line-ups of one firm, games of several.
//!
//! Each profile (one move for each player) is a market to solve; payoffs are discounted profits
//! less fixed costs. All profiles are solved at the central values where there are not too many,
//! and again in draws; equilibria in pure strategies are found by trying every move.

mod choice;
mod field;
mod summary;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use entrant_data::result::GameOutcome;
use entrant_scenario::lineup::{
    Ending, Path, SearchSettings, best_lineup, pure_equilibria, replies,
};
use rayon::prelude::*;

use self::choice::Contest;
use self::field::{Field, Priced};
use self::summary::{Drawn, Found, Made, OneDraw};
use crate::draw::{Calibrated, calibrate_all};
use crate::economy::{Economy, over_draws};
use crate::error::RunError;
use crate::inputs::Inputs;
use crate::observer::{Observer, Stage};

/// Profiles that are all solved at the central values.
const EXHAUSTIVE: usize = 4096;
/// Profiles that are solved again in every draw.
const DRAWN: usize = 128;
/// Draws where a game does not say how many.
const DRAWS: usize = 100;

/// Every game of the study.
///
/// # Errors
/// A scenario that contradicts itself, and an interruption.
pub(crate) fn games(
    economy: &Economy,
    inputs: &Inputs,
    near: &[Calibrated],
    level: f64,
    observer: &dyn Observer,
) -> Result<Vec<GameOutcome>, RunError> {
    let count = economy.resolved.study.game.len();
    let one = |g: usize| game(economy, inputs, near, g, level, observer);
    (0..count).map(one).collect()
}

fn game(
    economy: &Economy,
    inputs: &Inputs,
    near: &[Calibrated],
    g: usize,
    level: f64,
    observer: &dyn Observer,
) -> Result<GameOutcome, RunError> {
    let spec = &economy.resolved.study.game[g];
    let Some(contest) = Contest::new(spec) else {
        let message = "there are too many combinations of moves to number";
        let at = format!("game[{g}].player");
        return Err(RunError::Input(vec![entrant_data::InputError::at(
            at, message,
        )]));
    };
    let field = Field::new(economy, &contest, g)?;
    let found = at_the_centre(&contest, &field, observer);
    let count = spec.draws.unwrap_or(DRAWS).min(inputs.draws());
    if observer.should_stop() {
        return Err(RunError::Interrupted {
            done: 0,
            total: count,
        });
    }
    let profiles = found.shown(DRAWN);
    let draws = over_draws(count, observer, |d| {
        one_draw(inputs, near, g, d, &contest, &found, &profiles)
    })?;
    let drawn = Drawn { profiles, draws };
    let (surplus, bounds) = field.today();
    let today = OneDraw {
        priced: Vec::new(),
        surplus,
        bounds,
    };
    let made = Made {
        contest: &contest,
        field: &field,
        found: &found,
        today: &today,
        drawn: &drawn,
        level,
    };
    Ok(summary::outcome(&made, &economy.resolved.study, g))
}

/// All profiles at the central values, or those that a search looks at.
fn at_the_centre(contest: &Contest, field: &Field<'_>, observer: &dyn Observer) -> Found {
    let start = contest.start(&|product| field.is_sold(product));
    let mut trial = Trial {
        field,
        observer,
        solved: BTreeMap::new(),
    };
    if contest.game.profiles() <= EXHAUSTIVE {
        let all: Vec<usize> = (0..contest.game.profiles()).collect();
        let payoffs = trial.payoffs(&all);
        let found = pure_equilibria(&contest.game, &payoffs);
        let path = replies(&contest.game, &mut |asked| trial.payoffs(asked), start);
        return trial.found(found.certain, path, true);
    }
    if let Some(candidates) = contest.sets_of_one() {
        return local_search(trial, candidates, start);
    }
    let path = replies(&contest.game, &mut |asked| trial.payoffs(asked), start);
    let end = path.profiles.last().copied();
    let stable = end.filter(|_| path.ending == Ending::Settled);
    trial.found(stable.into_iter().collect(), path, false)
}

/// The best of many sets of one firm's candidates, by local search.
fn local_search(mut trial: Trial<'_>, candidates: usize, start: usize) -> Found {
    let mut value = |sets: &[u64]| -> Vec<Option<f64>> {
        let asked: Vec<usize> = sets.iter().map(|s| number(*s)).collect();
        let found = trial.payoffs(&asked).into_iter();
        found.map(|p| p.map(|own| own[0])).collect()
    };
    let found = best_lineup(candidates, SearchSettings::default(), &mut value);
    let best = found.tried.first().map(|l| number(l.set));
    let path = Path {
        profiles: std::iter::once(start).chain(best).collect(),
        ending: best.map_or(Ending::Undecided, |_| Ending::Settled),
    };
    trial.found(best.into_iter().collect(), path, false)
}

/// The number of the profile in which the one player sells a set.
fn number(set: u64) -> usize {
    usize::try_from(set).unwrap_or(usize::MAX)
}

/// Profiles solved at the central values so far.
struct Trial<'a> {
    field: &'a Field<'a>,
    observer: &'a dyn Observer,
    solved: BTreeMap<usize, Option<Priced>>,
}

impl Trial<'_> {
    /// What profiles are worth to each player; those not solved yet are, in threads. Nothing more
    /// is solved once the observer asks to stop.
    fn payoffs(&mut self, profiles: &[usize]) -> Vec<Option<Vec<f64>>> {
        let new: Vec<usize> = profiles
            .iter()
            .copied()
            .filter(|k| !self.solved.contains_key(k))
            .collect();
        let (before, total) = (self.solved.len(), self.solved.len() + new.len());
        let done = AtomicUsize::new(before);
        let (field, observer) = (self.field, self.observer);
        let price = |k: &usize| {
            let found = (!observer.should_stop()).then(|| field.price(*k, None));
            let finished = done.fetch_add(1, Ordering::Relaxed) + 1;
            observer.progress(Stage::Choosing, finished, total);
            found.flatten()
        };
        let found: Vec<Option<Priced>> = new.par_iter().map(price).collect();
        self.solved.extend(new.into_iter().zip(found));
        let payoff = |k: &usize| Some(self.solved.get(k)?.as_ref()?.payoff.clone());
        profiles.iter().map(payoff).collect()
    }

    fn found(self, equilibria: Vec<usize>, path: Path, exhaustive: bool) -> Found {
        Found {
            solved: self.solved,
            equilibria,
            exhaustive,
            path,
        }
    }
}

/// The shown profiles at one draw.
fn one_draw(
    inputs: &Inputs,
    near: &[Calibrated],
    g: usize,
    draw: usize,
    contest: &Contest,
    found: &Found,
    profiles: &[usize],
) -> OneDraw {
    let nothing = OneDraw::nothing(profiles.len(), contest.contested().count());
    let resolved = inputs.resolve(Some(draw));
    let Ok(markets) = calibrate_all(&resolved, Some(near)) else {
        return nothing;
    };
    if !markets.iter().all(|m| m.calibration.status.is_usable()) {
        return nothing;
    }
    let economy = Economy::calibrated(resolved, &markets);
    let Ok(field) = Field::new(&economy, contest, g) else {
        return nothing;
    };
    let centre = |k: &usize| found.solved.get(k).and_then(Option::as_ref);
    let (surplus, bounds) = field.today();
    OneDraw {
        priced: profiles
            .iter()
            .map(|k| field.price(*k, centre(k)))
            .collect(),
        surplus,
        bounds,
    }
}
