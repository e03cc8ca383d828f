//! A market as data, and back: every number comes back with its bits.

use std::collections::BTreeMap;

use entrant_data::Status;
use entrant_data::result::live::{LiveDraw, LiveMarket, LiveModel, LiveProduct, LiveType};
use entrant_market::{Conduct, ConsumerType, Levy, Market, Population, PriceRule, Product, Reach};

use crate::premises::{Column, Newcomer, Premises};

/// What is the same in every draw of a market, and its central values.
pub fn market(market: &Market, premises: &Premises) -> LiveMarket {
    let central = draw(Status::Exact, market, premises);
    let entrants = premises.newcomers.iter();
    LiveMarket {
        id: market.id.clone(),
        products: market
            .products
            .iter()
            .map(|p| product(p, premises))
            .collect(),
        entrants: entrants.map(|e| product(&e.product, premises)).collect(),
        stakes: market
            .stakes
            .iter()
            .map(|(a, b, _)| (a.clone(), b.clone()))
            .collect(),
        groups: groups(market),
        central,
        draws: Vec::new(),
    }
}

fn product(p: &Product, premises: &Premises) -> LiveProduct {
    let value = |c: &Column| c.values.get(&p.id).copied();
    LiveProduct {
        id: p.id.clone(),
        firm: p.firm.clone(),
        brand: p.brand.clone(),
        optimal: p.rule == PriceRule::Optimal,
        nest: p.nest.clone(),
        group: p.group.clone(),
        x: p.x.clone(),
        reach: p.reach.segments.clone(),
        aware: p.reach.aware,
        values: premises.columns.iter().map(value).collect(),
    }
}

/// One draw of a market. Its products, newcomers and columns are those of the central one.
pub fn draw(status: Status, market: &Market, premises: &Premises) -> LiveDraw {
    let groups = groups(market);
    let numbers = |p: &Product| [p.mean_utility, p.price, p.cost];
    let one = |t: &ConsumerType| LiveType {
        weight: t.weight,
        slope: t.slope,
        owns: t
            .owns
            .as_ref()
            .and_then(|o| groups.iter().position(|g| g == o)),
        taste: t.taste.clone(),
    };
    let newcomers = || premises.newcomers.iter();
    LiveDraw {
        status,
        size: market.size,
        rho: market.rho,
        loyalty: market.population.loyalty,
        segments: market.population.segments.clone(),
        types: market.population.types.iter().map(one).collect(),
        stakes: market.stakes.iter().map(|s| s.2).collect(),
        products: market.products.iter().map(numbers).collect(),
        entrants: newcomers().map(|e| numbers(&e.product)).collect(),
        targets: newcomers().map(|e| e.target).collect(),
        worth: premises.columns.iter().map(|c| c.worth).collect(),
    }
}

/// Groups that some consumers own, in order.
fn groups(market: &Market) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for owned in market
        .population
        .types
        .iter()
        .filter_map(|t| t.owns.as_ref())
    {
        if !all.contains(owned) {
            all.push(owned.clone());
        }
    }
    all
}

/// Whether the lists of a draw are as long as those of its market.
pub fn fits(model: &LiveModel, place: &LiveMarket, draw: &LiveDraw) -> bool {
    let whole = draw.products.len() == place.products.len()
        && draw.entrants.len() == place.entrants.len()
        && draw.targets.len() == place.entrants.len()
        && draw.stakes.len() == place.stakes.len()
        && draw.worth.len() == model.columns.len()
        && draw.segments.len() == model.segments.len().max(1);
    let reach = |p: &LiveProduct| p.reach.len() == draw.segments.len();
    let fits = |p: &LiveProduct| reach(p) && p.values.len() == model.columns.len();
    let mut all = place.products.iter().chain(&place.entrants);
    whole && all.all(fits)
}

/// The market of one draw again, whose lists fit, and what scenarios read beside it.
pub fn restore(model: &LiveModel, place: &LiveMarket, draw: &LiveDraw) -> (Market, Premises) {
    let known = place.products.iter().zip(&draw.products);
    let stakes = place.stakes.iter().zip(&draw.stakes);
    let market = Market {
        id: place.id.clone(),
        size: draw.size,
        products: known.map(|(p, n)| revived(p, n, false)).collect(),
        population: Population {
            types: draw
                .types
                .iter()
                .map(|t| consumer(t, &place.groups))
                .collect(),
            segments: draw.segments.clone(),
            loyalty: draw.loyalty,
        },
        rho: draw.rho,
        stakes: stakes
            .map(|((a, b), w)| (a.clone(), b.clone(), *w))
            .collect(),
        rho_of: BTreeMap::new(),
        conduct: Conduct::Firms,
        capacities: Vec::new(),
    };
    (market, premises(model, place, draw))
}

fn revived(p: &LiveProduct, [mean_utility, price, cost]: &[f64; 3], entrant: bool) -> Product {
    Product {
        id: p.id.clone(),
        firm: p.firm.clone(),
        brand: p.brand.clone(),
        mean_utility: *mean_utility,
        price: *price,
        cost: *cost,
        levy: Levy::default(),
        rule: if p.optimal {
            PriceRule::Optimal
        } else {
            PriceRule::Given
        },
        reach: Reach {
            segments: p.reach.clone(),
            aware: p.aware,
        },
        nest: p.nest.clone(),
        group: p.group.clone(),
        x: p.x.clone(),
        entrant,
        on_sale: true,
        bend: Vec::new(),
    }
}

fn consumer(t: &LiveType, groups: &[String]) -> ConsumerType {
    ConsumerType {
        weight: t.weight,
        slope: t.slope,
        owns: t.owns.and_then(|k| groups.get(k).cloned()),
        taste: t.taste.clone(),
        bend: Vec::new(),
    }
}

fn premises(model: &LiveModel, place: &LiveMarket, draw: &LiveDraw) -> Premises {
    let entrants = place.entrants.iter().zip(&draw.entrants).zip(&draw.targets);
    let newcomer = |((p, numbers), target): ((&LiveProduct, &[f64; 3]), &Option<f64>)| Newcomer {
        product: revived(p, numbers, true),
        target: *target,
    };
    let values = |k: usize| -> BTreeMap<String, f64> {
        let all = place.products.iter().chain(&place.entrants);
        all.filter_map(|p| Some((p.id.clone(), p.values[k]?)))
            .collect()
    };
    let column = |(k, worth): (usize, &f64)| Column {
        name: model.columns[k].name.clone(),
        worth: *worth,
        taste: model.columns[k].taste,
        values: values(k),
    };
    Premises {
        segments: model.segments.clone(),
        newcomers: entrants.map(newcomer).collect(),
        columns: draw.worth.iter().enumerate().map(column).collect(),
    }
}
