//! Nested logit demand.

use super::thin::{Part, ThinSlopes};

/// Nested logit: within nest g shares go with `exp((d_j` + a `p_j`) / `s_g`), nests with the sum of these
/// to the power `s_g`; buying nothing is outside of all nests. `s_g` = 1 is the flat logit.
#[derive(Debug, Clone, PartialEq)]
pub struct NestedLogit {
    /// Price coefficient, negative.
    pub slope: f64,
    /// Nest parameters in (0, 1] (nests).
    pub strengths: Vec<f64>,
    /// Nest of each product, numbered from 0.
    pub nest: Vec<usize>,
    /// Mean utility without price; minus infinity for products that are not on sale.
    pub quality: Vec<f64>,
    /// Weight of buying nothing: one, or zero where everybody buys.
    pub outside: f64,
    /// Number of consumers, those who buy nothing included.
    pub size: f64,
}

/// Shares of consumers, and of each product within its nest.
#[derive(Debug, Clone, PartialEq)]
pub struct NestedShares {
    /// Shares of all consumers.
    pub all: Vec<f64>,
    /// Shares within the nest.
    pub within: Vec<f64>,
    /// Logarithm of the sum over nests, buying nothing included.
    pub log_sum: f64,
}

impl NestedLogit {
    /// Demand that has these shares of all consumers at these prices:
    /// `d_j` = ln `s_j` - (1 - `s_g`) ln(share within nest) - ln `s_0` - a `p_j` (Berry 1994).
    pub fn with_shares(
        slope: f64,
        (nest, strengths): (&[usize], &[f64]),
        prices: &[f64],
        shares: &[f64],
        (outside, size): (f64, f64),
    ) -> Self {
        let within = within_nests(nest, shares);
        let level = if outside > 0.0 { outside.ln() } else { 0.0 };
        let quality = (0..shares.len()).map(|j| {
            let strength = strengths[nest[j]];
            shares[j].ln() - (1.0 - strength) * within[j].ln() - level - slope * prices[j]
        });
        NestedLogit {
            slope,
            strengths: strengths.to_vec(),
            nest: nest.to_vec(),
            quality: quality.collect(),
            outside: f64::from(outside > 0.0),
            size,
        }
    }

    /// Shares at these prices.
    pub fn shares(&self, prices: &[f64]) -> NestedShares {
        let each = self.quality.iter().zip(prices).zip(&self.nest);
        let v: Vec<f64> = each
            .map(|((d, p), g)| {
                if *d == f64::NEG_INFINITY {
                    *d
                } else {
                    (d + self.slope * p) / self.strengths[*g]
                }
            })
            .collect();
        let inclusive: Vec<f64> = (0..self.strengths.len())
            .map(|g| {
                let own = v.iter().zip(&self.nest).filter(|(_, h)| **h == g);
                log_sum(&own.map(|(v, _)| *v).collect::<Vec<f64>>())
            })
            .collect();
        let scaled = inclusive.iter().zip(&self.strengths);
        let mut over: Vec<f64> = scaled.map(|(i, s)| s * i).collect();
        if self.outside > 0.0 {
            over.push(0.0);
        }
        let total = log_sum(&over);
        let within: Vec<f64> = v
            .iter()
            .zip(&self.nest)
            .map(|(v, g)| {
                if *v == f64::NEG_INFINITY {
                    0.0
                } else {
                    (v - inclusive[*g]).exp()
                }
            })
            .collect();
        let all = within.iter().zip(&self.nest);
        NestedShares {
            all: all
                .map(|(w, g)| {
                    if *w == 0.0 {
                        0.0
                    } else {
                        w * (self.strengths[*g] * inclusive[*g] - total).exp()
                    }
                })
                .collect(),
            within,
            log_sum: total,
        }
    }

    pub(super) fn quantities(&self, prices: &[f64]) -> Vec<f64> {
        let s = self.shares(prices).all;
        s.iter().map(|s| s * self.size).collect()
    }

    /// `dq_k/dp_j` = a `q_k` ([j = k] / `s_g` - (1/`s_g` - 1) s_(j|g) [same nest] - `s_j`).
    pub(super) fn slopes(&self, prices: &[f64]) -> ThinSlopes {
        let s = self.shares(prices);
        let times = |factor: &dyn Fn(f64) -> f64| -> Vec<f64> {
            let each = s.all.iter().zip(&self.nest);
            each.map(|(s, g)| self.slope * self.size * factor(1.0 / self.strengths[*g]) * s)
                .collect()
        };
        let near = Part {
            left: times(&|inverse| 1.0 - inverse),
            right: s.within.clone(),
            group: Some(self.nest.clone()),
        };
        let far = Part {
            left: times(&|_| -1.0),
            right: s.all.clone(),
            group: None,
        };
        ThinSlopes {
            own: times(&|inverse| inverse),
            parts: vec![near, far],
        }
    }

    /// Consumers' surplus up to a constant: N ln(sum over nests) / -a.
    pub fn surplus(&self, prices: &[f64]) -> f64 {
        self.size * self.shares(prices).log_sum / -self.slope
    }

    pub(super) fn without(&self, gone: &[bool]) -> NestedLogit {
        let mut out = self.clone();
        for (d, gone) in out.quality.iter_mut().zip(gone) {
            if *gone {
                *d = f64::NEG_INFINITY;
            }
        }
        out
    }
}

/// Share of each product within its nest.
pub fn within_nests(nest: &[usize], shares: &[f64]) -> Vec<f64> {
    let mut total = vec![0.0; nest.iter().max().map_or(0, |n| n + 1)];
    for (g, s) in nest.iter().zip(shares) {
        total[*g] += s;
    }
    let each = nest.iter().zip(shares);
    each.map(|(g, s)| s / total[*g]).collect()
}

/// Logarithm of a sum of exponentials; minus infinity of nothing.
fn log_sum(v: &[f64]) -> f64 {
    let top = v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return top;
    }
    top + v.iter().map(|v| (v - top).exp()).sum::<f64>().ln()
}
