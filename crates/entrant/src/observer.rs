//! How the engine tells the outside what it is doing, and is told to stop.

/// What the engine is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Calibrating at the central values of the inputs.
    Calibrating,
    /// Solving every scenario at the central values, with certificates.
    Certifying,
    /// Calibrating and solving again for every draw of the inputs.
    Drawing,
    /// Turning draws into intervals.
    Summarising,
}

/// Listens to the engine. Called from many threads.
pub trait Observer: Sync {
    /// `done` of `total` steps of a stage are finished.
    fn progress(&self, stage: Stage, done: usize, total: usize);

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
