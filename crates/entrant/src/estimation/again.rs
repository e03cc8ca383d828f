//! Estimating again: what an estimation prepares for the next.

use entrant_data::result::estimation::{ImportanceReport, OptimalReport};
use entrant_data::spec::{Algorithm, EstimateSpec, OptimizerSpec};
use entrant_estimate::blp::{Problem, Workers};
use entrant_estimate::gmm::{EstimationSettings, Fit, FitStatus};

use super::journal::Journal;
use super::starts::{self, Searched};

/// The estimations before the last.
#[derive(Debug, Clone, Default)]
pub(super) struct Earlier {
    pub(super) importance: Option<ImportanceReport>,
    pub(super) optimal: Option<OptimalReport>,
}

impl Earlier {
    /// How many there were.
    pub(super) fn count(&self) -> usize {
        usize::from(self.importance.is_some()) + usize::from(self.optimal.is_some())
    }
}

/// Estimations that a specification asks for after the first.
pub(super) fn wanted(spec: &EstimateSpec) -> usize {
    usize::from(spec.importance.is_some()) + usize::from(spec.optimal.is_some())
}

/// Searches that the first estimation takes.
pub(super) fn starts(spec: &OptimizerSpec) -> usize {
    if spec.algorithm == Algorithm::Return {
        1
    } else {
        spec.starts.max(1)
    }
}

/// Whether another estimation follows: this one has ended, and its estimates are determined.
pub(super) fn goes_on(fit: &Fit, journal: &mut Journal<'_>) -> bool {
    let lost = [FitStatus::NotIdentified, FitStatus::Interrupted];
    !lost.contains(&fit.status) && !journal.stopped()
}

/// Lets the search of a problem start at earlier estimates.
pub(super) fn start_at(problem: &mut Problem, first: &Fit) {
    for (parameter, value) in problem.parameters.free.iter_mut().zip(&first.values) {
        parameter.start = *value;
    }
}

/// What was searched for, by name.
pub(super) fn named(problem: &Problem, fit: &Fit) -> Vec<(String, f64)> {
    let free = problem.parameters.free.iter().zip(&fit.values);
    free.map(|(p, v)| (p.name.clone(), *v)).collect()
}

/// Searches once, after `done` estimations, from the problem's starting values.
pub(super) fn search(
    problem: &Problem,
    settings: &EstimationSettings,
    spec: &OptimizerSpec,
    done: usize,
    workers: &dyn Workers,
    journal: &mut Journal<'_>,
) -> Searched {
    let once = OptimizerSpec {
        starts: 1,
        ..spec.clone()
    };
    let before = starts(spec) + done;
    starts::search(problem, settings, &once, before, workers, journal)
}
