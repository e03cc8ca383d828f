//! Merger studies: a few public numbers, a calibrated market, and what changes do to it.

mod observed;
mod summary;

use std::collections::BTreeMap;

use entrant_data::result::{MERGER_SCHEMA, MergerFitted, MergerReport, MonopolistReport};
use entrant_data::spec::{MergerScenario, MergerStudy};
use entrant_data::{Distribution, InputError, Status};
use entrant_io::LoadedMerger;
use entrant_merger::{Calibration, Outcome, calibrate, monopolist, simulate};
use entrant_numeric::random::Stream;

use crate::distributions::{centre, one_draw};
use crate::error::RunError;
use crate::observer::{Drawn, Observer};
use crate::pipeline::RunOptions;

use observed::{changes, observed};

/// Largest market, in products, in which the smallest market of its own is searched for.
const SEARCHED: usize = 60;

/// A study at known numbers: its calibration and the outcome of each scenario.
struct Answer {
    calibration: Calibration,
    outcomes: Vec<Outcome>,
}

/// Calibrates a merger study and solves its scenarios at the central values and in every draw.
///
/// # Errors
///
/// Mistakes that show only when numbers meet: parameters that nothing determines, changes that
/// have no meaning, numbers that no parameters fit. Draws of uncertain numbers that fail are
/// counted instead.
pub fn run(
    loaded: &LoadedMerger,
    options: RunOptions,
    observer: &dyn Observer,
) -> Result<MergerReport, RunError> {
    let study = &loaded.study;
    let seed = options.seed.unwrap_or(study.merger.seed);
    let central = answer(&at(study, seed, None))?;
    let uncertain = is_uncertain(study);
    let asked = options.draws.unwrap_or(study.merger.draws as usize);
    let total = if uncertain { asked } else { 0 };
    let mut draws = Vec::new();
    for draw in 0..total {
        if observer.should_stop() {
            return Err(RunError::Interrupted { done: draw, total });
        }
        let one = answer(&at(study, seed, Some(draw))).ok();
        let one = one.filter(|a| a.outcomes.iter().all(counts));
        if let (Some(one), true) = (&one, draw < observer.draws_wanted()) {
            tell(study, draw, one, observer);
        }
        draws.push(one);
    }
    let failed = draws.iter().filter(|d| d.is_none()).count();
    let draws: Vec<Answer> = draws.into_iter().flatten().collect();
    Ok(report(loaded, (seed, total, failed), &central, &draws))
}

/// Tells an observer what a draw says of each scenario.
fn tell(study: &MergerStudy, draw: usize, one: &Answer, observer: &dyn Observer) {
    for (i, s) in study.scenario.iter().enumerate() {
        let found = summary::scenario(s, i, one, &[], study.merger.level, Vec::new());
        observer.drawn(draw, Drawn::Merger(&found));
    }
}

/// Whether a draw counts: it has an equilibrium, if only a local one (which is all there is under
/// constant elasticities; the status at the central values says so).
fn counts(outcome: &Outcome) -> bool {
    outcome.status.is_usable() || outcome.status == Status::LocalOnly
}

/// Whether any number of a study is uncertain.
fn is_uncertain(study: &MergerStudy) -> bool {
    let mut found = false;
    study
        .clone()
        .visit_quantities(&mut |_, q| found |= q.is_uncertain());
    found
}

/// The study with every number known: at the centres, or in one draw.
fn at(study: &MergerStudy, seed: u64, draw: Option<usize>) -> MergerStudy {
    let value = |name: &str, d: &Distribution| match draw {
        Some(draw) => one_draw(d, &mut Stream::new(seed, name, draw as u64), draw),
        None => centre(d),
    };
    let inputs = study.inputs.iter();
    let inputs: BTreeMap<String, f64> = inputs
        .map(|(name, q)| {
            (
                name.clone(),
                value(&format!("inputs.{name}"), &q.distribution),
            )
        })
        .collect();
    let mut out = study.clone();
    out.visit_quantities(&mut |path, q| {
        let known = match &q.distribution {
            Distribution::Input(name) => inputs.get(name).copied().unwrap_or(f64::NAN),
            d => value(path, d),
        };
        q.distribution = Distribution::Known(known);
    });
    out
}

fn answer(study: &MergerStudy) -> Result<Answer, InputError> {
    let calibration = calibrate(&observed(study)?).map_err(in_study)?;
    let scenario = |(i, s): (usize, &MergerScenario)| {
        let changes = changes(s);
        let (paths, list): (Vec<String>, Vec<_>) = changes.into_iter().unzip();
        simulate(&calibration, &list).map_err(|e| placed(e, i, &paths))
    };
    let outcomes = study.scenario.iter().enumerate().map(scenario);
    Ok(Answer {
        outcomes: outcomes.collect::<Result<_, _>>()?,
        calibration,
    })
}

/// A mistake in what is known, at its place in the study file: keys of the market stand in the
/// table `[merger]`, which is shown where such a key is missing.
fn in_study(mut e: InputError) -> InputError {
    let elsewhere = ["product", "stake"].iter().any(|t| e.path.starts_with(t));
    if !elsewhere {
        e.path = format!("merger.{}", e.path);
    }
    e
}

/// A mistake in a change, at the place of the change in the study file.
fn placed(mut e: InputError, scenario: usize, paths: &[String]) -> InputError {
    let rest = e.path.strip_prefix("change[").map(str::to_owned);
    let split = rest.as_deref().and_then(|r| r.split_once("]."));
    e.path = match split {
        Some((i, key)) => {
            let path = i.parse().ok().and_then(|i: usize| paths.get(i));
            format!(
                "scenario[{scenario}].{}.{key}",
                path.map_or("", String::as_str)
            )
        }
        None => format!("scenario[{scenario}]"),
    };
    e
}

fn report(
    loaded: &LoadedMerger,
    (seed, total, failed): (u64, usize, usize),
    central: &Answer,
    draws: &[Answer],
) -> MergerReport {
    let study = &loaded.study;
    let calibration = &central.calibration;
    let model = &calibration.model;
    let level = study.merger.level;
    MergerReport {
        schema: MERGER_SCHEMA.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        title: study.title.clone(),
        question: study.question.clone(),
        source: study.source.clone(),
        currency: study.currency.clone(),
        demand: model.demand.word().into(),
        conduct: model.conduct.word().into(),
        shares_of: if model.demand.shares_are_of_spending() {
            "spending".into()
        } else {
            "units".into()
        },
        prices_known: study.product.iter().all(|p| p.price.is_some()),
        draws: total,
        failed_draws: failed,
        seed,
        level,
        fingerprint: loaded.fingerprint.clone(),
        parameters: summary::parameters(central, draws, level),
        identification: calibration.identification,
        fitted: calibration
            .fitted
            .iter()
            .map(|f| MergerFitted {
                name: f.name.clone(),
                input: f.input,
                fitted: f.fitted,
                used: f.used,
            })
            .collect(),
        residual: calibration.residual,
        status: calibration.status,
        scenarios: study
            .scenario
            .iter()
            .enumerate()
            .map(|(i, s)| summary::scenario(s, i, central, draws, level, tests(study, central, i)))
            .collect(),
    }
}

/// Tests of the hypothetical monopolist around the products of the firms that change hands.
fn tests(study: &MergerStudy, central: &Answer, scenario: usize) -> Vec<MonopolistReport> {
    let model = &central.calibration.model;
    let outcome = &central.outcomes[scenario];
    let old = model.products.len();
    let moved = |firm: &String| {
        let own = outcome.products[..old].iter();
        own.clone()
            .any(|p| p.firm == *firm && p.firm_after != p.firm)
            || own
                .clone()
                .any(|p| p.firm_after == *firm && p.firm_after != p.firm)
    };
    let parties: Vec<usize> = (0..old)
        .filter(|j| moved(&model.products[*j].firm))
        .collect();
    let largest = |a: &&usize, b: &&usize| {
        let size = |j: usize| outcome.products[j].share[0];
        size(**a).total_cmp(&size(**b))
    };
    let Some(first) = parties.iter().max_by(largest) else {
        return Vec::new();
    };
    let rise = study.merger.ssnip;
    let all = monopolist::test(model, &parties, rise);
    // Each step of the search is a solve of its own: in large markets it is left out.
    let small = (old <= SEARCHED).then(|| monopolist::smallest_market(model, &[*first], rise));
    let small = small.flatten();
    let reported = [("merging", all), ("smallest", small)].into_iter();
    reported
        .filter_map(|(question, test)| {
            let test = test?;
            let best = test.best_rises.iter().copied().fold(f64::NAN, f64::max);
            Some(MonopolistReport {
                question: question.into(),
                products: test
                    .products
                    .iter()
                    .map(|j| model.products[*j].id.clone())
                    .collect(),
                ssnip: rise,
                profit_of_rise: test.profit_of_rise,
                largest_best_rise: best,
                is_market: test.is_market,
                status: test.status,
            })
        })
        .collect()
}

/// The worst status of a report.
pub fn worst(report: &MergerReport) -> Status {
    let all = report.scenarios.iter().map(|s| s.status);
    all.fold(report.status, Status::worst)
}
