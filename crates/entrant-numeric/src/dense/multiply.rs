//! Products of matrices with few columns and of symmetric results, in registers and with the same
//! bits on every machine.
#![expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]

use fearless_simd::prelude::*;
use fearless_simd::{f64x4, f64x8};

use super::View;
use crate::simd::{Simd, kernel, long};
use crate::vector::LANES;
use inner::inner_sums;
use outer::{Copies, outer_sums, weighted_gram};
use tile::{Left, Place, Tile};

mod inner;
mod outer;
pub(super) mod tile;

/// Rows of a tile of the result; it has [`LANES`] columns, or so many as rows where no more are left.
pub(super) const ROWS: usize = 4;
/// Terms that are packed at a time: their columns stay in the first two levels of cache.
const DEPTH: usize = 256;

/// Multiplies matrices, in memory that is used again.
///
/// Factors are read where they stand if their rows are contiguous along what is summed over, or across
/// it on both sides; others are copied first. Which, and so the order in which an entry adds its
/// terms, follows from how they stand, not from their size or the machine.
#[derive(Debug, Default, Clone)]
pub struct Multiplier {
    left: Vec<f64>,
    right: Vec<f64>,
    copies: Copies,
}

/// Where a product goes.
#[derive(Debug)]
pub struct Target<'a> {
    /// Entries.
    pub data: &'a mut [f64],
    /// How far apart rows begin.
    pub stride: usize,
}

impl Multiplier {
    /// `out = a * b` (a.rows x b.columns).
    pub fn multiply(&mut self, mut out: Target<'_>, a: View<'_>, b: View<'_>) {
        let rows_of_both = a.row_stride == 1 && b.column_stride == 1;
        if rows_of_both && a.columns > 0 {
            outer_sums(&mut out, a.t(), b, &mut self.copies);
        } else if a.column_stride == 1 && b.row_stride == 1 && b.columns <= LANES {
            inner_sums(&mut out, a, b.t());
        } else {
            into_target(self, &mut out, a, b);
        }
    }

    /// `out = a' diag(weight) a` (a.columns x a.columns) for `weight` (a.rows), on and above the
    /// diagonal; below it `out` may hold anything afterwards.
    pub fn gram(&mut self, mut out: Target<'_>, a: View<'_>, weight: &[f64]) {
        weighted_gram(&mut out, a, weight, &mut self.copies);
    }
}

kernel!(
    into_target, into_target_body,
    (work: &mut Multiplier, out: &mut Target<'_>, a: View<'_>, b: View<'_>)
);

#[inline(always)]
fn into_target_body<S: Simd>(
    simd: S,
    work: &mut Multiplier,
    out: &mut Target<'_>,
    a: View<'_>,
    b: View<'_>,
) {
    let terms = a.columns;
    if terms == 0 {
        for row in out.data.chunks_mut(out.stride.max(1)).take(a.rows) {
            row[..b.columns].fill(0.0);
        }
    }
    let place = in_place(a, b);
    let narrow = (1..=ROWS).contains(&(b.columns % LANES));
    let whole = b.columns - if narrow { b.columns % LANES } else { 0 };
    for from in (0..terms).step_by(DEPTH) {
        let depth = DEPTH.min(terms - from);
        if place == Place::Packed {
            pack::<ROWS>(&mut work.left, a.t(), from, depth);
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
fn wide_columns<S: Simd>(simd: S, out: &mut Target<'_>, left: Left<'_>, right: &[f64], end: usize) {
    let size = LANES * left.depth;
    let groups = right.len() / size.max(1);
    let mut q = 0;
    while q < groups {
        let right = &right[q * size..];
        if long::<S>() && q + 1 < groups {
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

/// With few columns on the right a copy of the left factor costs as much as the product.
#[inline(always)]
fn in_place(a: View<'_>, b: View<'_>) -> Place {
    let whole = a.rows.next_multiple_of(ROWS);
    if b.columns > 2 * LANES || a.columns == 0 {
        return Place::Packed;
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
            let sums = if keep {
                V::from_slice(sums.token(), line) + *sums
            } else {
                *sums
            };
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

#[cfg(test)]
mod tests;
