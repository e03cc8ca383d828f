//! Equilibrium prices.

use entrant_data::Status;
use entrant_estimate::post::{Ownership, PanelMarket, PriceSettings, Variable};

use crate::support::{all, economy, observed, shape};

/// Largest first-order condition relative to the share, in its definition.
fn worst_condition(market: &PanelMarket<'_>, owners: &Ownership, cost: &[f64]) -> f64 {
    let share = market.shares();
    let jacobian = market.share_jacobian(Variable::Price).expect("has prices");
    let one = |j: usize| {
        let gain: f64 = (0..share.len())
            .map(|k| owners.weight(j, k) * (market.price()[k] - cost[k]) * jacobian.at(k, j))
            .sum();
        (share[j] + gain).abs() / share[j]
    };
    (0..share.len()).map(one).fold(0.0, f64::max)
}

#[test]
fn costs_invert_prices() {
    let mut certified = 0;
    for (name, problem) in all() {
        let economy = economy(&problem);
        for t in 0..problem.markets.len() {
            let mut market = economy.market(t);
            let owners = observed(&market);
            let cost = market.costs(&owners).expect("regular");
            let price = market.price().to_vec();
            assert!(
                worst_condition(&market, &owners, &cost) < 1e-11,
                "{name} {t}"
            );
            let found = market.equilibrium(&owners, &cost, &price, PriceSettings::default());
            if found.status != Status::Certified {
                continue;
            }
            certified += 1;
            for (a, b) in found.price.iter().zip(&price) {
                assert!((a / b - 1.0).abs() < 1e-10, "{name} {t}: {a} {b}");
            }
        }
    }
    assert!(certified >= 30, "{certified}");
}

#[test]
fn a_merger_ends_in_an_equilibrium_and_one_with_itself_changes_nothing() {
    let (mut solved, mut tried) = (0, 0);
    for (name, problem) in all() {
        let economy = economy(&problem);
        for t in 0..problem.markets.len() {
            let mut market = economy.market(t);
            let before = observed(&market);
            let cost = market.costs(&before).expect("regular");
            let price = market.price().to_vec();
            let same = Ownership::merger(market.data, &["f1", "f1", "no such firm"]);
            assert_eq!(same, before, "{name}");
            let owners = Ownership::merger(market.data, &["f1", "f2"]);
            let found = market.equilibrium(&owners, &cost, &price, PriceSettings::default());
            tried += 1;
            if found.residual <= 1e-12 {
                solved += 1;
                assert!(
                    worst_condition(&market, &owners, &cost) < 1e-9,
                    "{name} {t}"
                );
                assert_eq!(found.share, market.shares());
                let holds = market.second_order_holds(&owners, &cost);
                assert_eq!(found.second_order, Some(holds), "{name} {t}");
            } else {
                assert!(!found.status.is_usable(), "{name} {t}: {found:?}");
            }
        }
    }
    assert!(solved * 10 >= tried * 8, "{solved} of {tried}");
}

#[test]
fn prices_are_at_a_maximum_of_each_firm() {
    // No small change of a single price earns its owner more.
    let problem = shape("nested");
    let economy = economy(&problem);
    let mut market = economy.market(0);
    let owners = Ownership::merger(market.data, &["f0", "f2"]);
    let cost = market.costs(&observed(&market)).expect("regular");
    let start = market.price().to_vec();
    let found = market.equilibrium(&owners, &cost, &start, PriceSettings::default());
    assert_eq!(found.status, Status::Certified);
    let profit = |m: &PanelMarket<'_>, j: usize| -> f64 {
        let s = m.shares();
        (0..s.len())
            .map(|k| owners.weight(j, k) * (m.price()[k] - cost[k]) * s[k])
            .sum()
    };
    for j in 0..start.len() {
        let here = profit(&market, j);
        for by in [0.97, 0.99, 1.01, 1.03] {
            let mut p = found.price.clone();
            p[j] *= by;
            assert!(market.set_price(&p));
            assert!(profit(&market, j) < here, "{j} {by}");
        }
        assert!(market.set_price(&found.price));
    }
}

#[test]
fn consumers_who_do_not_mind_a_price_are_reported() {
    let mut problem = shape("random");
    for p in &mut problem.parameters.free {
        if p.name.contains("price") {
            p.start = if p.start < 0.0 { p.start } else { 6.0 };
        }
    }
    let economy = economy(&problem);
    let mut market = economy.market(0);
    let mass = market.mass_without_price_sensitivity();
    assert!(mass > 0.0);
    let owners = observed(&market);
    let Some(cost) = market.costs(&owners) else {
        return;
    };
    let start = market.price().to_vec();
    let found = market.equilibrium(&owners, &cost, &start, PriceSettings::default());
    assert!((found.without_sensitivity - mass).abs() < 1e-15);
    assert!(!found.status.is_usable());
}
