//! Almost ideal demand with diversion by share: LA-AIDS and PCAIDS.

use super::thin::{Part, ThinSlopes};

/// Almost ideal demand in price changes `x_j` = `ln(p_j` / `p_j` before): shares of spending
/// r = r0 + B x with `B_jk` = t `r0_j` `r0_k` and `B_jj` = -t `r0_j` (1 - `r0_j`) (Epstein and Rubinfeld
/// 2002), so `r_j` = `r0_j` (1 + t (x mean - `x_j`)); spending moves as the price index to the power
/// 1 + e. The index is the one whose derivatives are the shares:
/// ln P = sum r0 x + x'Bx / 2, so that demand is a gradient and elasticities are exact.
#[derive(Debug, Clone, PartialEq)]
pub struct Aids {
    /// Price sensitivity t, positive.
    pub sensitivity: f64,
    /// Elasticity of all products together, negative.
    pub market_elasticity: f64,
    /// Prices before.
    pub prices: Vec<f64>,
    /// Shares of spending before, summing to one.
    pub shares: Vec<f64>,
    /// Spending before.
    pub spending: f64,
    /// Products that are not on sale: their prices stand where nobody buys them.
    pub gone: Vec<bool>,
}

/// Where demand stands at some prices.
struct Point {
    /// Shares of spending.
    shares: Vec<f64>,
    /// Logarithm of the price index.
    index: f64,
}

impl Aids {
    /// Price changes in logarithms, those of missing products where their share is zero, and
    /// their mean weighted by the shares before; `None` when a price is not positive.
    fn changes(&self, prices: &[f64]) -> Option<(Vec<f64>, f64)> {
        let t = self.sensitivity;
        let mut x = vec![0.0; prices.len()];
        let (mut sum, mut missing) = (0.0, 0.0);
        for j in 0..prices.len() {
            if self.gone[j] {
                missing += self.shares[j];
            } else if prices[j] > 0.0 {
                x[j] = (prices[j] / self.prices[j]).ln();
                sum += self.shares[j] * x[j];
            } else {
                return None;
            }
        }
        let mean = (sum + missing / t) / (1.0 - missing);
        for j in (0..x.len()).filter(|j| self.gone[*j]) {
            x[j] = mean + 1.0 / t;
        }
        Some((x, mean))
    }

    fn at(&self, prices: &[f64]) -> Option<Point> {
        let (x, mean) = self.changes(prices)?;
        let t = self.sensitivity;
        let each = self.shares.iter().zip(&x).zip(&self.gone);
        let shares = each.map(|((r, x), gone)| {
            if *gone {
                0.0
            } else {
                r * (1.0 + t * (mean - x))
            }
        });
        let spread: f64 = self
            .shares
            .iter()
            .zip(&x)
            .map(|(r, x)| r * (x - mean) * (x - mean))
            .sum();
        Some(Point {
            shares: shares.collect(),
            index: mean - 0.5 * t * spread,
        })
    }

    /// Spending when the logarithm of the price index has this value.
    fn spending_at(&self, index: f64) -> f64 {
        self.spending * ((1.0 + self.market_elasticity) * index).exp()
    }

    /// Shares of spending at these prices; `None` when a price is not positive.
    pub fn shares_at(&self, prices: &[f64]) -> Option<Vec<f64>> {
        Some(self.at(prices)?.shares)
    }

    pub(super) fn quantities(&self, prices: &[f64]) -> Option<Vec<f64>> {
        let point = self.at(prices)?;
        let spending = self.spending_at(point.index);
        let each = point.shares.iter().zip(prices);
        Some(
            each.map(|(r, p)| if *r == 0.0 { 0.0 } else { spending * r / p })
                .collect(),
        )
    }

    /// `dq_k/dp_j` = Y / (`p_k` `p_j`) (t `r0_k` (`r0_j` / sum of them - [j = k]) + `r_k` ((1 + e) `r_j`
    /// - [j = k])).
    pub(super) fn slopes(&self, prices: &[f64]) -> Option<ThinSlopes> {
        let point = self.at(prices)?;
        let spending = self.spending_at(point.index);
        let on_sale = |j: &usize| !self.gone[*j];
        let there: f64 = (0..prices.len())
            .filter(on_sale)
            .map(|j| self.shares[j])
            .sum();
        let (t, e) = (self.sensitivity, self.market_elasticity);
        let of_price = |value: &dyn Fn(usize) -> f64| -> Vec<f64> {
            let at = |j: usize| {
                if self.gone[j] {
                    0.0
                } else {
                    value(j) / prices[j]
                }
            };
            (0..prices.len()).map(at).collect()
        };
        let (old, r) = (&self.shares, &point.shares);
        let shift = Part {
            left: of_price(&|k| spending * t * old[k] / there),
            right: of_price(&|j| old[j]),
            group: None,
        };
        let spend = Part {
            left: of_price(&|k| spending * (1.0 + e) * r[k]),
            right: of_price(&|j| r[j]),
            group: None,
        };
        Some(ThinSlopes {
            own: of_price(&|k| -spending * (t * old[k] + r[k]) / prices[k]),
            parts: vec![shift, spend],
        })
    }

    /// Change of consumers' surplus: the integral of spending over the logarithm of the index.
    pub(super) fn harm(&self, before: &[f64], after: &[f64]) -> f64 {
        let mut all = self.clone();
        all.gone = vec![false; self.gone.len()];
        let (Some(a), Some(b)) = (all.at(before), self.at(after)) else {
            return f64::NAN;
        };
        let power = 1.0 + self.market_elasticity;
        let rise = b.index - a.index;
        let from = self.spending_at(a.index);
        if (power * rise).abs() < 1e-300 {
            return from * rise;
        }
        from * (power * rise).exp_m1() / power
    }

    pub(super) fn without(&self, gone: &[bool]) -> Aids {
        let mut out = self.clone();
        for (own, gone) in out.gone.iter_mut().zip(gone) {
            *own |= gone;
        }
        out
    }
}
