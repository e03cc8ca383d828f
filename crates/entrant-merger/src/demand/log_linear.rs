//! Demand with constant elasticities.

use entrant_numeric::dense::Matrix;

/// Log-linear demand: ln q = c + E ln p.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLinear {
    /// Logarithms of quantities at prices of one.
    pub intercept: Vec<f64>,
    /// Elasticities: row k and column j hold that of quantity k by price j.
    pub elasticities: Matrix,
}

impl LogLinear {
    /// Demand with these elasticities through these prices and quantities.
    pub fn through(prices: &[f64], quantities: &[f64], elasticities: Matrix) -> Self {
        let logs: Vec<f64> = prices.iter().map(|p| p.ln()).collect();
        let moved = elasticities.apply(&logs);
        let each = quantities.iter().zip(moved);
        LogLinear {
            intercept: each.map(|(q, m)| q.ln() - m).collect(),
            elasticities,
        }
    }

    pub(super) fn quantities(&self, prices: &[f64]) -> Option<Vec<f64>> {
        if prices.iter().any(|p| p.is_nan() || *p <= 0.0) {
            return None;
        }
        let logs: Vec<f64> = prices.iter().map(|p| p.ln()).collect();
        let moved = self.elasticities.apply(&logs);
        let each = self.intercept.iter().zip(moved);
        Some(each.map(|(c, m)| (c + m).exp()).collect())
    }

    pub(super) fn slopes(&self, prices: &[f64]) -> Option<Matrix> {
        let q = self.quantities(prices)?;
        let n = q.len();
        let mut out = self.elasticities.clone();
        for k in 0..n {
            for j in 0..n {
                out.set(k, j, out.at(k, j) * q[k] / prices[j]);
            }
        }
        Some(out)
    }

    /// Change of consumers' surplus along the straight line between the prices, by quadrature.
    pub(super) fn harm(&self, before: &[f64], after: &[f64]) -> f64 {
        let step: Vec<f64> = after.iter().zip(before).map(|(a, b)| a - b).collect();
        let slice = |(part, w): (f64, f64)| {
            let at: Vec<f64> = before
                .iter()
                .zip(&step)
                .map(|(b, s)| b + part * s)
                .collect();
            let q = self.quantities(&at)?;
            Some(w * q.iter().zip(&step).map(|(q, s)| q * s).sum::<f64>())
        };
        let parts = gauss_panels().into_iter().map(slice);
        parts.sum::<Option<f64>>().unwrap_or(f64::NAN)
    }
}

/// Places and weights on (0, 1): three-point Gauss rules in 64 panels.
fn gauss_panels() -> Vec<(f64, f64)> {
    let panels = 64.0;
    let off = 0.5 * (0.6_f64).sqrt();
    let rule = [
        (0.5 - off, 5.0 / 18.0),
        (0.5, 4.0 / 9.0),
        (0.5 + off, 5.0 / 18.0),
    ];
    let panel = |i: u8| rule.map(|(x, w)| ((f64::from(i) + x) / panels, w / panels));
    (0..64).flat_map(panel).collect()
}
