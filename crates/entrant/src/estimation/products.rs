//! What the estimates say of each product.

use std::collections::BTreeMap;

use entrant_data::result::estimation::{EstimatedProduct, EstimatedProducts};
use entrant_data::spec::CostForm;
use entrant_estimate::blp::{CostSide, Problem};
use entrant_estimate::gmm::Fit;
use entrant_io::LoadedEstimation;
use entrant_numeric::vector::exp;

/// Every product in every market, in the order of the table.
pub(super) fn products(
    loaded: &LoadedEstimation,
    problem: &Problem,
    fit: &Fit,
) -> EstimatedProducts {
    let mut rows: Vec<(usize, EstimatedProduct)> = Vec::with_capacity(problem.rows());
    for market in &problem.markets {
        for (row, share) in market.rows.clone().zip(&market.share) {
            let at = problem.order[row];
            let labels = (market.id.as_str(), at, *share);
            rows.push((at, product(loaded, problem, fit, row, labels)));
        }
    }
    rows.sort_by_key(|(at, _)| *at);
    let mut rows: Vec<EstimatedProduct> = rows.into_iter().map(|(_, p)| p).collect();
    number(&mut rows);
    EstimatedProducts { rows }
}

/// Product and firm of each row of the problem, as in [`products`].
pub(super) fn names(loaded: &LoadedEstimation, problem: &Problem) -> Vec<(String, String)> {
    let columns = &loaded.study.data.columns;
    let text = |name: &str, at: usize| loaded.products.text(name, at).unwrap_or_default();
    let mut out = Vec::with_capacity(problem.rows());
    for market in &problem.markets {
        let mut of_table: Vec<usize> = problem.order[market.rows.clone()].to_vec();
        of_table.sort_unstable();
        for at in &problem.order[market.rows.clone()] {
            let mut name = text(&columns.product, *at);
            if name.is_empty() {
                let position = of_table.partition_point(|o| o < at) + 1;
                name = position.to_string();
            }
            out.push((name, text(&columns.firm, *at)));
        }
    }
    out
}

fn product(
    loaded: &LoadedEstimation,
    problem: &Problem,
    fit: &Fit,
    row: usize,
    (market, at, share): (&str, usize, f64),
) -> EstimatedProduct {
    let columns = &loaded.study.data.columns;
    let text = |name: &str| loaded.products.text(name, at).unwrap_or_default();
    let price = problem.price[row];
    let cost = problem.supply.as_ref();
    let cost = cost.map(|side| cost_of(side, fit.at.cost[row]));
    EstimatedProduct {
        market: market.into(),
        product: text(&columns.product),
        firm: text(&columns.firm),
        share,
        price,
        delta: fit.at.delta[row],
        xi: fit.errors.xi[row],
        omega: fit.errors.omega.get(row).copied(),
        cost,
        markup: cost.map(|c| price - c),
    }
}

fn cost_of(side: &CostSide, transformed: f64) -> f64 {
    match side.form {
        CostForm::Linear => transformed,
        CostForm::Log => exp(transformed),
    }
}

/// Products without a name are known by their position in the market, from 1.
fn number(rows: &mut [EstimatedProduct]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        let position = seen.entry(row.market.clone()).or_default();
        *position += 1;
        if row.product.is_empty() {
            row.product = position.to_string();
        }
    }
}
