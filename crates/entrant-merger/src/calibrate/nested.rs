//! Nested logit under Bertrand: one margin gives the price coefficient, a second the nest
//! parameter.

use entrant_data::InputError;
use entrant_numeric::linalg;

use super::{Parameter, Solved, Used, errors, grid, impossible, missing, outside, scale};
use crate::demand::{Demand, NestedLogit};
use crate::observed::{Observed, Unknown};
use crate::ownership::Ownership;
use crate::scalar;

/// What does not change while parameters are solved for.
struct Known<'a> {
    observed: &'a Observed,
    ownership: Ownership,
    nest: Vec<usize>,
    shares: Vec<f64>,
    within: Vec<f64>,
    outside: f64,
    kept: Vec<f64>,
    margins: Vec<(usize, f64)>,
}

impl Known<'_> {
    /// What sellers earn over minus one over the price coefficient: the first-order conditions
    /// are linear in it. Firms that weigh nobody else's profit are solved one by one.
    fn unit(&self, strength: f64) -> Option<Vec<f64>> {
        let n = self.shares.len();
        if !self.ownership.is_partition() {
            return self.block(strength, &(0..n).collect::<Vec<usize>>());
        }
        let mut out = vec![0.0; n];
        for f in 0..self.ownership.firms() {
            let own: Vec<usize> = (0..n).filter(|j| self.ownership.firm[*j] == f).collect();
            let solved = self.block(strength, &own)?;
            own.iter().zip(solved).for_each(|(j, v)| out[*j] = v);
        }
        Some(out)
    }

    /// Solves `kept_j` `s_j` = `sum_k` `O_jk` `x_k` (-`ds_k/dp_j` at a = -1) over these products.
    fn block(&self, strength: f64, own: &[usize]) -> Option<Vec<f64>> {
        let (inverse, excess) = (1.0 / strength, 1.0 / strength - 1.0);
        let slope = |k: usize, j: usize| {
            let same = if j == k { inverse } else { 0.0 };
            let near = if self.nest[j] == self.nest[k] {
                excess * self.within[j]
            } else {
                0.0
            };
            self.shares[k] * (same - near - self.shares[j])
        };
        let matrix = own.iter().flat_map(|j| {
            own.iter()
                .map(|k| self.ownership.weight(*j, *k) * slope(*k, *j))
        });
        let matrix: Vec<f64> = matrix.collect();
        let right: Vec<f64> = own
            .iter()
            .map(|j| self.kept[*j] * self.shares[*j])
            .collect();
        linalg::solve(&matrix, &right)
    }
}

pub(super) fn solve(observed: &Observed) -> Result<Solved, InputError> {
    let known = bind(observed)?;
    let (strength, free) = match observed.nest_strength {
        Unknown::Known(strength) => (strength, false),
        Unknown::Calibrate => (strength_of(&known)?, true),
    };
    let why = "no price coefficient gives these margins";
    let unit = known.unit(strength).ok_or_else(|| impossible(why, ""))?;
    let needs = "give one margin, and a second one for the nest parameter";
    let factor = scale(observed, &known.margins, &unit).ok_or_else(|| missing(needs))?;
    if !(factor > 0.0 && factor.is_finite()) {
        return Err(impossible(why, "margins are above 0"));
    }
    let used = Used {
        margins: true,
        market_elasticity: false,
        own_elasticity: false,
        parameters: 1 + usize::from(free),
    };
    Ok(built(&known, strength, factor, &unit, used))
}

fn bind(observed: &Observed) -> Result<Known<'_>, InputError> {
    let inside = observed.inside_shares();
    let outside = outside(observed).ok_or_else(|| {
        let why = "the outside share is not calibrated under nested logit demand";
        InputError::at("outside_share", why).hint("give a number")
    })?;
    let shares: Vec<f64> = inside.iter().map(|w| w * (1.0 - outside)).collect();
    let mut names: Vec<String> = Vec::new();
    let mut nest = Vec::new();
    for p in &observed.products {
        let name = p.nest.clone().unwrap_or_else(|| format!("only {}", p.id));
        let at = names.iter().position(|n| *n == name);
        nest.push(at.unwrap_or(names.len()));
        if at.is_none() {
            names.push(name);
        }
    }
    Ok(Known {
        observed,
        ownership: Ownership::new(&observed.firms(), &observed.stakes),
        within: crate::demand::within_nests(&nest, &shares),
        nest,
        shares,
        outside,
        kept: observed.kept(),
        margins: observed.known_margins(),
    })
}

/// Two margins: the parameter at which their ratio is the known one. More: the one with the
/// smallest errors.
fn strength_of(known: &Known<'_>) -> Result<f64, InputError> {
    let mut points = vec![1e-3];
    points.extend(grid(0.0, 1.0, 199));
    points.push(1.0);
    let ratio = |strength: f64, a: usize, b: usize| {
        known
            .unit(strength)
            .map_or(f64::NAN, |unit| unit[a] / unit[b])
    };
    match known.margins.as_slice() {
        [] | [_] => Err(missing("give two margins, or `nest_strength`")),
        [(a, first), (b, second)] => {
            let (low, high) = (ratio(0.2, *a, *b), ratio(0.8, *a, *b));
            if (low / high - 1.0).abs() < 1e-9 {
                let why = "the nest parameter does not move the ratio of these two margins";
                return Err(impossible(
                    why,
                    "give margins of firms that differ over nests",
                ));
            }
            let miss = |s: f64| ratio(s, *a, *b) / (first / second) - 1.0;
            let why = "no nest parameter from 0 to 1 gives these two margins";
            scalar::first_root(miss, &points)
                .ok_or_else(|| impossible(why, "give `nest_strength`, or check the margins"))
        }
        _ => {
            let loss = |strength: f64| {
                let unit = known.unit(strength).unwrap_or_default();
                let fit = scale(known.observed, &known.margins, &unit).unwrap_or(f64::NAN);
                let earned: Vec<f64> = unit.iter().map(|u| fit * u).collect();
                errors(known.observed, &known.margins, &earned)
            };
            Ok(scalar::minimum(loss, &points))
        }
    }
}

fn built(known: &Known<'_>, strength: f64, factor: f64, unit: &[f64], used: Used) -> Solved {
    let observed = known.observed;
    let slope = -1.0 / factor;
    let size = observed.total / (1.0 - known.outside);
    let prices = observed.prices();
    let demand = NestedLogit::with_shares(
        (slope, strength),
        &known.nest,
        &prices,
        &known.shares,
        (known.outside, size),
    );
    let inside = observed.inside_shares();
    let mean: f64 = inside.iter().zip(&prices).map(|(w, p)| w * p).sum();
    Solved {
        parameters: vec![
            Parameter {
                name: "price coefficient",
                value: slope,
                meaning: "utility of one unit of money",
                calibrated: true,
            },
            Parameter {
                name: "nest parameter",
                value: strength,
                meaning: "1 is the flat logit; below, products of a nest are closer",
                calibrated: used.parameters == 2,
            },
            Parameter {
                name: "outside share",
                value: known.outside,
                meaning: "part of consumers who buy nothing here",
                calibrated: false,
            },
        ],
        // When all prices rise in proportion, shares within nests move as well, but those of
        // buying nothing only with the mean utility: d ln(1 - s0) = a s0 (mean price) dln p.
        market_elasticity: slope * known.outside * mean,
        elasticities: Vec::new(),
        quantities: known.shares.iter().map(|s| s * size).collect(),
        earned: unit.iter().map(|u| factor * u).collect(),
        demand: Demand::NestedLogit(demand),
        used,
    }
}
