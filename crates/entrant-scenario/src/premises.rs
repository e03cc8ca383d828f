//! What the changes of a scenario rest on, beside the market: channels, products that may enter,
//! and what characteristics are worth.

use std::collections::BTreeMap;

use entrant_data::InputError;
use entrant_data::spec::ScenarioSpec;
use entrant_market::{Market, Product};

use crate::edit::Context;
use crate::entrants;

/// Everything that [`crate::change`] reads beside a market and a scenario.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Premises {
    /// Ids of the segments; empty when there is one without a name.
    pub segments: Vec<String>,
    /// Products that may enter, in the order of the study.
    pub newcomers: Vec<Newcomer>,
    /// Characteristics.
    pub columns: Vec<Column>,
}

/// A product that may enter.
#[derive(Debug, Clone, PartialEq)]
pub struct Newcomer {
    /// The product, sold to everybody at its own price.
    pub product: Product,
    /// Share of units sold that it is to get before rivals answer; its mean utility then follows.
    pub target: Option<f64>,
}

/// A characteristic and what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Worth of one unit, in utility.
    pub worth: f64,
    /// Its place among the characteristics with random tastes.
    pub taste: Option<usize>,
    /// Value of each product that has one, by id.
    pub values: BTreeMap<String, f64>,
}

impl Premises {
    /// What one scenario rests on, and no more.
    ///
    /// # Errors
    /// When it names an entrant that is not there or not told in full.
    pub fn of(
        market: &Market,
        scenario: &ScenarioSpec,
        context: &Context<'_>,
    ) -> Result<Self, InputError> {
        let named = || scenario.enter.iter().flat_map(|c| &c.products);
        let known = |id: &&String| context.study.entrant.iter().any(|e| e.id == **id);
        if let Some(id) = named().find(|id| !known(id)) {
            return Err(entrants::unknown(id));
        }
        let comes = |id: &String| {
            let here = |m: &[String]| m.is_empty() || m.contains(&market.id);
            let mut changes = scenario.enter.iter();
            changes.any(|c| here(&c.markets) && c.products.contains(id))
        };
        let mut premises = Premises {
            segments: segments(context),
            newcomers: entrants::newcomers(market, context, |e| comes(&e.id))?,
            columns: Vec::new(),
        };
        if !scenario.characteristic.is_empty() {
            premises.columns = columns(context);
        }
        Ok(premises)
    }

    /// What any of these scenarios may rest on; entrants that cannot be told in this market are
    /// left out.
    pub fn of_all(market: &Market, scenarios: &[ScenarioSpec], context: &Context<'_>) -> Self {
        let named = scenarios.iter().flat_map(|s| &s.enter);
        let comes = |id: &String| named.clone().any(|c| c.products.contains(id));
        let specs = context.study.entrant.iter().filter(|e| comes(&e.id));
        let told = specs.filter_map(|e| entrants::newcomer(market, e, context).ok());
        Premises {
            segments: segments(context),
            newcomers: told.collect(),
            columns: columns(context),
        }
    }

    /// Which segments a list of ids names; an empty list names all.
    pub fn segment_mask(&self, ids: &[String]) -> Vec<bool> {
        if self.segments.is_empty() {
            return vec![true];
        }
        let named = |s: &String| ids.is_empty() || ids.contains(s);
        self.segments.iter().map(named).collect()
    }
}

fn segments(context: &Context<'_>) -> Vec<String> {
    let all = context.study.segment.iter();
    all.map(|s| s.id.clone()).collect()
}

fn columns(context: &Context<'_>) -> Vec<Column> {
    let one = |name: &String| {
        let tastes = &context.study.demand.taste;
        Some(Column {
            worth: entrants::unit_worth(name, context)?,
            taste: tastes.iter().position(|t| t.column == *name),
            values: values(name, context),
            name: name.clone(),
        })
    };
    context.quality.columns.iter().filter_map(one).collect()
}

fn values(column: &str, context: &Context<'_>) -> BTreeMap<String, f64> {
    let on_sale = context.panel.products.iter().map(|p| &p.id);
    let ids = on_sale.chain(context.study.entrant.iter().map(|e| &e.id));
    let one = |id: &String| Some((id.clone(), entrants::characteristic(id, column, context)?));
    ids.filter_map(one).collect()
}
