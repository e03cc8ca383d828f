//! Screens that need no new equilibrium: diversion, upward pricing pressure, and the cost
//! reductions that would keep prices where they are.

use entrant_numeric::dense::Matrix;
use entrant_numeric::linalg;

use crate::conduct::logit_earnings;
use crate::demand::Demand;
use crate::model::Model;
use crate::ownership::Ownership;

/// Part of the units that product j (row) loses by a higher price which goes to product k
/// (column), by derivatives; minus one on the diagonal. `None` for a homogeneous product and for
/// auctions, where units do not follow from prices.
pub fn diversion(model: &Model, prices: &[f64]) -> Option<Matrix> {
    if model.conduct.is_auction() {
        return None;
    }
    let slopes = model.demand.slopes(prices)?;
    let n = prices.len();
    let mut out = Matrix::zeros(n, n);
    for j in 0..n {
        for k in 0..n {
            out.set(j, k, -slopes.at(k, j) / slopes.at(j, j));
        }
    }
    Some(out)
}

/// Own and cross elasticities: row k and column j hold that of quantity k by price j. `None` as
/// for [`diversion`].
pub fn elasticities(model: &Model, prices: &[f64]) -> Option<Matrix> {
    if model.conduct.is_auction() {
        return None;
    }
    let q = model.demand.quantities(prices)?;
    let mut out = model.demand.slopes(prices)?;
    for k in 0..q.len() {
        for j in 0..q.len() {
            out.set(k, j, out.at(k, j) * prices[j] / q[k]);
        }
    }
    Some(out)
}

/// Upward pricing pressure on each product, in money per unit: what its diversion is worth to
/// the products whose profit newly counts (Farrell and Shapiro 2010), gross of efficiencies.
/// Over the price this is the GUPPI.
pub fn upward_pressure(
    diversion: &Matrix,
    before: &Ownership,
    after: &Ownership,
    earned: &[f64],
) -> Vec<f64> {
    let n = earned.len();
    let at = |j: usize| -> f64 {
        let others = (0..n).filter(|k| *k != j);
        others
            .map(|k| (after.weight(j, k) - before.weight(j, k)) * diversion.at(j, k) * earned[k])
            .sum()
    };
    (0..n).map(at).collect()
}

/// Compensating reductions of marginal costs, as parts of these costs: with them prices stay
/// where they are under the new ownership (Werden 1996; Froeb and Werden 1998). `None` for
/// auctions, in which lower costs also move shares.
pub fn compensating_reductions(
    model: &Model,
    after: &Ownership,
    prices: &[f64],
    quantities: &[f64],
    earned: &[f64],
) -> Option<Vec<f64>> {
    let wanted = earnings_under(model, after, prices, quantities)?;
    let each = (0..prices.len()).map(|j| {
        let cost = model.marginal_cost(j, quantities[j]);
        let rise = wanted[j] - earned[j];
        // What is not there is not a rounding of something.
        if rise.abs() <= 1e-12 * earned[j].abs() {
            0.0
        } else {
            rise / cost
        }
    });
    Some(each.collect())
}

/// What sellers would have to earn on a unit for these prices to be theirs under an ownership.
fn earnings_under(
    model: &Model,
    ownership: &Ownership,
    prices: &[f64],
    quantities: &[f64],
) -> Option<Vec<f64>> {
    let kept: Vec<f64> = model.products.iter().map(|p| p.tax.kept()).collect();
    match &model.demand {
        _ if model.conduct.is_auction() => None,
        Demand::Homogeneous(d) => {
            let total: f64 = quantities.iter().sum();
            let slope = d.shape.price_slope(total);
            let own = ownership.sums(quantities);
            Some(own.iter().zip(&kept).map(|(q, k)| -k * slope * q).collect())
        }
        Demand::Logit(d) => {
            let shares: Vec<f64> = quantities.iter().map(|q| q / d.size).collect();
            let unit = logit_earnings(model.conduct, ownership, &shares, &kept)?;
            Some(unit.iter().map(|u| u / -d.slope).collect())
        }
        _ => bertrand_earnings(model, ownership, prices, quantities, &kept),
    }
}

/// Solves `kept_j` `q_j` + `sum_k` `O_jk` `e_k` `dq_k/dp_j` = 0.
fn bertrand_earnings(
    model: &Model,
    ownership: &Ownership,
    prices: &[f64],
    quantities: &[f64],
    kept: &[f64],
) -> Option<Vec<f64>> {
    let slopes = model.demand.slopes(prices)?;
    let n = prices.len();
    let entry = |j: usize, k: usize| -ownership.weight(j, k) * slopes.at(k, j);
    let matrix = (0..n).flat_map(|j| (0..n).map(move |k| (j, k)));
    let matrix: Vec<f64> = matrix.map(|(j, k)| entry(j, k)).collect();
    let right: Vec<f64> = quantities.iter().zip(kept).map(|(q, k)| q * k).collect();
    linalg::solve(&matrix, &right)
}
