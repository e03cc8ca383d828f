//! Linear and log-linear demand under Bertrand: every margin, and diversion by share unless it
//! is known.

use entrant_data::InputError;
use entrant_numeric::dense::Matrix;

use super::{Parameter, Solved, Used, impossible, missing, outside};
use crate::demand::{Demand, Linear, LogLinear};
use crate::observed::{DemandKind, Observed};
use crate::ownership::Ownership;

pub(super) fn solve(observed: &Observed) -> Result<Solved, InputError> {
    let n = observed.products.len();
    let earned: Vec<f64> = observed.known_margins().iter().map(|(_, e)| *e).collect();
    if earned.len() < n {
        return Err(missing("this demand needs the margin of every product"));
    }
    let inside = observed.inside_shares();
    let Some(outside) = outside(observed) else {
        let why = "the outside share is not calibrated under this demand";
        return Err(InputError::at("outside_share", why).hint("give a number, or leave it out"));
    };
    let shares: Vec<f64> = inside.iter().map(|w| w * (1.0 - outside)).collect();
    let diversion = observed
        .diversion
        .clone()
        .unwrap_or_else(|| by_share(&shares));
    let quantities: Vec<f64> = inside.iter().map(|w| w * observed.total).collect();
    let slopes = slopes(observed, &quantities, &earned, &diversion)?;
    let prices = observed.prices();
    let risen = slopes.apply(&prices);
    let total: f64 = risen.iter().sum();
    let demand = match observed.demand {
        DemandKind::LogLinear => {
            let mut elasticities = slopes;
            for k in 0..n {
                for j in 0..n {
                    let e = elasticities.at(k, j) * prices[j] / quantities[k];
                    elasticities.set(k, j, e);
                }
            }
            Demand::LogLinear(LogLinear::through(&prices, &quantities, elasticities))
        }
        _ => Demand::Linear(Linear::through(&prices, &quantities, slopes)),
    };
    Ok(Solved {
        demand,
        earned,
        parameters: vec![Parameter {
            name: "own slopes",
            value: n as f64,
            meaning: "one for each product, from its margin and diversion",
            calibrated: true,
        }],
        market_elasticity: total / observed.total,
        elasticities: Vec::new(),
        quantities,
        used: Used {
            margins: true,
            market_elasticity: false,
            own_elasticity: false,
            parameters: n,
        },
    })
}

/// Diversion from j to k in proportion to the share of k, row-major.
fn by_share(shares: &[f64]) -> Vec<f64> {
    let row = |s: &f64| {
        shares
            .iter()
            .map(move |k| k / (1.0 - s))
            .collect::<Vec<f64>>()
    };
    shares.iter().flat_map(row).collect()
}

/// `B_jj` = `kept_j` `q_j` / `sum_k` `O_jk` `d_jk` `e_k` with `d_jj` = -1, and `B_kj` = -`d_jk` `B_jj`.
fn slopes(
    observed: &Observed,
    quantities: &[f64],
    earned: &[f64],
    diversion: &[f64],
) -> Result<Matrix, InputError> {
    let n = quantities.len();
    let ownership = Ownership::new(&observed.firms(), &observed.stakes);
    let mut out = Matrix::zeros(n, n);
    for j in 0..n {
        let d = |k: usize| if k == j { -1.0 } else { diversion[j * n + k] };
        let loss: f64 = (0..n)
            .map(|k| ownership.weight(j, k) * d(k) * earned[k])
            .sum();
        let own = observed.products[j].tax.kept() * quantities[j] / loss;
        if !(own < 0.0 && own.is_finite()) {
            let why = "a firm would gain by a higher price of this product: what it diverts to \
                       its other products earns more than it loses";
            let mut e = impossible(why, "check margins and diversion");
            e.path = format!("product[{j}].margin");
            return Err(e);
        }
        for k in 0..n {
            out.set(k, j, -d(k) * own);
        }
    }
    Ok(out)
}
