//! One market of a panel at known parameters and some prices.

use entrant_numeric::vector;

use super::economy::PanelEconomy;
use super::rows::{Tile, runs};
use super::utility::{Curved, Slope, Utility};
use crate::blp::{Block, MarketData};

/// One market at known parameters, standing at some prices; it starts at the observed ones.
///
/// Products stand as in the problem: product j is row `data.rows.start + j`.
#[derive(Debug)]
pub struct PanelMarket<'a> {
    /// Which market of the problem.
    pub index: usize,
    /// Its data.
    pub data: &'a MarketData,
    pub(super) economy: &'a PanelEconomy<'a>,
    pub(super) tastes: Block,
    pub(super) utility: Utility,
    /// Nesting parameter of each nest (nests).
    pub(super) rho: Vec<f64>,
}

impl<'a> PanelMarket<'a> {
    pub(super) fn new(economy: &'a PanelEconomy<'a>, index: usize) -> Self {
        let problem = economy.problem;
        let m = &problem.markets[index];
        let price = &problem.price[m.rows.clone()];
        let mut tastes = Block::default();
        tastes.fill_coefficients(problem, m, &economy.theta);
        let formulas = problem.formulas.as_ref().filter(|_| economy.curved);
        let curved = Curved::of(formulas, m.rows.clone(), price);
        let delta = problem.in_shocks(&economy.delta[m.rows.clone()]);
        PanelMarket {
            index,
            data: m,
            economy,
            tastes,
            utility: Utility::new(m, (price, &delta), (&economy.beta, problem.scale), curved),
            rho: m.nest_group.iter().map(|g| economy.theta.rho[*g]).collect(),
        }
    }

    /// Prices at which the market stands (products).
    pub fn price(&self) -> &[f64] {
        &self.utility.price
    }

    /// Mean utilities at these prices (products).
    pub fn mean_utility(&self) -> Vec<f64> {
        let delta = &self.utility.delta[..self.data.products()];
        delta.iter().map(|d| d * self.scale()).collect()
    }

    /// Scale of taste shocks.
    pub(super) fn scale(&self) -> f64 {
        self.economy.problem.scale
    }

    /// Moves the market to other prices (products): every characteristic that depends on price
    /// is evaluated there. `false`, and nothing changes, when one does not exist there, such as
    /// the logarithm of a negative price.
    #[must_use]
    pub fn set_price(&mut self, price: &[f64]) -> bool {
        price.len() == self.data.products() && self.utility.set_price(price)
    }

    /// Takes products off sale.
    pub fn remove(&mut self, products: &[usize]) {
        self.utility.remove(products);
    }

    /// Shares (products).
    pub fn shares(&self) -> Vec<f64> {
        let mut share = vec![0.0; self.data.stride];
        self.each_tile(|tile| vector::add_scaled(&mut share, 1.0, &tile.share));
        share.truncate(self.data.products());
        share
    }

    /// Share that buys nothing, without the rounding of a difference.
    pub fn outside(&self) -> f64 {
        let mut outside = 0.0;
        self.each_tile(|tile| {
            let weight = &self.data.consumers.weight[tile.consumers.clone()];
            outside += vector::dot(weight, &tile.outside);
        });
        outside
    }

    /// Choice probabilities of every consumer (consumers x products).
    pub fn probabilities(&self) -> Vec<f64> {
        let (n, stride) = (self.data.products(), self.data.stride);
        let mut all = Vec::with_capacity(self.data.consumers() * n);
        self.each_tile(|tile| {
            for row in tile.p.chunks_exact(stride) {
                all.extend_from_slice(&row[..n]);
            }
        });
        all
    }

    /// Weight of consumers who do not mind a higher price of some product: with any, a firm
    /// gains without bound by a price that only they would pay, and no equilibrium exists.
    pub fn mass_without_price_sensitivity(&self) -> f64 {
        let n = self.data.products();
        if let Some(alike) = self.common_slopes(&self.utility.slope) {
            let sold = self.utility.delta[..n].iter().any(|d| d.is_finite());
            let pairs = alike.iter().zip(&self.data.consumers.weight);
            let careless = pairs.filter(|(slope, _)| sold && **slope >= 0.0);
            return careless.map(|(_, w)| w).sum();
        }
        let mut slope = vec![0.0; self.data.stride];
        let mut mass = 0.0;
        for (i, w) in self.data.consumers.weight.iter().enumerate() {
            self.slopes(&self.utility.slope, i, &mut slope);
            let careless = |j: usize| slope[j] >= 0.0 && self.utility.delta[j].is_finite();
            mass += if (0..n).any(careless) { *w } else { 0.0 };
        }
        mass
    }

    /// Calls `work` with the choice probabilities of all consumers, a few at a time.
    pub(super) fn each_tile(&self, mut work: impl FnMut(&Tile)) {
        let mut tile = Tile::default();
        for range in runs(self.data) {
            tile.fill(self, range);
            work(&tile);
        }
    }

    /// Nest of a product.
    pub(super) fn nest_of(&self, j: usize) -> Option<usize> {
        self.data.nests.iter().position(|nest| nest.contains(&j))
    }

    /// Nesting parameter of the nest of each product, zeros without nests (products).
    pub(super) fn rho_by_product(&self) -> Vec<f64> {
        let mut rho = vec![0.0; self.data.products()];
        for (nest, r) in self.data.nests.iter().zip(&self.rho) {
            rho[nest.clone()].fill(*r);
        }
        rho
    }

    pub(super) fn unit_slope(&self) -> Slope {
        Slope::new(
            vec![1.0 / self.scale(); self.data.stride],
            vec![0.0; self.data.x2.len()],
        )
    }
}
