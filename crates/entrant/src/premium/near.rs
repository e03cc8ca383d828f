//! Which products are near one another: substitutes, and a map.

use entrant_data::result::{Estimate, MapPoint, NearestSubstitutes, ProductMap, Substitute};
use entrant_numeric::scaling::classical_scaling;
use entrant_numeric::vector::ln;

use super::measure::Measured;
use super::plan::Plan;

/// Substitutes that are listed.
const NEAREST: usize = 5;

/// Makes a number of what is measured.
pub(super) type Over<'a> = &'a dyn Fn(&dyn Fn(&Measured) -> f64) -> Estimate;

/// The nearest substitutes of every focus product; `over` makes a number of what is measured.
pub(super) fn substitutes(
    plan: &Plan,
    centre: &Measured,
    over: Over<'_>,
) -> Vec<NearestSubstitutes> {
    let n = plan.market.products.len();
    let firm = |j: usize| plan.market.products[j].firm.clone();
    let id = |j: usize| plan.market.products[j].id.clone();
    let one = |j: &usize| {
        let to = |m: &Measured, k: usize| m.diversion[j * (n + 1) + k];
        let mut order: Vec<usize> = (0..n).filter(|k| k != j && to(centre, *k) > 0.0).collect();
        order.sort_by(|a, b| to(centre, *b).total_cmp(&to(centre, *a)).then(a.cmp(b)));
        let substitute = |k: &usize| Substitute {
            product: id(*k),
            firm: firm(*k),
            diversion: over(&|m| to(m, *k)),
            lift: over(&|m| lift(m, n, *j, *k)),
        };
        NearestSubstitutes {
            product: id(*j),
            firm: firm(*j),
            nearest: order.iter().take(NEAREST).map(substitute).collect(),
            outside: over(&|m| to(m, n)),
        }
    };
    plan.focus.iter().map(one).collect()
}

/// Diversion from j to k over what k's share among everything but j leads to expect: 1 in a plain
/// logit.
fn lift(m: &Measured, n: usize, j: usize, k: usize) -> f64 {
    m.diversion[j * (n + 1) + k] * (1.0 - m.share[j]) / m.share[k]
}

/// All products on sale in a plane, by classical scaling of `ln(max q) - ln q_jk`, with `q` the
/// geometric mean of the lift of the diversion both ways.
pub(super) fn map(plan: &Plan, centre: &Measured) -> Option<ProductMap> {
    let n = plan.market.products.len();
    let sold: Vec<usize> = (0..n).filter(|j| centre.share[*j] > 0.0).collect();
    let m = sold.len();
    let mut closeness = vec![f64::NAN; m * m];
    for (a, j) in sold.iter().enumerate() {
        for (b, k) in sold.iter().enumerate().filter(|(b, _)| *b != a) {
            closeness[a * m + b] = (lift(centre, n, *j, *k) * lift(centre, n, *k, *j)).sqrt();
        }
    }
    let met = || closeness.iter().copied().filter(|q| *q > 0.0);
    let (closest, farthest) = (
        met().fold(0.0, f64::max),
        met().fold(f64::INFINITY, f64::min),
    );
    let apart = |e: usize| e / m != e % m && closeness[e] == 0.0;
    let distance = |e: usize| {
        if e / m == e % m {
            0.0
        } else {
            ln(closest) - ln(if apart(e) { farthest } else { closeness[e] })
        }
    };
    let distances: Vec<f64> = (0..m * m).map(distance).collect();
    let found = classical_scaling(&distances, m, 2)?;
    let turn = [0, 1].map(|d| towards_price(plan, &sold, &found.points, d));
    let total: f64 = centre.share.iter().sum();
    let point = |(a, j): (usize, &usize)| MapPoint {
        product: plan.market.products[*j].id.clone(),
        firm: plan.market.products[*j].firm.clone(),
        x: turn[0] * found.points[2 * a],
        y: turn[1] * found.points[2 * a + 1],
        unit_share: centre.share[*j] / total,
        focus: plan.focus.contains(j),
        budget: plan.budget[*j],
    };
    Some(ProductMap {
        points: sold.iter().enumerate().map(point).collect(),
        explained: found.explained,
        stress: found.stress,
        apart: (0..m * m).filter(|e| apart(*e)).count() / 2,
    })
}

/// The sign that points an axis to dearer products.
fn towards_price(plan: &Plan, sold: &[usize], points: &[f64], d: usize) -> f64 {
    let price = |j: &usize| ln(plan.market.products[*j].price);
    let mean = sold.iter().map(price).sum::<f64>() / sold.len() as f64;
    let along = sold
        .iter()
        .enumerate()
        .map(|(a, j)| points[2 * a + d] * (price(j) - mean));
    if along.sum::<f64>() < 0.0 { -1.0 } else { 1.0 }
}
