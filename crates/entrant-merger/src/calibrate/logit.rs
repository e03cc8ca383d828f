//! Logit demand under every conduct: one margin gives the price coefficient, a market elasticity
//! or a second margin the share of the outside good.

use entrant_data::InputError;

use super::{
    Parameter, Solved, Used, errors, fine_grid, impossible, missing, missing_outside, outside,
    scale,
};
use crate::conduct::{Conduct, logit_earnings};
use crate::demand::{Demand, Logit};
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
    /// Mean price weighted by inside shares.
    mean_price: f64,
}

impl Known<'_> {
    /// What sellers earn on a unit over minus one over the price coefficient.
    fn unit(&self, outside: f64) -> Option<Vec<f64>> {
        let shares: Vec<f64> = self.inside.iter().map(|w| w * (1.0 - outside)).collect();
        logit_earnings(self.observed.conduct, &self.ownership, &shares, &self.kept)
    }

    /// Minus one over the price coefficient that gives this market elasticity.
    fn scale_of(&self, elasticity: f64, outside: f64) -> f64 {
        -outside * self.mean_price / elasticity
    }

    /// Whether the closed forms of Bertrand without stakes and taxes hold.
    fn is_plain(&self) -> bool {
        self.observed.conduct == Conduct::Bertrand
            && self.ownership.is_partition()
            && self.kept.iter().all(|k| k.to_bits() == 1f64.to_bits())
    }
}

pub(super) fn solve(observed: &Observed) -> Result<Solved, InputError> {
    let known = bind(observed)?;
    let (outside, scale, used) = match outside(observed) {
        Some(share) => with_outside(&known, share)?,
        None => without_outside(&known)?,
    };
    if !(scale > 0.0 && scale.is_finite() && (0.0..1.0).contains(&outside)) {
        let why = "no price coefficient and share of the outside good give these numbers";
        return Err(impossible(
            why,
            "margins or the market elasticity are too large",
        ));
    }
    Ok(built(&known, outside, scale, used))
}

fn bind(observed: &Observed) -> Result<Known<'_>, InputError> {
    let inside = observed.inside_shares();
    let each = inside.iter().zip(&observed.products);
    let bound = |j: usize| {
        let p = &observed.products[j];
        p.capacity
            .is_some_and(|c| inside[j] * observed.total >= c * (1.0 - 1e-9))
    };
    for j in 0..inside.len() {
        if bound(j) && observed.products[j].margin.is_none() {
            let message = "a product that sells all it can needs its margin: its price does not \
                           tell its cost";
            let at = format!("product[{j}].capacity");
            return Err(InputError::at(at, message).value(observed.products[j].id.clone()));
        }
    }
    let margins = observed.known_margins();
    Ok(Known {
        observed,
        ownership: Ownership::new(&observed.firms(), &observed.stakes),
        mean_price: each.map(|(w, p)| w * p.price).sum(),
        kept: observed.kept(),
        margins: margins.into_iter().filter(|(j, _)| !bound(*j)).collect(),
        inside,
    })
}

fn with_outside(known: &Known<'_>, outside: f64) -> Result<(f64, f64, Used), InputError> {
    let unit = known.unit(outside).ok_or_else(|| {
        let why = "quantities cannot be set when everybody buys: prices would have no bound";
        missing_outside(
            why,
            "give `outside_share`, the part of consumers who buy nothing here",
        )
    })?;
    let mut used = Used {
        margins: true,
        market_elasticity: false,
        own_elasticity: false,
        parameters: 1,
    };
    if let Some(scale) = scale(known.observed, &known.margins, &unit) {
        return Ok((outside, scale, used));
    }
    match known.observed.market_elasticity {
        Some(elasticity) if outside > 0.0 => {
            (used.margins, used.market_elasticity) = (false, true);
            Ok((outside, known.scale_of(elasticity, outside), used))
        }
        Some(_) => Err(missing_outside(
            "the market elasticity says nothing where everybody buys",
            "give `outside_share`, or one margin",
        )),
        None => Err(missing(
            "give one margin, or a market elasticity and `outside_share`",
        )),
    }
}

fn without_outside(known: &Known<'_>) -> Result<(f64, f64, Used), InputError> {
    let used = |market_elasticity: bool| Used {
        margins: true,
        market_elasticity,
        own_elasticity: false,
        parameters: 2,
    };
    let found = match (known.observed.market_elasticity, known.margins.as_slice()) {
        (Some(e), [(j, earned)]) => by_elasticity(known, e, *j, *earned).map(|s| (s, true)),
        (Some(e), [_, _, ..]) => Some((best(known, Some(e)), true)),
        (None, [a, b]) => by_two_margins(known, *a, *b).map(|s| (s, false)),
        (None, [_, _, _, ..]) => Some((best(known, None), false)),
        _ => {
            let needs = "with an unknown outside share give one margin and the market elasticity, \
                         or two margins of firms with different shares";
            let why = "the share of the outside good is not determined";
            return Err(missing_outside(why, needs));
        }
    };
    let why = "no share of the outside good gives these numbers";
    let hint = "check margins and the market elasticity, or give `outside_share`";
    let (outside, by_elasticity) = found.ok_or_else(|| impossible(why, hint))?;
    let factor = match known.observed.market_elasticity {
        Some(e) => Some(known.scale_of(e, outside)),
        None => known
            .unit(outside)
            .and_then(|unit| scale(known.observed, &known.margins, &unit)),
    };
    let factor = factor.ok_or_else(|| impossible(why, hint))?;
    Ok((outside, factor, used(by_elasticity)))
}

/// One margin and the market elasticity. Bertrand: `s_0` = M (1 - W) / (mean price / -e - M W).
fn by_elasticity(known: &Known<'_>, elasticity: f64, j: usize, earned: f64) -> Option<f64> {
    let firm = known.ownership.sums(&known.inside)[j];
    let whole = known.scale_of(elasticity, 1.0);
    if known.is_plain() {
        let share = earned * (1.0 - firm) / (whole - earned * firm);
        return (share > 0.0 && share < 1.0).then_some(share);
    }
    let miss = |outside: f64| match known.unit(outside) {
        Some(unit) => outside * whole * unit[j] / earned - 1.0,
        None => f64::NAN,
    };
    scalar::first_root(miss, &fine_grid())
}

/// Two margins. Bertrand: 1 - `s_0` = (1 - R) / (`W_2` - R `W_1`), R being their ratio.
fn by_two_margins(known: &Known<'_>, a: (usize, f64), b: (usize, f64)) -> Option<f64> {
    let firm = known.ownership.sums(&known.inside);
    let ratio = a.1 / b.1;
    if known.is_plain() {
        let share = 1.0 - (1.0 - ratio) / (firm[b.0] - ratio * firm[a.0]);
        return (share > 0.0 && share < 1.0).then_some(share);
    }
    let miss = |outside: f64| match known.unit(outside) {
        Some(unit) => unit[a.0] / unit[b.0] / ratio - 1.0,
        None => f64::NAN,
    };
    scalar::first_root(miss, &fine_grid())
}

/// The outside share with the smallest errors of margins.
fn best(known: &Known<'_>, elasticity: Option<f64>) -> f64 {
    let loss = |outside: f64| {
        let Some(unit) = known.unit(outside) else {
            return f64::INFINITY;
        };
        let factor = match elasticity {
            Some(e) => Some(known.scale_of(e, outside)),
            None => scale(known.observed, &known.margins, &unit),
        };
        let factor = factor.unwrap_or(f64::NAN);
        let earned: Vec<f64> = unit.iter().map(|u| factor * u).collect();
        errors(known.observed, &known.margins, &earned)
    };
    scalar::minimum(loss, &fine_grid())
}

fn built(known: &Known<'_>, outside: f64, scale: f64, used: Used) -> Solved {
    let observed = known.observed;
    let slope = -1.0 / scale;
    let shares: Vec<f64> = known.inside.iter().map(|w| w * (1.0 - outside)).collect();
    let unit = known.unit(outside).unwrap_or_default();
    let mut earned: Vec<f64> = unit.iter().map(|u| scale * u).collect();
    for (j, margin) in observed.known_margins() {
        // The margin of a product that sells all it can has its shadow price in it.
        if !known.margins.iter().any(|(k, _)| *k == j) {
            earned[j] = margin;
        }
    }
    let size = observed.total / (1.0 - outside);
    let prices: Vec<f64> = if observed.conduct.is_auction() {
        let each = observed.products.iter().zip(&earned);
        each.map(|(p, e)| p.price - e / p.tax.kept()).collect()
    } else {
        observed.prices()
    };
    let demand = Logit::with_shares(slope, &prices, &shares, outside, size);
    let solved_outside = used.parameters == 2;
    Solved {
        parameters: vec![
            Parameter {
                name: "price coefficient",
                value: slope,
                meaning: "utility of one unit of money",
                calibrated: true,
            },
            Parameter {
                name: "outside share",
                value: outside,
                meaning: "part of consumers who buy nothing here",
                calibrated: solved_outside,
            },
        ],
        market_elasticity: slope * outside * known.mean_price,
        elasticities: Vec::new(),
        quantities: shares.iter().map(|s| s * size).collect(),
        demand: Demand::Logit(demand),
        earned,
        used,
    }
}
