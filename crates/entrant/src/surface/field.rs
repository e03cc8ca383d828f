//! The markets of a surface at known parameters: what one set of prices brings.

use entrant_data::spec::SurfaceSpec;
use entrant_data::{InputError, Status};
use entrant_market::{Market, PriceRule};
use entrant_scenario::apply;
use entrant_scenario::lineup::{Sold, sell};
use entrant_scenario::surface::{commit, release};

use crate::economy::{Economy, with_entrants};

/// Markets under the scenario, in which the firm's prices are still to be set.
pub(super) struct Field<'a> {
    spec: &'a SurfaceSpec,
    markets: Vec<Market>,
    /// Prices and shares of the market as it is (markets x its products).
    before: Vec<Before>,
    /// Firms that sell already, but for the one that commits.
    rivals: Vec<String>,
}

struct Before {
    price: Vec<f64>,
    share: Vec<f64>,
}

/// One set of prices with rivals' answer.
#[derive(Debug, Clone)]
pub(super) struct Priced {
    /// Worst status of a market.
    pub(super) status: Status,
    /// Profit of the firm per period.
    pub(super) profit: f64,
    /// Its units.
    pub(super) units: f64,
    /// Relative change of rivals' prices.
    pub(super) answer: f64,
    /// The same of each rival.
    pub(super) answers: Vec<f64>,
    /// Value of each axis.
    pub(super) at: Vec<f64>,
    /// Prices (markets x products of the market).
    pub(super) price: Vec<Vec<f64>>,
}

impl<'a> Field<'a> {
    /// The markets of an economy with the scenario of surface `s` and the products of its axes.
    ///
    /// # Errors
    /// A change that contradicts itself, and a product of an axis that is nowhere on sale.
    pub(super) fn new(economy: &'a Economy, s: usize) -> Result<Self, InputError> {
        let study = &economy.resolved.study;
        let spec = &study.surface[s];
        let products = spec.axis.iter().flat_map(|a| &a.products);
        let scenario = with_entrants(
            study,
            spec.scenario.as_ref(),
            products.clone().map(String::as_str),
        );
        let after = |t: usize| apply(&economy.places[t].market, &scenario, &economy.context(t));
        let markets: Vec<Market> = (0..economy.places.len())
            .map(after)
            .collect::<Result<_, _>>()?;
        for id in products {
            let mut all = markets.iter().flat_map(|m| &m.products);
            if !all.any(|p| p.id == *id && p.on_sale) {
                let message = format!("`{id}` is not on sale in the scenario of this surface");
                let found = InputError::at(format!("surface[{s}].axis"), message).value(id);
                return Err(found.hint("leave it out, or take another scenario"));
            }
        }
        let before: Vec<Before> = economy.places.iter().map(|p| as_is(&p.market)).collect();
        let mut rivals: Vec<String> = Vec::new();
        for p in markets.iter().flat_map(|m| &m.products) {
            if p.on_sale && !p.entrant && p.firm != spec.firm && !rivals.contains(&p.firm) {
                rivals.push(p.firm.clone());
            }
        }
        Ok(Field {
            spec,
            markets,
            before,
            rivals,
        })
    }

    /// Number of axes.
    pub(super) fn axes(&self) -> usize {
        self.spec.axis.len()
    }

    /// Firms that answer.
    pub(super) fn rivals(&self) -> &[String] {
        &self.rivals
    }

    /// What the firm's prices bring once rivals have answered, from prices near them; `None` where
    /// some market has no usable equilibrium.
    pub(super) fn price(&self, at: &[f64], near: Option<&Priced>) -> Option<Priced> {
        let fixed = |market: &Market| {
            let mut market = market.clone();
            for (axis, value) in self.spec.axis.iter().zip(at) {
                let prices: Vec<(&str, f64)> = axis
                    .products
                    .iter()
                    .filter_map(|id| {
                        let own = market.products.iter().find(|p| p.id == *id)?.price;
                        let price = if axis.relative { own * value } else { *value };
                        Some((id.as_str(), price))
                    })
                    .collect();
                commit(&mut market, &prices);
            }
            market
        };
        self.solve(&fixed, at.to_vec(), near)
    }

    /// The same where the firm sets these prices together with everybody else.
    pub(super) fn simultaneous(&self, near: Option<&Priced>) -> Option<Priced> {
        let free = |market: &Market| {
            let mut market = market.clone();
            for axis in &self.spec.axis {
                release(&mut market, &axis.products);
            }
            market
        };
        let mut found = self.solve(&free, Vec::new(), near)?;
        found.at = (0..self.spec.axis.len())
            .map(|a| self.mean_value(a, &found.price))
            .collect();
        Some(found)
    }

    /// Mean over markets and products of what an axis counts, at these prices.
    fn mean_value(&self, a: usize, price: &[Vec<f64>]) -> f64 {
        let axis = &self.spec.axis[a];
        let (mut sum, mut count) = (0.0, 0.0);
        for (market, price) in self.markets.iter().zip(price) {
            for (p, x) in market.products.iter().zip(price) {
                if axis.products.contains(&p.id) && x.is_finite() {
                    sum += if axis.relative { x / p.price } else { *x };
                    count += 1.0;
                }
            }
        }
        sum / count
    }

    fn solve(
        &self,
        set: &dyn Fn(&Market) -> Market,
        at: Vec<f64>,
        near: Option<&Priced>,
    ) -> Option<Priced> {
        let one = |(t, market): (usize, &Market)| {
            let market = set(market);
            let start = start(&market, near.map(|n| n.price[t].as_slice()));
            let on_sale: Vec<bool> = market.products.iter().map(|p| p.on_sale).collect();
            let sold = sell(&market, &on_sale, &start);
            sold.status.is_usable().then_some(sold)
        };
        let all = self.markets.iter().enumerate();
        let sold: Vec<Sold> = all.map(one).collect::<Option<_>>()?;
        Some(Priced {
            status: sold
                .iter()
                .map(|s| s.status)
                .fold(Status::Exact, Status::worst),
            profit: self.profit(&sold),
            units: self.units(&sold),
            answer: self.answer(&sold, None),
            answers: self
                .rivals
                .iter()
                .map(|f| self.answer(&sold, Some(f)))
                .collect(),
            at,
            price: sold.into_iter().map(|s| s.price).collect(),
        })
    }

    fn profit(&self, sold: &[Sold]) -> f64 {
        let one = |(m, s): (&Market, &Sold)| {
            let own = m.firms().iter().position(|f| *f == self.spec.firm);
            own.map_or(0.0, |f| s.profit[f])
        };
        self.markets.iter().zip(sold).map(one).sum()
    }

    fn units(&self, sold: &[Sold]) -> f64 {
        let one = |(m, s): (&Market, &Sold)| {
            let own = m.products.iter().zip(&s.share);
            let own = own.filter(|(p, _)| p.firm == self.spec.firm && p.on_sale);
            m.size * own.map(|(_, share)| share).sum::<f64>()
        };
        self.markets.iter().zip(sold).map(one).sum()
    }

    /// Relative change of the prices of a rival, or of all, weighted by units as they are.
    fn answer(&self, sold: &[Sold], of: Option<&String>) -> f64 {
        let (mut was, mut is) = (0.0, 0.0);
        for ((market, before), sold) in self.markets.iter().zip(&self.before).zip(sold) {
            for (j, p) in market.products.iter().enumerate() {
                let counts = !p.entrant && p.on_sale && p.firm != self.spec.firm;
                if counts && of.is_none_or(|f| p.firm == *f) {
                    let units = market.size * before.share[j];
                    was += units * before.price[j];
                    is += units * sold.price[j];
                }
            }
        }
        is / was - 1.0
    }
}

/// Prices and shares of a market as it is.
fn as_is(market: &Market) -> Before {
    let price = market.prices();
    Before {
        share: market.demand().shares(&price),
        price,
    }
}

/// Prices to start from: those nearby where prices are free.
fn start(market: &Market, near: Option<&[f64]>) -> Vec<f64> {
    let mut price = market.prices();
    for (j, p) in market.products.iter().enumerate() {
        let found = near.map(|n| n[j]).filter(|x| x.is_finite());
        if let Some(found) = found.filter(|_| p.rule == PriceRule::Optimal) {
            price[j] = found;
        }
    }
    price
}
