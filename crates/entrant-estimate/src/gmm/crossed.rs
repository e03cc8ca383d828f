//! Moments of the product of both structural errors: `E[(xi omega - mean) z] = 0` (`MacKay` and
//! Miller 2025, "Estimating models of supply and demand: instruments and covariance restrictions").

use entrant_numeric::dense::Matrix;

use super::covariance::Spread;
use super::structural::Structural;
use crate::blp::{CrossedMoments, Evaluation, Problem};

/// Moments of the product of both errors, at given errors.
///
/// Coefficients that are solved for keep solving the moments of each error by itself, at that part
/// of the weighting matrix; only the search hears of these moments (the convention of `PyBLP`).
#[derive(Debug, Clone)]
pub(super) struct Crossed {
    pub(super) structural: Structural,
}

/// `xi omega - mean` in every row.
pub(super) fn products(of: &CrossedMoments, errors: &Spread) -> Vec<f64> {
    let each = errors.xi.iter().zip(&errors.omega);
    each.map(|(xi, omega)| xi * omega - of.mean).collect()
}

impl Crossed {
    /// `None` where nothing is asked of the product.
    pub(super) fn new(problem: &Problem) -> Option<Self> {
        problem.crossed()?;
        Some(Crossed {
            structural: Structural::new(problem),
        })
    }

    /// Mean moments: `Z'(xi omega - mean) / N`.
    pub(super) fn mean(problem: &Problem, errors: &Spread) -> Vec<f64> {
        let Some(of) = problem.crossed() else {
            return Vec::new();
        };
        let rows = problem.rows() as f64;
        let sums = of.z.transpose_apply(&products(of, errors));
        sums.iter().map(|s| s / rows).collect()
    }

    /// Derivatives of the mean moments with respect to all parameters, each alone (moments x
    /// parameters).
    pub(super) fn jacobian(&self, problem: &Problem, errors: &Spread, at: &Evaluation) -> Matrix {
        let (mut d_xi, d_omega) = self.structural.derivatives(problem, at);
        for r in 0..d_xi.rows {
            let (xi, omega) = (errors.xi[r], errors.omega[r]);
            let both = d_xi.row_mut(r).iter_mut().zip(d_omega.row(r));
            both.for_each(|(x, o)| *x = *x * omega + xi * o);
        }
        let rows = problem.rows() as f64;
        problem.crossed().map_or(Matrix::zeros(0, 0), |of| {
            of.z.transpose_times(&d_xi).scaled(1.0 / rows)
        })
    }
}
