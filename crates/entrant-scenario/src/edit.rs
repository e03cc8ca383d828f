//! Applying the changes of a scenario to a market.
//!
//! The changes are a set: they are applied kind by kind in one canonical order, so their order
//! in the study file does not matter.

use std::collections::BTreeMap;

use entrant_data::panel::MarketPanel;
use entrant_data::spec::{CostChangeSpec, PriceSpec, ReachSpec, ScenarioSpec, Selector, Study};
use entrant_data::{InputError, Price};
use entrant_market::{Market, PriceRule, Product, QualityModel};

use crate::entrants;

/// Standard normal draws behind an entrant's unknown quality; all zero at the central values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QualityDraw {
    /// Per brand: where its effect lies among those of comparable makers.
    pub brand: BTreeMap<String, f64>,
    /// Per product: what neither characteristics nor brand explain.
    pub product: BTreeMap<String, f64>,
    /// Worth of characteristics (columns); empty means zero.
    pub beta: Vec<f64>,
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
    let mut after = market.clone();
    for enter in &scenario.enter {
        entrants::enter(&mut after, enter, context)?;
    }
    for c in &scenario.characteristic {
        change_characteristic(&mut after, &c.product, &c.column, c.value, context)?;
    }
    for c in &scenario.reach {
        change_reach(&mut after, c, context);
    }
    for c in &scenario.cost {
        change_cost(&mut after, c);
    }
    for c in &scenario.tariff {
        for p in chosen(&mut after, &c.selector()) {
            p.cost *= 1.0 + c.rate.value();
        }
    }
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
    hold_prices(&mut after, scenario);
    for merge in &scenario.merge {
        merge_firms(&mut after, &merge.firms);
    }
    entrants::meet_target_shares(&mut after, scenario, context)?;
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

fn change_cost(market: &mut Market, change: &CostChangeSpec) {
    let factor = change
        .factor
        .as_ref()
        .map_or(1.0, entrant_data::Quantity::value);
    let add = change
        .add
        .as_ref()
        .map_or(0.0, entrant_data::Quantity::value);
    for p in chosen(market, &change.selector()) {
        p.cost = p.cost * factor + add;
    }
}

fn change_reach(market: &mut Market, change: &ReachSpec, context: &Context<'_>) {
    for p in chosen(market, &change.selector()) {
        if let Some(ids) = &change.segments {
            p.reach.segments = entrants::segments(context.study, ids);
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

fn merge_firms(market: &mut Market, firms: &[String]) {
    let name = firms.join(" + ");
    for p in market
        .products
        .iter_mut()
        .filter(|p| firms.contains(&p.firm))
    {
        p.firm.clone_from(&name);
    }
    for (owner, of, _) in &mut market.stakes {
        for side in [owner, of] {
            if firms.contains(side) {
                side.clone_from(&name);
            }
        }
    }
    market.stakes.retain(|(owner, of, _)| owner != of);
}

/// Moves mean utility by what the characteristic is worth, and the taste for it where random.
fn change_characteristic(
    market: &mut Market,
    id: &str,
    column: &str,
    value: f64,
    context: &Context<'_>,
) -> Result<(), InputError> {
    let path = "scenario.characteristic";
    let worth = context.quality.unit_worth(column).ok_or_else(|| {
        InputError::at(
            path,
            format!("characteristic `{column}` is not one of `data.characteristics`"),
        )
    })?;
    let old = entrants::characteristic(id, column, context).ok_or_else(|| {
        InputError::at(path, format!("product `{id}` has no value for `{column}`"))
    })?;
    let random = context
        .study
        .demand
        .taste
        .iter()
        .position(|t| t.column == column);
    for p in market.products.iter_mut().filter(|p| p.id == id) {
        p.mean_utility += worth * (value - old);
        if let Some(k) = random {
            p.x[k] = value;
        }
    }
    Ok(())
}
