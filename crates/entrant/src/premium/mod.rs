//! What features and brands are worth: to consumers, in equilibrium, and once the budget line has
//! them too.
//!
//! Every number is a difference between certified equilibria of one economy, at the central values
//! and again in draws: with a feature and without it, on a product or a firm's line, and both
//! again where the budget line has the feature.

mod findings;
mod hedonic;
mod measure;
mod near;
mod plan;
mod summary;

use entrant_data::Finding;
use entrant_data::result::PremiumReport;

use self::measure::{Measured, measure};
use self::plan::Plan;
use crate::draw::{Calibrated, calibrate_all};
use crate::economy::{Economy, over_draws};
use crate::error::RunError;
use crate::inputs::Inputs;
use crate::observer::Observer;

/// Draws where the study does not say how many.
const DRAWS: usize = 100;

/// The premiums of the study and what is to be said about them; nothing where it asks for none.
///
/// # Errors
/// A scenario that contradicts itself, products that are not there, and an interruption.
pub(crate) fn premiums(
    economy: &Economy,
    inputs: &Inputs,
    near: &[Calibrated],
    level: f64,
    observer: &dyn Observer,
) -> Result<Option<(PremiumReport, Vec<Finding>)>, RunError> {
    let Some(spec) = &economy.resolved.study.premiums else {
        return Ok(None);
    };
    let plan = Plan::new(economy, spec)?;
    let centre = measure(economy, &plan, &[])?;
    let count = spec.draws.unwrap_or(DRAWS).min(inputs.draws());
    let drawn = over_draws(count, observer, |d| one_draw(inputs, near, &plan, d))?;
    let context = economy.context(plan.t);
    let report = summary::report(&plan, spec, &context, &centre, &drawn, level);
    let found = findings::of(&report);
    Ok(Some((report, found)))
}

/// Everything at one draw; `None` where it cannot be calibrated.
fn one_draw(inputs: &Inputs, near: &[Calibrated], plan: &Plan, d: usize) -> Option<Measured> {
    let resolved = inputs.resolve(Some(d));
    let markets = calibrate_all(&resolved, Some(near)).ok()?;
    if !markets.iter().all(|m| m.calibration.status.is_usable()) {
        return None;
    }
    let economy = Economy::calibrated(resolved, &markets);
    let z = inputs.brand_normals(d, economy.places[plan.t].quality.brand.len());
    measure(&economy, plan, &z).ok()
}
