//! Several starts of the search, and which of them wins.

use entrant_data::result::estimation::{EstimateStatus, StartReport};
use entrant_data::spec::OptimizerSpec;
use entrant_estimate::blp::{Counters, Failure, Parameter, Problem, Workers};
use entrant_estimate::gmm::{self, EstimationSettings, Fit};
use entrant_numeric::random::Stream;

use super::journal::Journal;
use super::words::{self, known, status};
use crate::error::RunError;

/// The start that won, and how all of them ended.
pub(super) struct Searched {
    /// Estimates from the best start; `None` when nothing could be evaluated at any.
    pub(super) best: Option<Box<Fit>>,
    /// Its position.
    pub(super) winner: usize,
    /// How each start ended.
    pub(super) reports: Vec<StartReport>,
    /// Work of all starts.
    pub(super) counters: Counters,
    /// Evaluations of a search before this one.
    pub(super) earlier: usize,
    /// Why nothing could be evaluated, at the first start at which that was so.
    pub(super) failure: Option<(usize, Failure)>,
}

/// Searches from every start in turn; `earlier` searches of the same estimation have gone before.
/// The best start that converged wins; without one, the one
/// with the lowest objective; of equals the first.
pub(super) fn search(
    problem: &Problem,
    settings: &EstimationSettings,
    spec: &OptimizerSpec,
    earlier: usize,
    workers: &dyn Workers,
    journal: &mut Journal<'_>,
) -> Searched {
    let mut out = Searched {
        best: None,
        winner: 0,
        reports: Vec::new(),
        counters: Counters::default(),
        earlier: 0,
        failure: None,
    };
    for (k, start) in starts(&problem.parameters.free, spec).enumerate() {
        if k > 0 && journal.stopped() {
            break;
        }
        journal.begin(earlier + k);
        let own = EstimationSettings {
            start: Some(start.clone()),
            ..settings.clone()
        };
        match gmm::estimate(problem, &own, workers, journal) {
            Ok(fit) => out.take(k, start, fit),
            Err(at) => {
                out.failure = out.failure.or(at.failure);
                out.reports.push(failed(start));
            }
        }
    }
    out.measure();
    out
}

impl Searched {
    fn take(&mut self, k: usize, start: Vec<f64>, fit: Fit) {
        self.reports.push(StartReport {
            start,
            end: fit.values.clone(),
            status: status(&fit),
            objective: known(fit.objective),
            projected_gradient: known(fit.projected_gradient),
            evaluations: fit.evaluations,
            distance: None,
        });
        self.counters.share_evaluations += fit.counters.share_evaluations;
        self.counters.factorisations += fit.counters.factorisations;
        let better = self.best.as_ref().is_none_or(|b| beats(&fit, b));
        if better {
            self.winner = k;
            self.best = Some(Box::new(fit));
        }
    }

    /// Takes the estimates of the best start.
    ///
    /// # Errors
    /// Nothing could be evaluated at any start.
    pub(super) fn won(&mut self, problem: &Problem) -> Result<Box<Fit>, RunError> {
        self.best.take().ok_or_else(|| self.nothing(problem))
    }

    fn nothing(&self, problem: &Problem) -> RunError {
        let (market, detail) = match self.failure {
            Some((t, failure)) => (
                problem.markets[t].id.clone(),
                words::why(failure, problem.scale),
            ),
            None => (
                String::new(),
                "nothing can be evaluated at the starting values".into(),
            ),
        };
        RunError::NotStarted { market, detail }
    }

    /// This search as it stands behind an earlier one, whose work counts as well.
    pub(super) fn after(mut self, earlier: &Searched) -> Self {
        self.counters.share_evaluations += earlier.counters.share_evaluations;
        self.counters.factorisations += earlier.counters.factorisations;
        let before: usize = earlier.reports.iter().map(|r| r.evaluations).sum();
        self.earlier = earlier.earlier + before;
        self
    }

    /// How far each start ended from the best.
    fn measure(&mut self) {
        let Some(best) = &self.best else { return };
        for report in self.reports.iter_mut().filter(|r| r.objective.is_some()) {
            report.distance = Some(distance(&report.end, &best.values));
        }
    }
}

/// Relative difference of objectives below which two starts have ended alike.
const ALIKE: f64 = 1e-9;

/// Whether a fit beats the best of the starts before it: first by whether it may be used, then by
/// its objective. Rounding alone is no reason to prefer a later start.
pub(super) fn beats(fit: &Fit, best: &Fit) -> bool {
    let objective = |f: &Fit| known(f.objective).unwrap_or(f64::INFINITY);
    match (status(fit).is_usable(), status(best).is_usable()) {
        (true, false) => true,
        (false, true) => false,
        _ => objective(fit) < objective(best) * (1.0 - ALIKE),
    }
}

fn distance(end: &[f64], best: &[f64]) -> f64 {
    let apart = |(e, b): (&f64, &f64)| (e - b).abs() / b.abs().max(1.0);
    end.iter().zip(best).map(apart).fold(0.0, f64::max)
}

fn failed(start: Vec<f64>) -> StartReport {
    StartReport {
        start,
        end: Vec::new(),
        status: EstimateStatus::Failed,
        objective: None,
        projected_gradient: None,
        evaluations: 0,
        distance: None,
    }
}

/// The starting values, then points of the box around them, each from a stream of its own.
fn starts<'a>(
    free: &'a [Parameter],
    spec: &'a OptimizerSpec,
) -> impl Iterator<Item = Vec<f64>> + 'a {
    // Without parameters to search for, or without a search, every start is the same.
    let search = !free.is_empty() && spec.algorithm != entrant_data::spec::Algorithm::Return;
    let count = if search { spec.starts.max(1) } else { 1 };
    let point =
        move |k: usize| move |p: &Parameter| if k == 0 { p.start } else { drawn(p, spec, k) };
    (0..count).map(move |k| free.iter().map(point(k)).collect())
}

/// A parameter in a further start: uniform within `spread` of its starting value, relative to it
/// (absolute where that is zero), moved to its bounds.
fn drawn(p: &Parameter, spec: &OptimizerSpec, k: usize) -> f64 {
    let size = if p.start == 0.0 { 1.0 } else { p.start.abs() };
    let draw = u64::try_from(k).unwrap_or(u64::MAX);
    let uniform = Stream::new(spec.seed, &format!("start of {}", p.name), draw).uniform();
    let value = p.start + spec.spread * size * (2.0 * uniform - 1.0);
    value.max(p.lower).min(p.upper)
}
