//! Eigenvalues, pseudo-inverses, roots and bases.

use super::{Matrix, cholesky};
use crate::vector;

/// Eigenvalues (ascending) and eigenvectors (as columns) of a symmetric matrix.
pub fn symmetric_eigen(a: &Matrix) -> (Vec<f64>, Matrix) {
    let n = a.rows;
    if n == 0 {
        return (Vec::new(), Matrix::default());
    }
    let eigen = a.symmetric().dense().symmetric_eigen();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|x, y| eigen.eigenvalues[*x].total_cmp(&eigen.eigenvalues[*y]));
    let values = order.iter().map(|k| eigen.eigenvalues[*k]).collect();
    let mut vectors = Matrix::zeros(n, n);
    for (c, k) in order.iter().enumerate() {
        for i in 0..n {
            vectors.set(i, c, eigen.eigenvectors[(i, *k)]);
        }
    }
    (values, vectors)
}

/// The pseudo-inverse of a symmetric positive semi-definite matrix and its rank; eigenvalues
/// below `n` roundings of the largest count as zero.
pub fn symmetric_pseudo_inverse(a: &Matrix) -> (Matrix, usize) {
    // Entries of very different size are brought to one scale first: their rank is not a
    // question of units.
    let size: Vec<f64> = (0..a.rows)
        .map(|i| {
            if a.at(i, i) > 0.0 {
                a.at(i, i).sqrt()
            } else {
                1.0
            }
        })
        .collect();
    let mut unit = a.symmetric();
    for i in 0..a.rows {
        for j in 0..a.rows {
            unit.data[i * a.rows + j] /= size[i] * size[j];
        }
    }
    let (values, vectors) = symmetric_eigen(&unit);
    let largest = values.last().copied().unwrap_or(0.0);
    let cutoff = a.rows as f64 * f64::EPSILON * largest;
    let kept: Vec<usize> = (0..a.rows).filter(|k| values[*k] > cutoff).collect();
    let mut out = Matrix::zeros(a.rows, a.rows);
    for k in &kept {
        for i in 0..a.rows {
            let w = vectors.at(i, *k) / values[*k];
            for j in 0..a.rows {
                out.data[i * a.rows + j] += w * vectors.at(j, *k);
            }
        }
    }
    for i in 0..a.rows {
        for j in 0..a.rows {
            out.data[i * a.rows + j] /= size[i] * size[j];
        }
    }
    (out.symmetric(), kept.len())
}

/// A root R (rank x n) of a symmetric positive semi-definite matrix: `R' R = a`. The triangular
/// one where the matrix is definite.
pub fn symmetric_root(a: &Matrix) -> Matrix {
    let n = a.rows;
    let mut l = a.data.clone();
    if cholesky(&mut l, n) {
        let mut root = Matrix::zeros(n, n);
        for i in 0..n {
            for j in 0..=i {
                root.set(j, i, l[i * n + j]);
            }
        }
        return root;
    }
    let (values, vectors) = symmetric_eigen(a);
    let mut root = Matrix::zeros(n, n);
    for k in 0..n {
        let scale = values[k].max(0.0).sqrt();
        for j in 0..n {
            root.set(k, j, scale * vectors.at(j, k));
        }
    }
    root
}

/// An orthonormal basis of the columns of `a` (rows x rank), by Gram-Schmidt with
/// reorthogonalisation; columns that others explain to 1e-10 of their size are left out.
pub fn orthonormal_basis(a: &Matrix) -> Matrix {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for j in 0..a.columns {
        let mut v = a.column(j);
        let before = vector::dot(&v, &v).sqrt();
        for _ in 0..2 {
            for q in &basis {
                let along = vector::dot(q, &v);
                vector::add_scaled(&mut v, -along, q);
            }
        }
        let left = vector::dot(&v, &v).sqrt();
        if left > 1e-10 * before {
            for x in &mut v {
                *x /= left;
            }
            basis.push(v);
        }
    }
    let mut out = Matrix::zeros(a.rows, basis.len());
    for (k, q) in basis.iter().enumerate() {
        for (i, v) in q.iter().enumerate() {
            out.set(i, k, *v);
        }
    }
    out
}
