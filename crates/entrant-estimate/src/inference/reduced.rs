//! Moments from which linear nuisance parameters are taken out.

use entrant_data::spec::ErrorStructure;
use entrant_numeric::dense::{self, Matrix};
use entrant_numeric::vector;

use super::covariance::Instruments;
use super::linear::{self, Annihilator};
use crate::blp::{Kind, Problem, Side};
use crate::gmm::Spread;

/// An equation whose exogenous characteristics are taken out of errors and instruments.
#[derive(Debug, Clone)]
pub(super) struct Reduced {
    pub(super) out: Annihilator,
    /// Independent excluded instruments, orthonormal up to `sqrt(N)`.
    pub(super) z: Matrix,
}

impl Reduced {
    /// `taken` are columns of the characteristics that are taken out.
    pub(super) fn new(side: &Side, taken: &[usize]) -> Self {
        let out = Annihilator::new(side, &side.x.select(taken));
        let z = independent(&side.z, &out.left(&side.z));
        Reduced {
            out,
            z: z.scaled((side.z.rows as f64).sqrt()),
        }
    }
}

/// Orthonormal basis of what is left of instruments; those that are characteristics that were
/// taken out are gone but for rounding.
fn independent(before: &Matrix, left: &Matrix) -> Matrix {
    let size = |m: &Matrix, c: usize| {
        let v = m.column(c);
        vector::dot(&v, &v).sqrt()
    };
    let stays = |c: &usize| size(left, *c) > 1e-10 * size(before, *c);
    let kept: Vec<usize> = (0..left.columns).filter(stays).collect();
    dense::orthonormal_basis(&left.select(&kept))
}

/// Errors of both equations and their moments.
#[derive(Debug, Clone)]
pub(super) struct Moments(Instruments);

impl Moments {
    pub(super) fn new(
        problem: &Problem,
        demand: &Reduced,
        supply: Option<&Reduced>,
        structure: ErrorStructure,
    ) -> Self {
        let supply = supply.map(|s| &s.z);
        Moments(Instruments::new(problem, &demand.z, supply, structure))
    }

    /// Number of moments.
    pub(super) fn count(&self) -> usize {
        self.0.count()
    }

    /// `Z'u / N`.
    pub(super) fn mean(&self, u: &Spread) -> Vec<f64> {
        self.0.mean(u)
    }

    /// Centred covariance `S` of the moments at errors `u`: a quadratic form in them.
    pub(super) fn covariance(&self, u: &Spread) -> Matrix {
        self.0.covariance(u, true)
    }

    /// Derivative of `S` at `u` along `d`, by polarisation: `(S(u + d) - S(u - d)) / 2`, exact
    /// for a quadratic form once `d` has the size of `u`.
    pub(super) fn covariance_along(&self, u: &Spread, d: &Spread) -> Matrix {
        let size = |s: &Spread| vector::dot(&s.xi, &s.xi) + vector::dot(&s.omega, &s.omega);
        let by = (size(u) / size(d).max(f64::MIN_POSITIVE)).sqrt();
        if !by.is_finite() || by == 0.0 {
            return Matrix::zeros(self.count(), self.count());
        }
        let mut up = self.covariance(&moved(u, by, d));
        let down = self.covariance(&moved(u, -by, d));
        vector::add_scaled(&mut up.data, -1.0, &down.data);
        up.scaled(0.5 / by)
    }
}

/// `u + by d`.
pub(super) fn moved(u: &Spread, by: f64, d: &Spread) -> Spread {
    let mut out = u.clone();
    vector::add_scaled(&mut out.xi, by, &d.xi);
    vector::add_scaled(&mut out.omega, by, &d.omega);
    out
}

/// Columns of mean utility that are taken out: exogenous ones that are not known.
pub(super) fn nuisance_beta(problem: &Problem) -> Vec<usize> {
    let known = |c: usize| {
        let is = |p: &crate::blp::Parameter| p.kind == Kind::Beta { column: c };
        problem.parameters.fixed.iter().any(is)
    };
    linear::exogenous_columns(&problem.demand)
        .into_iter()
        .filter(|c| !known(*c))
        .collect()
}

/// The same for cost.
pub(super) fn nuisance_gamma(problem: &Problem, side: &Side) -> Vec<usize> {
    let known = |c: usize| {
        let is = |p: &crate::blp::Parameter| p.kind == Kind::Gamma { column: c };
        problem.parameters.fixed.iter().any(is)
    };
    (0..side.x.columns).filter(|c| !known(*c)).collect()
}
