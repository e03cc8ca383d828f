//! Eight small problems of one size at once, one in each lane of a vector.
//!
//! A number is eight numbers, one for each problem, and every operation is done lane by lane: what
//! a lane holds never depends on its neighbours, so that a problem has the same bits alone and in
//! any company. Sums add their terms one after the other. Where columns are few this leaves
//! nothing of a vector unused. The formulas are those of [`crate::mixture`].
#![expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]

mod anderson;
mod eight;
mod response;
mod triangular;

use fearless_simd::prelude::*;

use crate::mixture::HIGH;
use crate::simd::{self, Simd, Vector, fused, kernel, load, splat};

pub use anderson::Anderson;
pub use eight::{Eight, ONE, ZERO};
pub use response::{add_term, response, row_means};
pub use triangular::{cholesky, solve};

/// Problems that are computed at once.
pub const WIDTH: usize = 8;

/// How many of the rows that are left a kernel takes at once: eight sums hide each other's latency
/// where the machine has registers for them.
#[inline(always)]
fn run_of<S: Simd>(left: usize) -> usize {
    match left {
        8.. if simd::long::<S>() => 8,
        4.. => 4,
        _ => 1,
    }
}

/// The first rows of a matrix with so many columns.
#[inline(always)]
fn rows_of<const RUN: usize>(matrix: &[Eight], columns: usize) -> [&[Eight]; RUN] {
    let mut rows = [matrix; RUN];
    for r in 0..RUN {
        rows[r] = &matrix[r * columns..(r + 1) * columns];
    }
    rows
}

/// Inner products of some rows with a vector: one alone would wait for its own sum.
#[inline(always)]
fn dots<S: Simd, const RUN: usize>(
    simd: S,
    rows: [&[Eight]; RUN],
    with: &[Eight],
) -> [Vector<S>; RUN] {
    let mut sum = [splat(simd, 0.0); RUN];
    for (j, b) in with.iter().enumerate() {
        let b = load(simd, b);
        for r in 0..RUN {
            sum[r] = fused(load(simd, &rows[r][j]), b, sum[r]);
        }
    }
    sum
}

kernel!(
    /// Fills `e` (rows x columns) with `exp(v_ij - c_i)` for
    /// `v_ij = base_j + sum_k coefficient_ik x_kj`, and `rest` (rows) with `exp(-c_i)`, with
    /// the `c_i` of [`crate::mixture::exponentials`]. `coefficient` is rows x k and `x` is k x columns.
    pub exponentials, exponentials_body,
    (e: &mut [Eight], rest: &mut [Eight], base: &[Eight], coefficient: &[Eight], x: &[Eight])
);

#[inline(always)]
fn exponentials_body<S: Simd>(
    simd: S,
    e: &mut [Eight],
    rest: &mut [Eight],
    base: &[Eight],
    coefficient: &[Eight],
    x: &[Eight],
) {
    let columns = base.len();
    let terms = x.len() / columns.max(1);
    for (i, (row, rest)) in e.chunks_exact_mut(columns).zip(rest).enumerate() {
        let by = &coefficient[i * terms..(i + 1) * terms];
        let sum_of = |j: usize| {
            let mut sum = load(simd, &base[j]);
            for (c, x) in by.iter().zip(x.chunks_exact(columns)) {
                sum = fused(load(simd, c), load(simd, &x[j]), sum);
            }
            sum
        };
        let mut top = splat(simd, 0.0);
        for (j, e) in row.iter_mut().enumerate() {
            let sum = sum_of(j);
            top = simd::larger(sum, top);
            simd::exp_below(sum).store_array(e);
        }
        *rest = ONE;
        let high = top.simd_gt(splat(simd, HIGH));
        if high.any_true() {
            let shift = high.select(top, splat(simd, 0.0));
            for (j, e) in row.iter_mut().enumerate() {
                simd::exp_below(sum_of(j) - shift).store_array(e);
            }
            simd::exp_below(-shift).store_array(rest);
        }
    }
}

kernel!(
    /// `out = exp(a - b)`, element by element.
    pub exp_of_difference, exp_of_difference_body, (out: &mut [Eight], a: &[Eight], b: &[Eight])
);

#[inline(always)]
fn exp_of_difference_body<S: Simd>(simd: S, out: &mut [Eight], a: &[Eight], b: &[Eight]) {
    for ((o, a), b) in out.iter_mut().zip(a).zip(b) {
        simd::exp(load(simd, a) - load(simd, b)).store_array(o);
    }
}

kernel!(
    /// Natural logarithms, element by element.
    pub logarithms, logarithms_body, (out: &mut [Eight], x: &[Eight])
);

#[inline(always)]
fn logarithms_body<S: Simd>(simd: S, out: &mut [Eight], x: &[Eight]) {
    for (o, x) in out.iter_mut().zip(x) {
        simd::ln(load(simd, x)).store_array(o);
    }
}

kernel!(
    /// `out = target - ln x`, element by element; the value is the largest absolute one of each
    /// problem, infinite where one is not a number.
    pub log_gap, log_gap_body, (out: &mut [Eight], target: &[Eight], x: &[Eight]) -> Eight
);

#[inline(always)]
fn log_gap_body<S: Simd>(simd: S, out: &mut [Eight], target: &[Eight], x: &[Eight]) -> Eight {
    let infinite = splat(simd, f64::INFINITY);
    let mut largest = splat(simd, 0.0);
    for ((o, t), x) in out.iter_mut().zip(target).zip(x) {
        let gap = load(simd, t) - simd::ln(load(simd, x));
        gap.store_array(o);
        let size = gap.simd_eq(gap).select(gap.abs(), infinite);
        largest = simd::larger(size, largest);
    }
    Eight::from(*largest)
}

kernel!(
    /// The largest `|a - b|` of each problem, infinite where one is not a number.
    pub farthest, farthest_body, (a: &[Eight], b: &[Eight]) -> Eight
);

#[inline(always)]
fn farthest_body<S: Simd>(simd: S, a: &[Eight], b: &[Eight]) -> Eight {
    let infinite = splat(simd, f64::INFINITY);
    let mut largest = splat(simd, 0.0);
    for (a, b) in a.iter().zip(b) {
        let gap = load(simd, a) - load(simd, b);
        let size = gap.simd_eq(gap).select(gap.abs(), infinite);
        largest = simd::larger(size, largest);
    }
    Eight::from(*largest)
}

kernel!(
    /// Copies the problems for which `which` is true.
    pub copy_where, copy_where_body, (out: &mut [Eight], from: &[Eight], which: [bool; WIDTH])
);

#[inline(always)]
fn copy_where_body<S: Simd>(simd: S, out: &mut [Eight], from: &[Eight], which: [bool; WIDTH]) {
    let chosen = which.map(|w| if w { 1.0 } else { 0.0 });
    let chosen = load(simd, &chosen).simd_gt(splat(simd, 0.0));
    for (o, from) in out.iter_mut().zip(from) {
        let kept = chosen.select(load(simd, from), load(simd, o));
        kept.store_array(o);
    }
}

kernel!(
    /// The weighted mean of the rows' probabilities, `sum_i w_i E_ij f_j / (rest_i + sum_k E_ik f_k)`,
    /// into `out` (columns), and that of the choice outside as the value; `scale` (rows) gets
    /// `1 / (rest_i + sum)`.
    pub mixture, mixture_body,
    (
        e: &[Eight], factor: &[Eight], rest: &[Eight], weight: &[Eight], scale: &mut [Eight],
        out: &mut [Eight]
    ) -> Eight
);

#[inline(always)]
fn mixture_body<S: Simd>(
    simd: S,
    e: &[Eight],
    factor: &[Eight],
    rest: &[Eight],
    weight: &[Eight],
    scale: &mut [Eight],
    out: &mut [Eight],
) -> Eight {
    let (n, rows) = (factor.len(), rest.len());
    out.fill(ZERO);
    let mut outside = splat(simd, 0.0);
    let mut from = 0;
    while from < rows {
        let run = run_of::<S>(rows - from);
        let to = from + run;
        let rows = (&e[from * n..to * n], &rest[from..to], &weight[from..to]);
        let into = (&mut scale[from..to], &mut *out);
        outside = match run {
            8 => mix::<S, 8>(simd, rows, factor, into, outside),
            4 => mix::<S, 4>(simd, rows, factor, into, outside),
            _ => mix::<S, 1>(simd, rows, factor, into, outside),
        };
        from = to;
    }
    for (o, f) in out.iter_mut().zip(factor) {
        (load(simd, o) * load(simd, f)).store_array(o);
    }
    Eight::from(*outside)
}

/// Some rows of a mixture, so that each mean is loaded and stored once for all; the choice outside
/// with theirs.
#[inline(always)]
fn mix<S: Simd, const RUN: usize>(
    simd: S,
    (e, rest, weight): (&[Eight], &[Eight], &[Eight]),
    factor: &[Eight],
    (scale, out): (&mut [Eight], &mut [Eight]),
    mut outside: Vector<S>,
) -> Vector<S> {
    let row = rows_of::<RUN>(e, factor.len());
    let sum = dots(simd, row, factor);
    let mut by = sum;
    for r in 0..RUN {
        let rest = load(simd, &rest[r]);
        let inverse = splat(simd, 1.0) / (rest + sum[r]);
        inverse.store_array(&mut scale[r]);
        by[r] = load(simd, &weight[r]) * inverse;
        outside = fused(by[r], rest, outside);
    }
    for (j, o) in out.iter_mut().enumerate() {
        let mut mean = load(simd, o);
        for r in 0..RUN {
            mean = fused(by[r], load(simd, &row[r][j]), mean);
        }
        mean.store_array(o);
    }
    outside
}

kernel!(
    /// Probabilities `p_ij = E_ij f_j scale_i` (rows x columns).
    pub probabilities, probabilities_body,
    (p: &mut [Eight], e: &[Eight], factor: &[Eight], scale: &[Eight])
);

#[inline(always)]
fn probabilities_body<S: Simd>(
    simd: S,
    p: &mut [Eight],
    e: &[Eight],
    factor: &[Eight],
    scale: &[Eight],
) {
    let n = factor.len();
    for ((out, row), s) in p.chunks_exact_mut(n).zip(e.chunks_exact(n)).zip(scale) {
        let s = load(simd, s);
        for ((o, x), f) in out.iter_mut().zip(row).zip(factor) {
            (load(simd, x) * (load(simd, f) * s)).store_array(o);
        }
    }
}

kernel!(
    /// On and above the diagonal of `a` (columns x columns): the derivative of the mixture with
    /// respect to the logarithms of factors, `diag(mean) - sum_i w_i p_i p_i'`. Below it `a` may
    /// hold anything afterwards.
    pub derivative, derivative_body,
    (a: &mut [Eight], p: &[Eight], weight: &[Eight], mean: &[Eight])
);

#[inline(always)]
fn derivative_body<S: Simd>(
    simd: S,
    a: &mut [Eight],
    p: &[Eight],
    weight: &[Eight],
    mean: &[Eight],
) {
    let n = mean.len();
    let mut j = 0;
    while j < n {
        j += match n - j {
            4.. if simd::long::<S>() => outer_rows::<S, 4, 4>(simd, a, (p, weight), (j, n)),
            2.. => outer_rows::<S, 2, 3>(simd, a, (p, weight), (j, n)),
            _ => outer_rows::<S, 1, 3>(simd, a, (p, weight), (j, n)),
        };
    }
    for (j, mean) in mean.iter().enumerate() {
        let o = &mut a[j * n + j];
        (load(simd, o) + load(simd, mean)).store_array(o);
    }
}

/// `TALL` rows of the result from row j on, in tiles of `LONG` columns, and `TALL`.
#[inline(always)]
fn outer_rows<S: Simd, const TALL: usize, const LONG: usize>(
    simd: S,
    a: &mut [Eight],
    of: (&[Eight], &[Eight]),
    (j, n): (usize, usize),
) -> usize {
    let mut k = j;
    while k < n {
        if n - k >= LONG {
            outer_sums::<S, TALL, LONG>(simd, a, of, (j, k, n));
            k += LONG;
        } else {
            outer_sums::<S, TALL, 1>(simd, a, of, (j, k, n));
            k += 1;
        }
    }
    TALL
}

/// `-sum_i w_i p_ij p_ik` for a tile of the result that begins at (j, k).
#[inline(always)]
fn outer_sums<S: Simd, const TALL: usize, const LONG: usize>(
    simd: S,
    a: &mut [Eight],
    (p, weight): (&[Eight], &[Eight]),
    (j, k, n): (usize, usize, usize),
) {
    let mut sum = [[splat(simd, 0.0); LONG]; TALL];
    for (row, w) in p.chunks_exact(n).zip(weight) {
        let w = load(simd, w);
        let right = &row[k..k + LONG];
        let left = &row[j..j + TALL];
        for (sum, left) in sum.iter_mut().zip(left) {
            let by = w * load(simd, left);
            for (sum, right) in sum.iter_mut().zip(right) {
                *sum = fused(by, load(simd, right), *sum);
            }
        }
    }
    for (t, sum) in sum.iter().enumerate() {
        let at = (j + t) * n + k;
        for (o, sum) in a[at..at + LONG].iter_mut().zip(sum) {
            (-*sum).store_array(o);
        }
    }
}

#[cfg(test)]
mod tests;
