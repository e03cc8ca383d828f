//! A million simulated shoppers choose the best of what they see; the formulas must agree with
//! their counts within sampling error.

use std::collections::BTreeMap;

use entrant_market::demand::{consumer_surplus, second_choice_diversion};
use entrant_market::{
    Conduct, ConsumerType, Demand, Levy, Market, Population, PriceRule, Product, Reach,
};
use entrant_numeric::random::Stream;

use crate::support::{Shape, random_case, random_prices};

const SHOPPERS: u32 = 1_000_000;
/// Standard errors allowed: 4.5 fails by chance once in 150,000 comparisons.
const ERRORS: f64 = 4.5;
const EULER: f64 = 0.577_215_664_901_532_9;

#[track_caller]
fn assert_share(count: u32, of: u32, p: f64, what: &str) {
    let n = f64::from(of);
    // The last term is one shopper: it decides where less than one is expected.
    let error = (p * (1.0 - p) / n).sqrt() + 1.0 / n;
    let share = f64::from(count) / n;
    assert!(
        (share - p).abs() <= ERRORS * error,
        "{what}: counted {share}, formula {p}, s.e. {error}"
    );
}

fn pick(rng: &mut Stream, weight: &[f64]) -> usize {
    let mut u = rng.uniform();
    weight
        .iter()
        .position(|w| {
            u -= w;
            u < 0.0
        })
        .unwrap_or(weight.len() - 1)
}

/// Positive stable with Laplace transform `exp(-t^a)` (Kanter 1975).
fn positive_stable(rng: &mut Stream, a: f64) -> f64 {
    let u = std::f64::consts::PI * rng.uniform();
    let w = -rng.uniform().ln();
    (a * u).sin() / u.sin().powf(1.0 / a) * (((1.0 - a) * u).sin() / w).powf((1.0 - a) / a)
}

/// Utilities of the products for one shopper of type i. With `S` stable of index `1 - rho` per
/// nest, `(1 - rho) (gumbel + ln S)` has the generalised extreme value law of nested logit.
fn utilities(rng: &mut Stream, demand: &Demand, i: usize, price: &[f64], out: &mut [f64]) {
    let nested: Vec<f64> = if demand.rho > 0.0 {
        (0..demand.nests)
            .map(|h| positive_stable(rng, 1.0 - demand.rho_of(h)).ln())
            .collect()
    } else {
        vec![0.0; demand.nests]
    };
    for j in 0..demand.products() {
        let shock = demand.keep(j) * (rng.gumbel() + nested[demand.nest[j]]);
        out[j] = demand.mean[j] + demand.taste_of(i)[j] + demand.slope[i] * price[j] + shock;
    }
}

/// Best of the products that count and of buying nothing (`None`), with its utility.
fn choice(utility: &[f64], outside: f64, without: Option<usize>) -> (Option<usize>, f64) {
    let mut best = (None, outside);
    for (j, u) in utility.iter().enumerate() {
        if Some(j) != without && *u > best.1 {
            best = (Some(j), *u);
        }
    }
    best
}

fn shoppers_agree(name: &str, shape: &Shape) {
    let mut rng = Stream::new(51, name, 0);
    let case = random_case(&mut rng, shape);
    let price = random_prices(&mut rng, &case.cost);
    let demand = &case.demand;
    let n = case.products();
    let (mut first, mut second) = (vec![0_u32; n + 1], vec![0_u32; n * (n + 1)]);
    let (mut gain, mut gain_squared) = (0.0, 0.0);
    let mut utility = vec![0.0; n];
    for _ in 0..SHOPPERS {
        let i = pick(&mut rng, &demand.weight);
        utilities(&mut rng, demand, i, &price, &mut utility);
        let outside = rng.gumbel();
        let (best, value) = choice(&utility, outside, None);
        first[best.unwrap_or(n)] += 1;
        if let Some(j) = best {
            let (next, _) = choice(&utility, outside, Some(j));
            second[j * (n + 1) + next.unwrap_or(n)] += 1;
        }
        let money = (value - EULER) / -demand.slope[i];
        gain += money;
        gain_squared += money * money;
    }
    let share = demand.shares(&price);
    let diversion = second_choice_diversion(demand, &price);
    for j in 0..n {
        assert_share(first[j], SHOPPERS, share[j], "share");
        for k in (0..=n).filter(|k| *k != j && first[j] > 100) {
            assert_share(
                second[j * (n + 1) + k],
                first[j],
                diversion[j * (n + 1) + k],
                "second choice",
            );
        }
    }
    let shoppers = f64::from(SHOPPERS);
    let mean = gain / shoppers;
    let error = ((gain_squared / shoppers - mean * mean) / shoppers).sqrt();
    let surplus = consumer_surplus(demand, &price);
    assert!(
        (mean - surplus).abs() <= ERRORS * error,
        "surplus: counted {mean}, formula {surplus}, s.e. {error}"
    );
}

#[test]
fn flat_logit_with_mixed_tastes() {
    shoppers_agree(
        "flat",
        &Shape {
            products: 4,
            level: 3.0,
            unavailable: 0.2,
            ..Shape::default()
        },
    );
}

#[test]
fn nested_logit_with_one_type() {
    let shape = Shape {
        products: 5,
        types: 1,
        rho: 0.6,
        taste_spread: 0.3,
        level: 2.5,
        ..Shape::default()
    };
    shoppers_agree(
        "nested",
        &Shape {
            level_spread: 0.3,
            ..shape
        },
    );
}

#[test]
fn a_nesting_parameter_for_each_nest() {
    let shape = Shape {
        products: 6,
        rho: 0.7,
        apart: true,
        nests: 3,
        level: 3.0,
        unavailable: 0.1,
        ..Shape::default()
    };
    shoppers_agree("nests apart", &shape);
}

#[test]
fn nested_logit_with_mixed_tastes() {
    shoppers_agree(
        "mixed nested",
        &Shape {
            products: 5,
            rho: 0.4,
            level: 3.0,
            unavailable: 0.2,
            ..Shape::default()
        },
    );
}

fn product(id: &str, mean: f64, segments: [bool; 3], aware: f64, group: Option<&str>) -> Product {
    Product {
        id: id.to_owned(),
        firm: id.to_owned(),
        brand: id.to_owned(),
        mean_utility: mean,
        price: 1.0,
        cost: 0.5,
        levy: Levy::default(),
        rule: PriceRule::Optimal,
        reach: Reach {
            segments: segments.to_vec(),
            aware,
        },
        nest: None,
        group: group.map(str::to_owned),
        x: vec![mean - 1.0],
        entrant: false,
        on_sale: true,
        bend: Vec::new(),
    }
}

fn segmented_market() -> Market {
    let everywhere = [true, true, true];
    let mut gone = product("gone", 3.0, everywhere, 1.0, None);
    gone.on_sale = false;
    let kind = |weight, slope, owns: Option<&str>, taste| ConsumerType {
        weight,
        slope,
        owns: owns.map(str::to_owned),
        taste: vec![taste],
        bend: Vec::new(),
    };
    Market {
        id: "reach".to_owned(),
        size: 1.0,
        products: vec![
            product("all", 1.0, everywhere, 1.0, Some("a")),
            product("known to half", 1.5, everywhere, 0.5, Some("b")),
            product("one carrier", 2.0, [false, true, false], 0.8, None),
            product("two carriers", 0.5, [true, false, true], 0.5, Some("a")),
            product("unknown", 5.0, everywhere, 0.0, None),
            gone,
        ],
        population: Population {
            types: vec![
                kind(0.5, -1.0, Some("a"), 0.5),
                kind(0.3, -2.0, Some("b"), -0.5),
                kind(0.2, -0.5, None, 0.0),
            ],
            segments: vec![0.6, 0.3, 0.1],
            loyalty: 0.8,
        },
        rho: 0.0,
        stakes: vec![],
        capacities: Vec::new(),
        rho_of: BTreeMap::new(),
        conduct: Conduct::Firms,
    }
}

#[test]
fn reach_and_nested_awareness() {
    let market = segmented_market();
    let mut rng = Stream::new(52, "reach", 0);
    let weights: Vec<f64> = market.population.types.iter().map(|t| t.weight).collect();
    let n = market.products.len();
    let mut count = vec![0_u32; n + 1];
    for _ in 0..SHOPPERS {
        let t = &market.population.types[pick(&mut rng, &weights)];
        let s = pick(&mut rng, &market.population.segments);
        let ignorance = rng.uniform();
        let sees = |p: &Product| p.on_sale && p.reach.segments[s] && ignorance < p.reach.aware;
        let value = |p: &Product| {
            let loyal = t.owns.is_some() && t.owns == p.group;
            let bonus = if loyal {
                market.population.loyalty
            } else {
                0.0
            };
            p.mean_utility + t.slope * p.price + t.taste[0] * p.x[0] + bonus
        };
        let utility: Vec<f64> = market
            .products
            .iter()
            .map(|p| {
                if sees(p) {
                    value(p) + rng.gumbel()
                } else {
                    f64::NEG_INFINITY
                }
            })
            .collect();
        count[choice(&utility, rng.gumbel(), None).0.unwrap_or(n)] += 1;
    }
    let share = market.demand().shares(&market.prices());
    for (j, p) in market.products.iter().enumerate() {
        assert_share(count[j], SHOPPERS, share[j], &p.id);
    }
    assert_share(
        count[n],
        SHOPPERS,
        1.0 - share.iter().sum::<f64>(),
        "nothing",
    );
}

#[test]
fn exit_undoes_entry_to_the_bit() {
    let market = segmented_market();
    let mut changed = market.clone();
    changed.products[5].on_sale = true;
    assert_ne!(
        changed.demand().shares(&changed.prices()),
        market.demand().shares(&market.prices())
    );
    changed.products[5].on_sale = false;
    assert_eq!(changed.demand(), market.demand());
}
