//! The part of the page that solves again: markets from the results, and the engine.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entrant_data::result::Results;
use entrant_data::result::live::LiveModel;

use super::json;

/// The engine, built from `crates/entrant-wasm` by `scripts/build-wasm`; gzip.
const ENGINE: &[u8] = include_bytes!("../../assets/engine.wasm.gz");

/// The script that starts it, built from `page/` by `npm run build`.
pub const START: &str = include_str!("../../assets/start.js");

/// What the page carries for its live panel.
pub struct LivePart {
    /// What the panel is, in sentences.
    pub lead: Vec<String>,
    /// Markets, as JSON: exact, for the engine reads them.
    pub model: String,
    /// The engine, in base64.
    pub engine: String,
    /// The script that starts it, before the rest of the page is read.
    pub start: &'static str,
}

impl LivePart {
    /// The part for a model of these results.
    pub fn new(model: &LiveModel, results: &Results) -> serde_json::Result<Self> {
        Ok(LivePart {
            lead: lead(model, results),
            model: json::for_script(model)?,
            engine: STANDARD.encode(ENGINE),
            start: START,
        })
    }
}

/// What the panel is: at which numbers, in how many draws, and for which markets.
fn lead(model: &LiveModel, results: &Results) -> Vec<String> {
    let draws = model.markets.first().map_or(0, |m| m.draws.len());
    let (at, them) = match results.estimation {
        Some(_) => ("at the estimates", "of draws of them"),
        None => ("at the central values of its inputs", "of its draws"),
    };
    let ranges = match draws {
        0 => String::new(),
        n => format!(", and in {n} {them} for the ranges"),
    };
    let differ = match results.estimation {
        Some(_) => "",
        None => " Central values are not medians, so numbers differ a little from those above.",
    };
    let mut lead = vec![format!(
        "Change the market and it is solved again, here in the page, by the engine of the study: \
         {at}{ranges}.{differ}"
    )];
    let all = results.scenarios.first().map_or(0, |s| s.markets.len());
    if all > model.markets.len() {
        lead.push(format!(
            "The page carries the first {} of {all} markets.",
            model.markets.len()
        ));
    }
    lead
}
