//! Almost ideal demand with diversion by share under Bertrand: a margin or an own elasticity, and
//! the elasticity of the market or a second margin. PCAIDS is the case of a known own elasticity.

use entrant_data::InputError;

use super::{Parameter, Solved, Used, errors, grid, impossible, missing, scale};
use crate::conduct::share_earnings;
use crate::demand::{Aids, Demand};
use crate::observed::{Observed, Unknown};
use crate::ownership::Ownership;
use crate::scalar;

/// What does not change while parameters are solved for.
struct Known<'a> {
    observed: &'a Observed,
    ownership: Ownership,
    shares: Vec<f64>,
    kept: Vec<f64>,
    margins: Vec<(usize, f64)>,
}

impl Known<'_> {
    /// What sellers earn on a unit: (1 + t) `e_j` = `kept_j` + (t + 1 + e) `sum_k` `O_jk` `r_k` `e_k`, in
    /// prices.
    fn earned(&self, t: f64, elasticity: f64) -> Option<Vec<f64>> {
        let both = (1.0 + t, t + 1.0 + elasticity);
        let parts = share_earnings(&self.ownership, &self.shares, both, &self.kept)?;
        let each = parts.iter().zip(&self.observed.products);
        Some(each.map(|(e, p)| e * p.price).collect())
    }

    /// The same over 1 / (1 + t), given (t + 1 + e) / (1 + t).
    fn unit(&self, ratio: f64) -> Option<Vec<f64>> {
        let parts = share_earnings(&self.ownership, &self.shares, (1.0, ratio), &self.kept)?;
        let each = parts.iter().zip(&self.observed.products);
        Some(each.map(|(e, p)| e * p.price).collect())
    }
}

pub(super) fn solve(observed: &Observed) -> Result<Solved, InputError> {
    if observed.outside != Unknown::Known(0.0) {
        let why = "AIDS demand has no outside good: shares of spending sum to one";
        let hint = "leave `outside_share` out; the market elasticity says how spending moves";
        return Err(InputError::at("outside_share", why).hint(hint));
    }
    let known = Known {
        observed,
        ownership: Ownership::new(&observed.firms(), &observed.stakes),
        shares: observed.inside_shares(),
        kept: observed.kept(),
        margins: observed.known_margins(),
    };
    let own = observed
        .products
        .iter()
        .position(|p| p.elasticity.is_some());
    let (t, e, used) = match (own, observed.market_elasticity) {
        (Some(j), Some(e)) => (by_elasticity(&known, j, e), e, used(false, true, 2)),
        (None, Some(e)) => (by_margins(&known, e)?, e, used(true, true, 2)),
        (_, None) => {
            let (t, e) = by_margins_alone(&known)?;
            (t, e, used(true, false, 2))
        }
    };
    if !(t > 0.0 && t.is_finite() && e.is_finite()) {
        let why = "no price sensitivity above zero gives these numbers";
        return Err(impossible(
            why,
            "check the margin, own and market elasticity",
        ));
    }
    Ok(built(&known, t, e, used))
}

fn used(margins: bool, market_elasticity: bool, parameters: usize) -> Used {
    Used {
        margins,
        market_elasticity,
        own_elasticity: !margins,
        parameters,
    }
}

/// `e_jj` = -1 - t (1 - `r_j`) + `r_j` (1 + e).
fn by_elasticity(known: &Known<'_>, j: usize, market: f64) -> f64 {
    let r = known.shares[j];
    let own = known.observed.products[j].elasticity.unwrap_or(f64::NAN);
    (r * (1.0 + market) - 1.0 - own) / (1.0 - r)
}

/// 1/m = 1 + t - (t + 1 + e) R, so t = (1/m - 1 + (1 + e) R) / (1 - R); searched for where
/// stakes, taxes or several margins leave no closed form.
fn by_margins(known: &Known<'_>, e: f64) -> Result<f64, InputError> {
    let plain =
        known.ownership.is_partition() && known.kept.iter().all(|k| k.to_bits() == 1f64.to_bits());
    let points: Vec<f64> = (0..=260).map(|i| 1e-4 * 1.06_f64.powi(i)).collect();
    let why = "no price sensitivity above zero gives these margins";
    match known.margins.as_slice() {
        [] => Err(missing("give one margin or one own-price elasticity")),
        [(j, earned)] if plain => {
            let firm = known.ownership.sums(&known.shares)[*j];
            let inverse = known.observed.products[*j].price / earned;
            Ok((inverse - 1.0 + (1.0 + e) * firm) / (1.0 - firm))
        }
        [(j, earned)] => {
            let miss = |t: f64| {
                known
                    .earned(t, e)
                    .map_or(f64::NAN, |all| all[*j] / earned - 1.0)
            };
            scalar::first_root(miss, &points).ok_or_else(|| impossible(why, ""))
        }
        _ => {
            let loss = |t: f64| {
                known.earned(t, e).map_or(f64::INFINITY, |all| {
                    errors(known.observed, &known.margins, &all)
                })
            };
            Ok(scalar::minimum(loss, &points))
        }
    }
}

/// Margins of firms with different shares: 1/m is linear in the firm's share.
fn by_margins_alone(known: &Known<'_>) -> Result<(f64, f64), InputError> {
    let firm = known.ownership.sums(&known.shares);
    let needs = "give the market elasticity, or two margins of firms with different shares";
    let differ = |a: &(usize, f64), b: &(usize, f64)| (firm[a.0] - firm[b.0]).abs() > 1e-9;
    let first = known.margins.first().ok_or_else(|| missing(needs))?;
    if !known.margins.iter().any(|b| differ(first, b)) {
        return Err(missing(needs));
    }
    let loss = |ratio: f64| {
        let Some(unit) = known.unit(ratio) else {
            return f64::INFINITY;
        };
        let fit = scale(known.observed, &known.margins, &unit).unwrap_or(f64::NAN);
        let earned: Vec<f64> = unit.iter().map(|u| fit * u).collect();
        errors(known.observed, &known.margins, &earned)
    };
    let plain =
        known.ownership.is_partition() && known.kept.iter().all(|k| k.to_bits() == 1f64.to_bits());
    let ratio = match known.margins.as_slice() {
        [a, b] if plain => {
            let inverse = |m: &(usize, f64)| known.observed.products[m.0].price / m.1;
            let slope = (inverse(b) - inverse(a)) / (firm[a.0] - firm[b.0]);
            slope / (inverse(a) + slope * firm[a.0])
        }
        _ => scalar::minimum(loss, &grid(-4.0, 1.0, 499)),
    };
    let unit = known.unit(ratio).unwrap_or_default();
    let factor = scale(known.observed, &known.margins, &unit).unwrap_or(f64::NAN);
    let t = 1.0 / factor - 1.0;
    Ok((t, ratio * (1.0 + t) - 1.0 - t))
}

fn built(known: &Known<'_>, t: f64, e: f64, used: Used) -> Solved {
    let observed = known.observed;
    let prices = observed.prices();
    let each = known.shares.iter().zip(&prices);
    let solved_market = observed.market_elasticity.is_none();
    Solved {
        quantities: each.map(|(r, p)| observed.total * r / p).collect(),
        earned: known.earned(t, e).unwrap_or_default(),
        market_elasticity: e,
        elasticities: known
            .shares
            .iter()
            .map(|r| -1.0 - t * (1.0 - r) + r * (1.0 + e))
            .collect(),
        demand: Demand::Aids(Aids {
            sensitivity: t,
            market_elasticity: e,
            gone: vec![false; prices.len()],
            prices,
            shares: known.shares.clone(),
            spending: observed.total,
        }),
        parameters: vec![
            Parameter {
                name: "price sensitivity",
                value: t,
                meaning: "slope of the share of j in ln(price of k) is this times both shares",
                calibrated: true,
            },
            Parameter {
                name: "market elasticity",
                value: e,
                meaning: "of all products together",
                calibrated: solved_market,
            },
        ],
        used,
    }
}
