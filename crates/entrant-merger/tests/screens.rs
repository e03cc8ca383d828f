//! Pressure, compensating reductions and the hypothetical monopolist.

use entrant_merger::{Change, DemandKind, Unknown, calibrate, monopolist, pressure};

use crate::support::{app_table, beer, close, market, merger, product, rises, run};

#[test]
fn two_equal_products_have_the_reductions_of_werden() {
    // Werden 1996: m / (1 - m) D / (1 - D) for equal margins and diversion.
    for outside in [0.2, 0.5] {
        for kind in [DemandKind::Logit, DemandKind::Linear] {
            let mut observed = market(
                kind,
                vec![
                    product("1", "1", 3.0, 0.3, Some(0.4)),
                    product("2", "2", 3.0, 0.3, Some(0.4)),
                    product("3", "3", 3.0, 0.4, Some(0.4)),
                ],
            );
            if kind == DemandKind::Logit {
                observed.products[2].margin = None;
                observed.products[1].margin = None;
            }
            observed.outside = Unknown::Known(outside);
            let (calibration, outcome) = run(&observed, &[merger("1", "2")]);
            let prices = calibration.model.prices();
            let d = pressure::diversion(&calibration.model, &prices).expect("diversion");
            let share = 0.3 * (1.0 - outside);
            close(&[d.at(0, 1)], &[share / (1.0 - share)], 1e-14);
            let ratio = d.at(0, 1) / (1.0 - d.at(0, 1));
            close(&[outcome.products[0].cmcr], &[0.4 / 0.6 * ratio], 1e-13);
            close(&[outcome.products[0].guppi], &[0.4 * d.at(0, 1)], 1e-14);
            assert!(outcome.products[2].upp == 0.0 && outcome.products[2].cmcr == 0.0);
        }
    }
}

#[test]
fn compensating_reductions_compensate() {
    for kind in [
        DemandKind::Logit,
        DemandKind::Ces,
        DemandKind::Aids,
        DemandKind::NestedLogit,
    ] {
        let mut observed = beer(&[0]);
        observed.demand = kind;
        observed.nest_strength = Unknown::Known(0.8);
        if kind == DemandKind::Aids {
            observed.market_elasticity = Some(-1.2);
        }
        for p in &mut observed.products {
            p.nest = Some(if p.id.contains("LITE") { "L" } else { "R" }.into());
        }
        let (_, merged) = run(&observed, &[merger("BUD", "OLD STYLE")]);
        let mut changes = vec![merger("BUD", "OLD STYLE")];
        changes.extend(merged.products.iter().map(|p| Change::Cost {
            products: vec![p.id.clone()],
            factor: 1.0 - p.cmcr,
            add: 0.0,
        }));
        let (_, outcome) = run(&observed, &changes);
        close(&rises(&outcome), &[0.0; 6], 1e-12);
        assert!(merged.products[0].cmcr > 0.0 && merged.products[4].cmcr == 0.0);
    }
}

#[test]
fn the_monopolist_does_best() {
    let calibration = calibrate(&app_table(0)).expect("parameters");
    let model = &calibration.model;
    let found = monopolist::test(model, &[0, 1], 0.05).expect("a test");
    assert!(found.status.is_usable() && found.is_market);
    let profit = |a: f64, b: f64| {
        let mut p = model.prices();
        p[0] *= 1.0 + a;
        p[1] *= 1.0 + b;
        let q = model.demand.quantities(&p).expect("quantities");
        let e = model.earned(&p, &q);
        e[0] * q[0] + e[1] * q[1]
    };
    let (a, b) = (found.best_rises[0], found.best_rises[1]);
    let best = profit(a, b);
    for h in [-0.05, -1e-3, 1e-3, 0.05] {
        assert!(profit(a + h, b) < best && profit(a, b + h) < best && profit(a + h, b + h) < best);
    }
    close(
        &[found.profit_of_rise],
        &[profit(0.05, 0.05) / profit(0.0, 0.0) - 1.0],
        1e-14,
    );
}

#[test]
fn the_smallest_market_grows_until_it_is_one() {
    let calibration = calibrate(&app_table(0)).expect("parameters");
    let model = &calibration.model;
    let small = monopolist::smallest_market(model, &[3], 0.05).expect("a test");
    assert!(small.is_market && small.products[0] == 3);
    let fewer = &small.products[..small.products.len() - 1];
    if !fewer.is_empty() {
        let before = monopolist::test(model, fewer, 0.05).expect("a test");
        assert!(!before.is_market);
    }
    // Under a rise that nothing reaches all products together are no market.
    let none = monopolist::smallest_market(model, &[3], 5.0).expect("a test");
    assert!(!none.is_market && none.products.len() == 4);
}

#[test]
fn where_everybody_buys_nothing_limits_a_monopolist_over_all() {
    let calibration = calibrate(&beer(&[0])).expect("parameters");
    let all: Vec<usize> = (0..6).collect();
    let found = monopolist::test(&calibration.model, &all, 0.05).expect("a test");
    assert!(found.is_market && found.best_rises.is_empty() && found.profit_of_rise > 0.0);
}
