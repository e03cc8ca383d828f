//! The markets of a game at known parameters: what each profile is worth.

use std::borrow::Cow;

use entrant_data::spec::GameSpec;
use entrant_data::{InputError, Status};
use entrant_market::{Market, PriceRule};
use entrant_scenario::lineup::{Sold, sell};
use entrant_scenario::surface::commit;
use entrant_scenario::{apply, present_value_factor};

use super::choice::Contest;
use crate::economy::{Economy, with_entrants};

/// Markets in which every product that players may sell has its place.
pub(super) struct Field<'a> {
    contest: &'a Contest,
    known: &'a GameSpec,
    markets: Vec<Market>,
    /// What one unit at the end of each period is worth now.
    factor: f64,
}

/// A profile with its prices.
#[derive(Debug, Clone)]
pub(super) struct Priced {
    /// Worst status of a market.
    pub(super) status: Status,
    /// Discounted profit less fixed cost (players).
    pub(super) payoff: Vec<f64>,
    /// Consumer surplus per period, all markets.
    pub(super) surplus: f64,
    /// Prices (markets x products of the market).
    pub(super) price: Vec<Vec<f64>>,
}

impl<'a> Field<'a> {
    /// The markets of an economy with the scenario of game `g` and every product that players may
    /// sell.
    ///
    /// # Errors
    /// A change that contradicts itself.
    pub(super) fn new(
        economy: &'a Economy,
        contest: &'a Contest,
        g: usize,
    ) -> Result<Self, InputError> {
        let study = &economy.resolved.study;
        let known = &study.game[g];
        let players = contest.contested().map(|(id, _)| id);
        let scenario = with_entrants(study, known.scenario.as_ref(), players);
        let after = |t: usize| apply(&economy.places[t].market, &scenario, &economy.context(t));
        let markets = (0..economy.places.len())
            .map(after)
            .collect::<Result<_, _>>()?;
        let factor = present_value_factor(known.discount.value(), known.periods);
        Ok(Field {
            contest,
            known,
            markets,
            factor,
        })
    }

    /// What a profile is worth, from prices near it; `None` where some market has no usable
    /// equilibrium.
    pub(super) fn price(&self, profile: usize, near: Option<&Priced>) -> Option<Priced> {
        let on_sale = |m: &Market| self.contest.on_sale(m, profile);
        let sold = self.sell(&on_sale, &self.contest.prices(profile), near)?;
        let cost = self.contest.fixed_costs(self.known, profile);
        let firms = self.contest.firms().zip(cost);
        Some(Priced {
            status: sold
                .iter()
                .map(|s| s.status)
                .fold(Status::Exact, Status::worst),
            payoff: firms
                .map(|(firm, cost)| self.factor * self.profit(&sold, firm) - cost)
                .collect(),
            surplus: self.surplus(&sold),
            price: sold.into_iter().map(|s| s.price).collect(),
        })
    }

    /// What today's line-ups are worth to consumers per period, and what each contested product
    /// brings its firm, or would bring, over the periods; `NaN` where that cannot be said.
    pub(super) fn today(&self) -> (f64, Vec<f64>) {
        let contested: Vec<(&str, &str)> = self.contest.contested().collect();
        let today = |m: &Market| sold_today(m, &contested, None);
        let Some(now) = self.sell(&today, &[], None) else {
            return (f64::NAN, vec![f64::NAN; contested.len()]);
        };
        let bound = |k: usize| {
            let other = |m: &Market| sold_today(m, &contested, Some(k));
            let Some(without) = self.sell(&other, &[], None) else {
                return f64::NAN;
            };
            let firm = contested[k].1;
            let change = self.profit(&now, firm) - self.profit(&without, firm);
            self.factor
                * if self.is_sold(contested[k].0) {
                    change
                } else {
                    -change
                }
        };
        let bounds = (0..contested.len()).map(bound).collect();
        (self.surplus(&now), bounds)
    }

    /// Whether a product is on sale today, somewhere.
    pub(super) fn is_sold(&self, product: &str) -> bool {
        let own = |m: &Market| {
            m.products
                .iter()
                .any(|p| p.id == product && p.on_sale && !p.entrant)
        };
        self.markets.iter().any(own)
    }

    fn sell(
        &self,
        on_sale: &dyn Fn(&Market) -> Vec<bool>,
        prices: &[(&str, f64)],
        near: Option<&Priced>,
    ) -> Option<Vec<Sold>> {
        let one = |(t, market): (usize, &Market)| {
            let mut fixed = Cow::Borrowed(market);
            if !prices.is_empty() {
                commit(fixed.to_mut(), prices);
            }
            let start = start(&fixed, near.map(|n| n.price[t].as_slice()));
            let sold = sell(&fixed, &on_sale(market), &start);
            sold.status.is_usable().then_some(sold)
        };
        self.markets.iter().enumerate().map(one).collect()
    }

    /// Variable profit per period of a firm, all markets.
    fn profit(&self, sold: &[Sold], firm: &str) -> f64 {
        let one = |(m, s): (&Market, &Sold)| {
            let firms = m.firms();
            firms
                .iter()
                .position(|f| f == firm)
                .map_or(0.0, |f| s.profit[f])
        };
        self.markets.iter().zip(sold).map(one).sum()
    }

    fn surplus(&self, sold: &[Sold]) -> f64 {
        let all = self.markets.iter().zip(sold);
        all.map(|(m, s)| m.size * s.surplus).sum()
    }
}

/// Which products are on sale today; with `other`, but for that contested product.
fn sold_today(market: &Market, contested: &[(&str, &str)], other: Option<usize>) -> Vec<bool> {
    let is =
        |p: &entrant_market::Product, k: usize| p.id == contested[k].0 && p.firm == contested[k].1;
    let sold = |p: &entrant_market::Product| {
        let own = (0..contested.len()).find(|k| is(p, *k));
        match own {
            None => p.on_sale,
            Some(k) => p.on_sale && (p.entrant == (other == Some(k))),
        }
    };
    market.products.iter().map(sold).collect()
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
