//! Inner products of rows, `a b'`, read where they stand.
#![expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]

use fearless_simd::prelude::*;

use super::Target;
use crate::dense::View;
use crate::simd::{self, Simd, Vector, fused, kernel, splat};
use crate::vector::LANES;

kernel!(
    /// `out = a b'` for `a` (m x terms) and `b` (n x terms), both with contiguous rows.
    ///
    /// Every entry is the sum of eight sums, of every eighth term.
    pub(super) inner_sums, inner_sums_body, (out: &mut Target<'_>, a: View<'_>, b: View<'_>)
);

#[inline(always)]
pub(super) fn inner_sums_body<S: Simd>(simd: S, out: &mut Target<'_>, a: View<'_>, b: View<'_>) {
    let mut i = 0;
    while i < a.rows {
        i += if a.rows - i >= 4 {
            some_rows::<S, 4>(simd, out, a, b, i)
        } else {
            some_rows::<S, 1>(simd, out, a, b, i)
        };
    }
}

/// `R` rows of the result, and `R`.
#[inline(always)]
fn some_rows<S: Simd, const R: usize>(
    simd: S,
    out: &mut Target<'_>,
    a: View<'_>,
    b: View<'_>,
    i: usize,
) -> usize {
    let mut j = 0;
    while j < b.rows {
        j += if b.rows - j >= 3 {
            tile::<S, R, 3>(simd, out, a, b, (i, j))
        } else {
            tile::<S, R, 1>(simd, out, a, b, (i, j))
        };
    }
    R
}

/// `R` x `N` entries of the result, and `N`.
#[inline(always)]
fn tile<S: Simd, const R: usize, const N: usize>(
    simd: S,
    out: &mut Target<'_>,
    a: View<'_>,
    b: View<'_>,
    (i, j): (usize, usize),
) -> usize {
    let (mut left, mut right) = ([a.data; R], [b.data; N]);
    for r in 0..R {
        left[r] = a.row(i + r);
    }
    for n in 0..N {
        right[n] = b.row(j + n);
    }
    let mut sums = [[splat(simd, 0.0); N]; R];
    let whole = a.columns - a.columns % LANES;
    for t in (0..whole).step_by(LANES) {
        let b = right.map(|b| Vector::from_slice(simd, &b[t..t + LANES]));
        for r in 0..R {
            let a = Vector::from_slice(simd, &left[r][t..t + LANES]);
            for n in 0..N {
                sums[r][n] = fused(a, b[n], sums[r][n]);
            }
        }
    }
    if whole < a.columns {
        let b = right.map(|b| padded(simd, &b[whole..]));
        for r in 0..R {
            let a = padded(simd, &left[r][whole..]);
            for n in 0..N {
                sums[r][n] = fused(a, b[n], sums[r][n]);
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        let line = &mut out.data[(i + r) * out.stride + j..][..N];
        for (o, sum) in line.iter_mut().zip(sums) {
            *o = simd::fold(*sum);
        }
    }
    N
}

/// Fewer than eight numbers, and zeros.
#[inline(always)]
fn padded<S: Simd>(simd: S, some: &[f64]) -> Vector<S> {
    let mut all = [0.0; LANES];
    all[..some.len()].copy_from_slice(some);
    simd::load(simd, &all)
}
