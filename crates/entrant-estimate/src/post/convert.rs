//! From an estimated market to the market that scenarios work on.

use std::collections::BTreeMap;

use entrant_data::formula::Stack;
use entrant_market::{
    Conduct, ConsumerType, Demand, Levy, Market, Population, PriceRule, Product, Reach,
};

use super::bends::PriceEffects;
use super::market::PanelMarket;

/// Names of the products of one market, and its size.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    /// Id of each product (products).
    pub product: &'a [String],
    /// Brand of each product (products).
    pub brand: &'a [String],
    /// Potential buyers, the ones who buy nothing included.
    pub size: f64,
}

impl PanelMarket<'_> {
    /// Demand of this market as dense arrays, at any prices. `None` where it cannot say it: a
    /// price effect that is not linear or that differs by product, more than one nesting
    /// parameter, or weights that sum to more than one.
    ///
    /// Consumers whose weights sum to less than one are joined by one who never buys; consumers
    /// of negative weight make it `None`.
    pub fn demand(&self) -> Option<Demand> {
        let n = self.data.products();
        let (slopes, rho) = (self.linear_slopes()?, self.common_rho()?);
        let mut taste = Vec::with_capacity((slopes.len() + 1) * n);
        let (price, mean) = (self.price(), &self.utility.delta);
        let mut row = vec![0.0; self.data.stride];
        for (i, slope) in slopes.iter().enumerate() {
            self.tastes_of(i, &mut row);
            taste.extend((0..n).map(|j| row[j] + mean[j] - slope * price[j]));
        }
        let (weight, never) = self.weights_to_one()?;
        let mut slope = slopes;
        if never {
            slope.push(-1.0);
            taste.extend(std::iter::repeat_n(f64::NEG_INFINITY, n));
        }
        let nests = &self.data.nests;
        let alone: Vec<usize> = (0..n).collect();
        Some(Demand {
            weight,
            slope,
            taste,
            mean: vec![0.0; n],
            nest: if nests.is_empty() {
                alone
            } else {
                (0..n).map(|j| self.nest_of(j).unwrap_or(0)).collect()
            },
            nests: if nests.is_empty() { n } else { nests.len() },
            rho,
            rho_of: Vec::new(),
            bends: None,
        })
    }

    /// The market itself, at its present prices and the costs given (products): what scenarios
    /// change. `None` with consumers of negative weight, with weights that sum to more than one, and
    /// where utility is not linear in price and no formula says how it moves.
    ///
    /// Where utility is not linear in price, or its slope differs by product, consumers keep as their
    /// price coefficient what money is worth to them at the present prices ([`PanelMarket::surplus`]),
    /// and [`Product::bend`] says what prices add beyond that.
    ///
    /// Where demographics or availability differ by product, every product has a characteristic of
    /// its own besides: being that product, with the taste that these make for each consumer.
    ///
    /// Mean utilities, price coefficients and tastes are in units of the taste shock, so that the
    /// market is a logit like any other; characteristics stay as in the formulas.
    pub fn to_market(&self, cost: &[f64], labels: Labels<'_>) -> Option<Market> {
        let m = self.data;
        let (weight, never) = self.weights_to_one()?;
        let effects = match (self.linear_slopes(), self.linear_slope()) {
            (Some(slopes), Some(base)) => {
                PriceEffects::linear(slopes, base, self.utility.slope.active.clone())
            }
            _ => self.price_effects()?,
        };
        let fixed: Vec<usize> = (0..m.coefficients())
            .filter(|k| !effects.priced.contains(k))
            .collect();
        let k = m.coefficients();
        let taste = |i: usize| -> Vec<f64> {
            let own = &self.tastes.coefficient[i * k..(i + 1) * k];
            let mut taste: Vec<f64> = fixed.iter().map(|r| own[*r] / self.scale()).collect();
            taste.extend(self.tastes_by_product(i, &effects.priced));
            taste.extend(never.then_some(0.0));
            taste
        };
        let mut types: Vec<ConsumerType> = effects
            .slopes
            .iter()
            .enumerate()
            .map(|(i, slope)| ConsumerType {
                weight: weight[i],
                slope: *slope,
                owns: None,
                taste: taste(i),
                bend: effects.taste_of(i).to_vec(),
            })
            .collect();
        if never {
            let differing = if self.differs_by_product() {
                m.products()
            } else {
                0
            };
            let mut none = vec![0.0; fixed.len() + differing];
            none.push(NEVER);
            types.push(ConsumerType {
                weight: weight[effects.slopes.len()],
                slope: -1.0,
                owns: None,
                taste: none,
                bend: vec![0.0; effects.terms],
            });
        }
        let products = (0..m.products())
            .map(|j| self.product(j, cost[j], labels, &fixed, &effects, never))
            .collect();
        let (rho, rho_of) = self.nesting();
        Some(Market {
            id: m.id.clone(),
            size: labels.size,
            products,
            population: Population {
                types,
                segments: vec![1.0],
                loyalty: 0.0,
            },
            rho,
            rho_of,
            conduct: Conduct::Firms,
            stakes: self.stakes(),
            capacities: Vec::new(),
        })
    }

    fn product(
        &self,
        j: usize,
        cost: f64,
        labels: Labels<'_>,
        fixed: &[usize],
        effects: &PriceEffects,
        never: bool,
    ) -> Product {
        let m = self.data;
        let price = self.price()[j];
        let of_price = if effects.terms == 0 {
            effects.base * price
        } else {
            effects.curves_of(j)[0].at(price, &mut Stack::default())[0]
        };
        let mut x: Vec<f64> = fixed
            .iter()
            .map(|k| self.utility.x2[k * m.stride + j] * self.scale())
            .collect();
        if self.differs_by_product() {
            x.extend((0..m.products()).map(|l| if l == j { 1.0 } else { 0.0 }));
        }
        x.extend(never.then_some(1.0));
        Product {
            id: labels.product[j].clone(),
            firm: m.firm_names[m.firm[j]].clone(),
            brand: labels.brand[j].clone(),
            mean_utility: self.utility.delta[j] - of_price,
            price,
            cost,
            levy: Levy::default(),
            rule: PriceRule::Optimal,
            reach: Reach {
                segments: vec![true],
                aware: 1.0,
            },
            nest: self.nest_of(j).map(|h| h.to_string()),
            group: None,
            x,
            bend: effects.curves_of(j).to_vec(),
            entrant: false,
            on_sale: self.utility.delta[j].is_finite(),
        }
    }

    /// Whether demographics or availability differ by product, so that consumers have tastes for
    /// products by themselves.
    pub fn differs_by_product(&self) -> bool {
        let consumers = &self.data.consumers;
        !consumers.by_product.is_empty() || !consumers.log_availability.is_empty()
    }

    /// What they make of each product for consumer `i`, but for characteristics in `priced`, which
    /// move with prices; nothing where they do not differ.
    fn tastes_by_product(&self, i: usize, priced: &[usize]) -> Vec<f64> {
        if !self.differs_by_product() {
            return Vec::new();
        }
        let mut row = vec![0.0; self.data.stride];
        self.differing_tastes(i, priced, &mut row);
        row.truncate(self.data.products());
        row.iter().map(|t| t.max(NEVER)).collect()
    }

    fn stakes(&self) -> Vec<(String, String, f64)> {
        let m = self.data;
        let name = |f: usize| m.firm_names[f].clone();
        let pairs = (0..m.firms).flat_map(|a| (0..m.firms).map(move |b| (a, b)));
        pairs
            .filter(|(a, b)| a != b && m.conduct[a * m.firms + b] != 0.0)
            .map(|(a, b)| (name(a), name(b), m.conduct[a * m.firms + b]))
            .collect()
    }

    /// What mean utility alone adds to every price coefficient, when it is the same for all
    /// products and every random characteristic of price is price itself times a number.
    fn linear_slope(&self) -> Option<f64> {
        let n = self.data.products();
        let slope = &self.utility.slope;
        let base = *slope.linear.first()?;
        let same = slope.linear[..n].iter().all(|s| s - base == 0.0);
        let stride = self.data.stride;
        let pure = slope.active.iter().all(|k| {
            let cells = k * stride..k * stride + n;
            let by = slope.random[k * stride];
            let x = self.utility.x2[cells.clone()].iter().zip(self.price());
            let flat = slope.random[cells].iter().all(|s| s - by == 0.0);
            flat && x
                .into_iter()
                .all(|(x, p)| (x - by * p).abs() <= 1e-12 * x.abs())
        });
        (same && pure).then_some(base)
    }

    /// Price coefficient of each consumer, where it is the same for all products at all prices.
    fn linear_slopes(&self) -> Option<Vec<f64>> {
        let straight = !self.utility.is_curved();
        straight.then(|| self.common_slopes(&self.utility.slope))?
    }

    fn common_rho(&self) -> Option<f64> {
        let first = self.rho.first().copied().unwrap_or(0.0);
        self.rho.iter().all(|r| r - first == 0.0).then_some(first)
    }

    /// Nesting parameter of all nests, or those of each by label.
    fn nesting(&self) -> (f64, BTreeMap<String, f64>) {
        if let Some(rho) = self.common_rho() {
            return (rho, BTreeMap::new());
        }
        let each = self.rho.iter().enumerate();
        let largest = self.rho.iter().copied().fold(0.0, f64::max);
        (
            largest,
            each.map(|(h, rho)| (h.to_string(), *rho)).collect(),
        )
    }

    /// Weights that sum to one, and whether a consumer who never buys is the last of them.
    fn weights_to_one(&self) -> Option<(Vec<f64>, bool)> {
        let mut weight = self.data.consumers.weight.clone();
        let sum: f64 = weight.iter().sum();
        if weight.iter().any(|w| *w < 0.0) || sum > 1.0 + 1e-9 {
            return None;
        }
        let never = sum < 1.0 - 1e-9;
        if never {
            weight.push(1.0 - sum);
        }
        Some((weight, never))
    }

    /// `V_ij - delta_j` of consumer `i` (stride).
    fn tastes_of(&self, i: usize, out: &mut [f64]) {
        let (k, stride) = (self.data.coefficients(), self.data.stride);
        out.fill(0.0);
        self.differing_tastes(i, &[], out);
        for r in 0..k {
            let x = &self.utility.x2[r * stride..(r + 1) * stride];
            let c = self.tastes.coefficient[i * k + r];
            entrant_numeric::vector::add_scaled(out, c, x);
        }
    }

    /// Adds to the utilities of consumer `i` (stride) what differs by product, but for
    /// characteristics in `without`.
    fn differing_tastes(&self, i: usize, without: &[usize], out: &mut [f64]) {
        let stride = self.data.stride;
        let available = &self.data.consumers.log_availability;
        if !available.is_empty() {
            let own = &available[i * stride..(i + 1) * stride];
            entrant_numeric::vector::add_scaled(out, 1.0, own);
        }
        let counted = |k: usize| !without.contains(&k);
        for own in self.tastes.by_product.iter().filter(|o| counted(o.k)) {
            let x = &self.utility.x2[own.k * stride..(own.k + 1) * stride];
            let c = &own.coefficient[i * stride..(i + 1) * stride];
            for ((o, c), x) in out.iter_mut().zip(c).zip(x) {
                *o += c * x;
            }
        }
    }
}

/// Taste for being a product at all of consumers who never buy, or of a product that a consumer cannot
/// have.
const NEVER: f64 = -1e4;
