//! Consumer surplus.

use super::{Demand, Row};

/// Expected consumer surplus per potential buyer, in currency, up to a constant that does not
/// depend on prices or products: `sum_i w_i ln(1 + sum_j exp V_ij) / |alpha_i|`
/// (Small and Rosen 1981). Zero when nothing is on sale.
pub fn consumer_surplus(demand: &Demand, price: &[f64]) -> f64 {
    let mut row = Row::new(demand);
    let mut surplus = 0.0;
    for i in 0..demand.types() {
        row.fill(demand, i, price);
        surplus += demand.weight[i] * row.log_sum / -demand.slope[i];
    }
    surplus
}
