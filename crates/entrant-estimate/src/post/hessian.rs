//! Second derivatives of shares with respect to prices, mean utilities or a characteristic.

use super::elasticity::Variable;
use super::market::PanelMarket;
use super::rows::{Tile, runs};

impl PanelMarket<'_> {
    /// `d2 s_j / dx_k dx_l` (products x products x products), the sum over consumers of
    /// `d2 s_j / du_k du_l a_k a_l` and, where `k` is `l`, of `ds_j / du_k a'_k`, with `a` and `a'` the
    /// first and second derivative of utility with respect to the own variable. `None` when the variable
    /// is in no formula of demand or has no derivative there.
    pub fn share_hessian(&self, variable: Variable<'_>) -> Option<Vec<f64>> {
        let (of_slope, of_curve) = (self.slope_of(variable)?, self.curve_of(variable)?);
        let (n, stride) = (self.data.products(), self.data.stride);
        let mut out = vec![0.0; n * n * n];
        let (mut slope, mut curve) = (vec![0.0; stride], vec![0.0; stride]);
        let mut jacobian = vec![0.0; n * n];
        let nests = self.nests_of_products();
        let mut tile = Tile::default();
        for range in runs(self.data) {
            tile.fill(self, range.clone());
            for (r, i) in range.enumerate() {
                self.slopes(&of_slope, i, &mut slope);
                self.slopes(&of_curve, i, &mut curve);
                let from = r * stride;
                let s = &tile.p[from..from + n];
                let within = tile.within.get(from..from + n).unwrap_or(s);
                let one = One {
                    s,
                    within,
                    nests: &nests,
                };
                one.fill_jacobian(&mut jacobian);
                let w = self.data.consumers.weight[i];
                one.add(w, (&jacobian, &slope, &curve), &mut out);
            }
        }
        Some(out)
    }

    /// The nest of each product and its parameter; every product by itself without nests (products).
    fn nests_of_products(&self) -> Vec<(usize, f64)> {
        let n = self.data.products();
        if self.data.nests.is_empty() {
            return (0..n).map(|j| (j, 0.0)).collect();
        }
        let mut of = vec![(0, 0.0); n];
        for (h, range) in self.data.nests.iter().enumerate() {
            of[range.clone()].fill((h, self.rho[h]));
        }
        of
    }
}

/// One consumer: probabilities, those within nests, and nests of products.
struct One<'a> {
    s: &'a [f64],
    within: &'a [f64],
    nests: &'a [(usize, f64)],
}

impl One<'_> {
    /// `ds_j / du_k / s_j`: `(1 at j = k - rho w_k in the nest) / (1 - rho) - s_k`.
    fn relative(&self, j: usize, k: usize) -> f64 {
        let (nest, rho) = self.nests[j];
        let own = f64::from(u8::from(j == k));
        let near = if self.nests[k].0 == nest {
            rho * self.within[k]
        } else {
            0.0
        };
        (own - near) / (1.0 - rho) - self.s[k]
    }

    /// `ds_j / du_k` (products x products).
    fn fill_jacobian(&self, out: &mut [f64]) {
        let n = self.s.len();
        for j in 0..n {
            for k in 0..n {
                out[j * n + k] = self.s[j] * self.relative(j, k);
            }
        }
    }

    /// Adds the second derivatives of this consumer's probabilities, times its weight.
    fn add(
        &self,
        weight: f64,
        (jacobian, slope, curve): (&[f64], &[f64], &[f64]),
        out: &mut [f64],
    ) {
        let n = self.s.len();
        for j in 0..n {
            let (nest, rho) = self.nests[j];
            for k in 0..n {
                let relative = self.relative(j, k);
                let by_k = weight * slope[k];
                let row = &mut out[(j * n + k) * n..(j * n + k + 1) * n];
                for (l, value) in row.iter_mut().enumerate() {
                    // How the relative derivative itself moves with the utility of l.
                    let mut moved = -jacobian[k * n + l];
                    if self.nests[k].0 == nest && self.nests[l].0 == nest {
                        let own = f64::from(u8::from(k == l));
                        let within = self.within[k] * (own - self.within[l]) / (1.0 - rho);
                        moved -= rho / (1.0 - rho) * within;
                    }
                    let second = jacobian[j * n + l] * relative + self.s[j] * moved;
                    *value += by_k * slope[l] * second;
                }
                row[k] += weight * curve[k] * jacobian[j * n + k];
            }
        }
    }
}
