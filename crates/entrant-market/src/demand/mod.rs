//! The choice model of one market: (nested) logit mixed over consumer types.
//!
//! Type i has weight `w_i`, price coefficient `alpha_i` (the derivative of utility with respect
//! to price, negative) and taste `mu_ij`; its utility for product j is
//! `delta_j + mu_ij + alpha_i p_j + shock`, and 0 for buying nothing. With nests the shocks
//! within a nest are correlated by `rho` (0 is flat logit; Berry 1994).

mod bend;
mod cached;
mod diversion;
mod elasticity;
mod inversion;
mod packed;
mod response;
mod row;
mod welfare;

pub use bend::Bends;
pub use diversion::second_choice_diversion;
pub use elasticity::{aggregate_elasticity, diversion_ratio, own_elasticities, price_slopes};
pub use inversion::{Inversion, invert_shares};
pub(crate) use packed::Packed;
pub(crate) use response::{OwnerProfit, response_in};
pub use response::{Response, margin_pairs, response};
pub use row::Row;
pub use welfare::consumer_surplus;

/// Demand of one market at known parameters, as dense arrays.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// Weight of each consumer type, above 0, summing to one (types).
    pub weight: Vec<f64>,
    /// Price coefficient of each type, utility per unit of currency (types).
    pub slope: Vec<f64>,
    /// Taste `mu_ij` without price, `-inf` where type i cannot buy j (types x products).
    pub taste: Vec<f64>,
    /// Mean utility `delta_j` without price (products).
    pub mean: Vec<f64>,
    /// Nest of each product, `0..nests` (products).
    pub nest: Vec<usize>,
    /// Number of nests.
    pub nests: usize,
    /// Nesting parameter in [0, 1): that of all nests, or the largest.
    pub rho: f64,
    /// Nesting parameters (nests); empty where all nests have the same.
    pub rho_of: Vec<f64>,
    /// What is not linear in price; `None` where all is.
    pub bends: Option<Bends>,
}

impl Demand {
    /// Number of products.
    pub fn products(&self) -> usize {
        self.mean.len()
    }

    /// Number of consumer types.
    pub fn types(&self) -> usize {
        self.weight.len()
    }

    /// Nesting parameter of nest `h`.
    #[inline]
    pub fn rho_of(&self, h: usize) -> f64 {
        self.rho_of.get(h).copied().unwrap_or(self.rho)
    }

    /// `1 - rho` of the nest of product `j`.
    #[inline]
    pub fn keep(&self, j: usize) -> f64 {
        1.0 - self.rho_of(self.nest[j])
    }

    /// Taste row of type `i`.
    pub fn taste_of(&self, i: usize) -> &[f64] {
        &self.taste[i * self.products()..(i + 1) * self.products()]
    }

    /// A flat demand without nests from its arrays.
    pub fn flat(weight: Vec<f64>, slope: Vec<f64>, taste: Vec<f64>, mean: Vec<f64>) -> Self {
        let products = mean.len();
        Demand {
            weight,
            slope,
            taste,
            mean,
            nest: (0..products).collect(),
            nests: products,
            rho: 0.0,
            rho_of: Vec::new(),
            bends: None,
        }
    }

    /// Market shares of all potential buyers at these prices (products).
    pub fn shares(&self, price: &[f64]) -> Vec<f64> {
        self.shares_and_outside(price).0
    }

    /// Market shares, and the share of buying nothing without the rounding of `1 - sum`.
    pub fn shares_and_outside(&self, price: &[f64]) -> (Vec<f64>, f64) {
        let mut row = Row::new(self);
        let (mut share, mut outside) = (vec![0.0; self.products()], 0.0);
        for i in 0..self.types() {
            row.fill(self, i, price);
            entrant_numeric::vector::add_scaled(&mut share, self.weight[i], &row.share);
            outside += self.weight[i] * row.outside;
        }
        (share, outside)
    }

    /// Weight of consumers who do not dislike a higher price: with any, profits are unbounded
    /// and no equilibrium in prices exists (`alpha_i >= 0`). Zero where utility is not linear in
    /// price: what consumers make of a higher price depends on the price there
    /// ([`Demand::mass_insensitive_at`]).
    pub fn mass_without_price_sensitivity(&self) -> f64 {
        if self.bends.is_some() {
            return 0.0;
        }
        let insensitive = |(w, a): (&f64, &f64)| if *a < 0.0 { 0.0 } else { *w };
        self.weight.iter().zip(&self.slope).map(insensitive).sum()
    }

    /// Weight of consumers who can buy some product whose higher price would not lower its utility
    /// to them, at these prices.
    pub fn mass_insensitive_at(&self, price: &[f64]) -> f64 {
        if self.bends.is_none() {
            return self.mass_without_price_sensitivity();
        }
        let mut row = Row::new(self);
        let careless = |i: &usize| {
            row.fill(self, *i, price);
            let able = self.taste_of(*i).iter().map(|t| *t > f64::NEG_INFINITY);
            let mut pairs = row.slope.iter().zip(able);
            pairs.any(|(slope, able)| able && *slope >= 0.0)
        };
        let who: Vec<usize> = (0..self.types()).filter(careless).collect();
        who.iter().map(|i| self.weight[*i]).sum()
    }
}
