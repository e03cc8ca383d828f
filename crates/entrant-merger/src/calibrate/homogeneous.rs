//! One homogeneous product under Cournot: the elasticity of the market, or margins.

use entrant_data::InputError;

use super::{Parameter, Solved, Used, impossible, missing, scale};
use crate::demand::{Demand, Homogeneous, HomogeneousShape};
use crate::observed::{DemandKind, Observed};
use crate::ownership::Ownership;

pub(super) fn solve(observed: &Observed) -> Result<Solved, InputError> {
    let price = one_price(observed)?;
    let inside = observed.inside_shares();
    let ownership = Ownership::new(&observed.firms(), &[]);
    let firm = ownership.sums(&inside);
    // What a seller earns on a unit over one over minus the elasticity: kept P S_f.
    let each = observed.products.iter().zip(&firm);
    let unit: Vec<f64> = each.map(|(p, s)| p.tax.kept() * price * s).collect();
    let (inverse, by_margins) = if let Some(e) = observed.market_elasticity {
        (-1.0 / e, false)
    } else {
        let found = scale(observed, &observed.known_margins(), &unit);
        let needs = "give the market elasticity or one margin";
        (found.ok_or_else(|| missing(needs))?, true)
    };
    let total = observed.total;
    let shape = match observed.demand {
        DemandKind::HomogeneousLinear => HomogeneousShape::Linear {
            intercept: price * (1.0 + inverse),
            slope: -price * inverse / total,
        },
        _ => HomogeneousShape::ConstantElasticity {
            level: price * total.powf(inverse),
            power: -inverse,
        },
    };
    let earned: Vec<f64> = unit.iter().map(|u| inverse * u).collect();
    let costly = |(p, e): (&crate::observed::Observation, &f64)| p.tax.received(p.price) > *e;
    if !observed.products.iter().zip(&earned).all(costly) {
        let why = "some marginal cost would be negative: firms earn more than the whole price";
        return Err(impossible(
            why,
            "the market elasticity may be too close to zero",
        ));
    }
    let quantities: Vec<f64> = inside.iter().map(|w| w * total).collect();
    Ok(Solved {
        demand: Demand::Homogeneous(Homogeneous {
            shape,
            before: quantities.clone(),
        }),
        quantities,
        earned,
        parameters: vec![Parameter {
            name: "market elasticity",
            value: -1.0 / inverse,
            meaning: "of total quantity at the present price",
            calibrated: by_margins,
        }],
        market_elasticity: -1.0 / inverse,
        elasticities: Vec::new(),
        used: Used {
            margins: by_margins,
            market_elasticity: !by_margins,
            own_elasticity: false,
            parameters: 1,
        },
    })
}

fn one_price(observed: &Observed) -> Result<f64, InputError> {
    let price = observed.products.first().map_or(f64::NAN, |p| p.price);
    let other = observed
        .products
        .iter()
        .position(|p| p.price.to_bits() != price.to_bits());
    match other {
        None => Ok(price),
        Some(j) => {
            let message = "a homogeneous product has one price";
            let at = format!("product[{j}].price");
            Err(InputError::at(at, message).value(observed.products[j].price.to_string()))
        }
    }
}
