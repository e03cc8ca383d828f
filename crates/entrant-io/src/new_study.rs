//! A small working study to start from.

use std::fs;
use std::path::{Path, PathBuf};

use crate::schema::study_schema;
use crate::write::{WriteError, write_text};

/// The files of a new study, beside its schema.
const FILES: [(&str, &str); 3] = [
    ("study.toml", include_str!("../templates/study.toml")),
    ("products.csv", include_str!("../templates/products.csv")),
    ("brands.csv", include_str!("../templates/brands.csv")),
];
/// The schema that the first line of the study file names.
const SCHEMA_FILE: &str = "study.schema.json";

/// Writes a small working study with comments into a folder that is new or empty, and returns
/// the files written.
///
/// # Errors
///
/// When the folder holds anything already, or cannot be written.
pub fn write_new_study(dir: &Path) -> Result<Vec<PathBuf>, WriteError> {
    refuse_used(dir)?;
    let schema = format!("{:#}\n", study_schema());
    let all = FILES
        .iter()
        .copied()
        .chain([(SCHEMA_FILE, schema.as_str())]);
    all.map(|(name, text)| {
        let path = dir.join(name);
        write_text(&path, text).map(|()| path)
    })
    .collect()
}

fn refuse_used(dir: &Path) -> Result<(), WriteError> {
    let mut entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        // It will be made.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(WriteError::new(dir, crate::folder::reason(&e))),
    };
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(WriteError::new(dir, "the folder is not empty")),
    }
}
