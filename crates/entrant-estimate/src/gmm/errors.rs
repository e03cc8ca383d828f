//! Standard errors of all parameters.

use entrant_numeric::dense::{self, Matrix};

use super::moments::{Moments, Point, Weighting};
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
    /// Number of parameters that it is asked to determine: all that do not stand at a bound.
    pub asked: usize,
    /// Condition number of that matrix.
    pub condition: f64,
}

/// `V = (G'WG)^-1 G'WSWG (G'WG)^-1` (Hansen 1982), or `(G'WG)^-1` when `s` is `None` and the
/// weighting matrix is the inverse of the moments' covariance.
///
/// With moments of the product of errors, estimates solve other equations than `G'W gbar = 0`
/// ([`Moments::equations`]); with `E` for theirs, `V = (E G)^-1 E S E' (E G)^-T`, which is the
/// above at `E = G'W`. `s` must be given then.
///
/// Parameters listed in `held` stand at a bound: they count as known.
pub fn inference(
    problem: &Problem,
    (moments, weighting): (&Moments, &Weighting),
    (at, point): (&Evaluation, &Point),
    s: Option<&Matrix>,
    held: &[bool],
) -> Inference {
    let g = moments.jacobian(problem, at, point);
    let free: Vec<usize> = (0..g.columns)
        .filter(|c| !held.get(*c).copied().unwrap_or(false))
        .collect();
    let used = g.select(&free);
    let wg = weighting.w.times(&used);
    let bread = used.transpose_times(&wg).symmetric();
    let (inverse, rank) = dense::symmetric_pseudo_inverse(&bread);
    let crossed = problem.crossed().is_some();
    let v = match s {
        Some(s) if crossed => {
            let e = rows_of(&moments.equations(problem, weighting, at, point), &free);
            let k = solved(&e, &used);
            k.times(s).times(&k.transpose()).symmetric()
        }
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
        asked: free.len(),
    }
}

/// How estimates follow mean moments, up to the sign: `(E G)^-1 E`, where estimates solve `E gbar =
/// 0` (parameters x moments); `(G'WG)^-1 G'W` with moments of each error by itself.
pub(crate) fn response(
    problem: &Problem,
    (moments, weighting): (&Moments, &Weighting),
    (at, point): (&Evaluation, &Point),
) -> Matrix {
    let g = moments.jacobian(problem, at, point);
    let e = moments.equations(problem, weighting, at, point);
    if problem.crossed().is_some() {
        return solved(&e, &g);
    }
    let (inverse, _) = dense::symmetric_pseudo_inverse(&e.times(&g).symmetric());
    inverse.times(&e)
}

/// `(e g)^-1 e`; not numbers where `e g` is singular.
fn solved(e: &Matrix, g: &Matrix) -> Matrix {
    let unknown = || Matrix::new(e.rows, e.columns, vec![f64::NAN; e.data.len()]);
    dense::solve_columns(&e.times(g), e).unwrap_or_else(unknown)
}

fn rows_of(m: &Matrix, rows: &[usize]) -> Matrix {
    m.transpose().select(rows).transpose()
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
