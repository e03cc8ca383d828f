//! Seconds that objective and gradient of an estimated study take, for `bench/estimation`:
//! `evaluations STUDY REPETITIONS [THREADS]`. Prints one JSON document.
//!
//! Without repetitions only prices after a merger are timed. The study is read and bound once; an evaluation is what a search asks for at one point: mean
//! utilities from those of a plain logit, their derivatives, moments, objective and gradient.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use entrant::estimation::Pool;
use entrant_estimate::blp::{Evaluation, MarketData, Problem, Wanted, Workers, evaluate};
use entrant_estimate::gmm::{
    self, Estimation, Moments, Progress, Recorded, Weighting, first_weighting,
};
use entrant_estimate::post::{Ownership, PanelEconomy, PanelMarket, PriceSettings};

/// Cells of all markets for which prices after a merger are computed once, and at most so often.
const CELLS: usize = 20_000_000;
const MERGERS: usize = 200;

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
    let [study, numbers @ ..] = &arguments[..] else {
        return ExitCode::from(2);
    };
    let numbers: Vec<usize> = numbers.iter().filter_map(|n| n.parse().ok()).collect();
    let (repetitions, threads) = match numbers[..] {
        [repetitions] => (repetitions, 1),
        [repetitions, threads] => (repetitions, threads),
        _ => return ExitCode::from(2),
    };
    let Some(document) = measured(Path::new(study), repetitions, threads) else {
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
fn measured(study: &Path, repetitions: usize, threads: usize) -> Option<serde_json::Value> {
    let loaded = entrant_io::read_estimation(study).ok()?;
    let base = forget_peak();
    let problem = entrant::estimation::bind(&loaded).ok()?;
    let settings = entrant::estimation::settings(&loaded.study.estimate);
    let workers = Pool::new(Some(threads)).ok()?;
    let point = Point::new(&problem, settings.inversion_tolerance, &workers);
    let mut seconds = Vec::with_capacity(repetitions);
    let mut start = point.evaluate()?;
    let used = on_processor();
    for _ in 0..repetitions {
        let begin = Instant::now();
        start = point.evaluate()?;
        seconds.push(begin.elapsed().as_secs_f64());
    }
    let used = on_processor()
        .zip(used)
        .map(|(after, before)| after - before);
    seconds.sort_by(f64::total_cmp);
    let begin = Instant::now();
    let fit = if repetitions > 0 {
        Some(gmm::estimate(&problem, &settings, &workers, &mut Unwatched).ok()?)
    } else {
        None
    };
    let estimate = fit.as_ref().map(|_| begin.elapsed().as_secs_f64());
    let above = |peak: Option<u64>| Some(peak?.saturating_sub(base?));
    let memory = above(peak());
    forget_peak();
    let merger = merger(&point, &start);
    Some(serde_json::json!({
        "evaluation_best": seconds.first(),
        "evaluation_median": seconds.get(seconds.len() / 2),
        "evaluation_cpu": used.map(|s| s / repetitions as f64),
        "share_evaluations": start.at.counters.share_evaluations,
        "factorisations": start.at.counters.factorisations,
        "objective_at_start": start.objective,
        "gradient_at_start": start.gradient,
        "delta_at_start": by_row(&problem, &start.at.delta),
        "parameters": problem.parameters.free.len(),
        "estimate": estimate,
        "merger": merger,
        "objective": fit.as_ref().map(|f| f.objective),
        "projected_gradient": fit.as_ref().map(|f| f.projected_gradient),
        "evaluations": fit.as_ref().map(|f| f.evaluations),
        "memory_kib": memory,
        "merger_memory_kib": above(peak()),
    }))
}

/// Seconds that the first thread has spent on a processor, where the system tells: unlike the clock
/// they do not count other programs.
fn on_processor() -> Option<f64> {
    let line = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds * 1e-9)
}

/// Prices after the firms with the first two names of each market merge, at the starting values: in
/// the order of the products table, with the median of the seconds that all markets take.
fn merger(point: &Point<'_>, start: &Found) -> Option<serde_json::Value> {
    let there = &point.moments;
    let there = there.point(point.problem, &point.weighting, &point.values, &start.at);
    let linear = there.linear;
    let economy = PanelEconomy::new(point.problem, &point.values, &linear, &start.at);
    let own = |m: &PanelMarket<'_>| Ownership::observed(m.data);
    let cost = economy.each(point.workers, |m| m.costs(&own(m)));
    let cost: Vec<Vec<f64>> = cost.into_iter().collect::<Option<_>>()?;
    let mut seconds = Vec::new();
    let mut found = Vec::new();
    let used = on_processor();
    let cells = |m: &MarketData| m.products() * m.consumers();
    let all: usize = point.problem.markets.iter().map(cells).sum();
    for _ in 0..(CELLS / all.max(1)).clamp(2, MERGERS) {
        let begin = Instant::now();
        found = economy.each(point.workers, |m| {
            let mut names: Vec<&str> = m.data.firm_names.iter().map(String::as_str).collect();
            names.sort_unstable();
            names.truncate(2);
            let owners = Ownership::merger(m.data, &names);
            let start = m.price().to_vec();
            m.equilibrium(&owners, &cost[m.index], &start, PriceSettings::default())
        });
        seconds.push(begin.elapsed().as_secs_f64());
    }
    let used = on_processor()
        .zip(used)
        .map(|(after, before)| after - before);
    seconds.sort_by(f64::total_cmp);
    let price: Vec<f64> = found.iter().flat_map(|f| f.price.clone()).collect();
    let firms = |m: &MarketData| {
        let mut names = m.firm_names.clone();
        names.sort_unstable();
        names.into_iter().take(2).collect::<Vec<_>>()
    };
    let firms: Vec<(String, Vec<String>)> = point
        .problem
        .markets
        .iter()
        .map(|m| (m.id.clone(), firms(m)))
        .collect();
    Some(serde_json::json!({
        "median": seconds[seconds.len() / 2],
        "cpu": used.map(|s| s / seconds.len() as f64),
        "best": seconds[0],
        "evaluations": found.iter().map(|f| f.evaluations).sum::<usize>(),
        "residual": found.iter().map(|f| f.residual).fold(0.0, f64::max),
        "certified": found.iter().filter(|f| f.status == entrant_data::Status::Certified).count(),
        "firms": firms,
        "prices": by_row(point.problem, &price),
    }))
}

/// Memory that this process has now in KiB; its largest is counted anew from here. `None` where the
/// system has no such counters.
fn forget_peak() -> Option<u64> {
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    status("VmRSS")
}

/// Largest memory of this process in KiB since it was last forgotten.
fn peak() -> Option<u64> {
    status("VmHWM")
}

fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Values in the order of the products table.
fn by_row(problem: &Problem, values: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; values.len()];
    for (v, row) in values.iter().zip(&problem.order) {
        out[*row] = *v;
    }
    out
}

/// A bound problem at its starting values with the first weighting matrix: what is not part of one
/// evaluation.
struct Point<'a> {
    problem: &'a Problem,
    workers: &'a dyn Workers,
    values: Vec<f64>,
    moments: Moments,
    weighting: Weighting,
    wanted: Wanted,
}

/// One evaluation: objective and gradient.
struct Found {
    at: Evaluation,
    objective: f64,
    gradient: Vec<f64>,
}

impl<'a> Point<'a> {
    fn new(problem: &'a Problem, tolerance: f64, workers: &'a dyn Workers) -> Self {
        let moments = Moments::new(problem);
        Point {
            problem,
            workers,
            values: problem.parameters.starts(),
            weighting: moments.weighting(first_weighting(problem).0),
            moments,
            wanted: Wanted {
                tolerance,
                jacobian: true,
            },
        }
    }

    fn evaluate(&self) -> Option<Found> {
        let at = evaluate(self.problem, &self.values, self.wanted, self.workers);
        if at.failure.is_some() {
            return None;
        }
        let (moments, weighting) = (&self.moments, &self.weighting);
        let point = moments.point(self.problem, weighting, &self.values, &at);
        let jacobian = moments.slope(self.problem, weighting, &at, &point);
        let slope = jacobian.transpose_apply(&point.residual);
        Some(Found {
            objective: point.residual.iter().map(|r| r * r).sum(),
            gradient: slope.iter().map(|g| 2.0 * g).collect(),
            at,
        })
    }
}
