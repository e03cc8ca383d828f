//! The market tracker of a study: its statements and its facts about companies.

mod cells;
mod companies;
mod duplicates;
mod statements;

use std::path::Path;

use entrant_data::InputError;
use entrant_data::spec::{Settings, TrackerSpec, TransferSpec};
use entrant_data::tracker::{Statement, Tracker};
use serde::Deserialize;

use crate::limits::Limits;
use crate::problems::Problems;
use crate::source::StudySource;
use crate::study_file::{files, open, read_table, tables_of};
use crate::tables::Tables;

/// Largest number of periods in a year.
const PERIODS: f64 = 366.0;

/// What a tracker needs of a study file; everything else in it is left to other commands.
#[derive(Debug, Deserialize)]
struct TrackerFile {
    title: String,
    #[serde(default)]
    currency: Option<String>,
    tracker: Option<TrackerSpec>,
    #[serde(default)]
    settings: TrackerSettings,
}

/// Settings of a study of either kind that a tracker uses.
#[derive(Debug, Default, Deserialize)]
struct TrackerSettings {
    draws: Option<usize>,
    seed: Option<u64>,
    level: Option<f64>,
}

/// A tracker, read and checked, with what goes with it.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedTracker {
    /// Title of the study.
    pub title: String,
    /// Its statements and facts.
    pub tracker: Tracker,
    /// Draws, seed and level.
    pub settings: Settings,
    /// FNV-1a, 64 bits, of the study file and the tracker's tables.
    pub fingerprint: String,
    /// The study file and the tracker's tables.
    pub files: Vec<String>,
    /// Text of the study file, for placing mistakes that are found later.
    pub source: StudySource,
}

/// Reads the tracker of the study in a folder, or at the path of a `.toml` file. Of the study
/// file it reads `title`, `currency`, `[tracker]` and `[settings]` and nothing else: a folder
/// with these alone will do.
///
/// # Errors
///
/// All mistakes in these parts and the tracker's tables, in file and line order.
pub fn read_tracker(dir: &Path) -> Result<LoadedTracker, Vec<InputError>> {
    let limits = Limits::default();
    let (folder, source) = open(dir, &limits).map_err(|e| vec![e])?;
    let file: TrackerFile = source.parse_as().map_err(|e| vec![e])?;
    let Some(spec) = file.tracker else {
        let hint = "add `[tracker]` with `statements = \"tracker.csv\"`; docs/tracker.md";
        let none = InputError::at("", "this study has no `[tracker]` table").hint(hint);
        return Err(vec![source.place(none)]);
    };
    let mut tables = tables_of(folder, &source, &limits);
    let mut problems = Problems::default();
    let currency = file.currency.unwrap_or_else(|| "USD".into());
    let settings = settings(&file.settings, &mut problems);
    match bind_tracker(&spec, &currency, &mut tables, &mut problems) {
        Some(tracker) if problems.is_empty() => Ok(LoadedTracker {
            title: file.title,
            tracker,
            settings,
            fingerprint: format!("{:016x}", tables.hash()),
            files: files(&source, &tables),
            source,
        }),
        _ => Err(problems.finish(|e| source.place(e))),
    }
}

fn settings(written: &TrackerSettings, problems: &mut Problems) -> Settings {
    let own = Settings::default();
    let level = written.level.unwrap_or(own.level);
    if !(level > 0.0 && level < 1.0) {
        problems.at("settings.level", "must lie between 0 and 1");
    }
    let draws = written.draws.unwrap_or(own.draws);
    if draws == 0 {
        problems.at("settings.draws", "must be at least 1");
    }
    Settings {
        draws,
        seed: written.seed.unwrap_or(own.seed),
        level,
    }
}

/// Reads the table of shares behind a transfer.
pub(crate) fn bind_transfer(
    spec: &TransferSpec,
    tables: &mut Tables,
    problems: &mut Problems,
) -> Option<Vec<Statement>> {
    let table = read_table(tables, &spec.statements, "transfer.statements", problems);
    statements::read(table?.as_ref(), problems)
}

/// Reads the tables of a tracker.
pub(crate) fn bind_tracker(
    spec: &TrackerSpec,
    currency: &str,
    tables: &mut Tables,
    problems: &mut Problems,
) -> Option<Tracker> {
    if !(spec.periods_per_year > 0.0 && spec.periods_per_year <= PERIODS) {
        let message = format!("must be above 0 and at most {PERIODS}");
        problems.at("tracker.periods_per_year", message);
    }
    let statements = read_table(tables, &spec.statements, "tracker.statements", problems);
    let companies = spec.companies.as_ref();
    let companies = companies.and_then(|n| read_table(tables, n, "tracker.companies", problems));
    let facts = companies.and_then(|t| companies::read(t.as_ref(), currency, problems));
    let statements = statements::read(statements?.as_ref(), problems)?;
    Some(Tracker {
        statements,
        facts: facts.unwrap_or_default(),
        notes: spec.notes.clone(),
        currency: currency.to_owned(),
        periods_per_year: spec.periods_per_year,
    })
}
