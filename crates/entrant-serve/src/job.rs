//! A run behind the page: the engine on a text, its report and its numbers into the workbench.

use std::sync::Arc;
use std::time::Instant;

use entrant::data::Level;
use entrant::data::result::{MergerReport, Results};
use entrant::io::{GivenStudy, WorkbenchError, read_given};
use entrant::report::ReportError;
use entrant::{EstimationProgress, Observer, RunError, RunOptions, Stage};
use serde::Serialize;
use serde_json::Value;

use crate::session::{End, PAGE, RESULTS, RUN, Run, SUMMARY, Session, Shared, TEXT, mistakes, now};
use crate::summary::{self, Summary};

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

/// A run with a report is kept on disk, which is its last step.
fn written(session: &Session, run: Run) -> Run {
    if !matches!(run.end, End::Done | End::Unusable) {
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
struct Ear<'a>(&'a Session);

impl Observer for Ear<'_> {
    fn progress(&self, stage: Stage, done: usize, total: usize) {
        self.0.progress(word(stage), done, total);
    }

    fn estimating(&self, p: &EstimationProgress) {
        let stage = format!(
            "estimating, start {} of {}, step {}",
            p.start, p.starts, p.step
        );
        self.0.progress(&stage, p.evaluations, 0);
    }

    fn should_stop(&self) -> bool {
        self.0.stops()
    }
}

fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Calibrating => "calibrating",
        Stage::Certifying => "certifying",
        Stage::Choosing => "trying line-ups",
        Stage::Drawing => "drawing",
        Stage::Summarising => "summarising",
        Stage::Examining => "examining",
        Stage::Predicting => "predicting",
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
        Err(e) => refused(e, &study),
    };
    Ended {
        fingerprint,
        ..ended
    }
}

/// What a run found, ready to be written.
struct Answer {
    page: Result<String, ReportError>,
    document: String,
    summary: Summary,
    trouble: Option<String>,
}

fn answer(session: &Session, study: &GivenStudy, order: &Order) -> Result<Answer, RunError> {
    let ear = Ear(session);
    let (draws, seed) = asked(session, order);
    let options = RunOptions {
        draws,
        seed,
        ..session.options()
    };
    let answer = match study {
        GivenStudy::Calibrated(s) => of_results(&entrant::run(s, options, &ear)?),
        GivenStudy::Estimated(s) => of_results(&entrant::estimation::run(s, options, None, &ear)?),
        GivenStudy::Merger(s) => of_merger(&entrant::merger::run(s, options, &ear)?),
    };
    if session.stops() {
        let total = answer.summary.draws;
        return Err(RunError::Interrupted { done: total, total });
    }
    Ok(answer)
}

fn of_results(results: &Results) -> Answer {
    let errors = results.findings.iter().filter(|f| f.level == Level::Error);
    let trouble = errors.map(|f| f.message.clone()).next();
    let markets = results.scenarios.iter().flat_map(|s| &s.markets);
    let unsolved = markets.filter(|m| !m.status.is_usable()).count();
    let unsolved = (unsolved > 0).then(|| format!("no usable equilibrium in {unsolved} cases"));
    Answer {
        page: entrant::report::page(results),
        document: document(results),
        summary: summary::of_results(results),
        trouble: unsolved.or(trouble),
    }
}

fn of_merger(report: &MergerReport) -> Answer {
    let worst = entrant::merger::worst(report);
    Answer {
        page: entrant::report::merger::page(report),
        document: document(report),
        summary: summary::of_merger(report),
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
