//! The supply side: marginal cost.

use entrant_data::InputError;
use entrant_data::spec::{ConductKind, EstimateSupply};
use entrant_numeric::dense::Matrix;

use super::rows::Rows;
use super::side::{self, Parts};
use super::{Source, expand, numbers};
use crate::blp::problem::{CostSide, CrossedMoments};

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
        crossed: crossed(source, rows, spec)?,
    }))
}

const CROSSED: &str = "estimate.supply.covariance_instruments";

/// Moments of the product of both errors, where the study names instruments for them.
fn crossed(
    source: &Source<'_>,
    rows: &Rows,
    spec: &EstimateSupply,
) -> Result<Option<CrossedMoments>, Vec<InputError>> {
    let patterns = spec.covariance_instruments.iter();
    let names: Vec<String> = patterns.flat_map(|p| expand(source.products, p)).collect();
    let (path, mean) = ("estimate.supply.covariance_mean", spec.covariance_mean);
    if !mean.is_finite() {
        let mistake = InputError::at(path, "must be a number").value(mean.to_string());
        return Err(vec![mistake]);
    }
    if names.is_empty() {
        let unused = mean.abs() > 0.0;
        let message = "nothing is asked of the errors' product";
        let hint = "add `covariance_instruments`, for example a column of ones";
        let mistake = unused.then(|| InputError::at(path, message).hint(hint));
        return mistake.map_or(Ok(None), |m| Err(vec![m]));
    }
    let mut z = Matrix::zeros(rows.order.len(), names.len());
    for (c, name) in names.iter().enumerate() {
        let cells = numbers(source.products, name, CROSSED).map_err(|e| vec![e])?;
        for (r, row) in rows.order.iter().enumerate() {
            z.set(r, c, cells[*row]);
        }
    }
    Ok(Some(CrossedMoments { z, names, mean }))
}
