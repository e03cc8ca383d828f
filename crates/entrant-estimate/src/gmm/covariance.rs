//! The covariance of moments.

use entrant_data::spec::ErrorStructure;
use entrant_numeric::dense::{self, Matrix};
use entrant_numeric::vector;

use super::crossed::products;
use crate::blp::Problem;

/// Structural errors, with fixed effects taken out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spread {
    /// Of demand (rows).
    pub xi: Vec<f64>,
    /// Of supply; empty without supply (rows).
    pub omega: Vec<f64>,
    /// Covariance of micro moments in their samples (moments x moments); empty where there are
    /// none.
    pub micro: Matrix,
}

/// The covariance `S` of moments (moments x moments): robust `g'g / N`, clustered with `g` summed
/// within clusters, or unadjusted `cov(u_a, u_b) Z_a'Z_b / N`; without small-sample correction
/// (the convention of `PyBLP`). Two ways of clustering add up, less their intersection (Cameron,
/// Gelbach and Miller 2011). Micro moments come from other samples: their block is N times their
/// covariance there.
pub fn moment_covariance(
    problem: &Problem,
    errors: &Spread,
    structure: ErrorStructure,
    center: bool,
) -> Matrix {
    let rows = problem.rows() as f64;
    let micro = errors.micro.clone().scaled(rows);
    aggregate_covariance(problem, errors, structure, center).block_diagonal(&micro)
}

fn aggregate_covariance(
    problem: &Problem,
    errors: &Spread,
    structure: ErrorStructure,
    center: bool,
) -> Matrix {
    if structure == ErrorStructure::Unadjusted {
        return unadjusted(problem, errors);
    }
    let g = contributions(problem, errors, center);
    let clustered = structure == ErrorStructure::Clustered && !problem.clusters.is_empty();
    let sum = if clustered {
        by_clusters(&g, &problem.clusters)
    } else {
        g.transpose_times(&g)
    };
    sum.scaled(1.0 / problem.rows() as f64).symmetric()
}

/// A moment whose variance is so small a part of the natural one holds exactly: the rest is rounding.
const EXACT: f64 = 1e-20;
/// How far the weight of a moment that holds exactly stands above the others'.
const ABOVE: f64 = 1e8;

/// The weighting matrix that is best at the covariance `s` of moments: its (pseudo-)inverse.
///
/// A moment that does not vary holds exactly, like that of a category with one row, whose dummy
/// fits the row whatever the rest: it keeps doing so with a weight far above that of others. A
/// pseudo-inverse would leave it out, and the dummy's coefficient with it.
pub(crate) fn weights(s: &Matrix, natural: &[f64]) -> Matrix {
    let exact = |k: &usize| s.at(*k, *k) <= EXACT * natural[*k] && natural[*k] > 0.0;
    let (held, rest): (Vec<usize>, Vec<usize>) = (0..s.rows).partition(exact);
    if held.is_empty() {
        return dense::symmetric_pseudo_inverse(s).0;
    }
    let mut part = Matrix::zeros(rest.len(), rest.len());
    for (i, a) in rest.iter().enumerate() {
        for (j, b) in rest.iter().enumerate() {
            part.set(i, j, s.at(*a, *b));
        }
    }
    let (inverse, _) = dense::symmetric_pseudo_inverse(&part);
    let mut out = Matrix::zeros(s.rows, s.rows);
    for (i, a) in rest.iter().enumerate() {
        for (j, b) in rest.iter().enumerate() {
            out.set(*a, *b, inverse.at(i, j));
        }
    }
    for k in held {
        out.set(k, k, ABOVE / natural[k]);
    }
    out
}

/// Variances that moments would have if errors did not vary with instruments (moments).
pub(crate) fn natural_variances(problem: &Problem, errors: &Spread) -> Vec<f64> {
    let rows = problem.rows() as f64;
    let of = |(u, z): (Vec<f64>, &Matrix)| -> Vec<f64> {
        let own = covariance(&u, &u);
        let square = |c: usize| z.column(c).iter().map(|v| v * v).sum::<f64>();
        (0..z.columns).map(|c| own * square(c) / rows).collect()
    };
    let micro = (0..errors.micro.rows).map(|m| rows * errors.micro.at(m, m));
    let all = equations(problem, errors).into_iter().flat_map(of);
    all.chain(micro).collect()
}

/// What moments are of, and the instruments: errors of demand, of supply, their product.
fn equations<'a>(problem: &'a Problem, errors: &Spread) -> Vec<(Vec<f64>, &'a Matrix)> {
    let mut all = vec![(errors.xi.clone(), &problem.demand.z)];
    if let Some(supply) = &problem.supply {
        all.push((errors.omega.clone(), &supply.side.z));
    }
    if let Some(of) = problem.crossed() {
        all.push((products(of, errors), &of.z));
    }
    all
}

/// Each row's moments, less their means when centred (rows x moments).
pub(crate) fn contributions(problem: &Problem, errors: &Spread, center: bool) -> Matrix {
    let mut g = Matrix::zeros(problem.rows(), problem.aggregate_moments());
    let mut begin = 0;
    for (u, z) in equations(problem, errors) {
        let range = begin..begin + z.columns;
        for (i, u) in u.iter().enumerate() {
            vector::scaled(&mut g.row_mut(i)[range.clone()], *u, z.row(i));
        }
        begin = range.end;
    }
    if center {
        let ones = vec![1.0 / g.rows as f64; g.rows];
        let mean = g.transpose_apply(&ones);
        for i in 0..g.rows {
            vector::add_scaled(g.row_mut(i), -1.0, &mean);
        }
    }
    g
}

pub(crate) fn by_clusters(g: &Matrix, clusters: &[Vec<u32>]) -> Matrix {
    let within = |codes: &[u32]| {
        let sums = sum_within(g, codes);
        sums.transpose_times(&sums)
    };
    let mut total = within(&clusters[0]);
    for (k, codes) in clusters.iter().enumerate().skip(1) {
        vector::add_scaled(&mut total.data, 1.0, &within(codes).data);
        let crossed = intersection(&clusters[k - 1], codes);
        vector::add_scaled(&mut total.data, -1.0, &within(&crossed).data);
    }
    total
}

fn sum_within(g: &Matrix, codes: &[u32]) -> Matrix {
    let count = codes.iter().max().map_or(0, |c| *c as usize + 1);
    let mut sums = Matrix::zeros(count, g.columns);
    for (i, c) in codes.iter().enumerate() {
        vector::add_scaled(sums.row_mut(*c as usize), 1.0, g.row(i));
    }
    sums
}

/// Codes of the pairs of two ways of clustering.
fn intersection(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut known = std::collections::BTreeMap::new();
    a.iter()
        .zip(b)
        .map(|pair| {
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            *known.entry(pair).or_insert(next)
        })
        .collect()
}

/// `cov(u_a, u_b) Z_a'Z_b / N`, block by block.
fn unadjusted(problem: &Problem, errors: &Spread) -> Matrix {
    let rows = problem.rows() as f64;
    let all = equations(problem, errors);
    let n = problem.aggregate_moments();
    let mut out = Matrix::zeros(n, n);
    let mut top = 0;
    for (a, z_a) in &all {
        let mut left = 0;
        for (b, z_b) in &all {
            let block = z_a.transpose_times(z_b).scaled(covariance(a, b) / rows);
            for i in 0..block.rows {
                let line = &mut out.row_mut(top + i)[left..left + block.columns];
                line.copy_from_slice(block.row(i));
            }
            left += z_b.columns;
        }
        top += z_a.columns;
    }
    out.symmetric()
}

/// Covariance with divisor N.
fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let (ma, mb) = (vector::sum(a) / n, vector::sum(b) / n);
    a.iter()
        .zip(b)
        .map(|(x, y)| (x - ma) * (y - mb))
        .sum::<f64>()
        / n
}
