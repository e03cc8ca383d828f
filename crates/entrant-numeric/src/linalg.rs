//! The dense linear algebra that markets need; the only place that names the library.

use nalgebra::{DMatrix, DVector, Dyn, LU};

/// Solves `a x = b` for a square row-major `a` (n x n) by LU with partial pivoting.
///
/// `None` when `a` is singular to working precision (with rows and columns scaled to a largest
/// entry of one, a pivot below `n` roundings) or anything is not finite.
pub fn solve(a: &[f64], b: &[f64]) -> Option<Vec<f64>> {
    if b.is_empty() {
        return Some(Vec::new());
    }
    Factored::new(a, b.len())?.solve(b)
}

/// A regular square matrix, factored once for several right sides.
#[derive(Debug, Clone)]
pub struct Factored {
    lu: LU<f64, Dyn, Dyn>,
    /// Factors of rows and columns that scale their largest entries to one.
    row: Vec<f64>,
    column: Vec<f64>,
}

impl Factored {
    /// Factors a square row-major `a` (n x n); `None` where [`solve`] has none, and when `n` is
    /// zero.
    pub fn new(a: &[f64], n: usize) -> Option<Factored> {
        if n == 0 {
            return None;
        }
        let largest = |m: f64, v: f64| m.max(v.abs());
        let row: Vec<f64> = (0..n)
            .map(|i| 1.0 / (0..n).map(|j| a[i * n + j]).fold(0.0, largest))
            .collect();
        let column: Vec<f64> = (0..n)
            .map(|j| 1.0 / (0..n).map(|i| a[i * n + j] * row[i]).fold(0.0, largest))
            .collect();
        let lu = DMatrix::from_fn(n, n, |i, j| a[i * n + j] * row[i] * column[j]).lu();
        let pivots = lu.u().diagonal().abs();
        let small = |p: &f64| !p.is_finite() || *p <= n as f64 * f64::EPSILON;
        (!pivots.iter().any(small)).then_some(Factored { lu, row, column })
    }

    /// Solves `a x = b` (n); `None` when anything is not finite.
    pub fn solve(&self, b: &[f64]) -> Option<Vec<f64>> {
        let right = DVector::from_fn(self.row.len(), |i, _| b[i] * self.row[i]);
        let x = self.lu.solve(&right)?;
        let x: Vec<f64> = x.iter().zip(&self.column).map(|(x, c)| x * c).collect();
        x.iter().all(|v| v.is_finite()).then_some(x)
    }
}

/// Largest eigenvalue of the symmetric part of a square row-major `a` (n x n).
///
/// `-inf` for an empty matrix, `NaN` when an entry is not finite.
pub fn largest_eigenvalue(a: &[f64], n: usize) -> f64 {
    if a.iter().any(|v| !v.is_finite()) {
        return f64::NAN;
    }
    if n == 0 {
        return f64::NEG_INFINITY;
    }
    let m = DMatrix::from_fn(n, n, |i, j| f64::midpoint(a[i * n + j], a[j * n + i]));
    m.symmetric_eigenvalues()
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max)
}

/// Singular values of a row-major `rows x columns` matrix, largest first.
pub fn singular_values(a: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let mut values: Vec<f64> = DMatrix::from_row_slice(rows, columns, a)
        .singular_values()
        .iter()
        .copied()
        .collect();
    values.sort_by(|x, y| y.total_cmp(x));
    values
}

/// A least-squares fit.
#[derive(Debug, Clone, PartialEq)]
pub struct LeastSquares {
    /// Coefficients (columns).
    pub coefficients: Vec<f64>,
    /// Unscaled covariance `(X'X + ridge)^-1`, row-major (columns x columns).
    pub covariance: Vec<f64>,
    /// Residuals (rows).
    pub residuals: Vec<f64>,
}

/// Ridge regression of `y` on a row-major `x` (rows x columns) with one penalty per column:
/// minimises `|y - X b|^2 + sum_k ridge_k b_k^2`. A zero penalty is ordinary least squares.
///
/// `None` when the normal matrix is singular.
pub fn ridge(x: &[f64], y: &[f64], penalty: &[f64]) -> Option<LeastSquares> {
    let (rows, columns) = (y.len(), penalty.len());
    let x = DMatrix::from_row_slice(rows, columns, x);
    let y = DVector::from_column_slice(y);
    let mut normal = x.transpose() * &x;
    for (k, p) in penalty.iter().enumerate() {
        normal[(k, k)] += p;
    }
    let cholesky = normal.cholesky()?;
    let b = cholesky.solve(&(x.transpose() * &y));
    let covariance = cholesky.inverse();
    let residuals = y - x * &b;
    Some(LeastSquares {
        coefficients: b.iter().copied().collect(),
        covariance: covariance.transpose().iter().copied().collect(),
        residuals: residuals.iter().copied().collect(),
    })
}

/// Least-squares solution of `a x = b` for a row-major `a` (rows x columns) by the normal
/// equations: for Gauss-Newton steps with few columns. `None` when rank-deficient.
pub fn least_squares_step(a: &[f64], b: &[f64], columns: usize) -> Option<Vec<f64>> {
    ridge(a, b, &vec![0.0; columns]).map(|fit| fit.coefficients)
}

/// Solves `L x = b` for a lower-triangular row-major `L` (n x n), for example of [`cholesky_root`].
pub fn forward_solve(l: &[f64], b: &[f64]) -> Vec<f64> {
    let n = b.len();
    let mut x = b.to_vec();
    for i in 0..n {
        let known: f64 = (0..i).map(|j| l[i * n + j] * x[j]).sum();
        x[i] = (x[i] - known) / l[i * n + i];
    }
    x
}

/// Solves `L' x = b` for a lower-triangular row-major `L` (n x n), for example of [`cholesky_root`].
pub fn backward_solve(l: &[f64], b: &[f64]) -> Vec<f64> {
    let n = b.len();
    let mut x = b.to_vec();
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|j| l[j * n + i] * x[j]).sum();
        x[i] = (x[i] - known) / l[i * n + i];
    }
    x
}

/// Lower-triangular root `L` of a symmetric positive definite row-major matrix, `L L' = a`
/// (n x n); zeros when it is not positive definite.
pub fn cholesky_root(a: &[f64], n: usize) -> Vec<f64> {
    let Some(cholesky) = DMatrix::from_row_slice(n, n, a).cholesky() else {
        return vec![0.0; n * n];
    };
    cholesky.l().transpose().iter().copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_and_refuses() {
        let x = solve(&[2.0, 1.0, 1.0, 3.0], &[3.0, 5.0]).expect("regular");
        assert!((x[0] - 0.8).abs() < 1e-15 && (x[1] - 1.4).abs() < 1e-15);
        assert!(solve(&[1.0, 2.0, 2.0, 4.0], &[1.0, 1.0]).is_none());
        // Singular in the numbers meant, regular by a rounding in the numbers stored.
        assert!(solve(&[0.1, 0.3, 0.3, 0.9], &[1.0, 1.0]).is_none());
        assert!(solve(&[1e-200, 0.0, 0.0, 1e200], &[1e-200, 1e200]) == Some(vec![1.0, 1.0]));
        assert!(solve(&[f64::NAN], &[1.0]).is_none() && solve(&[0.0], &[1.0]).is_none());
        assert!(largest_eigenvalue(&[], 0) == f64::NEG_INFINITY);
    }

    #[test]
    fn eigenvalue_and_regression() {
        assert!((largest_eigenvalue(&[2.0, 1.0, 1.0, 2.0], 2) - 3.0).abs() < 1e-14);
        let fit = ridge(
            &[1.0, 0.0, 1.0, 1.0, 1.0, 2.0],
            &[1.0, 3.0, 5.0],
            &[0.0, 0.0],
        )
        .expect("full rank");
        assert!(
            (fit.coefficients[0] - 1.0).abs() < 1e-13 && (fit.coefficients[1] - 2.0).abs() < 1e-13
        );
        assert!((fit.covariance[0] - 5.0 / 6.0).abs() < 1e-13);
    }
}
