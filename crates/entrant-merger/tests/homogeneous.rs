//! One homogeneous product under Cournot.

use entrant_merger::{Conduct, DemandKind, Observed, calibrate};

use crate::support::{close, market, merger, product, run};

fn cournot(kind: DemandKind, price: f64, amounts: &[f64], elasticity: f64) -> Observed {
    let each = amounts.iter().enumerate();
    let products = each.map(|(j, q)| product(&j.to_string(), &j.to_string(), price, *q, None));
    let mut out = market(kind, products.collect());
    out.conduct = Conduct::Cournot;
    out.total = amounts.iter().sum();
    out.market_elasticity = Some(elasticity);
    out
}

#[test]
fn linear_demand_and_rising_costs_have_a_closed_form() {
    // The example of `cournot` in the manual of antitrust with capacities of its middle: price
    // 10 - Q / 4, marginal costs q / k. Then q = k_eff P with 1 / (1 / k + 1 / 4).
    let k = [0.5_f64, 0.4, 0.6, 0.55, 0.45];
    let slope = 0.25;
    let supply = |k: f64| 1.0 / (1.0 / k + slope);
    let total: f64 = k.iter().map(|k| supply(*k)).sum();
    let price = 10.0 / (1.0 + slope * total);
    let amounts: Vec<f64> = k.iter().map(|k| supply(*k) * price).collect();
    let sold: f64 = amounts.iter().sum();
    let mut observed = cournot(
        DemandKind::HomogeneousLinear,
        price,
        &amounts,
        -price / (slope * sold),
    );
    observed.rising_cost = true;
    let (calibration, after) = run(&observed, &[merger("0", "1")]);
    let slopes: Vec<f64> = calibration
        .model
        .products
        .iter()
        .map(|p| 1.0 / p.cost)
        .collect();
    close(&slopes, &k, 1e-13);
    // The merged firm runs both plants at one marginal cost: it is one plant of both sizes.
    let joint = supply(k[0] + k[1]);
    let total: f64 = joint + k[2..].iter().map(|k| supply(*k)).sum::<f64>();
    let then = 10.0 / (1.0 + slope * total);
    close(&[after.products[0].price[1]], &[then], 1e-13);
    let split = joint * then / (k[0] + k[1]);
    close(&[after.products[0].quantity[1]], &[split * k[0]], 1e-13);
    // Area of the triangle and the rectangle.
    let quantity = (10.0 - then) / slope;
    close(
        &[after.consumer_harm],
        &[0.5 * (then - price) * (sold + quantity)],
        1e-11,
    );
    // Concentration counts the new owners; antitrust keeps the old ones (2043 to 2029).
    let shares: Vec<f64> = after.products.iter().map(|p| 100.0 * p.share[1]).collect();
    let hhi = (shares[0] + shares[1]).powi(2) + shares[2..].iter().map(|s| s * s).sum::<f64>();
    close(&[after.hhi[2]], &[hhi], 1e-9);
    assert!(after.hhi[2] > after.hhi[0]);
}

#[test]
fn constant_elasticity_and_constant_costs() {
    // Two symmetric firms merge into a monopoly: P = mc / (1 + 1/e).
    let observed = cournot(
        DemandKind::HomogeneousConstantElasticity,
        3.0,
        &[10.0, 10.0],
        -2.0,
    );
    let (calibration, after) = run(&observed, &[merger("0", "1")]);
    let cost = 3.0 * (1.0 - 0.25);
    close(&[calibration.model.products[0].cost], &[cost], 1e-15);
    close(&[after.products[0].price[1]], &[cost / 0.5], 1e-12);
    let quantity = 20.0 * (4.5_f64 / 3.0).powi(-2);
    close(
        &[after.products[0].quantity[1] + after.products[1].quantity[1]],
        &[quantity],
        1e-12,
    );
    // Surplus below P = k Q^(-1/2) above the price: 2 k Q^(1/2) - P Q = P Q.
    close(&[after.consumer_harm], &[60.0 - 4.5 * quantity], 1e-10);
}

#[test]
fn a_dearer_plant_stands_still_after_a_merger() {
    let observed = cournot(DemandKind::HomogeneousLinear, 3.0, &[10.0, 7.0, 5.0], -1.5);
    let (_, after) = run(&observed, &[merger("0", "2")]);
    assert!(after.status.is_usable() && after.residual < 1e-13);
    assert!(after.products[2].quantity[1] == 0.0 && after.products[0].quantity[1] > 10.0);
}

#[test]
fn compensating_reductions_by_the_formula_of_froeb_and_werden() {
    // Froeb and Werden 1998: 2 s1 s2 / (e (s1 + s2) - s1^2 - s2^2) on average.
    let amounts = [0.05, 0.65, 0.30];
    let observed = cournot(DemandKind::HomogeneousLinear, 1.0, &amounts, -1.9);
    let (calibration, after) = run(&observed, &[merger("0", "1")]);
    let cost = |j: usize| amounts[j] * calibration.model.products[j].cost;
    let mean =
        (after.products[0].cmcr * cost(0) + after.products[1].cmcr * cost(1)) / (cost(0) + cost(1));
    let formula = 2.0 * 0.05 * 0.65 / (1.9 * 0.7 - 0.05_f64.powi(2) - 0.65_f64.powi(2));
    close(&[mean], &[formula], 1e-15);
}

#[test]
fn a_margin_says_what_an_elasticity_says() {
    let mut observed = cournot(DemandKind::HomogeneousLinear, 3.0, &[10.0, 7.0, 5.0], -1.5);
    let by_elasticity = calibrate(&observed).expect("parameters");
    observed.market_elasticity = None;
    observed.products[1].margin = Some(7.0 / 22.0 / 1.5);
    let by_margin = calibrate(&observed).expect("parameters");
    let cost = |c: &entrant_merger::Calibration| -> Vec<f64> {
        c.model.products.iter().map(|p| p.cost).collect()
    };
    close(&cost(&by_margin), &cost(&by_elasticity), 1e-14);
}
