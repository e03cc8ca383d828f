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

/// Where a share is `s`, the step's price less `p` times its slope is minus the derivative of profits, in
/// its definition; and iterating on it leads to the engine's prices, which are judged alike.
#[test]
fn iterating_on_the_map_of_prices_leads_to_the_equilibrium() {
    let mut same = 0;
    for (name, problem) in all() {
        let economy = economy(&problem);
        for t in 0..problem.markets.len() {
            let mut market = economy.market(t);
            let owners = Ownership::merger(market.data, &["f1", "f2"]);
            let cost = market.costs(&observed(&market)).expect("regular");
            let start = market.price().to_vec();
            let step = market.price_step(&owners, &cost, &start).expect("exists");
            let jacobian = market.share_jacobian(Variable::Price).expect("has prices");
            for j in 0..start.len() {
                let gain: f64 = (0..start.len())
                    .map(|k| owners.weight(j, k) * (start[k] - cost[k]) * jacobian.at(k, j))
                    .sum();
                let by_definition = step.share[j] + gain;
                let by_step = step.slope[j] * (start[j] - step.price[j]);
                assert!(
                    (by_definition - by_step).abs() < 1e-13 + 1e-11 * by_definition.abs(),
                    "{name} {t} {j}: {by_definition} {by_step}"
                );
            }
            let mut price = start.clone();
            let mut moves = f64::INFINITY;
            for _ in 0..2000 {
                let Some(next) = market.price_step(&owners, &cost, &price) else {
                    break;
                };
                let pairs = next.price.iter().zip(&price);
                moves = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                price = next.price;
                if moves.is_nan() || moves < 1e-13 {
                    break;
                }
            }
            let found = market.equilibrium(&owners, &cost, &start, PriceSettings::default());
            if found.status != Status::Certified || moves.is_nan() || moves > 1e-12 {
                continue;
            }
            same += 1;
            let judged = market.judge(&owners, &cost, &price, PriceSettings::default());
            assert_eq!(
                judged.status,
                Status::Certified,
                "{name} {t}: {}",
                judged.residual
            );
            for (a, b) in price.iter().zip(&found.price) {
                assert!((a / b - 1.0).abs() < 1e-9, "{name} {t}: {a} {b}");
            }
            // Prices that are off are no equilibrium, and are left as they are.
            price[0] *= 1.01;
            let judged = market.judge(&owners, &cost, &price, PriceSettings::default());
            assert_eq!(judged.status, Status::NotConverged);
            assert_eq!(judged.price[0].to_bits(), price[0].to_bits());
        }
    }
    assert!(same >= 20, "{same}");
}
