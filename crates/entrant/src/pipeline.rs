//! The whole way: calibrate, certify, draw, summarise.

use std::sync::atomic::{AtomicUsize, Ordering};

use entrant_data::result::{CalibrationReport, Results, SCHEMA, ScenarioOutcome, SettingsReport};
use entrant_data::spec::{ScenarioSpec, Study};
use entrant_data::{Finding, Status};
use entrant_io::LoadedStudy;
use entrant_market::equilibrium::Effort;
use entrant_scenario::{
    Before, MarketDraw, ProductFacts, RunSettings, ScenarioDraws, describe_changes, entry_worth,
    firm_profit, summarise,
};
use rayon::prelude::*;

use crate::answer;
use crate::audit;
use crate::backtest;
use crate::calibrated::{self, base_certificate};
use crate::diagnose;
use crate::draw::{Calibrated, OneDraw, Solved, calibrate_all, failed, one_draw, solve_scenario};
use crate::drivers;
use crate::error::RunError;
use crate::inputs::{Inputs, Resolved};
use crate::observer::{Observer, Stage};

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
/// Largest number of draws that carry a diversion matrix.
const DIVERSION_DRAWS: usize = 50;

/// Everything that a scenario found in one market.
struct InMarket {
    facts: Vec<ProductFacts>,
    central: MarketDraw,
    draws: Vec<MarketDraw>,
}

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
    let inputs = inputs(loaded, options);
    let level = study.settings.level;
    let central = inputs.resolve(None);
    observer.progress(Stage::Calibrating, 0, 1);
    let markets = calibrate_all(&central, None)?;
    require_calibrated(&markets)?;
    let solved = in_threads(options.threads, || {
        solve_central(&central, &markets, inputs.draws(), observer)
    })??;
    let draws = in_threads(options.threads, || {
        draw_all(&inputs, &markets, &solved, observer)
    })??;
    observer.progress(Stage::Summarising, 0, 1);
    let calibration = calibrated::report(&markets, &draws, level);
    let runs = regroup(study, &markets, &solved, &draws);
    let scenarios = study
        .scenario
        .iter()
        .zip(&runs)
        .map(|(s, run)| outcome(s, run, &inputs, study, level))
        .collect::<Vec<_>>();
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
            seed: options.seed.unwrap_or(study.settings.seed),
            level,
            nodes: study.demand.nodes,
            fingerprint: loaded.fingerprint.clone(),
        },
        answer: Vec::new(),
        headline,
        entrant: answer::entrant(study),
        focus: Vec::new(),
        calibration,
        inputs: inputs.report(level),
        drivers: drivers_of(study, &runs, &inputs, level),
        benchmarks: backtest::benchmarks(study, &scenarios),
        backtest: loaded
            .backtest
            .as_ref()
            .and_then(|o| backtest::score(study, o, &draws_view(study, &runs, level), level)),
        scenarios,
        findings,
    };
    results.focus = answer::focus(study, &results);
    results
        .findings
        .extend(audit::integration(&central, &markets, &solved, &results));
    results.answer = answer::sentences(&results);
    Ok(results)
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
    let inputs = inputs(&without, options);
    let markets = calibrate_all(&inputs.resolve(None), None)?;
    require_calibrated(&markets)?;
    let draws = in_threads(options.threads, || {
        draw_all(&inputs, &markets, &[], observer)
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

fn inputs(loaded: &LoadedStudy, options: RunOptions) -> Inputs {
    let settings = &loaded.study.settings;
    let draws = options.draws.unwrap_or(settings.draws);
    Inputs::new(
        &loaded.study,
        &loaded.panel,
        draws,
        options.seed.unwrap_or(settings.seed),
    )
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

fn in_threads<T: Send>(
    threads: Option<usize>,
    work: impl FnOnce() -> T + Send,
) -> Result<T, RunError> {
    let count = threads.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build();
    let pool = pool.map_err(|e| RunError::Resource {
        threads: count,
        cause: e.to_string(),
    })?;
    Ok(pool.install(work))
}

/// Every scenario in every market at the central values, with full certificates.
fn solve_central(
    central: &Resolved,
    markets: &[Calibrated],
    draws: usize,
    observer: &dyn Observer,
) -> Result<Vec<Vec<Solved>>, RunError> {
    let settings = RunSettings {
        effort: Effort::Full { boxes: BOUND_BOXES },
        diversion: true,
    };
    let total = central.study.scenario.len();
    let done = AtomicUsize::new(0);
    central
        .study
        .scenario
        .par_iter()
        .map(|s| {
            if observer.should_stop() {
                return Err(RunError::Interrupted {
                    done: 0,
                    total: draws,
                });
            }
            let in_market = |(t, m): (usize, &Calibrated)| {
                let before = Before::new(&m.calibration.market);
                solve_scenario(central, t, m, &before, s, None, settings)
            };
            let solved = markets
                .iter()
                .enumerate()
                .map(in_market)
                .collect::<Result<Vec<_>, _>>()?;
            observer.progress(
                Stage::Certifying,
                done.fetch_add(1, Ordering::Relaxed) + 1,
                total,
            );
            Ok(solved)
        })
        .collect()
}

/// Every draw; stops early when the observer asks for it.
fn draw_all(
    inputs: &Inputs,
    markets: &[Calibrated],
    solved: &[Vec<Solved>],
    observer: &dyn Observer,
) -> Result<Vec<OneDraw>, RunError> {
    let total = inputs.draws();
    let stride = total.div_ceil(DIVERSION_DRAWS).max(1);
    let done = AtomicUsize::new(0);
    let draws: Result<Vec<Option<OneDraw>>, RunError> = (0..total)
        .into_par_iter()
        .map(|d| {
            if observer.should_stop() {
                return Ok(None);
            }
            // What contradicts itself at the central values has been refused before; here it is one draw.
            let found = one_draw(inputs, markets, solved, d, d % stride == 0)
                .unwrap_or_else(|_| OneDraw::lost(markets, solved.len()));
            observer.progress(
                Stage::Drawing,
                done.fetch_add(1, Ordering::Relaxed) + 1,
                total,
            );
            Ok(Some(found))
        })
        .collect();
    let finished: Option<Vec<OneDraw>> = draws?.into_iter().collect();
    finished.ok_or(RunError::Interrupted {
        done: done.into_inner(),
        total,
    })
}

/// From draws of everything to everything of one scenario in one market.
fn regroup(
    study: &Study,
    markets: &[Calibrated],
    solved: &[Vec<Solved>],
    draws: &[OneDraw],
) -> Vec<Vec<InMarket>> {
    let in_market = |s: usize, t: usize| {
        let central = &solved[s][t];
        let one = |d: &OneDraw| match &d.scenarios[s][t] {
            Some(found) => found.draw.clone(),
            None => failed(&central.draw, d.markets[t].calibration.status),
        };
        InMarket {
            facts: ProductFacts::of(&markets[t].calibration.market, &central.after),
            central: central.draw.clone(),
            draws: draws.iter().map(one).collect(),
        }
    };
    (0..study.scenario.len())
        .map(|s| (0..solved[s].len()).map(|t| in_market(s, t)).collect())
        .collect()
}

fn view<'a>(study: &'a Study, run: &'a [InMarket], level: f64) -> Vec<ScenarioDraws<'a>> {
    let one = |(t, m): (usize, &'a InMarket)| ScenarioDraws {
        market: &study.market[t].id,
        products: &m.facts,
        central: &m.central,
        draws: &m.draws,
        level,
    };
    run.iter().enumerate().map(one).collect()
}

fn draws_view<'a>(
    study: &'a Study,
    runs: &'a [Vec<InMarket>],
    level: f64,
) -> Vec<Vec<ScenarioDraws<'a>>> {
    runs.iter().map(|r| view(study, r, level)).collect()
}

fn outcome(
    s: &ScenarioSpec,
    run: &[InMarket],
    inputs: &Inputs,
    study: &Study,
    level: f64,
) -> ScenarioOutcome {
    let views = view(study, run, level);
    let worth = study.worth.as_ref().filter(|w| {
        views.iter().any(|v| {
            v.products
                .iter()
                .any(|p| p.firm == w.firm && p.entrant && p.on_sale)
        })
    });
    let worth = worth.map(|w| {
        let profit = views
            .iter()
            .map(|v| firm_profit(v, &w.firm))
            .reduce(|a, b| a.zip(&b, |x, y| x + y))
            .unwrap_or_else(|| entrant_data::Draws::new(vec![]));
        let status = views
            .iter()
            .map(ScenarioDraws::status)
            .fold(Status::Exact, Status::worst);
        let discount = inputs.draws_of(&w.discount, "discount rate");
        let fixed = inputs.draws_of(&w.fixed_cost, "fixed cost of entry");
        entry_worth(
            &w.firm, w.periods, &profit, &discount, &fixed, level, status,
        )
    });
    ScenarioOutcome {
        id: s.id.clone(),
        title: s.title.clone(),
        note: s.note.clone(),
        changes: describe_changes(s),
        markets: views.iter().map(summarise).collect(),
        worth,
    }
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
    drivers::tables(study, &headline, &view(study, &runs[s], level), inputs)
}
