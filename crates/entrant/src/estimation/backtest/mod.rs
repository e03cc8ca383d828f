//! Back-tests of an estimated study: each market is predicted from the ones before it, by the
//! model estimated on them and by forecasters that know less, and held against what happened.

mod answer;
mod draw;
mod events;
mod fitted;
mod forecasters;
mod scores;
mod split;

use entrant_data::result::SettingsReport;
use entrant_data::result::backtest::{
    BACKTEST_SCHEMA, BacktestDocument, MarketBacktest, PanelBacktest, ProductForecast,
};
use entrant_data::{Finding, InputError};
use entrant_io::LoadedEstimation;

use self::fitted::Fitted;
use self::forecasters::Who;
use self::scores::Tallies;
use self::split::Split;
use super::workers::Pool;
use crate::economy::in_threads;
use crate::error::RunError;
use crate::observer::{Observer, Stage};
use crate::pipeline::RunOptions;

/// A back-test with the forecast of every product.
#[derive(Debug, Clone)]
pub struct Backtested {
    /// The document.
    pub document: BacktestDocument,
    /// Every product of every predicted market.
    pub products: Vec<ProductForecast>,
}

/// Draws, seed and level.
#[derive(Debug, Clone, Copy)]
struct Settings {
    draws: usize,
    seed: u64,
    level: f64,
    /// Draws of the estimates; 0 for the estimates as they stand.
    estimates: usize,
    events: usize,
}

/// Predicts markets of an estimated study from the ones before them.
///
/// For each market the study is estimated on the markets before it alone, starting at the
/// estimates of the market before. What is known of the predicted market is which products are
/// sold by whom, their characteristics, and its consumers; neither shares nor prices. Results
/// depend on the study, the number of draws and the seed, and on nothing else.
///
/// # Errors
/// A study without `[backtest]`, or one whose costs depend on shares; columns of formulas that
/// only later markets have; an interruption; threads that cannot be had.
pub fn backtest(
    loaded: &LoadedEstimation,
    options: RunOptions,
    observer: &dyn Observer,
) -> Result<Backtested, RunError> {
    if !loaded.study.estimate.micro.is_empty() {
        let mistake = InputError::at("estimate.micro", "a back-test without surveys only, so far");
        let hint = "leave the surveys out: years before a survey know nothing of it";
        return Err(RunError::Input(vec![mistake.hint(hint)]));
    }
    let split = Split::new(loaded)?;
    let settings = settings(loaded, &split, options);
    let workers = Pool::new(options.threads)?;
    let who = forecasters::all(&split);
    let mut out = Outcome::new(&who);
    let targets = split.targets.clone();
    let mut last: Option<Fitted> = None;
    for (k, target) in targets.clone().enumerate() {
        let interrupted = RunError::BacktestInterrupted {
            done: k,
            total: targets.len(),
        };
        observer.progress(Stage::Predicting, k, targets.len());
        let fitted = fitted::fit(&split, target, last.as_ref(), &workers, observer)?;
        if observer.should_stop() {
            return Err(interrupted);
        }
        let made = in_threads(options.threads, || {
            draw::market(&split, target, &fitted, &who, settings, observer)
        })?;
        out.add(&split, target, &fitted, &made.ok_or(interrupted)?, settings);
        last = fitted.usable().or(last);
    }
    observer.progress(Stage::Predicting, targets.len(), targets.len());
    Ok(out.finish(loaded, &split, &who, settings))
}

fn settings(loaded: &LoadedEstimation, split: &Split<'_>, options: RunOptions) -> Settings {
    let own = &loaded.study.settings;
    let draws = options.draws.unwrap_or(own.draws);
    Settings {
        draws,
        seed: options.seed.unwrap_or(own.seed),
        level: own.level,
        estimates: split.spec.estimates.min(draws),
        events: split.spec.events,
    }
}

/// What has been found so far.
struct Outcome {
    tallies: Tallies,
    markets: Vec<MarketBacktest>,
    products: Vec<ProductForecast>,
}

impl Outcome {
    fn new(who: &[Who]) -> Self {
        Outcome {
            tallies: Tallies::new(who),
            markets: Vec::new(),
            products: Vec::new(),
        }
    }

    fn add(
        &mut self,
        split: &Split<'_>,
        target: usize,
        fitted: &Fitted,
        made: &draw::Made,
        settings: Settings,
    ) {
        let tallies = scores::of_market(split, target, made, settings.level);
        let products = events::products(split, target, made, settings.level);
        let mut market = fitted.report(split, target, made);
        market.scores = tallies.report(&made.who());
        market.total = Some(events::total(split, target, made, settings.level));
        market.followed = events::followed(split, target, made, settings.level);
        events::add(&mut market, split, target, &products, settings.events);
        self.tallies.add(&tallies);
        self.markets.push(market);
        self.products.extend(products);
    }

    fn finish(
        self,
        loaded: &LoadedEstimation,
        split: &Split<'_>,
        who: &[Who],
        settings: Settings,
    ) -> Backtested {
        let panel = PanelBacktest {
            forecasters: who.iter().map(|w| w.report()).collect(),
            scores: self.tallies.report(who),
            markets: self.markets,
        };
        let findings: Vec<Finding> = answer::findings(&panel, settings.level);
        let study = &loaded.study;
        Backtested {
            document: BacktestDocument {
                schema: BACKTEST_SCHEMA.into(),
                version: env!("CARGO_PKG_VERSION").into(),
                title: study.title.clone(),
                currency: study.currency.clone(),
                notes: [study.notes.clone(), answer::notes(split)].concat(),
                settings: SettingsReport {
                    draws: settings.draws,
                    seed: settings.seed,
                    level: settings.level,
                    nodes: 0,
                    fingerprint: loaded.fingerprint.clone(),
                },
                answer: answer::sentences(&panel, settings.level),
                panel: Some(panel),
                calibrated: None,
                findings,
            },
            products: self.products,
        }
    }
}

/// A mistake in the study's `[backtest]`.
fn mistake(path: &str, message: impl Into<String>, hint: &str) -> RunError {
    InputError::at(path, message.into()).hint(hint).into()
}
