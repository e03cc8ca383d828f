//! Nested logit under Bertrand: one margin gives the price coefficient, a second the nest
//! parameter, and a market elasticity the share of the outside good.

use entrant_data::InputError;
use entrant_numeric::linalg;

use super::{
    Parameter, Solved, Used, errors, fine_grid, grid, impossible, missing, missing_outside,
    outside, scale,
};
use crate::demand::{Demand, NestedLogit};
use crate::observed::{Observed, Unknown};
use crate::ownership::Ownership;
use crate::scalar;

/// What does not change while parameters are solved for.
struct Known<'a> {
    observed: &'a Observed,
    ownership: Ownership,
    nest: Vec<usize>,
    /// Parameters that nests have of their own (nests).
    own: Vec<Option<f64>>,
    inside: Vec<f64>,
    within: Vec<f64>,
    kept: Vec<f64>,
    margins: Vec<(usize, f64)>,
    /// Mean price weighted by inside shares.
    mean_price: f64,
}

/// Where parameters stand.
#[derive(Clone, Copy)]
struct At {
    /// Nest parameter of nests without one of their own.
    strength: f64,
    /// Share of the outside good.
    outside: f64,
}

/// Parameters that were found.
struct Found {
    at: At,
    /// Minus one over the price coefficient.
    factor: f64,
    used: Used,
}

impl Known<'_> {
    fn strengths(&self, common: f64) -> Vec<f64> {
        self.own.iter().map(|s| s.unwrap_or(common)).collect()
    }

    fn shares(&self, outside: f64) -> Vec<f64> {
        self.inside.iter().map(|w| w * (1.0 - outside)).collect()
    }

    /// What sellers earn over minus one over the price coefficient: the first-order conditions
    /// are linear in it. Firms that weigh nobody else's profit are solved one by one.
    fn unit(&self, at: At) -> Option<Vec<f64>> {
        let (strengths, shares) = (self.strengths(at.strength), self.shares(at.outside));
        let n = shares.len();
        if !self.ownership.is_partition() {
            return self.block(&strengths, &shares, &(0..n).collect::<Vec<usize>>());
        }
        let mut out = vec![0.0; n];
        for f in 0..self.ownership.firms() {
            let own: Vec<usize> = (0..n).filter(|j| self.ownership.firm[*j] == f).collect();
            let solved = self.block(&strengths, &shares, &own)?;
            own.iter().zip(solved).for_each(|(j, v)| out[*j] = v);
        }
        Some(out)
    }

    /// Solves `kept_j` `s_j` = `sum_k` `O_jk` `x_k` (-`ds_k/dp_j` at a = -1) over these products.
    fn block(&self, strengths: &[f64], shares: &[f64], own: &[usize]) -> Option<Vec<f64>> {
        let slope = |k: usize, j: usize| {
            let inverse = 1.0 / strengths[self.nest[k]];
            let same = if j == k { inverse } else { 0.0 };
            let near = if self.nest[j] == self.nest[k] {
                (inverse - 1.0) * self.within[j]
            } else {
                0.0
            };
            shares[k] * (same - near - shares[j])
        };
        let matrix = own.iter().flat_map(|j| {
            own.iter()
                .map(|k| self.ownership.weight(*j, *k) * slope(*k, *j))
        });
        let matrix: Vec<f64> = matrix.collect();
        let right: Vec<f64> = own.iter().map(|j| self.kept[*j] * shares[*j]).collect();
        linalg::solve(&matrix, &right)
    }

    /// Minus one over the price coefficient that gives this market elasticity: when all prices
    /// rise in proportion, shares within nests move as well, but that of buying nothing only with
    /// the mean utility, d ln(1 - `s_0`) = a `s_0` (mean price) d ln p.
    fn scale_of(&self, elasticity: f64, outside: f64) -> f64 {
        -outside * self.mean_price / elasticity
    }

    /// How far the ratio of two earnings is from the known one.
    fn miss_of_ratio(&self, at: At, (a, first): (usize, f64), (b, second): (usize, f64)) -> f64 {
        match self.unit(at) {
            Some(unit) => unit[a] / unit[b] / (first / second) - 1.0,
            None => f64::NAN,
        }
    }

    /// How far earnings are from the known ones, as a sum of squares.
    fn loss(&self, at: At, factor: Option<f64>) -> f64 {
        let Some(unit) = self.unit(at) else {
            return f64::INFINITY;
        };
        let fit = factor.or_else(|| scale(self.observed, &self.margins, &unit));
        let earned: Vec<f64> = unit.iter().map(|u| fit.unwrap_or(f64::NAN) * u).collect();
        errors(self.observed, &self.margins, &earned)
    }
}

pub(super) fn solve(observed: &Observed) -> Result<Solved, InputError> {
    let known = bind(observed)?;
    let found = match outside(observed) {
        Some(outside) => with_outside(&known, outside)?,
        None => without_outside(&known)?,
    };
    let why = "no price coefficient gives these margins";
    if !(found.factor > 0.0 && found.factor.is_finite()) {
        return Err(impossible(why, "margins are above 0"));
    }
    let unit = known.unit(found.at).ok_or_else(|| impossible(why, ""))?;
    Ok(built(&known, found, &unit))
}

fn bind(observed: &Observed) -> Result<Known<'_>, InputError> {
    let (nest, names) = observed.nests();
    for (name, _) in &observed.nest_strengths {
        if !names.contains(&Some(name.as_str())) {
            let message = "no product is in this nest";
            return Err(InputError::at("nest_strengths", message).value(name));
        }
    }
    let own = names.iter().map(|name| {
        let given = observed.nest_strengths.iter();
        given
            .into_iter()
            .find(|(n, _)| Some(n.as_str()) == *name)
            .map(|(_, s)| *s)
    });
    let inside = observed.inside_shares();
    let each = inside.iter().zip(&observed.products);
    Ok(Known {
        observed,
        ownership: Ownership::new(&observed.firms(), &observed.stakes),
        own: own.collect(),
        within: crate::demand::within_nests(&nest, &inside),
        mean_price: each.map(|(w, p)| w * p.price).sum(),
        nest,
        inside,
        kept: observed.kept(),
        margins: observed.known_margins(),
    })
}

/// What was solved for, beside the price coefficient.
fn used(margins: bool, market_elasticity: bool, more: usize) -> Used {
    Used {
        margins,
        market_elasticity,
        own_elasticity: false,
        parameters: 1 + more,
    }
}

fn with_outside(known: &Known<'_>, outside: f64) -> Result<Found, InputError> {
    let (strength, free) = match known.observed.nest_strength {
        Unknown::Known(strength) => (strength, 0),
        Unknown::Calibrate => (strength_of(known, outside)?, 1),
    };
    let at = At { strength, outside };
    let unit = known.unit(at);
    let unit = unit.ok_or_else(|| impossible("no price coefficient gives these margins", ""))?;
    if let Some(factor) = scale(known.observed, &known.margins, &unit) {
        let used = used(true, false, free);
        return Ok(Found { at, factor, used });
    }
    match known.observed.market_elasticity {
        Some(e) if outside > 0.0 => Ok(Found {
            at,
            factor: known.scale_of(e, outside),
            used: used(false, true, free),
        }),
        _ => Err(missing(
            "give one margin, and a second one for the nest parameter",
        )),
    }
}

/// The share of the outside good from a market elasticity, or from a second margin.
fn without_outside(known: &Known<'_>) -> Result<Found, InputError> {
    let why = "no share of the outside good gives these numbers";
    let hint = "check margins and the market elasticity, or give `outside_share`";
    let elasticity = known.observed.market_elasticity;
    let points = fine_grid();
    let (at, more) = match (known.observed.nest_strength, elasticity, &known.margins[..]) {
        (Unknown::Known(strength), Some(e), [(j, earned)]) => {
            let miss = |outside: f64| {
                let unit = known.unit(At { strength, outside });
                unit.map_or(f64::NAN, |u| {
                    known.scale_of(e, outside) * u[*j] / earned - 1.0
                })
            };
            (scalar::first_root(miss, &points).map(|o| (strength, o)), 1)
        }
        (Unknown::Known(strength), None, [a, b]) => {
            let miss = |outside: f64| known.miss_of_ratio(At { strength, outside }, *a, *b);
            (scalar::first_root(miss, &points).map(|o| (strength, o)), 1)
        }
        (Unknown::Known(strength), _, [_, _, ..]) => {
            let loss = |outside: f64| {
                let factor = elasticity.map(|e| known.scale_of(e, outside));
                known.loss(At { strength, outside }, factor)
            };
            (Some((strength, scalar::minimum(loss, &points))), 1)
        }
        (Unknown::Calibrate, Some(e), [a, b]) => (both(known, e, *a, *b), 2),
        _ => {
            let why = "the share of the outside good is not determined";
            let needs = "with an unknown outside share give one margin and the market elasticity, and a second margin for the nest parameter; with more margins give `nest_strength`";
            return Err(missing_outside(why, needs));
        }
    };
    let (strength, outside) = at.ok_or_else(|| impossible(why, hint))?;
    let at = At { strength, outside };
    let factor = match elasticity {
        Some(e) => Some(known.scale_of(e, outside)),
        None => known
            .unit(at)
            .and_then(|unit| scale(known.observed, &known.margins, &unit)),
    };
    Ok(Found {
        at,
        factor: factor.ok_or_else(|| impossible(why, hint))?,
        used: used(true, elasticity.is_some(), more),
    })
}

/// Nest parameter and outside share from a market elasticity and two margins: for each outside
/// share the parameter at which their ratio is the known one, and of these the share at which
/// the first is met.
fn both(known: &Known<'_>, e: f64, a: (usize, f64), b: (usize, f64)) -> Option<(f64, f64)> {
    let strength = |outside: f64| {
        let miss = |strength: f64| known.miss_of_ratio(At { strength, outside }, a, b);
        scalar::first_root(miss, &strengths())
    };
    let miss = |outside: f64| {
        let at = strength(outside).map(|strength| At { strength, outside });
        let unit = at.and_then(|at| known.unit(at));
        unit.map_or(f64::NAN, |u| {
            known.scale_of(e, outside) * u[a.0] / a.1 - 1.0
        })
    };
    let outside = scalar::first_root(miss, &fine_grid())?;
    Some((strength(outside)?, outside))
}

/// Nest parameters between which one is looked for.
fn strengths() -> Vec<f64> {
    let mut points = vec![1e-3];
    points.extend(grid(0.0, 1.0, 199));
    points.push(1.0);
    points
}

/// Two margins: the parameter at which their ratio is the known one. More: the one with the
/// smallest errors.
fn strength_of(known: &Known<'_>, outside: f64) -> Result<f64, InputError> {
    let at = |strength: f64| At { strength, outside };
    match known.margins.as_slice() {
        [] | [_] => Err(missing("give two margins, or `nest_strength`")),
        [a, b] => {
            let ratio = |s: f64| known.miss_of_ratio(at(s), *a, *b) + 1.0;
            if (ratio(0.2) / ratio(0.8) - 1.0).abs() < 1e-9 {
                let why = "the nest parameter does not move the ratio of these two margins";
                return Err(impossible(
                    why,
                    "give margins of firms that differ over nests",
                ));
            }
            let why = "no nest parameter from 0 to 1 gives these two margins";
            scalar::first_root(|s| known.miss_of_ratio(at(s), *a, *b), &strengths())
                .ok_or_else(|| impossible(why, "give `nest_strength`, or check the margins"))
        }
        _ => Ok(scalar::minimum(|s| known.loss(at(s), None), &strengths())),
    }
}

fn built(known: &Known<'_>, found: Found, unit: &[f64]) -> Solved {
    let observed = known.observed;
    let Found { at, factor, used } = found;
    let slope = -1.0 / factor;
    let size = observed.total / (1.0 - at.outside);
    let shares = known.shares(at.outside);
    let demand = NestedLogit::with_shares(
        slope,
        (&known.nest, &known.strengths(at.strength)),
        &observed.prices(),
        &shares,
        (at.outside, size),
    );
    let mut parameters = vec![Parameter {
        name: "price coefficient",
        value: slope,
        meaning: "utility of one unit of money",
        calibrated: true,
    }];
    // A parameter that no nest has says nothing.
    if known.own.iter().any(Option::is_none) {
        parameters.push(Parameter {
            name: "nest parameter",
            value: at.strength,
            meaning: "1 is the flat logit; below, products of a nest are closer",
            calibrated: observed.nest_strength == Unknown::Calibrate,
        });
    }
    parameters.push(Parameter {
        name: "outside share",
        value: at.outside,
        meaning: "part of consumers who buy nothing here",
        calibrated: observed.outside == Unknown::Calibrate,
    });
    Solved {
        parameters,
        market_elasticity: slope * at.outside * known.mean_price,
        elasticities: Vec::new(),
        quantities: shares.iter().map(|s| s * size).collect(),
        earned: unit.iter().map(|u| factor * u).collect(),
        demand: Demand::NestedLogit(demand),
        used,
    }
}
