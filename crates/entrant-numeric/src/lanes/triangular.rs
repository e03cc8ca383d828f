//! Symmetric systems of eight problems.

use super::{Eight, WIDTH, ZERO, add_times, times};
use crate::elementary::fused;
use crate::vector::dispatched;

dispatched!(
    /// Cholesky factorisation in place (n x n): from the upper triangle of a symmetric matrix to U
    /// with `U'U = a`, with inverse pivots on the diagonal. The lower triangle is not read. The
    /// value says which problems have a positive definite matrix; others hold anything.
    cholesky, cholesky_body, (a: &mut [Eight], n: usize) -> [bool; WIDTH]
);

#[inline(always)]
fn cholesky_body(a: &mut [Eight], n: usize) -> [bool; WIDTH] {
    let mut definite = [true; WIDTH];
    for i in 0..n {
        let (done, rest) = a.split_at_mut(i * n);
        let row = &mut rest[i..n];
        for above in done.chunks_exact(n) {
            let above = &above[i..];
            let by = above[0];
            for (o, u) in row.iter_mut().zip(above) {
                for l in 0..WIDTH {
                    o[l] = fused(-by[l], u[l], o[l]);
                }
            }
        }
        let mut inverse = ZERO;
        for l in 0..WIDTH {
            definite[l] &= row[0][l] > 0.0;
            inverse[l] = 1.0 / row[0][l].sqrt();
        }
        for o in row.iter_mut() {
            *o = times(o, &inverse);
        }
        row[0] = inverse;
    }
    definite
}

dispatched!(
    /// Solves `U'U x = b` in place for `b` (n x columns), with U from [`cholesky`].
    solve, solve_body, (u: &[Eight], b: &mut [Eight], n: usize, columns: usize)
);

#[inline(always)]
fn solve_body(u: &[Eight], b: &mut [Eight], n: usize, columns: usize) {
    const RUN: usize = 4;
    let mut c = 0;
    while c < columns {
        if columns - c >= RUN {
            solve_run::<RUN>(u, b, n, columns, c);
            c += RUN;
        } else {
            solve_run::<1>(u, b, n, columns, c);
            c += 1;
        }
    }
}

/// `RUN` right-hand sides from column `c` on.
#[inline(always)]
fn solve_run<const RUN: usize>(u: &[Eight], b: &mut [Eight], n: usize, columns: usize, c: usize) {
    for i in 0..n {
        let mut sum = [ZERO; RUN];
        for t in 0..i {
            for r in 0..RUN {
                add_times(&mut sum[r], &u[t * n + i], &b[t * columns + c + r]);
            }
        }
        settle(b, i * columns + c, &sum, &u[i * n + i]);
    }
    for i in (0..n).rev() {
        let mut sum = [ZERO; RUN];
        for t in i + 1..n {
            for r in 0..RUN {
                add_times(&mut sum[r], &u[i * n + t], &b[t * columns + c + r]);
            }
        }
        settle(b, i * columns + c, &sum, &u[i * n + i]);
    }
}

/// `b = (b - sum) inverse`.
#[inline(always)]
fn settle<const RUN: usize>(b: &mut [Eight], at: usize, sum: &[Eight; RUN], inverse: &Eight) {
    for (o, s) in b[at..at + RUN].iter_mut().zip(sum) {
        for l in 0..WIDTH {
            o[l] = (o[l] - s[l]) * inverse[l];
        }
    }
}
