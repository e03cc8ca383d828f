//! The linear equation of demand with exogenous characteristics taken out.

use entrant_data::spec::ErrorStructure;
use entrant_numeric::absorb::Effects;
use entrant_numeric::dense::{self, Matrix};
use entrant_numeric::vector;

use super::covariance::Instruments;
use crate::blp::{Kind, Problem, Side};
use crate::gmm::Spread;

/// Tolerance of absorption, relative to the size of what is absorbed.
const ABSORBED_TO: f64 = 1e-13;

/// Takes fixed effects and exogenous characteristics out of columns.
#[derive(Debug, Clone)]
pub(super) struct Annihilator {
    effects: Option<Effects>,
    /// Orthonormal basis of the exogenous characteristics.
    basis: Matrix,
}

impl Annihilator {
    /// Of an equation and the columns of its characteristics that are taken out.
    pub(super) fn new(side: &Side, taken: &Matrix) -> Self {
        let effects = (!side.effects.is_empty())
            .then(|| Effects::new(&side.effects).ok())
            .flatten();
        Annihilator {
            effects,
            basis: dense::orthonormal_basis(taken),
        }
    }

    /// What is left of a column.
    pub(super) fn left_of(&self, column: &[f64]) -> Vec<f64> {
        let mut out = column.to_vec();
        if let Some(effects) = &self.effects {
            // Lengths agree by construction of the problem.
            let _ = effects.residualise(&mut out, 1, ABSORBED_TO);
        }
        for _ in 0..2 {
            let explained = self.basis.apply(&self.basis.transpose_apply(&out));
            vector::add_scaled(&mut out, -1.0, &explained);
        }
        out
    }

    /// What is left of every column of a matrix.
    pub(super) fn left(&self, m: &Matrix) -> Matrix {
        let columns: Vec<Vec<f64>> = (0..m.columns).map(|c| self.left_of(&m.column(c))).collect();
        from_columns(m.rows, &columns)
    }

    /// Degrees of freedom that were taken: dummies and columns.
    pub(super) fn degrees(&self) -> usize {
        let dummies = self.effects.as_ref().map(|e| e.degrees_of_freedom().rank);
        self.basis.columns + dummies.unwrap_or(0)
    }
}

/// A matrix from its columns.
pub(super) fn from_columns(rows: usize, columns: &[Vec<f64>]) -> Matrix {
    let mut out = Matrix::zeros(rows, columns.len());
    for (c, column) in columns.iter().enumerate() {
        for (r, v) in column.iter().enumerate() {
            out.set(r, c, *v);
        }
    }
    out
}

/// `ln s_j - ln s_0` of a plain logit, in units of utility (rows).
pub(crate) fn logit_utility(problem: &Problem) -> Vec<f64> {
    let mut out = Vec::with_capacity(problem.rows());
    for m in &problem.markets {
        let outside = vector::ln(1.0 - m.share.iter().sum::<f64>());
        let utility = m.share.iter().map(|s| vector::ln(*s) - outside);
        out.extend(utility.map(|u| u * problem.scale));
    }
    out
}

/// Endogenous regressors of the linear equation: characteristics that depend on price, and for
/// nested logit the logarithm of the share within the nest, by nesting parameter.
pub(super) fn endogenous(problem: &Problem) -> (Matrix, Vec<String>) {
    let side = &problem.demand;
    let with_price = price_columns(side);
    let mut names: Vec<String> = with_price
        .iter()
        .map(|c| side.x_names[*c].clone())
        .collect();
    let mut out = side.x.select(&with_price);
    for p in &problem.parameters.free {
        if let Kind::Rho { group } = p.kind {
            let within = within_share(problem, group);
            out = out.beside(&from_columns(problem.rows(), &[within]));
            names.push(format!("ln within-nest share ({})", p.name));
        }
    }
    (out, names)
}

/// Characteristics that depend on price.
pub(super) fn price_columns(side: &Side) -> Vec<usize> {
    (0..side.x.columns)
        .filter(|c| side.x_with_price[*c])
        .collect()
}

/// Characteristics that do not: they are the last instruments too.
pub(super) fn exogenous_columns(side: &Side) -> Vec<usize> {
    (0..side.x.columns)
        .filter(|c| !side.x_with_price[*c])
        .collect()
}

/// Number of instruments that are not characteristics themselves.
pub(super) fn excluded(side: &Side) -> usize {
    side.z.columns - exogenous_columns(side).len()
}

fn within_share(problem: &Problem, group: usize) -> Vec<f64> {
    let mut out = vec![0.0; problem.rows()];
    let one = problem.parameters.groups == 1;
    for m in &problem.markets {
        for (nest, range) in m.nests.iter().enumerate() {
            if !one && m.nest_group[nest] != group {
                continue;
            }
            let total: f64 = m.share[range.clone()].iter().sum();
            for j in range.clone() {
                out[m.rows.start + j] = vector::ln(m.share[j] / total);
            }
        }
    }
    out
}

/// `N` times the covariance of the moments `Z'u / sqrt(N)`, without centring.
pub(super) fn meat(problem: &Problem, z: &Matrix, u: &[f64], structure: ErrorStructure) -> Matrix {
    let spread = Spread {
        xi: u.to_vec(),
        omega: Vec::new(),
        ..Spread::default()
    };
    let instruments = Instruments::new(problem, z, None, structure);
    instruments
        .covariance(&spread, false)
        .scaled(problem.rows() as f64)
}

/// Number of clusters of the coarsest way of clustering; rows without clusters.
pub(super) fn clusters(problem: &Problem) -> usize {
    let count = |codes: &Vec<u32>| {
        let mut seen = codes.clone();
        seen.sort_unstable();
        seen.dedup();
        seen.len()
    };
    problem
        .clusters
        .iter()
        .map(count)
        .min()
        .unwrap_or(problem.rows())
}
