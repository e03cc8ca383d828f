//! A number that is an array of draws; summaries happen only at the edge.

use crate::result::Estimate;
use crate::status::Status;

/// A draw-valued number: one value per draw, `NaN` where the draw has no usable answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Draws {
    values: Vec<f64>,
}

impl Draws {
    /// Draws from values; `NaN` marks a draw without a usable answer.
    pub fn new(values: Vec<f64>) -> Self {
        Draws { values }
    }

    /// All values, one per draw.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Draw by draw: `f(self, other)`.
    pub fn zip(&self, other: &Draws, f: impl Fn(f64, f64) -> f64) -> Draws {
        Draws::new(
            self.values
                .iter()
                .zip(&other.values)
                .map(|(a, b)| f(*a, *b))
                .collect(),
        )
    }

    /// Draw by draw: `f(self)`.
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Draws {
        Draws::new(self.values.iter().map(|a| f(*a)).collect())
    }

    /// Mean over usable draws; `NaN` when there are none.
    pub fn mean(&self) -> f64 {
        let usable: Vec<f64> = self.usable().collect();
        usable.iter().sum::<f64>() / usable.len() as f64
    }

    /// Share of usable draws in which `predicate` holds.
    pub fn probability(&self, predicate: impl Fn(f64) -> bool) -> f64 {
        let usable: Vec<f64> = self.usable().collect();
        usable.iter().filter(|v| predicate(**v)).count() as f64 / usable.len() as f64
    }

    /// Median and equal-tailed interval at `level`, over usable draws.
    ///
    /// Quantiles interpolate linearly between order statistics (Hyndman and Fan 1996, type 7).
    pub fn estimate(&self, level: f64, status: Status) -> Estimate {
        let mut sorted: Vec<f64> = self.usable().collect();
        sorted.sort_by(f64::total_cmp);
        let tail = (1.0 - level) / 2.0;
        Estimate {
            low: quantile(&sorted, tail),
            median: quantile(&sorted, 0.5),
            high: quantile(&sorted, 1.0 - tail),
            level,
            status,
            central: None,
        }
    }

    fn usable(&self) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().copied().filter(|v| v.is_finite())
    }
}

/// Quantile of sorted values, type 7; `NaN` when empty.
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    if sorted.is_empty() {
        return f64::NAN;
    }
    let h = (sorted.len() - 1) as f64 * p.clamp(0.0, 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "h is in [0, n-1]"
    )]
    let below = h.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (h - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_match_the_type_7_definition() {
        // R: quantile(c(1, 2, 4, 8), c(.05, .5, .95)) = 1.15, 3, 7.4
        let e = Draws::new(vec![8.0, 1.0, f64::NAN, 4.0, 2.0]).estimate(0.9, Status::Certified);
        assert!((e.low - 1.15).abs() < 1e-12);
        assert!((e.median - 3.0).abs() < 1e-12);
        assert!((e.high - 7.4).abs() < 1e-12);
    }

    #[test]
    fn without_usable_draws_there_is_no_number() {
        let e = Draws::new(vec![f64::NAN]).estimate(0.9, Status::NotConverged);
        assert!(e.median.is_nan());
    }
}
