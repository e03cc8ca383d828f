//! Markets in which firms can sell only so much.

use crate::demand::Demand;
use crate::economy::Market;
use crate::equilibrium::{Effort, Equilibrium, Limit, PriceProblem, find_within};

/// What one firm can sell at most of some of its products together.
#[derive(Debug, Clone, PartialEq)]
pub struct Capacity {
    /// Products, by position in [`Market::products`].
    pub products: Vec<usize>,
    /// Units per period.
    pub units: f64,
}

impl Market {
    /// Capacities as shares of potential buyers, in the order of [`Market::capacities`]; what is not on
    /// sale needs none.
    pub fn limits(&self) -> Vec<Limit> {
        let sold = |j: &usize| self.products[*j].on_sale;
        let one = |c: &Capacity| Limit {
            products: c.products.iter().copied().filter(sold).collect(),
            share: c.units / self.size,
        };
        self.capacities.iter().map(one).collect()
    }

    /// Prices of this market as it stands, from `start` (products): firms choose theirs within their
    /// capacities. `demand` is [`Market::demand`]; owners are those of [`Market::ownership`].
    pub fn equilibrium(&self, demand: &Demand, start: &[f64], effort: Effort) -> Equilibrium {
        let (ownership, cost, free) = (self.ownership(), self.costs(), self.free());
        let problem = PriceProblem {
            demand,
            ownership: &ownership,
            cost: &cost,
            free: &free,
        };
        find_within(&problem, &self.limits(), &self.starting(start), effort)
    }
}
