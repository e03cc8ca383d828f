//! What mean utilities say about characteristics and brands.

use entrant_data::panel::MarketPanel;
use entrant_estimate::quality::fit_quality;
use entrant_market::Market;
use entrant_numeric::random::Stream;

use crate::support::{PHONES, Truth, columns, market, panel};

const BETA: [f64; 2] = [0.8, -0.3];
const RESIDUAL: f64 = 0.25;
const BRAND: f64 = 0.6;

/// A large market: `products` in `brands`, with known worth of characteristics and brands.
fn synthetic(products: usize, brands: usize) -> (Market, MarketPanel, Vec<f64>) {
    let mut known = market(&PHONES[..1], &Truth::default());
    let effect: Vec<f64> = (0..brands)
        .map(|b| BRAND * Stream::new(3, "brand", b as u64).normal())
        .collect();
    let first = known.products[0].clone();
    known.products.clear();
    for j in 0..products {
        let mut draw = Stream::new(3, "product", j as u64);
        let x = [2.0 + draw.normal(), 5.0 * draw.normal()];
        let mut p = first.clone();
        p.id = format!("p{j}");
        p.brand = format!("b{:03}", j % brands);
        p.x = x.to_vec();
        let worth = BETA[0] * x[0] + BETA[1] * x[1] + effect[j % brands];
        p.mean_utility = -1.0 + worth + RESIDUAL * draw.normal();
        known.products.push(p);
    }
    let mut shown = panel(&market(&PHONES[..1], &Truth::default()));
    let row = shown.products[0].clone();
    shown.products.clear();
    for p in &known.products {
        let mut r = row.clone();
        (r.id, r.brand, r.x) = (p.id.clone(), p.brand.clone(), p.x.clone());
        shown.products.push(r);
    }
    (known, shown, effect)
}

#[test]
fn a_large_market_gives_back_what_it_was_made_of() {
    let (known, shown, effect) = synthetic(400, 20);
    let q = fit_quality(&known, &shown, &columns());
    for (k, name) in columns().iter().enumerate() {
        let found = q.unit_worth(name).expect("a column");
        // Standard error: residual / (sd of x * sqrt n); four of them.
        let error = 4.0 * RESIDUAL / ([1.0, 5.0][k] * 20.0);
        assert!((found - BETA[k]).abs() < error, "{name}: {found}");
    }
    let mean = effect.iter().sum::<f64>() / 20.0;
    for (b, e) in effect.iter().enumerate() {
        let found = q.brand[&format!("b{b:03}")];
        // 20 products a brand, shrinkage of a few percent, and the common mean's own error.
        let error = 4.0 * RESIDUAL / 20f64.sqrt() + 0.1;
        assert!(
            (found - (e - mean)).abs() < error,
            "b{b}: {found} for {}",
            e - mean
        );
    }
    // Standard deviations from 400 and 20 draws: 4 % and 16 % standard error.
    assert!(
        (q.residual_sd / RESIDUAL - 1.0).abs() < 0.15,
        "{}",
        q.residual_sd
    );
    assert!((q.brand_sd / BRAND - 1.0).abs() < 0.5, "{}", q.brand_sd);
}

#[test]
fn a_prediction_for_a_product_on_sale_is_near_it() {
    let (known, shown, _) = synthetic(400, 20);
    let q = fit_quality(&known, &shown, &columns());
    let mut sum = 0.0;
    for p in &known.products {
        let fitted = q.constant + q.worth(&p.x, &[0.0, 0.0]) + q.brand[&p.brand];
        sum += (fitted - p.mean_utility).powi(2);
    }
    // In-sample residuals have the residual's size.
    assert!((sum / 400.0).sqrt() < 1.1 * RESIDUAL);
}

fn bounded(products: usize, brands: usize) {
    let (known, shown, _) = synthetic(products, brands);
    let q = fit_quality(&known, &shown, &columns());
    let all = [q.constant, q.brand_sd, q.residual_sd];
    let all = all
        .iter()
        .chain(&q.beta)
        .chain(&q.beta_root)
        .chain(q.brand.values());
    for v in all {
        assert!(
            v.is_finite() && v.abs() < 20.0,
            "{products} {brands}: {q:?}"
        );
    }
}

#[test]
fn few_products_do_not_run_wild() {
    for (products, brands) in [(1, 1), (2, 1), (2, 2), (3, 3), (6, 6), (8, 2), (40, 40)] {
        bounded(products, brands);
    }
}

/// A column without spread says nothing, and an entrant that differs in it is not worth 1e15.
#[test]
fn a_constant_column_is_worth_nothing() {
    let (known, mut shown, _) = synthetic(7, 3);
    for p in &mut shown.products {
        p.x[0] = 0.1;
    }
    let q = fit_quality(&known, &shown, &columns());
    assert!(q.worth(&[0.2, 0.0], &[1.0, 1.0]).abs() < 20.0, "{q:?}");
    assert!(q.unit_worth("x0").is_some_and(|w| w.abs() < 1e-6), "{q:?}");
}
