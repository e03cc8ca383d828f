//! What `entrant serve` keeps beside a study: runs and a library of scenarios, in the folder
//! `serve` of the study folder. Names come from a page and are never paths.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::fingerprint::fingerprint;
use crate::folder::{read_capped, reason};
use crate::limits::Limits;
use crate::study_file::{folder_of, study_file};
use crate::write::{WriteError, write_private, write_text};

/// The folder, below the study folder.
const FOLDER: &str = "serve";
/// Texts of studies that were kept under a name.
const SCENARIOS: &str = "scenarios";
/// One folder for each run.
const RUNS: &str = "runs";
/// Largest file of a run that is read back.
const RUN_BYTES: u64 = 512 << 20;
/// Longest name of a kept scenario, in characters.
const NAME: usize = 60;
/// Scenarios and runs that are listed.
const LISTED: usize = 1000;

/// What kept a workbench from reading or writing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkbenchError {
    /// A name that cannot be one.
    #[error("`{}` cannot be a name: use 1 to {NAME} letters of a to z, digits, spaces, `-` and `_`, and begin and end with a letter or a digit", .0.escape_debug())]
    Name(String),
    /// The study file is not what the caller last saw.
    #[error("the study file has changed on disk since it was read here")]
    Changed,
    /// A file or folder that leads somewhere else.
    #[error("`{}` is a link or no folder; it is not followed", .0.display())]
    Elsewhere(PathBuf),
    /// A file that cannot be read.
    #[error("cannot read `{}`: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// A file that cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The study file and what is kept beside it.
#[derive(Debug, Clone)]
pub struct Workbench {
    study: PathBuf,
    root: PathBuf,
}

impl Workbench {
    /// The workbench of a study, which is given by its folder or by its study file.
    ///
    /// # Errors
    ///
    /// When the study file is not there.
    pub fn open(study: &Path) -> Result<Self, WorkbenchError> {
        let file = study_file(study);
        let real = file.canonicalize().map_err(|e| unreadable(&file, &e))?;
        let folder = folder_of(&file);
        let folder = folder.canonicalize().map_err(|e| unreadable(folder, &e))?;
        Ok(Workbench {
            study: real,
            root: folder.join(FOLDER),
        })
    }

    /// The study file, links resolved.
    pub fn study(&self) -> &Path {
        &self.study
    }

    /// The folder with runs and scenarios; it need not be there yet.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Text of the study file with its fingerprint.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn study_text(&self) -> Result<(String, String), WorkbenchError> {
        let text = text_of(&self.study, Limits::default().study_bytes)?;
        let print = fingerprint([text.as_bytes()]);
        Ok((text, print))
    }

    /// Writes the study file, if it still is what the caller last saw, and returns its new
    /// fingerprint.
    ///
    /// # Errors
    ///
    /// [`WorkbenchError::Changed`], or a file that cannot be read or written.
    pub fn save_study(&self, text: &str, seen: &str) -> Result<String, WorkbenchError> {
        if self.study_text()?.1 != seen {
            return Err(WorkbenchError::Changed);
        }
        write_text(&self.study, text)?;
        Ok(fingerprint([text.as_bytes()]))
    }

    /// Names of the kept scenarios, in order.
    pub fn scenarios(&self) -> Vec<String> {
        let Ok(folder) = self.folder(SCENARIOS) else {
            return Vec::new();
        };
        let named = entries(&folder).into_iter();
        let named = named.filter_map(|n| n.strip_suffix(".toml").map(str::to_owned));
        named.filter(|n| check_name(n).is_ok()).collect()
    }

    /// A kept scenario: the text of a study.
    ///
    /// # Errors
    ///
    /// A name that cannot be one, or a file that is not there or cannot be read.
    pub fn scenario(&self, name: &str) -> Result<String, WorkbenchError> {
        let path = self.scenario_path(name)?;
        text_of(&path, Limits::default().study_bytes)
    }

    /// Keeps a scenario; one of that name is replaced.
    ///
    /// # Errors
    ///
    /// A name that cannot be one, or a file that cannot be written.
    pub fn keep_scenario(&self, name: &str, text: &str) -> Result<(), WorkbenchError> {
        let path = self.scenario_path(name)?;
        Ok(write_text(&path, text)?)
    }

    /// Removes a kept scenario.
    ///
    /// # Errors
    ///
    /// A name that cannot be one, or a file that is not there or cannot be removed.
    pub fn remove_scenario(&self, name: &str) -> Result<(), WorkbenchError> {
        let path = self.scenario_path(name)?;
        fs::remove_file(&path).map_err(|e| WriteError::new(&path, reason(&e)).into())
    }

    /// Numbers of the runs, in order.
    pub fn runs(&self) -> Vec<u32> {
        let Ok(folder) = self.folder(RUNS) else {
            return Vec::new();
        };
        let numbers = entries(&folder).into_iter();
        let mut numbers: Vec<u32> = numbers
            .filter(|n| n.bytes().all(|b| b.is_ascii_digit()))
            .filter_map(|n| n.parse().ok())
            .collect();
        numbers.sort_unstable();
        numbers
    }

    /// Writes a file of a run. `file` is a name of the program's own, not of a caller.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write_run(
        &self,
        run: u32,
        file: &'static str,
        text: &str,
    ) -> Result<(), WorkbenchError> {
        let path = self.run_folder(run)?.join(file);
        Ok(write_text(&path, text)?)
    }

    /// Reads a file of a run.
    ///
    /// # Errors
    ///
    /// When it is not there or cannot be read.
    pub fn read_run(&self, run: u32, file: &'static str) -> Result<String, WorkbenchError> {
        text_of(&self.run_folder(run)?.join(file), RUN_BYTES)
    }

    /// Removes these files of a run, and its folder if nothing else is in it.
    ///
    /// # Errors
    ///
    /// When a file that is there cannot be removed.
    pub fn remove_run(&self, run: u32, files: &[&'static str]) -> Result<(), WorkbenchError> {
        let folder = self.run_folder(run)?;
        for file in files {
            let path = folder.join(file);
            match fs::remove_file(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {
                    return Err(WriteError::new(&path, reason(&e)).into());
                }
                _ => {}
            }
        }
        // Something of somebody else's may be in it: then it stays.
        let _ = fs::remove_dir(&folder);
        Ok(())
    }

    /// Writes a file that only its owner may read into the workbench, and returns its path.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write_private(&self, file: &'static str, text: &str) -> Result<PathBuf, WorkbenchError> {
        let path = self.folder("")?.join(file);
        write_private(&path, text)?;
        Ok(path)
    }

    /// Where a file of the workbench itself stands, to be read and written by others.
    ///
    /// # Errors
    ///
    /// When something else stands there, such as a link.
    pub fn place(&self, file: &'static str) -> Result<PathBuf, WorkbenchError> {
        let path = self.folder("")?.join(file);
        is_file_or_nothing(&path)?;
        Ok(path)
    }

    /// Removes a file of the workbench itself.
    pub fn remove_private(&self, file: &'static str) {
        if let Ok(folder) = self.folder("") {
            // It is of no use any more, and harmless if it stays.
            let _ = fs::remove_file(folder.join(file));
        }
    }

    fn scenario_path(&self, name: &str) -> Result<PathBuf, WorkbenchError> {
        check_name(name)?;
        let path = self.folder(SCENARIOS)?.join(format!("{name}.toml"));
        is_file_or_nothing(&path)?;
        Ok(path)
    }

    fn run_folder(&self, run: u32) -> Result<PathBuf, WorkbenchError> {
        let folder = self.folder(RUNS)?.join(format!("{run:04}"));
        is_folder_or_nothing(&folder)?;
        Ok(folder)
    }

    /// A folder of the workbench, itself for an empty name. Neither is a link.
    fn folder(&self, name: &str) -> Result<PathBuf, WorkbenchError> {
        is_folder_or_nothing(&self.root)?;
        if name.is_empty() {
            return Ok(self.root.clone());
        }
        let folder = self.root.join(name);
        is_folder_or_nothing(&folder)?;
        Ok(folder)
    }
}

/// Names that mean a device on Windows, whatever follows the first dot.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// A name that is a plain file name on every system.
fn check_name(name: &str) -> Result<(), WorkbenchError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_".contains(c);
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let lower = name.to_ascii_lowercase();
    let numbered = |stem: &str| {
        let rest = lower.strip_prefix(stem);
        rest.is_some_and(|r| r.len() == 1 && r.bytes().all(|b| b.is_ascii_digit()))
    };
    let device = DEVICES.contains(&lower.as_str()) || numbered("com") || numbered("lpt");
    let fine = name.len() <= NAME
        && name.chars().all(plain)
        && ends(name.chars().next())
        && ends(name.chars().next_back())
        && !device;
    if fine {
        Ok(())
    } else {
        Err(WorkbenchError::Name(name.chars().take(NAME).collect()))
    }
}

fn is_folder_or_nothing(path: &Path) -> Result<(), WorkbenchError> {
    match fs::symlink_metadata(path) {
        Ok(meta) if !meta.is_dir() => Err(WorkbenchError::Elsewhere(path.to_owned())),
        _ => Ok(()),
    }
}

fn is_file_or_nothing(path: &Path) -> Result<(), WorkbenchError> {
    match fs::symlink_metadata(path) {
        Ok(meta) if !meta.is_file() => Err(WorkbenchError::Elsewhere(path.to_owned())),
        _ => Ok(()),
    }
}

/// Names in a folder that are text, in order.
fn entries(folder: &Path) -> Vec<String> {
    let all = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = all
        .filter_map(|e| e.file_name().into_string().ok())
        .take(LISTED)
        .collect();
    names.sort();
    names
}

fn text_of(path: &Path, limit: u64) -> Result<String, WorkbenchError> {
    let wrong = |cause: String| WorkbenchError::Read {
        path: path.to_owned(),
        cause,
    };
    is_file_or_nothing(path)?;
    let bytes = read_capped(path, limit).map_err(wrong)?;
    String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8 text".into()))
}

fn unreadable(path: &Path, cause: &io::Error) -> WorkbenchError {
    WorkbenchError::Read {
        path: path.to_owned(),
        cause: reason(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_never_paths() {
        for fine in ["a", "Redmi at 99", "x-1_b", "console"] {
            assert!(check_name(fine).is_ok(), "{fine}");
        }
        let long = "a".repeat(NAME + 1);
        for bad in [
            "",
            " ",
            "a ",
            "..",
            "../a",
            "a/b",
            "a\\b",
            "C:x",
            "CON",
            "nul",
            "com1",
            "a.b",
            "a\0b",
            "é",
            "-a",
            "\u{202e}a",
            &long,
        ] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }
}
