//! The folder that an estimation writes.

use std::path::{Path, PathBuf};

use entrant::estimation::EstimatedFit;
use entrant::io::{read_estimate, write_text};
use entrant::report::{self, Paper};

use crate::document::document;
use crate::failure::Failure;
use crate::output::{TABLES, is_leftover, names, refusal, remove, write_tables};
use crate::papers::{self, is_paper};

/// The document.
const ESTIMATE: &str = "estimate.json";
/// Evaluations so far, while an estimation is under way.
const CHECKPOINT: &str = "checkpoint";
/// What the folder of tables holds.
const OURS: [&str; 8] = [
    "covariance.csv",
    "market_outcomes.csv",
    "micro_moments.csv",
    "pairs.csv",
    "parameters.csv",
    "product_outcomes.csv",
    "products.csv",
    "tests.csv",
];

/// A folder that estimates may be written into.
#[derive(Debug)]
pub(crate) struct EstimateFolder {
    dir: PathBuf,
}

impl EstimateFolder {
    /// The folder, when it is new, empty, or holds nothing but an earlier estimation's outputs.
    pub(crate) fn claim(dir: &Path, force: bool) -> Result<Self, Failure> {
        match first_foreign(dir)? {
            Some(name) if !force => Err(refusal(dir, &name)),
            _ => Ok(EstimateFolder {
                dir: dir.to_owned(),
            }),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }

    /// Where evaluations are kept when nothing else is said.
    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.dir.join(CHECKPOINT)
    }

    /// Writes document, tables and what was asked for in other formats.
    pub(crate) fn write(&self, fitted: &EstimatedFit, more: &[Paper]) -> Result<(), Failure> {
        papers::write(&self.dir, more)?;
        if self.dir.join(ESTIMATE).is_file() {
            // An earlier estimation stands here, and its reports are not of this one.
            papers::remove_others(&self.dir, more)?;
        }
        write_text(&self.dir.join(ESTIMATE), &document(&fitted.report)?)?;
        let tables = report::estimation::tables(&fitted.report, &fitted.products);
        let following = report::conclusions::tables(&fitted.report, &fitted.following);
        let tables = [tables, following].concat();
        write_tables(&self.dir, &tables)?;
        for name in OURS {
            let is = |(table, _): &(String, String)| name.strip_suffix(".csv") == Some(table);
            if !tables.iter().any(is) {
                remove(&self.dir.join(TABLES).join(name))?;
            }
        }
        Ok(())
    }

    /// Removes the checkpoint of an estimation that is done.
    pub(crate) fn remove_checkpoint(&self) -> Result<(), Failure> {
        Ok(remove(&self.checkpoint())?)
    }
}

/// The first entry that an estimation did not write.
fn first_foreign(dir: &Path) -> Result<Option<String>, Failure> {
    let entries = names(dir)?;
    let is = |name: &str| entries.iter().any(|e| e == name);
    if is(ESTIMATE) && read_estimate(dir).is_err() {
        return Ok(Some(ESTIMATE.into()));
    }
    if !is(ESTIMATE) && !is(CHECKPOINT) {
        return Ok(entries.first().cloned());
    }
    let known = |name: &str| {
        [ESTIMATE, CHECKPOINT, TABLES].contains(&name) || is_leftover(name) || is_paper(name)
    };
    if let Some(name) = entries.iter().find(|name| !known(name)) {
        return Ok(Some(name.clone()));
    }
    let inside = names(&dir.join(TABLES))?;
    let foreign = inside
        .iter()
        .find(|n| !OURS.contains(&n.as_str()) && !is_leftover(n));
    Ok(foreign.map(|name| format!("{TABLES}/{name}")))
}
