//! Demand with a constant elasticity of substitution.

use super::thin::{Part, ThinSlopes};

/// CES demand: of a fixed amount of spending Y the part `v_j` p_j^(1-g) / (outside + sum of the
/// same) goes to product j.
#[derive(Debug, Clone, PartialEq)]
pub struct Ces {
    /// Elasticity of substitution g, above one.
    pub substitution: f64,
    /// Logarithms of `v_j`; minus infinity for products that are not on sale.
    pub quality: Vec<f64>,
    /// Weight of spending on nothing here: one, or zero where all is spent here.
    pub outside: f64,
    /// Spending, that on nothing here included.
    pub spending: f64,
}

impl Ces {
    /// Demand that has these shares of all spending at these prices.
    pub fn with_shares(
        substitution: f64,
        prices: &[f64],
        shares: &[f64],
        (outside, spending): (f64, f64),
    ) -> Self {
        let level = if outside > 0.0 { outside.ln() } else { 0.0 };
        let each = shares.iter().zip(prices);
        Ces {
            substitution,
            quality: each
                .map(|(r, p)| r.ln() - level - (1.0 - substitution) * p.ln())
                .collect(),
            outside: f64::from(outside > 0.0),
            spending,
        }
    }

    /// Shares of spending and the logarithm of the sum in their denominator; `None` when a price
    /// is not positive.
    pub fn shares(&self, prices: &[f64]) -> Option<(Vec<f64>, f64)> {
        let mut v = Vec::with_capacity(prices.len());
        for (quality, p) in self.quality.iter().zip(prices) {
            if *quality == f64::NEG_INFINITY {
                v.push(f64::NEG_INFINITY);
            } else if *p > 0.0 {
                v.push(quality + (1.0 - self.substitution) * p.ln());
            } else {
                return None;
            }
        }
        let start = if self.outside > 0.0 {
            0.0
        } else {
            f64::NEG_INFINITY
        };
        let top = v.iter().copied().fold(start, f64::max);
        let none = if self.outside > 0.0 {
            (-top).exp()
        } else {
            0.0
        };
        let log_sum = top + (none + v.iter().map(|v| (v - top).exp()).sum::<f64>()).ln();
        Some((v.iter().map(|v| (v - log_sum).exp()).collect(), log_sum))
    }

    pub(super) fn quantities(&self, prices: &[f64]) -> Option<Vec<f64>> {
        let (r, _) = self.shares(prices)?;
        let each = r.iter().zip(prices);
        Some(
            each.map(|(r, p)| {
                if *r == 0.0 {
                    0.0
                } else {
                    self.spending * r / p
                }
            })
            .collect(),
        )
    }

    /// `dq_k/dp_j` = `q_k` / `p_j` ((g - 1) `r_j` - g [j = k]).
    pub(super) fn slopes(&self, prices: &[f64]) -> Option<ThinSlopes> {
        let (r, _) = self.shares(prices)?;
        let g = self.substitution;
        let q = self.quantities(prices)?;
        let of_price = |value: &dyn Fn(usize) -> f64| -> Vec<f64> {
            let at = |j: usize| {
                if r[j] > 0.0 {
                    value(j) / prices[j]
                } else {
                    0.0
                }
            };
            (0..r.len()).map(at).collect()
        };
        Some(ThinSlopes {
            own: of_price(&|k| -g * q[k]),
            parts: vec![Part {
                left: q.iter().map(|q| (g - 1.0) * q).collect(),
                right: of_price(&|j| r[j]),
                group: None,
            }],
        })
    }

    /// Compensating variation: spending times the relative rise of the price index.
    pub(super) fn harm(&self, before: &[f64], then: &Ces, after: &[f64]) -> f64 {
        match (self.shares(before), then.shares(after)) {
            (Some((_, a)), Some((_, b))) => {
                self.spending * ((b - a) / (1.0 - self.substitution)).exp_m1()
            }
            _ => f64::NAN,
        }
    }

    pub(super) fn without(&self, gone: &[bool]) -> Ces {
        let mut out = self.clone();
        for (v, gone) in out.quality.iter_mut().zip(gone) {
            if *gone {
                *v = f64::NEG_INFINITY;
            }
        }
        out
    }
}
