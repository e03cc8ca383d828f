//! Ownership and conduct.

/// Whose profit counts when a price is set: product j is priced by firm `firm[j]`, which puts
/// weight `theta[f][g]` on the profit of firm g. The matrix `H_jk = theta[firm_j][firm_k]` of
/// the first-order conditions has the price being set in its row.
///
/// One firm per product with any `theta` gives any matrix `H`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ownership {
    /// Firm of each product (products).
    pub firm: Vec<usize>,
    /// Weights, row-major (firms x firms), one on the diagonal.
    theta: Vec<f64>,
    firms: usize,
    diagonal: bool,
    /// The diagonal (firms).
    ones: Vec<f64>,
}

impl Ownership {
    /// Every firm cares for its own profit alone; `firm` numbers the firms from zero.
    pub fn separate(firm: Vec<usize>) -> Self {
        let firms = firm.iter().max().map_or(0, |f| f + 1);
        let mut theta = vec![0.0; firms * firms];
        (0..firms).for_each(|f| theta[f * firms + f] = 1.0);
        Ownership {
            firm,
            theta,
            firms,
            diagonal: true,
            ones: vec![1.0; firms],
        }
    }

    /// Sets the weight that `owner` puts on the profit of `of`.
    pub fn set_weight(&mut self, owner: usize, of: usize, weight: f64) {
        self.theta[owner * self.firms + of] = weight;
        self.diagonal = (0..self.firms).all(|f| {
            (0..self.firms)
                .all(|g| self.theta[f * self.firms + g] - f64::from(u8::from(f == g)) == 0.0)
        });
    }

    /// Number of firms.
    pub fn firms(&self) -> usize {
        self.firms
    }

    /// Weight on the profit of product `k` when the price of `j` is set.
    #[inline]
    pub fn weight(&self, j: usize, k: usize) -> f64 {
        self.theta[self.firm[j] * self.firms + self.firm[k]]
    }

    /// Weight that firm `f` puts on the profit of product `k`.
    #[inline]
    pub fn weight_of_firm(&self, f: usize, k: usize) -> f64 {
        self.theta[f * self.firms + self.firm[k]]
    }

    /// Weights (firms x firms), their diagonal alone where there is nothing else (firms).
    pub(crate) fn conduct(&self) -> &[f64] {
        if self.diagonal {
            &self.ones
        } else {
            &self.theta
        }
    }

    /// Owner-weighted sums: `out[f] = sum_g theta[f][g] raw[g]` (firms).
    #[inline]
    pub fn weigh(&self, raw: &[f64], out: &mut [f64]) {
        if self.diagonal {
            out.copy_from_slice(raw);
            return;
        }
        for f in 0..self.firms {
            out[f] = raw
                .iter()
                .zip(&self.theta[f * self.firms..])
                .map(|(r, t)| r * t)
                .sum();
        }
    }
}
