//! From draws of everything to the outcome of each scenario.

use entrant_data::result::ScenarioOutcome;
use entrant_data::spec::ScenarioSpec;
use entrant_scenario::{
    MarketDraw, Pool, ProductFacts, ScenarioDraws, describe_changes, summarise, summarise_together,
};

use super::{Economy, Solved};

/// Everything that a scenario found in one market.
#[derive(Debug, Clone)]
pub(crate) struct InMarket {
    /// Market.
    pub(crate) id: String,
    /// What is the same in every draw.
    pub(crate) facts: Vec<ProductFacts>,
    /// The run at the central values.
    pub(crate) central: MarketDraw,
    /// The draws.
    pub(crate) draws: Vec<MarketDraw>,
}

/// From draws (draws x scenarios x markets) to everything of one scenario in one market
/// (scenarios x markets).
pub(crate) fn regroup(
    economy: &Economy,
    solved: &[Vec<Solved>],
    draws: Vec<Vec<Vec<MarketDraw>>>,
) -> Vec<Vec<InMarket>> {
    let count = draws.len();
    let in_market = |(place, central): (&super::Place, &Solved)| InMarket {
        id: place.market.id.clone(),
        facts: ProductFacts::of(&place.market, &central.after),
        central: central.draw.clone(),
        draws: Vec::with_capacity(count),
    };
    let row = |row: &Vec<Solved>| economy.places.iter().zip(row).map(in_market).collect();
    let mut all: Vec<Vec<InMarket>> = solved.iter().map(row).collect();
    for draw in draws {
        for (row, found) in all.iter_mut().zip(draw) {
            row.iter_mut().zip(found).for_each(|(m, d)| m.draws.push(d));
        }
    }
    all
}

/// The draws of each market, to summarise.
pub(crate) fn view(run: &[InMarket], level: f64) -> Vec<ScenarioDraws<'_>> {
    run.iter().map(|m| one_view(m, level, false)).collect()
}

fn one_view(m: &InMarket, level: f64, centred: bool) -> ScenarioDraws<'_> {
    ScenarioDraws {
        market: &m.id,
        products: &m.facts,
        central: &m.central,
        draws: &m.draws,
        level,
        centred,
    }
}

/// All markets together under one name, draw by draw; `None` when there is only one.
pub(crate) fn pooled(run: &[InMarket], id: &str, size: f64) -> Option<InMarket> {
    if run.len() < 2 {
        return None;
    }
    let facts: Vec<&[ProductFacts]> = run.iter().map(|m| m.facts.as_slice()).collect();
    let pool = Pool::new(&facts);
    let central: Vec<&MarketDraw> = run.iter().map(|m| &m.central).collect();
    let count = run.iter().map(|m| m.draws.len()).min().unwrap_or(0);
    let draw = |d: usize| {
        let markets: Vec<&MarketDraw> = run.iter().map(|m| &m.draws[d]).collect();
        pool.draw(&markets, size)
    };
    Some(InMarket {
        id: id.to_owned(),
        central: pool.draw(&central, size),
        draws: (0..count).map(draw).collect(),
        facts: pool.facts,
    })
}

/// The outcome of one scenario at estimates and draws of them, in each market and in all together.
pub(crate) fn outcomes(
    s: &ScenarioSpec,
    run: &[InMarket],
    pool: Option<&InMarket>,
    level: f64,
) -> ScenarioOutcome {
    let views: Vec<ScenarioDraws<'_>> = run.iter().map(|m| at_estimates(m, level)).collect();
    ScenarioOutcome {
        id: s.id.clone(),
        title: s.title.clone(),
        note: s.note.clone(),
        changes: describe_changes(s),
        together: pool.map(|p| summarise_together(&at_estimates(p, level), &views)),
        markets: views.iter().map(summarise).collect(),
        worth: None,
    }
}

/// Products of all draws, squared, that are told one by one at most: some seconds.
const TOLD: usize = 500_000_000;

/// Draws of a scenario to tell one by one, of those that are wanted.
pub(crate) fn told(run: &[InMarket], wanted: usize) -> usize {
    let products: usize = run.iter().map(|m| m.facts.len()).sum();
    let draws = run.iter().map(|m| m.draws.len()).min().unwrap_or(0);
    wanted.min(draws).min(TOLD / (products * products).max(1))
}

/// The outcome of one scenario in one draw: in all markets together where there is a pool, else in each.
pub(crate) fn outcome_in_draw(
    s: &ScenarioSpec,
    run: &[InMarket],
    pool: Option<&InMarket>,
    d: usize,
    level: f64,
) -> ScenarioOutcome {
    let views: Vec<ScenarioDraws<'_>> = run.iter().map(|m| alone(m, d, level)).collect();
    ScenarioOutcome {
        id: s.id.clone(),
        title: s.title.clone(),
        note: s.note.clone(),
        changes: Vec::new(),
        together: pool.map(|p| summarise_together(&alone(p, d, level), &views)),
        markets: match pool {
            Some(_) => Vec::new(),
            None => views.iter().map(summarise).collect(),
        },
        worth: None,
    }
}

/// One draw as if there were no other.
pub(crate) fn alone(m: &InMarket, d: usize, level: f64) -> ScenarioDraws<'_> {
    ScenarioDraws {
        draws: std::slice::from_ref(&m.draws[d]),
        ..one_view(m, level, false)
    }
}

/// Draws of estimates, with the numbers at the estimates themselves.
fn at_estimates(m: &InMarket, level: f64) -> ScenarioDraws<'_> {
    ScenarioDraws {
        // Without draws there is the centre, and no interval.
        draws: if m.draws.is_empty() {
            std::slice::from_ref(&m.central)
        } else {
            &m.draws
        },
        ..one_view(m, level, true)
    }
}

/// The outcome of one scenario.
pub(crate) fn outcome(s: &ScenarioSpec, run: &[InMarket], level: f64) -> ScenarioOutcome {
    ScenarioOutcome {
        id: s.id.clone(),
        title: s.title.clone(),
        note: s.note.clone(),
        changes: describe_changes(s),
        together: None,
        markets: view(run, level).iter().map(summarise).collect(),
        worth: None,
    }
}
