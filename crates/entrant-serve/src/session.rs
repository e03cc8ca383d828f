//! What the server knows: the study, its runs, and the one that is under way.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use entrant::RunOptions;
use entrant::data::InputError;
use entrant::io::{Workbench, WorkbenchError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::mistakes::mistake;

/// Files of a run. The last is written last: a run without it did not end.
pub const FILES: [&str; 6] = [TEXT, PAGE, RESULTS, SUMMARY, DRAWS, RUN];
/// The study as it was run.
pub const TEXT: &str = "study.toml";
/// Its report.
pub const PAGE: &str = "report.html";
/// Everything it found.
pub const RESULTS: &str = "results.json";
/// What runs are compared by.
pub const SUMMARY: &str = "summary.json";
/// Its draws of what runs are compared by.
pub const DRAWS: &str = "draws.json";
/// What the list of runs shows.
pub const RUN: &str = "run.json";

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// With a report.
    Done,
    /// With a report whose numbers may not be used.
    Unusable,
    /// Without a report.
    Failed,
    /// Because the user asked.
    Stopped,
}

/// A run that has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Number.
    pub id: u32,
    /// What the user calls it; may be empty.
    pub label: String,
    /// When it began, in seconds since 1970.
    pub started: u64,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Draws.
    pub draws: usize,
    /// Draws and seed that were asked for instead of the study's.
    pub asked: (Option<usize>, Option<u64>),
    /// Version of the program.
    pub version: String,
    /// Fingerprint of the study and its tables.
    pub fingerprint: String,
    /// How it ended.
    pub end: End,
    /// The headline, or why there is none.
    pub message: String,
    /// Mistakes in the study that kept it from running; not kept on disk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mistakes: Vec<Value>,
}

/// The run that is under way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Job {
    /// Number it will have.
    pub id: u32,
    /// What the user calls it.
    pub label: String,
    /// When it began, in seconds since 1970.
    pub started: u64,
    /// What is being done.
    pub stage: String,
    /// Steps done.
    pub done: usize,
    /// Steps in all; 0 where that is not known.
    pub total: usize,
    /// Whether it was asked to stop.
    pub stopping: bool,
}

#[derive(Debug, Default)]
struct State {
    version: u64,
    closing: bool,
    job: Option<Job>,
    runs: Vec<Run>,
}

/// What all connections share.
#[derive(Debug)]
pub struct Session {
    workbench: Workbench,
    options: RunOptions,
    state: Mutex<State>,
    bell: Condvar,
    stop: AtomicBool,
}

impl Session {
    /// The session of a study, with the runs that its workbench has.
    ///
    /// # Errors
    /// When the study file is not there.
    pub fn open(study: &Path, options: RunOptions) -> Result<Self, WorkbenchError> {
        let workbench = Workbench::open(study)?;
        workbench.study_text()?;
        let runs = workbench.runs().into_iter();
        let runs = runs.filter_map(|id| {
            let text = workbench.read_run(id, RUN).ok()?;
            serde_json::from_str::<Run>(&text)
                .ok()
                .filter(|r| r.id == id)
        });
        let state = State {
            runs: runs.collect(),
            ..State::default()
        };
        Ok(Session {
            workbench,
            options,
            state: Mutex::new(state),
            bell: Condvar::new(),
            stop: AtomicBool::new(false),
        })
    }

    /// The study and what is kept beside it.
    pub fn workbench(&self) -> &Workbench {
        &self.workbench
    }

    /// Draws, seed and threads that were asked for on the command line.
    pub fn options(&self) -> RunOptions {
        self.options
    }

    /// Whether the run that is under way is to stop.
    pub fn stops(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// A run that has ended.
    pub fn run(&self, id: u32) -> Option<Run> {
        self.lock().runs.iter().find(|r| r.id == id).cloned()
    }

    /// The last run that made a report of what has this fingerprint with this version, as the
    /// command line asks for it.
    pub fn answered(&self, fingerprint: &str) -> Option<u32> {
        let state = self.lock();
        let asked = (self.options.draws, self.options.seed);
        let same = |r: &&Run| {
            r.fingerprint == fingerprint
                && r.version == env!("CARGO_PKG_VERSION")
                && r.asked == asked
                && matches!(r.end, End::Done | End::Unusable)
        };
        state.runs.iter().rev().find(same).map(|r| r.id)
    }

    /// Begins a run, if none is under way: its number.
    pub fn begin(&self, label: &str) -> Option<u32> {
        let on_disk = self.workbench.runs().into_iter().max();
        let mut state = self.lock();
        if state.job.is_some() || state.closing {
            return None;
        }
        let last = state.runs.iter().map(|r| r.id).max();
        let id = last.max(on_disk).unwrap_or(0) + 1;
        self.stop.store(false, Ordering::Relaxed);
        state.job = Some(Job {
            id,
            label: label.to_owned(),
            started: now(),
            stage: "reading the study".into(),
            done: 0,
            total: 0,
            stopping: false,
        });
        self.ring(state);
        Some(id)
    }

    /// Says how far the run is.
    pub fn progress(&self, stage: &str, done: usize, total: usize) {
        let mut state = self.lock();
        let Some(job) = &mut state.job else {
            return;
        };
        if job.stage == stage && done < job.done {
            return;
        }
        stage.clone_into(&mut job.stage);
        (job.done, job.total) = (done, total);
        self.ring(state);
    }

    /// Asks the run that is under way to stop; whether there was one.
    pub fn cancel(&self) -> bool {
        let mut state = self.lock();
        let Some(job) = &mut state.job else {
            return false;
        };
        job.stopping = true;
        self.stop.store(true, Ordering::Relaxed);
        self.ring(state);
        true
    }

    /// The run that was under way has ended.
    pub fn end(&self, run: Run) {
        let mut state = self.lock();
        state.job = None;
        state.runs.push(run);
        self.ring(state);
    }

    /// Forgets a run; whether it was there.
    pub fn forget(&self, id: u32) -> bool {
        let mut state = self.lock();
        let before = state.runs.len();
        state.runs.retain(|r| r.id != id);
        let was = state.runs.len() < before;
        self.ring(state);
        was
    }

    /// Everything ends: the run stops and nobody waits any more.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closing = true;
        self.stop.store(true, Ordering::Relaxed);
        self.ring(state);
    }

    /// Waits until no run is under way, but not longer than this.
    pub fn settle(&self, longest: Duration) {
        let state = self.lock();
        let busy = |s: &mut State| s.job.is_some();
        // Whoever poisons the lock has told of it already.
        drop(self.bell.wait_timeout_while(state, longest, busy));
    }

    /// The state as JSON with its version, once it is not the version given; `None` when the
    /// session is closing. After `longest` the state is told again.
    pub fn changed(&self, seen: Option<u64>, longest: Duration) -> Option<(u64, String)> {
        let state = self.lock();
        let same = |s: &mut State| seen == Some(s.version) && !s.closing;
        let waited = self.bell.wait_timeout_while(state, longest, same);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.closing {
            return None;
        }
        let told = json!({ "job": state.job, "runs": state.runs, "now": now() });
        Some((state.version, told.to_string()))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self, mut state: MutexGuard<'_, State>) {
        state.version += 1;
        drop(state);
        self.bell.notify_all();
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| d.as_secs())
}

/// A shared session.
pub type Shared = Arc<Session>;

/// Mistakes as JSON, placed in a text.
pub fn mistakes(found: &[InputError], text: &str) -> Vec<Value> {
    found.iter().map(|m| mistake(m, text)).collect()
}
