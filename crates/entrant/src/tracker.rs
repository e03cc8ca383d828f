//! The market tracker, by itself or beside the scenarios of a study.

use entrant_data::result::Results;
use entrant_data::result::tracker::TrackerReport;
use entrant_data::tracker::Tracker;
use entrant_io::LoadedTracker;
use entrant_track::Settings;

use crate::pipeline::RunOptions;

/// Reconciles the tracker of a study.
pub fn track(loaded: &LoadedTracker, options: RunOptions) -> TrackerReport {
    let own = &loaded.settings;
    let settings = Settings {
        draws: options.draws.unwrap_or(own.draws),
        seed: options.seed.unwrap_or(own.seed),
        level: own.level,
    };
    entrant_track::track(&loaded.tracker, settings)
}

/// Adds the tracker to the results of a run: its report, what each scenario's entry adds to the
/// company that enters, and its diagnostics.
pub(crate) fn add(results: &mut Results, tracker: &Tracker) {
    let settings = Settings {
        draws: results.settings.draws,
        seed: results.settings.seed,
        level: results.settings.level,
    };
    let mut report = entrant_track::track(tracker, settings);
    report.entry_value = entrant_track::entry_value(&report, results, tracker.periods_per_year);
    results.findings.extend(report.findings.iter().cloned());
    results.tracker = Some(Box::new(report));
}
