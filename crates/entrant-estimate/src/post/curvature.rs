//! Second order: how first-order conditions move with prices; cost pass-through.

use std::ops::Range;

use entrant_numeric::dense::{self, Matrix, View};

use super::foc::Portfolio;
use super::market::PanelMarket;
use super::ownership::Ownership;
use super::rows::{Tile, runs};

impl PanelMarket<'_> {
    /// Derivatives of first-order conditions with respect to prices, for `products` (ascending):
    /// entry (j, l) is `d/dp_l [s_j + sum_k H_jk (p_k - c_k) ds_k/dp_j]`. For the products of one
    /// firm this is the Hessian of its profit.
    pub fn condition_jacobian(
        &self,
        owners: &Ownership,
        cost: &[f64],
        products: &[usize],
    ) -> Matrix {
        let mut found = self.condition_jacobians(owners, cost, &[products.to_vec()]);
        found.pop().unwrap_or_else(|| Matrix::zeros(0, 0))
    }

    /// The same for several parts of the products, with choice probabilities computed once.
    fn condition_jacobians(
        &self,
        owners: &Ownership,
        cost: &[f64],
        parts: &[Vec<usize>],
    ) -> Vec<Matrix> {
        let margin: Vec<f64> = self.price().iter().zip(cost).map(|(p, c)| p - c).collect();
        let mut sums: Vec<Sums> = parts.iter().map(|p| Sums::new(self, p)).collect();
        let mut columns = Columns::default();
        let mut tile = Tile::default();
        for range in runs(self.data) {
            tile.fill(self, range);
            for (products, sums) in parts.iter().zip(&mut sums) {
                columns.fill(self, owners, &margin, &tile, products);
                sums.add(&columns, tile.consumers.len());
            }
        }
        let pairs = sums.into_iter().zip(parts);
        pairs
            .map(|(sums, products)| sums.assemble(self, owners, &margin, products))
            .collect()
    }

    /// Cost pass-through (products x products): entry (j, k) is `dp_j / dc_k` where prices meet
    /// their first-order conditions; by the implicit function theorem
    /// `-(dF/dp)^-1 dF/dc` with `dF_j/dc_k = -H_jk ds_k/dp_j`. `None` when it is not determined.
    pub fn passthrough(&self, owners: &Ownership, cost: &[f64]) -> Option<Matrix> {
        let all: Vec<usize> = (0..self.data.products()).collect();
        let n = all.len();
        let mut a = self.condition_jacobian(owners, cost, &all).data;
        let jacobian = self.jacobian_of(&self.utility.slope, &all);
        let mut b = jacobian.transpose().data;
        for j in 0..n {
            for k in 0..n {
                b[j * n + k] *= owners.weight(j, k);
            }
        }
        let mut pivot = vec![0; n];
        if !dense::lu(&mut a, &mut pivot, n) {
            return None;
        }
        dense::lu_solve(&a, &pivot, &mut b, n, n);
        Some(Matrix::new(n, n, b))
    }

    /// Whether every firm's profit is at a strict local maximum in its own prices, given that
    /// first-order conditions hold: the Hessian of each is negative definite.
    pub fn second_order_holds(&self, owners: &Ownership, cost: &[f64]) -> bool {
        let shares = self.shares();
        let sold = |of: &Vec<usize>| -> Vec<usize> {
            of.iter().copied().filter(|j| shares[*j] > 0.0).collect()
        };
        let parts: Vec<Vec<usize>> = owners.portfolios().iter().map(sold).collect();
        let hessians = self.condition_jacobians(owners, cost, &parts);
        hessians.into_iter().all(|hessian| {
            let (n, mut a) = (hessian.rows, hessian.data);
            let scale: Vec<f64> = (0..n).map(|j| a[j * n + j].abs().sqrt().recip()).collect();
            for j in 0..n {
                for l in 0..n {
                    a[j * n + l] *= -scale[j] * scale[l];
                }
            }
            a.iter().all(|v| v.is_finite()) && dense::cholesky(&mut a, n)
        })
    }
}

/// What one tile contributes: factors of outer products over consumers (consumers x products).
///
/// With `a_j = alpha_j s_j`, `c_j = alpha_j s_j|h`, `r = rho / (1 - rho)`, owner-weighted profits
/// `F_j` and `G_j` as in the first-order conditions, and `B_j = F_j + r G_j`.
#[derive(Debug, Default)]
struct Columns {
    /// `w (a_j (B_j + F_j) - s_j)`.
    left: Vec<f64>,
    /// `w a_j`.
    weighted: Vec<f64>,
    /// `w [r (a_j B_j - s_j) + r / (1 - rho) a_j G_j]`.
    near_left: Vec<f64>,
    /// For each nest with some of the products, `w a_j r_h G_j(h)`, `G` of the owner of j there.
    across: Vec<Vec<f64>>,
    /// `a_l`.
    moved: Vec<f64>,
    /// `s_l`.
    p: Vec<f64>,
    /// `c_l`.
    within_moved: Vec<f64>,
    /// `s_l|h`.
    within: Vec<f64>,
    /// Sums of what stands on the diagonal only, of this tile (products).
    diagonal: Vec<f64>,
    slope: Vec<f64>,
    curve: Vec<f64>,
    firm: Portfolio,
    /// Owner-weighted profit of each product within its nest (products of the market).
    nested: Vec<f64>,
    nest_values: Vec<f64>,
}

impl Columns {
    fn fill(
        &mut self,
        market: &PanelMarket<'_>,
        owners: &Ownership,
        margin: &[f64],
        tile: &Tile,
        products: &[usize],
    ) {
        let blocks = market.nest_blocks(products);
        self.clear(market.data.stride, products.len(), blocks.len());
        self.firm.begin(owners);
        let rho = market.rho_by_product();
        for (r, i) in tile.consumers.clone().enumerate() {
            market.slopes(&market.utility.slope, i, &mut self.slope);
            market.slopes(&market.utility.curve, i, &mut self.curve);
            self.fill_nests(market, owners, margin, tile, r, &blocks, products);
            self.push_row(market, owners, margin, tile, r, &rho, products);
        }
    }

    fn clear(&mut self, stride: usize, n: usize, nests: usize) {
        self.slope.resize(stride, 0.0);
        self.curve.resize(stride, 0.0);
        self.nested.clear();
        self.nested.resize(stride, 0.0);
        self.across.resize_with(nests, Vec::new);
        self.across.iter_mut().for_each(Vec::clear);
        self.diagonal.clear();
        self.diagonal.resize(n, 0.0);
        for v in [
            &mut self.left,
            &mut self.weighted,
            &mut self.near_left,
            &mut self.moved,
            &mut self.p,
            &mut self.within_moved,
            &mut self.within,
        ] {
            v.clear();
        }
    }

    /// Profits within nests, and what other products' owners earn there.
    #[expect(clippy::too_many_arguments, reason = "one consumer's row of a tile")]
    fn fill_nests(
        &mut self,
        market: &PanelMarket<'_>,
        owners: &Ownership,
        margin: &[f64],
        tile: &Tile,
        r: usize,
        blocks: &[(usize, Range<usize>)],
        products: &[usize],
    ) {
        let (m, at) = (market.data, r * market.data.stride);
        let w = m.consumers.weight[tile.consumers.start + r];
        for (b, (h, _)) in blocks.iter().enumerate() {
            let nest = m.nests[*h].clone();
            let within = &tile.within[at + nest.start..at + nest.end];
            self.firm
                .sum(owners, within, &margin[nest.clone()], nest.start);
            for j in nest {
                self.nested[j] = self.firm.of(owners, j);
            }
            let by = w * market.rho[*h] / (1.0 - market.rho[*h]);
            self.nest_values.clear();
            for j in products {
                let a = self.slope[*j] * tile.p[at + j];
                self.nest_values.push(by * a * self.firm.of(owners, *j));
            }
            self.across[b].extend_from_slice(&self.nest_values);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one consumer's row of a tile")]
    fn push_row(
        &mut self,
        market: &PanelMarket<'_>,
        owners: &Ownership,
        margin: &[f64],
        tile: &Tile,
        r: usize,
        rho: &[f64],
        products: &[usize],
    ) {
        let (m, at) = (market.data, r * market.data.stride);
        let w = m.consumers.weight[tile.consumers.start + r];
        let row = &tile.p[at..at + m.products()];
        self.firm.sum(owners, row, margin, 0);
        for (x, j) in products.iter().copied().enumerate() {
            let (p, alpha, keep) = (row[j], self.slope[j], 1.0 - rho[j]);
            let a = alpha * p;
            let near = rho[j] / keep;
            let profit = self.firm.of(owners, j);
            let both = profit + near * self.nested[j];
            let own = owners.weight(j, j);
            let inner = own * margin[j] / keep - both;
            self.left.push(w * (a * (both + profit) - p));
            self.weighted.push(w * a);
            self.moved.push(a);
            self.p.push(p);
            self.diagonal[x] +=
                w * ((self.curve[j] * p + alpha * a / keep) * inner + a * (1.0 + own) / keep);
            if !tile.within.is_empty() {
                let within = tile.within[at + j];
                let first = near * (a * both - p) + near / keep * a * self.nested[j];
                self.near_left.push(w * first);
                self.within_moved.push(alpha * within);
                self.within.push(within);
            }
        }
    }
}

/// Sums over consumers of the outer products.
struct Sums {
    n: usize,
    blocks: Vec<(usize, Range<usize>)>,
    /// `left' moved`, then minus what the assembly knows (n x n).
    all: Vec<f64>,
    /// `weighted' moved` (n x n).
    moved: Vec<f64>,
    /// `weighted' p` (n x n).
    plain: Vec<f64>,
    diagonal: Vec<f64>,
    near: Vec<Near>,
}

/// The same within one nest (size x size), and across (n x size).
struct Near {
    left: Vec<f64>,
    moved: Vec<f64>,
    plain: Vec<f64>,
    across: Vec<f64>,
}

impl Sums {
    fn new(market: &PanelMarket<'_>, products: &[usize]) -> Self {
        let n = products.len();
        let blocks = market.nest_blocks(products);
        let near = |(_, b): &(usize, Range<usize>)| Near {
            left: vec![0.0; b.len() * b.len()],
            moved: vec![0.0; b.len() * b.len()],
            plain: vec![0.0; b.len() * b.len()],
            across: vec![0.0; n * b.len()],
        };
        Sums {
            near: blocks.iter().map(near).collect(),
            n,
            blocks,
            all: vec![0.0; n * n],
            moved: vec![0.0; n * n],
            plain: vec![0.0; n * n],
            diagonal: vec![0.0; n],
        }
    }

    fn add(&mut self, c: &Columns, rows: usize) {
        let n = self.n;
        let full = |v| View::new(v, rows, n);
        dense::matmul(&mut self.all, full(&c.left).t(), full(&c.moved), 1.0);
        dense::matmul(&mut self.moved, full(&c.weighted).t(), full(&c.moved), 1.0);
        dense::matmul(&mut self.plain, full(&c.weighted).t(), full(&c.p), 1.0);
        for (d, v) in self.diagonal.iter_mut().zip(&c.diagonal) {
            *d += v;
        }
        for (b, ((_, block), near)) in self.blocks.iter().zip(&mut self.near).enumerate() {
            let cut = |v| cut(v, rows, block, n);
            dense::matmul(
                &mut near.left,
                cut(&c.near_left).t(),
                cut(&c.within_moved),
                1.0,
            );
            dense::matmul(
                &mut near.moved,
                cut(&c.weighted).t(),
                cut(&c.within_moved),
                1.0,
            );
            dense::matmul(&mut near.plain, cut(&c.weighted).t(), cut(&c.within), 1.0);
            dense::matmul(&mut near.across, full(&c.across[b]).t(), cut(&c.moved), 1.0);
        }
    }

    fn assemble(
        self,
        market: &PanelMarket<'_>,
        owners: &Ownership,
        margin: &[f64],
        products: &[usize],
    ) -> Matrix {
        let n = self.n;
        let rho = market.rho_by_product();
        let mut out = self.all;
        for (x, j) in products.iter().copied().enumerate() {
            let own = owners.weight(j, j) * margin[j] / (1.0 - rho[j]);
            for (y, l) in products.iter().copied().enumerate() {
                let h = owners.weight(j, l);
                let at = x * n + y;
                out[at] -=
                    self.moved[at] * (own + h * margin[l] / (1.0 - rho[l])) + h * self.plain[at];
            }
            out[x * n + x] += self.diagonal[x];
        }
        for ((h, block), near) in self.blocks.iter().zip(&self.near) {
            let (keep, size) = (1.0 - market.rho[*h], block.len());
            let by = market.rho[*h] / keep;
            for (a, x) in block.clone().enumerate() {
                let j = products[x];
                let own = owners.weight(j, j) * margin[j] / keep;
                for (b, y) in block.clone().enumerate() {
                    let (l, at) = (products[y], a * size + b);
                    let weight = owners.weight(j, l);
                    out[x * n + y] += near.left[at]
                        - by * (own + weight * margin[l] / keep) * near.moved[at]
                        - by * weight * near.plain[at];
                }
            }
            for x in 0..n {
                for (b, y) in block.clone().enumerate() {
                    out[x * n + y] += near.across[x * size + b];
                }
            }
        }
        Matrix::new(n, n, out)
    }
}

/// Some columns of a matrix (rows x columns).
fn cut<'v>(v: &'v [f64], rows: usize, block: &Range<usize>, columns: usize) -> View<'v> {
    View::strided(&v[block.start..], rows, block.len(), columns)
}
