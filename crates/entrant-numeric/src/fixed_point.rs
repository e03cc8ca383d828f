//! Fixed points by Anderson acceleration with a safeguard.

use crate::linalg;

/// Accelerates `x <- g(x)` by combining the last few steps (Anderson 1965; Walker and Ni 2011).
///
/// The caller owns the loop: it evaluates `g`, judges convergence, and asks for the next point.
#[derive(Debug, Clone)]
pub struct Anderson {
    memory: usize,
    points: Vec<Vec<f64>>,
    residuals: Vec<Vec<f64>>,
}

impl Anderson {
    /// An accelerator that remembers `memory` steps (5 serves share inversion well).
    pub fn new(memory: usize) -> Self {
        Anderson {
            memory,
            points: Vec::new(),
            residuals: Vec::new(),
        }
    }

    /// Forgets the past; use after a step that did not help.
    pub fn restart(&mut self) {
        self.points.clear();
        self.residuals.clear();
    }

    /// The next point, given `x` and `g(x)`.
    ///
    /// Falls back to `g(x)` itself when the history is degenerate or the combination is wild
    /// (a coefficient above 1e4 in absolute value).
    pub fn next(&mut self, x: &[f64], gx: &[f64]) -> Vec<f64> {
        let residual: Vec<f64> = gx.iter().zip(x).map(|(g, x)| g - x).collect();
        let mixed = self.combine(gx, &residual).unwrap_or_else(|| gx.to_vec());
        if self.points.len() == self.memory {
            self.points.remove(0);
            self.residuals.remove(0);
        }
        self.points.push(gx.to_vec());
        self.residuals.push(residual);
        mixed
    }

    fn combine(&self, gx: &[f64], residual: &[f64]) -> Option<Vec<f64>> {
        let (n, m) = (gx.len(), self.points.len());
        if m == 0 {
            return None;
        }
        let gamma = self.coefficients(residual)?;
        let mut next = gx.to_vec();
        for k in 0..m {
            for j in 0..n {
                next[j] -= gamma[k] * (gx[j] - self.points[k][j]);
            }
        }
        next.iter().all(|v| v.is_finite()).then_some(next)
    }

    /// Least squares of the residual on residual differences, lightly regularised.
    fn coefficients(&self, residual: &[f64]) -> Option<Vec<f64>> {
        let m = self.points.len();
        let differences: Vec<Vec<f64>> = self
            .residuals
            .iter()
            .map(|r| residual.iter().zip(r).map(|(a, b)| a - b).collect())
            .collect();
        let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let mut normal = vec![0.0; m * m];
        for k in 0..m {
            for l in 0..m {
                normal[k * m + l] = inner(&differences[k], &differences[l]);
            }
        }
        let trace: f64 = (0..m).map(|k| normal[k * m + k]).sum();
        for k in 0..m {
            normal[k * m + k] += 1e-14 * trace;
        }
        let right: Vec<f64> = differences.iter().map(|d| inner(d, residual)).collect();
        let gamma = linalg::solve(&normal, &right)?;
        gamma.iter().all(|g| g.abs() < 1e4).then_some(gamma)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_maps_converge_in_few_steps() {
        // x <- A x + b with spectral radius 0.95 needs hundreds of plain steps.
        let g = |x: &[f64]| vec![0.95 * x[0] + 0.02 * x[1] + 1.0, 0.3 * x[1] + 2.0];
        let (mut x, mut anderson, mut steps) = (vec![0.0, 0.0], Anderson::new(5), 0);
        loop {
            let gx = g(&x);
            if gx.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-11) {
                break;
            }
            x = anderson.next(&x, &gx);
            steps += 1;
            assert!(steps < 20);
        }
        assert!((x[1] - 2.0 / 0.7).abs() < 1e-10);
    }
}
