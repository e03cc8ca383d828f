//! One evaluated point of a least-squares search.

use serde::{Deserialize, Serialize};

use super::bits;
use super::secant::dot;

/// A point with what was found there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Point {
    #[serde(with = "bits")]
    pub x: Vec<f64>,
    #[serde(with = "bits")]
    pub residual: Vec<f64>,
    #[serde(with = "bits")]
    pub jacobian: Vec<f64>,
}

impl Point {
    pub(super) fn half_square(&self) -> f64 {
        0.5 * dot(&self.residual, &self.residual)
    }

    pub(super) fn gradient(&self) -> Vec<f64> {
        self.weighted(&self.residual)
    }

    /// `J'w`.
    pub(super) fn weighted(&self, w: &[f64]) -> Vec<f64> {
        let mut sum = vec![0.0; self.x.len()];
        for (row, w) in self.jacobian.chunks_exact(self.x.len().max(1)).zip(w) {
            sum.iter_mut().zip(row).for_each(|(s, j)| *s += w * j);
        }
        sum
    }

    /// `J'J`.
    pub(super) fn normal(&self) -> Vec<f64> {
        let n = self.x.len();
        let mut sum = vec![0.0; n * n];
        for row in self.jacobian.chunks_exact(n.max(1)) {
            for i in 0..n {
                for j in 0..n {
                    sum[i * n + j] += row[i] * row[j];
                }
            }
        }
        sum
    }

    pub(super) fn fits(&self, n: usize) -> bool {
        self.x.len() == n && self.jacobian.len() == self.residual.len() * n
    }
}

/// Minimum of the parabola through both values and the slope at the old point, as a part of the
/// step, between a tenth and a half.
pub(super) fn shrinking(best: &Point, trial: &Point, fall: f64) -> f64 {
    let gradient = best.gradient();
    let slope: f64 = (0..gradient.len())
        .map(|i| gradient[i] * (trial.x[i] - best.x[i]))
        .sum();
    let part = -0.5 * slope / (-fall - slope);
    if part.is_finite() {
        part.clamp(0.1, 0.5)
    } else {
        0.1
    }
}
