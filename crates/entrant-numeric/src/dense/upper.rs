//! Symmetric systems by their upper triangle, in tiles, with the same bits on every machine.
#![expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]

use fearless_simd::f64x8;
use fearless_simd::prelude::*;

use super::factor::scale;
use super::multiply::ROWS;
use super::multiply::tile::{add_outer, four};
use crate::elementary::fused;
use crate::simd::{Simd, kernel};
use crate::vector::LANES;

kernel!(
    /// Cholesky factorisation in place of a symmetric matrix (n x n, row-major, n a multiple of
    /// eight): on return the upper triangle holds U with `U'U = a`. The lower one is not read.
    ///
    /// `false` when a pivot is not positive: the matrix is not positive definite.
    pub upper_cholesky, upper_cholesky_body, (a: &mut [f64], n: usize) -> bool
);

#[inline(always)]
fn upper_cholesky_body<S: Simd>(simd: S, a: &mut [f64], n: usize) -> bool {
    for i in (0..n).step_by(ROWS) {
        let (done, rest) = a.split_at_mut(i * n);
        for k in (i - i % LANES..n).step_by(LANES) {
            let mut sum = [f64x8::splat(simd, 0.0); ROWS];
            for row in done.chunks_exact(n) {
                let u = f64x8::from_slice(simd, &row[k..k + LANES]);
                add_outer(simd, &mut sum, &four(row, i), u);
            }
            for (r, sums) in sum.iter().enumerate() {
                let line = &mut rest[r * n + k..r * n + k + LANES];
                (f64x8::from_slice(simd, line) - *sums).store_slice(line);
            }
        }
        for r in 0..ROWS {
            let (above, row) = rest[..ROWS * n].split_at_mut(r * n);
            let row = &mut row[i..n];
            for other in above.chunks_exact(n) {
                let by = other[i + r];
                for (o, u) in row.iter_mut().zip(&other[i..]) {
                    *o = fused(-by, *u, *o);
                }
            }
            let pivot = row[r];
            if pivot.is_nan() || pivot <= 0.0 {
                return false;
            }
            let by = 1.0 / pivot.sqrt();
            scale(row, by);
        }
    }
    true
}

kernel!(
    /// Solves `U'U x = b` in place for `b` (n x columns, row-major, columns a multiple of eight),
    /// with U from [`upper_cholesky`].
    pub upper_solve, upper_solve_body, (u: &[f64], b: &mut [f64], n: usize, columns: usize)
);

#[inline(always)]
fn upper_solve_body<S: Simd>(simd: S, u: &[f64], b: &mut [f64], n: usize, columns: usize) {
    for c in (0..columns).step_by(LANES) {
        for i in (0..n).step_by(ROWS) {
            let mut sum = [f64x8::splat(simd, 0.0); ROWS];
            for t in 0..i {
                let x = f64x8::from_slice(simd, &b[t * columns + c..t * columns + c + LANES]);
                add_outer(simd, &mut sum, &four(u, t * n + i), x);
            }
            for r in 0..ROWS {
                let mut line = sum[r];
                for k in 0..r {
                    let by = f64x8::splat(simd, u[(i + k) * n + i + r]);
                    let at = (i + k) * columns + c;
                    line = S::fused(by, f64x8::from_slice(simd, &b[at..at + LANES]), line);
                }
                settle(b, (i + r) * columns + c, line, u[(i + r) * n + i + r]);
            }
        }
        for i in (0..n).step_by(ROWS).rev() {
            let mut sum = [f64x8::splat(simd, 0.0); ROWS];
            for t in i + ROWS..n {
                let x = f64x8::from_slice(simd, &b[t * columns + c..t * columns + c + LANES]);
                let a = [0, 1, 2, 3].map(|r| u[(i + r) * n + t]);
                add_outer(simd, &mut sum, &a, x);
            }
            for r in (0..ROWS).rev() {
                let mut line = sum[r];
                for k in r + 1..ROWS {
                    let by = f64x8::splat(simd, u[(i + r) * n + i + k]);
                    let at = (i + k) * columns + c;
                    line = S::fused(by, f64x8::from_slice(simd, &b[at..at + LANES]), line);
                }
                settle(b, (i + r) * columns + c, line, u[(i + r) * n + i + r]);
            }
        }
    }
}

/// `b = (b - sum) / pivot` for one run of columns.
#[inline(always)]
fn settle<S: Simd>(b: &mut [f64], at: usize, sum: f64x8<S>, pivot: f64) {
    let line = &mut b[at..at + LANES];
    let left = f64x8::from_slice(sum.simd, line) - sum;
    (left * f64x8::splat(sum.simd, 1.0 / pivot)).store_slice(line);
}
