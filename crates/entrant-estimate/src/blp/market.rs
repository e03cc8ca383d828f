//! One market of a panel as the kernels read it.

use std::ops::Range;

use entrant_data::spec::CoefficientKind;
use entrant_numeric::mixture::padded;

/// Data of one market. Products stand in the order of the problem (by nest, then by firm);
/// arrays over products are padded to `stride` columns. Characteristics are divided by the scale of
/// taste shocks: times parameters they are utilities in units of the shock.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketData {
    /// Id.
    pub id: String,
    /// Rows of the problem that hold its products.
    pub rows: Range<usize>,
    /// Padded number of products.
    pub stride: usize,
    /// Observed shares (products).
    pub share: Vec<f64>,
    /// Characteristics with random coefficients (coefficients x stride).
    pub x2: Vec<f64>,
    /// Their derivatives with respect to price (coefficients x stride).
    pub x2_price: Vec<f64>,
    /// Derivatives of the columns of mean utility with respect to price (columns x stride).
    pub x1_price: Vec<f64>,
    /// Nests as ranges of products; empty without nests.
    pub nests: Vec<Range<usize>>,
    /// Which nesting parameter each nest has (nests).
    pub nest_group: Vec<usize>,
    /// Firm that sets the price of each product, `0..firms` (products).
    pub firm: Vec<usize>,
    /// Weight that the firm of the row puts on the profit of the firm of the column (firms x
    /// firms).
    pub conduct: Vec<f64>,
    /// Number of firms.
    pub firms: usize,
    /// Names of the firms (firms).
    pub firm_names: Vec<String>,
    /// Whether every firm cares about its own profit only.
    pub separate: bool,
    /// Products whose prices are set with an eye on each other's profit: the parts into which
    /// ownership divides the market.
    pub groups: Vec<Vec<usize>>,
    /// Consumers.
    pub consumers: Consumers,
}

/// Consumer draws of one market.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Consumers {
    /// Weight of each consumer (consumers).
    pub weight: Vec<f64>,
    /// Normal draws, a column for each column of Sigma that is not zero (consumers x columns).
    pub nodes: Vec<f64>,
    /// Demographics (consumers x demographics).
    pub demographics: Vec<f64>,
    /// Demographics that differ by product.
    pub by_product: Vec<ProductDemographics>,
    /// Logarithm of each consumer's availability of each product (consumers x stride); empty
    /// when all is available to all.
    pub log_availability: Vec<f64>,
}

/// A demographic with a value for each product.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductDemographics {
    /// Which demographic.
    pub demographic: usize,
    /// Its values (consumers x stride).
    pub values: Vec<f64>,
}

impl Consumers {
    /// Some of the consumers, in the order and as often as they are named.
    pub(crate) fn only(&self, chosen: &[usize]) -> Consumers {
        let n = self.weight.len();
        let pick = |v: &[f64]| -> Vec<f64> {
            let columns = v.len() / n.max(1);
            chosen
                .iter()
                .flat_map(|i| v[i * columns..(i + 1) * columns].iter().copied())
                .collect()
        };
        let own = |d: &ProductDemographics| ProductDemographics {
            demographic: d.demographic,
            values: pick(&d.values),
        };
        Consumers {
            weight: pick(&self.weight),
            nodes: pick(&self.nodes),
            demographics: pick(&self.demographics),
            by_product: self.by_product.iter().map(own).collect(),
            log_availability: pick(&self.log_availability),
        }
    }
}

impl MarketData {
    /// Number of products.
    pub fn products(&self) -> usize {
        self.rows.len()
    }

    /// Number of consumers.
    pub fn consumers(&self) -> usize {
        self.consumers.weight.len()
    }

    /// Number of random coefficients.
    pub fn coefficients(&self) -> usize {
        self.x2.len() / self.stride.max(1)
    }

    /// Column `k` of the characteristics with random coefficients (stride).
    pub fn x2(&self, k: usize) -> &[f64] {
        &self.x2[k * self.stride..(k + 1) * self.stride]
    }

    /// Its derivative with respect to price (stride).
    pub fn x2_price(&self, k: usize) -> &[f64] {
        &self.x2_price[k * self.stride..(k + 1) * self.stride]
    }

    /// Derivative of column `k` of mean utility with respect to price (stride).
    pub fn x1_price(&self, k: usize) -> &[f64] {
        &self.x1_price[k * self.stride..(k + 1) * self.stride]
    }

    /// Weight of the profit of product `k` in the price of product `j` (`H_jk`).
    pub fn ownership(&self, j: usize, k: usize) -> f64 {
        self.conduct[self.firm[j] * self.firms + self.firm[k]]
    }

    /// Whether no price is set with an eye on any profit: prices equal marginal cost.
    pub fn is_competitive(&self) -> bool {
        self.conduct.iter().all(|w| *w == 0.0)
    }

    /// The parts into which ownership divides products: connected through a weight that is not
    /// zero.
    pub fn group_products(firm: &[usize], conduct: &[f64], firms: usize) -> Vec<Vec<usize>> {
        let mut part: Vec<usize> = (0..firms).collect();
        for a in 0..firms {
            for b in 0..firms {
                if conduct[a * firms + b] != 0.0 && part[a] != part[b] {
                    let (old, new) = (part[b].max(part[a]), part[b].min(part[a]));
                    part.iter_mut()
                        .filter(|p| **p == old)
                        .for_each(|p| *p = new);
                }
            }
        }
        let mut groups: Vec<Vec<usize>> = vec![Vec::new(); firms];
        for (j, f) in firm.iter().enumerate() {
            groups[part[*f]].push(j);
        }
        groups.retain(|g| !g.is_empty());
        groups
    }

    /// Share of consumers who buy nothing, the model's total weight less all shares.
    pub fn outside(&self) -> f64 {
        self.consumers.weight.iter().sum::<f64>() - self.share.iter().sum::<f64>()
    }

    /// [`MarketData::transposed`], divided by the scale of taste shocks.
    pub(crate) fn scaled(values: &[f64], products: usize, columns: usize, scale: f64) -> Vec<f64> {
        let mut out = Self::transposed(values, products, columns);
        for v in &mut out {
            *v /= scale;
        }
        out
    }

    /// Columns of `values` (products x columns, row-major) as padded rows (columns x stride).
    pub fn transposed(values: &[f64], products: usize, columns: usize) -> Vec<f64> {
        let stride = padded(products);
        let mut out = vec![0.0; columns * stride];
        for j in 0..products {
            for k in 0..columns {
                out[k * stride + j] = values[j * columns + k];
            }
        }
        out
    }
}

/// A coefficient from its index `Sigma nu + Pi d`, and its derivative with respect to the index.
pub(crate) fn transform(kind: CoefficientKind, index: f64) -> (f64, f64) {
    use entrant_numeric::vector::exp;
    match kind {
        CoefficientKind::Linear => (index, 1.0),
        CoefficientKind::Lognormal => (exp(index), exp(index)),
        CoefficientKind::NegativeLognormal => (-exp(index), -exp(index)),
        CoefficientKind::Logit => {
            let p = 1.0 / (1.0 + exp(-index));
            (p, p * (1.0 - p))
        }
    }
}
