//! Second-choice diversion: where buyers go when their product is not there.

use entrant_numeric::vector;

use super::{Demand, Row};

/// Second-choice diversion, row by row: entry `(j, k)` is the share of the buyers of j who would
/// buy k if j were not on sale; column `products` is buying nothing. Rows of products that sell
/// nothing are zero (products x (products + 1)).
///
/// In a flat logit type the buyers of j spread over the rest in proportion,
/// `s_ik / (1 - s_ij)` (Conlon and Mortimer 2021, equation 7). With nests the row is computed
/// from the choice probabilities without j.
pub fn second_choice_diversion(demand: &Demand, price: &[f64]) -> Vec<f64> {
    let products = demand.products();
    let width = products + 1;
    let mut out = vec![0.0; products * width];
    let mut share = vec![0.0; products];
    let mut row = Row::new(demand);
    for i in 0..demand.types() {
        row.fill(demand, i, price);
        vector::add_scaled(&mut share, demand.weight[i], &row.share);
        for j in 0..products {
            let buyers = demand.weight[i] * row.share[j];
            if buyers > 0.0 {
                let target = &mut out[j * width..(j + 1) * width];
                spread(demand, &row, i, j, buyers, target);
            }
        }
    }
    for j in 0..products {
        let scale = if share[j] > 0.0 { 1.0 / share[j] } else { 0.0 };
        out[j * width..(j + 1) * width].iter_mut().for_each(|d| *d *= scale);
        out[j * width + j] = 0.0;
    }
    out
}

/// Adds where `buyers` of product `j` of one type go without it.
fn spread(demand: &Demand, row: &Row, _type: usize, j: usize, buyers: f64, target: &mut [f64]) {
    let products = demand.products();
    if demand.rho == 0.0 {
        let factor = buyers / (1.0 - row.share[j]).max(f64::MIN_POSITIVE);
        vector::add_scaled(&mut target[..products], factor, &row.share);
        target[products] += factor * row.outside;
        return;
    }
    let without = without_product(demand, row, j);
    for k in (0..products).filter(|k| *k != j) {
        let rescue = if demand.nest[k] == demand.nest[j] { without.same_nest } else { without.elsewhere };
        target[k] += buyers * rescue * row.share[k];
    }
    target[products] += buyers * without.elsewhere * row.outside;
}

/// Factors on probabilities when one product goes: for its nest and for everything else.
struct Without {
    same_nest: f64,
    elsewhere: f64,
}

/// Without j, the inclusive sum of its nest falls by the factor `(1 - s_j|h)`, so the nest's
/// weight falls by `(1 - s_j|h)^(1 - rho)` and shares within it rise by `1 / (1 - s_j|h)`.
fn without_product(demand: &Demand, row: &Row, j: usize) -> Without {
    let rest = (1.0 - row.within[j]).max(0.0);
    let nest_share = if row.within[j] > 0.0 { row.share[j] / row.within[j] } else { 0.0 };
    let shrink = if rest > 0.0 { vector::exp((1.0 - demand.rho) * vector::ln(rest)) } else { 0.0 };
    let total = (1.0 - nest_share + nest_share * shrink).max(f64::MIN_POSITIVE);
    let same_nest = if rest > 0.0 { shrink / rest / total } else { 0.0 };
    Without { same_nest, elsewhere: 1.0 / total }
}
