//! What a search has evaluated so far: recalled when an estimation is continued, kept on disk.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use entrant_data::InputError;
use entrant_estimate::gmm::{Estimation, Progress, Recorded};
use entrant_io::{Checkpoint, SavedEvaluation, WriteError, read_checkpoint, write_checkpoint};

use super::fingerprint::Fingerprints;
use crate::error::RunError;
use crate::observer::{EstimationProgress, Observer};

/// Where a checkpoint is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointOptions {
    /// The file. When it is there and belongs to this estimation, its evaluations are not computed
    /// again.
    pub path: PathBuf,
    /// Evaluations between two writes; by time when absent.
    pub every: Option<usize>,
}

/// Least time between two writes.
const INTERVAL: Duration = Duration::from_secs(5);
/// Least time between two writes, in times of the last write: it takes a few percent at most.
const PATIENCE: u32 = 30;

/// Evaluations in the order of the search, and who listens to it.
pub(super) struct Journal<'a> {
    observer: &'a dyn Observer,
    store: Option<Store>,
    /// Start that is under way and how many there are.
    start: (usize, usize),
    /// Evaluations before this one have been made or recalled in this process.
    next: usize,
    recalled: usize,
    stopped: bool,
}

/// A checkpoint in memory and on disk.
struct Store {
    options: CheckpointOptions,
    checkpoint: Checkpoint,
    /// Evaluations on disk.
    written: usize,
    last: Instant,
    cost: Duration,
    failed: Option<WriteError>,
}

impl<'a> Journal<'a> {
    /// A journal that begins with what the checkpoint holds. `starts` is the number of starts.
    pub(super) fn open(
        options: Option<&CheckpointOptions>,
        fingerprints: impl FnOnce() -> Fingerprints,
        starts: usize,
        observer: &'a dyn Observer,
    ) -> Result<Self, RunError> {
        let store = options.map(|o| Store::open(o, &fingerprints()));
        Ok(Journal {
            observer,
            store: store.transpose()?,
            start: (0, starts),
            next: 0,
            recalled: 0,
            stopped: false,
        })
    }

    /// Goes on to a start, from 0.
    pub(super) fn begin(&mut self, start: usize) {
        self.start.0 = start;
    }

    /// Evaluations that were not computed again.
    pub(super) fn recalled(&self) -> usize {
        self.recalled
    }

    /// Whether the observer has asked to stop.
    pub(super) fn stopped(&mut self) -> bool {
        self.stopped = self.stopped || self.observer.should_stop();
        self.stopped
    }

    /// Writes what is not on disk yet, and says what could not be written.
    pub(super) fn close(self) -> Option<WriteError> {
        let mut store = self.store?;
        if store.written < store.checkpoint.evaluations.len() {
            store.write();
        }
        store.failed
    }
}

impl Estimation for Journal<'_> {
    fn proceed(&mut self, progress: &Progress) -> bool {
        self.observer.estimating(&EstimationProgress {
            start: self.start.0 + 1,
            starts: self.start.1,
            step: progress.step,
            evaluations: progress.evaluations,
            objective: progress.objective,
            best: progress.best,
        });
        !self.stopped()
    }

    fn recall(&mut self, step: usize, values: &[f64]) -> Option<Recorded> {
        let store = self.store.as_mut()?;
        let known = store.checkpoint.evaluations.get(self.next)?;
        if !is_same(known, self.start.0, step, values) {
            // The search has gone another way: what it found behind this point is of no use.
            store.forget(self.next);
            return None;
        }
        self.next += 1;
        self.recalled += 1;
        Some(Recorded {
            residual: known.residual.clone(),
            jacobian: known.jacobian.clone(),
        })
    }

    fn record(&mut self, step: usize, values: &[f64], evaluation: &Recorded) {
        let Some(store) = self.store.as_mut() else {
            return;
        };
        store.keep(SavedEvaluation {
            start: self.start.0,
            step,
            values: values.to_vec(),
            residual: evaluation.residual.clone(),
            jacobian: evaluation.jacobian.clone(),
        });
        self.next = store.checkpoint.evaluations.len();
    }
}

/// Whether a saved evaluation is of the same point, to the bit.
fn is_same(known: &SavedEvaluation, start: usize, step: usize, values: &[f64]) -> bool {
    let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    (known.start, known.step) == (start, step) && bits(&known.values) == bits(values)
}

impl Store {
    fn open(options: &CheckpointOptions, own: &Fingerprints) -> Result<Self, RunError> {
        let found = read_checkpoint(&options.path).map_err(RunError::Checkpoint)?;
        let fresh = || Checkpoint {
            version: env!("CARGO_PKG_VERSION").into(),
            specification: own.specification.clone(),
            data: own.data.clone(),
            evaluations: Vec::new(),
        };
        let mut store = Store {
            options: options.clone(),
            written: found.as_ref().map_or(0, |f| f.evaluations.len()),
            last: Instant::now(),
            cost: Duration::ZERO,
            failed: None,
            checkpoint: match found {
                Some(found) => belongs(found, &fresh(), &options.path)?,
                None => fresh(),
            },
        };
        // A place that cannot be written is better known now than hours later.
        store.write();
        match store.failed {
            Some(failed) => Err(RunError::Write(failed)),
            None => Ok(store),
        }
    }

    fn keep(&mut self, evaluation: SavedEvaluation) {
        self.checkpoint.evaluations.push(evaluation);
        if self.is_due() {
            self.write();
        }
    }

    fn forget(&mut self, from: usize) {
        self.checkpoint.evaluations.truncate(from);
        self.written = self.written.min(from);
    }

    fn is_due(&self) -> bool {
        match self.options.every {
            Some(every) => self.checkpoint.evaluations.len() >= self.written + every,
            None => self.last.elapsed() >= INTERVAL.max(self.cost * PATIENCE),
        }
    }

    /// An estimation goes on when its checkpoint cannot be written; the end tells.
    fn write(&mut self) {
        let begun = Instant::now();
        self.failed = write_checkpoint(&self.options.path, &self.checkpoint).err();
        self.written = self.checkpoint.evaluations.len();
        self.last = Instant::now();
        self.cost = self.last - begun;
    }
}

/// The checkpoint found, when it belongs to this estimation.
fn belongs(found: Checkpoint, own: &Checkpoint, path: &Path) -> Result<Checkpoint, RunError> {
    let other = if found.data != own.data {
        "the tables have changed since"
    } else if found.specification != own.specification {
        "`[data]` or `[estimate]` of the study has changed since"
    } else if found.version != own.version {
        "another version of the program wrote it"
    } else {
        return Ok(found);
    };
    let message = format!("the checkpoint belongs to another estimation: {other}");
    let hint = "remove it to begin anew, or name another file with `--checkpoint`";
    let mistake = InputError::at("", message).hint(hint);
    let file = path.display().to_string();
    Err(RunError::Checkpoint(mistake.in_file(&file, None)))
}
