//! The markets of a run as data, so that a page can solve them again.

use entrant_data::result::live::{
    LiveColumn, LiveDraw, LiveInput, LiveMarket, LiveModel, LiveTerms, LiveWorth,
};
use entrant_data::spec::{ScenarioSpec, Study};
use entrant_data::{Distribution, Quantity, Status};
use entrant_market::{Conduct, Market};
use entrant_scenario::Premises;
use entrant_scenario::live::{record_draw, record_market};

use crate::economy::Economy;
use crate::horizon::terms;
use crate::inputs::Inputs;

/// Draws that are kept at most: enough for an interval, few enough to solve while one looks.
const DRAWS: usize = 60;
/// Fewest draws for an interval.
const FEWEST: usize = 10;
/// Numbers that are kept at most; a number is about twenty letters of a page.
const NUMBERS: usize = 40_000;

/// Whether a page can solve a market.
fn is_plain(market: &Market) -> bool {
    let straight = market.products.iter().all(|p| p.bend.is_empty());
    straight && market.rho_of.is_empty() && market.conduct == Conduct::Firms
}

/// Which draws are kept, and what is the same in all of them.
#[derive(Debug, Clone)]
pub(crate) struct Keeper {
    stride: usize,
    draws: usize,
    columns: Vec<LiveColumn>,
    markets: Vec<LiveMarket>,
}

impl Keeper {
    /// The keeper of a run of so many draws, for as many of the first markets as fit into a page;
    /// nothing where not even one does, a number is none, or a market is more than what a page
    /// solves: utility that is not linear in price, a nesting parameter for each nest, prices that
    /// firms do not set for all their products.
    pub(crate) fn of(economy: &Economy, study: &Study, draws: usize) -> Option<Self> {
        if !economy.places.iter().all(|p| is_plain(&p.market)) {
            return None;
        }
        let premises = |t: usize| premises(economy, t);
        let fewest = FEWEST.min(draws).max(1);
        let mut markets: Vec<LiveMarket> = Vec::new();
        let mut each = 0;
        for (t, place) in economy.places.iter().enumerate() {
            let market = record_market(&place.market, &premises(t));
            let more = each + numbers(&market.central);
            if more * fewest > NUMBERS {
                break;
            }
            each = more;
            markets.push(market);
        }
        let kept = DRAWS.min(draws).min(NUMBERS / each.max(1));
        let whole = markets.iter().all(|m| is_finite(&m.central));
        if study.scenario.is_empty() || !whole || markets.is_empty() {
            return None;
        }
        let tastes = &study.demand.taste;
        let columns = premises(0).columns.into_iter().map(|c| LiveColumn {
            taste: tastes.iter().position(|t| t.column == c.name),
            name: c.name,
        });
        Some(Keeper {
            stride: draws / kept.max(1),
            draws: kept,
            columns: columns.collect(),
            markets,
        })
    }

    /// The markets of a draw; nothing where the draw is not kept, or is not like the others.
    pub(crate) fn record(&self, draw: usize, economy: &Economy) -> Option<Vec<LiveDraw>> {
        if !self.kept().any(|d| d == draw) {
            return None;
        }
        let one = |(t, like): (usize, &LiveMarket)| {
            let place = &economy.places[t];
            let found = if place.status.is_usable() {
                record_draw(place.status, &place.market, &premises(economy, t))
            } else {
                lost(like)
            };
            (is_finite(&found) && same_shape(&found, &like.central)).then_some(found)
        };
        self.markets.iter().enumerate().map(one).collect()
    }

    fn kept(&self) -> impl Iterator<Item = usize> {
        (0..self.draws).map(|k| k * self.stride)
    }

    /// Everything that a page needs, with what was recorded of each draw.
    pub(crate) fn model<'a>(
        self,
        study: &Study,
        inputs: &Inputs,
        recorded: impl Fn(usize) -> Option<&'a Vec<LiveDraw>>,
    ) -> LiveModel {
        let kept: Vec<usize> = self.kept().collect();
        let (scenarios, quantities) = scenarios(study);
        let input = |(name, text): (String, String)| {
            let value = |draw| inputs.value(&name, draw).map_or(f64::NAN, |v| v[0]);
            LiveInput {
                text,
                central: value(None),
                draws: kept.iter().map(|d| value(Some(*d))).collect(),
                name,
            }
        };
        let mut markets = self.markets;
        for d in &kept {
            for (t, m) in markets.iter_mut().enumerate() {
                let found = recorded(*d).and_then(|l| l.get(t)).cloned();
                m.draws.push(found.unwrap_or_else(|| lost(m)));
            }
        }
        LiveModel {
            level: study.settings.level,
            segments: study.segment.iter().map(|s| s.id.clone()).collect(),
            columns: self.columns,
            inputs: quantities.into_iter().map(input).collect(),
            scenarios,
            worth: worth(inputs, &kept),
            markets,
        }
    }
}

fn premises(economy: &Economy, t: usize) -> Premises {
    let scenarios = &economy.resolved.study.scenario;
    Premises::of_all(&economy.places[t].market, scenarios, &economy.context(t))
}

fn lost(like: &LiveMarket) -> LiveDraw {
    LiveDraw {
        status: Status::NotConverged,
        ..like.central.clone()
    }
}

fn numbers(d: &LiveDraw) -> usize {
    let types: usize = d.types.iter().map(|t| 3 + t.taste.len()).sum();
    3 * (d.products.len() + d.entrants.len()) + types + d.segments.len() + d.worth.len()
}

fn is_finite(d: &LiveDraw) -> bool {
    let types = d
        .types
        .iter()
        .flat_map(|t| [t.weight, t.slope].into_iter().chain(t.taste.clone()));
    let products = d.products.iter().chain(&d.entrants).flatten().copied();
    let rest = [d.size, d.rho, d.loyalty].into_iter();
    let lists = d.segments.iter().chain(&d.worth).chain(&d.stakes).copied();
    types
        .chain(products)
        .chain(rest)
        .chain(lists)
        .all(f64::is_finite)
}

fn same_shape(a: &LiveDraw, b: &LiveDraw) -> bool {
    let shape = |d: &LiveDraw| {
        (
            d.products.len(),
            d.entrants.len(),
            d.worth.len(),
            d.stakes.len(),
        )
    };
    shape(a) == shape(b)
}

/// The scenarios with uncertain quantities by name, and those names with what the study says.
fn scenarios(study: &Study) -> (Vec<ScenarioSpec>, Vec<(String, String)>) {
    let mut all = study.scenario.clone();
    let mut named: Vec<(String, String)> = Vec::new();
    for s in &mut all {
        s.visit_quantities(&mut |name, q| {
            if let Distribution::Known(v) = q.distribution {
                *q = Quantity::known(v);
                return;
            }
            let (key, text) = match &q.distribution {
                Distribution::Input(input) => (input.clone(), quoted(input)),
                other => (name.to_owned(), in_toml(other)),
            };
            q.distribution = Distribution::Input(key.clone());
            if named.iter().all(|(known, _)| *known != key) {
                named.push((key, text));
            }
        });
    }
    (all, named)
}

/// A distribution as a study writes it.
fn in_toml(d: &Distribution) -> String {
    match d {
        Distribution::Known(v) => format!("{v}"),
        Distribution::Normal { mean, sd } => {
            format!("{{ dist = \"normal\", mean = {mean}, sd = {sd} }}")
        }
        Distribution::Triangular { low, mode, high } => {
            format!("{{ dist = \"triangular\", low = {low}, mode = {mode}, high = {high} }}")
        }
        Distribution::Uniform { low, high } => {
            format!("{{ dist = \"uniform\", low = {low}, high = {high} }}")
        }
        Distribution::Lognormal { median, sigma } => {
            format!("{{ dist = \"lognormal\", median = {median}, sigma = {sigma} }}")
        }
        Distribution::Table { file, column, .. } => {
            let (file, column) = (quoted(file), quoted(column));
            format!("{{ dist = \"draws\", file = {file}, column = {column} }}")
        }
        Distribution::Input(name) => quoted(name),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn worth(inputs: &Inputs, kept: &[usize]) -> Option<LiveWorth> {
    let at = |draw| {
        let spec = inputs.resolve(draw).study.worth?;
        let t = terms(&spec);
        let terms = LiveTerms {
            discount: t.discount,
            growth: t.growth,
            running: t.running,
            fixed_cost: t.fixed_cost,
        };
        Some((spec, terms))
    };
    let (spec, central) = at(None)?;
    let draws = kept.iter().filter_map(|d| at(Some(*d)));
    Some(LiveWorth {
        firm: spec.firm,
        periods: spec.periods,
        central,
        draws: draws.map(|(_, t)| t).collect(),
    })
}
