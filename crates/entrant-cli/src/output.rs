//! The folder that a run writes: which one, whether it may, and what stands in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use entrant::data::result::Results;
use entrant::io::{WriteError, read_results, write_text};
use entrant::report::{self, Paper};

use crate::document::document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::papers;
use crate::plain::shown;

/// Results, for programs and for making the rest again.
const RESULTS: &str = "results.json";
/// The page.
const PAGE: &str = "report.html";
/// Folder of the tables.
pub(crate) const TABLES: &str = "tables";

/// A folder that may be written into.
#[derive(Debug)]
pub(crate) struct OutputFolder {
    dir: PathBuf,
    /// Tables of an earlier run.
    earlier: BTreeSet<String>,
    /// Whether there are results of an earlier run.
    again: bool,
}

impl OutputFolder {
    /// The folder, when it is new, empty, or holds nothing but an earlier run's outputs.
    pub(crate) fn claim(dir: &Path, force: bool) -> Result<Self, Failure> {
        let entries = names(dir)?;
        let earlier = earlier_results(dir, &entries);
        let foreign = first_foreign(dir, &entries, earlier.as_ref())?;
        match foreign {
            Some(name) if !force => Err(refusal(dir, &name)),
            _ => Ok(OutputFolder {
                dir: dir.to_owned(),
                again: earlier.is_some(),
                earlier: earlier.as_ref().map(tables_of).unwrap_or_default(),
            }),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.dir
    }

    /// Writes everything, the short report in some formats too; the JSON is what standard output
    /// gets with `--json`.
    pub(crate) fn write(&self, results: &Results, more: &[Paper]) -> Result<(), Failure> {
        let page = report::page(results)?;
        let tables = report::tables(results);
        write_text(&self.dir.join(RESULTS), &document(results)?)?;
        write_tables(&self.dir, &tables)?;
        write_text(&self.dir.join(PAGE), &page)?;
        papers::write(&self.dir, more)?;
        if self.again {
            papers::remove_others(&self.dir, more)?;
        }
        let kept: BTreeSet<String> = tables.into_iter().map(|(name, _)| csv(&name)).collect();
        for name in self.earlier.difference(&kept) {
            remove(&self.dir.join(TABLES).join(name))?;
        }
        Ok(())
    }
}

/// Makes the page and the tables of a folder again, and the short report in some formats.
pub(crate) fn rebuild(dir: &Path, results: &Results, more: &[Paper]) -> Result<(), Failure> {
    let page = report::page(results)?;
    write_tables(dir, &report::tables(results))?;
    write_text(&dir.join(PAGE), &page)?;
    papers::write(dir, more)
}

/// `out/<name of the study>`, in the current folder.
pub(crate) fn default_folder(study: &Path) -> PathBuf {
    let full = study.canonicalize().unwrap_or_else(|_| study.to_owned());
    let named = match full.file_name() {
        Some(name) if name == "study.toml" => full.parent().and_then(Path::file_name),
        Some(_) if full.is_file() => full.file_stem(),
        name => name,
    };
    Path::new("out").join(named.unwrap_or("study".as_ref()))
}

pub(crate) fn write_tables(dir: &Path, tables: &[(String, String)]) -> Result<(), Failure> {
    for (name, text) in tables {
        write_text(&dir.join(TABLES).join(csv(name)), text)?;
    }
    Ok(())
}

fn csv(table: &str) -> String {
    format!("{table}.csv")
}

/// The results of the run that wrote here; `None` when there are none.
fn earlier_results(dir: &Path, entries: &[String]) -> Option<Results> {
    entries.iter().find(|name| *name == RESULTS)?;
    read_results(dir).ok()
}

/// Names of the files of the tables of results.
fn tables_of(results: &Results) -> BTreeSet<String> {
    let all = report::tables(results).into_iter();
    all.map(|(name, _)| csv(&name)).collect()
}

/// The first entry that an earlier run did not write. Without results of an earlier run there
/// is no telling, so it is any entry, and first of all results that cannot be read.
fn first_foreign(
    dir: &Path,
    entries: &[String],
    earlier: Option<&Results>,
) -> Result<Option<String>, Failure> {
    let Some(results) = earlier else {
        let results = entries.iter().find(|name| *name == RESULTS);
        return Ok(results.or(entries.first()).cloned());
    };
    let known = |name: &str| {
        [RESULTS, PAGE, TABLES].contains(&name) || is_leftover(name) || papers::is_paper(name)
    };
    if let Some(name) = entries.iter().find(|name| !known(name)) {
        return Ok(Some(name.clone()));
    }
    let (inside, tables) = (names(&dir.join(TABLES))?, tables_of(results));
    let foreign = inside
        .iter()
        .find(|n| !tables.contains(*n) && !is_leftover(n));
    match foreign {
        Some(name) => Ok(Some(format!("{TABLES}/{name}"))),
        None => papers::first_foreign(dir, results),
    }
}

/// Half a file of a run that was killed.
pub(crate) fn is_leftover(name: &str) -> bool {
    name.starts_with('.') && Path::new(name).extension().is_some_and(|e| e == "tmp")
}

/// Names in a folder, in order; none when it is not there.
pub(crate) fn names(dir: &Path) -> Result<Vec<String>, Failure> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let cannot = |e: std::io::Error| {
        let hint = "choose another folder with `--out`";
        Failure::new(
            Exit::BadInput,
            format!("cannot write into `{}`: {e}", shown(dir)),
            hint,
        )
    };
    let entries = dir.read_dir().map_err(cannot)?;
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.map(|e| e.file_name().to_string_lossy().into_owned())
    };
    let mut names = entries
        .map(name)
        .collect::<Result<Vec<_>, _>>()
        .map_err(cannot)?;
    names.sort();
    Ok(names)
}

pub(crate) fn remove(path: &Path) -> Result<(), WriteError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(WriteError {
            path: path.to_owned(),
            cause: e.to_string(),
        }),
        _ => Ok(()),
    }
}

pub(crate) fn refusal(dir: &Path, name: &str) -> Failure {
    let message = format!(
        "`{}` holds `{name}`, which no earlier run of this version wrote",
        shown(dir)
    );
    let hint = "choose another folder with `--out`, or write beside it with `--force`";
    Failure::new(Exit::BadInput, message, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_named_after_the_study() {
        assert_eq!(
            default_folder(Path::new("no/such-study")),
            Path::new("out/such-study")
        );
        assert_eq!(
            default_folder(Path::new("no/such/study.toml")),
            Path::new("out/such")
        );
    }

    #[test]
    fn leftovers_are_hidden_temporaries() {
        assert!(is_leftover(".results.json.17.0.tmp"));
        assert!(!is_leftover("notes.tmp") && !is_leftover(".git"));
    }
}
