//! Minimisation by value and gradient alone: bounded limited-memory BFGS and plain BFGS.
//!
//! The only file that names the library behind them (its L-BFGS-B is a port of the Fortran 3.0
//! code that `SciPy` also calls). For sums of squares prefer [`super::LeastSquares`].

use std::cell::RefCell;

use basin::{
    ApplicationStop, Bfgs, BoxBounds, ConstraintDescription, ConstraintSet, ConstraintSolveError,
    Constraints, CostFunction, Executor, FirstOrderState, Gradient, GradientState, Lbfgsb,
    Termination,
};

use super::bounds;
use super::settings::{Mistake, Reason};

/// Objective and gradient at one point.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// Objective.
    pub objective: f64,
    /// Its gradient (n).
    pub gradient: Vec<f64>,
}

/// Which quasi-Newton method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Byrd, Lu, Nocedal and Zhu 1995, with bounds (`l-bfgs-b`).
    LimitedMemory,
    /// Full inverse Hessian, strong Wolfe line search; bounds are an error (`bfgs`).
    Full,
}

/// How a quasi-Newton search works and when it stops.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuasiNewtonSettings {
    /// The method.
    pub method: Method,
    /// Stops when no entry of the projected gradient (`P(x - g) - x` for the bounded method) is
    /// larger than this.
    pub gradient_tolerance: f64,
    /// Stops when an iteration lowers the objective by less than this, relative to the larger
    /// of its size and one (`ftol` of `SciPy`; bounded method only); zero switches the test off.
    pub objective_tolerance: f64,
    /// Largest number of evaluations.
    pub evaluations: usize,
    /// Number of remembered steps of the bounded method.
    pub memory: usize,
}

impl Default for QuasiNewtonSettings {
    fn default() -> Self {
        QuasiNewtonSettings {
            method: Method::LimitedMemory,
            gradient_tolerance: 1e-8,
            objective_tolerance: 0.0,
            evaluations: 1000,
            memory: 10,
        }
    }
}

/// Where a quasi-Newton search stands, after each evaluation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress<'a> {
    /// Number of evaluations so far.
    pub evaluations: usize,
    /// The point just evaluated (n).
    pub x: &'a [f64],
    /// Objective there; `None` where there is none.
    pub objective: Option<f64>,
}

/// What a quasi-Newton search found.
#[derive(Debug, Clone, PartialEq)]
pub struct QuasiNewtonSolution {
    /// The best point evaluated (n).
    pub x: Vec<f64>,
    /// Objective there; infinite when there is no value at the start.
    pub objective: f64,
    /// Gradient there (n).
    pub gradient: Vec<f64>,
    /// Gradient with entries that point out of the box set to zero (n).
    pub projected_gradient: Vec<f64>,
    /// Number of evaluations.
    pub evaluations: usize,
    /// Why the search ended.
    pub reason: Reason,
}

/// Minimises an objective over `lower <= x <= upper` by its gradient.
///
/// `evaluate` returns `None` where there is no value (the line search then turns back);
/// `keep_going` is asked after every evaluation and ends the search by `false`. A search cannot
/// be stored; it is deterministic, so a caller that keeps the values found can replay it.
///
/// # Errors
/// A [`Mistake`] in start or bounds, finite bounds for a method without, or a gradient of the
/// wrong length.
pub fn minimise_by_gradient(
    start: &[f64],
    lower: &[f64],
    upper: &[f64],
    settings: QuasiNewtonSettings,
    evaluate: impl FnMut(&[f64]) -> Option<Value>,
    keep_going: impl FnMut(Progress<'_>) -> bool,
) -> Result<QuasiNewtonSolution, Mistake> {
    bounds::check(start, lower, upper)?;
    let start = bounds::project(start, lower, upper);
    let problem = Problem {
        log: RefCell::new(Log::new(evaluate, keep_going, settings.evaluations)),
        lower: lower.to_vec(),
        upper: upper.to_vec(),
    };
    let end = match settings.method {
        Method::LimitedMemory => problem.limited_memory(&start, settings),
        Method::Full => {
            bounds::check_free(lower, upper)?;
            problem.full(&start, settings)
        }
    };
    let log = problem.log.into_inner();
    match end {
        Err(Stop::Mistake(mistake)) => Err(mistake),
        Ok(reason) | Err(Stop::Reason(reason)) => Ok(log.solution(&start, lower, upper, reason)),
    }
}

/// Why the callback ends a search.
#[derive(Debug, Clone)]
enum Stop {
    Reason(Reason),
    Mistake(Mistake),
}

/// The callbacks and what they gave.
struct Log<F, K> {
    evaluate: F,
    keep_going: K,
    limit: usize,
    evaluations: usize,
    last: Option<(Vec<f64>, Value)>,
    best: Option<(Vec<f64>, Value)>,
}

impl<F, K> Log<F, K>
where
    F: FnMut(&[f64]) -> Option<Value>,
    K: FnMut(Progress<'_>) -> bool,
{
    fn new(evaluate: F, keep_going: K, limit: usize) -> Self {
        Log {
            evaluate,
            keep_going,
            limit,
            evaluations: 0,
            last: None,
            best: None,
        }
    }

    /// The value at `x`; a wall where there is none.
    fn at(&mut self, x: &[f64]) -> Result<Value, Stop> {
        if let Some((at, value)) = &self.last
            && at == x
        {
            return Ok(value.clone());
        }
        if self.evaluations >= self.limit {
            return Err(Stop::Reason(Reason::EvaluationLimit));
        }
        self.evaluations += 1;
        let found = sound((self.evaluate)(x), x.len())?;
        let progress = Progress {
            evaluations: self.evaluations,
            x,
            objective: found.as_ref().map(|v| v.objective),
        };
        let going = (self.keep_going)(progress);
        self.keep(x, found.as_ref());
        if !going {
            return Err(Stop::Reason(Reason::Interrupted));
        }
        let wall = || self.best.as_ref().map(|best| wall(best, x));
        let value = found
            .or_else(wall)
            .ok_or(Stop::Reason(Reason::StartFailed))?;
        self.last = Some((x.to_vec(), value.clone()));
        Ok(value)
    }

    fn keep(&mut self, x: &[f64], found: Option<&Value>) {
        let Some(value) = found else { return };
        let best = self.best.as_ref().map_or(f64::INFINITY, |b| b.1.objective);
        if value.objective <= best {
            self.best = Some((x.to_vec(), value.clone()));
        }
    }

    fn solution(
        self,
        start: &[f64],
        lower: &[f64],
        upper: &[f64],
        reason: Reason,
    ) -> QuasiNewtonSolution {
        let nothing = || {
            let gradient = vec![f64::NAN; start.len()];
            let objective = f64::INFINITY;
            (
                start.to_vec(),
                Value {
                    objective,
                    gradient,
                },
            )
        };
        let (x, value) = self.best.unwrap_or_else(nothing);
        QuasiNewtonSolution {
            projected_gradient: bounds::projected_gradient(&x, &value.gradient, lower, upper),
            x,
            objective: value.objective,
            gradient: value.gradient,
            evaluations: self.evaluations,
            reason,
        }
    }
}

/// A value for a point that has none: rises from the best point as fast as the objective falls
/// there, which sends an interpolating line search back to a fifth of its step.
fn wall((at, value): &(Vec<f64>, Value), x: &[f64]) -> Value {
    let slope: f64 = (0..x.len())
        .map(|i| value.gradient[i] * (x[i] - at[i]))
        .sum();
    let steepness = if slope < 0.0 { -2.0 } else { 2.0 };
    Value {
        objective: value.objective + slope.abs(),
        gradient: value.gradient.iter().map(|g| steepness * g).collect(),
    }
}

fn sound(found: Option<Value>, n: usize) -> Result<Option<Value>, Stop> {
    match found {
        Some(value) if value.gradient.len() != n => Err(Stop::Mistake(Mistake::Shape {
            residuals: 1,
            derivatives: value.gradient.len(),
            expected: n,
        })),
        Some(value) => {
            let finite =
                value.objective.is_finite() && value.gradient.iter().all(|g| g.is_finite());
            Ok(finite.then_some(value))
        }
        None => Ok(None),
    }
}

struct Problem<F, K> {
    log: RefCell<Log<F, K>>,
    lower: Vec<f64>,
    upper: Vec<f64>,
}

impl<F, K> Problem<F, K>
where
    F: FnMut(&[f64]) -> Option<Value>,
    K: FnMut(Progress<'_>) -> bool,
{
    fn limited_memory(&self, start: &[f64], settings: QuasiNewtonSettings) -> Result<Reason, Stop> {
        let relative = settings.objective_tolerance;
        let solver = Lbfgsb::new()
            .with_m_capacity(settings.memory.max(1))
            .with_relative_cost_reduction_tolerance((relative > 0.0).then_some(relative))
            .with_absolute_projected_gradient_tolerance(Some(settings.gradient_tolerance));
        let state = FirstOrderState::new(start.to_vec());
        let run = Executor::new(self, solver, state).max_iter(u64::MAX).run();
        match run {
            Ok(result) => Ok(self.reason(&result.report.termination, settings)),
            Err(ConstraintSolveError::Evaluation(stop)) => Err(stop),
            Err(_) => Ok(Reason::NoProgress),
        }
    }

    fn full(&self, start: &[f64], settings: QuasiNewtonSettings) -> Result<Reason, Stop> {
        let tolerance = settings.gradient_tolerance;
        let flat = move |state: &FirstOrderState<Vec<f64>>| {
            let gradient = state.gradient()?;
            (bounds::largest(gradient) <= tolerance).then(|| ApplicationStop::new("flat"))
        };
        let state = FirstOrderState::new(start.to_vec());
        let executor = Executor::new(self, Bfgs::new(), state);
        let result = executor.max_iter(u64::MAX).stop_when(flat).run()?;
        Ok(self.reason(&result.report.termination, settings))
    }

    fn reason(&self, termination: &Termination, settings: QuasiNewtonSettings) -> Reason {
        let flat = self.log.borrow().best.as_ref().is_some_and(|(x, value)| {
            let left = bounds::projected_gradient(x, &value.gradient, &self.lower, &self.upper);
            bounds::largest(&left) <= settings.gradient_tolerance
        });
        match termination {
            _ if flat => Reason::Gradient,
            Termination::Application(_) => Reason::Gradient,
            Termination::Converged(_) => Reason::Objective,
            Termination::Limit(_) => Reason::EvaluationLimit,
            _ => Reason::NoProgress,
        }
    }
}

impl<F, K> CostFunction for &Problem<F, K>
where
    F: FnMut(&[f64]) -> Option<Value>,
    K: FnMut(Progress<'_>) -> bool,
{
    type Param = Vec<f64>;
    type Output = f64;
    type Error = Stop;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, Stop> {
        Ok(self.log.borrow_mut().at(x)?.objective)
    }
}

impl<F, K> Gradient for &Problem<F, K>
where
    F: FnMut(&[f64]) -> Option<Value>,
    K: FnMut(Progress<'_>) -> bool,
{
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Stop> {
        Ok(self.log.borrow_mut().at(x)?.gradient)
    }

    fn cost_and_gradient(&self, x: &Vec<f64>) -> Result<(f64, Vec<f64>), Stop> {
        let value = self.log.borrow_mut().at(x)?;
        Ok((value.objective, value.gradient))
    }
}

impl<F, K> Constraints for &Problem<F, K> {
    type Set = ConstraintSet<BoxBounds<Vec<f64>>>;

    fn constraints(&self) -> <Self::Set as ConstraintDescription>::Borrowed<'_> {
        ConstraintSet::new().with_bounds(BoxBounds::new(Some(&self.lower), Some(&self.upper)))
    }
}
