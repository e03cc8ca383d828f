//! From what is known to a model: one file per form of demand.
//!
//! Observed prices and shares are reproduced exactly; the few parameters behind them are solved
//! for the known margins and elasticities, in closed form where these determine them. Where more
//! is known than there are parameters, the sum of squared errors of the margins is smallest.

mod aids;
mod ces;
mod homogeneous;
mod linear;
mod logit;
mod nested;

use entrant_data::result::Identification;
use entrant_data::{InputError, Status};

use crate::conduct::{Conduct, capacity, conditions};
use crate::demand::Demand;
use crate::equilibrium::CERTIFIED;
use crate::model::{Model, Product};
use crate::observed::{DemandKind, Observed, Unknown};

/// A calibrated parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Name.
    pub name: &'static str,
    /// Value.
    pub value: f64,
    /// What it means.
    pub meaning: &'static str,
    /// Whether it was solved for.
    pub calibrated: bool,
}

/// A known number beside the one that the model implies.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// What it is.
    pub name: String,
    /// The known number.
    pub input: f64,
    /// What the model implies.
    pub fitted: f64,
    /// Whether parameters were solved for it; otherwise it is a check.
    pub used: bool,
}

/// A calibrated market.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The market.
    pub model: Model,
    /// Units before.
    pub quantities: Vec<f64>,
    /// What sellers earn on a unit before.
    pub earned: Vec<f64>,
    /// Whether the numbers determine the parameters, just or more than.
    pub identification: Identification,
    /// Parameters.
    pub parameters: Vec<Parameter>,
    /// Known numbers against fitted.
    pub fitted: Vec<Fitted>,
    /// Largest first-order residual at the observed prices.
    pub residual: f64,
    /// Whether observed prices are an equilibrium of the model, to rounding.
    pub status: Status,
}

/// What each form of demand hands back.
pub(crate) struct Solved {
    demand: Demand,
    quantities: Vec<f64>,
    /// What sellers earn on a unit.
    earned: Vec<f64>,
    parameters: Vec<Parameter>,
    /// Market elasticity that the model implies.
    market_elasticity: f64,
    /// Own elasticities that the model implies, where they were given.
    elasticities: Vec<f64>,
    /// Known numbers that parameters were solved for, and how many parameters.
    used: Used,
}

/// What parameters were solved for.
pub(crate) struct Used {
    margins: bool,
    market_elasticity: bool,
    own_elasticity: bool,
    parameters: usize,
}

/// Calibrates a market.
///
/// # Errors
///
/// When numbers are missing that the demand needs, when no parameters fit them, or when demand
/// and conduct do not go together. Places are keys of [`Observed`] (`outside_share`, `conduct`) or
/// products (`product[3].margin`).
pub fn calibrate(observed: &Observed) -> Result<Calibration, InputError> {
    check(observed)?;
    let solved = match observed.demand {
        DemandKind::Logit => logit::solve(observed),
        DemandKind::NestedLogit => nested::solve(observed),
        DemandKind::Ces => ces::solve(observed),
        DemandKind::Aids => aids::solve(observed),
        DemandKind::Linear | DemandKind::LogLinear => linear::solve(observed),
        DemandKind::HomogeneousLinear | DemandKind::HomogeneousConstantElasticity => {
            homogeneous::solve(observed)
        }
    }?;
    Ok(finish(observed, solved))
}

fn check(observed: &Observed) -> Result<(), InputError> {
    let logit = observed.demand == DemandKind::Logit;
    let homogeneous = is_homogeneous(observed.demand);
    let fits = match observed.conduct {
        Conduct::Bertrand => !homogeneous,
        Conduct::Cournot => logit || homogeneous,
        Conduct::Auction | Conduct::Bargaining(_) | Conduct::AuctionBargaining(_) => logit,
    };
    if !fits {
        let message = format!(
            "{} is not defined under this demand",
            observed.conduct.word()
        );
        let hint = "Bertrand takes every demand for differentiated products, Cournot logit and a \
                    homogeneous product, auctions and bargaining logit";
        return Err(InputError::at("conduct", message).hint(hint));
    }
    let constrained = observed.products.iter().any(|p| p.capacity.is_some());
    if constrained && !(logit && observed.conduct == Conduct::Bertrand) {
        let message = "capacities are taken into account under logit demand and Bertrand only";
        return Err(InputError::at("conduct", message).hint("leave `capacity` out"));
    }
    let nested = observed.demand == DemandKind::NestedLogit;
    if !observed.nest_strengths.is_empty() && !nested {
        let message = "nests have parameters of their own under nested logit demand only";
        return Err(InputError::at("nest_strengths", message).hint("leave them out"));
    }
    let weighed = observed.conduct.weighs_stakes(logit);
    if !observed.stakes.is_empty() && !weighed {
        let message = format!(
            "stakes have no meaning here under {}",
            observed.conduct.word()
        );
        return Err(InputError::at("stake", message));
    }
    Ok(())
}

fn is_homogeneous(kind: DemandKind) -> bool {
    matches!(
        kind,
        DemandKind::HomogeneousLinear | DemandKind::HomogeneousConstantElasticity
    )
}

/// Costs, the certificate, and input against fitted.
fn finish(observed: &Observed, solved: Solved) -> Calibration {
    let Solved {
        demand,
        quantities,
        earned,
        ..
    } = &solved;
    let cost = |j: usize| {
        let p = &observed.products[j];
        let unit = p.tax.received(p.price) - earned[j];
        if observed.rising_cost {
            unit / quantities[j]
        } else {
            unit
        }
    };
    let products = observed.products.iter().enumerate().map(|(j, p)| Product {
        id: p.id.clone(),
        firm: p.firm.clone(),
        price: p.price,
        cost: cost(j),
        tax: p.tax,
        capacity: p.capacity,
        on_sale: true,
    });
    let model = Model {
        demand: demand.clone(),
        conduct: observed.conduct,
        products: products.collect(),
        stakes: observed.stakes.clone(),
        rising_cost: observed.rising_cost,
    };
    let residual = residual(&model, quantities);
    Calibration {
        identification: identification(observed, &solved),
        fitted: fitted(observed, &solved),
        status: if residual <= CERTIFIED {
            Status::Certified
        } else {
            Status::NotConverged
        },
        model,
        residual,
        parameters: solved.parameters,
        quantities: solved.quantities,
        earned: solved.earned,
    }
}

/// Largest first-order residual at the observed prices, and error of the observed quantities.
fn residual(model: &Model, quantities: &[f64]) -> f64 {
    let prices = model.prices();
    let largest = |all: &[f64]| all.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    if let Demand::Homogeneous(d) = &model.demand {
        let firm = model.ownership().firm;
        let all = crate::conduct::homogeneous::conditions(model, &d.shape, &firm, quantities);
        return largest(&all);
    }
    let at = if model.conduct.is_auction() {
        model.break_even()
    } else {
        prices.clone()
    };
    let again = model.demand.quantities(&at).unwrap_or_default();
    let errors: Vec<f64> = again
        .iter()
        .zip(quantities)
        .map(|(a, b)| a / b - 1.0)
        .collect();
    if model.conduct.is_auction() {
        return largest(&errors);
    }
    let bound = capacity::bound(model, quantities);
    let shadow = vec![0.0; prices.len()];
    match conditions(model, &model.ownership(), &prices, &shadow) {
        Some(mut all) => {
            // What a constrained product earns beyond its condition is its shadow price.
            for j in bound {
                all[j] = all[j].min(0.0);
            }
            largest(&all).max(largest(&errors))
        }
        None => f64::INFINITY,
    }
}

fn identification(observed: &Observed, solved: &Solved) -> Identification {
    let margins = observed.known_margins().len();
    let own = observed.products.iter().filter(|p| p.elasticity.is_some());
    let known = [
        margins,
        usize::from(observed.market_elasticity.is_some()),
        own.count(),
    ];
    let known: usize = known.iter().sum();
    match known.cmp(&solved.used.parameters) {
        _ if solved.used.parameters == 0 => Identification::Given,
        std::cmp::Ordering::Less => Identification::Under,
        std::cmp::Ordering::Equal => Identification::Exact,
        std::cmp::Ordering::Greater => Identification::Over,
    }
}

fn fitted(observed: &Observed, solved: &Solved) -> Vec<Fitted> {
    let mut out = Vec::new();
    for (j, p) in observed.products.iter().enumerate() {
        if let Some(margin) = p.margin {
            out.push(Fitted {
                name: format!("margin of {}", p.id),
                input: margin,
                fitted: solved.earned[j] / p.tax.received(p.price),
                used: solved.used.margins,
            });
        }
        if let Some(elasticity) = p.elasticity {
            out.push(Fitted {
                name: format!("own-price elasticity of {}", p.id),
                input: elasticity,
                fitted: solved.elasticities.get(j).copied().unwrap_or(f64::NAN),
                used: solved.used.own_elasticity,
            });
        }
    }
    if let Some(elasticity) = observed.market_elasticity {
        out.push(Fitted {
            name: "elasticity of the market".into(),
            input: elasticity,
            fitted: solved.market_elasticity,
            used: solved.used.market_elasticity,
        });
    }
    out
}

/// The known share of the outside good.
pub(crate) fn outside(observed: &Observed) -> Option<f64> {
    match observed.outside {
        Unknown::Known(share) => Some(share),
        Unknown::Calibrate => None,
    }
}

/// What errors of margins are measured in: money under the logits, whose earnings are linear in
/// one parameter, and parts of the price where shares of spending rule.
fn measure(observed: &Observed, j: usize) -> f64 {
    let p = &observed.products[j];
    match observed.demand {
        DemandKind::Logit | DemandKind::NestedLogit => 1.0,
        _ => p.tax.received(p.price),
    }
}

/// The factor by which unit earnings fit known margins best: exact for one, least squares for
/// more; `None` without margins.
pub(crate) fn scale(observed: &Observed, margins: &[(usize, f64)], unit: &[f64]) -> Option<f64> {
    let (mut top, mut bottom) = (0.0, 0.0);
    for (j, earned) in margins {
        let measure = measure(observed, *j);
        let z = unit[*j] / measure;
        top += earned / measure * z;
        bottom += z * z;
    }
    match margins {
        [] => None,
        [(j, earned)] => Some(earned / unit[*j]),
        _ => Some(top / bottom),
    }
}

/// Sum of squared errors of margins.
pub(crate) fn errors(observed: &Observed, margins: &[(usize, f64)], earned: &[f64]) -> f64 {
    let each = margins.iter();
    each.map(|(j, known)| ((known - earned[*j]) / measure(observed, *j)).powi(2))
        .sum()
}

/// Nothing to solve the parameters for.
pub(crate) fn missing(needs: &str) -> InputError {
    InputError::at("product", "the parameters of demand are not determined").hint(needs)
}

/// Nothing to solve the share of the outside good for, or to do without it.
pub(crate) fn missing_outside(why: &str, needs: &str) -> InputError {
    InputError::at("outside_share", why).hint(needs)
}

/// No parameters give the known numbers.
pub(crate) fn impossible(why: &str, hint: &str) -> InputError {
    InputError::at("product", why).hint(hint)
}

/// Evenly spaced points strictly between two numbers.
pub(crate) fn grid(low: f64, high: f64, points: u16) -> Vec<f64> {
    let step = (high - low) / f64::from(points + 1);
    (1..=points).map(|i| low + step * f64::from(i)).collect()
}

/// Shares of the outside good between which one is looked for.
pub(crate) fn fine_grid() -> Vec<f64> {
    let mut points = vec![1e-9, 1e-6, 1e-4];
    points.extend(grid(0.0, 1.0, 199));
    points.extend([1.0 - 1e-4, 1.0 - 1e-6]);
    points
}
