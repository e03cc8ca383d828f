//! Reconciles what several sources say about a market: units, shares, ranks and growth by
//! vendor, country and quarter, with ranges that say how far the sources leave them open.
//!
//! [`track`] takes the validated tables of a tracker to its report. Statements become readings
//! of shares and of the size of the market (`readings`); sources have errors that stay and
//! errors that pass ([`pooling`]), as large as their figures are apart ([`spread`]); everything
//! that is shown (ranks, growth, concentration, overtakings) is arithmetic on the reconciled
//! shares and on joint draws of them.

mod companies;
mod concentration;
mod findings;
mod growth;
mod overtaking;
pub mod pooling;
mod prices;
mod quarter;
mod readings;
mod reconcile;
pub mod spread;
pub mod transfer;
mod value;

use entrant_data::result::tracker::{TrackedCountry, TrackerReport};
use entrant_data::tracker::Tracker;

pub use companies::entry_value;

use crate::pooling::Series;
use crate::reconcile::{Basis, Prepared, prepare, reconcile};

/// What the numbers depend on beside the tables.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Number of draws behind intervals; at least 1.
    pub draws: usize,
    /// Seed.
    pub seed: u64,
    /// Probability that intervals cover, in (0, 1).
    pub level: f64,
}

/// Most draws: more show nothing.
const DRAWS: usize = 4000;

/// How figures are reconciled, for the reader.
const METHOD: [&str; 6] = [
    "Each statement is a share, or units over the same source's size of the market, which is stated or follows from the units and shares of its vendors. A later publication of a source replaces an earlier one, unless it repeats it in fewer digits.",
    "A source's share of a vendor is the true share, plus an error of that source on that vendor which stays from quarter to quarter, plus one that does not, plus rounding. Both errors are proportional to the square root of s(1 − s) and independent over vendors; how large they are follows from how far sources are apart in this country, or in all countries where it has fewer than three comparisons.",
    "Reconciled figures are posterior means; intervals are over draws of them and of the size of the errors, widened by the Birge ratio where sources are further apart than they usually are. A vendor with one source gets the error of a source as its range. With fewer than three comparisons in all countries there are no ranges.",
    "Errors that all sources share cannot be seen in how far they are apart, and are in no interval.",
    "Units are shares times the size of the market, reconciled in the same way in logarithms, so that vendors and everybody unnamed add up to it in every draw. Quarters without statements are left out, never filled in.",
    "Sources that name three vendors or more are taken to name the largest three; without such a list there are no ranks and no concentration.",
];

/// Reconciles a tracker.
pub fn track(tracker: &Tracker, settings: Settings) -> TrackerReport {
    let settings = Settings {
        draws: settings.draws.clamp(1, DRAWS),
        ..settings
    };
    let countries: Vec<Prepared> = readings::by_country(&tracker.statements)
        .into_iter()
        .map(prepare)
        .collect();
    let all_shares: Vec<&Series> = countries.iter().flat_map(shares_of).collect();
    let all_totals: Vec<&Series> = countries.iter().map(|c| &c.total.series).collect();
    let mut findings = findings::Found::default();
    let mut tracked = Vec::new();
    for prepared in &countries {
        let own: Vec<&Series> = shares_of(prepared).collect();
        let shares = Basis::of(&own, &all_shares);
        let totals = Basis::of(&[&prepared.total.series], &all_totals);
        tracked.push(country(prepared, &shares, &totals, settings, &mut findings));
    }
    TrackerReport {
        method: METHOD.map(String::from).to_vec(),
        notes: tracker.notes.clone(),
        currency: tracker.currency.clone(),
        countries: tracked,
        companies: companies::companies(&tracker.facts),
        entry_value: Vec::new(),
        findings: findings.finish(),
    }
}

fn shares_of(prepared: &Prepared) -> impl Iterator<Item = &Series> {
    prepared.shares.iter().map(|s| &s.series)
}

fn country(
    prepared: &Prepared,
    shares: &Basis,
    totals: &Basis,
    settings: Settings,
    findings: &mut findings::Found,
) -> TrackedCountry {
    let readings = &prepared.readings;
    let reconciled = reconcile(prepared, shares, totals, settings);
    let found = TrackedCountry {
        country: readings.country.clone(),
        sources: readings.sources.clone(),
        disagreement: shares.of_shares(prepared, settings),
        total_disagreement: totals.of_totals(prepared, settings),
        quarters: quarter::quarters(readings, &reconciled, settings.level),
        missing: quarter::missing(&readings.quarters),
        overtakings: overtaking::overtakings(readings, &reconciled, settings.level),
        prices: prices::prices(readings),
    };
    findings.country(readings, &reconciled, &found);
    found
}
