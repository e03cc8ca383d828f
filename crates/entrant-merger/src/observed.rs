//! What is known about a market before anything is calibrated.

use crate::conduct::Conduct;
use crate::model::Tax;

/// A form of demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemandKind {
    /// Logit; shares of units.
    Logit,
    /// Nested logit with one nest parameter, or one for each nest; shares of units.
    NestedLogit,
    /// Constant elasticity of substitution; shares of spending.
    Ces,
    /// Linear; units, every margin, diversion by share unless given.
    Linear,
    /// Constant own and cross elasticities; units, every margin, diversion by share unless given.
    LogLinear,
    /// Almost ideal demand with diversion by share (LA-AIDS, PCAIDS), less between nests than
    /// within them (nested PCAIDS); shares of spending.
    Aids,
    /// One homogeneous product, price linear in total quantity.
    HomogeneousLinear,
    /// One homogeneous product, constant elasticity of total quantity.
    HomogeneousConstantElasticity,
}

/// A number that is known, or to be solved for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unknown {
    /// Known.
    Known(f64),
    /// To be calibrated.
    Calibrate,
}

/// What is known about one product.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Id.
    pub id: String,
    /// Firm that sets its price.
    pub firm: String,
    /// Price that consumers pay; one where prices are not known (AIDS alone).
    pub price: f64,
    /// Units or share: see [`Observed::outside`].
    pub amount: f64,
    /// Margin as a part of the price that the seller keeps, when known.
    pub margin: Option<f64>,
    /// Own-price elasticity, when known (AIDS).
    pub elasticity: Option<f64>,
    /// Nest (nested logit, AIDS); `None` is a nest of its own.
    pub nest: Option<String>,
    /// Most units that can be sold (logit, Bertrand).
    pub capacity: Option<f64>,
    /// Taxes now.
    pub tax: Tax,
}

/// What is known about a market.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// Form of demand.
    pub demand: DemandKind,
    /// How firms compete.
    pub conduct: Conduct,
    /// Products.
    pub products: Vec<Observation>,
    /// Share of consumers (logit) or of spending (CES) that goes to no product; amounts are
    /// scaled to the rest.
    pub outside: Unknown,
    /// Elasticity of all products together when all their prices rise by the same percentage.
    pub market_elasticity: Option<f64>,
    /// Nest parameter in (0, 1]. Nested logit: one is the flat logit. AIDS: the odds of diversion to
    /// a product of another nest over those that shares of spending lead to expect; one is
    /// diversion by share.
    pub nest_strength: Unknown,
    /// Nests with a parameter of their own (nested logit), in place of `nest_strength`.
    pub nest_strengths: Vec<(String, f64)>,
    /// Diversion from product j to product k, row-major; by share when `None` (linear).
    pub diversion: Option<Vec<f64>>,
    /// Units sold of all products; money for CES and AIDS. Amounts that are shares are scaled
    /// to it.
    pub total: f64,
    /// Stakes: owner, of, weight on the other's profit.
    pub stakes: Vec<(String, String, f64)>,
    /// Whether marginal cost rises in proportion to quantity (homogeneous products).
    pub rising_cost: bool,
}

impl Observed {
    /// Amounts divided by their sum.
    pub fn inside_shares(&self) -> Vec<f64> {
        let total: f64 = self.products.iter().map(|p| p.amount).sum();
        self.products.iter().map(|p| p.amount / total).collect()
    }

    /// Prices that consumers pay.
    pub fn prices(&self) -> Vec<f64> {
        self.products.iter().map(|p| p.price).collect()
    }

    /// Part of each price that the seller keeps after taxes on it.
    pub fn kept(&self) -> Vec<f64> {
        self.products.iter().map(|p| p.tax.kept()).collect()
    }

    /// Products with a known margin, with what the seller then earns on a unit: the margin times
    /// the price after ad valorem and unit taxes.
    pub fn known_margins(&self) -> Vec<(usize, f64)> {
        let known = self.products.iter().enumerate();
        known
            .filter_map(|(j, p)| Some((j, p.margin? * p.tax.received(p.price))))
            .collect()
    }

    /// Nest of each product, numbered from 0, and the names of the nests; `None` is a nest of one
    /// product.
    pub(crate) fn nests(&self) -> (Vec<usize>, Vec<Option<&str>>) {
        let mut names: Vec<Option<&str>> = Vec::new();
        let number = |p: &'_ Observation, names: &[Option<&str>]| {
            let name = p.nest.as_deref();
            name.and_then(|n| names.iter().position(|m| *m == Some(n)))
        };
        let mut nest = Vec::with_capacity(self.products.len());
        for p in &self.products {
            let at = number(p, &names).unwrap_or(names.len());
            if at == names.len() {
                names.push(p.nest.as_deref());
            }
            nest.push(at);
        }
        (nest, names)
    }

    /// Names of the firms of the products.
    pub fn firms(&self) -> Vec<String> {
        self.products.iter().map(|p| p.firm.clone()).collect()
    }
}
