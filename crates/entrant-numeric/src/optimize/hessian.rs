//! A Hessian from differences of an analytic gradient.

use super::bounds;
use super::settings::Mistake;

/// Distance of the two points of a difference: the square root of the rounding unit.
pub const DIFFERENCE_STEP: f64 = 1.490_116_119_384_765_6e-8;

/// Symmetrised Hessian at `x`, row-major (n x n), from central differences of `gradient` over
/// `x - width/2` and `x + width/2` in each unknown ([`DIFFERENCE_STEP`] is the usual width when
/// the unknowns are of order one); at a bound the point outside the box is replaced by the bound,
/// and the row and column of an unknown with equal bounds are zero.
///
/// `None` when `gradient` fails anywhere.
///
/// # Errors
/// Lengths that differ, a point that is not finite, bounds that exclude every value.
pub fn hessian_by_differences(
    mut gradient: impl FnMut(&[f64]) -> Option<Vec<f64>>,
    x: &[f64],
    lower: &[f64],
    upper: &[f64],
    width: f64,
) -> Result<Option<Vec<f64>>, Mistake> {
    bounds::check(x, lower, upper)?;
    let x = bounds::project(x, lower, upper);
    let columns: Option<Vec<Vec<f64>>> = (0..x.len())
        .map(|k| column(&mut gradient, &x, k, (lower[k], upper[k]), width))
        .collect();
    Ok(columns.map(|columns| symmetric(&columns, lower, upper)))
}

/// Derivative of the gradient by unknown `k`.
fn column(
    gradient: &mut impl FnMut(&[f64]) -> Option<Vec<f64>>,
    x: &[f64],
    k: usize,
    (lower, upper): (f64, f64),
    width: f64,
) -> Option<Vec<f64>> {
    let (below, above) = (
        (x[k] - 0.5 * width).max(lower),
        (x[k] + 0.5 * width).min(upper),
    );
    if below >= above {
        return Some(vec![0.0; x.len()]);
    }
    let mut at = |value: f64| {
        let mut point = x.to_vec();
        point[k] = value;
        gradient(&point)
    };
    let (low, high) = (at(below)?, at(above)?);
    let slope = |(h, l): (&f64, &f64)| (h - l) / (above - below);
    Some(high.iter().zip(&low).map(slope).collect())
}

fn symmetric(columns: &[Vec<f64>], lower: &[f64], upper: &[f64]) -> Vec<f64> {
    let n = columns.len();
    let fixed = |i: usize| lower[i] >= upper[i];
    let entry = |i: usize, j: usize| {
        if fixed(i) || fixed(j) {
            0.0
        } else {
            f64::midpoint(columns[i][j], columns[j][i])
        }
    };
    (0..n * n).map(|at| entry(at / n, at % n)).collect()
}
