//! Forecasters that estimate nothing: last year's shares, as they were or as a plain logit.

use entrant_numeric::vector;

use super::{Forecast, Left};
use crate::blp::Problem;
use entrant_data::Status;

/// A forecaster without estimates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Shares and prices stay what they are.
    NoChange,
    /// Utilities stay what they are: new products draw from all others, and from buying nothing,
    /// in proportion to their shares.
    Proportional,
}

impl Rule {
    /// What is carried, by row of the table (`rows` of them); `NaN` where a row is in no market
    /// of `problem`. `at` says which row of the table stands behind each row of the problem.
    pub fn left(self, problem: &Problem, at: &[usize], rows: usize) -> Vec<Left> {
        let mut out = vec![[f64::NAN; 2]; rows];
        for m in &problem.markets {
            let outside = 1.0 - m.share.iter().sum::<f64>();
            for (share, r) in m.share.iter().zip(m.rows.clone()) {
                out[at[r]] = match self {
                    Rule::NoChange => [vector::ln(*share), vector::ln(problem.price[r])],
                    Rule::Proportional => [vector::ln(*share) - vector::ln(outside), 0.0],
                };
            }
        }
        out
    }

    /// The market with what was carried.
    pub fn forecast(self, left: &[Left]) -> Forecast {
        match self {
            Rule::NoChange => no_change(left),
            Rule::Proportional => proportional(left),
        }
    }
}

/// Shares and prices from their logarithms.
pub fn no_change(left: &[Left]) -> Forecast {
    Forecast {
        share: left.iter().map(|l| vector::exp(l[0])).collect(),
        price: left.iter().map(|l| vector::exp(l[1])).collect(),
        status: Status::Exact,
    }
}

/// Shares of a plain logit from mean utilities.
pub fn proportional(left: &[Left]) -> Forecast {
    let utility: Vec<f64> = left.iter().map(|l| l[0]).collect();
    Forecast {
        share: logit_shares(&utility),
        price: Vec::new(),
        status: Status::Exact,
    }
}

/// `exp(u_j) / (1 + sum_k exp(u_k))`.
pub fn logit_shares(utility: &[f64]) -> Vec<f64> {
    let top = utility.iter().fold(0.0_f64, |m, u| m.max(*u));
    let e: Vec<f64> = utility.iter().map(|u| vector::exp(u - top)).collect();
    let total = vector::exp(-top) + e.iter().sum::<f64>();
    e.iter().map(|v| v / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new product with a tenth of the market takes a tenth from everybody; where one leaves,
    /// the others and buying nothing share what it had.
    #[test]
    fn a_plain_logit_redistributes_in_proportion() {
        let shares = [0.2, 0.1, 0.3];
        let utility: Vec<f64> = shares.iter().map(|s| (s / 0.4_f64).ln()).collect();
        // A utility that gives the newcomer a tenth: e / (1 / 0.4 + e) = 0.1.
        let newcomer = (0.1 / 0.9 / 0.4_f64).ln();
        let with = logit_shares(&[utility[0], utility[1], utility[2], newcomer]);
        let expected = [0.18, 0.09, 0.27, 0.1];
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-15);
        assert!(close(&with, &expected), "{with:?}");
        let without = logit_shares(&utility[..2]);
        assert!(close(&without, &[0.2 / 0.7, 0.1 / 0.7]), "{without:?}");
    }
}
