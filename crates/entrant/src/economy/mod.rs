//! The economy: markets at known parameters, whatever they came from, and scenarios on them.
//!
//! A calibration and an estimation each make an [`Economy`] at the central values and one for
//! every draw; everything behind it is the same for both.

mod again;
mod draws;
mod outcome;
mod solve;

use entrant_data::Status;
use entrant_data::spec::Study;
use entrant_market::{Market, QualityModel};
use entrant_scenario::Context;

use crate::draw::Calibrated;
use crate::inputs::Resolved;

pub(crate) use again::{Economies, with_entrants};
pub(crate) use draws::{in_threads, over_draws};
pub(crate) use entrant_scenario::Solved;
pub(crate) use outcome::{
    InMarket, alone, outcome, outcome_in_draw, outcomes, pooled, regroup, told, view,
};
pub(crate) use solve::{in_draw, lost, solve_central, solve_scenario};

/// Markets at known parameters, and what scenarios read beside them.
#[derive(Debug, Clone)]
pub struct Economy {
    /// The study with every quantity known, and the panel.
    pub resolved: Resolved,
    /// Markets, in the order of the panel.
    pub places: Vec<Place>,
}

/// One market of an economy.
#[derive(Debug, Clone)]
pub struct Place {
    /// What became of its parameters; it may be used only with a usable one.
    pub status: Status,
    /// The market.
    pub market: Market,
    /// What characteristics and brands are worth in it.
    pub quality: QualityModel,
    /// The study where it says something else in this market (characteristics of entrants in the
    /// terms of a formula).
    pub study: Option<Box<Study>>,
}

impl Economy {
    /// The economy of calibrated markets.
    pub fn calibrated(resolved: Resolved, markets: &[Calibrated]) -> Self {
        let place = |c: &Calibrated| Place {
            status: c.calibration.status,
            market: c.calibration.market.clone(),
            quality: c.quality.clone(),
            study: None,
        };
        Economy {
            places: markets.iter().map(place).collect(),
            resolved,
        }
    }

    /// What a scenario reads in market `t`.
    pub fn context(&self, t: usize) -> Context<'_> {
        let (resolved, place) = (&self.resolved, &self.places[t]);
        Context {
            study: place.study.as_deref().unwrap_or(&resolved.study),
            panel: &resolved.panel.markets[t],
            characteristics: &resolved.panel.characteristics,
            quality: &place.quality,
            draw: &resolved.quality,
        }
    }
}
