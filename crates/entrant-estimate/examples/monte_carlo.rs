//! Monte Carlo of estimators on the designs of Conlon and Gortmaker (2020, section 5).
//!
//! `monte_carlo <simple|complex|nested> <demand|supply> [data sets] [seed] [threads]` prints bias,
//! mean absolute error and coverage of 95% intervals beside the paper's figures (table 5).

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use entrant_data::spec::{Algorithm, EstimateSpec};
use entrant_estimate::blp::{Problem, Serial};
use entrant_estimate::gmm::{
    Estimation, EstimationSettings, Fit, FitStatus, Progress, Recorded, estimate,
};
use entrant_estimate::optimal::{OptimalSettings, optimal_instruments};
use entrant_estimate::simulate::{Columns, Experiment, Heterogeneity, Synthetic};

struct Quiet;

impl Estimation for Quiet {
    fn proceed(&mut self, _: &Progress) -> bool {
        true
    }
    fn recall(&mut self, _: usize, _: &[f64]) -> Option<Recorded> {
        None
    }
    fn record(&mut self, _: usize, _: &[f64], _: &Recorded) {}
}

/// One parameter of one fit: name, truth, estimate, standard error.
type Line = (String, f64, f64, f64);

/// Both stages of one data set; `None` where a stage failed.
type Stages = [Option<Vec<Line>>; 2];

fn settings(spec: &EstimateSpec, start: Option<Vec<f64>>) -> EstimationSettings {
    EstimationSettings {
        method: spec.method,
        weighting: spec.weighting,
        errors: spec.weighting,
        center: spec.center_moments,
        initial_update: spec.initial_update,
        algorithm: Algorithm::TrustRegion,
        gradient_tolerance: 1e-6,
        evaluations: 300,
        inversion_tolerance: spec.inversion_tolerance,
        start,
    }
}

fn lines(experiment: &Experiment, problem: &Problem, fit: &Fit) -> Option<Vec<Line>> {
    if matches!(fit.status, FitStatus::Failed | FitStatus::LimitReached) {
        return None;
    }
    let p = &problem.parameters;
    let free = p
        .free
        .iter()
        .map(|q| (q.name.clone(), experiment.truth(q.kind)));
    let beta = p.solved_beta.iter().map(|c| {
        let kind = entrant_estimate::blp::Kind::Beta { column: *c };
        (
            format!("beta[{}]", problem.demand.x_names[*c]),
            experiment.truth(kind),
        )
    });
    let values = fit.values.iter().chain(&fit.linear.beta);
    let named = free.chain(beta).zip(values).zip(&fit.inference.errors);
    let shown = named.map(|(((name, truth), value), error)| {
        // A spread and its negative are the same model.
        let value = if name.starts_with("sigma") {
            value.abs()
        } else {
            *value
        };
        (name, truth, value, *error)
    });
    Some(
        shown
            .filter(|l| l.0.contains("price]") || !l.0.starts_with("beta"))
            .collect(),
    )
}

fn both(experiment: &Experiment) -> Stages {
    let Ok(synthetic) = experiment.make() else {
        return [None, None];
    };
    let source = synthetic.source();
    let Ok(problem) = Problem::bind(&source) else {
        return [None, None];
    };
    let Ok(first) = estimate(
        &problem,
        &settings(&synthetic.spec, None),
        &Serial,
        &mut Quiet,
    ) else {
        return [None, None];
    };
    let found = lines(experiment, &problem, &first);
    [found, second(experiment, &synthetic, &problem, &first)]
}

fn second(
    experiment: &Experiment,
    synthetic: &Synthetic,
    problem: &Problem,
    first: &Fit,
) -> Option<Vec<Line>> {
    let source = synthetic.source();
    let columns = Columns::new(&source, problem).ok()?;
    let settings_of = OptimalSettings::default();
    let best = optimal_instruments(problem, &columns, first, &settings_of, &Serial);
    let better = best.problem(problem, &columns).ok()?;
    // A spread at zero is a stationary point: the search begins elsewhere.
    let mut start = first.values.clone();
    for c in &best.at_boundary {
        start[*c] = better.parameters.free[*c].start;
    }
    let settings = settings(&synthetic.spec, Some(start));
    let fit = estimate(&better, &settings, &Serial, &mut Quiet).ok()?;
    lines(experiment, &better, &fit)
}

fn median(v: &mut [f64]) -> f64 {
    v.sort_by(f64::total_cmp);
    let n = v.len();
    if n == 0 {
        return f64::NAN;
    }
    f64::midpoint(v[(n - 1) / 2], v[n / 2])
}

/// Published median bias and median absolute error (Conlon and Gortmaker 2020, table 5).
fn published(heterogeneity: Heterogeneity, supply: bool, stage: usize, name: &str) -> &'static str {
    use Heterogeneity::{Complex, Nested, Simple};
    match (heterogeneity, supply, stage, name) {
        (Simple, false, 0, "beta[price]") => ".206 / .263",
        (Simple, false, 0, "sigma[x]") => "-.085 / .239",
        (Simple, false, 1, "beta[price]") => ".218 / .250",
        (Simple, false, 1, "sigma[x]") => "-.049 / .174",
        (Simple, true, 1, "beta[price]") => ".005 / .170",
        (Simple, true, 1, "sigma[x]") => ".012 / .171",
        (Complex, false, 1, "beta[price]") => ".191 / .274",
        (Complex, false, 1, "sigma[x]") => "-.119 / .195",
        (Complex, false, 1, "sigma[price]") => ".001 / .200",
        (Complex, true, 1, "beta[price]") => "-.024 / .193",
        (Complex, true, 1, "sigma[x]") => "-.036 / .171",
        (Complex, true, 1, "sigma[price]") => "-.002 / .191",
        (Nested, false, 1, "beta[price]") => ".217 / .230",
        (Nested, false, 1, "sigma[x]") => "-.031 / .155",
        (Nested, false, 1, "rho") => "-.008 / .021",
        (Nested, true, 1, "beta[price]") => ".008 / .111",
        (Nested, true, 1, "sigma[x]") => "-.003 / .136",
        (Nested, true, 1, "rho") => ".002 / .017",
        _ => "",
    }
}

fn main() -> std::io::Result<()> {
    let mut given = std::env::args().skip(1);
    let heterogeneity = match given.next().as_deref() {
        Some("complex") => Heterogeneity::Complex,
        Some("nested") => Heterogeneity::Nested,
        _ => Heterogeneity::Simple,
    };
    let supply = given.next().as_deref() == Some("supply");
    let mut number = |otherwise| {
        given
            .next()
            .and_then(|s| s.parse().ok())
            .unwrap_or(otherwise)
    };
    let (sets, seed, threads): (u64, u64, u64) = (number(200), number(2020), number(2));
    let begin = Instant::now();
    let next = AtomicU64::new(0);
    let all: Mutex<Vec<(u64, Stages)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= sets {
                        break;
                    }
                    let found = both(&Experiment::new(heterogeneity, supply, seed, n));
                    if let Ok(mut all) = all.lock() {
                        all.push((n, found));
                    }
                }
            });
        }
    });
    let mut all = all.into_inner().unwrap_or_default();
    all.sort_by_key(|(n, _)| *n);
    let seconds = begin.elapsed().as_secs_f64();
    let mut out = std::io::stdout().lock();
    let side = if supply {
        "demand and supply"
    } else {
        "demand"
    };
    writeln!(
        out,
        "{heterogeneity:?}, {side}: {sets} data sets, {seconds:.1} s"
    )?;
    for (stage, name) in ["differences", "optimal"].iter().enumerate() {
        report(&mut out, &all, (heterogeneity, supply, stage), name)?;
    }
    Ok(())
}

fn report(
    out: &mut impl Write,
    all: &[(u64, Stages)],
    (heterogeneity, supply, stage): (Heterogeneity, bool, usize),
    name: &str,
) -> std::io::Result<()> {
    let fits: Vec<&Vec<Line>> = all.iter().filter_map(|(_, s)| s[stage].as_ref()).collect();
    writeln!(
        out,
        "  {name} instruments: {} of {} failed",
        all.len() - fits.len(),
        all.len()
    )?;
    let Some(first) = fits.first() else {
        return Ok(());
    };
    for k in 0..first.len() {
        let truth = first[k].1;
        let mut miss: Vec<f64> = fits.iter().map(|f| f[k].2 - truth).collect();
        let mut size: Vec<f64> = miss.iter().map(|m| m.abs()).collect();
        let known = fits.iter().filter(|f| f[k].3.is_finite()).count();
        let covered = |f: &&&Vec<Line>| (f[k].2 - truth).abs() <= 1.96 * f[k].3;
        let covered = fits.iter().filter(covered).count();
        let share = 100.0 * covered as f64 / known.max(1) as f64;
        writeln!(
            out,
            "    {:14} median bias {:7.3}  median absolute error {:6.3}  (paper {:14})  covers {share:5.1}%  without interval {}",
            first[k].0,
            median(&mut miss),
            median(&mut size),
            published(heterogeneity, supply, stage, &first[k].0),
            fits.len() - known,
        )?;
    }
    Ok(())
}
