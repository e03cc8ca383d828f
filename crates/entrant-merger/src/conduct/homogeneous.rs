//! Cournot competition of plants that make one homogeneous product.

use crate::demand::HomogeneousShape;
use crate::model::{Model, Product};
use crate::scalar;

/// A plant as a firm sees it: what a unit brings net of taxes as a part of the price, and cost.
struct Plant<'a> {
    product: &'a Product,
    rising: bool,
}

impl Plant<'_> {
    /// Output of this plant when another unit is worth `value` to its firm before tax is taken
    /// off; infinite or none under constant cost.
    fn supply(&self, value: f64) -> f64 {
        let net = self.product.tax.received(value);
        if net <= 0.0 {
            0.0
        } else if self.rising {
            net / self.product.cost
        } else if net < self.product.cost {
            0.0
        } else {
            f64::INFINITY
        }
    }
}

/// Quantities of all plants in equilibrium: for a total quantity each firm has one answer, and
/// the total is the one that answers add up to.
///
/// Firms are told apart by number; the plants of a firm share one ad valorem tax. `None` when no
/// total is found.
pub fn quantities(model: &Model, shape: &HomogeneousShape, firm: &[usize]) -> Option<Vec<f64>> {
    let firms = firm.iter().max().map_or(0, |f| f + 1);
    let answer = |total: f64| -> Vec<f64> {
        let mut q = vec![0.0; firm.len()];
        for f in 0..firms {
            let own: Vec<usize> = (0..firm.len())
                .filter(|j| firm[*j] == f && model.products[*j].on_sale)
                .collect();
            for (j, amount) in own.iter().zip(firm_output(model, shape, &own, total)) {
                q[*j] = amount;
            }
        }
        q
    };
    let excess = |total: f64| answer(total).iter().sum::<f64>() - total;
    let start = match model.demand {
        crate::demand::Demand::Homogeneous(ref d) => d.before.iter().sum::<f64>(),
        _ => return None,
    };
    let (mut low, mut high) = (start, start);
    for _ in 0..200 {
        if excess(low) > 0.0 {
            break;
        }
        low *= 0.8;
    }
    for _ in 0..200 {
        if excess(high) < 0.0 {
            break;
        }
        high *= 1.25;
    }
    let total = scalar::root(excess, low, high)?;
    Some(answer(total))
}

/// A firm's output of each of its plants when all firms together make `total`: marginal revenue
/// P + P' `Q_f` meets marginal cost in every plant that runs.
fn firm_output(model: &Model, shape: &HomogeneousShape, own: &[usize], total: f64) -> Vec<f64> {
    let (price, slope) = (shape.price(total), shape.price_slope(total));
    let plant = |j: &usize| Plant {
        product: &model.products[*j],
        rising: model.rising_cost,
    };
    if own.is_empty() {
        return Vec::new();
    }
    if model.rising_cost {
        let make = |firm: f64| -> Vec<f64> {
            let value = price + slope * firm;
            own.iter().map(|j| plant(j).supply(value)).collect()
        };
        let excess = |firm: f64| make(firm).iter().sum::<f64>() - firm;
        let most = make(0.0).iter().sum::<f64>();
        let firm = scalar::root(excess, 0.0, most.max(f64::MIN_POSITIVE)).unwrap_or(0.0);
        return make(firm);
    }
    // Constant costs: the cheapest plant makes everything.
    let needed = |j: &usize| model.products[*j].tax.price(model.products[*j].cost);
    let cheapest = own.iter().map(needed).fold(f64::INFINITY, f64::min);
    let output = ((cheapest - price) / slope).max(0.0);
    let first = own.iter().position(|j| needed(j) <= cheapest);
    (0..own.len())
        .map(|i| if Some(i) == first { output } else { 0.0 })
        .collect()
}

/// Conditions of all plants without units: marginal revenue less marginal cost over the price,
/// where it may be negative only in plants that stand still.
pub fn conditions(model: &Model, shape: &HomogeneousShape, firm: &[usize], q: &[f64]) -> Vec<f64> {
    let total: f64 = q.iter().sum();
    let (price, slope) = (shape.price(total), shape.price_slope(total));
    let of_firm = |f: usize| -> f64 {
        let own = q.iter().zip(firm).filter(|(_, g)| **g == f);
        own.map(|(q, _)| *q).sum()
    };
    (0..q.len())
        .map(|j| {
            let p = &model.products[j];
            if !p.on_sale {
                return 0.0;
            }
            let value = p.tax.received(price + slope * of_firm(firm[j]));
            let gain = (value - model.marginal_cost(j, q[j])) / price;
            if q[j] > 0.0 { gain } else { gain.max(0.0) }
        })
        .collect()
}
