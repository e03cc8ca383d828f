//! Elasticities and diversion by derivatives.

use super::{Demand, Row};

/// Own-price elasticity of each product (products), negative.
pub fn own_elasticities(demand: &Demand, price: &[f64]) -> Vec<f64> {
    let products = demand.products();
    let (mut share, mut slope) = (vec![0.0; products], vec![0.0; products]);
    let mut row = Row::new(demand);
    for i in 0..demand.types() {
        row.fill(demand, i, price);
        for j in 0..products {
            let wa = demand.weight[i] * row.slope_of(demand, i, j);
            share[j] += demand.weight[i] * row.share[j];
            slope[j] += wa * derivative(demand, &row, j, j);
        }
    }
    (0..products)
        .map(|j| slope[j] * price[j] / share[j])
        .collect()
}

/// Elasticity of total units with respect to a common relative change of all prices, negative.
pub fn aggregate_elasticity(demand: &Demand, price: &[f64]) -> f64 {
    let mut row = Row::new(demand);
    let (mut inside, mut response) = (0.0, 0.0);
    for i in 0..demand.types() {
        row.fill(demand, i, price);
        let felt = |j: usize| row.slope_of(demand, i, j) * row.share[j] * price[j];
        let spend: f64 = (0..price.len()).map(felt).sum();
        inside += demand.weight[i] * (1.0 - row.outside);
        response += demand.weight[i] * row.outside * spend;
    }
    response / inside
}

/// Derivatives of all shares by the prices of some products, `ds_k/dp_j` with j in `rows`
/// (rows x products).
pub fn price_slopes(demand: &Demand, price: &[f64], rows: &[usize]) -> Vec<f64> {
    let products = demand.products();
    let mut out = vec![0.0; rows.len() * products];
    let mut row = Row::new(demand);
    for i in 0..demand.types() {
        row.fill(demand, i, price);
        for (r, j) in rows.iter().enumerate() {
            let wa = demand.weight[i] * row.slope_of(demand, i, *j);
            let of = &mut out[r * products..(r + 1) * products];
            for (k, slope) in of.iter_mut().enumerate() {
                *slope += wa * derivative(demand, &row, k, *j);
            }
        }
    }
    out
}

/// Diversion ratio by derivatives: share of the units lost by the `from` products, when all
/// their prices rise by the same small amount, that goes to the `to` products; with `to = None`
/// to buying nothing.
pub fn diversion_ratio(demand: &Demand, price: &[f64], from: &[bool], to: Option<&[bool]>) -> f64 {
    let products = demand.products();
    let mut row = Row::new(demand);
    let (mut lost, mut gained) = (0.0, 0.0);
    for i in 0..demand.types() {
        row.fill(demand, i, price);
        for j in (0..products).filter(|j| from[*j]) {
            let wa = demand.weight[i] * row.slope_of(demand, i, j);
            for k in 0..products {
                let d = wa * derivative(demand, &row, k, j);
                lost -= if from[k] { d } else { 0.0 };
                gained += if to.is_some_and(|to| to[k]) { d } else { 0.0 };
            }
            gained -= if to.is_none() {
                wa * row.outside * row.share[j]
            } else {
                0.0
            };
        }
    }
    gained / lost
}

/// `d s_ik / d p_j` over the derivative of utility j by its price for one consumer type.
fn derivative(demand: &Demand, row: &Row, k: usize, j: usize) -> f64 {
    let keep = demand.keep(j);
    let own = if j == k { 1.0 / keep } else { 0.0 };
    let nested = if demand.rho > 0.0 && demand.nest[j] == demand.nest[k] {
        (1.0 - keep) / keep * row.within[j]
    } else {
        0.0
    };
    row.share[k] * (own - nested - row.share[j])
}
