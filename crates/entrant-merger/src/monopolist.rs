//! The test of the hypothetical monopolist: would one owner of these products, all other prices
//! held, raise a price by a small but significant amount?

use entrant_data::Status;

use crate::conduct::Conduct;
use crate::equilibrium::solve_some;
use crate::model::Model;

/// What the test found for a set of products.
#[derive(Debug, Clone, PartialEq)]
pub struct MonopolistTest {
    /// Positions of the products.
    pub products: Vec<usize>,
    /// Relative change of their joint profit when all their prices rise by the amount tested.
    pub profit_of_rise: f64,
    /// Relative changes of their prices that maximise joint profit; empty where no maximum was
    /// found (demand that nothing outside the set limits has none).
    pub best_rises: Vec<f64>,
    /// Whether the monopolist would raise at least one price by the amount tested; where no
    /// maximum was found, whether the uniform rise pays.
    pub is_market: bool,
    /// How far the maximum may be relied on.
    pub status: Status,
}

/// Tests whether these products are a market of their own, from present prices; `rise` is the
/// amount, 0.05 for the usual five percent. `None` where price-setting is not the conduct's
/// language: auctions and homogeneous products.
pub fn test(model: &Model, products: &[usize], rise: f64) -> Option<MonopolistTest> {
    let prices = model.prices();
    let profit = |prices: &[f64]| -> Option<f64> {
        let q = model.demand.quantities(prices)?;
        let e = model.earned(prices, &q);
        Some(products.iter().map(|j| e[*j] * q[*j]).sum())
    };
    if model.conduct.is_auction() {
        return None;
    }
    let now = profit(&prices)?;
    let mut risen = prices.clone();
    for j in products {
        risen[*j] *= 1.0 + rise;
    }
    let profit_of_rise = profit(&risen)? / now - 1.0;
    let alone = one_owner(model, products);
    let best = solve_some(&alone, &prices, products);
    let found = best.status.is_usable();
    let rises = products.iter().map(|j| best.prices[*j] / prices[*j] - 1.0);
    let best_rises: Vec<f64> = if found { rises.collect() } else { Vec::new() };
    let is_market = if found {
        best_rises.iter().any(|r| *r >= rise)
    } else {
        profit_of_rise > 0.0
    };
    Some(MonopolistTest {
        products: products.to_vec(),
        profit_of_rise,
        best_rises,
        is_market,
        status: best.status,
    })
}

/// The smallest market around some products: whatever takes most of what the set loses joins it
/// until the test is passed. The last test is returned, passed or not.
pub fn smallest_market(model: &Model, start: &[usize], rise: f64) -> Option<MonopolistTest> {
    let mut set = start.to_vec();
    loop {
        let found = test(model, &set, rise)?;
        if found.is_market {
            return Some(found);
        }
        match next(model, &set) {
            Some(j) => set.push(j),
            None => return Some(found),
        }
    }
}

/// The product outside of a set that gains most when all prices of the set rise in proportion.
fn next(model: &Model, set: &[usize]) -> Option<usize> {
    let prices = model.prices();
    let slopes = model.demand.slopes(&prices)?;
    let gain = |k: usize| -> f64 { set.iter().map(|j| slopes.at(k, *j) * prices[*j]).sum() };
    let outside = model.on_sale().into_iter().filter(|k| !set.contains(k));
    outside.max_by(|a, b| gain(*a).total_cmp(&gain(*b)))
}

/// The market in which these products have one owner, and only they.
fn one_owner(model: &Model, products: &[usize]) -> Model {
    let mut out = model.clone();
    out.stakes.clear();
    out.conduct = Conduct::Bertrand;
    for (j, p) in out.products.iter_mut().enumerate() {
        p.capacity = None;
        p.firm = if products.contains(&j) {
            "the hypothetical monopolist".into()
        } else {
            format!("owner of {}", p.id)
        };
    }
    out
}
