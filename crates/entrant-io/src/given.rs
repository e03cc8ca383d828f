//! A study whose text is given, as in an editor, and whose tables lie in the study folder.

use std::path::Path;

use entrant_data::InputError;

use crate::estimation::{LoadedEstimation, estimation_of};
use crate::folder::Folder;
use crate::limits::{Limits, human_bytes};
use crate::merger_file::{LoadedMerger, merger_of};
use crate::source::StudySource;
use crate::study_file::{LoadedStudy, folder_of, study_file, study_of};

/// A study of any kind.
#[derive(Debug, Clone, PartialEq)]
pub enum GivenStudy {
    /// With neither of the tables below: calibrated on a few public figures.
    Calibrated(Box<LoadedStudy>),
    /// With an `[estimate]` table: estimated from a panel of markets.
    Estimated(Box<LoadedEstimation>),
    /// With a `[merger]` table: simulators on a few public numbers.
    Merger(Box<LoadedMerger>),
}

impl GivenStudy {
    /// Text of the study file, for placing mistakes.
    pub fn source(&self) -> &StudySource {
        match self {
            GivenStudy::Calibrated(s) => &s.source,
            GivenStudy::Estimated(s) => &s.source,
            GivenStudy::Merger(s) => &s.source,
        }
    }

    /// FNV-1a, 64 bits, of the text and the tables that it names.
    pub fn fingerprint(&self) -> &str {
        match self {
            GivenStudy::Calibrated(s) => &s.fingerprint,
            GivenStudy::Estimated(s) => &s.fingerprint,
            GivenStudy::Merger(s) => &s.fingerprint,
        }
    }
}

/// Reads a text as if it stood in the study file of a study, which is given by its folder or
/// by the path of that file. The file itself is not read.
///
/// # Errors
///
/// All mistakes in the text and the tables that it names, as for a file.
pub fn read_given(study: &Path, text: String) -> Result<GivenStudy, Vec<InputError>> {
    let limits = Limits::default();
    let path = study_file(study);
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let source = StudySource {
        file: file.into_owned(),
        text,
    };
    if source.text.len() as u64 > limits.study_bytes {
        let most = human_bytes(limits.study_bytes);
        let message = format!("the text is larger than the limit of {most}");
        return Err(vec![source.place(InputError::at("", message))]);
    }
    let folder = Folder::open(folder_of(&path)).map_err(|e| vec![e])?;
    if source.is_merger() {
        merger_of(folder, source, &limits).map(|s| GivenStudy::Merger(Box::new(s)))
    } else if source.is_estimated() {
        estimation_of(folder, source, &limits).map(|s| GivenStudy::Estimated(Box::new(s)))
    } else {
        study_of(folder, source, &limits).map(|s| GivenStudy::Calibrated(Box::new(s)))
    }
}
