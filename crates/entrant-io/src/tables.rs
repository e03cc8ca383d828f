//! Tables of a study folder, by the ending of their names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use entrant_data::InputError;
use entrant_data::error::did_you_mean;
use entrant_data::table::{Column, Table};

use crate::csv_table::parse_csv;
use crate::fingerprint::fnv1a;
use crate::folder::Folder;
use crate::limits::Limits;
use crate::parquet_table::parse_parquet;

/// Reads the CSV or Parquet table `name` in the folder `dir`.
///
/// # Errors
///
/// Everything that keeps the file from being a table, with lines where there are lines.
pub fn read_table(dir: &Path, name: &str, limits: &Limits) -> Result<Table, Vec<InputError>> {
    let folder = Folder::open(dir).map_err(|e| vec![e])?;
    let table = Tables::new(folder, *limits, 0).read(name, "")?;
    Ok(Rc::unwrap_or_clone(table))
}

/// The tables of one study, each read once, and the running fingerprint of their bytes.
#[derive(Debug)]
pub(crate) struct Tables {
    /// Where tables are read from; `None` when all are given.
    folder: Option<Folder>,
    limits: Limits,
    hash: u64,
    names: Vec<String>,
    read: BTreeMap<String, Rc<Table>>,
    failed: BTreeSet<String>,
}

impl Tables {
    /// No table read yet; `hash` is the fingerprint so far.
    pub(crate) fn new(folder: Folder, limits: Limits, hash: u64) -> Self {
        Tables {
            folder: Some(folder),
            limits,
            hash,
            names: Vec::new(),
            read: BTreeMap::new(),
            failed: BTreeSet::new(),
        }
    }

    /// Tables that are in memory, under the names of their files; no other can be read.
    pub(crate) fn given(tables: Vec<Table>, hash: u64) -> Self {
        Tables {
            folder: None,
            limits: Limits::default(),
            hash: tables.iter().fold(hash, hashed),
            names: tables.iter().map(|t| t.file.clone()).collect(),
            read: (tables.into_iter())
                .map(|t| (t.file.clone(), Rc::new(t)))
                .collect(),
            failed: BTreeSet::new(),
        }
    }

    /// The table that the study names at `key`. A table that could not be read gives its
    /// mistakes once, and none when it is asked for again.
    pub(crate) fn read(&mut self, name: &str, key: &str) -> Result<Rc<Table>, Vec<InputError>> {
        if let Some(table) = self.read.get(name) {
            return Ok(Rc::clone(table));
        }
        if !self.failed.insert(name.to_owned()) {
            return Err(Vec::new());
        }
        let bytes = self.bytes(name, key).map_err(|e| vec![e])?;
        let table = Rc::new(parse_table(name, bytes, &self.limits)?);
        self.read.insert(name.to_owned(), Rc::clone(&table));
        Ok(table)
    }

    /// Names of the tables, in the order they were read.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Fingerprint of everything read so far.
    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    fn bytes(&mut self, name: &str, key: &str) -> Result<Vec<u8>, InputError> {
        let Some(folder) = &self.folder else {
            let known = self.read.keys().map(String::as_str);
            let hint = did_you_mean(name, known);
            let message = format!("no table `{name}` was given");
            return Err(InputError::at(key, message).value(name).hint(hint));
        };
        kind(name).map_err(|m| InputError::at(key, m).value(name))?;
        let bytes = folder.read(name, self.limits.table_bytes, key)?;
        self.hash = fnv1a(self.hash, &bytes);
        self.names.push(name.to_owned());
        Ok(bytes)
    }
}

/// Carries a fingerprint on over the names and cells of a table.
fn hashed(hash: u64, table: &Table) -> u64 {
    let columns = table.names.iter().zip(&table.columns);
    columns.fold(
        fnv1a(hash, table.file.as_bytes()),
        |hash, (name, column)| {
            let hash = fnv1a(fnv1a(hash, &[0]), name.as_bytes());
            match column {
                Column::Numbers(cells) => cells
                    .iter()
                    .fold(hash, |h, v| fnv1a(h, &v.to_bits().to_le_bytes())),
                Column::Text(cells) => cells
                    .iter()
                    .fold(hash, |h, v| fnv1a(fnv1a(h, &[0]), v.as_bytes())),
            }
        },
    )
}

/// Formats of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Csv,
    Parquet,
}

fn kind(name: &str) -> Result<Kind, String> {
    let ending = Path::new(name).extension().and_then(|e| e.to_str());
    match ending.map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => Ok(Kind::Csv),
        Some("parquet" | "pq") => Ok(Kind::Parquet),
        _ => Err("a table must be a `.csv` or `.parquet` file".into()),
    }
}

/// Reads the bytes of a CSV or Parquet table; the ending of `name` says which.
///
/// # Errors
///
/// Everything that keeps the bytes from being a table, with lines where there are lines.
pub fn parse_table(name: &str, bytes: Vec<u8>, limits: &Limits) -> Result<Table, Vec<InputError>> {
    match kind(name) {
        Ok(Kind::Csv) => parse_csv(name, &bytes, limits),
        Ok(Kind::Parquet) => parse_parquet(name, bytes, limits).map_err(|e| vec![e]),
        Err(m) => Err(vec![InputError::at("", m).value(name)]),
    }
}

/// Refuses column names that are empty or stand twice.
pub(crate) fn distinct(names: &[String]) -> Result<(), InputError> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (i, name) in names.iter().enumerate() {
        if name.is_empty() {
            let message = format!("column {} has no name", i + 1);
            return Err(InputError::at("", message).hint("name it, or leave it out"));
        }
        if let Some(first) = seen.insert(name, i) {
            let message = format!(
                "there is a column `{name}` twice, at {} and {}",
                first + 1,
                i + 1
            );
            return Err(InputError::at("", message).value(name));
        }
    }
    Ok(())
}
