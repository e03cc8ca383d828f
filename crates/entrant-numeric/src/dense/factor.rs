//! Factorisations in place, and what they solve.

use super::Matrix;
use crate::vector::{self, add_scaled_body, dispatched, dot_body};

dispatched!(
    /// Cholesky factorisation in place of a symmetric matrix (n x n, row-major): on return the
    /// lower triangle holds L with `L L' = a`. The upper triangle is not read.
    ///
    /// `false` when a pivot is not positive: the matrix is not positive definite.
    cholesky, cholesky_body, (a: &mut [f64], n: usize) -> bool
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn cholesky_body(a: &mut [f64], n: usize) -> bool {
    for i in 0..n {
        let (before, rest) = a.split_at_mut(i * n);
        let row = &mut rest[..n];
        for j in 0..i {
            let other = &before[j * n..j * n + n];
            row[j] = (row[j] - dot_body(&row[..j], &other[..j])) / other[j];
        }
        let pivot = row[i] - dot_body(&row[..i], &row[..i]);
        if pivot.is_nan() || pivot <= 0.0 {
            return false;
        }
        row[i] = pivot.sqrt();
    }
    true
}

dispatched!(
    /// Solves `L L' x = b` in place for `b` (n x columns, row-major), with L from [`cholesky`].
    cholesky_solve, cholesky_solve_body, (l: &[f64], b: &mut [f64], n: usize, columns: usize)
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn cholesky_solve_body(l: &[f64], b: &mut [f64], n: usize, columns: usize) {
    for i in 0..n {
        let (done, rest) = b.split_at_mut(i * columns);
        let row = &mut rest[..columns];
        for k in 0..i {
            add_scaled_body(row, -l[i * n + k], &done[k * columns..(k + 1) * columns]);
        }
        scale(row, 1.0 / l[i * n + i]);
    }
    for i in (0..n).rev() {
        let (head, rest) = b.split_at_mut((i + 1) * columns);
        let row = &mut head[i * columns..];
        for k in i + 1..n {
            let at = (k - i - 1) * columns;
            add_scaled_body(row, -l[k * n + i], &rest[at..at + columns]);
        }
        scale(row, 1.0 / l[i * n + i]);
    }
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
pub(super) fn scale(row: &mut [f64], by: f64) {
    for v in row {
        *v *= by;
    }
}

dispatched!(
    /// LU factorisation with partial pivoting, in place (n x n, row-major); `pivot` (n) gets the
    /// row that was swapped with row i. `false` when a pivot is zero or not finite.
    lu, lu_body, (a: &mut [f64], pivot: &mut [usize], n: usize) -> bool
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn lu_body(a: &mut [f64], pivot: &mut [usize], n: usize) -> bool {
    for k in 0..n {
        let size = |i: &usize| a[i * n + k].abs();
        let best = (k..n)
            .max_by(|x, y| size(x).total_cmp(&size(y)))
            .unwrap_or(k);
        pivot[k] = best;
        if !(a[best * n + k].abs() > 0.0 && a[best * n + k].is_finite()) {
            return false;
        }
        if best != k {
            for j in 0..n {
                a.swap(k * n + j, best * n + j);
            }
        }
        let (head, rest) = a.split_at_mut((k + 1) * n);
        let top = &head[k * n..];
        for row in rest.chunks_exact_mut(n) {
            row[k] /= top[k];
            let factor = -row[k];
            add_scaled_body(&mut row[k + 1..], factor, &top[k + 1..]);
        }
    }
    true
}

dispatched!(
    /// Solves `a x = b` in place for `b` (n x columns, row-major), with factors from [`lu`].
    lu_solve, lu_solve_body, (a: &[f64], pivot: &[usize], b: &mut [f64], n: usize, columns: usize)
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn lu_solve_body(a: &[f64], pivot: &[usize], b: &mut [f64], n: usize, columns: usize) {
    for (k, p) in pivot.iter().enumerate() {
        if *p != k {
            for c in 0..columns {
                b.swap(k * columns + c, p * columns + c);
            }
        }
    }
    for i in 0..n {
        let (done, rest) = b.split_at_mut(i * columns);
        for k in 0..i {
            let row = &done[k * columns..(k + 1) * columns];
            add_scaled_body(&mut rest[..columns], -a[i * n + k], row);
        }
    }
    for i in (0..n).rev() {
        let (head, rest) = b.split_at_mut((i + 1) * columns);
        let row = &mut head[i * columns..];
        for k in i + 1..n {
            let at = (k - i - 1) * columns;
            add_scaled_body(row, -a[i * n + k], &rest[at..at + columns]);
        }
        scale(row, 1.0 / a[i * n + i]);
    }
}

/// Solves the transpose, `a' x = b`, in place for one right-hand side, with factors from [`lu`].
pub fn lu_solve_transpose(a: &[f64], pivot: &[usize], b: &mut [f64], n: usize) {
    for i in 0..n {
        b[i] /= a[i * n + i];
        let value = -b[i];
        vector::add_scaled(&mut b[i + 1..], value, &a[i * n + i + 1..(i + 1) * n]);
    }
    for i in (0..n).rev() {
        let value = -b[i];
        vector::add_scaled(&mut b[..i], value, &a[i * n..i * n + i]);
    }
    for k in (0..n).rev() {
        b.swap(k, pivot[k]);
    }
}

/// Solves the square system `a x = b` for every column of `b`; `None` when `a` is singular to
/// working precision.
pub fn solve_columns(a: &Matrix, b: &Matrix) -> Option<Matrix> {
    let (mut factors, mut pivot) = (a.data.clone(), vec![0; a.rows]);
    if !lu(&mut factors, &mut pivot, a.rows) {
        return None;
    }
    let mut x = b.clone();
    lu_solve(&factors, &pivot, &mut x.data, a.rows, b.columns);
    x.data.iter().all(|v| v.is_finite()).then_some(x)
}
