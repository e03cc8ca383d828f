//! Worth and value of features: identities, brute force, and the envelope theorem.

use entrant_market::ConsumerType;
use entrant_scenario::lineup::{Sold, sell};
use entrant_scenario::premium::{Alteration, Buyers, GroupKind, altered, groups, others_hold};
use entrant_scenario::{Context, median_sensitivity};

use crate::support::{ALPHA, World};

fn solved(market: &entrant_market::Market) -> Sold {
    let all = vec![true; market.products.len()];
    let sold = sell(market, &all, &market.prices());
    assert!(sold.status.is_usable());
    sold
}

fn near(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * a.abs().max(b.abs()), "{a} {b}");
}

fn world() -> World {
    let quality = entrant_market::QualityModel {
        columns: vec!["memory".into()],
        centre: vec![64.0],
        scale: vec![30.0],
        beta: vec![0.3],
        beta_root: vec![0.1],
        ..entrant_market::QualityModel::default()
    };
    World {
        quality,
        ..World::default()
    }
}

fn context(world: &World) -> Context<'_> {
    Context {
        study: &world.study,
        panel: &world.panel,
        characteristics: &world.quality.columns,
        quality: &world.quality,
        draw: &world.draw,
    }
}

/// In a logit the price that takes away what a feature gives is `beta / alpha`.
#[test]
fn worth_is_beta_over_alpha() {
    let mut world = world();
    let one = |w: &World| {
        let a = Alteration::of_characteristic("memory", 15.0, 4.0, &context(w)).expect("a column");
        near(a.cost, 4.0, 0.0);
        a
    };
    let consumer = |slope: f64, taste: Vec<f64>| ConsumerType {
        weight: 1.0,
        slope,
        owns: None,
        taste,
        bend: Vec::new(),
    };
    near(
        one(&world).worth(&consumer(-ALPHA, vec![])),
        0.3 * 15.0 / 30.0 / ALPHA,
        1e-14,
    );
    near(
        one(&world).utility / median_sensitivity(&world.market),
        0.15 / ALPHA,
        1e-12,
    );
    world.draw.beta = vec![-1.5];
    near(
        one(&world).worth(&consumer(-2.0, vec![])),
        (0.3 - 0.15) * 0.5 / 2.0,
        1e-13,
    );
    // Tastes of one's own count: the study has one for memory.
    let with_taste = Alteration {
        x: vec![15.0],
        ..one(&world)
    };
    near(
        with_taste.worth(&consumer(-2.0, vec![0.02])),
        0.375 / 2.0,
        1e-13,
    );
    assert!(Alteration::of_characteristic("weight", 1.0, 0.0, &context(&world)).is_err());
}

#[test]
fn groups_are_parts_of_everybody() {
    let world = world();
    let mut market = world.market.clone();
    market.products[0].reach.segments = vec![true, false];
    market.products[3].reach.aware = 0.4;
    for (k, t) in market.population.types.iter_mut().enumerate() {
        t.owns = Some(if k % 2 == 0 { "even" } else { "odd" }.into());
    }
    let price = market.prices();
    let buyers = Buyers::new(&market, &price);
    let sets = vec![vec![true, false, false, true, false]];
    let all = groups(&market, &buyers, &sets);
    let kind = |k: GroupKind| all.iter().filter(move |g| g.kind == k);
    let alpha = |i: usize| -market.population.types[i].slope;
    let mean = all[0].mean(alpha);
    near(all[0].share(), 1.0, 1e-12);
    // Thirds are thirds, in order, and average to everybody.
    let thirds: Vec<_> = kind(GroupKind::Sensitivity).collect();
    assert_eq!(thirds.len(), 3);
    for g in &thirds {
        near(g.share(), 1.0 / 3.0, 1e-12);
    }
    assert!(
        thirds[0].mean(alpha) < thirds[1].mean(alpha)
            && thirds[1].mean(alpha) < thirds[2].mean(alpha)
    );
    near(
        thirds.iter().map(|g| g.mean(alpha) / 3.0).sum(),
        mean,
        1e-12,
    );
    near(
        kind(GroupKind::Owners)
            .map(|g| g.share() * g.mean(alpha))
            .sum(),
        mean,
        1e-12,
    );
    // Channels and sets hold the shares that demand has.
    let share = market.demand().shares(&price);
    near(
        kind(GroupKind::Channel)
            .map(entrant_scenario::premium::Group::share)
            .sum(),
        share.iter().sum(),
        1e-12,
    );
    let bought = kind(GroupKind::Buyers).next().expect("a set");
    near(bought.share(), share[0] + share[3], 1e-12);
    // Who buys a dear phone minds its price less than everybody does.
    let dear = buyers.of(&[true, false, false, false, false], None);
    let sensitivity: f64 = dear.iter().enumerate().map(|(i, w)| w * alpha(i)).sum();
    assert!(sensitivity / dear.iter().sum::<f64>() < mean);
    let none = buyers.of(&[true, false, false, false, false], Some(1));
    assert!(none.iter().all(|w| w.abs() < 1e-300));
}

#[test]
fn a_feature_worth_nothing_is_worth_nothing() {
    let market = world().market;
    let nothing = Alteration::default();
    let same = altered(&market, &[(0, nothing.clone()), (2, nothing)]);
    assert_eq!(solved(&same), solved(&market));
}

/// Envelope theorem: with rivals' prices held, a little more utility of a product adds to its
/// firm's profit what it adds at the firm's own prices.
#[test]
fn value_with_rivals_held_has_the_slope_of_the_envelope() {
    let market = world().market;
    let base = solved(&market);
    let profit = |by: f64| {
        let change = Alteration {
            utility: by,
            ..Alteration::default()
        };
        let held = others_hold(&altered(&market, &[(1, change)]), "A", &base.price);
        solved(&held).profit[0]
    };
    let h = 1e-3;
    let slope =
        (profit(-2.0 * h) - 8.0 * profit(-h) + 8.0 * profit(h) - profit(2.0 * h)) / (12.0 * h);
    // Brute force: d s_ik / d delta_1 = s_ik (1{k = 1} - s_i1) at fixed prices.
    let mut direct = 0.0;
    for t in &market.population.types {
        let e: Vec<f64> = market
            .products
            .iter()
            .zip(&base.price)
            .map(|(p, x)| (p.mean_utility + t.slope * x).exp())
            .collect();
        let sum = 1.0 + e.iter().sum::<f64>();
        for k in [0, 1] {
            let own = if k == 1 { 1.0 } else { 0.0 };
            let margin = base.price[k] - market.products[k].cost;
            direct += market.size * t.weight * margin * e[k] / sum * (own - e[1] / sum);
        }
    }
    near(slope, direct, 1e-8);
}

/// With rivals that answer, the difference is that of two markets made by hand.
#[test]
fn value_is_the_difference_of_two_markets() {
    let world = world();
    let a =
        Alteration::of_characteristic("memory", -15.0, -4.0, &context(&world)).expect("a column");
    let changed = altered(&world.market, &[(0, a.clone()), (4, a.times(-2.0))]);
    let mut by_hand = world.market.clone();
    by_hand.products[0].mean_utility -= 0.15;
    by_hand.products[0].cost -= 4.0;
    by_hand.products[4].mean_utility += 0.3;
    by_hand.products[4].cost += 8.0;
    let (x, y) = (solved(&changed), solved(&by_hand));
    x.price
        .iter()
        .zip(&y.price)
        .for_each(|(a, b)| near(*a, *b, 1e-9));
    near(x.profit[0], y.profit[0], 1e-9);
    // Dearer by less than it is worth, and worth less to its maker than to its buyers.
    let base = solved(&world.market);
    let without = solved(&altered(&world.market, &[(0, a.clone())]));
    let rise = base.price[0] - without.price[0];
    assert!(rise > 0.0 && rise < 0.15 / ALPHA + 4.0, "{rise}");
    let both = a.and(&a);
    assert_eq!(both, a.times(2.0));
}
