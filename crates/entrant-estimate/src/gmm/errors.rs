//! Standard errors of all parameters.

use entrant_numeric::dense::{self, Matrix};

use super::moments::{Moments, Weighting};
use crate::blp::{Evaluation, Problem};

/// The covariance of estimates and what it rests on. Parameters stand in the order: searched
/// for, solved coefficients of mean utility, solved coefficients of cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Inference {
    /// Derivatives of mean moments (moments x parameters): `G`.
    pub g: Matrix,
    /// Covariance of the estimates (parameters x parameters): `V / N`.
    pub covariance: Matrix,
    /// Standard errors (parameters); `NaN` where `G'WG` does not determine them.
    pub errors: Vec<f64>,
    /// Rank of `G'WG` after scaling to a unit diagonal.
    pub rank: usize,
    /// Condition number of that matrix.
    pub condition: f64,
}

/// `V = (G'WG)^-1 G'WSWG (G'WG)^-1` (Hansen 1982), or `(G'WG)^-1` when `s` is `None` and the
/// weighting matrix is the inverse of the moments' covariance.
///
/// Parameters listed in `held` stand at a bound: they count as known.
pub fn inference(
    problem: &Problem,
    moments: &Moments,
    weighting: &Weighting,
    at: &Evaluation,
    s: Option<&Matrix>,
    held: &[bool],
) -> Inference {
    let g = full_jacobian(problem, moments, at);
    let free: Vec<usize> = (0..g.columns)
        .filter(|c| !held.get(*c).copied().unwrap_or(false))
        .collect();
    let used = g.select(&free);
    let wg = weighting.w.times(&used);
    let bread = used.transpose_times(&wg).symmetric();
    let (inverse, rank) = dense::symmetric_pseudo_inverse(&bread);
    let v = match s {
        Some(s) => {
            let meat = wg.transpose_times(&s.times(&wg));
            inverse.times(&meat).times(&inverse).symmetric()
        }
        None => inverse,
    };
    let full = rank == free.len();
    let covariance = scatter(
        &v.scaled(1.0 / problem.rows() as f64),
        &free,
        g.columns,
        full,
    );
    let errors = (0..g.columns).map(|c| covariance.at(c, c).sqrt()).collect();
    Inference {
        condition: condition(&bread),
        g,
        covariance,
        errors,
        rank,
    }
}

/// Derivatives of mean moments with respect to all parameters.
fn full_jacobian(problem: &Problem, moments: &Moments, at: &Evaluation) -> Matrix {
    moments
        .raw_jacobian(problem, at)
        .beside(&moments.a.clone().scaled(-1.0))
}

/// The covariance of free parameters among all; `NaN` for what is held or not determined.
fn scatter(v: &Matrix, free: &[usize], n: usize, full: bool) -> Matrix {
    let mut out = Matrix::new(n, n, vec![f64::NAN; n * n]);
    if full {
        for (a, i) in free.iter().enumerate() {
            for (b, j) in free.iter().enumerate() {
                out.set(*i, *j, v.at(a, b));
            }
        }
    }
    out
}

/// Largest over smallest eigenvalue after scaling to a unit diagonal.
fn condition(a: &Matrix) -> f64 {
    let n = a.rows;
    let mut unit = a.clone();
    for i in 0..n {
        for j in 0..n {
            unit.data[i * n + j] /= (a.at(i, i) * a.at(j, j)).sqrt();
        }
    }
    if unit.data.iter().any(|v| !v.is_finite()) {
        return f64::INFINITY;
    }
    let (values, _) = dense::symmetric_eigen(&unit);
    match (values.first(), values.last()) {
        (Some(low), Some(high)) if *low > 0.0 => high / low,
        (Some(_), _) => f64::INFINITY,
        _ => 1.0,
    }
}
