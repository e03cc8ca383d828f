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
    Ending, Options, Path, SearchSettings, best_lineup, pure_equilibria, replies,
};
use rayon::prelude::*;

use self::choice::{Contest, position};
use self::field::{Field, Priced};
use self::summary::{Drawn, Found, Made, OneDraw};
use crate::economy::{Economies, Economy, over_draws};
use crate::error::RunError;
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
    economies: &Economies<'_>,
    observer: &dyn Observer,
) -> Result<Vec<GameOutcome>, RunError> {
    let count = economies.central.resolved.study.game.len();
    (0..count).map(|g| game(economies, g, observer)).collect()
}

fn game(
    economies: &Economies<'_>,
    g: usize,
    observer: &dyn Observer,
) -> Result<GameOutcome, RunError> {
    let economy = economies.central;
    let spec = &economy.resolved.study.game[g];
    let Some(contest) = Contest::new(spec) else {
        let message = "there are too many combinations of moves to number";
        let at = format!("game[{g}].player");
        return Err(RunError::Input(vec![entrant_data::InputError::at(
            at, message,
        )]));
    };
    let mut outcome = play(economies, g, &contest, observer)?;
    for firm in &spec.ban {
        if let Some(contest) = contest.without(firm) {
            outcome.bans.push(play(economies, g, &contest, observer)?);
        }
    }
    Ok(outcome)
}

/// A game at the central values and in draws.
fn play(
    economies: &Economies<'_>,
    g: usize,
    contest: &Contest,
    observer: &dyn Observer,
) -> Result<GameOutcome, RunError> {
    let economy = economies.central;
    let spec = &economy.resolved.study.game[g];
    let field = Field::new(economy, contest, g)?;
    let found = at_the_centre(contest, &field, observer);
    let count = spec.draws.unwrap_or(DRAWS).min(economies.draws);
    if observer.should_stop() {
        return Err(RunError::Interrupted {
            done: 0,
            total: count,
        });
    }
    let profiles = found.shown(DRAWN);
    let draws = over_draws(count, observer, |d| {
        let economy = (economies.again)(d);
        one_draw(economy.as_ref(), g, contest, &found, &profiles)
    })?;
    let drawn = Drawn { profiles, draws };
    let (surplus, bounds) = field.today();
    let today = OneDraw {
        priced: Vec::new(),
        surplus,
        bounds,
        settled: None,
    };
    let made = Made {
        contest,
        field: &field,
        found: &found,
        today: &today,
        drawn: &drawn,
        economies,
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
    if let Some(options) = contest.lineups_of_one() {
        return local_search(trial, options, start);
    }
    let path = replies(&contest.game, &mut |asked| trial.payoffs(asked), start);
    let end = path.profiles.last().copied();
    let stable = end.filter(|_| path.ending == Ending::Settled);
    trial.found(stable.into_iter().collect(), path, false)
}

/// The best of many line-ups of one firm, by local search.
fn local_search(mut trial: Trial<'_>, options: &Options, start: usize) -> Found {
    let mut value = |lineups: &[u64]| -> Vec<Option<f64>> {
        let asked: Vec<usize> = lineups.iter().map(|s| position(*s)).collect();
        let found = trial.payoffs(&asked).into_iter();
        found.map(|p| p.map(|own| own[0])).collect()
    };
    let found = best_lineup(options, SearchSettings::default(), &mut value);
    let best = found.tried.first().map(|l| position(l.set));
    let path = Path {
        profiles: std::iter::once(start).chain(best).collect(),
        ending: best.map_or(Ending::Undecided, |_| Ending::Settled),
    };
    trial.found(best.into_iter().collect(), path, false)
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
    economy: Option<&Economy>,
    g: usize,
    contest: &Contest,
    found: &Found,
    profiles: &[usize],
) -> OneDraw {
    let field = economy.and_then(|e| Field::new(e, contest, g).ok());
    let Some(field) = field else {
        return OneDraw::nothing(profiles.len(), contest.contested().count());
    };
    let centre = |k: &usize| found.solved.get(k).and_then(Option::as_ref);
    let (surplus, bounds) = field.today();
    let priced: Vec<Option<Priced>> = profiles
        .iter()
        .map(|k| field.price(*k, centre(k)))
        .collect();
    let settled = settled(contest, &field, found, profiles, &priced);
    OneDraw {
        priced,
        surplus,
        bounds,
        settled,
    }
}

/// Where replies in turn end in a draw, if several players come to rest; profiles that were not
/// solved in it yet are.
fn settled(
    contest: &Contest,
    field: &Field<'_>,
    found: &Found,
    profiles: &[usize],
    priced: &[Option<Priced>],
) -> Option<usize> {
    let start = *found.path.profiles.first()?;
    if contest.game.players() < 2 {
        return None;
    }
    let payoff = |p: &Option<Priced>| p.as_ref().map(|p| p.payoff.clone());
    let solved = profiles.iter().copied().zip(priced.iter().map(payoff));
    let mut known: BTreeMap<usize, Option<Vec<f64>>> = solved.collect();
    let mut ask = |asked: &[usize]| -> Vec<Option<Vec<f64>>> {
        let one = |k: &usize| {
            let near = found.solved.get(k).and_then(Option::as_ref);
            let payoff = || field.price(*k, near).map(|p| p.payoff);
            known.entry(*k).or_insert_with(payoff).clone()
        };
        asked.iter().map(one).collect()
    };
    let path = replies(&contest.game, &mut ask, start);
    path.profiles
        .last()
        .copied()
        .filter(|_| path.ending == Ending::Settled)
}
