//! Almost ideal demand with diversion by share under Bertrand: a margin or an own elasticity, and
//! the elasticity of the market or a second margin. PCAIDS is the case of a known own elasticity;
//! with nests a further margin or own elasticity gives the odds between them.

use entrant_data::InputError;
use entrant_numeric::linalg;

use super::{Parameter, Solved, Used, errors, grid, impossible, missing, scale};
use crate::conduct::share_earnings;
use crate::demand::{Aids, Demand, rivals};
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
    nest: Vec<usize>,
    /// Odds between nests; one is diversion by share.
    between: f64,
}

impl Known<'_> {
    /// What sellers earn on a unit: (1 + t `W_j`) `e_j` = `kept_j` + `sum_k` `O_jk` (t `w_jk` + 1 + e) `r_k`
    /// `e_k`, in prices.
    fn earned(&self, t: f64, elasticity: f64) -> Option<Vec<f64>> {
        if self.between < 1.0 {
            return self.earned_with_nests(t, elasticity);
        }
        let both = (1.0 + t, t + 1.0 + elasticity);
        let parts = share_earnings(&self.ownership, &self.shares, both, &self.kept)?;
        let each = parts.iter().zip(&self.observed.products);
        Some(each.map(|(e, p)| e * p.price).collect())
    }

    /// Firms that weigh nobody else's profit are solved one by one.
    fn earned_with_nests(&self, t: f64, elasticity: f64) -> Option<Vec<f64>> {
        let n = self.shares.len();
        let firms: Vec<Vec<usize>> = if self.ownership.is_partition() {
            let of = |f: usize| (0..n).filter(move |j| self.ownership.firm[*j] == f);
            (0..self.ownership.firms())
                .map(|f| of(f).collect())
                .collect()
        } else {
            vec![(0..n).collect()]
        };
        let rivals = self.rivals();
        let mut out = vec![0.0; n];
        for own in firms {
            let entry = |j: usize, k: usize| {
                let near = self.nest[j] == self.nest[k];
                let odds = if near { 1.0 } else { self.between };
                let diagonal = if j == k { 1.0 + t * rivals[j] } else { 0.0 };
                let cross = (t * odds + 1.0 + elasticity) * self.shares[k];
                diagonal - self.ownership.weight(j, k) * cross
            };
            let rows = own.iter().flat_map(|j| own.iter().map(move |k| (*j, *k)));
            let matrix: Vec<f64> = rows.map(|(j, k)| entry(j, k)).collect();
            let kept: Vec<f64> = own.iter().map(|j| self.kept[*j]).collect();
            let solved = linalg::solve(&matrix, &kept)?;
            own.iter()
                .zip(solved)
                .for_each(|(j, e)| out[*j] = e * self.observed.products[*j].price);
        }
        Some(out)
    }

    /// `W_j`: weighed shares of what each product competes with, itself included.
    fn rivals(&self) -> Vec<f64> {
        let of_nest = rivals(&self.shares, &self.nest, self.between);
        self.nest.iter().map(|g| of_nest[*g]).collect()
    }

    /// Own elasticity of product j: -1 - t (`W_j` - `r_j`) + `r_j` (1 + e).
    fn own_elasticity(&self, j: usize, t: f64, e: f64) -> f64 {
        let r = self.shares[j];
        -1.0 - t * (self.rivals()[j] - r) + r * (1.0 + e)
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
        nest: observed.nests().0,
        between: match observed.nest_strength {
            Unknown::Known(between) => between,
            Unknown::Calibrate => return with_odds(observed),
        },
    };
    let own = observed
        .products
        .iter()
        .position(|p| p.elasticity.is_some());
    let (t, e, used) = match (own, observed.market_elasticity) {
        (Some(j), Some(e)) => (by_elasticity(&known, j, e), e, used(false, true, 2)),
        (None, Some(e)) => (by_margins(&known, e)?, e, used(true, true, 2)),
        (_, None) if known.between < 1.0 => {
            let needs =
                "with nests give the market elasticity, and one margin or own-price elasticity";
            return Err(missing(needs));
        }
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

/// The odds between nests as well: those at which the price sensitivity that the first known number
/// gives meets the second.
fn with_odds(observed: &Observed) -> Result<Solved, InputError> {
    let margins = observed.known_margins();
    let elastic = |(j, p): (usize, &crate::Observation)| Some((j, p.elasticity?));
    let own: Vec<(usize, f64)> = observed
        .products
        .iter()
        .enumerate()
        .filter_map(elastic)
        .collect();
    let (Some(e), 2) = (observed.market_elasticity, margins.len() + own.len()) else {
        let needs = "for the odds between nests give the market elasticity and two margins or own-price elasticities";
        return Err(missing(needs));
    };
    let at = |between: f64| {
        let known = Known {
            observed,
            ownership: Ownership::new(&observed.firms(), &observed.stakes),
            shares: observed.inside_shares(),
            kept: observed.kept(),
            margins: margins.iter().copied().take(1).collect(),
            nest: observed.nests().0,
            between,
        };
        let t = match own.first() {
            Some((j, _)) => by_elasticity(&known, *j, e),
            None => by_margins(&known, e).unwrap_or(f64::NAN),
        };
        (known, t)
    };
    let miss = |between: f64| {
        let (known, t) = at(between);
        match (own.get(1), margins.last()) {
            (Some((j, wanted)), _) => known.own_elasticity(*j, t, e) / wanted - 1.0,
            (None, Some((j, wanted))) => {
                let earned = known.earned(t, e);
                earned.map_or(f64::NAN, |all| all[*j] / wanted - 1.0)
            }
            (None, None) => f64::NAN,
        }
    };
    let mut points = vec![1e-3];
    points.extend(grid(0.0, 1.0, 199));
    points.push(1.0);
    let why = "no odds between nests from 0 to 1 give these numbers";
    let between = scalar::first_root(miss, &points)
        .ok_or_else(|| impossible(why, "give `nest_strength`, or check nests and numbers"))?;
    let (known, t) = at(between);
    if !(t > 0.0 && t.is_finite()) {
        return Err(impossible(why, "check the margins and elasticities"));
    }
    let used = Used {
        margins: !margins.is_empty(),
        market_elasticity: true,
        own_elasticity: !own.is_empty(),
        parameters: 3,
    };
    Ok(built(&known, t, e, used))
}

/// `e_jj` = -1 - t (`W_j` - `r_j`) + `r_j` (1 + e).
fn by_elasticity(known: &Known<'_>, j: usize, market: f64) -> f64 {
    let r = known.shares[j];
    let own = known.observed.products[j].elasticity.unwrap_or(f64::NAN);
    (r * (1.0 + market) - 1.0 - own) / (known.rivals()[j] - r)
}

/// 1/m = 1 + t - (t + 1 + e) R, so t = (1/m - 1 + (1 + e) R) / (1 - R); searched for where
/// stakes, taxes or several margins leave no closed form.
fn by_margins(known: &Known<'_>, e: f64) -> Result<f64, InputError> {
    let untaxed = known.kept.iter().all(|k| k.to_bits() == 1f64.to_bits());
    let plain =
        known.ownership.is_partition() && untaxed && known.between.to_bits() == 1f64.to_bits();
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
            .enumerate()
            .map(|(j, _)| known.own_elasticity(j, t, e))
            .collect(),
        demand: Demand::Aids(Aids {
            sensitivity: t,
            market_elasticity: e,
            between: known.between,
            nest: known.nest.clone(),
            gone: vec![false; prices.len()],
            prices,
            shares: known.shares.clone(),
            spending: observed.total,
        }),
        parameters: with_between(
            known,
            vec![
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
        ),
        used,
    }
}

/// With the odds between nests, where there are any.
fn with_between(known: &Known<'_>, mut parameters: Vec<Parameter>) -> Vec<Parameter> {
    let calibrated = known.observed.nest_strength == Unknown::Calibrate;
    if calibrated || known.between < 1.0 {
        parameters.push(Parameter {
            name: "nest parameter",
            value: known.between,
            meaning: "odds of going to another nest, over those that shares lead to expect",
            calibrated,
        });
    }
    parameters
}
