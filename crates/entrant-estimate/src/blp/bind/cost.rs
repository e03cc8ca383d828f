//! The supply side: marginal cost.

use entrant_data::InputError;
use entrant_data::spec::ConductKind;

use super::Source;
use super::rows::Rows;
use super::side::{self, Parts};
use crate::blp::problem::CostSide;

pub(super) fn cost(source: &Source<'_>, rows: &Rows) -> Result<Option<CostSide>, Vec<InputError>> {
    let Some(spec) = &source.spec.supply else {
        return Ok(None);
    };
    if spec.conduct == ConductKind::PerfectCompetition && !spec.stakes.is_empty() {
        let message = "prices equal cost: no firm takes another's profit into account";
        let hint = "leave out `stakes`, or `conduct`";
        return Err(vec![
            InputError::at("estimate.supply.stakes", message).hint(hint),
        ]);
    }
    let parts = Parts {
        formula: &spec.cost,
        key: "estimate.supply.cost",
        instruments: &spec.instruments,
        instruments_key: "estimate.supply.instruments",
        built: &spec.built,
        built_key: "estimate.supply.built",
        endogenous: [&source.columns.share, &source.columns.price],
    };
    let built = side::build(source, rows, &parts)?;
    for c in 0..built.design.columns() {
        if built.design.depends_on(c, &source.columns.price) {
            let message = format!(
                "cost cannot depend on price: `{}` does",
                built.design.names[c]
            );
            return Err(vec![InputError::at(parts.key, message).value(&spec.cost)]);
        }
    }
    Ok(Some(CostSide {
        side: built.side,
        form: spec.form,
        bounds: spec
            .cost_bounds
            .unwrap_or([f64::NEG_INFINITY, f64::INFINITY]),
    }))
}
