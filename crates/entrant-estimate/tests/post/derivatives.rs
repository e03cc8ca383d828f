//! Analytic derivatives against central differences, in every shape of panel.

use entrant_estimate::post::{PanelMarket, PriceSettings, Variable};

use crate::support::{all, differences, economy, observed, shape};

#[track_caller]
fn agree(name: &str, got: f64, want: f64, scale: f64) {
    assert!(
        (got - want).abs() <= 1e-9 * scale.max(1.0),
        "{name}: {got} {want}"
    );
}

fn shares(market: &PanelMarket<'_>) -> Vec<f64> {
    market.shares()
}

#[test]
fn shares_answer_to_prices() {
    for (name, problem) in all() {
        let economy = economy(&problem);
        let mut market = economy.market(1);
        let jacobian = market.share_jacobian(Variable::Price).expect("has prices");
        let columns = differences(&mut market, shares);
        for (k, column) in columns.iter().enumerate() {
            for (j, want) in column.iter().enumerate() {
                agree(name, jacobian.at(j, k), *want, 1.0);
            }
        }
    }
}

/// First-order conditions in their definition, from shares and their derivatives.
fn conditions(market: &PanelMarket<'_>, cost: &[f64]) -> Vec<f64> {
    let (share, owners) = (market.shares(), observed(market));
    let jacobian = market.share_jacobian(Variable::Price).expect("has prices");
    let margin = |k: usize| market.price()[k] - cost[k];
    (0..share.len())
        .map(|j| {
            let others = 0..share.len();
            let gain = others.map(|k| owners.weight(j, k) * margin(k) * jacobian.at(k, j));
            share[j] + gain.sum::<f64>()
        })
        .collect()
}

#[test]
fn first_order_conditions_answer_to_prices() {
    for (name, problem) in all() {
        let economy = economy(&problem);
        let mut market = economy.market(2);
        let n = market.data.products();
        let cost: Vec<f64> = market.price().iter().map(|p| 0.6 * p).collect();
        let every: Vec<usize> = (0..n).collect();
        let analytic = market.condition_jacobian(&observed(&market), &cost, &every);
        let some = market.condition_jacobian(&observed(&market), &cost, &[1, 4, 5]);
        let columns = differences(&mut market, |m| conditions(m, &cost));
        for (l, column) in columns.iter().enumerate() {
            for (j, want) in column.iter().enumerate() {
                agree(name, analytic.at(j, l), *want, 10.0);
            }
        }
        for (x, j) in [1, 4, 5].into_iter().enumerate() {
            for (y, l) in [1, 4, 5].into_iter().enumerate() {
                agree(name, some.at(x, y), analytic.at(j, l), 1e-4);
            }
        }
    }
}

#[test]
fn prices_answer_to_costs() {
    for name in [
        "random",
        "nested",
        "log of price",
        "by product",
        "scaled",
        "scaled log of price",
    ] {
        let problem = shape(name);
        let economy = economy(&problem);
        let mut market = economy.market(0);
        let owners = observed(&market);
        let cost = market.costs(&owners).expect("regular");
        let start = market.price().to_vec();
        let pass = market.passthrough(&owners, &cost).expect("regular");
        let h = 1e-4;
        for k in 0..cost.len() {
            let mut at = |by: f64| {
                let mut c = cost.clone();
                c[k] += by;
                let tight = PriceSettings {
                    tolerance: 1e-13,
                    ..PriceSettings::default()
                };
                market.equilibrium(&owners, &c, &start, tight).price
            };
            let (up, down) = (at(h), at(-h));
            for j in 0..cost.len() {
                let want = (up[j] - down[j]) / (2.0 * h);
                assert!(
                    (pass.at(j, k) - want).abs() < 2e-7,
                    "{name} {j} {k}: {} {want}",
                    pass.at(j, k)
                );
            }
        }
    }
}

#[test]
fn surplus_falls_by_what_is_bought() {
    // Roy's identity, where utility is linear in price: nests, demographics and availability that
    // differ by product included.
    for name in ["logit", "random", "transformed", "nested", "monopoly"] {
        let problem = shape(name);
        let economy = economy(&problem);
        let mut market = economy.market(3);
        if market.mass_without_price_sensitivity() > 0.0 {
            continue;
        }
        let share = market.shares();
        let columns = differences(&mut market, |m| vec![m.surplus().mean]);
        for (column, s) in columns.iter().zip(&share) {
            agree(name, -column[0], *s, 1.0);
        }
    }
}

#[test]
fn the_surplus_of_each_consumer_falls_by_what_it_buys() {
    for (name, problem) in all() {
        let economy = economy(&problem);
        let mut market = economy.market(2);
        // Where utility is not linear in price, money has no single worth.
        let Some(demand) = market.demand() else {
            continue;
        };
        let (n, rows) = (market.data.products(), market.data.consumers());
        let p = market.probabilities();
        let columns = differences(&mut market, |m| m.surplus().each);
        for (j, column) in columns.iter().enumerate() {
            for i in (0..rows).filter(|i| demand.slope[*i] < -0.05) {
                agree(name, -column[i], p[i * n + j], 10.0);
            }
        }
    }
}
