//! First-order conditions, slopes and welfare against differences and brute force.

use entrant_data::Status;
use entrant_merger::equilibrium::solve;
use entrant_merger::{
    Change, Conduct, Demand, DemandKind, Model, Observed, Ownership, Tax, Unknown, calibrate,
};

use crate::support::{close, market, product};

/// A market of five products of three firms under each demand, with a stake and taxes.
fn markets() -> Vec<(DemandKind, Observed)> {
    let kinds = [
        DemandKind::Logit,
        DemandKind::NestedLogit,
        DemandKind::Ces,
        DemandKind::Aids,
        DemandKind::Linear,
        DemandKind::LogLinear,
    ];
    let build = |kind: DemandKind| {
        let firm = ["A", "A", "B", "C", "C"];
        let price = [4.0, 5.0, 3.5, 6.0, 4.5];
        let amount = [0.20, 0.15, 0.25, 0.22, 0.18];
        let each = (0..5).map(|j| {
            let mut p = product(&format!("p{j}"), firm[j], price[j], amount[j], None);
            p.nest = Some(if j % 2 == 0 { "even" } else { "odd" }.into());
            let every = matches!(kind, DemandKind::Linear | DemandKind::LogLinear);
            p.margin = (j == 0 || every).then_some(0.28 + 0.01 * j as f64);
            p.tax = Tax {
                part_of_price: if j == 1 { 0.1 } else { 0.0 },
                per_unit: if j == 3 { 0.2 } else { 0.0 },
            };
            p
        });
        let mut out = market(kind, each.collect());
        out.total = 700.0;
        out.stakes = vec![("B".into(), "C".into(), 0.3)];
        out.nest_strength = Unknown::Known(0.7);
        if kind == DemandKind::NestedLogit {
            out.nest_strengths = vec![("odd".into(), 0.45)];
        }
        if kind == DemandKind::Aids {
            out.market_elasticity = Some(-1.3);
        } else {
            out.outside = Unknown::Known(0.25);
        }
        out
    };
    let mut all: Vec<(DemandKind, Observed)> = kinds.map(|k| (k, build(k))).into();
    // Diversion by share over all products, beside that within nests.
    let mut flat = build(DemandKind::Aids);
    flat.nest_strength = Unknown::Known(1.0);
    all.push((DemandKind::Aids, flat));
    all
}

/// Profit as whoever sets the price of product j weighs it.
fn weighed(model: &Model, own: &Ownership, j: usize, prices: &[f64]) -> f64 {
    let q = model.demand.quantities(prices).expect("quantities");
    let e = model.earned(prices, &q);
    (0..q.len()).map(|k| own.weight(j, k) * e[k] * q[k]).sum()
}

/// A derivative by the five-point rule.
fn slope(f: impl Fn(f64) -> f64, h: f64) -> f64 {
    (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h)
}

#[test]
fn nobody_gains_by_another_price() {
    // With constant elasticities a firm with two substitutes always gains by a price of one of
    // them without bound: there is no equilibrium to certify, and no status says that there is.
    let bounded = |(kind, _): &(DemandKind, Observed)| *kind != DemandKind::LogLinear;
    for (kind, observed) in markets().into_iter().filter(bounded) {
        let before = calibrate(&observed).expect("parameters");
        let merge = Change::Merge {
            firms: vec!["A".into(), "B".into()],
            into: "A".into(),
        };
        let cheaper = Change::Cost {
            products: vec!["p2".into()],
            factor: 0.93,
            add: 0.01,
        };
        let after = entrant_merger::change::apply(&before.model, &[merge, cheaper]).expect("fits");
        for model in [before.model, after] {
            let found = solve(&model);
            assert_eq!(found.status, Status::Certified, "{kind:?}");
            assert!(found.residual < 1e-12, "{kind:?}: {:e}", found.residual);
            let own = model.ownership();
            for j in 0..5 {
                let moved = |h: f64| {
                    let mut p = found.prices.clone();
                    p[j] += h;
                    weighed(&model, &own, j, &p)
                };
                let revenue = found.prices[j] * found.quantities[j];
                let gain = slope(moved, 1e-3 * found.prices[j]) * found.prices[j] / revenue;
                assert!(gain.abs() < 1e-7, "{kind:?} product {j}: {gain:e}");
                let best = moved(0.0);
                let tried = [-0.3, -0.1, -0.02, 0.02, 0.1, 0.3, 1.0];
                let worse = tried.iter().all(|t| moved(t * found.prices[j]) <= best);
                assert!(worse, "{kind:?} product {j} gains by a deviation");
            }
        }
    }
}

#[test]
fn slopes_are_derivatives_of_quantities() {
    for (kind, observed) in markets() {
        let model = calibrate(&observed).expect("parameters").model;
        let gone = [false, false, false, true, false];
        let smaller = model.demand.without(&gone);
        let prices = [4.2, 4.9, 3.6, 5.7, 4.8];
        for demand in [Some(model.demand), smaller].into_iter().flatten() {
            let exact = demand.slopes(&prices).expect("slopes");
            for j in (0..5).filter(|j| *j != 3) {
                for k in (0..5).filter(|k| *k != 3) {
                    let moved = |h: f64| {
                        let mut p = prices;
                        p[j] += h;
                        demand.quantities(&p).expect("quantities")[k]
                    };
                    let miss = slope(moved, 1e-3) - exact.at(k, j);
                    let size = exact.at(k, k).abs();
                    assert!(miss.abs() < 1e-9 * size, "{kind:?} {k} {j}: {miss:e}");
                }
            }
        }
    }
}

/// The integral of quantities along a path of prices in two legs, by Simpson's rule.
fn integral(demand: &Demand, from: &[f64], to: &[f64]) -> f64 {
    let steps = 400;
    let at = |i: usize| -> f64 {
        let part = i as f64 / f64::from(steps);
        let each = from.iter().zip(to);
        let p: Vec<f64> = each.clone().map(|(a, b)| a + part * (b - a)).collect();
        let q = demand.quantities(&p).expect("quantities");
        q.iter().zip(each).map(|(q, (a, b))| q * (b - a)).sum()
    };
    let inner = (1..400_usize).map(|i| if i % 2 == 1 { 4.0 * at(i) } else { 2.0 * at(i) });
    (at(0) + inner.sum::<f64>() + at(400)) / (3.0 * f64::from(steps))
}

#[test]
fn consumer_harm_is_the_integral_of_demand_along_any_path() {
    for (kind, observed) in markets() {
        let model = calibrate(&observed).expect("parameters").model;
        let from = model.prices();
        let to = [4.4, 5.3, 3.4, 6.9, 4.6];
        let mut corner = from.clone();
        corner[..2].copy_from_slice(&to[..2]);
        let harm = model.demand.harm(&from, &model.demand, &to);
        let straight = integral(&model.demand, &from, &to);
        let bent = integral(&model.demand, &from, &corner) + integral(&model.demand, &corner, &to);
        if kind == DemandKind::Ces {
            // Compensating variation: spending that keeps the same quantities worth the same.
            // Along any path the price index rises by the integral of the shares.
            let spending = 700.0 / 0.75;
            let exact = spending * (straight / spending).exp_m1();
            close(&[harm], &[exact], 1e-8);
            close(&[straight], &[bent], 1e-7);
            continue;
        }
        assert!(
            (harm / straight - 1.0).abs() < 1e-9,
            "{kind:?}: {harm} {straight}"
        );
        // Slopes of linear and log-linear demand by share are not symmetric.
        if !matches!(kind, DemandKind::Linear | DemandKind::LogLinear) {
            assert!(
                (bent / straight - 1.0).abs() < 1e-9,
                "{kind:?}: {bent} {straight}"
            );
        }
    }
}

#[test]
fn nobody_gains_by_another_quantity() {
    let mut observed = markets()[0].1.clone();
    observed.conduct = Conduct::Cournot;
    let before = calibrate(&observed).expect("parameters");
    let merge = Change::Merge {
        firms: vec!["A".into(), "B".into()],
        into: "A".into(),
    };
    let after = entrant_merger::change::apply(&before.model, &[merge]).expect("fits");
    let found = solve(&after);
    assert!(
        found.status.is_usable() && found.residual < 1e-12,
        "{:e}",
        found.residual
    );
    let Demand::Logit(d) = &after.demand else {
        panic!("logit");
    };
    let own = after.ownership();
    for j in 0..5 {
        let profit = |h: f64| -> f64 {
            let mut s: Vec<f64> = found.quantities.iter().map(|q| q / d.size).collect();
            s[j] += h;
            let none = 1.0 - s.iter().sum::<f64>();
            let each = (0..5).map(|k| {
                let price = ((s[k] / none).ln() - d.quality[k]) / d.slope;
                let p = &after.products[k];
                own.weight(j, k) * s[k] * (p.tax.received(price) - p.cost)
            });
            each.sum()
        };
        let gain = slope(profit, 1e-4) / found.prices[j];
        assert!(gain.abs() < 1e-8, "product {j}: {gain:e}");
        assert!(profit(0.02) < profit(0.0) && profit(-0.02) < profit(0.0));
    }
}
