//! The parameters of demand that a calibration may solve for.

use entrant_data::spec::{DemandSpec, Model};
use entrant_data::{Parameter, Quantity};
use entrant_numeric::vector::{exp, ln};

/// A parameter of demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Median price sensitivity.
    Sensitivity,
    /// Standard deviation of its logarithm.
    Spread,
    /// Nesting parameter.
    Nest,
    /// Loyalty.
    Loyalty,
    /// Standard deviation of the taste for a characteristic (index into the study's list).
    Taste(usize),
}

/// Values of all parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Theta {
    /// Median price sensitivity, utility per unit of currency.
    pub sensitivity: f64,
    /// Standard deviation of its logarithm.
    pub spread: f64,
    /// Nesting parameter.
    pub rho: f64,
    /// Extra utility of what is owned already.
    pub loyalty: f64,
    /// Standard deviation of each taste.
    pub taste: Vec<f64>,
}

/// Which parameters are solved for, and the values of the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    /// Parameters solved for, in a fixed order.
    pub free: Vec<Kind>,
    /// Every parameter that the model has, in a fixed order.
    pub all: Vec<Kind>,
    given: Theta,
    price_scale: f64,
}

fn value(p: &Parameter) -> Option<f64> {
    match p {
        Parameter::Calibrate => None,
        Parameter::Given(q) => Some(q.value()),
    }
}

impl Parameters {
    /// Reads the study's demand section; `price_scale` makes the solver's sensitivity a pure
    /// number, so that units of money do not matter.
    pub fn new(demand: &DemandSpec, price_scale: f64) -> Self {
        let mut all = vec![(Kind::Sensitivity, value(&demand.sensitivity))];
        if demand.model == Model::RandomCoefficients {
            all.push((Kind::Spread, value(&demand.spread)));
        }
        if let (Some(nest), true) = (&demand.nest, demand.model != Model::Logit) {
            all.push((Kind::Nest, value(&nest.strength)));
        }
        if let (Some(loyalty), true) = (&demand.loyalty, demand.model == Model::RandomCoefficients)
        {
            all.push((Kind::Loyalty, value(&loyalty.strength)));
        }
        if demand.model == Model::RandomCoefficients {
            all.extend(
                demand
                    .taste
                    .iter()
                    .enumerate()
                    .map(|(k, t)| (Kind::Taste(k), value(&t.spread))),
            );
        }
        let mut parameters = Parameters {
            free: all
                .iter()
                .filter(|(_, v)| v.is_none())
                .map(|(k, _)| *k)
                .collect(),
            all: all.iter().map(|(k, _)| *k).collect(),
            given: Theta {
                sensitivity: 0.0,
                spread: 0.0,
                rho: 0.0,
                loyalty: 0.0,
                taste: vec![0.0; demand.taste.len()],
            },
            price_scale,
        };
        for (kind, given) in all {
            if let Some(v) = given {
                set(&mut parameters.given, kind, v);
            }
        }
        parameters
    }

    /// Starting point of the solver.
    pub fn start(&self) -> Vec<f64> {
        let one = |k: &Kind| match k {
            Kind::Sensitivity => ln(2.0),
            Kind::Spread => ln(0.5),
            Kind::Nest => 0.0,
            Kind::Loyalty => ln(1.0),
            Kind::Taste(_) => ln(0.3),
        };
        self.free.iter().map(one).collect()
    }

    /// Parameters at a point of the solver, or `None` far outside the sensible range.
    pub fn theta(&self, x: &[f64]) -> Option<Theta> {
        let mut theta = self.given.clone();
        for (k, v) in self.free.iter().zip(x) {
            if v.abs() > 25.0 {
                return None;
            }
            set(&mut theta, *k, self.to_natural(*k, *v));
        }
        (theta.spread < 6.0).then_some(theta)
    }

    /// The solver works in `ln(alpha p)`, `ln spread`, `logit rho`, `ln loyalty`: signs hold.
    fn to_natural(&self, kind: Kind, x: f64) -> f64 {
        match kind {
            Kind::Sensitivity => exp(x) / self.price_scale,
            Kind::Nest => 1.0 / (1.0 + exp(-x)),
            Kind::Spread | Kind::Loyalty | Kind::Taste(_) => exp(x),
        }
    }
}

/// Value of one parameter.
pub fn get(theta: &Theta, kind: Kind) -> f64 {
    match kind {
        Kind::Sensitivity => theta.sensitivity,
        Kind::Spread => theta.spread,
        Kind::Nest => theta.rho,
        Kind::Loyalty => theta.loyalty,
        Kind::Taste(k) => theta.taste[k],
    }
}

fn set(theta: &mut Theta, kind: Kind, v: f64) {
    match kind {
        Kind::Sensitivity => theta.sensitivity = v,
        Kind::Spread => theta.spread = v,
        Kind::Nest => theta.rho = v,
        Kind::Loyalty => theta.loyalty = v,
        Kind::Taste(k) => theta.taste[k] = v,
    }
}

/// Name and meaning of a parameter, for reports.
pub fn describe(kind: Kind, demand: &DemandSpec, currency: &str) -> (String, String) {
    match kind {
        Kind::Sensitivity => (
            "price sensitivity".into(),
            format!("median alpha, utility per {currency}"),
        ),
        Kind::Spread => (
            "spread of price sensitivity".into(),
            "standard deviation of ln alpha".into(),
        ),
        Kind::Nest => (
            "nest strength".into(),
            "rho, 0 is flat logit and 1 perfect substitution in a nest".into(),
        ),
        Kind::Loyalty => (
            "loyalty".into(),
            "extra utility of the group that the consumer owns".into(),
        ),
        Kind::Taste(k) => {
            let column = demand.taste.get(k).map_or("", |t| t.column.as_str());
            (
                format!("taste for {column}"),
                format!("standard deviation of the taste, utility per unit of {column}"),
            )
        }
    }
}

/// Owner shares of the loyalty groups at this draw, scaled down when they exceed one.
pub fn owner_shares(demand: &DemandSpec) -> Vec<(Option<String>, f64)> {
    let Some(loyalty) = demand
        .loyalty
        .as_ref()
        .filter(|_| demand.model == Model::RandomCoefficients)
    else {
        return vec![(None, 1.0)];
    };
    let known = |q: &Quantity| q.value().max(0.0);
    let total: f64 = loyalty.owners.values().map(known).sum();
    let scale = if total > 1.0 { 1.0 / total } else { 1.0 };
    let mut owners: Vec<(Option<String>, f64)> = loyalty
        .owners
        .iter()
        .map(|(g, q)| (Some(g.clone()), known(q) * scale))
        .collect();
    if total < 1.0 - 1e-12 {
        owners.push((None, 1.0 - total));
    }
    owners
}
