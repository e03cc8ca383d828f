//! Stakes where sellers bargain.

use entrant_data::Status;
use entrant_merger::equilibrium::solve;
use entrant_merger::{Change, Conduct, Demand, DemandKind, Model, Unknown, calibrate};

use crate::support::{market, product};

fn bargaining(power: f64) -> Model {
    let price = [4.0, 5.0, 3.5, 6.0];
    let amount = [0.3, 0.2, 0.35, 0.15];
    let firm = ["A", "A", "B", "C"];
    let each = (0..4).map(|j| {
        let margin = (j == 2).then_some(0.3);
        product(&format!("p{j}"), firm[j], price[j], amount[j], margin)
    });
    let mut observed = market(DemandKind::Logit, each.collect());
    observed.conduct = Conduct::Bargaining(power);
    observed.outside = Unknown::Known(0.2);
    observed.stakes = vec![("B".into(), "C".into(), 0.2)];
    let found = calibrate(&observed).expect("parameters");
    assert_eq!(found.status, Status::Certified);
    found.model
}

/// Logarithm of the Nash product of the negotiation about product j, at these prices: what the
/// seller, with its stakes, and the buyer have more with an agreement than without, all other
/// prices as they are.
fn nash(model: &Model, power: f64, j: usize, prices: &[f64]) -> f64 {
    let Demand::Logit(d) = &model.demand else {
        panic!("logit");
    };
    let own = model.ownership();
    let profit = |demand: &entrant_merger::demand::Logit| -> f64 {
        let shares = demand.shares(prices);
        let each = (0..prices.len()).map(|k| {
            let margin = prices[k] - model.products[k].cost;
            own.weight(j, k) * margin * shares[k]
        });
        each.sum()
    };
    let mut without = d.clone();
    without.quality[j] = f64::NEG_INFINITY;
    let seller = profit(d) - profit(&without);
    let buyer = d.surplus(prices) - without.surplus(prices);
    (1.0 - power) * seller.ln() + power * buyer.ln()
}

/// Prices of bargains are where no Nash product grows, by differences of the products themselves.
#[test]
fn stakes_stand_in_the_nash_product() {
    for power in [0.2, 0.5, 0.8] {
        let model = bargaining(power);
        let taken = Change::Stake {
            owner: "A".into(),
            of: "B".into(),
            share: 0.35,
        };
        let after = entrant_merger::change::apply(&model, &[taken]).expect("fits");
        for model in [&model, &after] {
            let found = solve(model);
            assert_eq!(found.status, Status::Certified);
            for j in 0..4 {
                let at = |h: f64| {
                    let mut p = found.prices.clone();
                    p[j] += h;
                    nash(model, power, j, &p)
                };
                let h = 1e-3;
                let slope = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
                assert!(slope.abs() < 1e-8, "{power} {j}: {slope:e}");
                assert!(at(0.0) > at(0.2) && at(0.0) > at(-0.2));
            }
        }
        assert!(solve(&after).prices[0] > solve(&model).prices[0]);
    }
}

/// In auctions a stake makes bids worth shading: there is no closed form, and it is refused.
#[test]
fn stakes_in_auctions_are_refused() {
    let mut model = bargaining(0.5);
    model.stakes.clear();
    model.conduct = Conduct::Auction;
    let taken = Change::Stake {
        owner: "A".into(),
        of: "B".into(),
        share: 0.35,
    };
    let mistake = entrant_merger::change::apply(&model, &[taken]).expect_err("no meaning");
    assert!(
        mistake.message.contains("second-score auction"),
        "{mistake:?}"
    );
}
