//! Whose profit counts when a price is set.

/// Weights that the firm setting the price of product j puts on the profit of product k.
#[derive(Debug, Clone, PartialEq)]
pub struct Ownership {
    /// Firm of each product, numbered from 0.
    pub firm: Vec<usize>,
    /// Weights between firms, row-major (firms x firms); empty without stakes.
    stakes: Vec<f64>,
    firms: usize,
}

impl Ownership {
    /// Ownership by the names of firms, with stakes (owner, of, weight on the other's profit).
    pub fn new(firms: &[String], stakes: &[(String, String, f64)]) -> Self {
        let mut names: Vec<&String> = Vec::new();
        for name in firms {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let number = |name: &String| names.iter().position(|n| *n == name);
        let firm = firms.iter().filter_map(number).collect();
        let n = names.len();
        let mut weights = Vec::new();
        for (owner, of, weight) in stakes {
            if let (Some(i), Some(k)) = (number(owner), number(of)) {
                if weights.is_empty() {
                    weights = vec![0.0; n * n];
                    (0..n).for_each(|i| weights[i * n + i] = 1.0);
                }
                weights[i * n + k] = *weight;
            }
        }
        Ownership {
            firm,
            stakes: weights,
            firms: n,
        }
    }

    /// Whether every product counts for its own firm only.
    pub fn is_partition(&self) -> bool {
        self.stakes.is_empty()
    }

    /// Weight on product k when the price of product j is set.
    pub fn weight(&self, j: usize, k: usize) -> f64 {
        let (f, g) = (self.firm[j], self.firm[k]);
        if self.stakes.is_empty() {
            f64::from(f == g)
        } else {
            self.stakes[f * self.firms + g]
        }
    }

    /// For each product, the weighted sum of `values` over the products that count for it.
    pub fn sums(&self, values: &[f64]) -> Vec<f64> {
        let mut own = vec![0.0; self.firms];
        for (f, v) in self.firm.iter().zip(values) {
            own[*f] += v;
        }
        let total = |f: usize| -> f64 {
            if self.stakes.is_empty() {
                return own[f];
            }
            let row = &self.stakes[f * self.firms..(f + 1) * self.firms];
            row.iter().zip(&own).map(|(w, v)| w * v).sum()
        };
        let by_firm: Vec<f64> = (0..self.firms).map(total).collect();
        self.firm.iter().map(|f| by_firm[*f]).collect()
    }

    /// For each firm, the products whose setters may count its profit: its own, all with stakes.
    pub(crate) fn setters(&self) -> Vec<Vec<usize>> {
        if !self.is_partition() {
            return vec![(0..self.firm.len()).collect(); self.firms];
        }
        let mut own = vec![Vec::new(); self.firms];
        for (j, f) in self.firm.iter().enumerate() {
            own[*f].push(j);
        }
        own
    }

    /// Number of firms.
    pub fn firms(&self) -> usize {
        self.firms
    }
}
