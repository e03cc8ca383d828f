//! What is checked at the estimates, recomputed from the parameters alone.

use entrant_data::result::estimation::EstimateCertificate;
use entrant_estimate::blp::{Evaluation, Parameter, Problem, Wanted, Workers, evaluate_from};
use entrant_estimate::gmm::{Fit, Moments, Weighting};
use entrant_numeric::dense::{self, Matrix};
use entrant_numeric::optimize::hessian_by_differences;

use super::report::Made;
use super::words::known;

/// Most consumer choices (products x consumers, over markets, evaluations of the objective) for
/// which a Hessian is computed by differences.
const CHEAP: usize = 50_000_000;
/// Width of a difference, in units of a parameter or of one where that is larger: the cube root
/// of the rounding unit balances rounding against curvature.
const WIDTH: f64 = 6e-6;

/// Residuals, gradient and curvature at the estimates.
pub(super) fn certificate(made: &Made<'_>) -> EstimateCertificate {
    let spec = &made.loaded.study.estimate;
    let surface = Surface::new(made);
    let inner = interior(&made.problem.parameters.free, &made.fit.values);
    EstimateCertificate {
        inversion_residual: made.fit.at.residual,
        inversion_tolerance: spec.inversion_tolerance,
        projected_gradient: known(made.fit.projected_gradient),
        gradient_tolerance: spec.optimizer.gradient_tolerance,
        gauss_newton_eigenvalues: eigenvalues(&surface.gauss_newton(made.fit), &inner),
        hessian_eigenvalues: surface
            .hessian(made)
            .map_or(Vec::new(), |h| eigenvalues(&h, &inner)),
    }
}

/// Parameters that stand at no bound.
fn interior(free: &[Parameter], values: &[f64]) -> Vec<usize> {
    let inside = |k: &usize| free[*k].lower < values[*k] && values[*k] < free[*k].upper;
    (0..free.len()).filter(inside).collect()
}

fn eigenvalues(a: &Matrix, kept: &[usize]) -> Vec<f64> {
    let part = a.select(kept).transpose().select(kept);
    if part.data.iter().all(|v| v.is_finite()) {
        dense::symmetric_eigen(&part).0
    } else {
        Vec::new()
    }
}

/// The objective of the last step around the estimates.
struct Surface<'a> {
    problem: &'a Problem,
    workers: &'a dyn Workers,
    moments: Moments,
    weighting: Weighting,
    wanted: Wanted,
}

impl<'a> Surface<'a> {
    fn new(made: &Made<'a>) -> Self {
        let moments = Moments::new(made.problem);
        Surface {
            problem: made.problem,
            workers: made.workers,
            weighting: moments.weighting(made.fit.weighting.clone()),
            moments,
            wanted: Wanted {
                tolerance: made.loaded.study.estimate.inversion_tolerance,
                jacobian: true,
            },
        }
    }

    /// Least-squares residuals (moments) and their derivatives `J` (moments x parameters).
    fn residual(&self, values: &[f64], at: &Evaluation) -> (Vec<f64>, Matrix) {
        let (moments, weighting) = (&self.moments, &self.weighting);
        let point = moments.point(self.problem, weighting, values, at);
        let slope = moments.slope(self.problem, weighting, at, &point);
        (point.residual, slope)
    }

    /// `2 J'J`.
    fn gauss_newton(&self, fit: &Fit) -> Matrix {
        let (_, j) = self.residual(&fit.values, &fit.at);
        j.transpose_times(&j).scaled(2.0)
    }

    /// `2 J'r` close to the estimates; `None` where a market has no answer.
    fn gradient(&self, fit: &Fit, values: &[f64]) -> Option<Vec<f64>> {
        let from = predicted(fit, values);
        let (problem, wanted) = (self.problem, self.wanted);
        let at = evaluate_from(problem, values, wanted, self.workers, &from);
        if at.failure.is_some() {
            return None;
        }
        let (residual, j) = self.residual(values, &at);
        let slope = j.transpose_apply(&residual);
        Some(slope.iter().map(|g| 2.0 * g).collect())
    }

    /// The Hessian by differences, where it is cheap; parameters are brought to one size first.
    fn hessian(&self, made: &Made<'_>) -> Option<Matrix> {
        let x = &made.fit.values;
        if made.stopped || 2 * x.len() * choices(self.problem) > CHEAP {
            return None;
        }
        let size: Vec<f64> = x.iter().map(|v| v.abs().max(1.0)).collect();
        let free = &self.problem.parameters.free;
        let over = |v: f64, k: usize| v / size[k];
        let unit: Vec<f64> = x.iter().zip(0..).map(|(v, k)| over(*v, k)).collect();
        let lower: Vec<f64> = free
            .iter()
            .zip(0..)
            .map(|(p, k)| over(p.lower, k))
            .collect();
        let upper: Vec<f64> = free
            .iter()
            .zip(0..)
            .map(|(p, k)| over(p.upper, k))
            .collect();
        let gradient = |u: &[f64]| {
            let values: Vec<f64> = u.iter().zip(&size).map(|(u, s)| u * s).collect();
            let slope = self.gradient(made.fit, &values)?;
            Some(slope.iter().zip(&size).map(|(g, s)| g * s).collect())
        };
        let n = x.len();
        let mut h = hessian_by_differences(gradient, &unit, &lower, &upper, WIDTH).ok()??;
        for (at, v) in h.iter_mut().enumerate() {
            *v /= size[at / n] * size[at % n];
        }
        Some(Matrix::new(n, n, h))
    }
}

/// Mean utilities (rows) that their derivatives at the estimates predict for values close by.
fn predicted(fit: &Fit, values: &[f64]) -> Vec<f64> {
    let moved = values.iter().zip(&fit.values).map(|(v, at)| v - at);
    let moved: Vec<f64> = moved.take(fit.at.d_delta.columns).collect();
    let mut out = fit.at.d_delta.apply(&moved);
    out.resize(fit.at.delta.len(), 0.0);
    for (o, delta) in out.iter_mut().zip(&fit.at.delta) {
        *o += delta;
    }
    out
}

/// Choices of consumers among products that one evaluation goes through.
fn choices(problem: &Problem) -> usize {
    let of = |m: &entrant_estimate::blp::MarketData| m.products() * m.consumers();
    problem.markets.iter().map(of).sum()
}
