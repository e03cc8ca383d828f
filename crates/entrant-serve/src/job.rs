//! A run behind the page: the engine on a text, its report and its numbers into the workbench.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use entrant::data::Level;
use entrant::data::result::{MergerReport, Results};
use entrant::estimation::CheckpointOptions;
use entrant::io::{GivenStudy, LoadedEstimation, WorkbenchError, read_given};
use entrant::report::ReportError;
use entrant::{Drawn, EstimationProgress, Observer, RunError, RunOptions, Stage};
use serde::Serialize;
use serde_json::Value;

use crate::paired::{self, Gathered, Kept};
use crate::session::{
    DRAWS, End, PAGE, RESULTS, RUN, Run, SUMMARY, Session, Shared, TEXT, mistakes, now,
};
use crate::summary::{self, Summary};

/// Evaluations of an estimation that has not ended.
const CHECKPOINT: &str = "estimation.checkpoint";

/// What is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Text of the study.
    pub text: String,
    /// What the user calls it.
    pub label: String,
    /// Draws, instead of those of the command line and the study.
    pub draws: Option<usize>,
}

/// Begins a run in a thread of its own and returns its number; `None` where one is under way.
pub fn start(session: &Shared, order: Order) -> Option<u32> {
    let id = session.begin(&order.label)?;
    let blank = Run {
        id,
        label: order.label.clone(),
        started: now(),
        seconds: 0.0,
        draws: 0,
        asked: asked(session, &order),
        version: env!("CARGO_PKG_VERSION").into(),
        fingerprint: String::new(),
        end: End::Failed,
        message: "no thread could be had".into(),
        mistakes: Vec::new(),
    };
    let (own, of) = (Arc::clone(session), blank.clone());
    let work = move || {
        let begun = Instant::now();
        let ended = guarded(&own, id, order);
        let run = Run {
            seconds: begun.elapsed().as_secs_f64(),
            draws: ended.draws,
            fingerprint: ended.fingerprint,
            end: ended.end,
            message: ended.message,
            mistakes: ended.mistakes,
            ..of
        };
        own.end(written(&own, run));
    };
    if std::thread::Builder::new().spawn(work).is_err() {
        session.end(blank);
    }
    Some(id)
}

/// Draws and seed of an order, where they are not the study's.
fn asked(session: &Session, order: &Order) -> (Option<usize>, Option<u64>) {
    let options = session.options();
    (order.draws.or(options.draws), options.seed)
}

/// The outcome of an order. A panic is a defect; the server tells of it and goes on.
fn guarded(session: &Shared, id: u32, order: Order) -> Ended {
    let own = Arc::clone(session);
    let worker = std::thread::Builder::new().spawn(move || outcome(&own, id, &order));
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(ended)) => ended,
        Ok(Err(_)) => failed("the engine broke down: this is a defect of `entrant`"),
        Err(e) => failed(&format!("no thread could be had: {e}")),
    }
}

/// A run with a report, or one that was stopped, is kept on disk, which is its last step.
fn written(session: &Session, run: Run) -> Run {
    if run.end == End::Failed {
        return run;
    }
    let text = serde_json::to_string_pretty(&run).unwrap_or_default();
    match session.workbench().write_run(run.id, RUN, &text) {
        Ok(()) => run,
        Err(e) => Run {
            end: End::Failed,
            message: e.to_string(),
            ..run
        },
    }
}

/// How a run ended.
#[derive(Debug)]
struct Ended {
    end: End,
    message: String,
    draws: usize,
    fingerprint: String,
    mistakes: Vec<Value>,
}

fn failed(message: &str) -> Ended {
    Ended {
        end: End::Failed,
        message: message.to_owned(),
        draws: 0,
        fingerprint: String::new(),
        mistakes: Vec::new(),
    }
}

/// Hears the engine.
struct Ear<'a> {
    session: &'a Session,
    draws: Mutex<Gathered>,
}

impl Ear<'_> {
    /// What it heard of draws.
    fn kept(self, seed: u64, level: f64) -> Kept {
        let draws = self.draws.into_inner();
        draws
            .unwrap_or_else(PoisonError::into_inner)
            .kept(seed, level)
    }
}

impl Observer for Ear<'_> {
    fn progress(&self, stage: Stage, done: usize, total: usize) {
        self.session.progress(stage.word(), done, total);
    }

    fn estimating(&self, p: &EstimationProgress) {
        let stage = format!(
            "estimating, start {} of {}, step {}",
            p.start, p.starts, p.step
        );
        self.session.progress(&stage, p.evaluations, 0);
    }

    fn draws_wanted(&self) -> usize {
        paired::KEPT
    }

    fn drawn(&self, draw: usize, found: Drawn<'_>) {
        let mut draws = self.draws.lock().unwrap_or_else(PoisonError::into_inner);
        draws.add(draw, &summary::of_draw(found));
    }

    fn should_stop(&self) -> bool {
        self.session.stops()
    }
}

fn outcome(session: &Session, id: u32, order: &Order) -> Ended {
    let read = read_given(session.workbench().study(), order.text.clone());
    let study = match read {
        Ok(study) => study,
        Err(found) => {
            return Ended {
                mistakes: mistakes(&found, &order.text),
                ..failed("the study has mistakes")
            };
        }
    };
    let fingerprint = study.fingerprint().to_owned();
    let ended = match answer(session, &study, order) {
        Ok(answer) => kept(session, id, order, &answer),
        Err(e) => left(session, id, order, refused(e, &study)),
    };
    Ended {
        fingerprint,
        ..ended
    }
}

/// Of a run that was stopped the text stays, to go on from, and how far it came.
fn left(session: &Session, id: u32, order: &Order, ended: Ended) -> Ended {
    if ended.end != End::Stopped {
        return ended;
    }
    match session.workbench().write_run(id, TEXT, &order.text) {
        Ok(()) => ended,
        Err(e) => failed(&e.to_string()),
    }
}

/// What a run found, ready to be written.
struct Answer {
    page: Result<String, ReportError>,
    document: String,
    summary: Summary,
    draws: Kept,
    trouble: Option<String>,
}

fn answer(session: &Session, study: &GivenStudy, order: &Order) -> Result<Answer, RunError> {
    let ear = Ear {
        session,
        draws: Mutex::default(),
    };
    let (draws, seed) = asked(session, order);
    let options = RunOptions {
        draws,
        seed,
        ..session.options()
    };
    let answer = match study {
        GivenStudy::Calibrated(s) => of_results(&entrant::run(s, options, &ear)?, ear),
        GivenStudy::Estimated(s) => of_results(&estimated(session, s, options, &ear)?, ear),
        GivenStudy::Merger(s) => of_merger(&entrant::merger::run(s, options, &ear)?, ear),
    };
    if session.stops() {
        let total = answer.summary.draws;
        return Err(RunError::Interrupted { done: total, total });
    }
    Ok(answer)
}

/// An estimated study. Its evaluations are kept until it ends, so that one that was stopped goes on
/// where it was; those of another estimation make way.
fn estimated(
    session: &Session,
    study: &LoadedEstimation,
    options: RunOptions,
    ear: &Ear<'_>,
) -> Result<Results, RunError> {
    let bench = session.workbench();
    let path = bench.place(CHECKPOINT).ok();
    let checkpoint = || {
        let path = path.clone()?;
        Some(CheckpointOptions { path, every: None })
    };
    let run = || entrant::estimation::run(study, options, checkpoint(), ear);
    let found = match run() {
        Err(RunError::Checkpoint(_)) => {
            bench.remove_private(CHECKPOINT);
            run()
        }
        found => found,
    }?;
    bench.remove_private(CHECKPOINT);
    Ok(found)
}

fn of_results(results: &Results, ear: Ear<'_>) -> Answer {
    let errors = results.findings.iter().filter(|f| f.level == Level::Error);
    let trouble = errors.map(|f| f.message.clone()).next();
    let markets = results.scenarios.iter().flat_map(|s| &s.markets);
    let unsolved = markets.filter(|m| !m.status.is_usable()).count();
    let unsolved = (unsolved > 0).then(|| format!("no usable equilibrium in {unsolved} cases"));
    Answer {
        page: entrant::report::page(results),
        document: document(results),
        summary: summary::of_results(results),
        draws: ear.kept(results.settings.seed, results.settings.level),
        trouble: unsolved.or(trouble),
    }
}

fn of_merger(report: &MergerReport, ear: Ear<'_>) -> Answer {
    let worst = entrant::merger::worst(report);
    Answer {
        page: entrant::report::merger::page(report),
        document: document(report),
        summary: summary::of_merger(report),
        draws: ear.kept(report.seed, report.level),
        trouble: (!worst.is_usable()).then(|| "a scenario has no certified equilibrium".into()),
    }
}

fn document(of: &impl Serialize) -> String {
    serde_json::to_string(of).unwrap_or_default()
}

/// Writes what a run found; the line in the list of runs comes after.
fn kept(session: &Session, id: u32, order: &Order, answer: &Answer) -> Ended {
    let page = match &answer.page {
        Ok(page) => page,
        Err(e) => return failed(&e.to_string()),
    };
    let bench = session.workbench();
    let write = || -> Result<(), WorkbenchError> {
        bench.write_run(id, TEXT, &order.text)?;
        bench.write_run(id, PAGE, page)?;
        bench.write_run(id, RESULTS, &answer.document)?;
        bench.write_run(id, DRAWS, &document(&answer.draws))?;
        bench.write_run(id, SUMMARY, &document(&answer.summary))
    };
    if let Err(e) = write() {
        return failed(&e.to_string());
    }
    let headline = answer.summary.answer.first().cloned();
    Ended {
        end: if answer.trouble.is_some() {
            End::Unusable
        } else {
            End::Done
        },
        message: answer.trouble.clone().or(headline).unwrap_or_default(),
        draws: answer.summary.draws,
        fingerprint: String::new(),
        mistakes: Vec::new(),
    }
}

fn refused(error: RunError, study: &GivenStudy) -> Ended {
    let message = error.to_string();
    match error {
        RunError::Input(found) => {
            let source = study.source();
            let placed: Vec<_> = found.into_iter().map(|e| source.place(e)).collect();
            Ended {
                mistakes: mistakes(&placed, &source.text),
                ..failed(&message)
            }
        }
        RunError::EstimationInterrupted | RunError::Interrupted { .. } => Ended {
            end: End::Stopped,
            ..failed(&message)
        },
        _ => failed(&message),
    }
}
