//! The first stage in the words of the document.

use entrant_data::result::conclusions::{FirstStageReport, RegressorReport};
use entrant_estimate::inference::{FirstStage, Regressor};

use crate::estimation::words::known;

/// Strength of the instruments of demand.
pub(super) fn report(stage: &FirstStage) -> FirstStageReport {
    FirstStageReport {
        instruments: stage.instruments,
        degrees: stage.degrees,
        minimum_eigenvalue: known(stage.minimum_eigenvalue),
        bias_critical: stage.bias.map(|(_, values)| values),
        size_critical: stage.size.map(|(_, values)| values),
        regressors: stage.regressors.iter().map(regressor).collect(),
    }
}

fn regressor(r: &Regressor) -> RegressorReport {
    RegressorReport {
        name: r.name.clone(),
        partial_r2: known(r.partial_r2),
        f: known(r.f),
        p_value: known(r.p_value),
        robust_f: known(r.robust_f),
        effective_f: known(r.effective_f),
        effective_critical: r.effective_critical,
        conditional_f: known(r.conditional_f),
    }
}
