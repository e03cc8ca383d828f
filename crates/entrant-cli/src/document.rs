//! One JSON document on one line.

use serde::Serialize;

use crate::failure::Failure;
use crate::plain::visible_json;

/// The value as one JSON document, with a line end.
pub(crate) fn document(value: &impl Serialize) -> Result<String, Failure> {
    let json = serde_json::to_string(value).map_err(|e| Failure::internal(&e))?;
    Ok(visible_json(&json) + "\n")
}
