//! Demand with a constant elasticity, and prices that follow costs at a constant margin.

use entrant_data::Status;
use entrant_numeric::dense::{Matrix, symmetric_pseudo_inverse};
use entrant_numeric::vector;

use super::{Forecast, Left};
use crate::blp::{Problem, Side};
use crate::optimal::absorb;
use crate::simulate::Columns;

/// `ln s = x b + e ln p + v`, by two-stage least squares with the instruments of the study, and
/// `ln p = w g + u`, by ordinary least squares on the columns of cost: with a constant elasticity
/// margins are constant, and prices move as costs do. No product's share depends on another's
/// price, nor on which others there are.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLinear {
    /// The elasticity `e`.
    pub elasticity: f64,
    /// Coefficients of the columns of mean utility, zero for those that depend on the price.
    beta: Vec<f64>,
    /// Coefficients of the columns of cost; `None` without supply, where prices are taken as
    /// known.
    gamma: Option<Vec<f64>>,
}

impl LogLinear {
    /// Estimates both equations on a panel.
    pub fn fit(problem: &Problem) -> LogLinear {
        let shares = problem.markets.iter().flat_map(|m| &m.share);
        let share: Vec<f64> = shares.map(|s| vector::ln(*s)).collect();
        let price: Vec<f64> = problem.price.iter().map(|p| vector::ln(*p)).collect();
        let side = &problem.demand;
        let given: Vec<usize> = (0..side.x.columns)
            .filter(|c| !side.x_with_price[*c])
            .collect();
        let price_within = within(side, &price);
        let own = Matrix::new(price.len(), 1, price_within);
        let x = own.beside(&side.x.select(&given));
        let found = two_stage(&x, &side.z, &within(side, &share));
        let mut beta = vec![0.0; side.x.columns];
        for (c, b) in given.iter().zip(&found[1..]) {
            beta[*c] = *b;
        }
        let gamma = problem.supply.as_ref().map(|s| {
            let w = &s.side.x;
            two_stage(w, w, &within(&s.side, &price))
        });
        LogLinear {
            elasticity: found[0],
            beta,
            gamma,
        }
    }

    /// What is left over of the logarithms of shares and prices, by row of the table (`rows` of
    /// them); `NaN` where a row is not in `problem`. `at` says which row of the table stands
    /// behind each row of the problem.
    pub fn left(
        &self,
        problem: &Problem,
        columns: &Columns,
        at: &[usize],
        rows: usize,
    ) -> Vec<Left> {
        let mut out = vec![[f64::NAN; 2]; rows];
        for m in &problem.markets {
            for (share, r) in m.share.iter().zip(m.rows.clone()) {
                let price = vector::ln(problem.price[r]);
                let share = vector::ln(*share) - self.elasticity * price;
                let u = self.price(columns, r).map_or(0.0, |p| price - p);
                out[at[r]] = [share - self.share(columns, r), u];
            }
        }
        out
    }

    /// Market `t` of a problem with what was carried.
    pub fn forecast(
        &self,
        problem: &Problem,
        columns: &Columns,
        t: usize,
        left: &[Left],
    ) -> Forecast {
        let mut out = Forecast {
            share: Vec::with_capacity(left.len()),
            price: Vec::with_capacity(left.len()),
            status: Status::Exact,
        };
        for (r, left) in problem.markets[t].rows.clone().zip(left) {
            let predicted = self.price(columns, r).map(|p| p + left[1]);
            let price = predicted.unwrap_or_else(|| vector::ln(problem.price[r]));
            let share = self.share(columns, r) + self.elasticity * price + left[0];
            out.share.push(vector::exp(share));
            out.price.extend(predicted.map(vector::exp));
        }
        out
    }

    fn share(&self, columns: &Columns, r: usize) -> f64 {
        vector::dot(columns.linear().row(r), &self.beta)
    }

    fn price(&self, columns: &Columns, r: usize) -> Option<f64> {
        let (gamma, cost) = (self.gamma.as_ref()?, columns.cost()?);
        Some(vector::dot(cost.row(r), gamma))
    }
}

/// A column with the fixed effects of an equation taken out.
fn within(side: &Side, column: &[f64]) -> Vec<f64> {
    let mut out = column.to_vec();
    absorb(&side.effects, &mut out, 1);
    out
}

/// Two-stage least squares; ordinary least squares where the instruments are the regressors.
fn two_stage(x: &Matrix, z: &Matrix, y: &[f64]) -> Vec<f64> {
    let (inverse, _) = symmetric_pseudo_inverse(&z.transpose_times(z));
    let zx = z.transpose_times(x);
    let first = inverse.times(&zx);
    let (bread, _) = symmetric_pseudo_inverse(&zx.transpose_times(&first));
    let zy = z.transpose_apply(y);
    bread.apply(&first.transpose_apply(&zy))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exactly identified, by hand: with one regressor and one instrument without constant,
    /// b = sum z y / sum z x; least squares b = sum x y / sum x x.
    #[test]
    fn two_stages_are_the_ratio_of_covariances() {
        let (x, z, y) = (
            [1.0, 2.0, -1.0, 4.0],
            [2.0, 1.0, 0.0, 3.0],
            [1.0, 0.5, 2.0, 3.0],
        );
        let column = |v: &[f64; 4]| Matrix::new(4, 1, v.to_vec());
        let found = two_stage(&column(&x), &column(&z), &y);
        assert!((found[0] - 11.5 / 16.0).abs() < 1e-14);
        let found = two_stage(&column(&x), &column(&x), &y);
        assert!((found[0] - 12.0 / 22.0).abs() < 1e-14);
    }
}
