//! Markets that were written down with the results of a run, solved again by the functions of
//! the run: what stands behind the sliders of a page.

mod record;

use std::cell::OnceCell;

use entrant_data::result::Estimate;
use entrant_data::result::MarketOutcome;
use entrant_data::result::live::{
    LiveDraw, LiveInput, LiveMarket, LiveModel, LiveTerms, LiveWorth,
};
use entrant_data::spec::ScenarioSpec;
use entrant_data::{Distribution, InputError, Status};
use entrant_market::Market;
use entrant_market::equilibrium::Effort;

pub use record::{draw as record_draw, market as record_market};

use crate::edit::change;
use crate::premises::Premises;
use crate::run::{Before, MarketDraw, RunSettings};
use crate::solve::{Solved, solve_after};
use crate::summary::{ProductFacts, ScenarioDraws, summarise};
use crate::worth::{Terms, firm_profit, ledger};

/// First and second order of every solution, and nothing that takes longer.
const SETTINGS: RunSettings = RunSettings {
    effort: Effort::Local,
    diversion: false,
};

/// Markets that can be solved again.
#[derive(Debug, Clone)]
pub struct Live {
    model: LiveModel,
    places: Vec<Place>,
}

/// One market at the central values, and in each draw that is kept. A draw is restored when it is
/// first asked for: a page shows the central values before it has any.
#[derive(Debug, Clone)]
struct Place {
    central: Known,
    draws: Vec<OnceCell<Option<Known>>>,
}

/// A market as it is today.
#[derive(Debug, Clone)]
struct Known {
    market: Market,
    before: Before,
    premises: Premises,
}

/// A what-if in one market: solved at the central values, and in as many draws as one likes.
#[derive(Debug, Clone)]
pub struct WhatIf {
    place: usize,
    scenario: ScenarioSpec,
    facts: Vec<ProductFacts>,
    central: Solved,
    draws: Vec<MarketDraw>,
}

/// What a what-if found.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Draws that are solved.
    pub done: usize,
    /// Draws that are kept.
    pub of: usize,
    /// The market after it; every number also says what it is at the central values.
    pub outcome: MarketOutcome,
    /// What the entry is worth, were every period like this one, when the study asks.
    pub worth: Option<Steady>,
}

/// What an entry is worth, were every period like the first but for growth.
#[derive(Debug, Clone, PartialEq)]
pub struct Steady {
    /// Firm.
    pub firm: String,
    /// Number of periods.
    pub periods: u32,
    /// What the firm earns more per period than without the changes, less the cost of being there.
    pub period: Estimate,
    /// The same of all periods, discounted.
    pub discounted: Estimate,
    /// Less the cost of entering.
    pub value: Estimate,
}

impl Live {
    /// The markets of a model.
    ///
    /// # Errors
    /// When lists that belong together have different lengths.
    pub fn new(model: LiveModel) -> Result<Self, InputError> {
        let places = model.markets.iter().map(|m| Place::new(&model, m));
        let places = places.collect::<Result<_, _>>()?;
        Ok(Live { model, places })
    }

    /// Solves a what-if in a market (by position) at the central values.
    ///
    /// # Errors
    /// When a change names something that is not there or contradicts another.
    pub fn start(&self, place: usize, scenario: &ScenarioSpec) -> Result<WhatIf, InputError> {
        let here = self.places.get(place).ok_or_else(|| {
            let message = format!("there is no market {place}");
            InputError::at("live.market", message)
        })?;
        let known = self.resolved(scenario, None)?;
        let central = here.central.solve(&known, None)?;
        Ok(WhatIf {
            place,
            scenario: scenario.clone(),
            facts: ProductFacts::of(&here.central.market, &central.after),
            central,
            draws: Vec::new(),
        })
    }

    /// Solves at most `count` more of its draws, near the central solution. A draw in which
    /// the changes contradict themselves counts as lost. Says how many are solved, and of how many.
    pub fn more(&self, what_if: &mut WhatIf, count: usize) -> (usize, usize) {
        let place = &self.places[what_if.place];
        let done = what_if.draws.len();
        for d in done..place.draws.len().min(done + count) {
            let solved = self.in_draw(what_if, d);
            let lost = |_| Solved::failed(&what_if.central.draw, Status::NotConverged);
            what_if.draws.push(solved.unwrap_or_else(lost));
        }
        (what_if.draws.len(), place.draws.len())
    }

    fn in_draw(&self, what_if: &WhatIf, d: usize) -> Result<MarketDraw, InputError> {
        let near = &what_if.central;
        let Some(known) = self.known(what_if.place, d) else {
            return Ok(Solved::failed(&near.draw, Status::NotConverged));
        };
        let scenario = self.resolved(&what_if.scenario, Some(d))?;
        Ok(known.solve(&scenario, Some(near))?.draw)
    }

    /// The market in a draw; nothing for one that was lost.
    fn known(&self, place: usize, d: usize) -> Option<&Known> {
        let market = &self.model.markets[place];
        let draw = &market.draws[d];
        let restored = || {
            let kept = draw.status.is_usable();
            kept.then(|| Known::new(&self.model, market, draw))
        };
        self.places[place].draws[d].get_or_init(restored).as_ref()
    }

    /// What is known of it so far; without draws there is the centre, and no interval.
    pub fn answer(&self, what_if: &WhatIf) -> Answer {
        let place = &self.model.markets[what_if.place];
        let draws = if what_if.draws.is_empty() {
            std::slice::from_ref(&what_if.central.draw)
        } else {
            &what_if.draws
        };
        let view = ScenarioDraws {
            market: &place.id,
            products: &what_if.facts,
            central: &what_if.central.draw,
            draws,
            level: self.model.level,
            centred: true,
        };
        Answer {
            done: what_if.draws.len(),
            of: place.draws.len(),
            outcome: summarise(&view),
            // Money of several markets is not added up here.
            worth: self
                .model
                .worth
                .as_ref()
                .filter(|_| self.places.len() == 1)
                .map(|w| steady(w, &view, what_if.draws.is_empty())),
        }
    }

    /// The scenario with every quantity known, at the central values or at a draw.
    fn resolved(
        &self,
        scenario: &ScenarioSpec,
        draw: Option<usize>,
    ) -> Result<ScenarioSpec, InputError> {
        let mut known = scenario.clone();
        let mut missing = None;
        known.visit_quantities(&mut |name, q| {
            let key = match &q.distribution {
                Distribution::Known(_) => return,
                Distribution::Input(input) => input.as_str(),
                _ => name,
            };
            let input = self.model.inputs.iter().find(|i| i.name == key);
            match input.and_then(|i| value(i, draw)) {
                Some(v) => q.distribution = Distribution::Known(v),
                None => missing = Some(key.to_owned()),
            }
        });
        match missing {
            None => Ok(known),
            Some(key) => Err(InputError::at("scenario", format!("no input `{key}`"))),
        }
    }
}

fn value(input: &LiveInput, draw: Option<usize>) -> Option<f64> {
    match draw {
        None => Some(input.central),
        Some(d) => input.draws.get(d).copied(),
    }
}

impl Place {
    fn new(model: &LiveModel, place: &LiveMarket) -> Result<Self, InputError> {
        let mut all = std::iter::once(&place.central).chain(&place.draws);
        if !all.all(|draw| record::fits(model, place, draw)) {
            let message = format!("a draw of market `{}` does not fit its lists", place.id);
            return Err(InputError::at("live.markets", message));
        }
        Ok(Place {
            central: Known::new(model, place, &place.central),
            draws: vec![OnceCell::new(); place.draws.len()],
        })
    }
}

impl Known {
    /// A market whose lists fit.
    fn new(model: &LiveModel, place: &LiveMarket, draw: &LiveDraw) -> Self {
        let (market, premises) = record::restore(model, place, draw);
        Known {
            before: Before::new(&market),
            market,
            premises,
        }
    }

    fn solve(&self, scenario: &ScenarioSpec, near: Option<&Solved>) -> Result<Solved, InputError> {
        let after = change(&self.market, scenario, &self.premises)?;
        Ok(solve_after(&self.before, after, near, SETTINGS))
    }
}

/// Adds up the money of a firm, were every period like this one.
fn steady(worth: &LiveWorth, view: &ScenarioDraws<'_>, centre_alone: bool) -> Steady {
    let alone = ScenarioDraws {
        draws: std::slice::from_ref(view.central),
        ..*view
    };
    let central = earned(&alone, worth)[0];
    let (draws, terms) = if centre_alone {
        (vec![central], std::slice::from_ref(&worth.central))
    } else {
        (earned(view, worth), worth.draws.as_slice())
    };
    let status = view.status();
    let estimate = |f: &dyn Fn(f64, &LiveTerms) -> f64| {
        let each = draws.iter().zip(terms).map(|(p, t)| f(*p, t));
        let found = entrant_data::Draws::new(each.collect()).estimate(view.level, status);
        found.at_estimates(f(central, &worth.central))
    };
    let discounted = |profit: f64, t: &LiveTerms| {
        if profit.is_finite() {
            ledger(&[profit], terms_of(t), worth.periods, 0).break_even
        } else {
            f64::NAN
        }
    };
    Steady {
        firm: worth.firm.clone(),
        periods: worth.periods,
        period: estimate(&|p, t| p - t.running),
        discounted: estimate(&discounted),
        value: estimate(&|p, t| discounted(p, t) - t.fixed_cost),
    }
}

/// What the firm earns more per period than before, in each draw.
fn earned(view: &ScenarioDraws<'_>, worth: &LiveWorth) -> Vec<f64> {
    let before = view.draws_of(|d| {
        let own = |j: &usize| {
            let p = &view.products[*j];
            p.firm_before == worth.firm && !p.entrant
        };
        let one = |j: usize| d.size * d.share_before[j] * (d.price_before[j] - d.cost_before[j]);
        (0..view.products.len()).filter(own).map(one).sum()
    });
    let after = firm_profit(view, &worth.firm);
    before.zip(&after, |b, a| a - b).values().to_vec()
}

fn terms_of(t: &LiveTerms) -> Terms {
    Terms {
        discount: t.discount,
        growth: t.growth,
        running: t.running,
        fixed_cost: t.fixed_cost,
    }
}
