//! The whole way: calibrate, certify, draw, summarise.

use entrant_data::result::{
    CalibrationReport, GameOutcome, Results, SCHEMA, ScenarioOutcome, SettingsReport,
    SurfaceOutcome, TransferReport,
};
use entrant_data::spec::Study;
use entrant_data::{Finding, Status};
use entrant_io::LoadedStudy;
use entrant_market::Market;
use entrant_market::equilibrium::Effort;
use entrant_scenario::{MarketDraw, RunSettings, ScenarioDraws};
use entrant_track::transfer::Transferred;

use crate::answer;
use crate::audit;
use crate::backtest;
use crate::calibrated::{self, base_certificate};
use crate::diagnose;
use crate::draw::{Calibrated, Extras, OneDraw, calibrate_all, one_draw};
use crate::drivers;
use crate::economy::{
    Economies, Economy, InMarket, Solved, alone, in_threads, outcome, outcome_in_draw, over_draws,
    regroup, solve_central, told, view,
};
use crate::error::RunError;
use crate::game;
use crate::horizon::{self, Horizon, HorizonDraw};
use crate::inputs::{Inputs, Resolved};
use crate::live::Keeper;
use crate::observer::{Drawn, Observer, Stage};
use crate::premium;
use crate::surface;
use crate::tracker;
use crate::transfer;

/// What may be set beside the study; `None` takes the study's own setting.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RunOptions {
    /// Number of draws.
    pub draws: Option<usize>,
    /// Seed.
    pub seed: Option<u64>,
    /// Threads; all cores when absent. Never changes a result.
    pub threads: Option<usize>,
}

/// Calibrated markets without scenarios.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Calibrations.
    pub calibration: Vec<CalibrationReport>,
    /// Diagnostics.
    pub findings: Vec<Finding>,
}

/// Boxes of the deviation bound per firm at the central values.
const BOUND_BOXES: usize = 1;
/// Full certificates and diversion for the central values.
const CENTRAL: RunSettings = RunSettings {
    effort: Effort::Full { boxes: BOUND_BOXES },
    diversion: true,
};
/// Largest number of draws that carry a diversion matrix.
const DIVERSION_DRAWS: usize = 50;

/// Runs a study to its results.
///
/// # Errors
/// Mistakes in the study, a market that is not identified or has no equilibrium at the central
/// values of its inputs, an interruption, or threads that cannot be had.
pub fn run(
    loaded: &LoadedStudy,
    options: RunOptions,
    observer: &dyn Observer,
) -> Result<Results, RunError> {
    let study = &loaded.study;
    let (inputs, moved) = inputs(loaded, options)?;
    let level = study.settings.level;
    let central = inputs.resolve(None);
    observer.progress(Stage::Calibrating, 0, 1);
    let markets = calibrate_all(&central, None)?;
    require_calibrated(&markets)?;
    let economy = Economy::calibrated(central.clone(), &markets);
    let solved = in_threads(options.threads, || {
        solve_central(&economy, CENTRAL, inputs.draws(), observer)
    })??;
    let over_time = Horizon::of(study, &solved, inputs.draws());
    let keeper = Keeper::of(&economy, study, inputs.draws());
    let mut draws = in_threads(options.threads, || {
        let extras = extras(&inputs, &over_time, keeper.as_ref());
        draw_all(&inputs, &markets, &solved, extras, observer)
    })??;
    let live = keeper.map(|k| k.model(study, &inputs, |d| draws[d].live.as_ref()));
    let moved = match moved {
        None => None,
        Some(found) => Some(in_threads(options.threads, || {
            moved_brand(found, study, &inputs, &draws, &solved, observer)
        })??),
    };
    let again = |d: usize| calibrated_again(&inputs, &markets, d);
    let economies = Economies {
        central: &economy,
        draws: inputs.draws(),
        again: &again,
        level,
        centred: false,
    };
    let (games, surfaces, premiums) =
        in_threads(options.threads, || choices(&economies, &inputs, observer))??;
    let (premiums, about) = premiums.unzip();
    observer.progress(Stage::Summarising, 0, 1);
    let calibration = calibrated::report(&markets, &draws, level);
    let found = draws.iter_mut().map(|d| std::mem::take(&mut d.scenarios));
    let runs = regroup(&economy, &solved, found.collect());
    let taken = draws.iter_mut().take(over_time.draws);
    let taken: Vec<_> = taken.map(|d| d.horizon.take()).collect();
    let scenarios = outcomes(study, &runs, (&over_time, &taken), level);
    tell_draws(study, &runs, (&over_time, &taken), level, observer);
    let seed = options.seed.unwrap_or(study.settings.seed);
    let timing = horizon::timing(study, &inputs, &taken, seed, level);
    let mut findings = diagnose::calibration(&markets);
    findings.extend(
        markets
            .iter()
            .map(|m| diagnose::baseline(&base_certificate(m, BOUND_BOXES), m)),
    );
    findings.extend(diagnose::scenarios(&scenarios));
    let headline = answer::headline(study);
    let mut results = Results {
        schema: SCHEMA.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        title: study.title.clone(),
        question: study.question.clone(),
        currency: study.currency.clone(),
        notes: study.notes.clone(),
        settings: SettingsReport {
            draws: inputs.draws(),
            seed,
            level,
            nodes: study.demand.nodes,
            fingerprint: loaded.fingerprint.clone(),
        },
        answer: Vec::new(),
        headline,
        entrant: answer::entrant(study),
        focus: Vec::new(),
        calibration,
        estimation: None,
        inputs: inputs.report(level),
        drivers: drivers_of(study, &runs, &inputs, level),
        benchmarks: backtest::benchmarks(study, &scenarios),
        backtest: loaded
            .backtest
            .as_ref()
            .and_then(|o| backtest::score(study, o, &draws_view(&runs, level), level)),
        scenarios,
        games,
        surfaces,
        timing: timing.map(Box::new),
        premiums: premiums.map(Box::new),
        transfer: moved.map(Box::new),
        live: live.map(Box::new),
        tracker: None,
        findings,
    };
    results.findings.extend(about.into_iter().flatten());
    results.focus = answer::focus(study, &results);
    results
        .findings
        .extend(audit::integration(&central, &markets, &solved, &results));
    if let Some(found) = &loaded.tracker {
        tracker::add(&mut results, found);
    }
    results.answer = answer::sentences(&results);
    Ok(results)
}

/// What happens in every scenario, and what that is worth over the horizon.
fn outcomes(
    study: &Study,
    runs: &[Vec<InMarket>],
    (over_time, taken): (&Horizon, &[Option<HorizonDraw>]),
    level: f64,
) -> Vec<ScenarioOutcome> {
    let each = study.scenario.iter().zip(runs).enumerate();
    each.map(|(s, (scenario, run))| {
        let (spec, views) = (study.worth.as_ref(), view(run, level));
        ScenarioOutcome {
            worth: horizon::worth(over_time, spec, s, taken, &views, level),
            ..outcome(scenario, run, level)
        }
    })
    .collect()
}

/// Tells an observer that wants it what happens in each draw.
fn tell_draws(
    study: &Study,
    runs: &[Vec<InMarket>],
    (over_time, taken): (&Horizon, &[Option<HorizonDraw>]),
    level: f64,
    observer: &dyn Observer,
) {
    let wanted = observer.draws_wanted();
    for (s, (scenario, run)) in study.scenario.iter().zip(runs).enumerate() {
        for d in 0..told(run, wanted) {
            let views: Vec<_> = run.iter().map(|m| alone(m, d, level)).collect();
            let spec = study.worth.as_ref();
            let money = taken.get(d..=d);
            let found = ScenarioOutcome {
                worth: money.and_then(|m| horizon::worth(over_time, spec, s, m, &views, level)),
                ..outcome_in_draw(scenario, run, None, d, level)
            };
            observer.drawn(d, Drawn::Scenario(&found));
        }
    }
}

/// Calibrates a study, over draws as well, and stops at the economy.
///
/// # Errors
/// As [`run`].
pub fn fit(
    loaded: &LoadedStudy,
    options: RunOptions,
    observer: &dyn Observer,
) -> Result<Fit, RunError> {
    let mut without = loaded.clone();
    without.study.scenario.clear();
    let (inputs, _) = inputs(&without, options)?;
    let markets = calibrate_all(&inputs.resolve(None), None)?;
    require_calibrated(&markets)?;
    let draws = in_threads(options.threads, || {
        let nothing = Horizon::default();
        draw_all(
            &inputs,
            &markets,
            &[],
            extras(&inputs, &nothing, None),
            observer,
        )
    })??;
    let mut findings = diagnose::calibration(&markets);
    findings.extend(
        markets
            .iter()
            .map(|m| diagnose::baseline(&base_certificate(m, BOUND_BOXES), m)),
    );
    Ok(Fit {
        calibration: calibrated::report(&markets, &draws, loaded.study.settings.level),
        findings,
    })
}

/// The markets of a study at the central values of its inputs, before any scenario.
///
/// # Errors
/// As [`run`], without interruptions.
pub fn markets(loaded: &LoadedStudy) -> Result<Vec<Market>, RunError> {
    let mut without = loaded.clone();
    without.study.scenario.clear();
    let (inputs, _) = inputs(&without, RunOptions::default())?;
    let found = calibrate_all(&inputs.resolve(None), None)?;
    require_calibrated(&found)?;
    Ok(found.into_iter().map(|m| m.calibration.market).collect())
}

/// The inputs, with the brand effect that other countries bring.
fn inputs(
    loaded: &LoadedStudy,
    options: RunOptions,
) -> Result<(Inputs, Option<Transferred>), RunError> {
    let settings = &loaded.study.settings;
    let draws = options.draws.unwrap_or(settings.draws);
    let seed = options.seed.unwrap_or(settings.seed);
    let mut inputs = Inputs::new(&loaded.study, &loaded.panel, draws, seed);
    let asked = transfer::Asked {
        spec: loaded.study.transfer.as_ref(),
        statements: loaded.transfer.as_ref(),
        panel: &loaded.panel,
        level: settings.level,
    };
    let moved = transfer::transferred(asked, draws, seed)?;
    if let Some(found) = &moved {
        transfer::add(&mut inputs, found);
    }
    Ok((inputs, moved))
}

fn draws_view(runs: &[Vec<InMarket>], level: f64) -> Vec<Vec<ScenarioDraws<'_>>> {
    runs.iter().map(|r| view(r, level)).collect()
}

fn require_calibrated(markets: &[Calibrated]) -> Result<(), RunError> {
    for m in markets {
        let c = &m.calibration;
        let market = c.market.id.clone();
        match c.status {
            s if s.is_usable() => {}
            Status::NotIdentified => {
                return Err(RunError::NotIdentified {
                    market,
                    detail: calibrated::why_not_identified(c),
                });
            }
            status => {
                return Err(RunError::NotSolved {
                    market,
                    status,
                    detail: calibrated::why_not_solved(c),
                });
            }
        }
    }
    Ok(())
}

/// What the transferred brand effect changes.
fn moved_brand(
    found: Transferred,
    study: &Study,
    inputs: &Inputs,
    draws: &[OneDraw],
    solved: &[Vec<Solved>],
    observer: &dyn Observer,
) -> Result<TransferReport, RunError> {
    let again = |d: usize, change: &dyn Fn(&mut Resolved)| {
        let mut resolved = inputs.resolve(Some(d));
        change(&mut resolved);
        Some(Economy::calibrated(resolved, &draws[d].markets))
    };
    let scenarios: Vec<&[Vec<MarketDraw>]> = draws.iter().map(|d| &d.scenarios[..]).collect();
    let ran = transfer::Ran {
        study,
        solved,
        draws: &scenarios,
        again: &again,
    };
    transfer::report(found, ran, observer)
}

/// Games, surfaces and premiums.
type Choices = (
    Vec<GameOutcome>,
    Vec<SurfaceOutcome>,
    Option<premium::Found>,
);

fn choices(
    economies: &Economies<'_>,
    inputs: &Inputs,
    observer: &dyn Observer,
) -> Result<Choices, RunError> {
    let games = game::games(economies, observer)?;
    let surfaces = surface::surfaces(economies, observer)?;
    let normals = |d: usize, brands: usize| inputs.brand_normals(d, brands);
    let premiums = premium::premiums(economies, &normals, observer)?;
    Ok((games, surfaces, premiums))
}

/// The economy at a draw; `None` where a market cannot be calibrated at it.
fn calibrated_again(inputs: &Inputs, near: &[Calibrated], draw: usize) -> Option<Economy> {
    let resolved = inputs.resolve(Some(draw));
    let markets = calibrate_all(&resolved, Some(near)).ok()?;
    let usable = |m: &Calibrated| m.calibration.status.is_usable();
    let all = markets.iter().all(usable);
    all.then(|| Economy::calibrated(resolved, &markets))
}

/// What some draws have beside scenarios.
fn extras<'a>(inputs: &Inputs, horizon: &'a Horizon, keeper: Option<&'a Keeper>) -> Extras<'a> {
    Extras {
        diversion: inputs.draws().div_ceil(DIVERSION_DRAWS).max(1),
        horizon,
        keeper,
    }
}

/// Every draw; stops early when the observer asks for it.
fn draw_all(
    inputs: &Inputs,
    markets: &[Calibrated],
    solved: &[Vec<Solved>],
    extras: Extras<'_>,
    observer: &dyn Observer,
) -> Result<Vec<OneDraw>, RunError> {
    over_draws(inputs.draws(), observer, |d| {
        // What contradicts itself at the central values has been refused before; here it is one draw.
        one_draw(inputs, markets, solved, d, extras)
            .unwrap_or_else(|_| OneDraw::lost(markets, solved))
    })
}

/// Which inputs drive the headline scenario's outcomes.
fn drivers_of(
    study: &Study,
    runs: &[Vec<InMarket>],
    inputs: &Inputs,
    level: f64,
) -> Vec<entrant_data::result::DriverTable> {
    let headline = answer::headline(study);
    let Some(s) = study.scenario.iter().position(|x| x.id == headline) else {
        return Vec::new();
    };
    drivers::tables(study, &headline, &view(&runs[s], level), inputs)
}
