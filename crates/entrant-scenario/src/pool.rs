//! Several markets taken together.

use entrant_data::result::MarketOutcome;
use entrant_data::{Draws, Status};
use entrant_market::equilibrium::{Deviation, Equilibrium, LocalCertificate};

use crate::run::MarketDraw;
use crate::summary::{
    ProductFacts, ScenarioDraws, firms_of, hhi_after, hhi_before, merger_hhi, summarise,
};

/// Which products of which markets are one product of all of them: the same id sold by the same
/// firm, before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// Products, in order of first appearance.
    pub facts: Vec<ProductFacts>,
    /// For each market the pooled product of each of its products (markets x products).
    of: Vec<Vec<usize>>,
    /// Firm in the order of `facts` of each firm of each market (markets x firms).
    firms: Vec<Vec<usize>>,
    /// Number of pooled firms.
    firm_count: usize,
}

impl Pool {
    /// The products of several markets together.
    pub fn new(markets: &[&[ProductFacts]]) -> Self {
        let mut facts: Vec<ProductFacts> = Vec::new();
        let of = markets
            .iter()
            .map(|m| m.iter().map(|p| place(&mut facts, p)).collect())
            .collect();
        let all = firms_of(&facts);
        let number = |f: &String| all.iter().position(|a| a == f).unwrap_or(0);
        let of_market = |m: &&[ProductFacts]| firms_of(m).iter().map(number).collect();
        Pool {
            firms: markets.iter().map(of_market).collect(),
            firm_count: all.len(),
            facts,
            of,
        }
    }

    /// One draw of the markets together, of `size` potential buyers in all: shares are means over
    /// potential buyers, prices and costs means over units, so that revenue, profit and surplus are
    /// sums. Its status is the worst, and so is each number of its certificate.
    ///
    /// # Panics
    /// If the markets are not those of the pool.
    pub fn draw(&self, markets: &[&MarketDraw], size: f64) -> MarketDraw {
        let all: f64 = markets.iter().map(|m| m.size).sum();
        let weight: Vec<f64> = markets.iter().map(|m| m.size / all).collect();
        let mean = |f: &dyn Fn(&MarketDraw) -> f64| -> f64 {
            markets.iter().zip(&weight).map(|(m, w)| w * f(m)).sum()
        };
        let share_before = self.sum(markets, &weight, |m, j| m.share_before[j]);
        let share_after = self.sum(markets, &weight, |m, j| m.share_after[j]);
        let over = |value: fn(&MarketDraw, usize) -> f64, share: &[f64]| -> Vec<f64> {
            let total = self.sum(markets, &weight, value);
            total.iter().zip(share).map(|(v, s)| v / s).collect()
        };
        MarketDraw {
            status: worst(markets.iter().map(|m| m.status)),
            size,
            price_before: over(
                |m, j| sold(m.share_before[j], m.price_before[j]),
                &share_before,
            ),
            price_after: over(
                |m, j| sold(m.share_after[j], m.price_after[j]),
                &share_after,
            ),
            cost_before: over(
                |m, j| sold(m.share_before[j], m.cost_before[j]),
                &share_before,
            ),
            cost_after: over(|m, j| sold(m.share_after[j], m.cost_after[j]), &share_after),
            kept: self.kept(markets, &weight),
            duty: over(|m, j| sold(m.share_after[j], m.duty[j]), &share_after),
            surplus_before: mean(&|m| m.surplus_before),
            surplus_after: mean(&|m| m.surplus_after),
            source: self.source(markets, &weight),
            diversion: Vec::new(),
            pressure: Vec::new(),
            capacity: Vec::new(),
            equilibrium: self.equilibrium(markets),
            share_before,
            share_after,
        }
    }

    /// A weighted sum over markets of a value by product (pooled products).
    fn sum(
        &self,
        markets: &[&MarketDraw],
        weight: &[f64],
        value: impl Fn(&MarketDraw, usize) -> f64,
    ) -> Vec<f64> {
        let mut total = vec![0.0; self.facts.len()];
        for ((m, w), of) in markets.iter().zip(weight).zip(&self.of) {
            for (j, k) in of.iter().enumerate() {
                total[*k] += w * value(m, j);
            }
        }
        total
    }

    /// The part of revenue that sellers keep; one where nothing is taxed, to the bit.
    fn kept(&self, markets: &[&MarketDraw], weight: &[f64]) -> Vec<f64> {
        let revenue = |m: &MarketDraw, j: usize| sold(m.share_after[j], m.price_after[j]);
        let taxed = |m: &MarketDraw, j: usize| sold(1.0 - m.kept[j], revenue(m, j));
        let taxed = self.sum(markets, weight, taxed);
        let all = self.sum(markets, weight, revenue);
        let one = |(t, r): (&f64, &f64)| if *t == 0.0 { 1.0 } else { 1.0 - t / r };
        taxed.iter().zip(&all).map(one).collect()
    }

    fn source(&self, markets: &[&MarketDraw], weight: &[f64]) -> Vec<f64> {
        let mut source = self.sum(markets, weight, |m, j| m.source[j]);
        let outside = |m: &&MarketDraw| m.source.last().copied().unwrap_or(0.0);
        source.push(
            markets
                .iter()
                .zip(weight)
                .map(|(m, w)| w * outside(m))
                .sum(),
        );
        source
    }

    fn equilibrium(&self, markets: &[&MarketDraw]) -> Equilibrium {
        let all = || markets.iter().map(|m| &m.equilibrium);
        let largest =
            |f: fn(&LocalCertificate) -> f64| all().map(|e| f(&e.local)).fold(f64::NAN, f64::max);
        let most = all().max_by_key(|e| e.others.len());
        Equilibrium {
            price: Vec::new(),
            shadow: Vec::new(),
            status: worst(all().map(|e| e.status)),
            local: LocalCertificate {
                status: worst(all().map(|e| e.local.status)),
                residual: largest(|l| l.residual),
                gradient: largest(|l| l.gradient),
                curvature: largest(|l| l.curvature),
                capacity: largest(|l| l.capacity),
            },
            deviations: self.deviations(markets),
            others: most.map_or(Vec::new(), |e| e.others.clone()),
            starts: all().map(|e| e.starts).max().unwrap_or(0),
            iterations: all().map(|e| e.iterations).max().unwrap_or(0),
        }
    }

    /// Per firm its mean profit, and the gains of the market in which leaving alone gains most of
    /// its profit there.
    fn deviations(&self, markets: &[&MarketDraw]) -> Vec<Deviation> {
        let all: f64 = markets.iter().map(|m| m.size).sum();
        // Profit, gain found, gain bound.
        let mut of: Vec<Option<[f64; 3]>> = vec![None; self.firm_count];
        for (m, firms) in markets.iter().zip(&self.firms) {
            for d in &m.equilibrium.deviations {
                if let Some(slot) = firms.get(d.firm).and_then(|f| of.get_mut(*f)) {
                    let [profit, found, bound] = slot.unwrap_or_default();
                    *slot = Some([
                        profit + d.profit * m.size / all,
                        found.max(d.gain_found()),
                        bound.max(d.gain_bound()),
                    ]);
                }
            }
        }
        let one = |(firm, numbers): (usize, Option<[f64; 3]>)| {
            let [profit, found, bound] = numbers?;
            Some(Deviation {
                firm,
                profit,
                best: profit + found * profit.abs(),
                price: Vec::new(),
                bound: profit + bound * profit.abs(),
            })
        };
        of.into_iter().enumerate().filter_map(one).collect()
    }
}

/// An index of one market in one draw.
type Index = fn(&[ProductFacts], &MarketDraw) -> f64;

/// Several markets together under one scenario: as [`summarise`], but that the
/// Herfindahl-Hirschman index is the mean of the markets' own, weighted by potential buyers, because
/// firms compete within markets.
///
/// `together` holds the pooled draws, `apart` the markets' own, draw by draw the same.
pub fn summarise_together(
    together: &ScenarioDraws<'_>,
    apart: &[ScenarioDraws<'_>],
) -> MarketOutcome {
    let all: f64 = apart.iter().map(|m| m.central.size).sum();
    let mean = |of: &dyn Fn(&ScenarioDraws<'_>) -> f64| -> f64 {
        let weighted = apart.iter().map(|m| m.central.size / all * of(m));
        weighted.sum()
    };
    let draws = |f: Index| -> Draws {
        let one = |d: usize| {
            let usable = together.draws[d].status.is_usable();
            let own = |m: &ScenarioDraws<'_>| f(m.products, &m.draws[d]);
            if usable { mean(&own) } else { f64::NAN }
        };
        Draws::new((0..together.draws.len()).map(one).collect())
    };
    let central = |f: Index| mean(&|m| f(m.products, m.central));
    let screened = summarise(together);
    MarketOutcome {
        merger_hhi: screened
            .merger_hhi
            .map(|_| together.estimate(&draws(merger_hhi), central(merger_hhi))),
        hhi: together.change_of(
            &draws(hhi_before),
            &draws(hhi_after),
            [central(hhi_before), central(hhi_after)],
        ),
        ..screened
    }
}

/// The value of what is sold; nothing is sold at no price.
fn sold(share: f64, value: f64) -> f64 {
    if share == 0.0 { 0.0 } else { share * value }
}

fn worst(all: impl Iterator<Item = Status>) -> Status {
    all.fold(Status::Exact, Status::worst)
}

/// Where a product stands among the pooled ones.
fn place(facts: &mut Vec<ProductFacts>, p: &ProductFacts) -> usize {
    let same = |q: &ProductFacts| {
        q.id == p.id && q.firm == p.firm && q.firm_before == p.firm_before && q.entrant == p.entrant
    };
    let found = facts.iter().position(same).unwrap_or_else(|| {
        facts.push(p.clone());
        facts.len() - 1
    });
    facts[found].on_sale |= p.on_sale;
    found
}
