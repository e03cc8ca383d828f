//! How firms compete: what each seller earns on a unit, given demand and ownership.

mod auction;
mod bargaining;
mod bertrand;
pub mod capacity;
mod cournot;
pub mod homogeneous;

use crate::demand::Demand;
use crate::model::Model;
use crate::ownership::Ownership;

/// How firms compete.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Conduct {
    /// Firms set prices.
    Bertrand,
    /// Firms set quantities: logit demand, or a homogeneous product.
    Cournot,
    /// Second-score auction under logit demand (Miller 2014).
    Auction,
    /// Nash bargaining of each seller with each buyer under logit demand; power of the buyer in
    /// [0, 1), where zero is Bertrand (Panhans and Taragin 2023).
    Bargaining(f64),
    /// Second-score bargaining under logit demand: sellers keep one minus the power of the buyer
    /// of what they would earn in the auction.
    AuctionBargaining(f64),
}

impl Conduct {
    /// The word for it in files and tables.
    pub fn word(&self) -> &'static str {
        match self {
            Conduct::Bertrand => "Bertrand",
            Conduct::Cournot => "Cournot",
            Conduct::Auction => "second-score auction",
            Conduct::Bargaining(_) => "Nash bargaining",
            Conduct::AuctionBargaining(_) => "second-score bargaining",
        }
    }

    /// Whether a stake in a rival has a meaning: where sellers set prices or quantities, or bargain,
    /// its weight stands in their conditions. In a second-score auction a stake makes bids worth
    /// shading, and prices no longer follow from costs in closed form.
    pub fn weighs_stakes(&self, logit: bool) -> bool {
        match self {
            Conduct::Bertrand | Conduct::Bargaining(_) => true,
            Conduct::Cournot => logit,
            Conduct::Auction | Conduct::AuctionBargaining(_) => false,
        }
    }

    /// Whether the best offer wins and prices follow from costs, so that nothing is to be solved.
    pub fn is_auction(&self) -> bool {
        matches!(self, Conduct::Auction | Conduct::AuctionBargaining(_))
    }
}

/// What sellers earn on a unit under logit demand at these shares of all consumers, divided by
/// minus one over the price coefficient; `kept` is the part of each price that a seller keeps.
///
/// This is where each conduct has its closed form: one known margin gives the coefficient.
/// `None` where the conduct has no value there (Cournot when everybody buys, a singular system
/// of stakes).
pub fn logit_earnings(
    conduct: Conduct,
    ownership: &Ownership,
    shares: &[f64],
    kept: &[f64],
) -> Option<Vec<f64>> {
    match conduct {
        Conduct::Bertrand => bertrand::logit_earnings(ownership, shares, kept),
        Conduct::Cournot => cournot::logit_earnings(ownership, shares, kept),
        Conduct::Auction => Some(auction::logit_earnings(ownership, shares, kept, 0.0)),
        Conduct::Bargaining(power) => bargaining::logit_earnings(power, ownership, shares, kept),
        Conduct::AuctionBargaining(power) => {
            Some(auction::logit_earnings(ownership, shares, kept, power))
        }
    }
}

/// What sellers earn on a unit over its price where shares of spending rule (CES, AIDS): solves
/// own `x_j` = `kept_j` + cross `sum_k` `O_jk` `r_k` `x_k`.
pub(crate) fn share_earnings(
    ownership: &Ownership,
    shares: &[f64],
    (own, cross): (f64, f64),
    kept: &[f64],
) -> Option<Vec<f64>> {
    let weights: Vec<f64> = shares.iter().map(|r| r * cross / own).collect();
    let right: Vec<f64> = kept.iter().map(|k| k / own).collect();
    bertrand::against(ownership, &weights, &right)
}

/// First-order conditions at these prices, one for each product, without units: in each the
/// profit of the setter of price j moves by this much of `p_j`'s own reference.
///
/// Zero for products that are not on sale. `None` where demand has no value, and for auctions
/// and homogeneous products, which are not solved for prices.
pub fn conditions(
    model: &Model,
    ownership: &Ownership,
    prices: &[f64],
    shadow: &[f64],
) -> Option<Vec<f64>> {
    let q = model.demand.quantities(prices)?;
    let mut earned = model.earned(prices, &q);
    earned.iter_mut().zip(shadow).for_each(|(e, s)| *e -= s);
    match (&model.demand, model.conduct) {
        (Demand::Logit(d), Conduct::Bertrand) => {
            let s: Vec<f64> = q.iter().map(|q| q / d.size).collect();
            Some(bertrand::logit_conditions(
                model, ownership, d.slope, &s, &earned,
            ))
        }
        (Demand::Logit(d), Conduct::Bargaining(power)) => {
            let s: Vec<f64> = q.iter().map(|q| q / d.size).collect();
            let at = (d.slope, power);
            Some(bargaining::conditions(model, ownership, at, &s, &earned))
        }
        (Demand::Logit(d), Conduct::Cournot) => {
            let s: Vec<f64> = q.iter().map(|q| q / d.size).collect();
            cournot::conditions(model, ownership, d.slope, &s, &earned)
        }
        (_, Conduct::Bertrand) => bertrand::conditions(model, ownership, prices, &q, &earned),
        _ => None,
    }
}
