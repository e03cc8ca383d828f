//! Slopes of demand that are a diagonal and a few products of two vectors.

use entrant_numeric::dense::Matrix;

use crate::ownership::Ownership;

/// Derivatives of quantities by prices: that of quantity k by price j is
/// `own_k` [j = k] plus `left_k` `right_j` of each part.
pub(crate) struct ThinSlopes {
    /// The diagonal less what parts have there.
    pub own: Vec<f64>,
    /// Parts.
    pub parts: Vec<Part>,
}

/// The product of two vectors.
pub(crate) struct Part {
    /// By quantity.
    pub left: Vec<f64>,
    /// By price.
    pub right: Vec<f64>,
    /// Where given, only products with the same number have anything to do with each other.
    pub group: Option<Vec<usize>>,
}

impl Part {
    /// Whether quantity k moves with price j.
    fn holds(&self, k: usize, j: usize) -> bool {
        self.group.as_ref().is_none_or(|g| g[k] == g[j])
    }

    /// `sum_k` `O_jk` `earned_k` `left_k` `right_j`, over the group of j.
    fn pressure(&self, ownership: &Ownership, earned: &[f64]) -> Vec<f64> {
        let each = self.left.iter().zip(earned);
        let values: Vec<f64> = each.map(|(l, e)| l * e).collect();
        let sums = match &self.group {
            None => ownership.sums(&values),
            Some(group) => sums_within(ownership, &values, group),
        };
        sums.iter().zip(&self.right).map(|(s, r)| s * r).collect()
    }
}

/// As [`Ownership::sums`], over the group of each product.
fn sums_within(ownership: &Ownership, values: &[f64], group: &[usize]) -> Vec<f64> {
    let mut out = vec![0.0; values.len()];
    let groups = group.iter().max().map_or(0, |g| g + 1);
    for g in 0..groups {
        let here = |j: &usize| group[*j] == g;
        let mut own = vec![0.0; values.len()];
        (0..values.len())
            .filter(here)
            .for_each(|j| own[j] = values[j]);
        let sums = ownership.sums(&own);
        (0..values.len())
            .filter(here)
            .for_each(|j| out[j] = sums[j]);
    }
    out
}

impl ThinSlopes {
    /// `sum_k` `O_jk` `earned_k` `dq_k/dp_j` for each product j.
    pub(crate) fn pressure(&self, ownership: &Ownership, earned: &[f64]) -> Vec<f64> {
        let own = self.own.iter().zip(earned).enumerate();
        let mut out: Vec<f64> = own
            .map(|(j, (slope, e))| ownership.weight(j, j) * e * slope)
            .collect();
        for part in &self.parts {
            let more = part.pressure(ownership, earned);
            out.iter_mut().zip(more).for_each(|(o, m)| *o += m);
        }
        out
    }

    /// The own slopes `dq_j/dp_j`.
    pub(crate) fn diagonal(&self) -> Vec<f64> {
        let parts = |j: usize| -> f64 { self.parts.iter().map(|p| p.left[j] * p.right[j]).sum() };
        (0..self.own.len())
            .map(|j| self.own[j] + parts(j))
            .collect()
    }

    /// All of them: row k and column j hold `dq_k/dp_j`.
    pub(crate) fn matrix(&self) -> Matrix {
        let n = self.own.len();
        let mut out = Matrix::zeros(n, n);
        for k in 0..n {
            for part in &self.parts {
                let row = out.row_mut(k).iter_mut().zip(&part.right).enumerate();
                row.filter(|(j, _)| part.holds(k, *j))
                    .for_each(|(_, (to, right))| *to += part.left[k] * right);
            }
            out.row_mut(k)[k] += self.own[k];
        }
        out
    }
}
