//! Products of matrices with few columns and of symmetric results, in registers and with the same
//! bits on every machine.

use super::View;
use super::factor::scale;
use crate::elementary::fused;
use crate::vector::{LANES, dispatched};

/// Rows of a tile of the result; it has [`LANES`] columns, or so many as rows where no more are left.
const ROWS: usize = 4;
/// Terms that are packed at a time: their columns stay in the first two levels of cache.
const DEPTH: usize = 256;

/// A tile of the result.
type Tile<const W: usize> = [[f64; W]; ROWS];

/// Entries of four rows.
type FourOf<'a> = ((&'a f64, &'a f64), (&'a f64, &'a f64));

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

dispatched!(
    into_target, into_target_body,
    (work: &mut Multiplier, out: &mut Target<'_>, a: View<'_>, b: View<'_>, weight: &[f64])
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn into_target_body(
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
        for (q, right) in work.right.chunks_exact(LANES * depth).enumerate() {
            wide_column(out, q * LANES, left, right, b.columns);
        }
        if narrow {
            pack::<ROWS>(&mut work.right, b.last_columns(whole), from, depth);
            narrow_column(out, whole, left, &work.right, b.columns);
        }
    }
}

/// Tiles of a column of the result, of [`LANES`] columns.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn wide_column(out: &mut Target<'_>, column: usize, left: Left<'_>, right: &[f64], end: usize) {
    for row in (0..left.a.rows).step_by(ROWS) {
        if out.upper && column + LANES <= row {
            break;
        }
        let mut sums = [[0.0; LANES]; ROWS];
        left.add(row, right, &mut sums);
        store(out, (row, column), (left.a.rows, end), &sums, left.from > 0);
    }
}

/// Tiles of the last column of the result, two at a time: one alone would wait for its own sums.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn narrow_column(out: &mut Target<'_>, column: usize, left: Left<'_>, right: &[f64], end: usize) {
    let rows = left.a.rows;
    for row in (0..rows).step_by(2 * ROWS) {
        if out.upper && end <= row {
            break;
        }
        let mut sums: [Tile<ROWS>; 2] = [[[0.0; ROWS]; ROWS]; 2];
        let other = row + ROWS;
        if other < rows {
            left.add_pair(row, right, &mut sums);
            store(out, (other, column), (rows, end), &sums[1], left.from > 0);
        } else {
            left.add(row, right, &mut sums[0]);
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
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
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
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
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
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
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
    /// factor's.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must inline into each target-feature copy to vectorise"
    )]
    fn add<const W: usize>(self, row: usize, right: &[f64], sum: &mut Tile<W>) {
        let right = right.chunks_exact(W);
        match self.place {
            Place::Packed => {
                for (b, a) in right.zip(self.tile(row)) {
                    add_outer(sum, a, b);
                }
            }
            Place::Columns => {
                for (b, a) in right.zip(self.columns(row)) {
                    add_outer(sum, &a[..ROWS], b);
                }
            }
            Place::Rows => {
                for (b, ((x, y), (z, w))) in right.zip(self.rows(row)) {
                    add_outer(sum, &[*x, *y, *z, *w], b);
                }
            }
        }
    }

    /// The same for twice as many rows.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must inline into each target-feature copy to vectorise"
    )]
    fn add_pair(self, row: usize, right: &[f64], [sum, more]: &mut [Tile<ROWS>; 2]) {
        let (other, right) = (row + ROWS, right.chunks_exact(ROWS));
        match self.place {
            Place::Packed => {
                for (b, (a, c)) in right.zip(self.tile(row).zip(self.tile(other))) {
                    add_outer(sum, a, b);
                    add_outer(more, c, b);
                }
            }
            Place::Columns => {
                for (b, (a, c)) in right.zip(self.columns(row).zip(self.columns(other))) {
                    add_outer(sum, &a[..ROWS], b);
                    add_outer(more, &c[..ROWS], b);
                }
            }
            Place::Rows => {
                let lines = self.rows(row).zip(self.rows(other));
                for (b, (((x, y), (z, w)), ((p, q), (r, s)))) in right.zip(lines) {
                    add_outer(sum, &[*x, *y, *z, *w], b);
                    add_outer(more, &[*p, *q, *r, *s], b);
                }
            }
        }
    }

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must inline into each target-feature copy to vectorise"
    )]
    fn tile(self, row: usize) -> impl Iterator<Item = &'a [f64]> {
        self.packed[row * self.depth..(row + ROWS) * self.depth].chunks_exact(ROWS)
    }

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must inline into each target-feature copy to vectorise"
    )]
    fn columns(self, row: usize) -> impl Iterator<Item = &'a [f64]> {
        let stride = self.a.column_stride;
        self.a.data[self.from * stride + row..].chunks(stride)
    }

    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "must inline into each target-feature copy to vectorise"
    )]
    fn rows(self, row: usize) -> impl Iterator<Item = FourOf<'a>> {
        let data = &self.a.data[row * self.a.row_stride + self.from..];
        let line = |r: usize| data[r * self.a.row_stride..].iter();
        line(0).zip(line(1)).zip(line(2).zip(line(3)))
    }
}

/// `sum_rc += a_r b_c`.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn add_outer<const W: usize>(sum: &mut Tile<W>, a: &[f64], b: &[f64]) {
    for r in 0..ROWS {
        for l in 0..W {
            sum[r][l] = fused(a[r], b[l], sum[r][l]);
        }
    }
}

/// Puts a tile where it belongs, or adds it; what lies past the last row or column is left out.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn store<const W: usize>(
    out: &mut Target<'_>,
    (row, column): (usize, usize),
    (rows, columns): (usize, usize),
    tile: &Tile<W>,
    keep: bool,
) {
    let width = W.min(columns - column);
    for (r, sums) in tile.iter().enumerate().take(rows - row) {
        let at = (row + r) * out.stride + column;
        let line = &mut out.data[at..at + width];
        if keep {
            line.iter_mut().zip(sums).for_each(|(o, s)| *o += s);
        } else {
            line.iter_mut().zip(sums).for_each(|(o, s)| *o = *s);
        }
    }
}

dispatched!(
    /// Cholesky factorisation in place of a symmetric matrix (n x n, row-major, n a multiple of
    /// eight): on return the upper triangle holds U with `U'U = a`. The lower one is not read.
    ///
    /// `false` when a pivot is not positive: the matrix is not positive definite.
    upper_cholesky, upper_cholesky_body, (a: &mut [f64], n: usize) -> bool
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn upper_cholesky_body(a: &mut [f64], n: usize) -> bool {
    for i in (0..n).step_by(ROWS) {
        let (done, rest) = a.split_at_mut(i * n);
        for k in (i - i % LANES..n).step_by(LANES) {
            let mut sum = [[0.0; LANES]; ROWS];
            for row in done.chunks_exact(n) {
                add_outer(&mut sum, &row[i..i + ROWS], &row[k..k + LANES]);
            }
            for (r, sums) in sum.iter().enumerate() {
                let line = &mut rest[r * n + k..r * n + k + LANES];
                line.iter_mut().zip(sums).for_each(|(o, s)| *o -= s);
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

dispatched!(
    /// Solves `U'U x = b` in place for `b` (n x columns, row-major, columns a multiple of eight),
    /// with U from [`upper_cholesky`].
    upper_solve, upper_solve_body, (u: &[f64], b: &mut [f64], n: usize, columns: usize)
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn upper_solve_body(u: &[f64], b: &mut [f64], n: usize, columns: usize) {
    for c in (0..columns).step_by(LANES) {
        for i in (0..n).step_by(ROWS) {
            let mut sum = [[0.0; LANES]; ROWS];
            for t in 0..i {
                let x = &b[t * columns + c..t * columns + c + LANES];
                add_outer(&mut sum, &u[t * n + i..t * n + i + ROWS], x);
            }
            for r in 0..ROWS {
                let mut line = sum[r];
                for k in 0..r {
                    let by = u[(i + k) * n + i + r];
                    let x = &b[(i + k) * columns + c..(i + k) * columns + c + LANES];
                    for (o, x) in line.iter_mut().zip(x) {
                        *o = fused(by, *x, *o);
                    }
                }
                settle(b, (i + r) * columns + c, &line, u[(i + r) * n + i + r]);
            }
        }
        for i in (0..n).step_by(ROWS).rev() {
            let mut sum = [[0.0; LANES]; ROWS];
            for t in i + ROWS..n {
                let x = &b[t * columns + c..t * columns + c + LANES];
                let a = [0, 1, 2, 3].map(|r| u[(i + r) * n + t]);
                add_outer(&mut sum, &a, x);
            }
            for r in (0..ROWS).rev() {
                let mut line = sum[r];
                for k in r + 1..ROWS {
                    let by = u[(i + r) * n + i + k];
                    let x = &b[(i + k) * columns + c..(i + k) * columns + c + LANES];
                    for (o, x) in line.iter_mut().zip(x) {
                        *o = fused(by, *x, *o);
                    }
                }
                settle(b, (i + r) * columns + c, &line, u[(i + r) * n + i + r]);
            }
        }
    }
}

/// `b = (b - sum) / pivot` for one run of columns.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn settle(b: &mut [f64], at: usize, sum: &[f64; LANES], pivot: f64) {
    let by = 1.0 / pivot;
    let line = &mut b[at..at + LANES];
    line.iter_mut()
        .zip(sum)
        .for_each(|(o, s)| *o = (*o - s) * by);
}

#[cfg(test)]
mod tests;
