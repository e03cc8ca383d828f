//! A panel and a specification bound together: columns resolved, matrices built.

use std::sync::Arc;

use entrant_data::formula::Design;
use entrant_data::spec::{CoefficientKind, CostForm};
use entrant_numeric::dense::Matrix;

use super::market::MarketData;
use super::markets::Markets;
use super::parameters::Parameters;
use crate::micro::Micro;

/// Everything that an estimator reads. Rows stand market by market.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Markets.
    pub markets: Markets,
    /// Row of the products table behind each row.
    pub order: Vec<usize>,
    /// Prices (rows).
    pub price: Vec<f64>,
    /// Demand: mean utility on characteristics.
    pub demand: Side,
    /// Supply: marginal cost on characteristics.
    pub supply: Option<CostSide>,
    /// Scale of taste shocks, positive: utility is `delta + mu + scale * shock` (Berry and Pakes
    /// 2007). Characteristics in [`Problem::markets`] are divided by it, so that everything inside
    /// a market is in units of the shock; mean utilities that leave it, and all parameters, are in
    /// units of utility.
    pub scale: f64,
    /// How each random coefficient follows from its draws (coefficients).
    pub coefficients: Vec<CoefficientKind>,
    /// Names of the characteristics with random coefficients.
    pub random_names: Vec<String>,
    /// Names of the demographics.
    pub demographic_names: Vec<String>,
    /// Names of the nesting groups.
    pub nest_names: Vec<String>,
    /// Parameters.
    pub parameters: Parameters,
    /// Cluster of each row, one list for each way of clustering.
    pub clusters: Vec<Vec<u32>>,
    /// Micro moments, beside those of structural errors.
    pub micro: Option<Arc<Micro>>,
    /// What the demand side is made of, to evaluate it where columns of the table differ; `None`
    /// when every characteristic is linear in price.
    pub formulas: Option<Formulas>,
}

/// Formulas of the demand side on the rows of the problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Formulas {
    /// Name of the price in them.
    pub price: String,
    /// Mean utility, before fixed effects are taken out.
    pub linear: Design,
    /// Characteristics with random coefficients.
    pub random: Option<Design>,
}

/// One equation: a structural error is what `x` leaves over, and instruments `z` do not know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// Characteristics, with fixed effects taken out (rows x columns).
    pub x: Matrix,
    /// Instruments, the exogenous characteristics included, with fixed effects taken out
    /// (rows x instruments).
    pub z: Matrix,
    /// Names of the characteristics.
    pub x_names: Vec<String>,
    /// Names of the instruments.
    pub z_names: Vec<String>,
    /// Level of each row in each absorbed effect; empty when none is absorbed.
    pub effects: Vec<Vec<u32>>,
    /// Whether each characteristic depends on price.
    pub x_with_price: Vec<bool>,
    /// Whether any characteristic depends on shares, as costs of quantities do.
    pub x_with_share: bool,
}

/// The equation of marginal cost.
#[derive(Debug, Clone, PartialEq)]
pub struct CostSide {
    /// Characteristics and instruments.
    pub side: Side,
    /// Whether it is of cost or its logarithm.
    pub form: CostForm,
    /// Bounds to which costs are moved: lower, upper.
    pub bounds: [f64; 2],
    /// Moments of the product of both errors; `None` when nothing is asked of it.
    pub crossed: Option<CrossedMoments>,
}

/// `E[(xi omega - mean) z] = 0`: how errors of demand and of cost go together is known (`MacKay`
/// and Miller 2025).
#[derive(Debug, Clone, PartialEq)]
pub struct CrossedMoments {
    /// Instruments, as they stand in the table (rows x instruments).
    pub z: Matrix,
    /// Their names.
    pub names: Vec<String>,
    /// Covariance of the errors.
    pub mean: f64,
}

impl Problem {
    /// Number of rows: products summed over markets.
    pub fn rows(&self) -> usize {
        self.price.len()
    }

    /// Utilities in units of the taste shock.
    pub(crate) fn in_shocks(&self, utility: &[f64]) -> Vec<f64> {
        utility.iter().map(|u| u / self.scale).collect()
    }

    /// Number of moments of the errors of demand and supply, each by itself.
    pub fn level_moments(&self) -> usize {
        self.demand.z.columns + self.supply.as_ref().map_or(0, |s| s.side.z.columns)
    }

    /// Number of moments of the errors: by themselves, then of their product.
    pub fn aggregate_moments(&self) -> usize {
        self.level_moments() + self.crossed().map_or(0, |c| c.z.columns)
    }

    /// Number of moments: of the errors by themselves, of their product, then micro moments.
    pub fn moments(&self) -> usize {
        self.aggregate_moments() + self.micro.as_ref().map_or(0, |m| m.count())
    }

    /// Moments of the product of both errors.
    pub fn crossed(&self) -> Option<&CrossedMoments> {
        self.supply.as_ref()?.crossed.as_ref()
    }

    /// Number of consumers, summed over markets.
    pub fn consumers(&self) -> usize {
        self.markets.iter().map(MarketData::consumers).sum()
    }
}
