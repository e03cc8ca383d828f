//! Monte Carlo of estimators on the designs of Conlon and Gortmaker (2020, section 5).
//!
//! `monte_carlo <simple|complex|nested|zero|weak> <demand|supply> [data sets] [seed] [threads]` prints
//! bias, errors and coverage of 95% intervals beside the paper's figures (table 5). `zero` is the
//! simple design with no spread of tastes, `weak` the one in which the cost shifter shifts nothing;
//! in all of them without supply and nests the robust sets and tests are scored too.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use entrant_data::spec::{Algorithm, EstimateSpec};
use entrant_estimate::blp::{Kind, Problem, Serial};
use entrant_estimate::gmm::{
    Estimation, EstimationSettings, Fit, FitStatus, Progress, Recorded, estimate,
};
use entrant_estimate::inference::{
    AndersonRubin, Edge, Reference, Search, Target, TestStatus, zero_spread,
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

/// Both stages of one data set, `None` where a stage failed, and what robust methods say.
struct Found {
    stages: [Option<Vec<Line>>; 2],
    robust: Option<Robust>,
}

/// Whether robust sets hold the truth, and whether no spread of tastes was rejected.
struct Robust {
    joint: bool,
    price: bool,
    bounded: bool,
    rejected: Option<bool>,
}

/// A design by its name.
#[derive(Debug, Clone, Copy)]
struct Design {
    heterogeneity: Heterogeneity,
    spread: f64,
    shifter: f64,
    supply: bool,
}

impl Design {
    fn named(name: &str, supply: bool) -> Self {
        let heterogeneity = match name {
            "complex" => Heterogeneity::Complex,
            "nested" => Heterogeneity::Nested,
            _ => Heterogeneity::Simple,
        };
        Design {
            heterogeneity,
            spread: if name == "zero" { 0.0 } else { 3.0 },
            shifter: if name == "weak" { 0.0 } else { 0.2 },
            supply,
        }
    }

    fn experiment(self, seed: u64, number: u64) -> Experiment {
        Experiment {
            spread: self.spread,
            shifter: self.shifter,
            ..Experiment::new(self.heterogeneity, self.supply, seed, number)
        }
    }

    /// Whether the paper has it.
    fn published(self) -> bool {
        self.spread > 0.0 && self.shifter > 0.0
    }

    /// Robust sets take a search each: only where they are quick.
    fn robust(self) -> bool {
        !self.supply && self.heterogeneity == Heterogeneity::Simple
    }
}

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
        weighting_matrix: None,
        inversion: None,
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
        let kind = Kind::Beta { column: *c };
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

fn both(experiment: &Experiment, robust_too: bool) -> Found {
    let nothing = || Found {
        stages: [None, None],
        robust: None,
    };
    let Ok(synthetic) = experiment.make() else {
        return nothing();
    };
    let source = synthetic.source();
    let Ok(problem) = Problem::bind(&source) else {
        return nothing();
    };
    let settings = settings(&synthetic.spec, None);
    let Ok(first) = estimate(&problem, &settings, &Serial, &mut Quiet) else {
        return nothing();
    };
    let found = lines(experiment, &problem, &first);
    Found {
        stages: [found, second(experiment, &synthetic, &problem, &first)],
        robust: robust_too
            .then(|| robust(experiment, &problem, &first, &settings))
            .flatten(),
    }
}

/// Robust sets with the first stage's instruments, and the test that tastes do not differ.
fn robust(
    experiment: &Experiment,
    problem: &Problem,
    fit: &Fit,
    settings: &EstimationSettings,
) -> Option<Robust> {
    let ar = AndersonRubin::new(problem, settings, &Serial);
    let truth: Vec<f64> = ar
        .coordinates()
        .iter()
        .map(|c| match (c.free, c.column) {
            (_, Some(column)) => experiment.truth(Kind::Beta { column }),
            (Some(k), None) => experiment.truth(problem.parameters.free[k].kind),
            (None, None) => 0.0,
        })
        .collect();
    let critical = entrant_numeric::distribution::chi_square_quantile(0.95, ar.degrees() as f64);
    let price = ar.coordinates().iter().position(|c| c.column.is_some())?;
    let set = ar.scalar_set(
        Target::Coordinate(price),
        &ar.point_of(fit),
        Reference::Concentrated,
        Search::default(),
    );
    let end = |e: Edge, open: f64| match e {
        Edge::At(v) | Edge::Bound(v) => v,
        Edge::Unbounded { .. } => open,
    };
    let (low, high) = (
        end(set.lower, f64::NEG_INFINITY),
        end(set.upper, f64::INFINITY),
    );
    let zero = zero_spread(problem, fit, settings, &Serial, 0);
    Some(Robust {
        joint: ar.statistic(&truth)? <= critical,
        price: (low..=high).contains(&truth[price]),
        bounded: set.bounds().is_some(),
        rejected: zero.map(|z| z.score.status == TestStatus::Rejected),
    })
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
    let name = given.next().unwrap_or_else(|| "simple".into());
    let design = Design::named(&name, given.next().as_deref() == Some("supply"));
    let mut number = |otherwise| {
        given
            .next()
            .and_then(|s| s.parse().ok())
            .unwrap_or(otherwise)
    };
    let (sets, seed, threads): (u64, u64, u64) = (number(200), number(2020), number(2));
    let begin = Instant::now();
    let all = run(design, sets, seed, threads);
    let seconds = begin.elapsed().as_secs_f64();
    let mut out = std::io::stdout().lock();
    let side = if design.supply {
        "demand and supply"
    } else {
        "demand"
    };
    writeln!(out, "{name}, {side}: {sets} data sets, {seconds:.1} s")?;
    for (stage, name) in ["differences", "optimal"].iter().enumerate() {
        report(&mut out, &all, (design, stage), name)?;
    }
    report_robust(&mut out, &all)
}

fn run(design: Design, sets: u64, seed: u64, threads: u64) -> Vec<Found> {
    let next = AtomicU64::new(0);
    let all: Mutex<Vec<(u64, Found)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= sets {
                        break;
                    }
                    let found = both(&design.experiment(seed, n), design.robust());
                    if let Ok(mut all) = all.lock() {
                        all.push((n, found));
                    }
                }
            });
        }
    });
    let mut all = all.into_inner().unwrap_or_default();
    all.sort_by_key(|(n, _)| *n);
    all.into_iter().map(|(_, found)| found).collect()
}

fn report(
    out: &mut impl Write,
    all: &[Found],
    (design, stage): (Design, usize),
    name: &str,
) -> std::io::Result<()> {
    let fits: Vec<&Vec<Line>> = all
        .iter()
        .filter_map(|f| f.stages[stage].as_ref())
        .collect();
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
        let squares: f64 = miss.iter().map(|m| m * m).sum();
        let known = fits.iter().filter(|f| f[k].3.is_finite()).count();
        let covered = |f: &&&Vec<Line>| (f[k].2 - truth).abs() <= 1.96 * f[k].3;
        let covered = fits.iter().filter(covered).count();
        let paper = if design.published() {
            published(design.heterogeneity, design.supply, stage, &first[k].0)
        } else {
            ""
        };
        writeln!(
            out,
            "    {:14} median bias {:7.3}  median absolute error {:6.3}  (paper {:14})  root mean square error {:6.3}  covers {:5.1}%  without interval {}",
            first[k].0,
            median(&mut miss),
            median(&mut size),
            paper,
            (squares / fits.len() as f64).sqrt(),
            percent(covered, known),
            fits.len() - known,
        )?;
    }
    Ok(())
}

fn report_robust(out: &mut impl Write, all: &[Found]) -> std::io::Result<()> {
    let found: Vec<&Robust> = all.iter().filter_map(|f| f.robust.as_ref()).collect();
    if found.is_empty() {
        return Ok(());
    }
    let share =
        |what: fn(&Robust) -> bool| percent(found.iter().filter(|r| what(r)).count(), found.len());
    let tested = found.iter().filter(|r| r.rejected.is_some()).count();
    let rejected = found.iter().filter(|r| r.rejected == Some(true)).count();
    writeln!(
        out,
        "  Anderson-Rubin sets ({} of {} known): joint {:.1}%, price {:.1}% of which {:.1}% bounded",
        found.len(),
        all.len(),
        share(|r| r.joint),
        share(|r| r.price),
        share(|r| r.bounded),
    )?;
    writeln!(
        out,
        "  score test of no spread of tastes at 5%: rejected in {:.1}% of {tested}",
        percent(rejected, tested)
    )
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
