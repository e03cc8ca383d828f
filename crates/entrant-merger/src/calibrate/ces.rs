//! CES demand under Bertrand: one margin gives the elasticity of substitution, the elasticity of
//! the market the share of spending outside.

use entrant_data::InputError;

use super::{Parameter, Solved, Used, errors, impossible, missing, missing_outside, outside};
use crate::conduct::share_earnings;
use crate::demand::{Ces, Demand};
use crate::observed::Observed;
use crate::ownership::Ownership;
use crate::scalar;

/// What does not change while parameters are solved for.
struct Known<'a> {
    observed: &'a Observed,
    ownership: Ownership,
    inside: Vec<f64>,
    kept: Vec<f64>,
    margins: Vec<(usize, f64)>,
}

impl Known<'_> {
    /// What sellers earn on a unit: g `e_j` = `kept_j` + (g - 1) `sum_k` `O_jk` `r_k` `e_k`, in prices.
    fn earned(&self, g: f64, outside: f64) -> Option<Vec<f64>> {
        let shares: Vec<f64> = self.inside.iter().map(|w| w * (1.0 - outside)).collect();
        let parts = share_earnings(&self.ownership, &shares, (g, g - 1.0), &self.kept)?;
        let each = parts.iter().zip(&self.observed.products);
        Some(each.map(|(e, p)| e * p.price).collect())
    }

    /// Sum of squared errors of margins.
    fn loss(&self, g: f64, outside: f64) -> f64 {
        self.earned(g, outside).map_or(f64::INFINITY, |earned| {
            errors(self.observed, &self.margins, &earned)
        })
    }

    /// Solves for the elasticity of substitution, the outside share being a function of it.
    fn substitution(&self, outside: impl Fn(f64) -> f64) -> Option<f64> {
        // The elasticity less one, over a wide range and evenly in logarithms.
        let points: Vec<f64> = (0..=240).map(|i| 1e-4 * 1.06_f64.powi(i)).collect();
        match self.margins.as_slice() {
            [(j, known)] => {
                let miss = |above: f64| {
                    let g = 1.0 + above;
                    self.earned(g, outside(g))
                        .map_or(f64::NAN, |e| e[*j] / known - 1.0)
                };
                scalar::first_root(miss, &points).map(|above| 1.0 + above)
            }
            _ => Some(1.0 + scalar::minimum(|v| self.loss(1.0 + v, outside(1.0 + v)), &points)),
        }
    }
}

pub(super) fn solve(observed: &Observed) -> Result<Solved, InputError> {
    let known = Known {
        observed,
        ownership: Ownership::new(&observed.firms(), &observed.stakes),
        inside: observed.inside_shares(),
        kept: observed.kept(),
        margins: observed.known_margins(),
    };
    if known.margins.is_empty() {
        return Err(missing("give one margin"));
    }
    let why = "no elasticity of substitution above one gives these margins";
    let hint = "margins may be too large for CES demand";
    let (g, outside, parameters) = if let Some(share) = outside(observed) {
        (closed_form(&known, share, None), share, 1)
    } else {
        let e = market(observed)?;
        let g = closed_form(&known, 0.0, Some(e));
        (g, g.map_or(f64::NAN, |g| (1.0 + e) / (1.0 - g)), 2)
    };
    let g = g.ok_or_else(|| impossible(why, hint))?;
    if !(g > 1.0 && g.is_finite() && (0.0..1.0).contains(&outside)) {
        return Err(impossible(why, hint));
    }
    Ok(built(&known, g, outside, parameters))
}

fn market(observed: &Observed) -> Result<f64, InputError> {
    let needs = "with an unknown outside share give one margin and the market elasticity";
    let why = "the share of the outside good is not determined";
    observed
        .market_elasticity
        .ok_or_else(|| missing_outside(why, needs))
}

/// g = (1/m - R) / (1 - R), or (1/m + W e) / (1 - W) with the market elasticity; searched for
/// where stakes, taxes or several margins leave no closed form.
fn closed_form(known: &Known<'_>, outside: f64, elasticity: Option<f64>) -> Option<f64> {
    let firm = known.ownership.sums(&known.inside);
    let taxed = known.kept.iter().any(|k| k.to_bits() != 1f64.to_bits());
    let plain = known.ownership.is_partition() && !taxed;
    match (known.margins.as_slice(), elasticity) {
        ([(j, earned)], None) if plain => {
            let r = firm[*j] * (1.0 - outside);
            Some((known.observed.products[*j].price / earned - r) / (1.0 - r))
        }
        ([(j, earned)], Some(e)) if plain => {
            let m = earned / known.observed.products[*j].price;
            Some((1.0 / m + firm[*j] * e) / (1.0 - firm[*j]))
        }
        (_, None) => known.substitution(|_| outside),
        (_, Some(e)) => known.substitution(|g| (1.0 + e) / (1.0 - g)),
    }
}

fn built(known: &Known<'_>, g: f64, outside: f64, parameters: usize) -> Solved {
    let observed = known.observed;
    let prices = observed.prices();
    let shares: Vec<f64> = known.inside.iter().map(|w| w * (1.0 - outside)).collect();
    let spending = observed.total / (1.0 - outside);
    let demand = Ces::with_shares(g, &prices, &shares, (outside, spending));
    let each = shares.iter().zip(&prices);
    Solved {
        quantities: each.map(|(r, p)| spending * r / p).collect(),
        earned: known.earned(g, outside).unwrap_or_default(),
        demand: Demand::Ces(demand),
        parameters: vec![
            Parameter {
                name: "elasticity of substitution",
                value: g,
                meaning: "between any two products",
                calibrated: true,
            },
            Parameter {
                name: "outside share",
                value: outside,
                meaning: "part of spending that goes to nothing here",
                calibrated: parameters == 2,
            },
        ],
        market_elasticity: -1.0 + (1.0 - g) * outside,
        elasticities: Vec::new(),
        used: Used {
            margins: true,
            market_elasticity: parameters == 2,
            own_elasticity: false,
            parameters,
        },
    }
}
