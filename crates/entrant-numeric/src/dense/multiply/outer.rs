//! Sums of outer products of rows, `a' diag(w) b`, read where they stand.
#![expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]

use fearless_simd::prelude::*;

use super::Target;
use crate::dense::View;
use crate::simd::{Simd, Vector, fused, kernel, load, long, splat};
use crate::vector::LANES;

/// Rows that are added at a time: they stay in the first level of cache for all tiles.
const DEPTH: usize = 64;

/// Copies that are needed for a run of rows, used again.
#[derive(Debug, Default, Clone)]
pub(super) struct Copies {
    /// Rows times their weights.
    weighted: Vec<f64>,
    /// Columns that fill no vector, and zeros.
    tail: Vec<f64>,
}

kernel!(
    /// `out = a' b` for `a` (rows x m) and `b` (rows x n), both with contiguous rows.
    ///
    /// Every entry adds its terms one after the other, by fused multiply-adds.
    pub(super) outer_sums, outer_sums_body,
    (out: &mut Target<'_>, a: View<'_>, b: View<'_>, copies: &mut Copies)
);

#[inline(always)]
pub(super) fn outer_sums_body<S: Simd>(
    simd: S,
    out: &mut Target<'_>,
    a: View<'_>,
    b: View<'_>,
    copies: &mut Copies,
) {
    if a.rows == 0 {
        clear(out, a.columns, b.columns);
    }
    let whole = b.columns - b.columns % LANES;
    for from in (0..a.rows).step_by(DEPTH) {
        let depth = DEPTH.min(a.rows - from);
        let (a, b) = (a.some_rows(from, depth), b.some_rows(from, depth));
        let run = Run {
            a,
            b: b.first_columns(whole),
            at: (0, 0),
            width: LANES,
            upper: false,
            more: from > 0,
        };
        add_run(simd, out, run);
        if whole < b.columns {
            let last = whole_vector(&mut copies.tail, b.last_columns(whole));
            add_run(simd, out, run.of_tail(last, whole, b.columns - whole));
        }
    }
}

kernel!(
    /// `out = a' diag(weight) a`, on and above the diagonal, for `a` (rows x n) with contiguous rows.
    ///
    /// Every entry adds its terms one after the other, by fused multiply-adds.
    pub(super) weighted_gram, weighted_gram_body,
    (out: &mut Target<'_>, a: View<'_>, weight: &[f64], copies: &mut Copies)
);

/// Columns that fill no vector stand in rows meanwhile, below the diagonal: a vector for each would be
/// mostly empty.
#[inline(always)]
pub(super) fn weighted_gram_body<S: Simd>(
    simd: S,
    out: &mut Target<'_>,
    a: View<'_>,
    weight: &[f64],
    copies: &mut Copies,
) {
    let n = a.columns;
    if a.rows == 0 {
        clear(out, n, n);
    }
    let whole = n - n % LANES;
    for from in (0..a.rows).step_by(DEPTH) {
        let depth = DEPTH.min(a.rows - from);
        let b = a.some_rows(from, depth);
        fill_weighted(&mut copies.weighted, b, &weight[from..from + depth]);
        let weighted = View::new(&copies.weighted, depth, n);
        let run = Run {
            a: weighted.first_columns(whole),
            b: b.first_columns(whole),
            at: (0, 0),
            width: LANES,
            upper: true,
            more: from > 0,
        };
        add_run(simd, out, run);
        if whole < n {
            let b_tail = whole_vector(&mut copies.tail, b.last_columns(whole));
            let last = Run {
                a: weighted.last_columns(whole),
                at: (whole, 0),
                upper: false,
                ..run
            };
            add_run(simd, out, last);
            add_run(simd, out, last.of_tail(b_tail, whole, n - whole));
        }
    }
    for j in whole..n {
        for k in 0..whole {
            out.data[k * out.stride + j] = out.data[j * out.stride + k];
        }
    }
}

#[inline(always)]
fn clear(out: &mut Target<'_>, rows: usize, columns: usize) {
    for row in out.data.chunks_mut(out.stride.max(1)).take(rows) {
        row[..columns].fill(0.0);
    }
}

/// Copies rows times their weights.
#[inline(always)]
fn fill_weighted(out: &mut Vec<f64>, v: View<'_>, weight: &[f64]) {
    out.resize(v.rows * v.columns, 0.0);
    let rows = out.chunks_exact_mut(v.columns);
    for (i, (out, w)) in rows.zip(weight).enumerate() {
        for (o, x) in out.iter_mut().zip(v.row(i)) {
            *o = w * x;
        }
    }
}

/// A few columns with so many behind them that they fill a vector: where they stand if there is
/// something behind each row, or else copied. What is behind makes columns of a product that nobody
/// keeps.
#[inline(always)]
fn whole_vector<'a>(copy: &'a mut Vec<f64>, v: View<'a>) -> View<'a> {
    if v.data.len() >= (v.rows - 1) * v.row_stride + LANES && v.row_stride >= LANES {
        return View {
            columns: LANES,
            ..v
        };
    }
    copy.clear();
    copy.resize(v.rows * LANES, 0.0);
    for (i, out) in copy.chunks_exact_mut(LANES).enumerate() {
        out[..v.columns].copy_from_slice(v.row(i));
    }
    View::new(copy, v.rows, LANES)
}

/// Rows of both factors that are added at a time, and where their products go.
#[derive(Clone, Copy)]
struct Run<'a> {
    a: View<'a>,
    /// With a whole number of vectors.
    b: View<'a>,
    /// Row and column of the result that the first columns of `a` and `b` make.
    at: (usize, usize),
    /// How many numbers of each vector belong to the result.
    width: usize,
    /// Whether nothing below the diagonal is wanted; both begin at the first column then.
    upper: bool,
    /// Whether sums go on from those of earlier rows.
    more: bool,
}

impl<'a> Run<'a> {
    /// The same for the last columns of b.
    #[inline(always)]
    fn of_tail(self, b: View<'a>, column: usize, width: usize) -> Self {
        Run {
            b,
            at: (self.at.0, column),
            width,
            ..self
        }
    }
}

/// Adds one run of rows.
#[inline(always)]
fn add_run<S: Simd>(simd: S, out: &mut Target<'_>, run: Run<'_>) {
    let mut k = 0;
    while k < run.b.columns {
        if long::<S>() && run.b.columns - k >= 2 * LANES {
            add_columns::<S, 2>(simd, out, run, k);
            k += 2 * LANES;
        } else {
            add_columns::<S, 1>(simd, out, run, k);
            k += LANES;
        }
    }
}

/// Tiles of `N` vectors of columns from column k of b on, without those that lie below the diagonal
/// where that is not wanted.
#[inline(always)]
fn add_columns<S: Simd, const N: usize>(simd: S, out: &mut Target<'_>, run: Run<'_>, k: usize) {
    let rows = if run.upper {
        run.a.columns.min(k + N * LANES)
    } else {
        run.a.columns
    };
    let mut j = 0;
    while j < rows {
        let left = rows - j;
        j += if run.upper && N == 2 && j >= k + LANES {
            add_rows::<S, 1>(simd, out, run, (j, k + LANES, left))
        } else {
            add_rows::<S, N>(simd, out, run, (j, k, left))
        };
    }
}

/// A tile of some of the `left` rows from row j on, and how many.
#[inline(always)]
fn add_rows<S: Simd, const N: usize>(
    simd: S,
    out: &mut Target<'_>,
    run: Run<'_>,
    (j, k, left): (usize, usize, usize),
) -> usize {
    if long::<S>() && left >= 8 {
        add_tile::<S, 8, N>(simd, out, run, (j, k))
    } else if left >= 4 {
        add_tile::<S, 4, N>(simd, out, run, (j, k))
    } else if left >= 2 {
        add_tile::<S, 2, N>(simd, out, run, (j, k))
    } else {
        add_tile::<S, 1, N>(simd, out, run, (j, k))
    }
}

/// A tile of `R` rows of the result, and `R`.
#[inline(always)]
fn add_tile<S: Simd, const R: usize, const N: usize>(
    simd: S,
    out: &mut Target<'_>,
    run: Run<'_>,
    (j, k): (usize, usize),
) -> usize {
    let first = (run.at.0 + j) * out.stride + run.at.1 + k;
    let mut sums = [[splat(simd, 0.0); N]; R];
    if run.more {
        for (r, sums) in sums.iter_mut().enumerate() {
            let line = &out.data[first + r * out.stride..];
            for n in 0..N {
                sums[n] = begun(simd, &line[n * LANES..], run.width);
            }
        }
    }
    let left = run.a.data.chunks(run.a.row_stride.max(1));
    let right = run.b.data.chunks(run.b.row_stride.max(1));
    for (left, right) in left.zip(right).take(run.a.rows) {
        let left = &left[j..j + R];
        let right = right[k..k + N * LANES].as_chunks::<LANES>().0;
        let mut b = [splat(simd, 0.0); N];
        for n in 0..N {
            b[n] = load(simd, &right[n]);
        }
        for r in 0..R {
            let a = splat(simd, left[r]);
            for n in 0..N {
                sums[r][n] = fused(a, b[n], sums[r][n]);
            }
        }
    }
    for (r, sums) in sums.iter().enumerate() {
        let line = &mut out.data[first + r * out.stride..];
        for n in 0..N {
            finish(&mut line[n * LANES..], sums[n], run.width);
        }
    }
    R
}

/// What a vector of sums holds already.
#[inline(always)]
fn begun<S: Simd>(simd: S, line: &[f64], width: usize) -> Vector<S> {
    if width == LANES {
        return Vector::from_slice(simd, &line[..LANES]);
    }
    let mut all = [0.0; LANES];
    all[..width].copy_from_slice(&line[..width]);
    load(simd, &all)
}

/// Puts the first of eight sums where they belong.
#[inline(always)]
fn finish<S: Simd>(line: &mut [f64], sums: Vector<S>, width: usize) {
    if width == LANES {
        sums.store_slice(&mut line[..LANES]);
    } else {
        line[..width].copy_from_slice(&sums.as_slice()[..width]);
    }
}
