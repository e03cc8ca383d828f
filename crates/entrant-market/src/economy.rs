//! The narrow waist: demand, costs, ownership and prices of each market at known parameters.

use std::collections::BTreeMap;

use entrant_data::formula::Curve;

use crate::capacity::Capacity;
use crate::demand::{Bends, Demand};
use crate::equilibrium::Deviation;
use crate::supply::Ownership;

/// One market at known parameters: enough to compute anything about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Market {
    /// Id.
    pub id: String,
    /// Potential buyers per period, the ones who buy nothing included.
    pub size: f64,
    /// Products, sold or not (see [`Product::on_sale`]).
    pub products: Vec<Product>,
    /// Consumers.
    pub population: Population,
    /// Nesting parameter in [0, 1) of every nest that `rho_of` does not name.
    pub rho: f64,
    /// Nesting parameter of nests that have one of their own, by label.
    pub rho_of: BTreeMap<String, f64>,
    /// Who sets prices.
    pub conduct: Conduct,
    /// Weights that a firm puts on another firm's profit: owner, of, weight.
    pub stakes: Vec<(String, String, f64)>,
    /// What firms can sell at most.
    pub capacities: Vec<Capacity>,
}

/// A product at known parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    /// Id, unique in the market.
    pub id: String,
    /// Firm that sets the price.
    pub firm: String,
    /// Brand.
    pub brand: String,
    /// Mean utility without price.
    pub mean_utility: f64,
    /// Price now, or the price it is given.
    pub price: f64,
    /// Marginal cost at which the market is solved: taxes on a unit are in it, and where a part of
    /// the price goes to the government all of it is divided by the part that is kept.
    pub cost: f64,
    /// Taxes that are in `cost` already.
    pub levy: Levy,
    /// How its price is set when a market is solved.
    pub rule: PriceRule,
    /// Who can buy it.
    pub reach: Reach,
    /// Nest label; products with the same label are closer substitutes. `None` is a nest of its
    /// own.
    pub nest: Option<String>,
    /// Loyalty group label.
    pub group: Option<String>,
    /// Characteristics with random tastes, in the order of [`ConsumerType::taste`].
    pub x: Vec<f64>,
    /// What a price adds to utility beyond [`ConsumerType::slope`] times itself, as functions of the
    /// price, in the order of [`ConsumerType::bend`]; empty where utility is linear in price.
    pub bend: Vec<Curve>,
    /// Whether it was not on sale before the scenario.
    pub entrant: bool,
    /// Whether it is on sale.
    pub on_sale: bool,
}

/// Taxes on a unit of a product; negative numbers are subsidies.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Levy {
    /// Part of the consumers' price, below one.
    pub of_price: f64,
    /// Money that moves with the cost of a unit (a tariff on its value).
    pub of_cost: f64,
    /// Money per unit, whatever it costs.
    pub per_unit: f64,
}

impl Levy {
    /// Part of the price that the seller keeps.
    pub fn kept(&self) -> f64 {
        1.0 - self.of_price
    }

    /// Money per unit that does not depend on the price.
    pub fn duty(&self) -> f64 {
        self.of_cost + self.per_unit
    }
}

impl Product {
    /// What its seller earns on a unit at this price, after taxes. With `k` the part of the price
    /// that is kept and `c` everything that a unit costs, `k p - c = k (p - c / k)`.
    pub fn earned(&self, price: f64) -> f64 {
        self.levy.kept() * (price - self.cost)
    }

    /// What a unit costs its seller, money taxes in it.
    pub fn own_cost(&self) -> f64 {
        self.levy.kept() * self.cost
    }

    /// Multiplies what a unit costs to make; taxes that move with cost move with it.
    pub fn scale_cost(&mut self, factor: f64) {
        let (kept, fixed) = (self.levy.kept(), self.levy.per_unit);
        self.cost = if fixed == 0.0 {
            self.cost * factor
        } else {
            ((kept * self.cost - fixed) * factor + fixed) / kept
        };
        self.levy.of_cost *= factor;
    }
}

/// Who sets the prices that are not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Conduct {
    /// Firms, for all their products together (Bertrand).
    #[default]
    Firms,
    /// Firms, for each product as if it were their only one.
    Products,
    /// Nobody: prices are marginal costs.
    Costs,
}

/// How a price is set when a market is solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceRule {
    /// By the firm's first-order condition.
    Optimal,
    /// Given by the study, or by a target margin.
    Given,
    /// Held where it is while others answer.
    Held,
}

/// Who can buy a product.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// Whether it is sold in each segment (segments).
    pub segments: Vec<bool>,
    /// Share of those consumers who know of it, in [0, 1]. Awareness is nested: who knows a
    /// product also knows every product with a larger share.
    pub aware: f64,
}

/// Consumers of a market, before it is known what they can buy.
#[derive(Debug, Clone, PartialEq)]
pub struct Population {
    /// Types by taste and by what they own.
    pub types: Vec<ConsumerType>,
    /// Share of consumers in each segment, summing to one, independent of the types.
    pub segments: Vec<f64>,
    /// Extra utility of a product of the loyalty group that the consumer owns.
    pub loyalty: f64,
}

/// Consumers with the same tastes.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsumerType {
    /// Share of consumers; the shares of all types sum to one.
    pub weight: f64,
    /// Price coefficient, negative. Where utility is not linear in price, what money is worth to this
    /// consumer at the observed prices and choices; [`ConsumerType::bend`] has the rest.
    pub slope: f64,
    /// Loyalty group owned; `None` owns none.
    pub owns: Option<String>,
    /// Taste for each characteristic of [`Product::x`].
    pub taste: Vec<f64>,
    /// Taste for each function of [`Product::bend`].
    pub bend: Vec<f64>,
}

impl Market {
    /// Prices of all products.
    pub fn prices(&self) -> Vec<f64> {
        self.products.iter().map(|p| p.price).collect()
    }

    /// Marginal costs of all products.
    pub fn costs(&self) -> Vec<f64> {
        self.products.iter().map(|p| p.cost).collect()
    }

    /// Firms in order of first appearance.
    pub fn firms(&self) -> Vec<String> {
        let mut firms: Vec<String> = Vec::new();
        for p in &self.products {
            if !firms.contains(&p.firm) {
                firms.push(p.firm.clone());
            }
        }
        firms
    }

    /// Whose profit a price serves: the firms of this market with their stakes, numbered as in
    /// [`Market::firms`], or each product by itself where [`Conduct::Products`] holds.
    pub fn ownership(&self) -> Ownership {
        if self.conduct == Conduct::Products {
            return Ownership::separate((0..self.products.len()).collect());
        }
        let firms = self.firms();
        let number = |name: &str| firms.iter().position(|f| f == name);
        let firm = self
            .products
            .iter()
            .map(|p| number(&p.firm).unwrap_or(0))
            .collect();
        let mut ownership = Ownership::separate(firm);
        for (owner, of, weight) in &self.stakes {
            if let (Some(a), Some(b)) = (number(owner), number(of))
                && a != b
            {
                ownership.set_weight(a, b, *weight);
            }
        }
        ownership
    }

    /// Which prices the market sets by first-order conditions.
    pub fn free(&self) -> Vec<bool> {
        let chosen = self.conduct != Conduct::Costs;
        self.products
            .iter()
            .map(|p| chosen && p.rule == PriceRule::Optimal && p.on_sale)
            .collect()
    }

    /// `start` (products) with marginal costs in place of prices that would be chosen, but are not where
    /// [`Conduct::Costs`] holds.
    pub fn starting(&self, start: &[f64]) -> Vec<f64> {
        let at_cost = |p: &Product| self.conduct == Conduct::Costs && p.rule == PriceRule::Optimal;
        let one = |(p, s): (&Product, &f64)| if at_cost(p) { p.cost } else { *s };
        self.products.iter().zip(start).map(one).collect()
    }

    /// The firm behind each owner of [`Market::ownership`], as numbered in [`Market::firms`].
    pub fn firm_of_owner(&self) -> Vec<usize> {
        let firms = self.firms();
        if self.conduct != Conduct::Products {
            return (0..firms.len()).collect();
        }
        let number = |p: &Product| firms.iter().position(|f| *f == p.firm).unwrap_or(0);
        self.products.iter().map(number).collect()
    }

    /// What owners gain by leaving an equilibrium alone, with the owners of one firm put together: their
    /// profits and gains add up.
    pub fn by_firm(&self, found: Vec<Deviation>) -> Vec<Deviation> {
        if self.conduct != Conduct::Products {
            return found;
        }
        let firm = self.firm_of_owner();
        let mut all: Vec<Deviation> = Vec::new();
        for mut d in found {
            d.firm = firm[d.firm];
            match all.iter_mut().find(|a| a.firm == d.firm) {
                Some(a) => {
                    a.profit += d.profit;
                    a.best += d.best;
                    a.bound += d.bound;
                }
                None => all.push(d),
            }
        }
        all
    }

    /// Demand as dense arrays: every consumer type crossed with every set of products that some
    /// consumers can buy; equal sets are merged.
    pub fn demand(&self) -> Demand {
        let sets = self.choice_sets();
        let products = self.products.len();
        let (nest, labels) = self.nests();
        let rho_of = self.rho_by_nest(&labels);
        let most = rho_of.iter().copied().fold(0.0, f64::max);
        let mut demand = Demand {
            weight: Vec::new(),
            slope: Vec::new(),
            taste: Vec::with_capacity(sets.len() * self.population.types.len() * products),
            mean: self.products.iter().map(|p| p.mean_utility).collect(),
            nest,
            nests: labels.len(),
            rho: if rho_of.is_empty() { self.rho } else { most },
            rho_of,
            bends: None,
        };
        let mut bend = Vec::new();
        for t in self.population.types.iter().filter(|t| t.weight > 0.0) {
            let taste: Vec<f64> = self.products.iter().map(|p| self.taste(t, p)).collect();
            for (set, share) in &sets {
                demand.weight.push(t.weight * share);
                demand.slope.push(t.slope);
                bend.extend_from_slice(&t.bend);
                demand.taste.extend(
                    (0..products).map(|j| if set[j] { taste[j] } else { f64::NEG_INFINITY }),
                );
            }
        }
        demand.bends = self.bends(bend);
        demand
    }

    /// What the consumers' tastes for functions of prices, row by row, are tastes for.
    fn bends(&self, taste: Vec<f64>) -> Option<Bends> {
        let curves = self.products.iter().flat_map(|p| p.bend.iter().cloned());
        let terms = self.products.iter().map(|p| p.bend.len()).max()?;
        (terms > 0).then(|| Bends {
            terms,
            taste,
            curves: curves.collect(),
        })
    }

    fn taste(&self, t: &ConsumerType, p: &Product) -> f64 {
        let loyal = t.owns.is_some() && t.owns == p.group;
        let own = if loyal { self.population.loyalty } else { 0.0 };
        own + t.taste.iter().zip(&p.x).map(|(b, x)| b * x).sum::<f64>()
    }

    /// Sets of products that consumers can buy, with the share of consumers of each.
    fn choice_sets(&self) -> Vec<(Vec<bool>, f64)> {
        let mut sets: BTreeMap<Vec<bool>, f64> = BTreeMap::new();
        for (s, share) in self
            .population
            .segments
            .iter()
            .enumerate()
            .filter(|(_, w)| **w > 0.0)
        {
            let mut below = 0.0;
            for level in self.awareness_levels(s) {
                let set = self
                    .products
                    .iter()
                    .map(|p| p.on_sale && p.reach.segments[s] && p.reach.aware >= level);
                *sets.entry(set.collect()).or_insert(0.0) += share * (level - below);
                below = level;
            }
        }
        sets.into_iter().collect()
    }

    /// Distinct awareness shares in a segment, ascending, ending at one: consumer u in [0, 1]
    /// knows the products whose share is at least the next level above u.
    fn awareness_levels(&self, segment: usize) -> Vec<f64> {
        let known = |p: &&Product| {
            p.on_sale && p.reach.segments[segment] && p.reach.aware > 0.0 && p.reach.aware < 1.0
        };
        let mut levels: Vec<f64> = self
            .products
            .iter()
            .filter(known)
            .map(|p| p.reach.aware)
            .collect();
        levels.push(1.0);
        levels.sort_by(f64::total_cmp);
        levels.dedup();
        levels
    }

    /// Nesting parameters (nests); empty where all nests have the same.
    fn rho_by_nest(&self, labels: &[Option<&str>]) -> Vec<f64> {
        if self.rho_of.is_empty() {
            return Vec::new();
        }
        let own = |label: Option<&str>| label.and_then(|l| self.rho_of.get(l).copied());
        // Correlation means nothing to a product that is a nest of its own.
        let alone = |label: Option<&str>| if label.is_some() { self.rho } else { 0.0 };
        let of = |label| own(label).unwrap_or_else(|| alone(label));
        labels.iter().copied().map(of).collect()
    }

    /// Nest of each product, and the label of each nest; `None` for a product in a nest of its own.
    fn nests(&self) -> (Vec<usize>, Vec<Option<&str>>) {
        let mut labels: Vec<Option<&str>> = Vec::new();
        let nest = self.products.iter().map(|p| {
            let label = p.nest.as_deref();
            let known = label.and_then(|_| labels.iter().position(|l| *l == label));
            known.unwrap_or_else(|| {
                labels.push(label);
                labels.len() - 1
            })
        });
        let nest: Vec<usize> = nest.collect();
        (nest, labels)
    }
}
