//! How the engine tells the outside what it is doing, and is told to stop.

use entrant_data::result::{MergerOutcome, ScenarioOutcome};

impl Stage {
    /// What is being done, in a word or two.
    pub fn word(self) -> &'static str {
        match self {
            Stage::Calibrating => "calibrating",
            Stage::Certifying => "certifying",
            Stage::Choosing => "trying line-ups",
            Stage::Drawing => "drawing",
            Stage::Summarising => "summarising",
            Stage::Examining => "examining",
            Stage::Predicting => "predicting",
        }
    }
}

/// What one draw says of one scenario: numbers without ranges.
#[derive(Debug, Clone, Copy)]
pub enum Drawn<'a> {
    /// Of a calibrated or estimated study.
    Scenario(&'a ScenarioOutcome),
    /// Of a merger study.
    Merger(&'a MergerOutcome),
}

/// What the engine is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Calibrating at the central values of the inputs.
    Calibrating,
    /// Solving every scenario at the central values, with certificates.
    Certifying,
    /// Solving what firms may choose to sell.
    Choosing,
    /// Calibrating and solving again for every draw of the inputs.
    Drawing,
    /// Turning draws into intervals.
    Summarising,
    /// Looking for robust sets of estimates.
    Examining,
    /// Predicting markets from the ones before them.
    Predicting,
}

/// One evaluation of an estimation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EstimationProgress {
    /// Start of the search, from 1.
    pub start: usize,
    /// Number of starts.
    pub starts: usize,
    /// Step, from 1.
    pub step: usize,
    /// Evaluations in this step.
    pub evaluations: usize,
    /// Objective of this evaluation; `NaN` when it failed.
    pub objective: f64,
    /// Best objective of this step.
    pub best: f64,
}

/// Listens to the engine. Called from many threads.
pub trait Observer: Sync {
    /// `done` of `total` steps of a stage are finished.
    fn progress(&self, stage: Stage, done: usize, total: usize);

    /// An estimation has evaluated its objective once more.
    fn estimating(&self, progress: &EstimationProgress) {
        let _ = progress;
    }

    /// Of how many draws, from the first, [`Observer::drawn`] is to tell.
    fn draws_wanted(&self) -> usize {
        0
    }

    /// What a draw, by number, says of a scenario. Draws are drawn by name and number, so those of two
    /// runs with one seed belong together. Called from one thread; lost draws are left out.
    fn drawn(&self, draw: usize, found: Drawn<'_>) {
        let _ = (draw, found);
    }

    /// Whether to stop now; the run then ends with [`crate::RunError::Interrupted`].
    fn should_stop(&self) -> bool;
}

/// An observer that hears nothing and never stops.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn progress(&self, _: Stage, _: usize, _: usize) {}

    fn should_stop(&self) -> bool {
        false
    }
}
