//! Scenarios in every market of an economy.

use std::sync::atomic::{AtomicUsize, Ordering};

use entrant_data::spec::ScenarioSpec;
use entrant_data::{InputError, Status};
use entrant_market::Market;
use entrant_market::equilibrium::Effort;
use entrant_scenario::{Before, Context, MarketDraw, RunSettings, Solved, apply, solve_after};
use rayon::prelude::*;

use super::Economy;
use crate::error::RunError;
use crate::observer::{Observer, Stage};

/// Every scenario in every market of the central economy (scenarios x markets).
///
/// # Errors
/// A change that contradicts itself, and an interruption of a run of `draws` draws.
pub(crate) fn solve_central(
    economy: &Economy,
    settings: RunSettings,
    draws: usize,
    observer: &dyn Observer,
) -> Result<Vec<Vec<Solved>>, RunError> {
    let scenarios = &economy.resolved.study.scenario;
    let before: Vec<Before> = economy
        .places
        .par_iter()
        .map(|p| Before::new(&p.market))
        .collect();
    let (total, markets) = (scenarios.len() * before.len(), before.len());
    let done = AtomicUsize::new(0);
    let one = |at: usize| -> Result<Solved, RunError> {
        if observer.should_stop() {
            return Err(RunError::Interrupted {
                done: 0,
                total: draws,
            });
        }
        let (s, t) = (at / markets, at % markets);
        let (context, market) = (economy.context(t), &economy.places[t].market);
        let found = solve_scenario(&context, market, &before[t], &scenarios[s], None, settings)?;
        let finished = done.fetch_add(1, Ordering::Relaxed) + 1;
        observer.progress(Stage::Certifying, finished, total);
        Ok(found)
    };
    let all: Vec<Result<Solved, RunError>> = (0..total).into_par_iter().map(one).collect();
    // The first mistake in the order of the study, whichever thread met one first.
    let mut all = all.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter();
    Ok(scenarios
        .iter()
        .map(|_| all.by_ref().take(markets).collect())
        .collect())
}

/// Every scenario in every market of the economy of one draw, near the central solutions
/// (scenarios x markets).
///
/// # Errors
/// A change that contradicts itself at this draw.
pub(crate) fn in_draw(
    economy: &Economy,
    near: &[Vec<Solved>],
    diversion: bool,
) -> Result<Vec<Vec<MarketDraw>>, InputError> {
    let settings = RunSettings {
        effort: Effort::Local,
        diversion,
    };
    let before: Vec<Option<Before>> = economy
        .places
        .iter()
        .map(|p| p.status.is_usable().then(|| Before::new(&p.market)))
        .collect();
    let solve = |(scenario, near): (&ScenarioSpec, &Vec<Solved>)| {
        let in_market = |(t, near): (usize, &Solved)| {
            let place = &economy.places[t];
            let Some(before) = &before[t] else {
                return Ok(Solved::failed(&near.draw, place.status));
            };
            let (context, near) = (economy.context(t), Some(near));
            let found = solve_scenario(&context, &place.market, before, scenario, near, settings);
            found.map(|s| s.draw)
        };
        near.iter().enumerate().map(in_market).collect()
    };
    let scenarios = economy.resolved.study.scenario.iter();
    scenarios.zip(near).map(solve).collect()
}

/// Solves one scenario in one market. `near` is its solution at other draws: it gives a better
/// place to start from than today's prices.
///
/// # Errors
/// A change that contradicts itself.
pub(crate) fn solve_scenario(
    context: &Context<'_>,
    market: &Market,
    before: &Before,
    scenario: &ScenarioSpec,
    near: Option<&Solved>,
    settings: RunSettings,
) -> Result<Solved, InputError> {
    let after = apply(market, scenario, context)?;
    Ok(solve_after(before, after, near, settings))
}

/// Solutions of a draw in which nothing could be had, shaped like the central ones.
pub(crate) fn lost(near: &[Vec<Solved>], status: Status) -> Vec<Vec<MarketDraw>> {
    let row = |row: &Vec<Solved>| {
        row.iter()
            .map(|s| Solved::failed(&s.draw, status))
            .collect()
    };
    near.iter().map(row).collect()
}
