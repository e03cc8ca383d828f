//! Newton's method on numbers without units, with a Jacobian by differences that is kept while
//! it serves.

use entrant_numeric::linalg::Factored;

/// Residuals that are as small as arithmetic allows.
const TINY: f64 = 1e-15;
/// Below these a better Jacobian does not help.
const SMALL: f64 = 1e-13;
/// Steps with one Jacobian must shrink residuals at least by this.
const CONTRACTION: f64 = 0.1;
/// Most steps.
const STEPS: usize = 200;

/// Looks for a root of as many residuals as unknowns; residuals and unknowns are of the order of
/// one, and `f` is `None` where it has no value.
///
/// The best point seen is returned, whatever its residual.
pub(crate) fn solve(f: &dyn Fn(&[f64]) -> Option<Vec<f64>>, start: &[f64]) -> Option<Vec<f64>> {
    let mut x = start.to_vec();
    let mut r = f(&x)?;
    let mut jacobian: Option<(Factored, bool)> = None;
    for _ in 0..STEPS {
        if largest(&r) <= TINY || x.is_empty() {
            break;
        }
        let (matrix, fresh) = match jacobian.take() {
            Some(kept) => kept,
            None => match Factored::new(&differences(f, &x, &r)?, x.len()) {
                Some(factored) => (factored, true),
                None => break,
            },
        };
        let before = largest(&r);
        let last = fresh || before <= SMALL;
        let negative: Vec<f64> = r.iter().map(|v| -v).collect();
        let Some(step) = matrix.solve(&negative) else {
            if last {
                break;
            }
            continue;
        };
        let Some((to, there)) = line(f, &x, &step, before) else {
            if last {
                break;
            }
            continue;
        };
        (x, r) = (to, there);
        let contracts = before <= SMALL || largest(&r) <= CONTRACTION * before;
        jacobian = contracts.then_some((matrix, false));
    }
    Some(x)
}

/// The step, shortened until residuals fall.
fn line(
    f: &dyn Fn(&[f64]) -> Option<Vec<f64>>,
    x: &[f64],
    step: &[f64],
    before: f64,
) -> Option<(Vec<f64>, Vec<f64>)> {
    let mut scale = 1.0;
    for _ in 0..30 {
        let to: Vec<f64> = x.iter().zip(step).map(|(x, s)| x + scale * s).collect();
        if let Some(r) = f(&to).filter(|r| largest(r) < before) {
            return Some((to, r));
        }
        scale *= 0.5;
    }
    None
}

fn differences(f: &dyn Fn(&[f64]) -> Option<Vec<f64>>, x: &[f64], r: &[f64]) -> Option<Vec<f64>> {
    let n = x.len();
    let mut jacobian = vec![0.0; n * n];
    let mut shifted = x.to_vec();
    for k in 0..n {
        let h = 1e-7 * x[k].abs().max(1e-3);
        shifted[k] = x[k] + h;
        let (above, width) = if let Some(above) = f(&shifted) {
            (above, shifted[k] - x[k])
        } else {
            shifted[k] = x[k] - h;
            (f(&shifted)?, shifted[k] - x[k])
        };
        shifted[k] = x[k];
        for i in 0..n {
            jacobian[i * n + k] = (above[i] - r[i]) / width;
        }
    }
    Some(jacobian)
}

fn largest(r: &[f64]) -> f64 {
    r.iter().fold(0.0, |m: f64, v| {
        if v.is_nan() {
            f64::INFINITY
        } else {
            m.max(v.abs())
        }
    })
}
