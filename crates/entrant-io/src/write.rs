//! Writing so that a reader sees the old file or the new one, never half of one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use entrant_data::InputError;
use entrant_data::result::{Results, SCHEMA};
use serde::Deserialize;

use crate::fingerprint::fingerprint;
use crate::folder::{read_capped, reason};

/// Name of the results in an output folder.
const RESULTS_FILE: &str = "results.json";
/// Largest results that are read back.
const RESULTS_BYTES: u64 = 512 << 20;
/// Longest readable part of a file name, in characters.
const SLUG_CHARS: usize = 40;

/// A file or folder that could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot write `{}`: {cause}", path.display())]
pub struct WriteError {
    /// What was to be written.
    pub path: PathBuf,
    /// Why it could not be.
    pub cause: String,
}

impl WriteError {
    pub(crate) fn new(path: &Path, cause: impl Into<String>) -> Self {
        WriteError {
            path: path.to_owned(),
            cause: cause.into(),
        }
    }

    fn io(path: &Path) -> impl Fn(io::Error) -> Self {
        move |e| WriteError::new(path, reason(&e))
    }
}

/// Writes `results.json` into a folder, which is made when it is not there.
///
/// # Errors
///
/// When the folder or the file cannot be written; an older file is then as it was.
pub fn write_results(dir: &Path, results: &Results) -> Result<PathBuf, WriteError> {
    let path = dir.join(RESULTS_FILE);
    let text =
        serde_json::to_string_pretty(results).map_err(|e| WriteError::new(&path, e.to_string()))?;
    write_text(&path, &(text + "\n"))?;
    Ok(path)
}

/// Writes a text file whole or not at all: into a new file beside it that then takes its name.
/// Folders on the way are made.
///
/// # Errors
///
/// When it cannot be written; an older file is then as it was.
pub fn write_text(path: &Path, text: &str) -> Result<(), WriteError> {
    write_bytes(path, text.as_bytes())
}

/// The same for a file of bytes.
///
/// # Errors
///
/// When it cannot be written; an older file is then as it was.
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    if path.is_dir() {
        return Err(WriteError::new(path, "it is a folder"));
    }
    let dir = folder_of(path)?;
    fs::create_dir_all(dir).map_err(WriteError::io(dir))?;
    let (temporary, file) = create_beside(path)?;
    let written = fill(file, bytes).and_then(|()| fs::rename(&temporary, path));
    if let Err(cause) = written {
        // The name is this call's own, so nothing of anybody else's can go.
        let _ = fs::remove_file(&temporary);
        return Err(WriteError::new(path, reason(&cause)));
    }
    sync_folder(dir).map_err(WriteError::io(path))
}

/// Writes a new text file that only its owner may read, in place of one of that name.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), WriteError> {
    let dir = folder_of(path)?;
    fs::create_dir_all(dir).map_err(WriteError::io(dir))?;
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(WriteError::io(path)(e)),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(WriteError::io(path))?;
    fill(file, text.as_bytes()).map_err(WriteError::io(path))
}

/// Removes a folder in which nothing is left; one that holds something stays as it is.
pub fn remove_if_empty(dir: &Path) {
    let _ = fs::remove_dir(dir);
}

fn folder_of(path: &Path) -> Result<&Path, WriteError> {
    match (path.file_name(), path.parent()) {
        (Some(_), Some(dir)) if !dir.as_os_str().is_empty() => Ok(dir),
        (Some(_), _) => Ok(Path::new(".")),
        _ => Err(WriteError::new(path, "it names no file")),
    }
}

/// A new file in the same folder, under a name that nobody else uses.
fn create_beside(path: &Path) -> Result<(PathBuf, File), WriteError> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let own = format!(".{name}.{}.{count}.tmp", std::process::id());
    let temporary = path.with_file_name(own);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&temporary);
    Ok((temporary, file.map_err(WriteError::io(path))?))
}

fn fill(mut file: File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// The new name is in the folder, so the folder must reach the disk as well.
#[cfg(unix)]
fn sync_folder(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// A file name for an id: its letters and digits for the reader, a hash for uniqueness, and
/// nothing that means anything to a file system. `ending` comes without a dot.
pub fn file_name(id: &str, ending: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let slug: String = id.chars().map(plain).collect();
    let words: Vec<&str> = slug.split('-').filter(|w| !w.is_empty()).collect();
    let short: String = words.join("-").chars().take(SLUG_CHARS).collect();
    let hash = fingerprint([id.as_bytes()]);
    let dash = if short.is_empty() { "" } else { "-" };
    format!("{short}{dash}{}.{ending}", &hash[..8])
}

/// The format line of a results file, whatever else is in it.
#[derive(Deserialize)]
struct Header {
    schema: String,
}

/// Reads `results.json`, given its path or its folder.
///
/// # Errors
///
/// When it cannot be read, is of another format, or is not what its format says.
pub fn read_results(path: &Path) -> Result<Results, InputError> {
    let path = if path.is_dir() {
        path.join(RESULTS_FILE)
    } else {
        path.to_owned()
    };
    let file = path.display().to_string();
    let mistake = |m: String| InputError::at("", m).in_file(&file, None);
    let bytes = read_capped(&path, RESULTS_BYTES).map_err(|cause| {
        mistake(format!("cannot read the results: {cause}")).hint("`entrant run STUDY` writes them")
    })?;
    let wrong = |e: serde_json::Error| {
        let line = (e.line() > 0).then_some(e.line());
        mistake(format!("this is no results file: {e}")).in_file(&file, line)
    };
    let header: Header = serde_json::from_slice(&bytes).map_err(wrong)?;
    check_schema(&header.schema).map_err(|e| e.in_file(&file, None))?;
    serde_json::from_slice(&bytes).map_err(wrong)
}

fn check_schema(found: &str) -> Result<(), InputError> {
    if found == SCHEMA {
        return Ok(());
    }
    let message = format!("the results are of format `{found}`, this program reads `{SCHEMA}`");
    Err(InputError::at("schema", message)
        .value(found)
        .hint("run the study again with this version"))
}
