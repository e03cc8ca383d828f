//! Structural errors: what characteristics and fixed effects leave over.

use entrant_numeric::absorb::Effects;
use entrant_numeric::dense::Matrix;

use super::covariance::Spread;
use super::moments::{Linear, known_linear};
use crate::blp::{Evaluation, Kind, Problem, Side};

/// Columns and their coefficients.
type Coefficients = Vec<(usize, f64)>;

/// Tolerance of absorption, relative to the size of what is absorbed.
pub(super) const ABSORBED_TO: f64 = 1e-13;

/// Takes structural errors, and their derivatives, out of mean utilities and costs.
#[derive(Debug, Clone)]
pub(crate) struct Structural {
    demand: Option<Effects>,
    supply: Option<Effects>,
}

impl Structural {
    /// Prepares the fixed effects of both sides.
    pub(crate) fn new(problem: &Problem) -> Self {
        let supply = problem.supply.as_ref();
        Structural {
            demand: effects(&problem.demand),
            supply: supply.and_then(|s| effects(&s.side)),
        }
    }

    /// Errors at the searched parameters `values` and the solved ones.
    pub(crate) fn errors(
        &self,
        problem: &Problem,
        values: &[f64],
        linear: &Linear,
        at: &Evaluation,
    ) -> Spread {
        let (beta, gamma) = linear_coefficients(problem, values, linear);
        let supply = problem.supply.as_ref();
        Spread {
            xi: left_over(&at.delta, &problem.demand.x, &beta, self.demand.as_ref()),
            omega: supply.map_or(Vec::new(), |s| {
                left_over(&at.cost, &s.side.x, &gamma, self.supply.as_ref())
            }),
            micro: Matrix::zeros(0, 0),
        }
    }

    /// Derivatives of both errors with respect to all parameters, each alone: searched ones, then
    /// solved coefficients of mean utility, then of cost (rows x parameters, twice).
    pub(crate) fn derivatives(&self, problem: &Problem, at: &Evaluation) -> (Matrix, Matrix) {
        let p = &problem.parameters;
        let rows = problem.rows();
        let all = p.free.len() + p.solved_beta.len() + p.solved_gamma.len();
        let (mut xi, mut omega) = (Matrix::zeros(rows, all), Matrix::zeros(rows, all));
        let moved = |d: &Matrix, effects: Option<&Effects>| {
            let mut d = d.clone();
            if let (Some(effects), true) = (effects, d.columns > 0) {
                // Lengths agree by construction of the problem.
                let _ = effects.residualise(&mut d.data, d.columns, ABSORBED_TO);
            }
            d
        };
        let d_delta = moved(&at.d_delta, self.demand.as_ref());
        let d_cost = moved(&at.d_cost, self.supply.as_ref());
        for (from, to) in [(&d_delta, &mut xi), (&d_cost, &mut omega)] {
            for c in 0..from.columns {
                put(to, c, &from.column(c), 1.0);
            }
        }
        let Some(side) = problem.supply.as_ref().map(|s| &s.side) else {
            return (xi, omega);
        };
        for (c, parameter) in p.free.iter().enumerate() {
            match parameter.kind {
                Kind::Beta { column } => put(&mut xi, c, &problem.demand.x.column(column), -1.0),
                Kind::Gamma { column } => put(&mut omega, c, &side.x.column(column), -1.0),
                _ => {}
            }
        }
        let (free, beta) = (p.free.len(), p.solved_beta.len());
        for (k, column) in p.solved_beta.iter().enumerate() {
            put(&mut xi, free + k, &problem.demand.x.column(*column), -1.0);
        }
        for (k, column) in p.solved_gamma.iter().enumerate() {
            put(&mut omega, free + beta + k, &side.x.column(*column), -1.0);
        }
        (xi, omega)
    }
}

/// Adds `by * values` to a column.
fn put(m: &mut Matrix, column: usize, values: &[f64], by: f64) {
    for (r, v) in values.iter().enumerate() {
        m.set(r, column, m.at(r, column) + by * v);
    }
}

pub(super) fn effects(side: &Side) -> Option<Effects> {
    (!side.effects.is_empty())
        .then(|| Effects::new(&side.effects).ok())
        .flatten()
}

/// `y - X b`, with fixed effects taken out of `y`; they are out of `X` already.
fn left_over(y: &[f64], x: &Matrix, b: &[(usize, f64)], effects: Option<&Effects>) -> Vec<f64> {
    let mut out = y.to_vec();
    if let Some(effects) = effects {
        // Lengths agree by construction of the problem.
        let _ = effects.residualise(&mut out, 1, ABSORBED_TO);
    }
    subtract_columns(&mut out, x, b);
    out
}

/// `y -= X b` for some columns of `X`.
pub(super) fn subtract_columns(y: &mut [f64], x: &Matrix, b: &[(usize, f64)]) {
    for (i, y) in y.iter_mut().enumerate() {
        *y -= b.iter().map(|(c, v)| x.at(i, *c) * v).sum::<f64>();
    }
}

/// Columns of mean utility, then of cost, with their coefficients: solved, searched or known.
pub(super) fn linear_coefficients(
    problem: &Problem,
    values: &[f64],
    linear: &Linear,
) -> (Coefficients, Coefficients) {
    let p = &problem.parameters;
    let solved = |columns: &[usize], values: &[f64]| -> Coefficients {
        let each = columns.iter().copied();
        each.zip(values.iter().copied()).collect()
    };
    let mut beta = solved(&p.solved_beta, &linear.beta);
    let mut gamma = solved(&p.solved_gamma, &linear.gamma);
    for (kind, value) in known_linear(problem, values) {
        match kind {
            Kind::Beta { column } => beta.push((column, value)),
            Kind::Gamma { column } => gamma.push((column, value)),
            _ => {}
        }
    }
    (beta, gamma)
}
