//! Steps of GMM: minimise, update the weighting matrix, minimise again.

use entrant_data::spec::{Algorithm, ErrorStructure, GmmMethod};
use entrant_numeric::dense::Matrix;
use entrant_numeric::optimize;
use entrant_numeric::vector;

use super::covariance::{Spread, moment_covariance, natural_variances, weights};
use super::errors::{Inference, inference};
use super::fit::{Estimation, EstimationSettings, Fit, FitStatus, Progress, Recorded, StepReport};
use super::moments::{Linear, Moments, Point, Weighting, first_weighting};
use super::structural::Structural;
use crate::blp::{Counters, Evaluation, Kind, Problem, Wanted, Workers, evaluate, evaluate_with};
use crate::micro::spread;

/// Estimates a problem by GMM (Hansen 1982) in the steps that the settings ask for.
///
/// # Errors
/// The evaluation with its failure, when nothing can be evaluated at the starting values.
pub fn estimate(
    problem: &Problem,
    settings: &EstimationSettings,
    workers: &dyn Workers,
    outside: &mut dyn Estimation,
) -> Result<Fit, Box<Evaluation>> {
    let mut run = Run::new(problem, settings, workers);
    let mut values = settings
        .start
        .clone()
        .unwrap_or_else(|| problem.parameters.starts());
    let mut weighting = run.moments.weighting(match &settings.weighting_matrix {
        Some(given) => given.w.clone(),
        None => first_weighting(problem).0,
    });
    // Micro moments have no weight before their covariance is known.
    let unknown = problem.micro.is_some() && settings.weighting_matrix.is_none();
    if settings.initial_update || unknown {
        let at = run.evaluate(&values)?;
        weighting = run.updated(&values, &at, &weighting);
    }
    let mut steps: Vec<StepReport> = Vec::new();
    let mut path: Vec<Vec<f64>> = Vec::new();
    loop {
        let number = steps.len() + 1;
        let report = run.minimise(&values, &weighting, number, outside);
        values.clone_from(&report.values);
        let stopped = report.status == FitStatus::Interrupted;
        steps.push(report);
        let at = run.evaluate(&values)?;
        path.push(run.all(&values, &at, &weighting));
        if stopped || run.done(&path) {
            return Ok(run.finish(values, &weighting, at, steps));
        }
        weighting = run.updated(&values, &at, &weighting);
    }
}

/// The weighting matrix that follows from structural errors: the inverse of the moments' covariance
/// (moments x moments), with the errors taken to be of this structure, centred or not.
pub fn updated_weighting(
    problem: &Problem,
    errors: &Spread,
    (structure, center): (ErrorStructure, bool),
) -> Matrix {
    let s = moment_covariance(problem, errors, structure, center);
    weights(&s, &natural_variances(problem, errors))
}

/// Rounding of the objective relative to it: instruments that nearly agree make the weighting
/// matrix large in some directions, and with it the rounding of the moments.
const OBJECTIVE_NOISE: f64 = 4e-12;

/// Most steps of iterated GMM.
const MOST_STEPS: usize = 20;

struct Run<'a> {
    problem: &'a Problem,
    settings: &'a EstimationSettings,
    workers: &'a dyn Workers,
    moments: Moments,
    structural: Structural,
    counters: Counters,
    evaluations: usize,
}

impl<'a> Run<'a> {
    fn new(
        problem: &'a Problem,
        settings: &'a EstimationSettings,
        workers: &'a dyn Workers,
    ) -> Self {
        Run {
            problem,
            settings,
            workers,
            moments: Moments::new(problem),
            structural: Structural::new(problem),
            counters: Counters::default(),
            evaluations: 0,
        }
    }

    /// Evaluates with derivatives; an evaluation with a failure is an error.
    fn evaluate(&mut self, values: &[f64]) -> Result<Evaluation, Box<Evaluation>> {
        let wanted = Wanted {
            tolerance: self.settings.inversion_tolerance,
            jacobian: true,
        };
        let at = match &self.settings.inversion {
            Some(own) => evaluate_with(self.problem, values, wanted, self.workers, own),
            None => evaluate(self.problem, values, wanted, self.workers),
        };
        self.evaluations += 1;
        self.counters.share_evaluations += at.counters.share_evaluations;
        self.counters.factorisations += at.counters.factorisations;
        self.counters.bounded_costs = at.counters.bounded_costs;
        if at.failure.is_some() {
            Err(Box::new(at))
        } else {
            Ok(at)
        }
    }

    /// Residuals of the least-squares problem, remembered or computed.
    fn residuals(
        &mut self,
        values: &[f64],
        weighting: &Weighting,
        step: usize,
        outside: &mut dyn Estimation,
    ) -> Recorded {
        if let Some(known) = outside.recall(step, values) {
            self.evaluations += 1;
            return known;
        }
        let recorded = self.evaluate(values).map_or(Recorded::default(), |at| {
            let point = self.moments.point(self.problem, weighting, values, &at);
            let slope = self.moments.slope(self.problem, weighting, &at, &point);
            Recorded {
                residual: point.residual,
                jacobian: slope.data,
            }
        });
        outside.record(step, values, &recorded);
        recorded
    }

    /// One step: the search for the minimum at a given weighting matrix.
    fn minimise(
        &mut self,
        start: &[f64],
        weighting: &Weighting,
        step: usize,
        outside: &mut dyn Estimation,
    ) -> StepReport {
        let nothing = start.is_empty() || self.settings.algorithm == Algorithm::Return;
        let before = self.evaluations;
        let mut report = if nothing {
            StepReport {
                objective: f64::NAN,
                gradient: f64::NAN,
                evaluations: 0,
                values: start.to_vec(),
                status: FitStatus::Evaluated,
            }
        } else {
            match self.settings.algorithm {
                Algorithm::Lbfgsb => self.quasi_newton(start, weighting, step, outside),
                _ => self.least_squares(start, weighting, step, outside),
            }
        };
        report.evaluations = self.evaluations - before;
        report
    }

    fn least_squares(
        &mut self,
        start: &[f64],
        weighting: &Weighting,
        step: usize,
        outside: &mut dyn Estimation,
    ) -> StepReport {
        let settings = optimize::Settings {
            factor: 1.0,
            gradient_tolerance: self.settings.gradient_tolerance,
            evaluations: self.settings.evaluations,
            noise: OBJECTIVE_NOISE,
            ..optimize::Settings::default()
        };
        let (lower, upper) = bounds(self.problem);
        let Ok(mut search) = optimize::LeastSquares::new(start, &lower, &upper, settings) else {
            return failed(start);
        };
        let mut progress = Progress {
            step,
            evaluations: 0,
            objective: f64::NAN,
            best: f64::NAN,
        };
        let mut status = FitStatus::Failed;
        loop {
            let point = search.next().to_vec();
            let recorded = self.residuals(&point, weighting, step, outside);
            progress.note(&recorded);
            let go_on = outside.proceed(&progress);
            match search.tell(recorded.into_evaluation()) {
                Ok(optimize::Step::Done(reason)) => status = of_reason(reason),
                Ok(optimize::Step::Continue) if go_on => continue,
                Ok(optimize::Step::Continue) => status = FitStatus::Interrupted,
                Err(_) => {}
            }
            let end = search.solution();
            return StepReport {
                objective: end.objective,
                gradient: end.gradient_norm(),
                evaluations: 0,
                values: end.x,
                status,
            };
        }
    }

    fn quasi_newton(
        &mut self,
        start: &[f64],
        weighting: &Weighting,
        step: usize,
        outside: &mut dyn Estimation,
    ) -> StepReport {
        let settings = optimize::QuasiNewtonSettings {
            gradient_tolerance: self.settings.gradient_tolerance,
            // An iteration that lowers the objective by less than one rounding unit is the last.
            objective_tolerance: f64::EPSILON,
            evaluations: self.settings.evaluations,
            ..optimize::QuasiNewtonSettings::default()
        };
        let (lower, upper) = bounds(self.problem);
        let scale = self.units(start, weighting);
        let mut progress = Progress {
            step,
            evaluations: 0,
            objective: f64::NAN,
            best: f64::NAN,
        };
        // Both closures of the search speak to the outside, one after the other.
        let shared = std::cell::RefCell::new((self, outside, &mut progress));
        let evaluate = |x: &[f64]| {
            let (run, outside, progress) = &mut *shared.borrow_mut();
            let recorded = run.residuals(x, weighting, step, *outside);
            progress.note(&recorded);
            recorded.into_value()
        };
        let keep_going = |_: optimize::Progress<'_>| {
            let (_, outside, progress) = &mut *shared.borrow_mut();
            outside.proceed(progress)
        };
        let within = (&lower[..], &upper[..]);
        let found =
            optimize::minimise_scaled(start, within, &scale, settings, evaluate, keep_going);
        let (run, outside, _) = shared.into_inner();
        let Ok(end) = found else {
            return failed(start);
        };
        let status = of_reason(end.reason);
        if status == FitStatus::Almost {
            // Rounding of the objective hides what is left from a search by its values; residuals
            // and their derivatives still show it.
            return run.least_squares(&end.x, weighting, step, outside);
        }
        StepReport {
            objective: end.objective,
            gradient: end
                .projected_gradient
                .iter()
                .fold(0.0, |m: f64, g| m.max(g.abs())),
            evaluations: 0,
            values: end.x,
            status,
        }
    }

    /// What a parameter moves by when residuals move by one, to first order at a point; one where
    /// nothing moves.
    fn units(&mut self, values: &[f64], weighting: &Weighting) -> Vec<f64> {
        let Ok(at) = self.evaluate(values) else {
            return vec![1.0; values.len()];
        };
        let point = self.moments.point(self.problem, weighting, values, &at);
        let slope = self.moments.slope(self.problem, weighting, &at, &point);
        let unit = |c: usize| {
            let column = slope.column(c);
            let size = vector::dot(&column, &column).sqrt();
            if size > 0.0 { 1.0 / size } else { 1.0 }
        };
        (0..values.len()).map(unit).collect()
    }

    /// The weighting matrix for the next step: the inverse of the moments' covariance.
    fn updated(&self, values: &[f64], at: &Evaluation, old: &Weighting) -> Weighting {
        let point = self.moments.point(self.problem, old, values, at);
        let errors = self.errors(values, &point.linear, at);
        let how = (self.settings.weighting, self.settings.center);
        self.moments
            .weighting(updated_weighting(self.problem, &errors, how))
    }

    /// Structural errors, and the covariance of micro moments.
    fn errors(&self, values: &[f64], linear: &Linear, at: &Evaluation) -> Spread {
        Spread {
            micro: spread(self.problem, values, at, self.workers),
            ..self.structural.errors(self.problem, values, linear, at)
        }
    }

    /// Whether there have been steps enough; `path` has all parameters at the end of each.
    fn done(&self, path: &[Vec<f64>]) -> bool {
        match self.settings.method {
            GmmMethod::OneStep => true,
            GmmMethod::TwoStep => path.len() >= 2,
            GmmMethod::Iterated => path.len() >= MOST_STEPS || settled(path),
        }
    }

    /// Searched parameters, then the ones that are solved for at a weighting matrix.
    fn all(&self, values: &[f64], at: &Evaluation, weighting: &Weighting) -> Vec<f64> {
        let point = self.moments.point(self.problem, weighting, values, at);
        let linear = point.linear;
        let solved = linear.beta.iter().chain(&linear.gamma);
        values.iter().chain(solved).copied().collect()
    }

    /// Everything that follows from the final parameters, recomputed there.
    fn finish(
        self,
        values: Vec<f64>,
        weighting: &Weighting,
        at: Evaluation,
        steps: Vec<StepReport>,
    ) -> Fit {
        let problem = self.problem;
        let point = self.moments.point(problem, weighting, &values, &at);
        let linear = point.linear.clone();
        let errors = self.errors(&values, &linear, &at);
        let slope = self.moments.slope(problem, weighting, &at, &point);
        let gradient: Vec<f64> = slope
            .transpose_apply(&point.residual)
            .iter()
            .map(|g| 2.0 * g)
            .collect();
        let (lower, upper) = bounds(problem);
        let projected_gradient = projected(&values, &gradient, &lower, &upper);
        let (inference, spread) =
            self.standard_errors(weighting, (&at, &point), &errors, steps.len());
        let last = steps.last().map_or(FitStatus::Evaluated, |s| s.status);
        let held = flat_spreads(self.problem, &at)
            .iter()
            .filter(|h| **h)
            .count();
        let determined = inference.rank + held == inference.g.columns;
        Fit {
            status: if determined {
                last
            } else {
                FitStatus::NotIdentified
            },
            objective: vector::dot(&point.residual, &point.residual),
            projected_gradient,
            gradient,
            moments: point.mean,
            crossed: problem.crossed().is_some(),
            linear,
            values,
            at,
            errors,
            weighting: weighting.w.clone(),
            spread,
            inference,
            steps,
            counters: self.counters,
            evaluations: self.evaluations,
        }
    }

    /// Whether the weighting matrix of the last step rests on estimated errors.
    fn has_estimated_weighting(&self, steps: usize) -> bool {
        let given = self.settings.weighting_matrix.as_ref();
        steps > 1 || given.is_some_and(|g| g.estimated)
    }

    fn standard_errors(
        &self,
        weighting: &Weighting,
        (at, point): (&Evaluation, &Point),
        errors: &Spread,
        steps: usize,
    ) -> (Inference, Matrix) {
        let structure = self.settings.errors;
        let s = moment_covariance(self.problem, errors, structure, self.settings.center);
        let held = flat_spreads(self.problem, at);
        let with = |weighting: &Weighting, s: Option<&Matrix>| {
            let how = (&self.moments, weighting);
            inference(self.problem, how, (at, point), s, &held)
        };
        let sandwich = structure != ErrorStructure::Unadjusted || self.problem.crossed().is_some();
        let i = if sandwich {
            with(weighting, Some(&s))
        } else if self.has_estimated_weighting(steps) {
            with(weighting, None)
        } else {
            let natural = natural_variances(self.problem, errors);
            with(&self.moments.weighting(weights(&s, &natural)), None)
        };
        (i, s)
    }
}

/// Utility by which a spread that stands at zero moves mean utilities, for one of its own column.
const FLAT: f64 = 1e-6;

/// Which spreads of tastes stand at zero, where by symmetry nothing moves with them: their
/// derivatives vanish with them, and they have no standard error (Ketz 2019).
fn flat_spreads(problem: &Problem, at: &Evaluation) -> Vec<bool> {
    let largest = |values: &[f64]| values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let flat = |c: usize, row: usize| {
        let moved = at.d_delta.column(c);
        let mut begin = 0;
        problem.markets.iter().all(|m| {
            let own = &moved[begin..begin + m.products()];
            begin += m.products();
            largest(own) <= FLAT * largest(m.x2(row))
        })
    };
    let free = problem.parameters.free.iter().enumerate();
    free.map(|(c, p)| matches!(p.kind, Kind::Sigma { row, .. } if flat(c, row)))
        .collect()
}

fn bounds(problem: &Problem) -> (Vec<f64>, Vec<f64>) {
    let free = &problem.parameters.free;
    (
        free.iter().map(|p| p.lower).collect(),
        free.iter().map(|p| p.upper).collect(),
    )
}

/// Largest gradient element that does not push against a bound.
fn projected(x: &[f64], gradient: &[f64], lower: &[f64], upper: &[f64]) -> f64 {
    (0..x.len())
        .filter(|k| {
            !((x[*k] <= lower[*k] && gradient[*k] > 0.0)
                || (x[*k] >= upper[*k] && gradient[*k] < 0.0))
        })
        .fold(0.0, |m, k| gradient[k].abs().max(m))
}

/// Whether the last two steps agree in every parameter to 1e-8 of its size.
fn settled(path: &[Vec<f64>]) -> bool {
    let [.., a, b] = path else { return false };
    let close = |(x, y): (&f64, &f64)| (x - y).abs() <= 1e-8 * (x.abs() + 1e-8);
    a.iter().zip(b).all(close)
}

fn of_reason(reason: optimize::Reason) -> FitStatus {
    match reason {
        optimize::Reason::Gradient => FitStatus::Converged,
        optimize::Reason::EvaluationLimit => FitStatus::LimitReached,
        optimize::Reason::StartFailed => FitStatus::Failed,
        optimize::Reason::Interrupted => FitStatus::Interrupted,
        _ => FitStatus::Almost,
    }
}

fn failed(start: &[f64]) -> StepReport {
    StepReport {
        objective: f64::NAN,
        gradient: f64::NAN,
        evaluations: 0,
        values: start.to_vec(),
        status: FitStatus::Failed,
    }
}
