//! Screens of mergers: by differences of profit, by the equilibrium that they speak of, and by hand.

use entrant_data::spec::{MergeSpec, ScenarioSpec};
use entrant_market::Market;
use entrant_scenario::{ProductFacts, ScenarioDraws, pressure, summarise};

use crate::support::{World, assert_close, scenario};

fn merger(firms: &[&str]) -> ScenarioSpec {
    ScenarioSpec {
        merge: vec![MergeSpec {
            firms: firms.iter().map(|f| (*f).to_owned()).collect(),
        }],
        ..scenario("merger")
    }
}

/// Variable profit per buyer of the products of some firms at these prices.
fn profit(market: &Market, price: &[f64], firms: &[&str]) -> f64 {
    let share = market.demand().shares(price);
    let own = market.products.iter().zip(price).zip(&share);
    let own = own.filter(|((p, _), _)| firms.contains(&p.firm.as_str()));
    own.map(|((p, x), s)| s * (x - p.cost)).sum()
}

/// Central difference of a function of one price.
fn slope(price: &[f64], j: usize, f: impl Fn(&[f64]) -> f64) -> f64 {
    let h = 1e-3 * price[j];
    let at = |step: f64| {
        let mut price = price.to_vec();
        price[j] += step;
        f(&price)
    };
    // Fourth order.
    (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h)
}

#[test]
fn pressure_is_the_partner_s_profit_from_a_lost_unit() {
    let world = World::default();
    let after = world.edited(&merger(&["A", "C"]));
    let found = pressure(&world.market, &after);
    let (market, price) = (&world.market, world.market.prices());
    for (j, p) in market.products.iter().enumerate() {
        let partner = match p.firm.as_str() {
            "A" => "C",
            "C" => "A",
            _ => {
                assert!(found[j].upward.is_nan() && found[j].compensating.is_nan());
                continue;
            }
        };
        // What the partner gains by a higher price, per unit that the product loses by it.
        let gained = slope(&price, j, |x| profit(market, x, &[partner]));
        let lost = -slope(&price, j, |x| market.demand().shares(x)[j]);
        assert_close(&[found[j].upward], &[gained / lost], 1e-8);
        assert_close(&[found[j].gross], &[gained / lost / price[j]], 1e-8);
    }
}

#[test]
fn with_the_compensating_reductions_prices_stay() {
    let world = World::default();
    let after = world.edited(&merger(&["A", "B"]));
    let found = pressure(&world.market, &after);
    let mut cheaper = after.clone();
    for (p, screen) in cheaper.products.iter_mut().zip(&found) {
        if screen.compensating.is_finite() {
            assert!(screen.compensating > 0.0);
            p.cost *= 1.0 - screen.compensating;
        }
    }
    let price = world.market.prices();
    let start: Vec<f64> = price.iter().map(|x| x * 1.02).collect();
    let sold = entrant_scenario::lineup::sell(&cheaper, &vec![true; price.len()], &start);
    assert_close(&sold.price, &price, 1e-9);
    // Without them prices rise.
    let dearer = entrant_scenario::lineup::sell(&after, &vec![true; price.len()], &price);
    assert!(dearer.price[0] > price[0] * 1.001);
}

#[test]
fn nothing_without_a_merger_and_concentration_by_hand() {
    let world = World::default();
    assert!(pressure(&world.market, &world.edited(&scenario("none"))).is_empty());
    let run = world.run(&merger(&["A", "B"]));
    let facts = ProductFacts::of(&world.market, &run.after);
    let draws = ScenarioDraws {
        market: "m",
        products: &facts,
        central: &run.draw,
        draws: std::slice::from_ref(&run.draw),
        level: 0.9,
        centred: false,
    };
    let outcome = summarise(&draws);
    let share = world.market.demand().shares(&world.market.prices());
    let total: f64 = share.iter().sum();
    let of = |firm: &str| {
        let own = world.market.products.iter().zip(&share);
        let own = own.filter(|(p, _)| p.firm == firm);
        100.0 * own.map(|(_, s)| s).sum::<f64>() / total
    };
    let known = 2.0 * of("A") * of("B");
    let found = outcome.merger_hhi.expect("a merger").median;
    assert_close(&[found], &[known], 1e-12);
    assert!(outcome.products[0].pressure.is_some() && outcome.products[4].pressure.is_none());
}
