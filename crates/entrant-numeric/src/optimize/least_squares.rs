//! Nonlinear least squares in a box, in the manner of NL2SOL.
//!
//! Dennis, Gay and Welsch 1981 (ACM TOMS 7, 348-368): the Hessian of `r'r/2` is `J'J` plus a
//! second-order part that a secant matrix approximates. Two models, Gauss-Newton and augmented,
//! predict every step, and the one that predicts better takes over. Steps are minima of the
//! model in a trust region whose axes follow the columns of the Jacobian, so that the units of
//! the unknowns do not matter.

use serde::{Deserialize, Serialize};

use super::point::{Point, shrinking};
use super::secant;
use super::settings::{Evaluation, Mistake, Reason, Settings, Solution, Step};
use super::trust_region::{Region, multiply};
use super::{bits, bounds};

/// Smallest part of the predicted fall that makes a step acceptable.
const ACCEPT: f64 = 1e-4;
/// How much better the other model must predict to take over (NL2SOL's 1.5).
const BETTER: f64 = 1.5;
/// How slowly an axis of the trust region forgets a long column (NL2SOL's DFAC).
const MEMORY: f64 = 0.6;

/// Minimises `factor r(x)'r(x)` over `lower <= x <= upper`.
///
/// A state machine: [`next`](Self::next) names a point, [`tell`](Self::tell) takes what was
/// found there. The state can be stored between the two and read back; its numbers are written
/// by their bits (16 hexadecimal digits each), so that the search goes on as if it had never
/// stopped, in any format and with infinite bounds. What is read back is checked for shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State")]
pub struct LeastSquares(State);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct State {
    settings: Settings,
    #[serde(with = "bits")]
    lower: Vec<f64>,
    #[serde(with = "bits")]
    upper: Vec<f64>,
    /// The point to evaluate next.
    #[serde(with = "bits")]
    trial: Vec<f64>,
    /// The best point so far.
    best: Option<Point>,
    /// Secant approximation of the second-order part (n x n).
    #[serde(with = "bits")]
    second: Vec<f64>,
    /// Axes of the trust region (n).
    #[serde(with = "bits")]
    scale: Vec<f64>,
    #[serde(with = "bits::one")]
    radius: f64,
    model: Model,
    /// Fall of the half sum of squares that each model predicts at the trial point.
    #[serde(with = "bits")]
    predicted: Vec<f64>,
    /// Whether the model was switched since the last accepted step.
    switched: bool,
    evaluations: usize,
    accepted: usize,
    done: Option<Reason>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Model {
    GaussNewton,
    Augmented,
}

impl Model {
    fn other(self) -> Model {
        match self {
            Model::GaussNewton => Model::Augmented,
            Model::Augmented => Model::GaussNewton,
        }
    }
}

/// Minimises a sum of squares with a callback; see [`LeastSquares`].
///
/// `evaluate` returns `None` where there is no value; the step is then shortened.
///
/// # Errors
/// A [`Mistake`] of the caller in start, bounds or the shape of an evaluation.
pub fn minimise(
    start: &[f64],
    lower: &[f64],
    upper: &[f64],
    settings: Settings,
    mut evaluate: impl FnMut(&[f64]) -> Option<Evaluation>,
) -> Result<Solution, Mistake> {
    let mut search = LeastSquares::new(start, lower, upper, settings)?;
    loop {
        let found = evaluate(search.next());
        if let Step::Done(_) = search.tell(found)? {
            return Ok(search.solution());
        }
    }
}

impl LeastSquares {
    /// A search from `start` (moved into the box if it lies outside). Equal bounds fix an
    /// unknown; infinite ones leave it free.
    ///
    /// # Errors
    /// Lengths that differ, a start that is not finite, bounds that exclude every value.
    pub fn new(
        start: &[f64],
        lower: &[f64],
        upper: &[f64],
        settings: Settings,
    ) -> Result<Self, Mistake> {
        bounds::check(start, lower, upper)?;
        let n = start.len();
        Ok(LeastSquares(State {
            settings,
            lower: lower.to_vec(),
            upper: upper.to_vec(),
            trial: bounds::project(start, lower, upper),
            best: None,
            second: vec![0.0; n * n],
            scale: vec![0.0; n],
            radius: 0.0,
            model: Model::GaussNewton,
            predicted: vec![0.0; 2],
            switched: false,
            evaluations: 0,
            accepted: 0,
            done: None,
        }))
    }

    /// The point to evaluate (n), inside the box; the last one when the search has ended.
    pub fn next(&self) -> &[f64] {
        &self.0.trial
    }

    /// Takes what was found at [`next`](Self::next) and says whether to go on. `None`, or
    /// anything that is not finite, means that there is no value there.
    ///
    /// # Errors
    /// An evaluation whose shape does not fit; the state is then as before.
    pub fn tell(&mut self, evaluation: Option<Evaluation>) -> Result<Step, Mistake> {
        if let Some(reason) = self.0.done {
            return Ok(Step::Done(reason));
        }
        let found = self.0.usable(evaluation)?;
        self.0.evaluations += 1;
        let stop = self.0.learn(found).or_else(|| self.0.propose());
        self.0.done = stop;
        Ok(stop.map_or(Step::Continue, Step::Done))
    }

    /// The best point so far and how the search went; before the end, the reason given is the
    /// evaluation limit.
    pub fn solution(&self) -> Solution {
        let state = &self.0;
        let reason = state.done.unwrap_or(Reason::EvaluationLimit);
        let (evaluations, accepted) = (state.evaluations, state.accepted);
        let Some(best) = state.best.clone() else {
            return Solution {
                x: state.trial.clone(),
                residual: Vec::new(),
                jacobian: Vec::new(),
                objective: f64::INFINITY,
                projected_gradient: vec![f64::NAN; state.trial.len()],
                evaluations,
                accepted,
                reason,
            };
        };
        Solution {
            objective: 2.0 * state.settings.factor * best.half_square(),
            projected_gradient: state.projected_gradient(&best),
            x: best.x,
            residual: best.residual,
            jacobian: best.jacobian,
            evaluations,
            accepted,
            reason,
        }
    }
}

impl State {
    fn usable(&self, evaluation: Option<Evaluation>) -> Result<Option<Point>, Mistake> {
        let Some(Evaluation { residual, jacobian }) = evaluation else {
            return Ok(None);
        };
        let rows = self
            .best
            .as_ref()
            .map_or(residual.len(), |p| p.residual.len());
        let expected = rows * self.trial.len();
        if residual.len() != rows || jacobian.len() != expected {
            return Err(Mistake::Shape {
                residuals: residual.len(),
                derivatives: jacobian.len(),
                expected,
            });
        }
        let point = Point {
            x: self.trial.clone(),
            residual,
            jacobian,
        };
        let finite =
            point.half_square().is_finite() && point.jacobian.iter().all(|v| v.is_finite());
        Ok(finite.then_some(point))
    }

    fn learn(&mut self, found: Option<Point>) -> Option<Reason> {
        let stop = match (self.best.take(), found) {
            (None, None) => return Some(Reason::StartFailed),
            (None, Some(start)) => self.begin(start),
            (Some(best), None) => self.retreat(best),
            (Some(best), Some(trial)) => self.judge(best, trial),
        };
        let best = self.best.as_ref()?;
        let norm = bounds::largest(&self.projected_gradient(best));
        if norm <= self.settings.gradient_tolerance {
            return Some(Reason::Gradient);
        }
        let spent = self.evaluations >= self.settings.evaluations;
        stop.or(spent.then_some(Reason::EvaluationLimit))
    }

    fn begin(&mut self, start: Point) -> Option<Reason> {
        self.rescale(&start);
        let length = self.scaled_length(&start.x);
        let unit = if length > 0.0 { length } else { 1.0 };
        self.radius = self.settings.initial_radius * unit;
        self.best = Some(start);
        None
    }

    fn retreat(&mut self, best: Point) -> Option<Reason> {
        self.radius = 0.25 * self.trial_length(&best);
        self.best = Some(best);
        None
    }

    fn judge(&mut self, best: Point, trial: Point) -> Option<Reason> {
        let fall = best.half_square() - trial.half_square();
        let predicted = self.predicted[self.model as usize];
        if fall >= ACCEPT * predicted || self.better_within_rounding(&best, &trial, fall) {
            self.accept(&best, trial, fall)
        } else {
            self.reject(best, &trial, fall);
            None
        }
    }

    /// When the fall is lost in rounding, the gradient decides.
    fn better_within_rounding(&self, best: &Point, trial: &Point, fall: f64) -> bool {
        let rounding = self.settings.noise * best.half_square();
        let predicted = self.predicted[self.model as usize];
        let slope = |p: &Point| self.steepness(&self.projected_gradient(p));
        fall.abs() <= rounding && predicted <= rounding && slope(trial) < 0.9 * slope(best)
    }

    fn steepness(&self, gradient: &[f64]) -> f64 {
        let scaled = gradient
            .iter()
            .zip(&self.scale)
            .map(|(g, d)| (g / d).powi(2));
        scaled.sum::<f64>().sqrt()
    }

    fn accept(&mut self, best: &Point, trial: Point, fall: f64) -> Option<Reason> {
        let length = self.trial_length(best);
        let predicted = self.predicted[self.model as usize];
        let stop = self.settled(best, &trial, fall);
        let switch = self.other_is_better(fall);
        if switch {
            self.model = self.model.other();
        } else if fall < 0.25 * predicted {
            self.radius = length * shrinking(best, &trial, fall);
        }
        if fall >= 0.75 * predicted {
            self.radius = self.radius.max(2.0 * length);
        }
        self.learn_curvature(best, &trial);
        self.rescale(&trial);
        self.best = Some(trial);
        self.accepted += 1;
        self.switched = false;
        stop
    }

    fn reject(&mut self, best: Point, trial: &Point, fall: f64) {
        if !self.switched && self.other_is_better(fall) {
            self.model = self.model.other();
            self.switched = true;
        } else {
            self.radius = self.trial_length(&best) * shrinking(&best, trial, fall);
        }
        self.best = Some(best);
    }

    fn other_is_better(&self, fall: f64) -> bool {
        let miss = |m: Model| (self.predicted[m as usize] - fall).abs();
        BETTER * miss(self.model.other()) < miss(self.model)
    }

    fn learn_curvature(&mut self, old: &Point, new: &Point) {
        let step: Vec<f64> = new.x.iter().zip(&old.x).map(|(a, b)| a - b).collect();
        let gradient = new.gradient();
        let minus = |b: Vec<f64>| {
            gradient
                .iter()
                .zip(b)
                .map(|(a, b)| a - b)
                .collect::<Vec<f64>>()
        };
        let lesson = secant::Lesson {
            step: &step,
            gradient_change: &minus(old.gradient()),
            second_change: &minus(old.weighted(&new.residual)),
            first_order: &multiply(&new.normal(), &step),
        };
        secant::update(&mut self.second, &lesson);
    }

    /// Axes of the trust region: the lengths of the model's columns, falling slowly.
    fn rescale(&mut self, point: &Point) {
        let (n, normal) = (self.scale.len(), point.normal());
        for i in 0..n {
            let column = (normal[i * n + i] + self.second[i * n + i].max(0.0)).sqrt();
            let scale = column.max(MEMORY * self.scale[i]);
            self.scale[i] = if scale > 0.0 { scale } else { 1.0 };
        }
    }

    fn scaled_length(&self, v: &[f64]) -> f64 {
        let scaled = v.iter().zip(&self.scale).map(|(v, d)| (v * d).powi(2));
        scaled.sum::<f64>().sqrt()
    }

    fn trial_length(&self, best: &Point) -> f64 {
        let step: Vec<f64> = self.trial.iter().zip(&best.x).map(|(a, b)| a - b).collect();
        self.scaled_length(&step)
    }

    fn settled(&self, best: &Point, trial: &Point, fall: f64) -> Option<Reason> {
        let settings = self.settings;
        let small = settings.objective_tolerance * best.half_square();
        let predicted = self.predicted[self.model as usize];
        if self.relative_step(best, trial) <= settings.step_tolerance {
            return Some(Reason::Step);
        }
        let settled = small > 0.0 && fall.abs() <= small && predicted <= small;
        settled.then_some(Reason::Objective)
    }

    fn relative_step(&self, best: &Point, trial: &Point) -> f64 {
        let (mut step, mut size) = (0.0_f64, 0.0_f64);
        for i in 0..self.scale.len() {
            step = step.max(self.scale[i] * (trial.x[i] - best.x[i]).abs());
            size = size.max(self.scale[i] * (trial.x[i].abs() + best.x[i].abs()));
        }
        if size > 0.0 { step / size } else { 0.0 }
    }

    fn projected_gradient(&self, point: &Point) -> Vec<f64> {
        let gradient: Vec<f64> = point.gradient();
        let gradient: Vec<f64> = gradient
            .iter()
            .map(|g| 2.0 * self.settings.factor * g)
            .collect();
        bounds::projected_gradient(&point.x, &gradient, &self.lower, &self.upper)
    }

    /// Chooses the next trial point; a reason to stop when there is none.
    fn propose(&mut self) -> Option<Reason> {
        let best = self.best.as_ref()?;
        let (gradient, normal) = (best.gradient(), best.normal());
        let full: Vec<f64> = normal
            .iter()
            .zip(&self.second)
            .map(|(a, b)| a + b)
            .collect();
        let away = |bounds: &[f64]| -> Vec<f64> {
            bounds.iter().zip(&best.x).map(|(b, x)| b - x).collect()
        };
        let (low, high) = (away(&self.lower), away(&self.upper));
        let region = |hessian| Region {
            gradient: &gradient,
            hessian,
            scale: &self.scale,
            radius: self.radius,
            low: &low,
            high: &high,
        };
        let step = match self.model {
            Model::GaussNewton => region(&normal).minimum(),
            Model::Augmented => region(&full).minimum(),
        };
        let predicted = vec![-region(&normal).value(&step), -region(&full).value(&step)];
        let trial = self.moved(&best.x, &step);
        let moved = trial != best.x && predicted[self.model as usize] > 0.0;
        (self.trial, self.predicted) = (trial, predicted);
        (!moved).then_some(Reason::NoProgress)
    }

    /// `x + step`, on the bound exactly where the step reaches it.
    fn moved(&self, x: &[f64], step: &[f64]) -> Vec<f64> {
        let entry = |i: usize| {
            let (lower, upper) = (self.lower[i], self.upper[i]);
            if step[i] <= lower - x[i] {
                lower
            } else if step[i] >= upper - x[i] {
                upper
            } else {
                (x[i] + step[i]).clamp(lower, upper)
            }
        };
        (0..x.len()).map(entry).collect()
    }
}

impl TryFrom<State> for LeastSquares {
    type Error = String;

    fn try_from(state: State) -> Result<Self, String> {
        let n = state.trial.len();
        let vectors = [&state.lower, &state.upper, &state.scale];
        let fits = vectors.iter().all(|v| v.len() == n)
            && state.second.len() == n * n
            && state.predicted.len() == 2
            && state.best.as_ref().is_none_or(|p| p.fits(n));
        if fits {
            Ok(LeastSquares(state))
        } else {
            Err("the parts of the stored search differ in length".into())
        }
    }
}
