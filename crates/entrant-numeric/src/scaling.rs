//! Points in a plane from the distances between them.

use nalgebra::DMatrix;

/// Points whose distances are near given ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaled {
    /// Coordinates, row-major (points x dimensions); axes by falling spread.
    pub points: Vec<f64>,
    /// Sum of the eigenvalues that are shown over the sum of the sizes of all: 1 where the
    /// distances are those of points in so few dimensions (Mardia 1978).
    pub explained: f64,
    /// Root of the squared differences between the distances of the points and the given ones over
    /// the squared given ones (Kruskal's stress-1).
    pub stress: f64,
}

/// Classical scaling of a symmetric row-major matrix of distances (n x n) into `dimensions`
/// (Torgerson 1952; Gower 1966): the leading eigenvectors of the doubly centred matrix of
/// `-d^2 / 2`, each times the root of its eigenvalue.
///
/// An eigenvector has no sign of its own: on each axis the entry of largest size, the first of
/// several, is positive. An axis whose eigenvalue is not positive is zero. `None` where an entry is
/// not finite or there are no points.
pub fn classical_scaling(distance: &[f64], n: usize, dimensions: usize) -> Option<Scaled> {
    if n == 0 || distance.iter().any(|d| !d.is_finite()) {
        return None;
    }
    let centred = doubly_centred(distance, n);
    let eigen = centred.symmetric_eigen();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
    let total: f64 = eigen.eigenvalues.iter().map(|v| v.abs()).sum();
    let mut points = vec![0.0; n * dimensions];
    let mut shown = 0.0;
    for (d, k) in order.iter().take(dimensions).enumerate() {
        let value = eigen.eigenvalues[*k];
        // What rounding leaves of an eigenvalue that is zero is no axis.
        if value <= 1e-12 * total {
            continue;
        }
        shown += value;
        let axis: Vec<f64> = eigen.eigenvectors.column(*k).iter().copied().collect();
        let scale = value.sqrt() * sign(&axis);
        for (i, a) in axis.iter().enumerate() {
            points[i * dimensions + d] = scale * a;
        }
    }
    let stress = stress(distance, &points, n, dimensions);
    Some(Scaled {
        points,
        explained: if total > 0.0 { shown / total } else { 1.0 },
        stress,
    })
}

fn doubly_centred(distance: &[f64], n: usize) -> DMatrix<f64> {
    let square = |i: usize, j: usize| distance[i * n + j] * distance[i * n + j];
    let mean = |i: usize| (0..n).map(|j| square(i, j)).sum::<f64>() / n as f64;
    let means: Vec<f64> = (0..n).map(mean).collect();
    let all = means.iter().sum::<f64>() / n as f64;
    DMatrix::from_fn(n, n, |i, j| {
        -0.5 * (square(i, j) - means[i] - means[j] + all)
    })
}

fn sign(axis: &[f64]) -> f64 {
    let largest = axis.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    // Entries of the same size but for rounding are the same size.
    let first = axis.iter().find(|v| v.abs() >= largest * (1.0 - 1e-9));
    first.map_or(1.0, |v| v.signum())
}

fn stress(distance: &[f64], points: &[f64], n: usize, dimensions: usize) -> f64 {
    let (mut gap, mut size) = (0.0, 0.0);
    for i in 0..n {
        for j in 0..i {
            let along = |d: usize| points[i * dimensions + d] - points[j * dimensions + d];
            let found = (0..dimensions)
                .map(|d| along(d).powi(2))
                .sum::<f64>()
                .sqrt();
            gap += (found - distance[i * n + j]).powi(2);
            size += distance[i * n + j].powi(2);
        }
    }
    if size > 0.0 { (gap / size).sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distances(points: &[[f64; 3]]) -> Vec<f64> {
        let between = |a: &[f64; 3], b: &[f64; 3]| {
            a.iter()
                .zip(b)
                .map(|(x, y)| (x - y).powi(2))
                .sum::<f64>()
                .sqrt()
        };
        points
            .iter()
            .flat_map(|a| points.iter().map(move |b| between(a, b)))
            .collect()
    }

    #[test]
    fn euclidean_distances_are_recovered() {
        let flat = [
            [0.0, 0.0, 0.0],
            [4.0, 1.0, 0.0],
            [-2.0, 3.0, 0.0],
            [1.0, -5.0, 0.0],
            [0.5, 0.5, 0.0],
        ];
        let given = distances(&flat);
        let found = classical_scaling(&given, 5, 2).expect("points");
        let placed: Vec<[f64; 3]> = (0..5)
            .map(|i| [found.points[2 * i], found.points[2 * i + 1], 0.0])
            .collect();
        for (a, b) in distances(&placed).iter().zip(&given) {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
        assert!((found.explained - 1.0).abs() < 1e-12 && found.stress < 1e-12);
        // Centred, axes uncorrelated, the first the widest, the largest entry of each positive.
        for d in 0..2 {
            let axis: Vec<f64> = (0..5).map(|i| found.points[2 * i + d]).collect();
            assert!(axis.iter().sum::<f64>().abs() < 1e-12);
            let largest = axis
                .iter()
                .copied()
                .fold(0.0_f64, |m, v| if v.abs() > m.abs() { v } else { m });
            assert!(largest > 0.0);
        }
        let across: f64 = (0..5)
            .map(|i| found.points[2 * i] * found.points[2 * i + 1])
            .sum();
        assert!(across.abs() < 1e-12);
    }

    #[test]
    fn equal_distances_have_no_two_dimensions() {
        // A regular simplex of six points: five equal eigenvalues of 1/2, two of them shown.
        let d: Vec<f64> = (0..36)
            .map(|k| f64::from(u8::from(k / 6 != k % 6)))
            .collect();
        let found = classical_scaling(&d, 6, 2).expect("points");
        assert!((found.explained - 0.4).abs() < 1e-12, "{}", found.explained);
        assert!(found.stress > 0.3);
    }

    #[test]
    fn what_cannot_be_placed() {
        assert!(classical_scaling(&[], 0, 2).is_none());
        assert!(classical_scaling(&[0.0, f64::INFINITY, f64::INFINITY, 0.0], 2, 2).is_none());
        let one = classical_scaling(&[0.0], 1, 2).expect("a point");
        assert_eq!(
            (one.points, one.explained, one.stress),
            (vec![0.0, 0.0], 1.0, 0.0)
        );
    }
}
