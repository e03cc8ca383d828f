//! Products of matrices with few columns and of symmetric results, in registers and with the same
//! bits on every machine.
#![expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]

use fearless_simd::prelude::*;
use fearless_simd::{f64x4, f64x8};

use super::View;
use super::factor::scale;
use crate::elementary::fused;
use crate::simd::{Simd, kernel};
use crate::vector::LANES;

/// Rows of a tile of the result; it has [`LANES`] columns, or so many as rows where no more are left.
const ROWS: usize = 4;
/// Terms that are packed at a time: their columns stay in the first two levels of cache.
const DEPTH: usize = 256;

/// A tile of the result, of vectors V.
type Tile<V> = [V; ROWS];

/// Multiplies matrices, in memory that is used again.
///
/// Every entry adds its terms one after the other in runs of 256, by fused multiply-adds, so that
/// neither the shape of the rest nor the machine changes its bits.
#[derive(Debug, Default, Clone)]
pub struct Multiplier {
    left: Vec<f64>,
    right: Vec<f64>,
}

/// Where a product goes.
#[derive(Debug)]
pub struct Target<'a> {
    /// Entries.
    pub data: &'a mut [f64],
    /// How far apart rows begin.
    pub stride: usize,
    /// Whether only entries on and above the diagonal are wanted; others may get any value.
    pub upper: bool,
}

impl Multiplier {
    /// `out = a * b` (a.rows x b.columns).
    pub fn multiply(&mut self, mut out: Target<'_>, a: View<'_>, b: View<'_>) {
        into_target(self, &mut out, a, b, &[]);
    }

    /// `out = a' diag(weight) a` (a.columns x a.columns) for `weight` (a.rows).
    pub fn gram(&mut self, mut out: Target<'_>, a: View<'_>, weight: &[f64]) {
        into_target(self, &mut out, a.t(), a, weight);
    }
}

kernel!(
    into_target, into_target_body,
    (work: &mut Multiplier, out: &mut Target<'_>, a: View<'_>, b: View<'_>, weight: &[f64])
);

#[inline(always)]
fn into_target_body<S: Simd>(
    simd: S,
    work: &mut Multiplier,
    out: &mut Target<'_>,
    a: View<'_>,
    b: View<'_>,
    weight: &[f64],
) {
    let terms = a.columns;
    if terms == 0 {
        for row in out.data.chunks_mut(out.stride.max(1)).take(a.rows) {
            row[..b.columns].fill(0.0);
        }
    }
    let place = if weight.is_empty() {
        in_place(a, b)
    } else {
        Place::Packed
    };
    let narrow = (1..=ROWS).contains(&(b.columns % LANES));
    let whole = b.columns - if narrow { b.columns % LANES } else { 0 };
    for from in (0..terms).step_by(DEPTH) {
        let depth = DEPTH.min(terms - from);
        if place == Place::Packed {
            pack::<ROWS>(&mut work.left, a.t(), from, depth);
        }
        if let Some(weight) = weight.get(from..from + depth) {
            weigh(&mut work.left, weight);
        }
        let left = Left {
            place,
            packed: &work.left,
            a,
            from,
            depth,
        };
        pack::<LANES>(&mut work.right, b.first_columns(whole), from, depth);
        wide_columns(simd, out, left, &work.right, b.columns);
        if narrow {
            pack::<ROWS>(&mut work.right, b.last_columns(whole), from, depth);
            narrow_column(simd, out, whole, left, &work.right, b.columns);
        }
    }
}

/// Columns of the result, [`LANES`] at a time, or twice as many where the machine's vectors are so
/// long that a tile of one would wait for its own sums.
#[inline(always)]
fn wide_columns<S: Simd>(
    simd: S,
    out: &mut Target<'_>,
    left: Left<'_>,
    right: &[f64],
    end: usize,
) {
    let long = <S::f64s as SimdBase<S>>::LEN >= LANES;
    let size = LANES * left.depth;
    let groups = right.len() / size.max(1);
    let mut q = 0;
    while q < groups {
        let right = &right[q * size..];
        if long && q + 1 < groups {
            wide_column::<S, 2>(simd, out, q * LANES, left, right, end);
            q += 2;
        } else {
            wide_column::<S, 1>(simd, out, q * LANES, left, right, end);
            q += 1;
        }
    }
}

/// Tiles of some columns of the result, each of [`LANES`] columns.
#[inline(always)]
fn wide_column<S: Simd, const N: usize>(
    simd: S,
    out: &mut Target<'_>,
    column: usize,
    left: Left<'_>,
    right: &[f64],
    end: usize,
) {
    let size = LANES * left.depth;
    let mut runs = [right; N];
    for c in 0..N {
        runs[c] = &right[c * size..(c + 1) * size];
    }
    for row in (0..left.a.rows).step_by(ROWS) {
        if out.upper && column + N * LANES <= row {
            break;
        }
        let mut sums = [[f64x8::splat(simd, 0.0); ROWS]; N];
        left.add(simd, row, runs, &mut sums);
        for (c, sums) in sums.iter().enumerate() {
            let at = (row, column + c * LANES);
            store(out, at, (left.a.rows, end), sums, left.from > 0);
        }
    }
}

/// Tiles of the last column of the result, two at a time: one alone would wait for its own sums.
#[inline(always)]
fn narrow_column<S: Simd>(
    simd: S,
    out: &mut Target<'_>,
    column: usize,
    left: Left<'_>,
    right: &[f64],
    end: usize,
) {
    let rows = left.a.rows;
    for row in (0..rows).step_by(2 * ROWS) {
        if out.upper && end <= row {
            break;
        }
        let mut sums = [[f64x4::splat(simd, 0.0); ROWS]; 1];
        let mut more = sums;
        let other = row + ROWS;
        if other < rows {
            left.add_pair(simd, row, right, [&mut sums[0], &mut more[0]]);
            store(out, (other, column), (rows, end), &more[0], left.from > 0);
        } else {
            left.add(simd, row, [right], &mut sums);
        }
        store(out, (row, column), (rows, end), &sums[0], left.from > 0);
    }
}

/// Where the left factor of a product is read.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// From a packed copy.
    Packed,
    /// Where it stands, columns being contiguous.
    Columns,
    /// Where it stands, rows being contiguous.
    Rows,
}

/// With few columns on the right a copy of the left factor costs as much as the product.
#[inline(always)]
fn in_place(a: View<'_>, b: View<'_>) -> Place {
    let whole = a.rows.next_multiple_of(ROWS);
    if b.columns > 2 * LANES || a.columns == 0 {
        return Place::Packed;
    }
    if a.row_stride == 1
        && a.data.len() >= (a.columns - 1) * a.column_stride + whole
        && a.column_stride >= ROWS
    {
        return Place::Columns;
    }
    if a.column_stride == 1 && whole == a.rows {
        return Place::Rows;
    }
    Place::Packed
}

/// Copies `depth` rows of a matrix so that `W` columns stand next to each other: for each group of
/// columns (zeros where there are fewer than `W`) one row after the other.
#[inline(always)]
fn pack<const W: usize>(out: &mut Vec<f64>, v: View<'_>, from: usize, depth: usize) {
    let groups = v.columns.div_ceil(W);
    out.resize(groups * W * depth, 0.0);
    for (g, group) in out.chunks_exact_mut(W * depth).enumerate() {
        let width = W.min(v.columns - g * W);
        let first = from * v.row_stride + g * W * v.column_stride;
        if width < W {
            group.fill(0.0);
        }
        if v.column_stride == 1 && width == W {
            let lines = v.data[first..].chunks(v.row_stride);
            for (line, source) in group.chunks_exact_mut(W).zip(lines) {
                line.copy_from_slice(&source[..W]);
            }
            continue;
        }
        for l in 0..width {
            let source = v.data[first + l * v.column_stride..].iter();
            let line = group[l..].iter_mut().step_by(W);
            line.zip(source.step_by(v.row_stride))
                .for_each(|(o, x)| *o = *x);
        }
    }
}

/// Multiplies packed terms by their weights.
#[inline(always)]
fn weigh(packed: &mut [f64], weight: &[f64]) {
    for tile in packed.chunks_exact_mut(ROWS * weight.len()) {
        for (line, w) in tile.chunks_exact_mut(ROWS).zip(weight) {
            for v in line {
                *v *= w;
            }
        }
    }
}

/// Some terms of the left factor.
#[derive(Clone, Copy)]
struct Left<'a> {
    place: Place,
    packed: &'a [f64],
    a: View<'a>,
    /// The first term, and how many there are.
    from: usize,
    depth: usize,
}

impl<'a> Left<'a> {
    /// Adds the products of [`ROWS`] entries of each term, from row `row` on, with the right
    /// factors'.
    #[inline(always)]
    fn add<S: Simd, V: SimdFloat<S, Element = f64>, const N: usize>(
        self,
        simd: S,
        row: usize,
        right: [&[f64]; N],
        sums: &mut [Tile<V>; N],
    ) {
        match self.place {
            Place::Packed => add_terms(simd, self.tile(row), right, sums),
            Place::Columns => add_terms(simd, self.columns(row), right, sums),
            Place::Rows => add_terms(simd, self.rows(row), right, sums),
        }
    }

    /// The same for twice as many rows.
    #[inline(always)]
    fn add_pair<S: Simd, V: SimdFloat<S, Element = f64>>(
        self,
        simd: S,
        row: usize,
        right: &[f64],
        sums: [&mut Tile<V>; 2],
    ) {
        let other = row + ROWS;
        match self.place {
            Place::Packed => add_pairs(simd, (self.tile(row), self.tile(other)), right, sums),
            Place::Columns => {
                add_pairs(simd, (self.columns(row), self.columns(other)), right, sums);
            }
            Place::Rows => add_pairs(simd, (self.rows(row), self.rows(other)), right, sums),
        }
    }

    #[inline(always)]
    fn tile(self, row: usize) -> Packed<'a> {
        let packed = &self.packed[row * self.depth..(row + ROWS) * self.depth];
        Packed(packed.as_chunks().0)
    }

    #[inline(always)]
    fn columns(self, row: usize) -> Columns<'a> {
        let stride = self.a.column_stride;
        Columns(&self.a.data[self.from * stride + row..], stride)
    }

    #[inline(always)]
    fn rows(self, row: usize) -> Rows<'a> {
        let data = &self.a.data[row * self.a.row_stride + self.from..];
        let line = |r: usize| &data[r * self.a.row_stride..][..self.depth];
        Rows([line(0), line(1), line(2), line(3)])
    }
}

/// [`ROWS`] entries of each term of the left factor.
trait Terms: Copy {
    fn at(self, t: usize) -> [f64; ROWS];
}

/// Terms of a packed copy.
#[derive(Clone, Copy)]
struct Packed<'a>(&'a [[f64; ROWS]]);

/// Terms in columns that are so far apart.
#[derive(Clone, Copy)]
struct Columns<'a>(&'a [f64], usize);

/// Terms in rows.
#[derive(Clone, Copy)]
struct Rows<'a>([&'a [f64]; ROWS]);

impl Terms for Packed<'_> {
    #[inline(always)]
    fn at(self, t: usize) -> [f64; ROWS] {
        self.0[t]
    }
}

impl Terms for Columns<'_> {
    #[inline(always)]
    fn at(self, t: usize) -> [f64; ROWS] {
        four(self.0, t * self.1)
    }
}

impl Terms for Rows<'_> {
    #[inline(always)]
    fn at(self, t: usize) -> [f64; ROWS] {
        [self.0[0][t], self.0[1][t], self.0[2][t], self.0[3][t]]
    }
}

/// Adds the products of the left factor's terms with those of the right. The sums are copies
/// meanwhile, which stay in registers: nothing else can see them.
#[inline(always)]
fn add_terms<S: Simd, V: SimdFloat<S, Element = f64>, const N: usize>(
    simd: S,
    left: impl Terms,
    right: [&[f64]; N],
    sums: &mut [Tile<V>; N],
) {
    let (first, last) = (right[0], right[N - 1]);
    let mut own = (sums[0], sums[N - 1]);
    if N > 1 {
        for (t, b) in first.chunks_exact(V::LEN).enumerate() {
            let a = left.at(t);
            add_outer(simd, &mut own.0, &a, V::from_slice(simd, b));
            let c = &last[t * V::LEN..(t + 1) * V::LEN];
            add_outer(simd, &mut own.1, &a, V::from_slice(simd, c));
        }
        sums[N - 1] = own.1;
    } else {
        for (t, b) in first.chunks_exact(V::LEN).enumerate() {
            add_outer(simd, &mut own.0, &left.at(t), V::from_slice(simd, b));
        }
    }
    sums[0] = own.0;
}

/// The same for twice as many rows.
#[inline(always)]
fn add_pairs<S: Simd, V: SimdFloat<S, Element = f64>>(
    simd: S,
    (left, other): (impl Terms, impl Terms),
    right: &[f64],
    [sums, more]: [&mut Tile<V>; 2],
) {
    let (mut one, mut two) = (*sums, *more);
    for (t, b) in right.chunks_exact(V::LEN).enumerate() {
        let b = V::from_slice(simd, b);
        add_outer(simd, &mut one, &left.at(t), b);
        add_outer(simd, &mut two, &other.at(t), b);
    }
    (*sums, *more) = (one, two);
}

/// `sum_r += a_r b`.
#[inline(always)]
fn add_outer<S: Simd, V: SimdFloat<S, Element = f64>>(
    simd: S,
    sum: &mut Tile<V>,
    a: &[f64; ROWS],
    b: V,
) {
    for r in 0..ROWS {
        sum[r] = fused_of(V::splat(simd, a[r]), b, sum[r]);
    }
}

/// `a b + c`, rounded once but in a browser.
#[inline(always)]
fn fused_of<S: Simd, V: SimdFloat<S>>(a: V, b: V, c: V) -> V {
    if cfg!(target_arch = "wasm32") {
        a * b + c
    } else {
        a.mul_add_precise(b, c)
    }
}

/// Puts a tile where it belongs, or adds it; what lies past the last row or column is left out.
#[inline(always)]
fn store<S: Simd, V: SimdFloat<S, Element = f64>>(
    out: &mut Target<'_>,
    (row, column): (usize, usize),
    (rows, columns): (usize, usize),
    tile: &Tile<V>,
    keep: bool,
) {
    let width = V::LEN.min(columns - column);
    for (r, sums) in tile.iter().enumerate().take(rows - row) {
        let at = (row + r) * out.stride + column;
        let line = &mut out.data[at..at + width];
        if width == V::LEN {
            let sums = if keep { V::from_slice(sums.token(), line) + *sums } else { *sums };
            sums.store_slice(line);
            continue;
        }
        let sums = sums.as_slice();
        if keep {
            line.iter_mut().zip(sums).for_each(|(o, s)| *o += s);
        } else {
            line.iter_mut().zip(sums).for_each(|(o, s)| *o = *s);
        }
    }
}

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

/// Four numbers of a slice.
#[inline(always)]
fn four(v: &[f64], at: usize) -> [f64; ROWS] {
    [v[at], v[at + 1], v[at + 2], v[at + 3]]
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
                    line = fused_of(by, f64x8::from_slice(simd, &b[at..at + LANES]), line);
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
                    line = fused_of(by, f64x8::from_slice(simd, &b[at..at + LANES]), line);
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

#[cfg(test)]
mod tests;
