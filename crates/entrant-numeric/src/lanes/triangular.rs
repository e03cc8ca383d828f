//! Symmetric systems of eight problems.

use fearless_simd::prelude::*;

use super::{Eight, WIDTH};
use crate::simd::{Simd, Vector, fused, kernel, load, splat};

kernel!(
    /// Cholesky factorisation in place (n x n): from the upper triangle of a symmetric matrix to U
    /// with `U'U = a`, with inverse pivots on the diagonal. The lower triangle is not read. The
    /// value says which problems have a positive definite matrix; others hold anything.
    pub cholesky, cholesky_body, (a: &mut [Eight], n: usize) -> [bool; WIDTH]
);

#[inline(always)]
pub(super) fn cholesky_body<S: Simd>(simd: S, a: &mut [Eight], n: usize) -> [bool; WIDTH] {
    const RUN: usize = 4;
    let mut definite = [true; WIDTH];
    for i in 0..n {
        let pivot = reduced::<S, 1>(simd, a, n, i, i)[0];
        for (definite, pivot) in definite.iter_mut().zip(*pivot) {
            *definite &= pivot > 0.0;
        }
        let inverse = splat(simd, 1.0) / pivot.sqrt();
        inverse.store_array(&mut a[i * n + i]);
        let mut k = i + 1;
        while k < n {
            if n - k >= RUN {
                let entries = reduced::<S, RUN>(simd, a, n, i, k);
                for r in 0..RUN {
                    (entries[r] * inverse).store_array(&mut a[i * n + k + r]);
                }
                k += RUN;
            } else {
                let entry = reduced::<S, 1>(simd, a, n, i, k)[0];
                (entry * inverse).store_array(&mut a[i * n + k]);
                k += 1;
            }
        }
    }
    definite
}

/// `a_ik - sum_t u_ti u_tk` over the rows t above, for some columns from k on.
#[inline(always)]
fn reduced<S: Simd, const RUN: usize>(
    simd: S,
    a: &[Eight],
    n: usize,
    i: usize,
    k: usize,
) -> [Vector<S>; RUN] {
    let mut entry = [splat(simd, 0.0); RUN];
    let own = &a[i * n + k..i * n + k + RUN];
    for r in 0..RUN {
        entry[r] = load(simd, &own[r]);
    }
    for above in a[..i * n].chunks_exact(n) {
        let by = -load(simd, &above[i]);
        let u = &above[k..k + RUN];
        for r in 0..RUN {
            entry[r] = fused(by, load(simd, &u[r]), entry[r]);
        }
    }
    entry
}

kernel!(
    /// Solves `U'U x = b` in place for `b` (n x columns), with U from [`cholesky`].
    pub solve, solve_body, (u: &[Eight], b: &mut [Eight], n: usize, columns: usize)
);

#[inline(always)]
pub(super) fn solve_body<S: Simd>(simd: S, u: &[Eight], b: &mut [Eight], n: usize, columns: usize) {
    const LONG: usize = 6;
    const SHORT: usize = 3;
    let mut c = 0;
    while c < columns {
        match columns - c {
            LONG.. => {
                solve_run::<S, LONG>(simd, u, b, (n, columns, c));
                c += LONG;
            }
            SHORT.. => {
                solve_run::<S, SHORT>(simd, u, b, (n, columns, c));
                c += SHORT;
            }
            _ => {
                solve_run::<S, 1>(simd, u, b, (n, columns, c));
                c += 1;
            }
        }
    }
}

/// `RUN` right-hand sides from column `c` on.
#[inline(always)]
fn solve_run<S: Simd, const RUN: usize>(
    simd: S,
    u: &[Eight],
    b: &mut [Eight],
    (n, columns, c): (usize, usize, usize),
) {
    for i in 0..n {
        let mut sum = [splat(simd, 0.0); RUN];
        let above = u[i..].iter().step_by(n).take(i);
        for (u, b) in above.zip(b.chunks_exact(columns)) {
            add::<S, RUN>(simd, &mut sum, u, &b[c..c + RUN]);
        }
        settle(simd, &mut b[i * columns + c..], &sum, &u[i * n + i]);
    }
    for i in (0..n).rev() {
        let mut sum = [splat(simd, 0.0); RUN];
        let beside = &u[i * n + i + 1..(i + 1) * n];
        for (u, b) in beside
            .iter()
            .zip(b[(i + 1) * columns..].chunks_exact(columns))
        {
            add::<S, RUN>(simd, &mut sum, u, &b[c..c + RUN]);
        }
        settle(simd, &mut b[i * columns + c..], &sum, &u[i * n + i]);
    }
}

#[inline(always)]
fn add<S: Simd, const RUN: usize>(simd: S, sum: &mut [Vector<S>; RUN], u: &Eight, b: &[Eight]) {
    let (u, b) = (load(simd, u), &b[..RUN]);
    for r in 0..RUN {
        sum[r] = fused(u, load(simd, &b[r]), sum[r]);
    }
}

/// `b = (b - sum) inverse`.
#[inline(always)]
fn settle<S: Simd, const RUN: usize>(
    simd: S,
    b: &mut [Eight],
    sum: &[Vector<S>; RUN],
    inverse: &Eight,
) {
    let inverse = load(simd, inverse);
    for (o, s) in b.iter_mut().zip(sum) {
        ((load(simd, o) - *s) * inverse).store_array(o);
    }
}
