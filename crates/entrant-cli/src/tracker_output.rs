//! The folder that a tracker writes.

use std::path::{Path, PathBuf};

use entrant::data::result::tracker::TrackerReport;
use entrant::io::write_text;
use entrant::report;
use serde_json::Value;

use crate::document::document;
use crate::failure::Failure;
use crate::output::{TABLES, is_leftover, names, refusal, write_tables};

/// The document.
const TRACKER: &str = "tracker.json";
/// Beginning of the names of its tables.
const PREFIX: &str = "tracker_";

/// A folder that a tracker may be written into.
#[derive(Debug)]
pub(crate) struct TrackerFolder {
    dir: PathBuf,
}

impl TrackerFolder {
    /// The folder, when it is new, empty, or holds nothing but an earlier tracker.
    pub(crate) fn claim(dir: &Path, force: bool) -> Result<Self, Failure> {
        match first_foreign(dir)? {
            Some(name) if !force => Err(refusal(dir, &name)),
            _ => Ok(TrackerFolder {
                dir: dir.to_owned(),
            }),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }

    /// Writes document and tables.
    pub(crate) fn write(&self, whole: &Value, report: &TrackerReport) -> Result<(), Failure> {
        write_text(&self.dir.join(TRACKER), &document(whole)?)?;
        write_tables(&self.dir, &report::tracker::tables(report))
    }
}

/// The first entry that a tracker did not write.
fn first_foreign(dir: &Path) -> Result<Option<String>, Failure> {
    let known = |name: &String| [TRACKER, TABLES].contains(&name.as_str()) || is_leftover(name);
    if let Some(name) = names(dir)?.into_iter().find(|name| !known(name)) {
        return Ok(Some(name));
    }
    let inside = names(&dir.join(TABLES))?.into_iter();
    let foreign = |name: &String| !name.starts_with(PREFIX) && !is_leftover(name);
    Ok(inside
        .filter(foreign)
        .map(|name| format!("{TABLES}/{name}"))
        .next())
}
