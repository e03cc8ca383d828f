//! A quasi-Newton search in units in which every parameter matters alike.

use std::cell::Cell;

use super::bounds;
use super::quasi_newton::{
    Progress, QuasiNewtonSettings, QuasiNewtonSolution, Value, minimise_by_gradient,
};
use super::settings::{Mistake, Reason};

/// [`minimise_by_gradient`] in `u = x / scale`, where curvatures are of one size if `scale` is one
/// over their roots; a quasi-Newton method starts from equal ones, and learns others slowly. Points,
/// gradients and the tolerance of the gradient are in the units of `x` throughout.
///
/// `scale` (n) is positive.
///
/// # Errors
/// Those of [`minimise_by_gradient`].
pub fn minimise_scaled(
    start: &[f64],
    (lower, upper): (&[f64], &[f64]),
    scale: &[f64],
    settings: QuasiNewtonSettings,
    mut evaluate: impl FnMut(&[f64]) -> Option<Value>,
    mut keep_going: impl FnMut(Progress<'_>) -> bool,
) -> Result<QuasiNewtonSolution, Mistake> {
    let over = |x: &[f64]| -> Vec<f64> { x.iter().zip(scale).map(|(x, s)| x / s).collect() };
    let times = |u: &[f64]| -> Vec<f64> { u.iter().zip(scale).map(|(u, s)| u * s).collect() };
    // Bounds hold to the last bit: what is a bound in one unit is the bound in the other.
    let back = |u: &[f64]| bounds::project(&times(u), lower, upper);
    let steepest = Cell::new(f64::INFINITY);
    let ended = Cell::new(false);
    let scaled = |u: &[f64]| {
        let x = back(u);
        let found = evaluate(&x)?;
        let projected = bounds::projected_gradient(&x, &found.gradient, lower, upper);
        steepest.set(bounds::largest(&projected));
        Some(Value {
            objective: found.objective,
            gradient: times(&found.gradient),
        })
    };
    let watched = |p: Progress<'_>| {
        let going = keep_going(Progress { x: &back(p.x), ..p });
        let flat = p.objective.is_some() && steepest.get() <= settings.gradient_tolerance;
        ended.set(going && flat);
        going && !flat
    };
    let inner = QuasiNewtonSettings {
        gradient_tolerance: 0.0,
        ..settings
    };
    let (start, low, high) = (over(start), over(lower), over(upper));
    let found = minimise_by_gradient(&start, &low, &high, inner, scaled, watched)?;
    let x = back(&found.x);
    let gradient = over(&found.gradient);
    let projected_gradient = bounds::projected_gradient(&x, &gradient, lower, upper);
    let met = bounds::largest(&projected_gradient) <= settings.gradient_tolerance;
    Ok(QuasiNewtonSolution {
        reason: match (met, ended.get()) {
            (true, _) => Reason::Gradient,
            // Flat where the objective is above the least by rounding.
            (false, true) => Reason::NoProgress,
            (false, false) => found.reason,
        },
        x,
        gradient,
        projected_gradient,
        ..found
    })
}
