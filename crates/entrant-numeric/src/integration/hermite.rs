//! One-dimensional rules for the standard normal: Gauss-Hermite and nested.

use super::nested_table::{OF_LEVEL, RULES};
use crate::quadrature::gauss_hermite;

/// Nodes with their weights, ascending, symmetric to the bit.
pub(super) type Line = Vec<(f64, f64)>;

/// Gauss-Hermite rule with `level` nodes: those of Golub and Welsch 1969, polished by Newton on
/// the orthonormal Hermite polynomials, with Christoffel weights, so that the smallest weights are
/// as precise as the largest.
pub(super) fn gauss(level: usize) -> Line {
    let start = gauss_hermite(level).nodes;
    let mut half: Line = Vec::new();
    for x in &start[level / 2..] {
        let x = if *x == 0.0 { 0.0 } else { polished(level, *x) };
        half.push((x, christoffel(level, x)));
    }
    let line = mirrored(&half);
    let total: f64 = line.iter().map(|n| n.1).sum();
    line.into_iter().map(|(x, w)| (x, w / total)).collect()
}

/// Nested Gauss-Hermite rule of this level, exact to degree `2 level - 1`; levels from 1 to 25.
pub(super) fn nested(level: usize) -> Line {
    mirrored(RULES[OF_LEVEL[level - 1]])
}

/// The whole line from its nodes that are not negative.
fn mirrored(half: &[(f64, f64)]) -> Line {
    let positive = half.iter().filter(|n| n.0 > 0.0);
    let negative = positive.rev().map(|(x, w)| (-x, *w));
    negative.chain(half.iter().copied()).collect()
}

fn polished(n: usize, mut x: f64) -> f64 {
    for _ in 0..3 {
        let h = orthonormal(n, x);
        x -= h[n] / ((n as f64).sqrt() * h[n - 1]);
    }
    x
}

/// Weight of the Gauss rule at a zero of the n-th polynomial.
fn christoffel(n: usize, x: f64) -> f64 {
    1.0 / orthonormal(n, x)[..n].iter().map(|h| h * h).sum::<f64>()
}

/// Orthonormal Hermite polynomials of degrees 0 to `n`:
/// `sqrt(k + 1) h_{k+1} = x h_k - sqrt(k) h_{k-1}`.
fn orthonormal(n: usize, x: f64) -> Vec<f64> {
    let mut h = vec![1.0, x];
    for k in 1..n {
        let degree = k as f64;
        h.push((x * h[k] - degree.sqrt() * h[k - 1]) / (degree + 1.0).sqrt());
    }
    h
}
