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
use crate::economy::{Economies, over_draws};
use crate::error::RunError;
use crate::observer::Observer;

/// Draws where the study does not say how many.
const DRAWS: usize = 100;

/// Standard normals that move the effects of so many brands in a draw.
pub(crate) type Normals<'a> = &'a (dyn Fn(usize, usize) -> Vec<f64> + Sync);

/// A report and what is to be said about it.
pub(crate) type Found = (PremiumReport, Vec<Finding>);

/// The premiums of the study and what is to be said about them; nothing where it asks for none.
///
/// # Errors
/// A scenario that contradicts itself, products that are not there, and an interruption.
pub(crate) fn premiums(
    economies: &Economies<'_>,
    normals: Normals<'_>,
    observer: &dyn Observer,
) -> Result<Option<Found>, RunError> {
    let economy = economies.central;
    let Some(spec) = &economy.resolved.study.premiums else {
        return Ok(None);
    };
    let plan = Plan::new(economy, spec)?;
    let centre = measure(economy, &plan, &[])?;
    let count = spec.draws.unwrap_or(DRAWS).min(economies.draws);
    let one = |d: usize| one_draw(economies, normals, &plan, d);
    let drawn = over_draws(count, observer, one)?;
    let report = summary::report(economies, &plan, spec, &centre, &drawn);
    let found = findings::of(&report);
    Ok(Some((report, found)))
}

/// Everything at one draw; `None` where it cannot be had.
fn one_draw(
    economies: &Economies<'_>,
    normals: Normals<'_>,
    plan: &Plan,
    d: usize,
) -> Option<Measured> {
    let economy = (economies.again)(d)?;
    let z = normals(d, economy.places[plan.t].quality.brand.len());
    measure(&economy, plan, &z).ok()
}
