//! What a back-test refers to.

use entrant_data::InputError;
use entrant_data::error::did_you_mean;
use entrant_data::spec::EstimationStudy;

use super::cells::unknown_column;
use super::products::Panel;
use crate::problems::Problems;

/// Checks that the markets and columns of `[backtest]` are there.
pub(crate) fn check_references(study: &EstimationStudy, panel: &Panel, problems: &mut Problems) {
    let Some(spec) = &study.backtest else { return };
    let product = spec.product.as_ref();
    let mut columns = vec![(
        "backtest.product".to_owned(),
        product.unwrap_or(&study.data.columns.product),
    )];
    let follow = spec.follow.iter().enumerate();
    columns.extend(follow.map(|(i, f)| (format!("backtest.follow[{i}].column"), &f.column)));
    for (path, column) in columns {
        if panel.table.column(column).is_none() {
            problems.push(unknown_column(&panel.table, &path, column));
        }
    }
    let Some(markets) = &panel.markets else {
        return;
    };
    let first = Some(("backtest.first", &spec.first));
    let last = spec.last.as_ref().map(|id| ("backtest.last", id));
    for (path, id) in first.into_iter().chain(last) {
        if !markets.ids.iter().any(|m| m == id) {
            let hint = did_you_mean(id, markets.ids.iter().map(String::as_str));
            let mistake = InputError::at(path, format!("there is no market `{id}`"));
            problems.push(mistake.value(id).hint(hint));
        }
    }
}
