//! Logit demand: Werden and Froeb 1994.

use super::thin::{Part, ThinSlopes};

/// Logit demand: `q_j` = N `exp(d_j` + a `p_j`) / (outside + sum of the same).
#[derive(Debug, Clone, PartialEq)]
pub struct Logit {
    /// Price coefficient, negative.
    pub slope: f64,
    /// Mean utility without price; minus infinity for products that are not on sale.
    pub quality: Vec<f64>,
    /// Weight of buying nothing: one, or zero where everybody buys.
    pub outside: f64,
    /// Number of consumers, those who buy nothing included.
    pub size: f64,
}

impl Logit {
    /// Demand that has these shares of all consumers at these prices; what they leave is bought
    /// by nobody.
    pub fn with_shares(
        slope: f64,
        prices: &[f64],
        shares: &[f64],
        outside: f64,
        size: f64,
    ) -> Self {
        let level = if outside > 0.0 { outside.ln() } else { 0.0 };
        let each = shares.iter().zip(prices);
        Logit {
            slope,
            quality: each.map(|(s, p)| s.ln() - level - slope * p).collect(),
            outside: f64::from(outside > 0.0),
            size,
        }
    }

    /// Utilities and the logarithm of their sum, buying nothing included, without overflow.
    fn utilities(&self, prices: &[f64]) -> (Vec<f64>, f64) {
        let each = self.quality.iter().zip(prices);
        let v: Vec<f64> = each
            .map(|(d, p)| {
                if *d == f64::NEG_INFINITY {
                    *d
                } else {
                    d + self.slope * p
                }
            })
            .collect();
        let start = if self.outside > 0.0 {
            0.0
        } else {
            f64::NEG_INFINITY
        };
        let top = v.iter().copied().fold(start, f64::max);
        let sum: f64 = v.iter().map(|v| (v - top).exp()).sum();
        let none = if self.outside > 0.0 {
            (-top).exp()
        } else {
            0.0
        };
        (v, top + (sum + none).ln())
    }

    /// Shares of all consumers.
    pub fn shares(&self, prices: &[f64]) -> Vec<f64> {
        let (v, log_sum) = self.utilities(prices);
        v.iter().map(|v| (v - log_sum).exp()).collect()
    }

    pub(super) fn quantities(&self, prices: &[f64]) -> Vec<f64> {
        self.shares(prices).iter().map(|s| s * self.size).collect()
    }

    /// `dq_k/dp_j` = a `q_k` ([j = k] - `s_j`).
    pub(super) fn slopes(&self, prices: &[f64]) -> ThinSlopes {
        let s = self.shares(prices);
        let own: Vec<f64> = s.iter().map(|s| self.slope * self.size * s).collect();
        ThinSlopes {
            parts: vec![Part {
                left: own.iter().map(|v| -v).collect(),
                right: s,
                group: None,
            }],
            own,
        }
    }

    /// Consumers' surplus up to a constant: N ln(sum) / -a.
    pub fn surplus(&self, prices: &[f64]) -> f64 {
        self.size * self.utilities(prices).1 / -self.slope
    }

    pub(super) fn without(&self, gone: &[bool]) -> Logit {
        let mut out = self.clone();
        for (d, gone) in out.quality.iter_mut().zip(gone) {
            if *gone {
                *d = f64::NEG_INFINITY;
            }
        }
        out
    }
}
