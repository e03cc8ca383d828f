//! Spreads of tastes near zero, where a logit is a good first approximation.

use entrant_data::spec::CoefficientKind;
use entrant_numeric::dense::{self, Matrix};
use entrant_numeric::vector;

use super::iia::two_stage;
use super::linear::{self, Annihilator};
use crate::blp::{Kind, MarketData, Problem};
use crate::gmm::EstimationSettings;

/// Starting values from one regression.
#[derive(Debug, Clone, PartialEq)]
pub struct SpreadStarts {
    /// Random coefficients with a spread, by row of Sigma.
    pub coefficients: Vec<usize>,
    /// Their variances as estimated; may be negative.
    pub variance: Vec<f64>,
    /// Standard errors of the variances.
    pub error: Vec<f64>,
    /// Coefficients on characteristics with price.
    pub price: Vec<f64>,
}

impl SpreadStarts {
    /// Starting values of sigma: the root of a variance, or of a tenth of its standard error where
    /// it is not above that. At zero itself the objective has no slope.
    pub fn sigma(&self) -> Vec<f64> {
        let one = |(v, e): (&f64, &f64)| v.max(0.1 * e).sqrt();
        self.variance.iter().zip(&self.error).map(one).collect()
    }
}

/// `K_j = (x_j / 2 - e) x_j` with `e = sum_k s_k x_k` over the products of the market, for random
/// coefficient `row` (rows): to first order `d delta_j / d sigma^2 = -K_j` at a plain logit
/// (Salanie and Wolak 2019, eq. 9), over the scale of taste shocks.
pub fn curvature(problem: &Problem, row: usize) -> Vec<f64> {
    let one = |m: &MarketData| {
        let x = &m.x2(row)[..m.products()];
        let mean = vector::dot(&m.share, x);
        let one = |x: &f64| (0.5 * x - mean) * x * problem.scale;
        x.iter().map(one).collect::<Vec<f64>>()
    };
    problem.markets.iter().flat_map(one).collect()
}

/// Variances of tastes by two-stage least squares of `ln(s_j / s_0)` on characteristics and
/// [`curvature`] (Salanie and Wolak 2019, "fast, robust and approximately correct"): starting
/// values for a search. `None` with nests, without linear random coefficients on the diagonal of
/// Sigma, or when the instruments are too few.
pub fn spread_starts(problem: &Problem, settings: &EstimationSettings) -> Option<SpreadStarts> {
    let coefficients = spread_rows(problem);
    if coefficients.is_empty() || !problem.nest_names.is_empty() {
        return None;
    }
    let side = &problem.demand;
    let out = Annihilator::new(side, &side.x.select(&linear::exogenous_columns(side)));
    let price = side.x.select(&linear::price_columns(side));
    let columns: Vec<Vec<f64>> = coefficients
        .iter()
        .map(|k| curvature(problem, *k))
        .collect();
    let bent = linear::from_columns(problem.rows(), &columns);
    let x = out.left(&price.beside(&bent));
    let excluded: Vec<usize> = (0..linear::excluded(side)).collect();
    let z: Matrix = dense::orthonormal_basis(&out.left(&side.z.select(&excluded)));
    let y = out.left_of(&linear::logit_utility(problem));
    let (b, covariance) = two_stage(problem, &y, &x, &z, settings.errors)?;
    let first = price.columns;
    Some(SpreadStarts {
        variance: b[first..].to_vec(),
        error: (first..x.columns)
            .map(|c| covariance.at(c, c).sqrt())
            .collect(),
        price: b[..first].to_vec(),
        coefficients,
    })
}

/// Random coefficients that are linear in normal draws, with a spread that is searched for.
fn spread_rows(problem: &Problem) -> Vec<usize> {
    let diagonal = |p: &crate::blp::Parameter| match p.kind {
        Kind::Sigma { row, column } if row == column => Some(row),
        _ => None,
    };
    let linear = |k: &usize| problem.coefficients[*k] == CoefficientKind::Linear;
    problem
        .parameters
        .free
        .iter()
        .filter_map(diagonal)
        .filter(linear)
        .collect()
}
