//! Nash bargaining under logit demand (Panhans and Taragin 2023).
//!
//! Without agreement on product j a seller with weights `O_jk` on products has `s_j / (1 - s_j)`
//! times `y_j = e_j - sum_k O_jk s_k e_k` less, and its profit moves with the price by
//! `s_j (1 + a y_j)`; the buyer has -ln(1 - `s_j`) less. So stakes stand in `y_j` and nowhere else.

use super::bertrand::against;
use crate::model::Model;
use crate::ownership::Ownership;

/// What bargaining leaves of the price-setter's condition: ln(1 - s) / (ln(1 - s) - b/(1-b)
/// s/(1-s)), which is one without power of the buyer.
fn left(power: f64, share: f64) -> f64 {
    if share <= 0.0 {
        // The limit of a small seller.
        return 1.0 - power;
    }
    let log = (-share).ln_1p();
    log / (log - power / (1.0 - power) * share / (1.0 - share))
}

/// Solves `x_j` - `sum_k` `O_jk` `s_k` `x_k` = `kept_j` `left_j`.
pub(super) fn logit_earnings(
    power: f64,
    ownership: &Ownership,
    shares: &[f64],
    kept: &[f64],
) -> Option<Vec<f64>> {
    let each = shares.iter().zip(kept);
    let right: Vec<f64> = each.map(|(s, k)| k * left(power, *s)).collect();
    against(ownership, shares, &right)
}

/// -a (`e_j` - `sum_k` `O_jk` `s_k` `e_k`) less the right side above.
pub(super) fn conditions(
    model: &Model,
    ownership: &Ownership,
    (slope, power): (f64, f64),
    s: &[f64],
    earned: &[f64],
) -> Vec<f64> {
    let weighted: Vec<f64> = s.iter().zip(earned).map(|(s, e)| s * e).collect();
    let sums = ownership.sums(&weighted);
    let at = |j: usize| {
        let kept = model.products[j].tax.kept();
        -slope * (earned[j] - sums[j]) - kept * left(power, s[j])
    };
    let all = (0..s.len()).map(|j| {
        if model.products[j].on_sale {
            at(j)
        } else {
            0.0
        }
    });
    all.collect()
}
