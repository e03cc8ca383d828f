//! A market at known parameters.

use crate::conduct::Conduct;
use crate::demand::Demand;
use crate::ownership::Ownership;

/// Taxes on one product; negative numbers are subsidies.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tax {
    /// Part of the consumers' price that goes to the government, below one.
    pub part_of_price: f64,
    /// Money per unit.
    pub per_unit: f64,
}

impl Tax {
    /// Part of the consumers' price that the seller keeps.
    pub fn kept(&self) -> f64 {
        1.0 - self.part_of_price
    }

    /// What the seller receives when consumers pay this price.
    pub fn received(&self, price: f64) -> f64 {
        self.kept() * price - self.per_unit
    }

    /// The consumers' price at which the seller receives this much.
    pub fn price(&self, received: f64) -> f64 {
        (received + self.per_unit) / self.kept()
    }
}

/// A product at known parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    /// Id.
    pub id: String,
    /// Firm that sets its price.
    pub firm: String,
    /// Price that consumers pay before the change; a start for products that enter.
    pub price: f64,
    /// Marginal cost before taxes; the slope of marginal cost where it rises with quantity.
    pub cost: f64,
    /// Taxes.
    pub tax: Tax,
    /// Most units that can be sold.
    pub capacity: Option<f64>,
    /// Whether it is on sale.
    pub on_sale: bool,
}

/// A market at known parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Demand.
    pub demand: Demand,
    /// How firms compete.
    pub conduct: Conduct,
    /// Products.
    pub products: Vec<Product>,
    /// Stakes: owner, of, weight on the other's profit.
    pub stakes: Vec<(String, String, f64)>,
    /// Whether marginal cost rises in proportion to quantity; [`Product::cost`] is then its slope.
    pub rising_cost: bool,
}

impl Model {
    /// Marginal cost of product j when this much of it is made.
    pub fn marginal_cost(&self, j: usize, quantity: f64) -> f64 {
        let cost = self.products[j].cost;
        if self.rising_cost {
            cost * quantity
        } else {
            cost
        }
    }

    /// Ownership of all products.
    pub fn ownership(&self) -> Ownership {
        let firms: Vec<String> = self.products.iter().map(|p| p.firm.clone()).collect();
        Ownership::new(&firms, &self.stakes)
    }

    /// Prices before the change.
    pub fn prices(&self) -> Vec<f64> {
        self.products.iter().map(|p| p.price).collect()
    }

    /// What sellers earn on a unit at these prices and quantities; zero for products not on sale.
    pub fn earned(&self, prices: &[f64], quantities: &[f64]) -> Vec<f64> {
        let each = self.products.iter().enumerate();
        each.map(|(j, p)| {
            if p.on_sale {
                p.tax.received(prices[j]) - self.marginal_cost(j, quantities[j])
            } else {
                0.0
            }
        })
        .collect()
    }

    /// The consumers' prices at which sellers earn nothing on a unit of constant cost.
    pub fn break_even(&self) -> Vec<f64> {
        self.products.iter().map(|p| p.tax.price(p.cost)).collect()
    }

    /// Money that the government takes in.
    pub fn revenue_of_government(&self, prices: &[f64], quantities: &[f64]) -> f64 {
        let each = self.products.iter().zip(prices).zip(quantities);
        each.filter(|((p, _), _)| p.on_sale)
            .map(|((p, price), q)| (price - p.tax.received(*price)) * q)
            .sum()
    }

    /// Positions of the products on sale.
    pub fn on_sale(&self) -> Vec<usize> {
        let all = 0..self.products.len();
        all.filter(|j| self.products[*j].on_sale).collect()
    }
}
