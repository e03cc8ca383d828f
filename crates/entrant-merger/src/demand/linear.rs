//! Linear demand.

use std::borrow::Cow;

use entrant_numeric::dense::Matrix;
use entrant_numeric::linalg;

/// Linear demand: q = c + B p.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// Quantities at prices of zero.
    pub intercept: Vec<f64>,
    /// Slopes: row k and column j hold the derivative of quantity k by price j.
    pub slopes: Matrix,
    /// Products that are not on sale: their prices stand where nobody buys them.
    pub gone: Vec<bool>,
}

impl Linear {
    /// Demand with these slopes through these prices and quantities.
    pub fn through(prices: &[f64], quantities: &[f64], slopes: Matrix) -> Self {
        let moved = slopes.apply(prices);
        Linear {
            intercept: quantities.iter().zip(moved).map(|(q, m)| q - m).collect(),
            gone: vec![false; prices.len()],
            slopes,
        }
    }

    /// Prices with those of missing products where nobody would buy them.
    pub fn virtual_prices(&self, prices: &[f64]) -> Option<Vec<f64>> {
        let gone: Vec<usize> = (0..prices.len()).filter(|j| self.gone[*j]).collect();
        let mut out = prices.to_vec();
        if gone.is_empty() {
            return Some(out);
        }
        for j in &gone {
            out[*j] = 0.0;
        }
        let at_zero = self.slopes.apply(&out);
        let right: Vec<f64> = gone
            .iter()
            .map(|j| -self.intercept[*j] - at_zero[*j])
            .collect();
        let own = self.part(&gone, &gone);
        let solved = linalg::solve(&own.data, &right)?;
        gone.iter().zip(solved).for_each(|(j, p)| out[*j] = p);
        Some(out)
    }

    pub(super) fn quantities(&self, prices: &[f64]) -> Option<Vec<f64>> {
        let full = self.virtual_prices(prices)?;
        let moved = self.slopes.apply(&full);
        let each = self.intercept.iter().zip(moved).zip(&self.gone);
        Some(
            each.map(|((c, m), gone)| if *gone { 0.0 } else { c + m })
                .collect(),
        )
    }

    /// Slopes among the products on sale, prices of the others following.
    pub(crate) fn slopes(&self) -> Option<Cow<'_, Matrix>> {
        let n = self.gone.len();
        let gone: Vec<usize> = (0..n).filter(|j| self.gone[*j]).collect();
        let left: Vec<usize> = (0..n).filter(|j| !self.gone[*j]).collect();
        if gone.is_empty() {
            return Some(Cow::Borrowed(&self.slopes));
        }
        let own = self.part(&gone, &gone);
        let mut out = Matrix::zeros(n, n);
        for j in &left {
            let right: Vec<f64> = gone.iter().map(|e| -self.slopes.at(*e, *j)).collect();
            let follow = linalg::solve(&own.data, &right)?;
            for k in &left {
                let through: f64 = gone
                    .iter()
                    .zip(&follow)
                    .map(|(e, f)| self.slopes.at(*k, *e) * f)
                    .sum();
                out.set(*k, *j, self.slopes.at(*k, *j) + through);
            }
        }
        Some(Cow::Owned(out))
    }

    fn part(&self, rows: &[usize], columns: &[usize]) -> Matrix {
        let data = rows
            .iter()
            .flat_map(|i| columns.iter().map(|j| self.slopes.at(*i, *j)));
        Matrix::new(rows.len(), columns.len(), data.collect())
    }

    /// Change of consumers' surplus along the straight line: exact for linear demand.
    pub(super) fn harm(&self, before: &[f64], after: &[f64]) -> f64 {
        let Some(after) = self.virtual_prices(after) else {
            return f64::NAN;
        };
        let at = |prices: &[f64]| {
            let moved = self.slopes.apply(prices);
            let each = self.intercept.iter().zip(moved);
            each.map(|(c, m)| c + m).collect::<Vec<f64>>()
        };
        let (from, to) = (at(before), at(&after));
        (0..after.len())
            .map(|j| 0.5 * (from[j] + to[j]) * (after[j] - before[j]))
            .sum()
    }

    pub(super) fn without(&self, gone: &[bool]) -> Linear {
        let mut out = self.clone();
        for (own, gone) in out.gone.iter_mut().zip(gone) {
            *own |= gone;
        }
        out
    }
}
