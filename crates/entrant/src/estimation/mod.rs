//! From an estimated study to its estimates: bind, search from every start, certify, report.

mod again;
mod backtest;
mod certificate;
mod conclusions;
mod findings;
mod fingerprint;
mod gate;
mod importance;
mod journal;
mod micro;
mod optimal;
mod parameters;
mod products;
mod report;
mod run;
mod starts;
mod words;
mod workers;

use entrant_data::InputError;
use entrant_data::result::conclusions::FollowingTables;
use entrant_data::result::estimation::{EstimateStatus, EstimatedProducts, EstimationReport};
use entrant_data::spec::EstimateSpec;
use entrant_estimate::blp::{Problem, Source};
use entrant_estimate::gmm::{EstimationSettings, Fit};
use entrant_estimate::inference;
use entrant_io::{LoadedEstimation, WriteError};

use self::again::Searches;
use self::fingerprint::Fingerprints;
use self::journal::Journal;
use crate::error::RunError;
use crate::observer::Observer;

pub use backtest::{Backtested, backtest};
pub use journal::CheckpointOptions;
pub use run::{answer, markets, run};
pub use workers::Pool;

/// What may be set beside the study.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EstimationOptions {
    /// Threads; all cores when absent. Never changes a result.
    pub threads: Option<usize>,
    /// Where evaluations are kept, so that a search that was broken off goes on.
    pub checkpoint: Option<CheckpointOptions>,
    /// Draws behind intervals, instead of the study's `estimate.report.draws`.
    pub draws: Option<usize>,
    /// Their seed, instead of the study's `settings.seed`.
    pub seed: Option<u64>,
    /// Whether the integration audit is made although the study does not ask for it.
    pub audit: bool,
    /// Whether tables of products, markets and pairs are wanted.
    pub tables: bool,
}

/// Estimates with everything behind them.
#[derive(Debug, Clone)]
pub struct EstimatedFit {
    /// The panel and the specification, bound together.
    pub problem: Problem,
    /// The estimates of the best start.
    pub fit: Fit,
    /// The document.
    pub report: EstimationReport,
    /// What the estimates say of each product.
    pub products: EstimatedProducts,
    /// Tables of what follows from the estimates; empty unless wanted.
    pub following: FollowingTables,
    /// Why the last checkpoint could not be written.
    pub checkpoint_failure: Option<WriteError>,
}

/// Estimates a study.
///
/// The search is interrupted when the observer asks for it: the best point so far comes back with
/// that status. Estimates depend on the study and on nothing else: not on the number of threads,
/// nor on how often the search was broken off and continued from a checkpoint.
///
/// # Errors
/// Mistakes in the study that only show when columns become matrices, markets that cannot be
/// evaluated at any starting values, threads that cannot be had, a checkpoint of another
/// estimation or one that cannot be read or written.
pub fn fit(
    loaded: &LoadedEstimation,
    options: &EstimationOptions,
    observer: &dyn Observer,
) -> Result<EstimatedFit, RunError> {
    let spec = &loaded.study.estimate;
    let problem = bind(loaded)?;
    let mut mistakes = conclusions::check(&problem, spec);
    mistakes.extend(micro::check(spec, options.audit || spec.report.audit));
    if !mistakes.is_empty() {
        return Err(RunError::Input(mistakes));
    }
    let workers = Pool::new(options.threads)?;
    let journal = Journal::open(
        options.checkpoint.as_ref(),
        || Fingerprints::of(loaded),
        again::starts(&spec.optimizer) + again::wanted(spec),
        observer,
    )?;
    let searches = search(loaded, problem, &workers, journal)?;
    let Searches {
        problem,
        searched,
        fit,
        earlier,
        mut journal,
        ..
    } = searches;
    let (stopped, recalled) = (journal.stopped(), journal.recalled());
    let checkpoint_failure = journal.close();
    let made = report::Made {
        loaded,
        problem: &problem,
        fit: &fit,
        first_stage: inference::first_stage(&problem, &settings(spec)),
        searched: &searched,
        earlier,
        recalled,
        stopped,
        workers: &workers,
    };
    let mut report = report::report(&made);
    let wanted = wanted(loaded, options);
    let concluded = conclusions::conclude(&made, &report, &wanted, observer);
    report.conclusions = concluded.report;
    report.findings.extend(concluded.findings);
    if !spec.report.ungated {
        conclusions::withhold(&mut report);
    }
    if concluded.stopped {
        report.status = EstimateStatus::Interrupted;
    }
    Ok(EstimatedFit {
        report,
        following: concluded.tables,
        products: products::products(loaded, &problem, &fit),
        fit: *fit,
        problem,
        checkpoint_failure,
    })
}

/// Every search that the study asks for, each prepared by the one before.
///
/// # Errors
/// Nothing can be evaluated at any starting values, and mistakes that only show at estimates.
fn search<'a, 'b>(
    loaded: &'a LoadedEstimation,
    problem: Problem,
    workers: &'a Pool,
    journal: Journal<'b>,
) -> Result<Searches<'a, 'b>, RunError> {
    let spec = &loaded.study.estimate;
    let mut searches = Searches::first(problem, spec, workers, journal)?;
    if let Some(of) = spec.importance.filter(|_| searches.go_on()) {
        let (second, made) = importance::second(loaded, of, &searches.problem, &searches.fit)?;
        searches.again(second)?;
        searches.earlier.importance = Some(made);
    }
    if let Some(of) = spec.optimal.filter(|_| searches.go_on()) {
        let (problem, fit) = (&searches.problem, &searches.fit);
        let (second, made) = optimal::second(loaded, &of, problem, fit, workers)?;
        searches.again(second)?;
        searches.earlier.optimal = Some(made);
    }
    Ok(searches)
}

fn wanted<'a>(
    loaded: &'a LoadedEstimation,
    options: &EstimationOptions,
) -> conclusions::Wanted<'a> {
    let (spec, settings) = (&loaded.study.estimate.report, &loaded.study.settings);
    conclusions::Wanted {
        spec,
        draws: options.draws.unwrap_or(spec.draws),
        audit: options.audit || spec.audit,
        seed: options.seed.unwrap_or(settings.seed),
        level: settings.level,
        tables: options.tables,
    }
}

/// The panel and the specification of a study, bound together.
///
/// # Errors
/// As [`Problem::bind`].
pub fn bind(loaded: &LoadedEstimation) -> Result<Problem, RunError> {
    Problem::bind(&source(loaded)).map_err(RunError::Input)
}

/// Mistakes that show when columns become matrices: ranks, counts, names of parameters.
///
/// # Errors
/// All of them.
pub fn mistakes(loaded: &LoadedEstimation) -> Result<(), Vec<InputError>> {
    Problem::bind(&source(loaded)).map(|_| ())
}

/// What a problem is made of, as a study gives it.
pub fn source(loaded: &LoadedEstimation) -> Source<'_> {
    Source {
        spec: &loaded.study.estimate,
        columns: &loaded.study.data.columns,
        products: &loaded.products,
        consumers: loaded.consumers.as_ref(),
    }
}

/// The settings of an estimation as its study gives them.
pub fn settings(spec: &EstimateSpec) -> EstimationSettings {
    EstimationSettings {
        method: spec.method,
        weighting: spec.weighting,
        errors: spec.errors.unwrap_or(spec.weighting),
        center: spec.center_moments,
        // Findings of surveys have no weight before their covariance is known.
        initial_update: spec.initial_update || !spec.micro.is_empty(),
        algorithm: spec.optimizer.algorithm,
        gradient_tolerance: spec.optimizer.gradient_tolerance,
        evaluations: spec.optimizer.evaluations,
        inversion_tolerance: spec.inversion_tolerance,
        start: None,
        weighting_matrix: None,
        inversion: None,
    }
}
