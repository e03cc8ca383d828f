//! What changed: prices, shares, margins, concentration, welfare.

use entrant_data::{InputError, Status};

use crate::calibrate::Calibration;
use crate::change::{Change, apply};
use crate::concentration::hhi;
use crate::demand::Demand;
use crate::equilibrium::{Equilibrium, solve};
use crate::model::Model;
use crate::ownership::Ownership;
use crate::pressure::{compensating_reductions, diversion, upward_pressure};

/// A product before and after; NaN where it is not on sale.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductOutcome {
    /// Id.
    pub id: String,
    /// Firm before; that after for a product that enters.
    pub firm: String,
    /// Firm after.
    pub firm_after: String,
    /// Price before and after.
    pub price: [f64; 2],
    /// Units before and after.
    pub quantity: [f64; 2],
    /// Share of all units sold here, of spending here under CES and AIDS, before and after.
    pub share: [f64; 2],
    /// Marginal cost before and after.
    pub cost: [f64; 2],
    /// Margin as a part of what the seller receives, before and after.
    pub margin: [f64; 2],
    /// Upward pricing pressure, in money per unit, gross of efficiencies; NaN where firms do not
    /// set the prices of differentiated products.
    pub upp: f64,
    /// Upward pricing pressure as a part of the price.
    pub guppi: f64,
    /// Part by which marginal cost would have to fall for the price to stay; NaN where it is not
    /// defined.
    pub cmcr: f64,
    /// Shadow price of its capacity after.
    pub shadow: f64,
}

/// A firm before and after; products count for the firm that owns them.
#[derive(Debug, Clone, PartialEq)]
pub struct FirmOutcome {
    /// Name.
    pub firm: String,
    /// Variable profit before and after.
    pub profit: [f64; 2],
    /// Share of units (spending) sold here, before and after.
    pub share: [f64; 2],
}

/// What a set of changes does.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Products, those that enter last.
    pub products: Vec<ProductOutcome>,
    /// Firms of before and after, in order of first appearance.
    pub firms: Vec<FirmOutcome>,
    /// Concentration: before, before with the new owners, and after.
    pub hhi: [f64; 3],
    /// Mean price change weighted by spending before, of products on sale before and after.
    pub price_rise: f64,
    /// Money that consumers lose.
    pub consumer_harm: f64,
    /// Variable profit of all firms, before and after.
    pub producer_surplus: [f64; 2],
    /// Money that the government takes in, before and after.
    pub government: [f64; 2],
    /// Gain of firms and government less the loss of consumers.
    pub welfare: f64,
    /// Largest first-order residual after.
    pub residual: f64,
    /// How far the numbers may be relied on.
    pub status: Status,
}

/// Applies changes to a calibrated market and solves it again.
///
/// # Errors
///
/// As [`apply`].
pub fn simulate(calibration: &Calibration, changes: &[Change]) -> Result<Outcome, InputError> {
    let before = &calibration.model;
    let after = apply(before, changes)?;
    let found = solve(&after);
    Ok(compare(calibration, &after, &found))
}

/// One side of the comparison.
struct Side<'a> {
    model: &'a Model,
    prices: Vec<f64>,
    quantities: Vec<f64>,
    earned: Vec<f64>,
}

impl Side<'_> {
    /// Amounts that shares are of.
    fn amounts(&self) -> Vec<f64> {
        if !self.model.demand.shares_are_of_spending() {
            return self.quantities.clone();
        }
        self.money(&self.prices)
    }

    /// Units times something per unit, nothing for products that are not on sale.
    fn money(&self, per_unit: &[f64]) -> Vec<f64> {
        let each = self.quantities.iter().zip(per_unit);
        each.map(|(q, v)| if *q == 0.0 { 0.0 } else { q * v })
            .collect()
    }

    /// Profits: what is earned on a unit times units, under rising costs on the mean unit.
    fn profits(&self) -> Vec<f64> {
        let mean = |j: usize| {
            let rise = if self.model.rising_cost { 0.5 } else { 0.0 };
            self.earned[j] + rise * self.model.products[j].cost * self.quantities[j]
        };
        let per_unit: Vec<f64> = (0..self.earned.len()).map(mean).collect();
        self.money(&per_unit)
    }

    fn government(&self) -> f64 {
        self.model
            .revenue_of_government(&self.prices, &self.quantities)
    }
}

fn compare(calibration: &Calibration, after: &Model, found: &Equilibrium) -> Outcome {
    let before = Side {
        model: &calibration.model,
        prices: calibration.model.prices(),
        quantities: calibration.quantities.clone(),
        earned: calibration.earned.clone(),
    };
    let then = Side {
        model: after,
        prices: found.prices.clone(),
        quantities: found.quantities.clone(),
        earned: found.earned.clone(),
    };
    let profits = [before.profits(), then.profits()];
    let surplus = [profits[0].iter().sum(), profits[1].iter().sum()];
    let government = [before.government(), then.government()];
    let consumer_harm = harm(&before, &then);
    let new_owners = owners_after(&before, after);
    Outcome {
        products: products(&before, &then, &new_owners, found),
        firms: firms(&before, &then, &profits),
        hhi: [
            hhi(&before.model.ownership(), &before.amounts()),
            hhi(&new_owners, &before.amounts()),
            hhi(&after.ownership(), &then.amounts()),
        ],
        price_rise: price_rise(&before, &then),
        consumer_harm,
        welfare: surplus[1] + government[1] - surplus[0] - government[0] - consumer_harm,
        producer_surplus: surplus,
        government,
        residual: found.residual,
        status: found.status.worst(calibration.status),
    }
}

/// Who owns the products of before once changes are made.
fn owners_after(before: &Side<'_>, after: &Model) -> Ownership {
    let old = before.model.products.len();
    let firms: Vec<String> = after.products[..old]
        .iter()
        .map(|p| p.firm.clone())
        .collect();
    Ownership::new(&firms, &after.stakes)
}

fn harm(before: &Side<'_>, then: &Side<'_>) -> f64 {
    let (old, new) = (&before.model.demand, &then.model.demand);
    if let (Demand::Homogeneous(d), Demand::Homogeneous(_)) = (old, new) {
        let total = |q: &[f64]| q.iter().sum::<f64>();
        return d
            .shape
            .harm(total(&before.quantities), total(&then.quantities));
    }
    if before.model.conduct.is_auction() {
        // Buyers get the best value at cost, less what they pay above it.
        let above = |side: &Side<'_>| -> f64 {
            let even = side.model.break_even();
            let each = side.prices.iter().zip(even).map(|(p, e)| p - e);
            side.money(&each.collect::<Vec<f64>>()).iter().sum()
        };
        let even = |side: &Side<'_>| side.model.break_even();
        return old.harm(&even(before), new, &even(then)) + above(then) - above(before);
    }
    old.harm(&before.prices, new, &then.prices)
}

fn price_rise(before: &Side<'_>, then: &Side<'_>) -> f64 {
    let spent = before.money(&before.prices);
    let (mut top, mut bottom) = (0.0, 0.0);
    for j in 0..spent.len() {
        if then.model.products[j].on_sale {
            top += spent[j] * (then.prices[j] / before.prices[j] - 1.0);
            bottom += spent[j];
        }
    }
    top / bottom
}

fn products(
    before: &Side<'_>,
    then: &Side<'_>,
    new_owners: &Ownership,
    found: &Equilibrium,
) -> Vec<ProductOutcome> {
    let old = before.model.products.len();
    let own = before.model.ownership();
    let pressed = diversion(before.model, &before.prices)
        .map(|d| upward_pressure(&d, &own, new_owners, &before.earned));
    let pressed = pressed.unwrap_or_else(|| vec![f64::NAN; old]);
    let reductions = compensating_reductions(
        before.model,
        new_owners,
        &before.prices,
        &before.quantities,
        &before.earned,
    );
    let reductions = reductions.unwrap_or_else(|| vec![f64::NAN; old]);
    let shares = [shares(&before.amounts()), shares(&then.amounts())];
    let product = |j: usize| {
        let p = &then.model.products[j];
        let was = |v: &[f64]| v.get(j).copied().unwrap_or(f64::NAN);
        let cost = [
            if j < old {
                before.model.marginal_cost(j, before.quantities[j])
            } else {
                f64::NAN
            },
            then.model.marginal_cost(j, then.quantities[j]),
        ];
        let margin = |side: &Side<'_>| {
            let p = side.model.products.get(j)?;
            Some(side.earned[j] / p.tax.received(side.prices[j]))
        };
        let first = before.model.products.get(j).unwrap_or(p);
        ProductOutcome {
            id: p.id.clone(),
            firm: first.firm.clone(),
            firm_after: p.firm.clone(),
            price: [was(&before.prices), then.prices[j]],
            quantity: [was(&before.quantities), then.quantities[j]],
            share: [was(&shares[0]), shares[1][j]],
            cost,
            margin: [before, then].map(|side| margin(side).unwrap_or(f64::NAN)),
            upp: was(&pressed),
            guppi: was(&pressed) / was(&before.prices),
            cmcr: was(&reductions),
            shadow: found.shadow[j],
        }
    };
    (0..then.model.products.len()).map(product).collect()
}

fn shares(amounts: &[f64]) -> Vec<f64> {
    let total: f64 = amounts.iter().sum();
    amounts.iter().map(|a| a / total).collect()
}

fn firms(before: &Side<'_>, then: &Side<'_>, profits: &[Vec<f64>; 2]) -> Vec<FirmOutcome> {
    let mut names: Vec<&String> = Vec::new();
    for p in before.model.products.iter().chain(&then.model.products) {
        if !names.contains(&&p.firm) {
            names.push(&p.firm);
        }
    }
    let shares = [shares(&before.amounts()), shares(&then.amounts())];
    let of = |side: &Side<'_>, name: &String, values: &[f64]| -> f64 {
        let each = side.model.products.iter().zip(values);
        each.filter(|(p, _)| p.firm == *name).map(|(_, v)| v).sum()
    };
    let both = |name: &String, v: &[Vec<f64>; 2]| [of(before, name, &v[0]), of(then, name, &v[1])];
    names
        .iter()
        .map(|name| FirmOutcome {
            firm: (*name).clone(),
            profit: both(name, profits),
            share: both(name, &shares),
        })
        .collect()
}
