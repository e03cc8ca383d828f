//! Whose profit counts when a price is set, in one market.

use crate::blp::MarketData;

/// Who sets each price of a market, and how much firms care for each other's profit.
#[derive(Debug, Clone, PartialEq)]
pub struct Ownership {
    /// Firm that sets the price of each product, `0..firms` (products).
    pub firm: Vec<usize>,
    /// Number of firms.
    pub firms: usize,
    /// Weight that the firm of the row puts on the profit of the firm of the column (firms x
    /// firms).
    pub conduct: Vec<f64>,
}

impl Ownership {
    /// Ownership as in the data; firms are numbered as in [`MarketData::firm_names`].
    pub fn observed(market: &MarketData) -> Self {
        Ownership {
            firm: market.firm.clone(),
            firms: market.firms,
            conduct: market.conduct.clone(),
        }
    }

    /// Every firm cares for its own profit alone; `firm` (products) numbers firms from zero.
    pub fn separate(firm: Vec<usize>) -> Self {
        let firms = firm.iter().max().map_or(0, |f| f + 1);
        let mut conduct = vec![0.0; firms * firms];
        (0..firms).for_each(|f| conduct[f * firms + f] = 1.0);
        Ownership {
            firm,
            firms,
            conduct,
        }
    }

    /// The same market after every product of the firms `merged` went to the first of them.
    ///
    /// Weights between firms stay those of the firms that remain.
    pub fn merged(mut self, merged: &[usize]) -> Self {
        let Some((first, others)) = merged.split_first() else {
            return self;
        };
        for f in &mut self.firm {
            if others.contains(f) {
                *f = *first;
            }
        }
        self
    }

    /// Ownership as in the data after the firms with these names have merged; firms that are not
    /// in this market do not matter.
    pub fn merger(market: &MarketData, names: &[&str]) -> Self {
        let number = |name: &&str| market.firm_names.iter().position(|n| n == name);
        let here: Vec<usize> = names.iter().filter_map(number).collect();
        Ownership::observed(market).merged(&here)
    }

    /// Weight of the profit of product `k` in the price of product `j` (`H_jk`).
    pub fn weight(&self, j: usize, k: usize) -> f64 {
        self.conduct[self.firm[j] * self.firms + self.firm[k]]
    }

    /// Whether every firm cares for its own profit alone.
    pub fn is_separate(&self) -> bool {
        let off = |(at, w): (usize, &f64)| at % (self.firms + 1) == 0 || *w == 0.0;
        self.conduct.iter().enumerate().all(off)
    }

    /// Products whose prices are set with an eye on each other's profit, in parts.
    pub fn parts(&self) -> Vec<Vec<usize>> {
        MarketData::group_products(&self.firm, &self.conduct, self.firms)
    }

    /// Products of each firm; firms without products are left out.
    pub fn portfolios(&self) -> Vec<Vec<usize>> {
        let mut of: Vec<Vec<usize>> = vec![Vec::new(); self.firms];
        for (j, f) in self.firm.iter().enumerate() {
            of[*f].push(j);
        }
        of.retain(|p| !p.is_empty());
        of
    }
}
