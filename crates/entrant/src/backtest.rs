//! Forecasts beside history.

use entrant_data::result::backtest::{BACKTEST_SCHEMA, BacktestDocument};
use entrant_data::result::{
    BacktestReport, BacktestRow, BacktestScore, BenchmarkReport, Estimate, ScenarioOutcome,
};
use entrant_data::spec::Study;
use entrant_data::{Draws, Finding, InputError, Status};
use entrant_io::{LoadedStudy, Observed};
use entrant_numeric::score::crps;
use entrant_scenario::{MarketDraw, ScenarioDraws};

use crate::answer;
use crate::error::RunError;
use crate::observer::Observer;
use crate::pipeline::RunOptions;

/// Scores the scenarios that a calibrated study's `[backtest]` names against what was observed.
///
/// # Errors
/// A study without `[backtest]`, and as [`crate::run`].
pub fn backtest(
    loaded: &LoadedStudy,
    options: RunOptions,
    observer: &dyn Observer,
) -> Result<BacktestDocument, RunError> {
    let Some(spec) = &loaded.study.backtest else {
        let hint = "name a table of observed shares in `observed` and the scenarios to score";
        return Err(
            InputError::at("backtest", "the study has no `[backtest]` table")
                .hint(hint)
                .into(),
        );
    };
    let mut own = loaded.clone();
    own.study.game.clear();
    own.tracker = None;
    let results = crate::run(&own, options, observer)?;
    let scored = |s: &&ScenarioOutcome| spec.scenarios.contains(&s.id);
    let solved: Vec<ScenarioOutcome> = results.scenarios.iter().filter(scored).cloned().collect();
    Ok(BacktestDocument {
        schema: BACKTEST_SCHEMA.into(),
        version: results.version,
        title: results.title,
        currency: results.currency,
        notes: results.notes,
        settings: results.settings,
        answer: results.backtest.iter().filter_map(sentence).collect(),
        panel: None,
        calibrated: results.backtest,
        findings: [
            baseline_findings(&results.findings),
            crate::diagnose::scenarios(&solved),
        ]
        .concat(),
    })
}

/// Diagnostics of the calibration, on which every scenario rests.
fn baseline_findings(all: &[Finding]) -> Vec<Finding> {
    let of_scenarios = ["equilibrium", "draws"];
    let own = all.iter().filter(|f| !of_scenarios.contains(&&*f.code));
    own.cloned().collect()
}

/// The scenario with the smallest error beside the other forecasters.
fn sentence(test: &BacktestReport) -> Option<String> {
    let error = |s: &&BacktestScore| s.crps;
    let least = |a: &&BacktestScore, b: &&BacktestScore| error(a).total_cmp(&error(b));
    let is_rule = |s: &&BacktestScore| ["proportional", "no change"].contains(&&*s.forecaster);
    let own = test.scores.iter().filter(|s| !is_rule(s)).min_by(least)?;
    let rule = test.scores.iter().filter(is_rule).min_by(least)?;
    let verdict = if own.crps < rule.crps {
        "better than"
    } else {
        "not better than"
    };
    Some(format!(
        "{}: `{}` scores {:.2} points (CRPS), {verdict} `{}` with {:.2}; its intervals held {:.0}% of {} brands.",
        test.market,
        own.forecaster,
        own.crps,
        rule.forecaster,
        rule.crps,
        100.0 * own.coverage,
        test.rows.len(),
    ))
}

/// The entrant's forecast share of units beside each historical entry of the study; nothing
/// where there is no forecast.
pub fn benchmarks(study: &Study, scenarios: &[ScenarioOutcome]) -> Vec<BenchmarkReport> {
    let entrant = answer::entrant(study);
    let one = |b: &entrant_data::spec::Benchmark| {
        let market = scenarios
            .iter()
            .find(|s| s.id == b.scenario)?
            .markets
            .first()?;
        let forecast = market
            .firms
            .iter()
            .find(|f| f.firm == entrant)?
            .unit_share
            .after;
        if !forecast.median.is_finite() {
            return None;
        }
        Some(BenchmarkReport {
            name: b.name.clone(),
            scenario: b.scenario.clone(),
            low: b.low,
            high: b.high,
            forecast,
            verdict: verdict(&forecast, b.low, b.high).into(),
            source: b.source.clone(),
            mark: b.mark,
        })
    };
    study.report.benchmark.iter().filter_map(one).collect()
}

fn verdict(forecast: &Estimate, low: f64, high: f64) -> &'static str {
    if forecast.low > high {
        "above"
    } else if forecast.high < low {
        "below"
    } else if forecast.low >= low && forecast.high <= high {
        "inside"
    } else {
        "overlaps"
    }
}

/// A forecaster: its name, whether it knew the conditioning brand, and its draws by brand.
struct Forecaster {
    name: String,
    conditional: bool,
    draws: Vec<Draws>,
}

/// Scores the scenarios of the back-test beside proportional substitution and no change.
pub fn score(
    study: &Study,
    observed: &Observed,
    runs: &[Vec<ScenarioDraws<'_>>],
    level: f64,
) -> Option<BacktestReport> {
    let spec = study.backtest.as_ref()?;
    let t = study.market.iter().position(|m| m.id == observed.market)?;
    let first = runs.first()?.get(t)?;
    let before: Vec<Draws> = observed
        .brands
        .iter()
        .map(|b| brand_draws(first, &b.brand, |d| &d.share_before))
        .collect();
    let mut forecasters: Vec<Forecaster> = Vec::new();
    for id in &spec.scenarios {
        let s = study.scenario.iter().position(|s| s.id == *id)?;
        let pinned = study.scenario[s].enter.iter().flat_map(|e| &e.products);
        let conditional = pinned.into_iter().any(|p| {
            study
                .entrant
                .iter()
                .any(|e| e.id == *p && e.quality.share.is_some())
        });
        let draws = observed
            .brands
            .iter()
            .map(|b| brand_draws(&runs[s][t], &b.brand, |d| &d.share_after))
            .collect();
        forecasters.push(Forecaster {
            name: id.clone(),
            conditional,
            draws,
        });
    }
    let known = observed
        .brands
        .iter()
        .position(|b| b.brand == spec.conditioning)?;
    forecasters.push(proportional(&before, known, observed.brands[known].share));
    forecasters.push(Forecaster {
        name: "no change".into(),
        conditional: false,
        draws: before.clone(),
    });
    Some(BacktestReport {
        market: observed.market.clone(),
        conditioning: spec.conditioning.clone(),
        rows: rows(observed, &before, &forecasters, level),
        scores: forecasters
            .iter()
            .map(|f| score_of(f, observed, known, level))
            .collect(),
    })
}

/// Share of units sold of a brand, in percent.
fn brand_draws(
    view: &ScenarioDraws<'_>,
    brand: &str,
    shares: impl Fn(&MarketDraw) -> &Vec<f64>,
) -> Draws {
    view.draws_of(|d| {
        let s = shares(d);
        let own: f64 = view
            .products
            .iter()
            .zip(s)
            .filter(|(p, _)| p.brand == brand)
            .map(|(_, v)| v)
            .sum();
        100.0 * own / s.iter().sum::<f64>()
    })
}

/// Plain logit substitution: the conditioning brand has its new share, the others keep their
/// proportions.
fn proportional(before: &[Draws], known: usize, share: f64) -> Forecaster {
    let scaled = |k: usize| {
        if k == known {
            before[k].map(|_| 100.0 * share)
        } else {
            before[k].zip(&before[known], |own, b| {
                own * (100.0 - 100.0 * share) / (100.0 - b)
            })
        }
    };
    Forecaster {
        name: "proportional".into(),
        conditional: true,
        draws: (0..before.len()).map(scaled).collect(),
    }
}

fn rows(
    observed: &Observed,
    before: &[Draws],
    forecasters: &[Forecaster],
    level: f64,
) -> Vec<BacktestRow> {
    let one = |(k, b): (usize, &entrant_io::ObservedBrand)| BacktestRow {
        brand: b.brand.clone(),
        before: before[k].estimate(level, Status::Exact).median,
        observed: 100.0 * b.share,
        forecasts: forecasters
            .iter()
            .map(|f| f.draws[k].estimate(level, Status::Certified))
            .collect(),
    };
    observed.brands.iter().enumerate().map(one).collect()
}

fn score_of(f: &Forecaster, observed: &Observed, known: usize, level: f64) -> BacktestScore {
    let brands: Vec<usize> = (0..observed.brands.len()).collect();
    let others: Vec<usize> = brands.iter().copied().filter(|k| *k != known).collect();
    let truth = |k: usize| 100.0 * observed.brands[k].share;
    let estimate = |k: usize| f.draws[k].estimate(level, Status::Certified);
    let error = |k: &usize| (estimate(*k).median - truth(*k)).abs();
    let mean = |over: &[usize]| over.iter().map(error).sum::<f64>() / over.len() as f64;
    let covered = |k: &&usize| (estimate(**k).low..=estimate(**k).high).contains(&truth(**k));
    BacktestScore {
        forecaster: f.name.clone(),
        conditional: f.conditional,
        mean_absolute_error: mean(&brands),
        mean_absolute_error_others: mean(&others),
        crps: brands
            .iter()
            .map(|k| crps(f.draws[*k].values(), truth(*k)))
            .sum::<f64>()
            / brands.len() as f64,
        coverage: brands.iter().filter(covered).count() as f64 / brands.len() as f64,
    }
}
