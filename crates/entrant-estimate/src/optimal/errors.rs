//! Draws of structural errors, their covariance, and which columns are exogenous.

use entrant_numeric::absorb::Effects;
use entrant_numeric::dense::Matrix;
use entrant_numeric::random::Stream;

use super::Expectation;
use crate::blp::{Problem, Side};
use crate::gmm::Fit;

/// Errors of demand and of supply (rows each; the second empty without supply).
type Errors = (Vec<f64>, Vec<f64>);

/// The draws over which the expectation is taken.
pub(super) fn draws(problem: &Problem, fit: &Fit, expectation: Expectation) -> Vec<Errors> {
    let rows = problem.rows();
    let supply = problem.supply.is_some();
    match expectation {
        Expectation::Approximate => {
            vec![(vec![0.0; rows], vec![0.0; if supply { rows } else { 0 }])]
        }
        Expectation::Normal { draws, seed } => {
            let root = root(fit, supply);
            let each = |d| normal(rows, supply, root, &mut stream(seed, d));
            (0..draws.max(1)).map(each).collect()
        }
        Expectation::Empirical { draws, seed } => {
            let each = |d| empirical(fit, &mut stream(seed, d));
            (0..draws.max(1)).map(each).collect()
        }
    }
}

fn stream(seed: u64, draw: usize) -> Stream {
    Stream::new(seed, "structural errors", draw as u64)
}

fn normal(rows: usize, supply: bool, root: [f64; 3], stream: &mut Stream) -> Errors {
    let (mut xi, mut omega) = (Vec::with_capacity(rows), Vec::new());
    for _ in 0..rows {
        let (a, b) = (stream.normal(), stream.normal());
        xi.push(root[0] * a);
        if supply {
            omega.push(root[1] * a + root[2] * b);
        }
    }
    (xi, omega)
}

fn empirical(fit: &Fit, stream: &mut Stream) -> Errors {
    let rows = fit.errors.xi.len();
    let any = |_| usize::try_from(stream.below(rows as u64)).unwrap_or(0);
    let chosen: Vec<usize> = (0..rows).map(any).collect();
    let pick = |v: &[f64]| chosen.iter().filter_map(|r| v.get(*r).copied()).collect();
    (pick(&fit.errors.xi), pick(&fit.errors.omega))
}

/// The lower-triangular root of the errors' covariance: first row, then second.
fn root(fit: &Fit, supply: bool) -> [f64; 3] {
    let [a, b, c] = covariance(fit, supply);
    let first = a.sqrt();
    if !supply || first == 0.0 {
        return [first, 0.0, c.max(0.0).sqrt()];
    }
    [first, b / first, (c - b * b / a).max(0.0).sqrt()]
}

/// Variance of xi, covariance, variance of omega; divisor N without supply and N - 1 with it.
fn covariance(fit: &Fit, supply: bool) -> [f64; 3] {
    let (xi, omega) = (&fit.errors.xi, &fit.errors.omega);
    let n = xi.len() as f64;
    if supply {
        let n = n - 1.0;
        [
            crossed(xi, xi) / n,
            crossed(xi, omega) / n,
            crossed(omega, omega) / n,
        ]
    } else {
        [crossed(xi, xi) / n, 0.0, 0.0]
    }
}

/// Sum of products of deviations from the means.
fn crossed(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum()
}

/// Inverse covariance of the errors (1 x 1, or 2 x 2 with supply).
pub(super) fn inverse_covariance(fit: &Fit, supply: bool) -> Matrix {
    let [a, b, c] = covariance(fit, supply);
    if !supply {
        return Matrix::new(1, 1, vec![1.0 / a]);
    }
    let by = a * c - b * b;
    Matrix::new(2, 2, vec![c / by, -b / by, -b / by, a / by])
}

/// Columns of an equation that are instruments for themselves.
pub(super) fn exogenous(side: &Side) -> Vec<usize> {
    let own = |c: &usize| side.z_names.contains(&side.x_names[*c]);
    (0..side.x.columns).filter(own).collect()
}

/// Tolerance of absorption, relative to the size of what is absorbed.
const ABSORBED_TO: f64 = 1e-13;

/// Takes fixed effects out of columns (rows x columns).
pub(crate) fn absorb(effects: &[Vec<u32>], values: &mut [f64], columns: usize) {
    if effects.is_empty() || columns == 0 {
        return;
    }
    if let Ok(effects) = Effects::new(effects) {
        // Lengths agree by construction of the problem.
        let _ = effects.residualise(values, columns, ABSORBED_TO);
    }
}
