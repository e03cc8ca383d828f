//! The document of an estimation, read back.

use std::path::Path;

use entrant_data::InputError;
use entrant_data::result::estimation::{ESTIMATE_SCHEMA, EstimationReport};

use crate::folder::read_capped;

/// Name of the document in an output folder.
const ESTIMATE_FILE: &str = "estimate.json";
/// Largest document that is read back.
const ESTIMATE_BYTES: u64 = 512 << 20;

/// Reads `estimate.json`, given its path or its folder.
///
/// # Errors
///
/// When it cannot be read, is of another format, or is not what its format says.
pub fn read_estimate(path: &Path) -> Result<EstimationReport, InputError> {
    let path = if path.is_dir() {
        path.join(ESTIMATE_FILE)
    } else {
        path.to_owned()
    };
    let file = path.display().to_string();
    let mistake = |m: String| InputError::at("", m).in_file(&file, None);
    let bytes = read_capped(&path, ESTIMATE_BYTES)
        .map_err(|cause| mistake(format!("cannot read the estimates: {cause}")))?;
    let wrong = |e: serde_json::Error| mistake(format!("these are no estimates: {e}"));
    let report: EstimationReport = serde_json::from_slice(&bytes).map_err(wrong)?;
    if report.schema == ESTIMATE_SCHEMA {
        return Ok(report);
    }
    let message = format!(
        "the estimates are of format `{}`, this program reads `{ESTIMATE_SCHEMA}`",
        report.schema
    );
    Err(mistake(message).hint("estimate the study again with this version"))
}
