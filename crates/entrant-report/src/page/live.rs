//! The part of the page that solves again: markets from the results, and the engine.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entrant_data::result::live::LiveModel;

use super::json;

/// The engine, built from `crates/entrant-wasm` by `scripts/build-wasm`; gzip.
const ENGINE: &[u8] = include_bytes!("../../assets/engine.wasm.gz");

/// What the page carries for its live panel.
pub struct LivePart {
    /// What the panel is, in sentences.
    pub lead: Vec<String>,
    /// Markets, as JSON: exact, for the engine reads them.
    pub model: String,
    /// The engine, in base64.
    pub engine: String,
}

impl LivePart {
    /// The part for a model.
    pub fn new(model: &LiveModel) -> serde_json::Result<Self> {
        let draws = model.markets.first().map_or(0, |m| m.draws.len());
        Ok(LivePart {
            lead: vec![format!(
                "Change the entry and the market is solved again, here in the page, by the engine of \
                 the study: at the central values of its inputs, and in {draws} of its draws for the \
                 ranges. Central values are not medians, so numbers differ a little from those above."
            )],
            model: json::for_script(model)?,
            engine: STANDARD.encode(ENGINE),
        })
    }
}
