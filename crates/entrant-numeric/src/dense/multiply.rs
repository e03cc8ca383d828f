//! Products of matrices with few columns and of symmetric results, in registers and with the same
//! bits on every machine.

use super::View;
use super::factor::scale;
use crate::elementary::fused;
use crate::vector::{LANES, dispatched};

/// Rows of a tile of the result; it has [`LANES`] columns.
const ROWS: usize = 4;
/// Terms that are packed at a time: their columns stay in the first two levels of cache.
const DEPTH: usize = 256;

/// A tile of the result.
type Tile = [[f64; LANES]; ROWS];

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
        into_target(self, &mut out, a, b);
    }
}

dispatched!(into_target, into_target_body, (work: &mut Multiplier, out: &mut Target<'_>, a: View<'_>, b: View<'_>));

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn into_target_body(work: &mut Multiplier, out: &mut Target<'_>, a: View<'_>, b: View<'_>) {
    let terms = a.columns;
    if terms == 0 {
        for row in out.data.chunks_mut(out.stride.max(1)).take(a.rows) {
            row[..b.columns].fill(0.0);
        }
    }
    let place = in_place(a, b);
    for from in (0..terms).step_by(DEPTH) {
        let depth = DEPTH.min(terms - from);
        if place == Place::Packed {
            pack::<ROWS>(&mut work.left, a.t(), from, depth);
        }
        pack::<LANES>(&mut work.right, b, from, depth);
        for (q, right) in work.right.chunks_exact(LANES * depth).enumerate() {
            for p in 0..a.rows.div_ceil(ROWS) {
                let (row, column) = (p * ROWS, q * LANES);
                if out.upper && column + LANES <= row {
                    break;
                }
                let sums = match place {
                    Place::Packed => {
                        let at = row * depth;
                        tile(work.left[at..at + ROWS * depth].chunks_exact(ROWS), right)
                    }
                    Place::Columns => {
                        let left = &a.data[from * a.column_stride + row..];
                        tile(left.chunks(a.column_stride), right)
                    }
                    Place::Rows => {
                        tile_of_rows(&a.data[row * a.row_stride + from..], a.row_stride, right)
                    }
                };
                let size = (ROWS.min(a.rows - row), LANES.min(b.columns - column));
                let out_at = &mut out.data[row * out.stride + column..];
                store(out_at, out.stride, size, &sums, from > 0);
            }
        }
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

/// `sum_t left_tr right_tc`, given the left factor's lines.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn tile<'a>(left: impl Iterator<Item = &'a [f64]>, right: &[f64]) -> Tile {
    let mut sum = [[0.0; LANES]; ROWS];
    for (b, a) in right.chunks_exact(LANES).zip(left) {
        add_outer(&mut sum, &a[..ROWS], b);
    }
    sum
}

/// The same for a left factor whose rows are contiguous.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn tile_of_rows(left: &[f64], stride: usize, right: &[f64]) -> Tile {
    let row = |r: usize| left[r * stride..].iter();
    let mut sum = [[0.0; LANES]; ROWS];
    let lines = row(0).zip(row(1)).zip(row(2).zip(row(3)));
    for (b, ((a0, a1), (a2, a3))) in right.chunks_exact(LANES).zip(lines) {
        add_outer(&mut sum, &[*a0, *a1, *a2, *a3], b);
    }
    sum
}

/// `sum_rc += a_r b_c`.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn add_outer(sum: &mut Tile, a: &[f64], b: &[f64]) {
    for r in 0..ROWS {
        for l in 0..LANES {
            sum[r][l] = fused(a[r], b[l], sum[r][l]);
        }
    }
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn store(out: &mut [f64], stride: usize, (rows, columns): (usize, usize), tile: &Tile, keep: bool) {
    for (r, sums) in tile.iter().enumerate().take(rows) {
        let line = &mut out[r * stride..r * stride + columns];
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
                row.iter_mut()
                    .zip(&other[i..])
                    .for_each(|(o, u)| *o = fused(-by, *u, *o));
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
                    line.iter_mut()
                        .zip(x)
                        .for_each(|(o, x)| *o = fused(by, *x, *o));
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
                    line.iter_mut()
                        .zip(x)
                        .for_each(|(o, x)| *o = fused(by, *x, *o));
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
mod tests {
    use super::*;
    use crate::dense::Matrix;
    use crate::random::Stream;

    fn random(rows: usize, columns: usize, seed: u64) -> Matrix {
        let mut stream = Stream::new(seed, "multiply", 0);
        let data = (0..rows * columns).map(|_| stream.normal()).collect();
        Matrix::new(rows, columns, data)
    }

    /// `a * b` by its definition.
    fn plain(a: &Matrix, b: &Matrix, i: usize, j: usize) -> f64 {
        (0..a.columns).map(|t| a.at(i, t) * b.at(t, j)).sum()
    }

    #[test]
    fn results_are_those_of_the_definition() {
        let mut work = Multiplier::default();
        for (m, k, n) in [
            (1, 1, 1),
            (5, 3, 2),
            (4, 8, 8),
            (13, 300, 9),
            (31, 0, 7),
            (24, 517, 24),
        ] {
            let (a, b) = (random(m, k, 1), random(k, n, 2));
            let (at, bt) = (a.transpose(), b.transpose());
            let views = [
                (a.view(), b.view()),
                (at.view().t(), b.view()),
                (a.view(), bt.view().t()),
                (at.view().t(), bt.view().t()),
            ];
            for upper in [false, true] {
                for (x, y) in views {
                    let stride = n + 3;
                    let mut data = vec![7.0; m * stride];
                    let target = Target {
                        data: &mut data,
                        stride,
                        upper,
                    };
                    work.multiply(target, x, y);
                    for i in 0..m {
                        for j in (if upper { i } else { 0 })..n {
                            let (got, want) = (data[i * stride + j], plain(&a, &b, i, j));
                            assert!((got - want).abs() <= 1e-12, "{m} {k} {n}: {got} {want}");
                        }
                        assert!(
                            data[i * stride + n..(i + 1) * stride]
                                .iter()
                                .all(|v| v.to_bits() == 7.0_f64.to_bits())
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn triangles_solve_what_they_factorise() {
        for n in [8, 24, 56, 112] {
            let columns = 16;
            let (g, x) = (random(n, n, 3), random(n, columns, 4));
            let mut a = g.transpose_times(&g);
            for i in 0..n {
                a.data[i * n + i] += 1.0;
            }
            let mut b = a.times(&x).data;
            let mut u = a.data.clone();
            // What is below the diagonal does not matter.
            for i in 0..n {
                u[i * n..i * n + i].fill(f64::NAN);
            }
            assert!(upper_cholesky(&mut u, n));
            for i in 0..n {
                for j in i..n {
                    let back: f64 = (0..=i).map(|t| u[t * n + i] * u[t * n + j]).sum();
                    assert!((back - a.at(i, j)).abs() <= 1e-13 * n as f64 * a.at(i, i));
                }
            }
            upper_solve(&u, &mut b, n, columns);
            for (got, want) in b.iter().zip(&x.data) {
                assert!((got - want).abs() <= 1e-9, "{got} {want}");
            }
        }
        let mut a = vec![0.0; 64];
        (0..8).for_each(|i| a[i * 9] = 1.0);
        a[4 * 9] = -1.0;
        assert!(!upper_cholesky(&mut a, 8));
    }
}
