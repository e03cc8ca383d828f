//! Applying the changes of a scenario to a market.
//!
//! The changes are a set: they are applied kind by kind in one canonical order, so their order
//! in the study file does not matter.

use std::collections::BTreeMap;

use entrant_data::panel::MarketPanel;
use entrant_data::spec::{CharacteristicSpec, PriceSpec, ReachSpec, ScenarioSpec, Selector, Study};
use entrant_data::{InputError, Price};
use entrant_market::{Market, PriceRule, Product, QualityModel};

use crate::capacities;
use crate::entrants;
use crate::levies;
use crate::owners;
use crate::premises::Premises;

/// Standard normal draws behind an entrant's unknown quality; all zero at the central values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QualityDraw {
    /// Per brand: where its effect lies among those of comparable makers.
    pub brand: BTreeMap<String, f64>,
    /// Per product: what neither characteristics nor brand explain.
    pub product: BTreeMap<String, f64>,
    /// Worth of characteristics (columns); empty means zero.
    pub beta: Vec<f64>,
    /// A brand effect from other countries, at its own draw.
    pub transfer: Option<TransferDraw>,
}

/// How far an entrant's brand leads rivals that it meets elsewhere.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TransferDraw {
    /// The entrant's brand.
    pub brand: String,
    /// Brands of the rivals.
    pub rivals: Vec<String>,
    /// Logarithm of its share over the geometric mean of theirs, were it as well known.
    pub lead: f64,
}

/// What a scenario needs beside the market: the resolved study, the panel's characteristics,
/// and what mean utilities say about them.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Study with every quantity known.
    pub study: &'a Study,
    /// The market's panel.
    pub panel: &'a MarketPanel,
    /// Names of the characteristics in the panel.
    pub characteristics: &'a [String],
    /// Worth of characteristics and brands.
    pub quality: &'a QualityModel,
    /// Draws of the unknown parts of quality.
    pub draw: &'a QualityDraw,
}

/// The market under a scenario, prices not solved yet: prices of products with a free price are
/// a starting point.
///
/// # Errors
/// When a change names something that is not there or contradicts another.
pub fn apply(
    market: &Market,
    scenario: &ScenarioSpec,
    context: &Context<'_>,
) -> Result<Market, InputError> {
    change(market, scenario, &Premises::of(market, scenario, context)?)
}

/// As [`apply`], where all that changes rest on is known already.
///
/// # Errors
/// As [`apply`].
pub fn change(
    market: &Market,
    scenario: &ScenarioSpec,
    premises: &Premises,
) -> Result<Market, InputError> {
    let mut after = market.clone();
    entrants::enter(&mut after, &scenario.enter, premises)?;
    let mut characteristic: Vec<&CharacteristicSpec> = scenario.characteristic.iter().collect();
    characteristic.sort_by(|a, b| (&a.product, &a.column).cmp(&(&b.product, &b.column)));
    for c in characteristic {
        change_characteristic(&mut after, c, premises)?;
    }
    for c in &scenario.reach {
        change_reach(&mut after, c, premises);
    }
    levies::change_costs(&mut after, scenario);
    capacities::set(&mut after, market, scenario)?;
    for c in &scenario.price {
        change_price(&mut after, c);
    }
    for gone in &scenario.exit {
        for p in after
            .products
            .iter_mut()
            .filter(|p| gone.products.contains(&p.id))
        {
            p.on_sale = false;
        }
    }
    for ban in &scenario.ban {
        for p in after.products.iter_mut().filter(|p| p.firm == ban.firm) {
            p.on_sale = false;
        }
    }
    owners::divest(&mut after, scenario);
    hold_prices(&mut after, scenario);
    owners::unite(&mut after, scenario);
    levies::settle(&mut after)?;
    capacities::settle(&mut after)?;
    entrants::meet_target_shares(&mut after, scenario, premises)?;
    Ok(after)
}

fn chosen<'a>(
    market: &'a mut Market,
    selector: &Selector,
) -> impl Iterator<Item = &'a mut Product> {
    let selector = selector.clone();
    market
        .products
        .iter_mut()
        .filter(move |p| selector.matches(&p.id, &p.firm, &p.brand))
}

fn change_reach(market: &mut Market, change: &ReachSpec, premises: &Premises) {
    for p in chosen(market, &change.selector()) {
        if let Some(ids) = &change.segments {
            p.reach.segments = premises.segment_mask(ids);
        }
        if let Some(aware) = &change.aware {
            p.reach.aware = aware.value();
        }
    }
}

fn change_price(market: &mut Market, change: &PriceSpec) {
    for p in chosen(market, &change.selector()) {
        match (&change.price, &change.margin) {
            (Some(Price::Optimal), _) => p.rule = PriceRule::Optimal,
            (Some(Price::Given(q)), _) => (p.rule, p.price) = (PriceRule::Given, q.value()),
            (None, Some(m)) => (p.rule, p.price) = (PriceRule::Given, p.cost / (1.0 - m.value())),
            (None, None) => {}
        }
    }
}

/// Firms that hold, or do not reprice, keep their prices; entrants keep their own rule.
fn hold_prices(market: &mut Market, scenario: &ScenarioSpec) {
    for p in market
        .products
        .iter_mut()
        .filter(|p| !p.entrant && p.rule == PriceRule::Optimal)
    {
        let answers = scenario
            .reprice
            .as_ref()
            .is_none_or(|r| r.contains(&p.firm));
        if !answers || scenario.hold.contains(&p.firm) {
            p.rule = PriceRule::Held;
        }
    }
}

/// Moves mean utility by what the characteristic is worth, and the taste for it where random.
fn change_characteristic(
    market: &mut Market,
    change: &CharacteristicSpec,
    premises: &Premises,
) -> Result<(), InputError> {
    let path = "scenario.characteristic";
    let (id, name) = (change.product.as_str(), change.column.as_str());
    let column = premises.columns.iter().find(|c| c.name == name);
    let column = column.ok_or_else(|| {
        InputError::at(
            path,
            format!("characteristic `{name}` is not one of `data.characteristics`"),
        )
    })?;
    let old = column
        .values
        .get(id)
        .ok_or_else(|| InputError::at(path, format!("product `{id}` has no value for `{name}`")))?;
    for p in market.products.iter_mut().filter(|p| p.id == id) {
        p.mean_utility += column.worth * (change.value - old);
        if let Some(k) = column.taste {
            p.x[k] = change.value;
        }
    }
    Ok(())
}
