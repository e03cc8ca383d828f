//! Where buyers go.

use entrant_numeric::dense::{self, Matrix, View};
use entrant_numeric::vector;

use super::elasticity::Variable;
use super::market::PanelMarket;
use super::rows::{Tile, runs};

impl PanelMarket<'_> {
    /// Diversion ratios for a small change (products x products): entry (j, k) is
    /// `-(ds_k / dx_j) / (ds_j / dx_j)`, of those who leave j the part that goes to k; on the
    /// diagonal the part that buys nothing. Rows sum to one. `None` as in
    /// [`PanelMarket::share_jacobian`].
    pub fn diversion(&self, variable: Variable<'_>) -> Option<Matrix> {
        let jacobian = self.share_jacobian(variable)?;
        let n = jacobian.rows;
        let mut out = jacobian.transpose();
        for j in 0..n {
            let own = jacobian.at(j, j);
            let outside: f64 = -out.row(j).iter().sum::<f64>();
            out.set(j, j, outside);
            out.row_mut(j).iter_mut().for_each(|v| *v /= -own);
        }
        Some(out)
    }

    /// Diversion ratios when a product goes off sale (products x products): entry (j, k) is the
    /// part of the buyers of j whose second choice is k; on the diagonal the part that buys
    /// nothing. Rows sum to one.
    ///
    /// Closed form consumer by consumer: without j, other probabilities grow by `1 / T_ij` with
    /// `T_ij = 1 - s_h + s_h (1 - s_j|h)^(1 - rho)`, those in its nest h by
    /// `(1 - s_j|h)^(-rho) / T_ij`; without nests `T_ij = 1 - s_ij` (Conlon and Mortimer 2021).
    pub fn second_choices(&self) -> Matrix {
        let (n, stride) = (self.data.products(), self.data.stride);
        let blocks: Vec<_> = self.data.nests.clone();
        let mut out = vec![0.0; n * n];
        let mut near: Vec<Vec<f64>> = blocks.iter().map(|b| vec![0.0; b.len().pow(2)]).collect();
        let (mut outside, mut share) = (vec![0.0; n], vec![0.0; n]);
        let mut growth = Growth::default();
        let mut tile = Tile::default();
        for range in runs(self.data) {
            tile.fill(self, range);
            growth.fill(self, &tile);
            let rows = tile.consumers.len();
            let far = View::strided(&growth.far, rows, n, stride);
            dense::matmul(
                &mut out,
                far.t(),
                View::strided(&tile.p, rows, n, stride),
                1.0,
            );
            for (block, near) in blocks.iter().zip(&mut near) {
                let left = View::strided(&growth.near[block.start..], rows, block.len(), stride);
                let right = View::strided(&tile.p[block.start..], rows, block.len(), stride);
                dense::matmul(near, left.t(), right, 1.0);
            }
            for (r, row) in growth.far.chunks_exact(stride).enumerate() {
                vector::add_scaled(&mut outside, tile.outside[r], &row[..n]);
            }
            vector::add_scaled(&mut share, 1.0, &tile.share[..n]);
        }
        for (block, near) in blocks.iter().zip(&near) {
            for (a, j) in block.clone().enumerate() {
                for (b, k) in block.clone().enumerate() {
                    out[j * n + k] += near[a * block.len() + b];
                }
            }
        }
        for j in 0..n {
            out[j * n + j] = outside[j];
            out[j * n..(j + 1) * n]
                .iter_mut()
                .for_each(|v| *v /= share[j]);
        }
        Matrix::new(n, n, out)
    }

    /// Where the buyers of several products go when all of these go off sale: the part that goes
    /// to each product (products; zeros for those removed), and the part that buys nothing.
    pub fn diversion_from(&self, removed: &[usize]) -> (Vec<f64>, f64) {
        let (before, none) = (self.shares(), self.outside());
        let mut without = self.economy.market(self.index);
        without.utility = self.utility.clone();
        without.remove(removed);
        let lost: f64 = removed.iter().map(|j| before[*j]).sum();
        let mut gain: Vec<f64> = without.shares();
        for (g, b) in gain.iter_mut().zip(&before) {
            *g = (*g - b) / lost;
        }
        for j in removed {
            gain[*j] = 0.0;
        }
        (gain, (without.outside() - none) / lost)
    }
}

/// By how much a consumer's other probabilities grow when one product goes, less one, times the
/// consumer's weight (consumers x stride).
#[derive(Debug, Default)]
struct Growth {
    /// Outside the nest of the product.
    far: Vec<f64>,
    /// Inside it, more than outside.
    near: Vec<f64>,
}

impl Growth {
    fn fill(&mut self, market: &PanelMarket<'_>, tile: &Tile) {
        let (m, stride) = (market.data, market.data.stride);
        self.far.clear();
        self.far.resize(tile.p.len(), 0.0);
        self.near.clear();
        self.near.resize(tile.within.len(), 0.0);
        for (r, w) in market.weights(tile).iter().enumerate() {
            let at = r * stride;
            if m.nests.is_empty() {
                let p = &tile.p[at..at + m.products()];
                for (j, s) in p.iter().enumerate() {
                    self.far[at + j] = w * s / rest_without(p, j, tile.outside[r]);
                }
                continue;
            }
            let nest = &tile.nest[r * m.nests.len()..(r + 1) * m.nests.len()];
            for (h, range) in m.nests.iter().enumerate() {
                let keep = 1.0 - market.rho[h];
                let others = rest_without(nest, h, tile.outside[r]);
                for j in range.clone() {
                    // Differences of powers of what is left from one, which a small part of a nest
                    // would lose to rounding.
                    let left = 1.0 - tile.within[at + j];
                    if left <= 0.0 {
                        self.far[at + j] = w * nest[h] / others;
                        continue;
                    }
                    let ln_left = (-tile.within[at + j]).ln_1p();
                    let lost = -(keep * ln_left).exp_m1();
                    let total = others + nest[h] * (1.0 - lost);
                    self.far[at + j] = w * nest[h] * lost / total;
                    self.near[at + j] = w * (-market.rho[h] * ln_left).exp_m1() / total;
                }
            }
        }
    }
}

/// `1 - p_j`, without the rounding of a difference where `p_j` is large.
fn rest_without(p: &[f64], j: usize, outside: f64) -> f64 {
    if p[j] < 0.5 {
        return 1.0 - p[j];
    }
    let others = |(k, v): (usize, &f64)| if k == j { 0.0 } else { *v };
    outside + p.iter().enumerate().map(others).sum::<f64>()
}
