//! Second-score auctions under logit demand (Miller 2014), and bargaining that nests them.

use crate::ownership::Ownership;

/// kept (1 - power) ln(1 - `S_f`) / -`S_f`, at the shares that costs make.
pub(super) fn logit_earnings(
    ownership: &Ownership,
    shares: &[f64],
    kept: &[f64],
    power: f64,
) -> Vec<f64> {
    let total = ownership.sums(shares);
    let each = total.iter().zip(kept);
    each.map(|(s, k)| {
        let one = if *s > 0.0 { -(-s).ln_1p() / s } else { 1.0 };
        k * (1.0 - power) * one
    })
    .collect()
}
