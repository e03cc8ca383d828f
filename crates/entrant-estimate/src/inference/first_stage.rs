//! How strongly instruments move what they are instruments for.

use entrant_data::spec::ErrorStructure;
use entrant_numeric::dense::{self, Matrix};
use entrant_numeric::distribution::f_survival;
use entrant_numeric::vector;

use super::linear::{self, Annihilator};
use super::noncentral::noncentral_quantile;
use super::outcome::LEVEL;
use super::stock_yogo;
use crate::blp::Problem;
use crate::gmm::EstimationSettings;

/// Strength of the instruments.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstStage {
    /// Each endogenous regressor.
    pub regressors: Vec<Regressor>,
    /// Number of independent excluded instruments.
    pub instruments: usize,
    /// Rows less instruments, exogenous characteristics and absorbed effects.
    pub degrees: usize,
    /// Smallest eigenvalue of `Svv^-1/2 Y'P_Z Y Svv^-1/2 / k` (Cragg and Donald 1993): the F
    /// statistic with one regressor.
    pub minimum_eigenvalue: f64,
    /// Critical values of it for a bias of at most 5, 10, 20, 30% of that of least squares, with
    /// the number of instruments that they are of (Stock and Yogo 2005, table 5.1).
    pub bias: Option<(usize, [f64; 4])>,
    /// The same for a 5% test of size at most 10, 15, 20, 25% (table 5.2).
    pub size: Option<(usize, [f64; 4])>,
}

/// One endogenous regressor on the excluded instruments, exogenous characteristics and fixed
/// effects taken out.
#[derive(Debug, Clone, PartialEq)]
pub struct Regressor {
    /// Its name.
    pub name: String,
    /// Part of its variance that the instruments explain.
    pub partial_r2: f64,
    /// F statistic of the instruments for independent errors of one variance.
    pub f: f64,
    /// p-value of `f`.
    pub p_value: f64,
    /// F statistic with the errors of the estimation: robust (with N / degrees, HC1) or clustered
    /// (with G / (G - 1) besides).
    pub robust_f: f64,
    /// Effective F (Montiel Olea and Pflueger 2013, eq. 10): `Y'P_Z Y / tr W2`, with the same
    /// errors.
    pub effective_f: f64,
    /// What `effective_f` must exceed for a worst-case bias of two-stage least squares of 5, 10,
    /// 20 and 30% of the benchmark at 5% significance (their section 4, simplified: x = 1 / tau).
    pub effective_critical: [f64; 4],
    /// Conditional F of Sanderson and Windmeijer (2016): strength that is left once the
    /// instruments have explained the other endogenous regressors; `f` when there is none.
    pub conditional_f: f64,
}

/// First stage of every endogenous regressor of the linear equation: characteristics with price,
/// and the logarithm of the within-nest share. `None` without either, or when instruments are
/// fewer than regressors.
pub fn first_stage(problem: &Problem, settings: &EstimationSettings) -> Option<FirstStage> {
    let side = &problem.demand;
    let taken = side.x.select(&linear::exogenous_columns(side));
    let out = Annihilator::new(side, &taken);
    let (endogenous, names) = linear::endogenous(problem);
    let y = out.left(&endogenous);
    let excluded: Vec<usize> = (0..linear::excluded(side)).collect();
    let z = dense::orthonormal_basis(&out.left(&side.z.select(&excluded)));
    let used = z.columns + out.degrees();
    if y.columns == 0 || z.columns < y.columns || problem.rows() <= used {
        return None;
    }
    let stage = Stage {
        problem,
        structure: settings.errors,
        degrees: problem.rows() - used,
        z,
    };
    let k = stage.z.columns;
    let describe = |(c, name): (usize, &String)| stage.regressor(&y, c, name);
    Some(FirstStage {
        regressors: names.iter().enumerate().map(describe).collect(),
        instruments: k,
        degrees: stage.degrees,
        minimum_eigenvalue: stage.minimum_eigenvalue(&y),
        bias: stock_yogo::maximal_bias(y.columns, k),
        size: stock_yogo::maximal_size(y.columns, k),
    })
}

struct Stage<'a> {
    problem: &'a Problem,
    structure: ErrorStructure,
    degrees: usize,
    /// Orthonormal instruments.
    z: Matrix,
}

impl Stage<'_> {
    fn regressor(&self, y: &Matrix, c: usize, name: &str) -> Regressor {
        let (k, column) = (self.z.columns as f64, y.column(c));
        let (pi, left) = self.regress(&column);
        let explained = vector::dot(&pi, &pi);
        let f = self.f(&pi, &left, k);
        let w2 = self.covariance(&left);
        let inverse = dense::symmetric_pseudo_inverse(&w2).0;
        let trace: f64 = (0..w2.rows).map(|i| w2.at(i, i)).sum();
        Regressor {
            name: name.to_owned(),
            partial_r2: explained / vector::dot(&column, &column),
            f,
            p_value: f_survival(f, k, self.degrees as f64),
            robust_f: vector::dot(&pi, &inverse.apply(&pi)) / k,
            effective_f: explained / trace,
            effective_critical: [0.05, 0.1, 0.2, 0.3].map(|tau| effective_critical(&w2, tau)),
            conditional_f: self.conditional(y, c),
        }
    }

    /// Coefficients on the orthonormal instruments, and what is left.
    fn regress(&self, column: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let pi = self.z.transpose_apply(column);
        let mut left = column.to_vec();
        vector::add_scaled(&mut left, -1.0, &self.z.apply(&pi));
        (pi, left)
    }

    fn f(&self, pi: &[f64], left: &[f64], numerator: f64) -> f64 {
        let variance = vector::dot(left, left) / self.degrees as f64;
        vector::dot(pi, pi) / numerator / variance
    }

    /// Covariance of the coefficients, with small-sample corrections.
    fn covariance(&self, left: &[f64]) -> Matrix {
        let n = self.problem.rows() as f64;
        let clustered =
            self.structure == ErrorStructure::Clustered && !self.problem.clusters.is_empty();
        let correction = if clustered {
            let g = linear::clusters(self.problem) as f64;
            g / (g - 1.0) * (n - 1.0) / self.degrees as f64
        } else {
            n / self.degrees as f64
        };
        linear::meat(self.problem, &self.z, left, self.structure).scaled(correction)
    }

    /// Sanderson and Windmeijer (2016), eq. 12.
    fn conditional(&self, y: &Matrix, c: usize) -> f64 {
        let others: Vec<usize> = (0..y.columns).filter(|o| *o != c).collect();
        let (mut left, rest) = (y.column(c), y.select(&others));
        if !others.is_empty() {
            let first = self.z.transpose_times(&rest);
            let normal = first.transpose_times(&first);
            let right = first.transpose_apply(&self.z.transpose_apply(&left));
            let b = dense::symmetric_pseudo_inverse(&normal).0.apply(&right);
            vector::add_scaled(&mut left, -1.0, &rest.apply(&b));
        }
        let (pi, unexplained) = self.regress(&left);
        self.f(&pi, &unexplained, (self.z.columns - others.len()) as f64)
    }

    fn minimum_eigenvalue(&self, y: &Matrix) -> f64 {
        let first = self.z.transpose_times(y);
        let explained = first.transpose_times(&first);
        let total = y.transpose_times(y);
        let mut spread = total.clone();
        vector::add_scaled(&mut spread.data, -1.0, &explained.data);
        let spread = spread.scaled(1.0 / self.degrees as f64);
        let root = dense::symmetric_root(&dense::symmetric_pseudo_inverse(&spread).0);
        let scaled = root.times(&explained).times(&root.transpose());
        let (values, _) = dense::symmetric_eigen(&scaled);
        values.first().copied().unwrap_or(f64::NAN) / self.z.columns as f64
    }
}

/// Critical value of the effective F at 5% for a bias of at most `tau` of the benchmark (Montiel
/// Olea and Pflueger 2013, theorem 1 and section 4, by Patnaik's approximation).
fn effective_critical(w2: &Matrix, tau: f64) -> f64 {
    let x = 1.0 / tau;
    let (values, _) = dense::symmetric_eigen(w2);
    let trace: f64 = values.iter().sum();
    let squares: f64 = values.iter().map(|v| v * v).sum();
    let largest = values.last().copied().unwrap_or(0.0);
    let k = trace * trace * (1.0 + 2.0 * x) / (squares + 2.0 * x * trace * largest);
    noncentral_quantile(1.0 - LEVEL, k, x * k) / k
}
