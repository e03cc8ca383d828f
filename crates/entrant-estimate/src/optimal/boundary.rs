//! Instruments for spreads of tastes that are estimated at zero.
//!
//! Mean utilities are even in a spread, so that their derivative is zero at zero: no instrument.
//! With respect to the variance it is not (Salanie and Wolak 2019): without other heterogeneity it
//! is `-K_j` with `K_j = (x_j / 2 - e) x_j` and `e` the mean of x over what is bought.

use entrant_numeric::dense::Matrix;

use super::realisation::{Realised, derivatives};
use crate::blp::{Kind, Problem, Workers};

/// Spreads of utility below this count as zero.
const ZERO: f64 = 1e-6;
/// Spread of utility at which the derivative with respect to the variance is taken; its error is
/// of the order of the square.
const NEAR: f64 = 1e-3;

/// Replaces the derivatives with respect to spreads at zero by those with respect to variances.
pub(super) fn replace(there: &Problem, values: &[f64], workers: &dyn Workers, out: &mut Realised) {
    out.at_boundary = at_zero(there, values);
    for c in out.at_boundary.clone() {
        let step = NEAR / size(there, there.parameters.free[c].kind);
        let at = |sign: f64| {
            let mut moved = values.to_vec();
            moved[c] = sign * step;
            derivatives(there, &moved, workers)
        };
        let (up, down) = (at(1.0), at(-1.0));
        if up.failure.is_some() || down.failure.is_some() {
            continue;
        }
        // Even parts, which come from nodes whose mean is not zero, drop out.
        difference(&up.d_delta, &down.d_delta, c, step, &mut out.d_xi);
        if there.supply.is_some() {
            difference(&up.d_cost, &down.d_cost, c, step, &mut out.d_omega);
        }
    }
}

/// `d y / d (s^2) = (dy/ds at s - dy/ds at -s) / (4 s)` to second order in s.
fn difference(up: &Matrix, down: &Matrix, c: usize, step: f64, to: &mut Matrix) {
    for r in 0..to.rows {
        to.set(r, c, (up.at(r, c) - down.at(r, c)) / (4.0 * step));
    }
}

/// Free elements of columns of Sigma that are zero.
fn at_zero(there: &Problem, values: &[f64]) -> Vec<usize> {
    let free = &there.parameters.free;
    let zero = |c: &usize| {
        let Kind::Sigma { column, .. } = free[*c].kind else {
            return false;
        };
        let known = there.parameters.fixed.iter().map(|p| (p.kind, p.start));
        let all = free
            .iter()
            .zip(values)
            .map(|(p, v)| (p.kind, *v))
            .chain(known);
        all.into_iter().all(|(kind, value)| match kind {
            Kind::Sigma { column: other, .. } if other == column => {
                value.abs() * size(there, kind) < ZERO
            }
            _ => true,
        })
    };
    (0..free.len()).filter(zero).collect()
}

/// Largest size of the characteristic that a parameter moves the taste for.
fn size(there: &Problem, kind: Kind) -> f64 {
    let Kind::Sigma { row, .. } = kind else {
        return 1.0;
    };
    let columns = there.markets.iter().flat_map(|m| m.x2(row));
    columns
        .fold(0.0, |a: f64, x| a.max(x.abs()))
        .max(f64::MIN_POSITIVE)
}
