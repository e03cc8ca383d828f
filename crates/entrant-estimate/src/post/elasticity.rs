//! Derivatives of shares, and elasticities.

use entrant_data::formula::{Design, FormulaError};
use entrant_numeric::dense::{self, Matrix, View};
use entrant_numeric::vector;

use super::market::PanelMarket;
use super::rows::{Tile, runs};
use super::utility::{Slope, padded_columns};
use crate::blp::MarketData;

/// What shares are differentiated with respect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable<'a> {
    /// Prices.
    Price,
    /// Mean utilities.
    MeanUtility,
    /// A column of the products table, wherever it stands in the formulas.
    Column(&'a str),
}

/// Derivatives of the columns of a formula with respect to a number.
type Derived = fn(&Design, &str) -> Result<Vec<f64>, FormulaError>;

impl PanelMarket<'_> {
    /// Derivatives of shares (products x products): entry (j, k) is `ds_j / dx_k`. `None` when
    /// the variable is in no formula of demand or has no derivative there.
    pub fn share_jacobian(&self, variable: Variable<'_>) -> Option<Matrix> {
        let all: Vec<usize> = (0..self.data.products()).collect();
        Some(self.jacobian_of(&self.slope_of(variable)?, &all))
    }

    /// Elasticities (products x products): entry (j, k) is `(x_k / s_j) ds_j / dx_k` with the
    /// market's own values `x`, the mean utilities for [`Variable::MeanUtility`]. For a column of
    /// the table, `values` (products) holds it; for the others it is not read.
    pub fn elasticities(&self, variable: Variable<'_>, values: &[f64]) -> Option<Matrix> {
        let jacobian = self.share_jacobian(variable)?;
        let mean = self.mean_utility();
        let x = match variable {
            Variable::Price => self.price(),
            Variable::MeanUtility => &mean,
            Variable::Column(_) => values,
        };
        Some(elasticities_of(&jacobian, x, &self.shares()))
    }

    /// How all shares together answer to prices that all rise by the fraction `factor`:
    /// `sum_j [s_j((1 + factor) p) - s_j(p)] / factor` (`PyBLP`'s definition, per potential
    /// buyer). Divided by the share of all products together it is the elasticity of what is
    /// sold. `NaN` when the characteristics do not exist at these prices.
    pub fn aggregate_elasticity(&self, factor: f64) -> f64 {
        let before: f64 = self.shares().iter().sum();
        let raised: Vec<f64> = self.price().iter().map(|p| (1.0 + factor) * p).collect();
        let mut there = self.economy.market(self.index);
        there.utility = self.utility.clone();
        if !there.set_price(&raised) {
            return f64::NAN;
        }
        (there.shares().iter().sum::<f64>() - before) / factor
    }

    pub(super) fn slope_of(&self, variable: Variable<'_>) -> Option<Slope> {
        match variable {
            Variable::Price => Some(self.utility.slope.clone()),
            Variable::MeanUtility => Some(self.unit_slope()),
            Variable::Column(name) => self.slope_of_column(name),
        }
    }

    /// Second derivatives of utility with respect to a variable of the own product.
    pub(super) fn curve_of(&self, variable: Variable<'_>) -> Option<Slope> {
        let price = |name: &str| {
            let formulas = self.economy.problem.formulas.as_ref();
            formulas.is_some_and(|f| f.price == name)
        };
        match variable {
            Variable::Price => Some(self.utility.curve.clone()),
            Variable::MeanUtility => Some(Slope::new(
                vec![0.0; self.data.stride],
                vec![0.0; self.data.x2.len()],
            )),
            Variable::Column(name) if price(name) => Some(self.utility.curve.clone()),
            Variable::Column(name) => self.by_column(name, Design::second_derivative),
        }
    }

    /// Derivatives of the formulas with respect to a column, at the observed prices.
    fn slope_of_column(&self, name: &str) -> Option<Slope> {
        let formulas = self.economy.problem.formulas.as_ref()?;
        if name == formulas.price {
            return Some(self.utility.slope.clone());
        }
        let slope = self.by_column(name, Design::derivative)?;
        (!slope.is_zero()).then_some(slope)
    }

    /// What utility gets of the formulas' derivatives with respect to a column.
    fn by_column(&self, name: &str, derived: Derived) -> Option<Slope> {
        let formulas = self.economy.problem.formulas.as_ref()?;
        let rows: Vec<usize> = self.data.rows.clone().collect();
        let n = rows.len();
        let linear = derived(&formulas.linear.subset(&rows), name).ok();
        let beta = self.economy.problem.in_shocks(&self.economy.beta);
        let linear = linear.map_or(vec![0.0; self.data.stride], |d| {
            padded_columns(&d, n, &beta)
        });
        let random = formulas.random.as_ref().and_then(|design| {
            let found = derived(&design.subset(&rows), name).ok()?;
            let columns = design.columns();
            Some(MarketData::scaled(&found, n, columns, self.scale()))
        });
        Some(Slope::new(
            linear,
            random.unwrap_or_else(|| vec![0.0; self.data.x2.len()]),
        ))
    }

    /// `ds_j / dx_k` for `j` and `k` in `products`, which are in ascending order: with
    /// `a_ik = du_ik / dx_k`, minus `sum_i w_i s_ij s_ik a_ik`, and in a nest minus
    /// `rho / (1 - rho) sum_i w_i s_ij s_ik|h a_ik`, and on the diagonal plus
    /// `sum_i w_i s_ij a_ij / (1 - rho)`.
    pub(super) fn jacobian_of(&self, slope: &Slope, products: &[usize]) -> Matrix {
        let n = products.len();
        let rho = self.rho_by_product();
        let blocks = self.nest_blocks(products);
        let mut out = vec![0.0; n * n];
        let mut near: Vec<Vec<f64>> = blocks.iter().map(|b| vec![0.0; b.1.len().pow(2)]).collect();
        let mut own = vec![0.0; n];
        let mut gathered = Gathered::default();
        let mut tile = Tile::default();
        for range in runs(self.data) {
            tile.fill(self, range);
            gathered.fill(self, &tile, slope, products);
            let rows = tile.consumers.len();
            let left = View::new(&gathered.weighted, rows, n);
            let moved = View::new(&gathered.moved, rows, n);
            dense::matmul(&mut out, left.t(), moved, 1.0);
            for ((_, block), near) in blocks.iter().zip(&mut near) {
                let left = View::strided(&gathered.weighted[block.start..], rows, block.len(), n);
                let near_moved =
                    View::strided(&gathered.within[block.start..], rows, block.len(), n);
                dense::matmul(near, left.t(), near_moved, 1.0);
            }
            for (row, w) in gathered.moved.chunks_exact(n).zip(self.weights(&tile)) {
                vector::add_scaled(&mut own, *w, row);
            }
        }
        for v in &mut out {
            *v = -*v;
        }
        for ((h, block), near) in blocks.iter().zip(&near) {
            let by = self.rho[*h] / (1.0 - self.rho[*h]);
            for (a, j) in block.clone().enumerate() {
                for (b, k) in block.clone().enumerate() {
                    out[j * n + k] -= by * near[a * block.len() + b];
                }
            }
        }
        for (x, j) in products.iter().enumerate() {
            out[x * n + x] += own[x] / (1.0 - rho[*j]);
        }
        Matrix::new(n, n, out)
    }

    pub(super) fn weights(&self, tile: &Tile) -> &[f64] {
        &self.data.consumers.weight[tile.consumers.clone()]
    }

    /// Nests with products among `products` (ascending): the nest, and where they stand there.
    pub(super) fn nest_blocks(&self, products: &[usize]) -> Vec<(usize, std::ops::Range<usize>)> {
        let place = |j: usize| products.partition_point(|k| *k < j);
        let block =
            |(h, nest): (usize, &std::ops::Range<usize>)| (h, place(nest.start)..place(nest.end));
        let blocks = self.data.nests.iter().enumerate().map(block);
        blocks.filter(|(_, b)| !b.is_empty()).collect()
    }
}

/// Elasticities from derivatives of shares: `(x_k / s_j) ds_j / dx_k`.
pub fn elasticities_of(jacobian: &Matrix, x: &[f64], share: &[f64]) -> Matrix {
    let mut out = jacobian.clone();
    for (j, s) in share.iter().enumerate() {
        for (v, x) in out.row_mut(j).iter_mut().zip(x) {
            *v *= x / s;
        }
    }
    out
}

/// Columns of a tile for some products (consumers x products).
#[derive(Debug, Default)]
struct Gathered {
    /// `w_i s_ij`.
    weighted: Vec<f64>,
    /// `s_ij a_ij`.
    moved: Vec<f64>,
    /// `s_ij|h a_ij`.
    within: Vec<f64>,
    slope: Vec<f64>,
}

impl Gathered {
    fn fill(&mut self, market: &PanelMarket<'_>, tile: &Tile, slope: &Slope, products: &[usize]) {
        let stride = market.data.stride;
        self.slope.resize(stride, 0.0);
        self.weighted.clear();
        self.moved.clear();
        self.within.clear();
        for (r, i) in tile.consumers.clone().enumerate() {
            let p = &tile.p[r * stride..(r + 1) * stride];
            let w = market.data.consumers.weight[i];
            market.slopes(slope, i, &mut self.slope);
            let a = &self.slope;
            self.weighted.extend(products.iter().map(|j| w * p[*j]));
            self.moved.extend(products.iter().map(|j| p[*j] * a[*j]));
            if !tile.within.is_empty() {
                let within = &tile.within[r * stride..(r + 1) * stride];
                self.within
                    .extend(products.iter().map(|j| within[*j] * a[*j]));
            }
        }
    }
}
