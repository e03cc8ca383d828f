//! One draw of one market under a scenario: solve and measure.

use entrant_data::Status;
use entrant_market::demand::{consumer_surplus, second_choice_diversion};
use entrant_market::equilibrium::{Effort, Equilibrium};
use entrant_market::{Demand, Market, Product};

use crate::capacities::{Full, full};
use crate::pressure::{Pressure, pressure};

/// What to compute in a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunSettings {
    /// How hard to look for other equilibria and deviations.
    pub effort: Effort,
    /// Whether to compute the diversion matrix.
    pub diversion: bool,
}

/// One draw of one market, before and after a scenario. Products are those of the market after
/// it: the ones on sale before, then entrants.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketDraw {
    /// What the solver found.
    pub status: Status,
    /// Potential buyers.
    pub size: f64,
    /// Price before; `NaN` for entrants (products).
    pub price_before: Vec<f64>,
    /// Price after; `NaN` for products that went (products).
    pub price_after: Vec<f64>,
    /// Marginal cost before; `NaN` for entrants (products).
    pub cost_before: Vec<f64>,
    /// Marginal cost after, money taxes in it (products).
    pub cost_after: Vec<f64>,
    /// Part of the price after that the seller keeps (products).
    pub kept: Vec<f64>,
    /// Money taxes on a unit after, those that are in its cost (products).
    pub duty: Vec<f64>,
    /// Share of potential buyers before (products).
    pub share_before: Vec<f64>,
    /// Share of potential buyers after (products).
    pub share_after: Vec<f64>,
    /// Consumer surplus per potential buyer before.
    pub surplus_before: f64,
    /// Consumer surplus per potential buyer after.
    pub surplus_after: f64,
    /// Share of potential buyers that entrants take from each product, at the prices after
    /// (products), and from buying nothing (last).
    pub source: Vec<f64>,
    /// Second-choice diversion after, row by row (products x (products + 1)); empty when not
    /// asked for.
    pub diversion: Vec<f64>,
    /// Screens of products that change hands (products); empty where none does.
    pub pressure: Vec<Pressure>,
    /// How full capacities are, in the order of [`Market::capacities`].
    pub capacity: Vec<Full>,
    /// The equilibrium and its certificate.
    pub equilibrium: Equilibrium,
}

/// What a market is before any scenario, measured once for all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Before {
    price: Vec<f64>,
    cost: Vec<f64>,
    share: Vec<f64>,
    surplus: f64,
    market: Market,
}

impl Before {
    /// Measures a calibrated market at its observed prices.
    pub fn new(market: &Market) -> Self {
        let (demand, price) = (market.demand(), market.prices());
        Before {
            share: demand.shares(&price),
            surplus: consumer_surplus(&demand, &price),
            cost: market.costs(),
            market: market.clone(),
            price,
        }
    }
}

/// Solves `after` from `start` (products) and measures it against `before`.
pub fn run_market(
    before: &Before,
    after: &Market,
    start: &[f64],
    settings: RunSettings,
) -> MarketDraw {
    let demand = after.demand();
    let mut equilibrium = after.equilibrium(&demand, start, settings.effort);
    equilibrium.deviations = after.by_firm(equilibrium.deviations);
    let usable = equilibrium.status.is_usable();
    let products_after = after.products.len();
    let price = if usable {
        equilibrium.price.clone()
    } else {
        vec![f64::NAN; products_after]
    };
    let share_after = if usable {
        demand.shares(&price)
    } else {
        vec![f64::NAN; products_after]
    };
    let measured = |value: f64| if usable { value } else { f64::NAN };
    MarketDraw {
        status: equilibrium.status,
        size: after.size,
        price_before: padded(&before.price, products_after),
        price_after: after
            .products
            .iter()
            .zip(&price)
            .map(|(p, x)| if p.on_sale { *x } else { f64::NAN })
            .collect(),
        cost_before: padded(&before.cost, products_after),
        share_before: before
            .share
            .iter()
            .copied()
            .chain(std::iter::repeat(0.0))
            .take(products_after)
            .collect(),
        surplus_before: before.surplus,
        surplus_after: measured(if usable {
            consumer_surplus(&demand, &price)
        } else {
            f64::NAN
        }),
        source: if usable {
            volume_source(after, &demand, &price)
        } else {
            vec![f64::NAN; products_after + 1]
        },
        diversion: if settings.diversion && usable {
            second_choice_diversion(&demand, &price)
        } else {
            Vec::new()
        },
        pressure: pressure(&before.market, after),
        capacity: full(after, &equilibrium, &share_after),
        share_after,
        cost_after: products(after, Product::own_cost),
        kept: products(after, |p| p.levy.kept()),
        duty: products(after, |p| p.levy.duty()),
        equilibrium,
    }
}

fn products(market: &Market, of: impl Fn(&Product) -> f64) -> Vec<f64> {
    market.products.iter().map(of).collect()
}

impl MarketDraw {
    /// What the seller of product `j` earns on a unit after the scenario, after taxes.
    pub fn earned(&self, j: usize) -> f64 {
        self.kept[j] * self.price_after[j] - self.cost_after[j]
    }

    /// What a unit of product `j` brings the government after the scenario.
    pub fn taken(&self, j: usize) -> f64 {
        (1.0 - self.kept[j]) * self.price_after[j] + self.duty[j]
    }
}

fn padded(values: &[f64], length: usize) -> Vec<f64> {
    values
        .iter()
        .copied()
        .chain(std::iter::repeat(f64::NAN))
        .take(length)
        .collect()
}

/// What the entrants' buyers would have bought without the entry, at the prices after it.
fn volume_source(after: &Market, demand: &Demand, price: &[f64]) -> Vec<f64> {
    if !after.products.iter().any(|p| p.entrant && p.on_sale) {
        return vec![0.0; price.len() + 1];
    }
    let with = demand.shares(price);
    let mut without_entry = after.clone();
    without_entry
        .products
        .iter_mut()
        .filter(|p| p.entrant)
        .for_each(|p| p.on_sale = false);
    let without = without_entry.demand().shares(price);
    let mut source: Vec<f64> = without.iter().zip(&with).map(|(a, b)| a - b).collect();
    for (s, p) in source.iter_mut().zip(&after.products) {
        *s = if p.entrant { 0.0 } else { *s };
    }
    source.push(with.iter().sum::<f64>() - without.iter().sum::<f64>());
    source
}
