//! What the incumbents' mean utilities say about the worth of characteristics and brands.

use std::collections::BTreeMap;

use entrant_data::formula::Curve;

/// A projection of mean utilities on characteristics and brands:
/// `delta_j = constant + x_j' beta + brand effect + residual`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QualityModel {
    /// Names of the characteristics.
    pub columns: Vec<String>,
    /// Centre of each characteristic (columns).
    pub centre: Vec<f64>,
    /// Spread by which each characteristic is divided, above 0 (columns).
    pub scale: Vec<f64>,
    /// Mean utility of a product at the centre from an average brand.
    pub constant: f64,
    /// Worth of one spread of each characteristic (columns).
    pub beta: Vec<f64>,
    /// A square root of the covariance of `beta`, row-major (columns x columns):
    /// `beta + root z` is a draw for standard normal z.
    pub beta_root: Vec<f64>,
    /// Effect of each brand, partially pooled towards zero.
    pub brand: BTreeMap<String, f64>,
    /// Rows of the brands (in the order of `brand`) of the lower-triangular root of the covariance of
    /// `beta`, the constant and all brand effects, in this order: for the same standard normals
    /// that move `beta`, followed by one for the constant and one for each brand, `brand + root z`
    /// is a draw that goes with theirs (brands x (columns + 1 + brands)). Empty where it is not
    /// known.
    pub brand_root: Vec<f64>,
    /// Standard deviation of brand effects.
    pub brand_sd: f64,
    /// Standard deviation of what neither characteristics nor brand explain.
    pub residual_sd: f64,
    /// What their prices do to the utility of new products, by id, as in [`crate::Product::bend`]; empty
    /// where utility is linear in price.
    pub bends: BTreeMap<String, Vec<Curve>>,
}

impl QualityModel {
    /// Worth of characteristics `x` (columns) at `beta` moved by standard normal `z` (columns).
    pub fn worth(&self, x: &[f64], z: &[f64]) -> f64 {
        let n = self.columns.len();
        let beta = |k: usize| {
            let moved: f64 = z
                .iter()
                .enumerate()
                .map(|(l, z)| self.beta_root[k * n + l] * z)
                .sum();
            self.beta[k] + moved
        };
        (0..n)
            .map(|k| beta(k) * (x[k] - self.centre[k]) / self.scale[k])
            .sum()
    }

    /// Worth of one unit of a characteristic; `None` when the column is unknown.
    pub fn unit_worth(&self, column: &str) -> Option<f64> {
        let k = self.columns.iter().position(|c| c == column)?;
        Some(self.beta[k] / self.scale[k])
    }

    /// Effects of the brands, in the order of `brand`, moved by standard normals `z` of
    /// [`QualityModel::brand_root`]; those that are missing count as zero.
    pub fn brand_effects(&self, z: &[f64]) -> Vec<f64> {
        let width = self.columns.len() + 1 + self.brand.len();
        let moved = |b: usize| {
            let root = self.brand_root.iter().skip(b * width).take(width);
            root.zip(z).map(|(r, z)| r * z).sum::<f64>()
        };
        let effects = self.brand.values().enumerate();
        effects.map(|(b, effect)| effect + moved(b)).collect()
    }

    /// Mean and standard deviation of the effects of these brands; of all brands when empty.
    /// One brand alone has the spread of all brands.
    pub fn comparable(&self, brands: &[String]) -> (f64, f64) {
        let effects: Vec<f64> = self
            .brand
            .iter()
            .filter(|(b, _)| brands.is_empty() || brands.contains(b))
            .map(|(_, e)| *e)
            .collect();
        let n = effects.len() as f64;
        if effects.is_empty() {
            return (0.0, self.brand_sd);
        }
        let mean = effects.iter().sum::<f64>() / n;
        if effects.len() == 1 {
            return (mean, self.brand_sd);
        }
        (
            mean,
            (effects.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt(),
        )
    }
}
