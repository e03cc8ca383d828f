//! Price setting under capacity constraints (Froeb, Tschantz and Crooke 2003).
//!
//! The conditions of Karush, Kuhn and Tucker: each constrained product has a shadow price that
//! adds to its cost, is never negative, and is zero unless the product sells all it can.

use crate::model::Model;

/// Largest relative excess over a capacity that counts as none.
pub const SLACK: f64 = 1e-10;

/// Products of which as much is sold as can be.
pub fn bound(model: &Model, quantities: &[f64]) -> Vec<usize> {
    let each = model.products.iter().zip(quantities).enumerate();
    let full = |(p, q): (&crate::model::Product, &f64)| {
        p.on_sale && p.capacity.is_some_and(|c| *q >= c * (1.0 - SLACK))
    };
    each.filter(|(_, pair)| full(*pair))
        .map(|(j, _)| j)
        .collect()
}
