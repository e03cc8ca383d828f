//! Firms set quantities under logit demand.

use crate::model::Model;
use crate::ownership::Ownership;

/// `kept_j` + `sum_k` `O_jk` `kept_k` `s_k` / `s_0`: of inverse logit demand, `dp_k/ds_j` = ([j = k] / `s_k`
/// + 1 / `s_0`) / a.
pub(super) fn logit_earnings(
    ownership: &Ownership,
    shares: &[f64],
    kept: &[f64],
) -> Option<Vec<f64>> {
    let outside = 1.0 - shares.iter().sum::<f64>();
    if outside.is_nan() || outside <= 0.0 {
        return None;
    }
    let weighted: Vec<f64> = shares.iter().zip(kept).map(|(s, k)| s * k).collect();
    let sums = ownership.sums(&weighted);
    Some(
        kept.iter()
            .zip(sums)
            .map(|(k, s)| k + s / outside)
            .collect(),
    )
}

/// -a `e_j` less the earnings above.
pub(super) fn conditions(
    model: &Model,
    ownership: &Ownership,
    slope: f64,
    shares: &[f64],
    earned: &[f64],
) -> Option<Vec<f64>> {
    let kept: Vec<f64> = model.products.iter().map(|p| p.tax.kept()).collect();
    let wanted = logit_earnings(ownership, shares, &kept)?;
    let each = model.products.iter().zip(earned).zip(wanted);
    Some(
        each.map(|((p, e), w)| if p.on_sale { -slope * e - w } else { 0.0 })
            .collect(),
    )
}
