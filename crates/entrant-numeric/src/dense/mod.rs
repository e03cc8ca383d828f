//! Row-major matrices for moments and Jacobians, and factorisations in place for hot loops.

mod factor;
mod multiply;
mod spectrum;
mod upper;

use nalgebra::DMatrix;

use crate::vector;

pub use factor::{cholesky, cholesky_solve, lu, lu_solve, lu_solve_transpose, solve_columns};
pub use multiply::{Multiplier, Target};
pub use spectrum::{orthonormal_basis, symmetric_eigen, symmetric_pseudo_inverse, symmetric_root};
pub use upper::{upper_cholesky, upper_solve};

/// A dense row-major matrix.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// Entries, row by row (rows x columns).
    pub data: Vec<f64>,
}

impl Matrix {
    /// A matrix of zeros.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Matrix::new(rows, columns, vec![0.0; rows * columns])
    }

    /// A matrix from its entries, row by row.
    pub fn new(rows: usize, columns: usize, data: Vec<f64>) -> Self {
        debug_assert_eq!(data.len(), rows * columns);
        Matrix {
            rows,
            columns,
            data,
        }
    }

    /// The identity.
    pub fn identity(n: usize) -> Self {
        let mut m = Matrix::zeros(n, n);
        for i in 0..n {
            m.data[i * n + i] = 1.0;
        }
        m
    }

    /// Row `i`.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.data[i * self.columns..(i + 1) * self.columns]
    }

    /// Row `i`, to be written.
    pub fn row_mut(&mut self, i: usize) -> &mut [f64] {
        &mut self.data[i * self.columns..(i + 1) * self.columns]
    }

    /// Entry in row `i` and column `j`.
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.data[i * self.columns + j]
    }

    /// Sets the entry in row `i` and column `j`.
    pub fn set(&mut self, i: usize, j: usize, value: f64) {
        self.data[i * self.columns + j] = value;
    }

    /// Column `j`, copied.
    pub fn column(&self, j: usize) -> Vec<f64> {
        (0..self.rows).map(|i| self.at(i, j)).collect()
    }

    /// The transpose.
    pub fn transpose(&self) -> Matrix {
        let mut t = Matrix::zeros(self.columns, self.rows);
        for i in 0..self.rows {
            for j in 0..self.columns {
                t.data[j * self.rows + i] = self.data[i * self.columns + j];
            }
        }
        t
    }

    /// `self * other`.
    pub fn times(&self, other: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(self.rows, other.columns);
        matmul(&mut out.data, self.view(), other.view(), 0.0);
        out
    }

    /// `self' * other`.
    pub fn transpose_times(&self, other: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(self.columns, other.columns);
        matmul(&mut out.data, self.view().t(), other.view(), 0.0);
        out
    }

    /// `self * x` for a vector.
    pub fn apply(&self, x: &[f64]) -> Vec<f64> {
        (0..self.rows)
            .map(|i| vector::dot(self.row(i), x))
            .collect()
    }

    /// `self' * x` for a vector.
    pub fn transpose_apply(&self, x: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.columns];
        vector::add_scaled_rows(&mut out, x, &self.data);
        out
    }

    /// Columns by index, copied.
    pub fn select(&self, columns: &[usize]) -> Matrix {
        let data = (0..self.rows)
            .flat_map(|i| columns.iter().map(move |j| self.at(i, *j)))
            .collect();
        Matrix::new(self.rows, columns.len(), data)
    }

    /// `[self, other]`, side by side.
    pub fn beside(&self, other: &Matrix) -> Matrix {
        let rows = self.rows.max(other.rows);
        let mut data = Vec::with_capacity(rows * (self.columns + other.columns));
        for i in 0..rows {
            data.extend_from_slice(self.row(i));
            data.extend_from_slice(other.row(i));
        }
        Matrix::new(rows, self.columns + other.columns, data)
    }

    /// `[self; other]`, one above the other.
    pub fn above(&self, other: &Matrix) -> Matrix {
        let data = self.data.iter().chain(&other.data).copied().collect();
        Matrix::new(
            self.rows + other.rows,
            self.columns.max(other.columns),
            data,
        )
    }

    /// The block-diagonal matrix of `self` and `other`.
    pub fn block_diagonal(&self, other: &Matrix) -> Matrix {
        let mut out = Matrix::zeros(self.rows + other.rows, self.columns + other.columns);
        for i in 0..self.rows {
            out.row_mut(i)[..self.columns].copy_from_slice(self.row(i));
        }
        for i in 0..other.rows {
            out.row_mut(self.rows + i)[self.columns..].copy_from_slice(other.row(i));
        }
        out
    }

    /// Every entry multiplied by a number.
    pub fn scaled(mut self, by: f64) -> Matrix {
        for v in &mut self.data {
            *v *= by;
        }
        self
    }

    /// The symmetric part of a square matrix.
    pub fn symmetric(&self) -> Matrix {
        let t = self.transpose();
        let data = self.data.iter().zip(&t.data);
        let data = data.map(|(a, b)| f64::midpoint(*a, *b)).collect();
        Matrix::new(self.rows, self.columns, data)
    }

    /// The whole as a view.
    pub fn view(&self) -> View<'_> {
        View::new(&self.data, self.rows, self.columns)
    }

    fn dense(&self) -> DMatrix<f64> {
        DMatrix::from_row_slice(self.rows, self.columns, &self.data)
    }
}

/// A matrix in somebody else's memory.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    data: &'a [f64],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> View<'a> {
    /// A row-major matrix without gaps.
    pub fn new(data: &'a [f64], rows: usize, columns: usize) -> Self {
        View::strided(data, rows, columns, columns)
    }

    /// A row-major matrix whose rows begin `stride` entries apart.
    pub fn strided(data: &'a [f64], rows: usize, columns: usize, stride: usize) -> Self {
        View {
            data,
            rows,
            columns,
            row_stride: stride,
            column_stride: 1,
        }
    }

    /// The first `count` columns.
    fn first_columns(self, count: usize) -> Self {
        View {
            columns: count,
            ..self
        }
    }

    /// The columns from `first` on; there is at least one.
    fn last_columns(self, first: usize) -> Self {
        View {
            data: &self.data[first * self.column_stride..],
            columns: self.columns - first,
            ..self
        }
    }

    /// `count` rows from `first` on, of which there is at least one.
    fn some_rows(self, first: usize, count: usize) -> Self {
        View {
            data: &self.data[first * self.row_stride..],
            rows: count,
            ..self
        }
    }

    /// Row `i`, where columns stand next to each other.
    fn row(self, i: usize) -> &'a [f64] {
        &self.data[i * self.row_stride..][..self.columns]
    }

    /// The transpose.
    pub fn t(self) -> Self {
        View {
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
            ..self
        }
    }
}

/// `out = a * b + keep * out`, with `out` row-major without gaps (a.rows x b.columns).
///
/// The same machine gives the same bits whatever else it does.
pub fn matmul(out: &mut [f64], a: View<'_>, b: View<'_>, keep: f64) {
    let strides = |v: View<'_>| (v.row_stride, v.column_stride);
    let size = (a.rows, a.columns, b.columns);
    vector::matmul(size, (a.data, strides(a)), (b.data, strides(b)), keep, out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn random(rows: usize, columns: usize, seed: u64) -> Matrix {
        let mut stream = Stream::new(seed, "dense", 0);
        let data = (0..rows * columns).map(|_| stream.normal()).collect();
        Matrix::new(rows, columns, data)
    }

    fn distance(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).fold(0.0, |m, (x, y)| m.max((x - y).abs()))
    }

    #[test]
    fn products_of_views_are_sums_of_products() {
        for (m, k, n) in [(1, 1, 1), (3, 7, 2), (24, 20, 13), (8, 0, 3), (30, 9, 31)] {
            let (a, b) = (random(m, k, 1), random(k, n, 2));
            let mut want = Matrix::zeros(m, n);
            for i in 0..m {
                for j in 0..n {
                    want.set(i, j, (0..k).map(|l| a.at(i, l) * b.at(l, j)).sum());
                }
            }
            assert!(distance(&a.times(&b).data, &want.data) < 1e-13);
            assert!(distance(&a.transpose().transpose_times(&b).data, &want.data) < 1e-13);
            assert!(
                distance(
                    &b.transpose().times(&a.transpose()).transpose().data,
                    &want.data
                ) < 1e-13
            );
        }
    }

    #[test]
    fn factorisations_solve() {
        for n in [1, 2, 5, 24, 60] {
            let a = random(n, n, 3);
            let x = random(n, 4, 4);
            let b = a.times(&x);
            let (mut f, mut p) = (a.data.clone(), vec![0; n]);
            assert!(lu(&mut f, &mut p, n));
            let mut y = b.data.clone();
            lu_solve(&f, &p, &mut y, n, 4);
            assert!(distance(&y, &x.data) < 1e-9, "{n}");
            let mut z = a.transpose_apply(&x.column(0));
            lu_solve_transpose(&f, &p, &mut z, n);
            assert!(distance(&z, &x.column(0)) < 1e-9, "{n}");
            let mut spd = a.transpose_times(&a);
            for i in 0..n {
                spd.data[i * n + i] += 1.0;
            }
            let mut y = spd.times(&x).data;
            let mut l = spd.data.clone();
            assert!(cholesky(&mut l, n));
            cholesky_solve(&l, &mut y, n, 4);
            assert!(distance(&y, &x.data) < 1e-10);
            let root = symmetric_root(&spd);
            assert!(
                distance(&root.transpose_times(&root).data, &spd.data) < 1e-12 * n as f64 * 100.0
            );
            let (inverse, rank) = symmetric_pseudo_inverse(&spd);
            assert!(
                rank == n && distance(&inverse.times(&spd).data, &Matrix::identity(n).data) < 1e-9
            );
        }
        assert!(!cholesky(&mut [1.0, 2.0, 2.0, 1.0], 2) && !lu(&mut [0.0; 4], &mut [0; 2], 2));
    }

    #[test]
    fn a_basis_leaves_out_what_others_explain() {
        let a = random(9, 3, 5);
        let twice = a.beside(&a.select(&[1]));
        let q = orthonormal_basis(&twice);
        assert!(q.columns == 3);
        assert!(distance(&q.transpose_times(&q).data, &Matrix::identity(3).data) < 1e-14);
        assert!(symmetric_eigen(&Matrix::default()).0.is_empty());
        let (inverse, rank) = symmetric_pseudo_inverse(&twice.transpose_times(&twice));
        assert!(rank == 3 && inverse.data.iter().all(|v| v.is_finite()));
    }
}
