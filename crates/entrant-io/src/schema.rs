//! JSON Schema of what goes in and what comes out.

use entrant_data::result::Results;
use entrant_data::result::backtest::BacktestDocument;
use entrant_data::result::estimation::EstimationReport;
use entrant_data::spec::{EstimationStudy, MergerStudy, Study};
use serde_json::Value;

/// JSON Schema of `study.toml`.
pub fn study_schema() -> Value {
    schemars::schema_for!(Study).to_value()
}

/// JSON Schema of the `study.toml` of a study that is estimated.
pub fn estimation_schema() -> Value {
    schemars::schema_for!(EstimationStudy).to_value()
}

/// JSON Schema of the `study.toml` of a merger study.
pub fn merger_schema() -> Value {
    schemars::schema_for!(MergerStudy).to_value()
}

/// JSON Schema of `results.json`.
pub fn results_schema() -> Value {
    schemars::schema_for!(Results).to_value()
}

/// JSON Schema of `estimate.json`.
pub fn estimate_schema() -> Value {
    schemars::schema_for!(EstimationReport).to_value()
}

/// JSON Schema of `backtest.json`.
pub fn backtest_schema() -> Value {
    schemars::schema_for!(BacktestDocument).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_describe_their_top_level() {
        for (schema, key) in [
            (study_schema(), "scenario"),
            (estimation_schema(), "estimate"),
            (merger_schema(), "merger"),
            (results_schema(), "answer"),
            (estimate_schema(), "parameters"),
            (backtest_schema(), "panel"),
        ] {
            assert!(schema["properties"].get(key).is_some(), "{key}");
            assert_eq!(schema["type"], "object");
        }
    }
}
