//! Firms set prices.

use std::borrow::Cow;

use entrant_numeric::linalg;

use crate::demand::Demand;
use crate::model::Model;
use crate::ownership::Ownership;

/// `kept_j` `q_j` + `sum_k` `O_jk` `e_k` `dq_k/dp_j` = 0, divided by the own slope and the price before.
pub(super) fn conditions(
    model: &Model,
    ownership: &Ownership,
    prices: &[f64],
    q: &[f64],
    earned: &[f64],
) -> Option<Vec<f64>> {
    let n = q.len();
    let (total, own) = match model.demand.thin_slopes(prices) {
        Some(thin) => (thin.pressure(ownership, earned), thin.diagonal()),
        None => pressure(model, ownership, prices, earned)?,
    };
    let at = |j: usize| {
        let p = &model.products[j];
        let condition = p.tax.kept() * q[j] + total[j];
        condition / (-own[j] * p.price)
    };
    let all = (0..n).map(|j| {
        if model.products[j].on_sale {
            at(j)
        } else {
            0.0
        }
    });
    let all: Vec<f64> = all.collect();
    all.iter().all(|v| v.is_finite()).then_some(all)
}

/// `sum_k` `O_jk` `e_k` `dq_k/dp_j` for each product j, and the own slopes.
fn pressure(
    model: &Model,
    ownership: &Ownership,
    prices: &[f64],
    earned: &[f64],
) -> Option<(Vec<f64>, Vec<f64>)> {
    let slopes = match &model.demand {
        Demand::Linear(d) => d.slopes()?,
        d => Cow::Owned(d.slopes(prices)?),
    };
    let n = earned.len();
    let mut total = vec![0.0; n];
    let setters = ownership.setters();
    for k in (0..n).filter(|k| model.products[*k].on_sale) {
        let row = slopes.row(k);
        for j in &setters[ownership.firm[k]] {
            total[*j] += ownership.weight(*j, k) * earned[k] * row[*j];
        }
    }
    Some((total, (0..n).map(|j| slopes.at(j, j)).collect()))
}

/// As [`conditions`] for logit demand, with shares: `e_j` - `sum_k` `O_jk` `s_k` `e_k` = `kept_j` / -a.
pub(super) fn logit_conditions(
    model: &Model,
    ownership: &Ownership,
    slope: f64,
    s: &[f64],
    earned: &[f64],
) -> Vec<f64> {
    let weighted: Vec<f64> = s.iter().zip(earned).map(|(s, e)| s * e).collect();
    let sums = ownership.sums(&weighted);
    let at = |j: usize| -slope * (earned[j] - sums[j]) - model.products[j].tax.kept();
    let all = (0..s.len()).map(|j| {
        if model.products[j].on_sale {
            at(j)
        } else {
            0.0
        }
    });
    all.collect()
}

/// Solves `x_j` - `sum_k` `O_jk` `s_k` `x_k` = `kept_j`; kept / (1 - `S_f`) where a firm's products keep the
/// same part.
pub(super) fn logit_earnings(
    ownership: &Ownership,
    shares: &[f64],
    kept: &[f64],
) -> Option<Vec<f64>> {
    against(ownership, shares, kept)
}

/// Solves `x_j` - `sum_k` `O_jk` `s_k` `x_k` = `right_j`.
pub(super) fn against(ownership: &Ownership, shares: &[f64], right: &[f64]) -> Option<Vec<f64>> {
    if ownership.is_partition() {
        let total = ownership.sums(shares);
        let weighted: Vec<f64> = shares.iter().zip(right).map(|(s, r)| s * r).collect();
        let sums = ownership.sums(&weighted);
        let each = right.iter().zip(sums).zip(total);
        return Some(each.map(|((r, h), t)| r + h / (1.0 - t)).collect());
    }
    let n = shares.len();
    let mut matrix = vec![0.0; n * n];
    for j in 0..n {
        for k in 0..n {
            matrix[j * n + k] = f64::from(j == k) - ownership.weight(j, k) * shares[k];
        }
    }
    linalg::solve(&matrix, right)
}
