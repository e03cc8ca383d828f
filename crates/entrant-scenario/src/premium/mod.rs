//! What a feature or a brand is worth: to consumers, and to who sells it.
//!
//! An [`Alteration`] says what it does to a product: its mean utility, what consumers with tastes
//! of their own see of it, and its cost. Consumers' worth in money follows from their price
//! sensitivity ([`Alteration::worth`]); its value in equilibrium is what [`crate::lineup::sell`]
//! finds in the [`altered`] market.

mod people;

pub use people::{Buyers, Group, GroupKind, groups};

use entrant_data::InputError;
use entrant_market::{ConsumerType, Market, PriceRule};

use crate::edit::Context;
use crate::entrants;

/// What changes about a product.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Alteration {
    /// Added to mean utility.
    pub utility: f64,
    /// Added to the characteristics with random tastes (tastes of the study); empty adds nothing.
    pub x: Vec<f64>,
    /// Added to marginal cost.
    pub cost: f64,
}

impl Alteration {
    /// So much more of a characteristic, for `cost` more.
    ///
    /// # Errors
    /// When the column is no characteristic.
    pub fn of_characteristic(
        column: &str,
        amount: f64,
        cost: f64,
        context: &Context<'_>,
    ) -> Result<Self, InputError> {
        let worth = entrants::unit_worth(column, context).ok_or_else(|| {
            let message = format!("characteristic `{column}` is not one of `data.characteristics`");
            InputError::at("premiums.feature", message)
        })?;
        let tastes = &context.study.demand.taste;
        let here =
            |t: &entrant_data::spec::TasteSpec| if t.column == column { amount } else { 0.0 };
        Ok(Alteration {
            utility: worth * amount,
            x: tastes.iter().map(here).collect(),
            cost,
        })
    }

    /// Both together.
    #[must_use]
    pub fn and(&self, other: &Alteration) -> Alteration {
        let long = self.x.len().max(other.x.len());
        let at = |x: &[f64], k: usize| x.get(k).copied().unwrap_or(0.0);
        Alteration {
            utility: self.utility + other.utility,
            x: (0..long)
                .map(|k| at(&self.x, k) + at(&other.x, k))
                .collect(),
            cost: self.cost + other.cost,
        }
    }

    /// So many times of it.
    #[must_use]
    pub fn times(&self, by: f64) -> Alteration {
        Alteration {
            utility: self.utility * by,
            x: self.x.iter().map(|x| x * by).collect(),
            cost: self.cost * by,
        }
    }

    /// Willingness to pay of a type of consumer: the price that would take away as much utility.
    pub fn worth(&self, consumer: &ConsumerType) -> f64 {
        let taste = consumer.taste.iter().zip(&self.x).map(|(t, x)| t * x);
        (self.utility + taste.sum::<f64>()) / -consumer.slope
    }
}

/// The market in which products (by number) are altered.
#[must_use]
pub fn altered(market: &Market, changes: &[(usize, Alteration)]) -> Market {
    let mut market = market.clone();
    for (j, change) in changes {
        let product = &mut market.products[*j];
        product.mean_utility += change.utility;
        product.cost += change.cost / product.levy.kept();
        product
            .x
            .iter_mut()
            .zip(&change.x)
            .for_each(|(x, dx)| *x += dx);
    }
    market
}

/// The market in which only `firm` may change its prices; all others keep `price` (products).
#[must_use]
pub fn others_hold(market: &Market, firm: &str, price: &[f64]) -> Market {
    let mut market = market.clone();
    for (product, price) in market.products.iter_mut().zip(price) {
        if product.firm != firm && product.rule == PriceRule::Optimal {
            (product.rule, product.price) = (PriceRule::Held, *price);
        }
    }
    market
}
