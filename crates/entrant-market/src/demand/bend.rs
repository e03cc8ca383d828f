//! Utility that is not linear in price.

use entrant_data::formula::{Curve, Stack};

/// What prices add to utility beyond a slope times themselves: for type i and product j
/// `sum_k t_ik F_kj(p_j)`, with tastes `t` and functions `F`.
///
/// Income effects, prices in logarithms, and price coefficients that differ by product are all of
/// this kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Bends {
    /// Number of functions of each product.
    pub terms: usize,
    /// Taste of each type for each of them (types x terms).
    pub taste: Vec<f64>,
    /// Functions of the price (products x terms).
    pub curves: Vec<Curve>,
}

/// The functions at some prices, kept until prices change.
#[derive(Debug, Clone, Default)]
pub(super) struct Bent {
    price: Vec<f64>,
    /// Value, first and second derivative (terms x products).
    at: [Vec<f64>; 3],
    stack: Stack,
}

impl Bent {
    /// Moves to these prices.
    pub fn move_to(&mut self, bends: &Bends, price: &[f64]) {
        if self.price == price {
            return;
        }
        self.price.clear();
        self.price.extend_from_slice(price);
        let n = price.len();
        self.at
            .iter_mut()
            .for_each(|v| v.resize(bends.terms * n, 0.0));
        for (j, curves) in bends.curves.chunks_exact(bends.terms).enumerate() {
            for (k, curve) in curves.iter().enumerate() {
                let found = curve.at(price[j], &mut self.stack);
                for (out, v) in self.at.iter_mut().zip(found) {
                    out[k * n + j] = v;
                }
            }
        }
    }

    /// Adds what type `i` makes of a derivative of this order, 0 for the value itself (products).
    pub fn add(&self, bends: &Bends, i: usize, order: usize, out: &mut [f64]) {
        let taste = &bends.taste[i * bends.terms..(i + 1) * bends.terms];
        let values = self.at[order].chunks_exact(out.len().max(1));
        for (t, row) in taste.iter().zip(values).filter(|(t, _)| **t != 0.0) {
            for (o, v) in out.iter_mut().zip(row) {
                *o += t * v;
            }
        }
    }
}
