//! An economy at the central values and at every draw, whatever it came from.

use entrant_data::result::Estimate;
use entrant_data::spec::{EnterSpec, ScenarioSpec, Study};
use entrant_data::{Draws, Status};

use super::Economy;

/// An economy at the central values and at every draw.
#[derive(Clone, Copy)]
pub(crate) struct Economies<'a> {
    /// At the central values, or at the estimates.
    pub(crate) central: &'a Economy,
    /// Number of draws.
    pub(crate) draws: usize,
    /// The economy at a draw; `None` where it cannot be had.
    pub(crate) again: &'a (dyn Fn(usize) -> Option<Economy> + Sync),
    /// Level of intervals.
    pub(crate) level: f64,
    /// Whether draws are those of estimates: numbers then stand at the estimates themselves.
    pub(crate) centred: bool,
}

impl Economies<'_> {
    /// A number from its draws; without any it is the central one.
    pub(crate) fn estimate(&self, draws: Vec<f64>, central: f64, status: Status) -> Estimate {
        if draws.is_empty() {
            return Draws::new(vec![central]).estimate(self.level, status);
        }
        let found = Draws::new(draws).estimate(self.level, status);
        if self.centred {
            found.at_estimates(central)
        } else {
            found
        }
    }
}

/// A scenario of the study, none when not named, in which these entrants come in as well; those
/// that it does not bring reach everybody. Names that are no entrant's are left out.
pub(crate) fn with_entrants<'p>(
    study: &Study,
    id: Option<&String>,
    products: impl Iterator<Item = &'p str>,
) -> ScenarioSpec {
    let base = study.scenario.iter().find(|s| Some(&s.id) == id);
    let mut scenario = base.cloned().unwrap_or_default();
    let entered = |id: &str| {
        let mut all = scenario.enter.iter().flat_map(|e| &e.products);
        all.any(|p| p == id)
    };
    let new = |id: &str| study.entrant.iter().any(|e| e.id == id);
    let missing: Vec<String> = products
        .filter(|id| new(id) && !entered(id))
        .map(str::to_owned)
        .collect();
    if !missing.is_empty() {
        scenario.enter.push(EnterSpec {
            products: missing,
            markets: Vec::new(),
            segments: None,
            aware: None,
            price: None,
        });
    }
    scenario
}
