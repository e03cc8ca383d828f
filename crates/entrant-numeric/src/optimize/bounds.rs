//! A box, and what of a gradient remains in it.

use super::settings::Mistake;

/// Checks that a start and bounds make sense.
///
/// # Errors
/// Different lengths, a start that is not finite, a lower bound above the upper, `NaN`.
pub(super) fn check(start: &[f64], lower: &[f64], upper: &[f64]) -> Result<(), Mistake> {
    let n = start.len();
    if lower.len() != n || upper.len() != n {
        return Err(Mistake::Lengths {
            start: n,
            lower: lower.len(),
            upper: upper.len(),
        });
    }
    let sound = |i: &usize| {
        let nonempty = lower[*i] <= upper[*i];
        start[*i].is_finite()
            && nonempty
            && lower[*i] < f64::INFINITY
            && upper[*i] > f64::NEG_INFINITY
    };
    match (0..n).find(|i| !sound(i)) {
        None => Ok(()),
        Some(index) => Err(Mistake::Box {
            index,
            start: start[index],
            lower: lower[index],
            upper: upper[index],
        }),
    }
}

/// Checks that nothing is bounded.
///
/// # Errors
/// A finite bound.
#[cfg(feature = "quasi-newton")]
pub(super) fn check_free(lower: &[f64], upper: &[f64]) -> Result<(), Mistake> {
    match (0..lower.len()).find(|i| lower[*i].is_finite() || upper[*i].is_finite()) {
        None => Ok(()),
        Some(index) => Err(Mistake::Bounded { index }),
    }
}

/// The nearest point of the box.
pub(super) fn project(x: &[f64], lower: &[f64], upper: &[f64]) -> Vec<f64> {
    (0..x.len())
        .map(|i| x[i].clamp(lower[i], upper[i]))
        .collect()
}

/// Whether the box stops a move of entry `i` against the gradient.
pub(super) fn blocked(x: f64, gradient: f64, lower: f64, upper: f64) -> bool {
    lower >= upper || (x <= lower && gradient > 0.0) || (x >= upper && gradient < 0.0)
}

/// The gradient with blocked entries set to zero.
pub(super) fn projected_gradient(
    x: &[f64],
    gradient: &[f64],
    lower: &[f64],
    upper: &[f64],
) -> Vec<f64> {
    (0..x.len())
        .map(|i| {
            let stays = blocked(x[i], gradient[i], lower[i], upper[i]);
            if stays { 0.0 } else { gradient[i] }
        })
        .collect()
}

/// Largest absolute entry.
pub(super) fn largest(v: &[f64]) -> f64 {
    v.iter().fold(0.0, |m: f64, v| m.max(v.abs()))
}
