//! What characteristics and firms are worth in one market, as the fitted formula has it.

use std::collections::BTreeMap;

use entrant_estimate::blp::{MarketData, Problem};
use entrant_market::QualityModel;

use super::new_products::Formulated;

/// Name of the constant of a formula.
const CONSTANT: &str = "Intercept";

/// Columns of the formula of mean utility that do not move with the price, but for the constant.
pub(super) fn columns(problem: &Problem) -> Vec<(usize, &str)> {
    let Some(formulas) = &problem.formulas else {
        return Vec::new();
    };
    let all = formulas.linear.names.iter().enumerate();
    all.filter(|(c, name)| !formulas.linear.depends_on(*c, &formulas.price) && *name != CONSTANT)
        .map(|(c, name)| (c, name.as_str()))
        .collect()
}

/// Mean utility without price is `x beta`, at this draw of `beta`, and what is left: the constant,
/// fixed effects and errors. That splits into a mean, a mean for each firm, and the rest, whose
/// spreads are those of what is not known about a product that nobody has sold.
pub(super) fn quality(problem: &Problem, m: &MarketData, here: &Formulated<'_>) -> QualityModel {
    let columns = columns(problem);
    let beta: Vec<f64> = columns.iter().map(|(c, _)| here.beta[*c]).collect();
    let products = &here.made.products;
    let left = |j: usize| -> f64 {
        let x = problem.formulas.as_ref();
        let worth = x.map_or(0.0, |f| {
            let row = f.linear.row(here.row(problem, m, j));
            columns
                .iter()
                .zip(&beta)
                .map(|((c, _), b)| row[*c] * b)
                .sum()
        });
        products[j].mean_utility - worth
    };
    let left: Vec<f64> = (0..products.len()).map(left).collect();
    let constant = mean(&left);
    let mut of_brand: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (p, v) in products.iter().zip(&left) {
        of_brand
            .entry(p.brand.clone())
            .or_default()
            .push(v - constant);
    }
    let rest = of_brand.values().flat_map(|v| {
        let mean = mean(v);
        v.iter().map(move |x| (x - mean).powi(2))
    });
    let freedom = products.len().saturating_sub(of_brand.len()).max(1) as f64;
    let residual_sd = (rest.sum::<f64>() / freedom).sqrt();
    let brand: BTreeMap<String, f64> = of_brand.iter().map(|(b, v)| (b.clone(), mean(v))).collect();
    let effects: Vec<f64> = brand.values().copied().collect();
    let n = columns.len();
    QualityModel {
        columns: columns.iter().map(|(_, name)| (*name).to_owned()).collect(),
        centre: vec![0.0; n],
        scale: vec![1.0; n],
        constant,
        beta,
        // The draws of `beta` are those of all estimates together.
        beta_root: vec![0.0; n * n],
        brand_root: Vec::new(),
        brand_sd: spread(&effects),
        brand,
        residual_sd,
        bends: BTreeMap::new(),
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard deviation; zero of fewer than two.
fn spread(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let mean = mean(values);
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}
