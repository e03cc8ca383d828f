//! From an estimated study to its results: estimate, make the economy, solve scenarios in it, and
//! again at every draw of the estimates.

mod answer;
mod chosen;
mod facade;
mod findings;
mod new_products;
mod source;
mod worth;

use entrant_data::result::estimation::EstimationReport;
use entrant_data::result::live::LiveDraw;
use entrant_data::result::{Results, SCHEMA, SettingsReport, TransferReport};
use entrant_data::spec::Study;
use entrant_data::{Finding, Status};
use entrant_estimate::bootstrap::{Draws, parametric};
use entrant_io::LoadedEstimation;
use entrant_market::Market;
use entrant_market::equilibrium::{Effort, PriceProblem, certify, deviations};
use entrant_scenario::{MarketDraw, RunSettings, ScenarioDraws};
use entrant_track::transfer::Transferred;
use rayon::prelude::*;

use self::findings::Baseline;
use self::source::Source;
use super::{CheckpointOptions, EstimatedFit, EstimationOptions, fit};
use crate::economy::{
    Economies, Economy, InMarket, Place, Solved, in_draw, in_threads, lost, outcome_in_draw,
    outcomes, over_draws, pooled, regroup, solve_central, told, view,
};
use crate::error::RunError;
use crate::game;
use crate::horizon::{self, Horizon, HorizonDraw};
use crate::inputs::{Inputs, Resolved};
use crate::live::Keeper;
use crate::observer::{Drawn, Observer, Stage};
use crate::pipeline::RunOptions;
use crate::{answer as answers, drivers, premium, surface, transfer};

/// Full certificates for the central values.
const CENTRAL: RunSettings = RunSettings {
    effort: Effort::Full { boxes: 1 },
    diversion: true,
};
/// Draws of a lead in other countries where there are none of the estimates.
const LEADS: usize = 200;
/// Largest number of draws that carry a diversion matrix, and of cells of all of them together.
const DIVERSION_DRAWS: usize = 50;
const DIVERSION_CELLS: usize = 4_000_000;

/// Estimates a study and solves its scenarios, with intervals over draws of the estimates.
///
/// A draw takes all parameters from their asymptotic distribution, finds the mean utilities that
/// give the observed shares, and the marginal costs at which the observed prices are optimal, all at
/// those parameters. Results depend on the study, the number of draws and the seed, and on nothing
/// else: not on the number of threads. With a checkpoint, an estimation that was broken off goes on, and
/// one that was done is not done again.
///
/// # Errors
/// As [`fit`]; an estimation that was interrupted or whose estimates may not be used; an economy in
/// which scenarios cannot be solved, such as one with costs that depend on quantities.
pub fn run(
    loaded: &LoadedEstimation,
    options: RunOptions,
    checkpoint: Option<CheckpointOptions>,
    observer: &dyn Observer,
) -> Result<Results, RunError> {
    source::possible(loaded)?;
    let estimation = EstimationOptions {
        threads: options.threads,
        checkpoint,
        // What follows from the estimates as they stand is for `fit` to tell.
        draws: Some(0),
        ..EstimationOptions::default()
    };
    let fitted = fit(loaded, &estimation, observer)?;
    answer(loaded, &fitted, options, observer)
}

/// The same for a study that is estimated already: `loaded` may have other scenarios than the study that
/// was estimated, and must be the same otherwise.
///
/// # Errors
/// As [`run`].
pub fn answer(
    loaded: &LoadedEstimation,
    fitted: &EstimatedFit,
    options: RunOptions,
    observer: &dyn Observer,
) -> Result<Results, RunError> {
    source::possible(loaded)?;
    findings::require_usable(&fitted.report)?;
    let settings = Settings::new(loaded, options, fitted);
    in_threads(options.threads, || {
        scenarios(loaded, fitted, settings, observer)
    })?
}

/// The markets of an estimated study at the estimates, before any scenario.
///
/// # Errors
/// As [`run`].
pub fn markets(loaded: &LoadedEstimation, fitted: &EstimatedFit) -> Result<Vec<Market>, RunError> {
    findings::require_usable(&fitted.report)?;
    let source = Source::new(loaded, fitted)?;
    let seed = loaded.study.settings.seed;
    let none = parametric(&fitted.problem, &fitted.fit, 0, seed);
    let inputs = source.inputs(&none, 0, seed);
    let economy = source.central(inputs.resolve(None))?;
    Ok(economy.places.into_iter().map(|p| p.market).collect())
}

/// How many draws, from which seed.
#[derive(Debug, Clone, Copy)]
struct Settings {
    draws: usize,
    seed: u64,
    level: f64,
}

impl Settings {
    /// No draws where something blocks intervals.
    fn new(loaded: &LoadedEstimation, options: RunOptions, fitted: &EstimatedFit) -> Self {
        let own = &loaded.study.settings;
        let blocked = findings::blocks_intervals(&fitted.report);
        Settings {
            draws: if blocked {
                0
            } else {
                options.draws.unwrap_or(own.draws)
            },
            seed: options.seed.unwrap_or(own.seed),
            level: own.level,
        }
    }
}

fn scenarios(
    loaded: &LoadedEstimation,
    fitted: &EstimatedFit,
    settings: Settings,
    observer: &dyn Observer,
) -> Result<Results, RunError> {
    let source = Source::new(loaded, fitted)?;
    let drawn = parametric(&fitted.problem, &fitted.fit, settings.draws, settings.seed);
    let mut inputs = source.inputs(&drawn, settings.draws, settings.seed);
    let moved = transfer::transferred(source.transfer(), settings.draws.max(LEADS), settings.seed)?;
    if let Some(found) = &moved {
        transfer::add(&mut inputs, found);
    }
    let economy = source.central(inputs.resolve(None))?;
    let baseline: Vec<Baseline> = economy.places.par_iter().map(observed).collect();
    let solved = solve_central(&economy, CENTRAL, settings.draws, observer)?;
    let study = source.study();
    let over_time = Horizon::of(study, &solved, settings.draws);
    let keeper = Keeper::of(&economy, study, settings.draws);
    let also = Also {
        over_time: &over_time,
        keeper: keeper.as_ref(),
    };
    let draws = draw_all(&source, &inputs, &drawn, &solved, also, observer)?;
    let live = keeper.map(|k| k.model(study, &inputs, |d| draws[d].live.as_ref()));
    let moved =
        moved.map(|m| moved_brand(m, &source, &inputs, &drawn, (&solved, &draws), observer));
    let moved = moved.transpose()?;
    let again = |d: usize| source.at(&drawn.draws[d], inputs.resolve(Some(d)));
    let economies = Economies {
        central: &economy,
        draws: settings.draws,
        again: &again,
        level: settings.level,
        centred: true,
    };
    let games = game::games(&economies, observer)?;
    let surfaces = surface::surfaces(&economies, observer)?;
    // Draws of the estimates move what firms are worth beyond their characteristics.
    let premiums = premium::premiums(&economies, &|_, _| Vec::new(), observer)?;
    observer.progress(Stage::Summarising, 0, 1);
    let (found, taken): (Vec<_>, Vec<_>) = draws.into_iter().map(|d| (d.found, d.money)).unzip();
    let runs = regroup(&economy, &solved, found);
    let mut results = results(&source, &inputs, &runs, settings, fitted, observer);
    results.notes.extend(worth_of_money(&economy));
    (results.games, results.surfaces) = (games, surfaces);
    results.transfer = moved.map(Box::new);
    results.live = live.map(Box::new);
    let central: Vec<Vec<MarketDraw>> = solved
        .iter()
        .map(|row| row.iter().map(|s| s.draw.clone()).collect())
        .collect();
    let at_estimates = HorizonDraw::solve(&over_time, &economy, &central)?;
    let taken = &taken[..over_time.draws.min(taken.len())];
    for (s, scenario) in results.scenarios.iter_mut().enumerate() {
        let views = view(&runs[s], settings.level);
        let centre = views.iter().map(ScenarioDraws::at_the_centre);
        let centre: Vec<ScenarioDraws<'_>> = centre.collect();
        let (spec, level) = (study.worth.as_ref(), settings.level);
        let own = std::slice::from_ref(&at_estimates);
        let central = horizon::worth(&over_time, spec, s, own, &centre, level);
        scenario.worth = if settings.draws == 0 {
            central
        } else {
            let drawn = horizon::worth(&over_time, spec, s, taken, &views, level);
            drawn.map(|w| horizon::at_estimates(w, central.as_ref()))
        };
    }
    if settings.draws > 0 {
        let timing = horizon::timing(study, &inputs, taken, settings.seed, settings.level);
        results.timing = timing.map(Box::new);
    }
    results.findings = all_findings(&source, &drawn, &baseline, &results, settings);
    if study.timing.is_some() && settings.draws == 0 {
        results.findings.push(Finding::warning(
            "timing",
            "options of when to enter are not compared: that needs draws of the estimates, and there are none",
            "see the finding on intervals for what blocks them",
        ));
    }
    if let Some((report, found)) = premiums {
        results.premiums = Some(Box::new(report));
        results.findings.extend(found);
    }
    if let Some(found) = &loaded.tracker {
        crate::tracker::add(&mut results, found);
    }
    results.answer = answer::sentences(&results, source.study());
    Ok(results)
}

/// The report of the estimates as an estimation without draws gives it: what follows from them as they stand is
/// for `fit` to tell, with its own draws. The study may have other scenarios than the one that was estimated.
fn of_run(report: &EstimationReport, fingerprint: &str) -> EstimationReport {
    let mut out = report.clone();
    fingerprint.clone_into(&mut out.settings.fingerprint);
    let Some(means) = &mut out.conclusions.means else {
        return out;
    };
    means.draws = None;
    let each = means.means.iter_mut();
    for number in each.flat_map(|m| std::iter::once(&mut m.mean).chain(&mut m.weighted)) {
        (number.error, number.low, number.high) = (None, None, None);
    }
    out
}

/// How surplus is to be read where utility is not linear in price.
fn worth_of_money(economy: &Economy) -> Option<String> {
    let mut products = economy.places.iter().flat_map(|p| &p.market.products);
    let bent = products.any(|p| !p.bend.is_empty());
    bent.then(|| "Utility is not linear in price, or its slope differs by product: consumer surplus counts utility at what money is worth to each consumer at the observed prices and choices.".into())
}

/// What the transferred brand effect changes.
fn moved_brand(
    found: Transferred,
    source: &Source<'_>,
    inputs: &Inputs,
    drawn: &Draws,
    (solved, draws): (&[Vec<Solved>], &[OneDraw]),
    observer: &dyn Observer,
) -> Result<TransferReport, RunError> {
    let again = |d: usize, change: &dyn Fn(&mut Resolved)| {
        let mut resolved = inputs.resolve(Some(d));
        change(&mut resolved);
        source.at(&drawn.draws[d], resolved)
    };
    let scenarios: Vec<&[Vec<MarketDraw>]> = draws.iter().map(|d| &d.found[..]).collect();
    let ran = transfer::Ran {
        study: source.study(),
        solved,
        draws: &scenarios,
        again: &again,
    };
    transfer::report(found, ran, observer)
}

/// The market at its observed prices, which must be an equilibrium.
fn observed(place: &Place) -> Baseline {
    let market = &place.market;
    let demand = market.demand();
    let (ownership, cost, free) = (market.ownership(), market.costs(), market.free());
    let problem = PriceProblem {
        demand: &demand,
        ownership: &ownership,
        cost: &cost,
        free: &free,
    };
    let price = market.prices();
    Baseline {
        market: market.id.clone(),
        firms: market.firms(),
        local: certify(&problem, &price),
        deviations: market.by_firm(deviations(&problem, &price, 1)),
    }
}

/// What is made of one draw.
struct OneDraw {
    /// Every scenario in every market (scenarios x markets).
    found: Vec<Vec<MarketDraw>>,
    /// Profits over time.
    money: Option<HorizonDraw>,
    /// Markets for a page that solves again.
    live: Option<Vec<LiveDraw>>,
}

/// What is made of draws beside scenarios.
#[derive(Clone, Copy)]
struct Also<'a> {
    over_time: &'a Horizon,
    keeper: Option<&'a Keeper>,
}

/// Every draw.
fn draw_all(
    source: &Source<'_>,
    inputs: &Inputs,
    drawn: &Draws,
    solved: &[Vec<Solved>],
    also: Also<'_>,
    observer: &dyn Observer,
) -> Result<Vec<OneDraw>, RunError> {
    let count = drawn.draws.len();
    let kept = source.diversion_draws(DIVERSION_CELLS).min(DIVERSION_DRAWS);
    let stride = count.div_ceil(kept.max(1)).max(1);
    over_draws(count, observer, |d| {
        let economy = source.at(&drawn.draws[d], inputs.resolve(Some(d)));
        let nothing = || OneDraw {
            found: lost(solved, Status::NotConverged),
            money: None,
            live: None,
        };
        let Some(economy) = economy else {
            return nothing();
        };
        let Ok(found) = in_draw(&economy, solved, d % stride == 0) else {
            return nothing();
        };
        let wanted = d < also.over_time.draws;
        let streams = wanted.then(|| HorizonDraw::solve(also.over_time, &economy, &found));
        OneDraw {
            money: streams.and_then(|s| s.ok().flatten()),
            live: also.keeper.and_then(|k| k.record(d, &economy)),
            found,
        }
    })
}

fn results(
    source: &Source<'_>,
    inputs: &Inputs,
    runs: &[Vec<InMarket>],
    settings: Settings,
    fitted: &EstimatedFit,
    observer: &dyn Observer,
) -> Results {
    let study = source.study();
    let pools: Vec<Option<InMarket>> = runs
        .iter()
        .map(|r| pooled(r, &source.together(), source.size_together()))
        .collect();
    let each = study.scenario.iter().zip(runs).zip(&pools);
    for ((s, run), pool) in each.clone() {
        for d in 0..told(run, observer.draws_wanted()) {
            let found = outcome_in_draw(s, run, pool.as_ref(), d, settings.level);
            observer.drawn(d, Drawn::Scenario(&found));
        }
    }
    let scenarios = each.map(|((s, run), pool)| outcomes(s, run, pool.as_ref(), settings.level));
    let mut results = Results {
        schema: SCHEMA.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        title: study.title.clone(),
        question: study.question.clone(),
        currency: study.currency.clone(),
        notes: source.notes(),
        settings: SettingsReport {
            draws: settings.draws,
            seed: settings.seed,
            level: settings.level,
            nodes: 0,
            fingerprint: source.fingerprint().into(),
        },
        answer: Vec::new(),
        headline: answers::headline(study),
        entrant: answer::entrant(study),
        focus: Vec::new(),
        calibration: Vec::new(),
        estimation: Some(Box::new(of_run(&fitted.report, source.fingerprint()))),
        inputs: inputs.report(settings.level),
        drivers: drivers_of(study, runs, &pools, inputs, settings),
        benchmarks: Vec::new(),
        backtest: None,
        live: None,
        tracker: None,
        scenarios: scenarios.collect(),
        games: Vec::new(),
        surfaces: Vec::new(),
        timing: None,
        premiums: None,
        transfer: None,
        findings: Vec::new(),
    };
    results.benchmarks = crate::backtest::benchmarks(study, &results.scenarios);
    results.focus = answer::focus(study, &results);
    results
}

/// Which parameters and inputs drive the headline's outcomes, of all markets together.
fn drivers_of(
    study: &Study,
    runs: &[Vec<InMarket>],
    pools: &[Option<InMarket>],
    inputs: &Inputs,
    settings: Settings,
) -> Vec<entrant_data::result::DriverTable> {
    let headline = answers::headline(study);
    let at = study.scenario.iter().position(|x| x.id == headline);
    let Some(s) = at.filter(|_| settings.draws > 0) else {
        return Vec::new();
    };
    let lead = pools[s].as_ref().map_or(&runs[s][..], std::slice::from_ref);
    drivers::tables(study, &headline, &view(lead, settings.level), inputs)
}

fn all_findings(
    source: &Source<'_>,
    drawn: &Draws,
    baseline: &[Baseline],
    results: &Results,
    settings: Settings,
) -> Vec<Finding> {
    let mut found = vec![findings::markets(source)];
    found.extend(findings::intervals(results, drawn, settings.draws));
    found.extend(findings::centre(results, settings.draws));
    found.extend(findings::sizes(source));
    found.push(findings::baseline(baseline));
    found.extend(findings::scenarios(&results.scenarios, settings.draws));
    found
}
