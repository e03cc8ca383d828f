//! Estimating again: what an estimation prepares for the next.

use entrant_data::result::estimation::{ImportanceReport, OptimalReport};
use entrant_data::spec::{Algorithm, EstimateSpec, OptimizerSpec};
use entrant_estimate::blp::{Problem, Workers};
use entrant_estimate::gmm::{EstimationSettings, Fit, FitStatus};

use super::journal::Journal;
use super::starts::{self, Searched};
use crate::error::RunError;

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

/// A search that may be followed by others, each at the estimates of the one before.
pub(super) struct Searches<'a, 'b> {
    settings: EstimationSettings,
    spec: &'a OptimizerSpec,
    workers: &'a dyn Workers,
    pub(super) journal: Journal<'b>,
    /// What the last search was about.
    pub(super) problem: Problem,
    /// How its starts ended.
    pub(super) searched: Searched,
    /// The estimates of its best start.
    pub(super) fit: Box<Fit>,
    /// What the searches before it came to.
    pub(super) earlier: Earlier,
}

impl<'a, 'b> Searches<'a, 'b> {
    /// Searches from every start that the specification asks for.
    ///
    /// # Errors
    /// Nothing could be evaluated at any start.
    pub(super) fn first(
        problem: Problem,
        spec: &'a EstimateSpec,
        workers: &'a dyn Workers,
        mut journal: Journal<'b>,
    ) -> Result<Self, RunError> {
        let settings = super::settings(spec);
        let spec = &spec.optimizer;
        let mut searched = starts::search(&problem, &settings, spec, 0, workers, &mut journal);
        Ok(Self {
            fit: searched.won(&problem)?,
            settings,
            spec,
            workers,
            journal,
            problem,
            searched,
            earlier: Earlier::default(),
        })
    }

    /// Whether another search follows: this one has ended, and its estimates are determined.
    pub(super) fn go_on(&mut self) -> bool {
        let lost = [FitStatus::NotIdentified, FitStatus::Interrupted];
        !lost.contains(&self.fit.status) && !self.journal.stopped()
    }

    /// Searches once more, from the starting values of the problem that is now asked about.
    ///
    /// # Errors
    /// Nothing could be evaluated there.
    pub(super) fn again(&mut self, problem: Problem) -> Result<(), RunError> {
        let once = OptimizerSpec {
            starts: 1,
            ..self.spec.clone()
        };
        let before = starts(self.spec) + self.earlier.count();
        let (settings, journal) = (&self.settings, &mut self.journal);
        let mut found = starts::search(&problem, settings, &once, before, self.workers, journal)
            .after(&self.searched);
        self.fit = found.won(&problem)?;
        (self.problem, self.searched) = (problem, found);
        Ok(())
    }
}
