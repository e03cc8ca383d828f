//! Seconds that objective and gradient of an estimated study take, for `bench/estimation`:
//! `evaluations STUDY REPETITIONS`. One thread; prints one JSON document.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use entrant_data::spec::{Algorithm, GmmMethod};
use entrant_estimate::blp::Serial;
use entrant_estimate::gmm::{self, Estimation, Progress, Recorded};

/// Nobody watches, and nothing is remembered.
struct Unwatched;

impl Estimation for Unwatched {
    fn proceed(&mut self, _: &Progress) -> bool {
        true
    }

    fn recall(&mut self, _: usize, _: &[f64]) -> Option<Recorded> {
        None
    }

    fn record(&mut self, _: usize, _: &[f64], _: &Recorded) {}
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [study, repetitions] = &arguments[..] else {
        return ExitCode::from(2);
    };
    let Some(document) = repetitions
        .parse()
        .ok()
        .and_then(|n| measured(Path::new(study), n))
    else {
        return ExitCode::FAILURE;
    };
    #[expect(
        clippy::print_stdout,
        reason = "an example program whose output is its result"
    )]
    {
        println!("{document}");
    }
    ExitCode::SUCCESS
}

/// Times the evaluation at the starting values, and the whole estimation.
fn measured(study: &Path, repetitions: usize) -> Option<serde_json::Value> {
    let loaded = entrant_io::read_estimation(study).ok()?;
    let problem = entrant::estimation::bind(&loaded).ok()?;
    let mut settings = entrant::estimation::settings(&loaded.study.estimate);
    let estimate = || {
        let begin = Instant::now();
        let fit = gmm::estimate(&problem, &settings, &Serial, &mut Unwatched).ok()?;
        Some((begin.elapsed().as_secs_f64(), fit))
    };
    let (whole, fit) = estimate()?;
    settings.algorithm = Algorithm::Return;
    settings.method = GmmMethod::OneStep;
    settings.initial_update = false;
    let mut seconds = Vec::with_capacity(repetitions);
    let mut start = None;
    for _ in 0..repetitions {
        let begin = Instant::now();
        let at = gmm::estimate(&problem, &settings, &Serial, &mut Unwatched).ok()?;
        seconds.push(begin.elapsed().as_secs_f64());
        start = Some(at);
    }
    let start = start?;
    seconds.sort_by(f64::total_cmp);
    Some(serde_json::json!({
        "evaluation_best": seconds.first(),
        "evaluation_median": seconds.get(seconds.len() / 2),
        "share_evaluations": start.counters.share_evaluations,
        "objective_at_start": start.objective,
        "gradient_at_start": start.gradient,
        "estimate": whole,
        "objective": fit.objective,
        "projected_gradient": fit.projected_gradient,
        "evaluations": fit.evaluations,
    }))
}
