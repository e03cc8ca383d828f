//! Almost ideal demand with diversion by share, within and between nests: LA-AIDS and PCAIDS.

use super::thin::{Part, ThinSlopes};

/// Almost ideal demand in price changes `x_j` = `ln(p_j` / `p_j` before): shares of spending
/// r = r0 + B x with `B_jk` = t `w_jk` `r0_j` `r0_k` and rows that sum to zero, where `w_jk` is one
/// within a nest and `w` between nests: who leaves a product goes to one of another nest with `w`
/// times the odds that shares lead to expect (Epstein and Rubinfeld 2002; w = 1 is diversion by
/// share). So `r_j` = `r0_j` (1 + t (w X + (1 - w) `X_g` - `W_g` `x_j`)) with X = sum `r0_k` `x_k`, `X_g`
/// that of j's nest, and `W_g` = w + (1 - w) `R_g` with the nest's share `R_g`. Spending moves as the
/// price index to the power 1 + e. The index is the one whose derivatives are the shares:
/// ln P = sum r0 x + x'Bx / 2, so that demand is a gradient and elasticities are exact.
#[derive(Debug, Clone, PartialEq)]
pub struct Aids {
    /// Price sensitivity t, positive.
    pub sensitivity: f64,
    /// Elasticity of all products together, negative.
    pub market_elasticity: f64,
    /// Odds between nests w, in (0, 1].
    pub between: f64,
    /// Nest of each product, numbered from 0.
    pub nest: Vec<usize>,
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

/// What nests are made of: everything that does not depend on prices.
struct Nests {
    /// `W_g`: share of the products that a product of the nest competes with, weighed.
    rivals: Vec<f64>,
    /// Share of products that are gone.
    missing: Vec<f64>,
    /// `W_g` less what comes back from those that are gone: (1 - w) `M_g`.
    left: Vec<f64>,
}

/// Weighed shares of the nests: `W_g` = w + (1 - w) `R_g`.
pub(crate) fn rivals(shares: &[f64], nest: &[usize], between: f64) -> Vec<f64> {
    let total = by_nest(shares, nest);
    total
        .iter()
        .map(|r| between + (1.0 - between) * r)
        .collect()
}

/// Sums over each nest.
fn by_nest(values: &[f64], nest: &[usize]) -> Vec<f64> {
    let mut total = vec![0.0; nest.iter().max().map_or(0, |g| g + 1)];
    for (g, v) in nest.iter().zip(values) {
        total[*g] += v;
    }
    total
}

impl Aids {
    fn nests(&self) -> Nests {
        let gone: Vec<f64> = self
            .shares
            .iter()
            .zip(&self.gone)
            .map(|(r, gone)| if *gone { *r } else { 0.0 })
            .collect();
        let rivals = rivals(&self.shares, &self.nest, self.between);
        let missing = by_nest(&gone, &self.nest);
        let each = rivals.iter().zip(&missing);
        Nests {
            left: each.map(|(w, m)| w - (1.0 - self.between) * m).collect(),
            rivals,
            missing,
        }
    }

    /// Price changes in logarithms, those of missing products where their share is zero; `None`
    /// when a price is not positive. With A the weights that are left and `c_g` = 1/t + w X +
    /// (1 - w) `X_g` over what is on sale, those of nest g stand at (`c_g` + w S) / `A_g`, where S is
    /// their own sum, share by share: S (1 - w sum M/A) = sum M c/A.
    fn changes(&self, prices: &[f64]) -> Option<Vec<f64>> {
        let mut x = vec![0.0; prices.len()];
        for j in (0..prices.len()).filter(|j| !self.gone[*j]) {
            if prices[j].is_nan() || prices[j] <= 0.0 {
                return None;
            }
            x[j] = (prices[j] / self.prices[j]).ln();
        }
        if self.gone.iter().any(|g| *g) {
            let (nests, w) = (self.nests(), self.between);
            let means = self.means(&x);
            let open = |g: usize| 1.0 / self.sensitivity + w * means.0 + (1.0 - w) * means.1[g];
            let over = |f: &dyn Fn(usize) -> f64| -> f64 {
                let all = 0..nests.left.len();
                let held = all.filter(|g| nests.missing[*g] > 0.0);
                held.map(|g| nests.missing[g] / nests.left[g] * f(g)).sum()
            };
            let sum = over(&open) / (1.0 - w * over(&|_| 1.0));
            for j in (0..x.len()).filter(|j| self.gone[*j]) {
                let g = self.nest[j];
                x[j] = (open(g) + w * sum) / nests.left[g];
            }
        }
        Some(x)
    }

    /// X, and `X_g` of each nest.
    fn means(&self, x: &[f64]) -> (f64, Vec<f64>) {
        let each: Vec<f64> = self.shares.iter().zip(x).map(|(r, x)| r * x).collect();
        (each.iter().sum(), by_nest(&each, &self.nest))
    }

    fn at(&self, prices: &[f64]) -> Option<Point> {
        let x = self.changes(prices)?;
        let (mean, means) = self.means(&x);
        let rivals = rivals(&self.shares, &self.nest, self.between);
        let (t, w) = (self.sensitivity, self.between);
        // By how much the products that it competes with became dearer than the one, weighed.
        let lead = |j: usize| {
            let g = self.nest[j];
            w * mean + (1.0 - w) * means[g] - rivals[g] * x[j]
        };
        let each = 0..x.len();
        let shares = each.clone().map(|j| {
            if self.gone[j] {
                0.0
            } else {
                self.shares[j] * (1.0 + t * lead(j))
            }
        });
        let spread: f64 = each.map(|j| self.shares[j] * x[j] * lead(j)).sum();
        Some(Point {
            shares: shares.collect(),
            index: mean + 0.5 * t * spread,
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

    /// `dq_k/dp_j` = Y / (`p_k` `p_j`) (`dr_k/dx_j` + `r_k` ((1 + e) `r_j` - [j = k])), where prices of
    /// products that are gone move along: with `v_g` = `W_g / A_g`,
    /// `dr_k/dx_j` = t `r0_k` (`r0_j` (w `v_g v_h` / (1 - w sum M/A) + (1 - w) `v_g` [g = h]) - `W_g` [j = k]).
    pub(super) fn slopes(&self, prices: &[f64]) -> Option<ThinSlopes> {
        let point = self.at(prices)?;
        let spending = self.spending_at(point.index);
        let nests = self.nests();
        let (t, e, w) = (self.sensitivity, self.market_elasticity, self.between);
        let back: f64 = nests
            .missing
            .iter()
            .zip(&nests.left)
            .map(|(m, a)| m / a)
            .sum();
        let raised = |j: usize| nests.rivals[self.nest[j]] / nests.left[self.nest[j]];
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
            left: of_price(&|k| spending * t * w / (1.0 - w * back) * old[k] * raised(k)),
            right: of_price(&|j| old[j] * raised(j)),
            group: None,
        };
        let spend = Part {
            left: of_price(&|k| spending * (1.0 + e) * r[k]),
            right: of_price(&|j| r[j]),
            group: None,
        };
        let near = Part {
            left: of_price(&|k| spending * t * (1.0 - w) * old[k] * raised(k)),
            right: of_price(&|j| old[j]),
            group: Some(self.nest.clone()),
        };
        let own = |k: usize| t * nests.rivals[self.nest[k]] * old[k] + r[k];
        let mut parts = vec![shift, spend];
        if w < 1.0 {
            parts.push(near);
        }
        Some(ThinSlopes {
            own: of_price(&|k| -spending * own(k) / prices[k]),
            parts,
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
