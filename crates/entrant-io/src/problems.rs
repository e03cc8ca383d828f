//! Every mistake found so far, in the order found, without drowning the reader.

use std::collections::BTreeMap;

use entrant_data::InputError;

/// Mistakes shown per file; the rest is counted. A table with a bad column has one per row.
const SHOWN: usize = 100;

/// Collects mistakes.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    errors: Vec<InputError>,
    found: BTreeMap<String, usize>,
}

impl Problems {
    /// Adds a mistake.
    pub(crate) fn push(&mut self, error: InputError) {
        let found = self.found.entry(error.file.clone()).or_default();
        *found += 1;
        if *found <= SHOWN {
            self.errors.push(error);
        }
    }

    /// Adds several mistakes.
    pub(crate) fn extend(&mut self, errors: Vec<InputError>) {
        for error in errors {
            self.push(error);
        }
    }

    /// Adds a mistake in the study file.
    pub(crate) fn at(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.push(InputError::at(path, message));
    }

    /// Adds the mistake when there is one, and keeps the value otherwise.
    pub(crate) fn keep<T>(&mut self, result: Result<T, InputError>) -> Option<T> {
        result.map_err(|e| self.push(e)).ok()
    }

    /// Whether nothing was found.
    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// Number of mistakes found so far.
    pub(crate) fn count(&self) -> usize {
        self.found.values().sum()
    }

    /// All mistakes, each placed in the study file by `place`, in file and line order: the
    /// study file first, then the tables in the order they were read.
    pub(crate) fn finish(mut self, place: impl Fn(InputError) -> InputError) -> Vec<InputError> {
        self.count_the_rest();
        let mut errors: Vec<InputError> = self.errors.into_iter().map(&place).collect();
        let study = place(InputError::at("", "")).file;
        let mut files: Vec<String> = errors.iter().map(|e| e.file.clone()).collect();
        files.insert(0, study);
        let rank = |e: &InputError| files.iter().position(|f| *f == e.file);
        errors.sort_by_key(|e| (rank(e), e.line.unwrap_or(usize::MAX)));
        errors
    }

    fn count_the_rest(&mut self) {
        for (file, found) in &self.found {
            if *found > SHOWN {
                let message = format!("and {} more mistakes in this file", found - SHOWN);
                self.errors
                    .push(InputError::at("", message).in_file(file.clone(), None));
            }
        }
    }
}
