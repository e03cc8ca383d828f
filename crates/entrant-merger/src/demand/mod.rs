//! Forms of demand, one file each.

mod aids;
mod ces;
mod homogeneous;
mod linear;
mod log_linear;
mod logit;
mod nested;
mod thin;

use std::borrow::Cow;

use entrant_numeric::dense::Matrix;

pub use aids::Aids;
pub use ces::Ces;
pub use homogeneous::{Homogeneous, HomogeneousShape};
pub use linear::Linear;
pub use log_linear::LogLinear;
pub use logit::Logit;
pub use nested::{NestedLogit, NestedShares};

pub(crate) use aids::rivals;
pub(crate) use nested::within_nests;
pub(crate) use thin::ThinSlopes;

/// Demand at known parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Demand {
    /// Logit.
    Logit(Logit),
    /// Nested logit.
    NestedLogit(NestedLogit),
    /// Constant elasticity of substitution.
    Ces(Ces),
    /// Linear.
    Linear(Linear),
    /// Constant elasticities.
    LogLinear(LogLinear),
    /// Almost ideal demand.
    Aids(Aids),
    /// One homogeneous product.
    Homogeneous(Homogeneous),
}

impl Demand {
    /// Quantities at these prices; zero for products that are not on sale, whatever their price.
    ///
    /// `None` where the form has no value (a price of zero or below under constant elasticities)
    /// and for a homogeneous product, whose quantities are not a function of its price.
    pub fn quantities(&self, prices: &[f64]) -> Option<Vec<f64>> {
        let q = match self {
            Demand::Logit(d) => d.quantities(prices),
            Demand::NestedLogit(d) => d.quantities(prices),
            Demand::Ces(d) => d.quantities(prices)?,
            Demand::Linear(d) => d.quantities(prices)?,
            Demand::LogLinear(d) => d.quantities(prices)?,
            Demand::Aids(d) => d.quantities(prices)?,
            Demand::Homogeneous(_) => return None,
        };
        q.iter().all(|v| v.is_finite()).then_some(q)
    }

    /// Derivatives of quantities by prices: row k and column j hold that of quantity k by price
    /// j; zero for products that are not on sale.
    pub fn slopes(&self, prices: &[f64]) -> Option<Matrix> {
        match self {
            Demand::Linear(d) => d.slopes().map(Cow::into_owned),
            Demand::LogLinear(d) => d.slopes(prices),
            _ => Some(self.thin_slopes(prices)?.matrix()),
        }
    }

    /// The same where they are a diagonal and a few products of vectors; `None` where not.
    pub(crate) fn thin_slopes(&self, prices: &[f64]) -> Option<ThinSlopes> {
        match self {
            Demand::Logit(d) => Some(d.slopes(prices)),
            Demand::NestedLogit(d) => Some(d.slopes(prices)),
            Demand::Ces(d) => d.slopes(prices),
            Demand::Aids(d) => d.slopes(prices),
            Demand::Linear(_) | Demand::LogLinear(_) | Demand::Homogeneous(_) => None,
        }
    }

    /// Money that consumers lose when prices move from `before` (this demand) to `after` under
    /// `then`, which has the same parameters with products gone or new.
    ///
    /// Logit and nested logit: compensating variation, which is the change of consumers' surplus.
    /// CES: compensating variation at constant spending. AIDS and the rest: change of consumers'
    /// surplus; the path over which it is taken matters only under linear and log-linear demand
    /// with asymmetric slopes, where it is the straight line between the prices.
    pub fn harm(&self, before: &[f64], then: &Demand, after: &[f64]) -> f64 {
        match (self, then) {
            (Demand::Logit(a), Demand::Logit(b)) => a.surplus(before) - b.surplus(after),
            (Demand::NestedLogit(a), Demand::NestedLogit(b)) => {
                a.surplus(before) - b.surplus(after)
            }
            (Demand::Ces(a), Demand::Ces(b)) => a.harm(before, b, after),
            (Demand::Linear(_), Demand::Linear(b)) => b.harm(before, after),
            (Demand::LogLinear(_), Demand::LogLinear(b)) => b.harm(before, after),
            (Demand::Aids(_), Demand::Aids(b)) => b.harm(before, after),
            _ => f64::NAN,
        }
    }

    /// The same demand without these products; `None` where demand for a product never ends
    /// (constant elasticities), so that its exit is not defined.
    pub fn without(&self, gone: &[bool]) -> Option<Demand> {
        Some(match self {
            Demand::Logit(d) => Demand::Logit(d.without(gone)),
            Demand::NestedLogit(d) => Demand::NestedLogit(d.without(gone)),
            Demand::Ces(d) => Demand::Ces(d.without(gone)),
            Demand::Linear(d) => Demand::Linear(d.without(gone)),
            Demand::Aids(d) => Demand::Aids(d.without(gone)),
            Demand::Homogeneous(d) => Demand::Homogeneous(d.clone()),
            Demand::LogLinear(_) => return None,
        })
    }

    /// The word for this form in files and tables.
    pub fn word(&self) -> &'static str {
        match self {
            Demand::Logit(_) => "logit",
            Demand::NestedLogit(_) => "nested logit",
            Demand::Ces(_) => "CES",
            Demand::Linear(_) => "linear",
            Demand::LogLinear(_) => "log-linear",
            Demand::Aids(_) => "AIDS",
            Demand::Homogeneous(_) => "homogeneous product",
        }
    }

    /// Whether shares are of spending rather than of units.
    pub fn shares_are_of_spending(&self) -> bool {
        matches!(self, Demand::Ces(_) | Demand::Aids(_))
    }
}
