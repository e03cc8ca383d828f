//! What mean utilities say about the worth of characteristics and brands.

use std::collections::BTreeMap;

use entrant_data::panel::MarketPanel;
use entrant_market::{Market, QualityModel};
use entrant_numeric::linalg::{LeastSquares, cholesky_root, ridge};

/// Projects the mean utilities of a calibrated market on characteristics and brands.
///
/// A mixed model, `delta = constant + x beta + brand + residual`, with normal priors on `beta`
/// and on brand effects whose variances are estimated by expectation-maximisation (Searle,
/// Casella and `McCulloch` 1992, chapter 8), so that a brand with few products and
/// characteristics that move together are pulled towards zero instead of running wild.
pub fn fit_quality(market: &Market, panel: &MarketPanel, columns: &[String]) -> QualityModel {
    let delta: Vec<f64> = market.products.iter().map(|p| p.mean_utility).collect();
    let design = Design::new(panel, columns);
    let mut variances = Variances {
        beta: 1.0,
        brand: 1.0,
        residual: 1.0,
    };
    let mut fit = None;
    for _ in 0..200 {
        let Some(next) = ridge(&design.x, &delta, &design.penalty(&variances)) else {
            break;
        };
        let updated = variances.update(&design, &next);
        let moved = updated.distance(&variances);
        (fit, variances) = (Some(next), updated);
        if moved < 1e-10 {
            break;
        }
    }
    fit.map_or_else(QualityModel::default, |f| {
        design.model(columns, &f, &variances)
    })
}

struct Variances {
    beta: f64,
    brand: f64,
    residual: f64,
}

impl Variances {
    /// One step of expectation-maximisation.
    fn update(&self, design: &Design, fit: &LeastSquares) -> Variances {
        let (k, b, n) = (design.columns, design.brands.len(), fit.residuals.len());
        let size = 1 + k + b;
        let second = |from: usize, count: usize| -> f64 {
            let one = |i: usize| {
                fit.coefficients[i].powi(2) + self.residual * fit.covariance[i * size + i]
            };
            (from..from + count).map(one).sum::<f64>() / count.max(1) as f64
        };
        let penalty = design.penalty(self);
        let used: f64 = size as f64
            - (0..size)
                .map(|i| penalty[i] * fit.covariance[i * size + i])
                .sum::<f64>();
        let rss: f64 = fit.residuals.iter().map(|r| r * r).sum();
        Variances {
            beta: second(1, k).max(1e-8),
            brand: second(1 + k, b).max(1e-8),
            residual: ((rss + self.residual * used) / n as f64).max(1e-8),
        }
    }

    fn distance(&self, other: &Variances) -> f64 {
        let gap = |a: f64, b: f64| (a - b).abs() / a.max(b);
        gap(self.beta, other.beta)
            .max(gap(self.brand, other.brand))
            .max(gap(self.residual, other.residual))
    }
}

/// Spread to divide by; 1 for a column that is constant up to rounding, which says nothing.
fn scale_of(spread: f64, centre: f64) -> f64 {
    if spread > 1e-12 * centre.abs() {
        spread
    } else {
        1.0
    }
}

/// Columns: constant, standardised characteristics, brand dummies.
struct Design {
    x: Vec<f64>,
    columns: usize,
    brands: Vec<String>,
    centre: Vec<f64>,
    scale: Vec<f64>,
}

impl Design {
    fn new(panel: &MarketPanel, columns: &[String]) -> Self {
        let n = panel.products.len() as f64;
        let mut brands: Vec<String> = panel.products.iter().map(|p| p.brand.clone()).collect();
        brands.sort();
        brands.dedup();
        let mean = |k: usize| panel.products.iter().map(|p| p.x[k]).sum::<f64>() / n;
        let centre: Vec<f64> = (0..columns.len()).map(mean).collect();
        let spread = |k: usize| {
            (panel
                .products
                .iter()
                .map(|p| (p.x[k] - centre[k]).powi(2))
                .sum::<f64>()
                / n)
                .sqrt()
        };
        let scale: Vec<f64> = (0..columns.len())
            .map(|k| scale_of(spread(k), centre[k]))
            .collect();
        let mut x = Vec::new();
        for p in &panel.products {
            x.push(1.0);
            x.extend((0..columns.len()).map(|k| (p.x[k] - centre[k]) / scale[k]));
            x.extend(brands.iter().map(|b| f64::from(u8::from(*b == p.brand))));
        }
        Design {
            x,
            columns: columns.len(),
            brands,
            centre,
            scale,
        }
    }

    fn penalty(&self, v: &Variances) -> Vec<f64> {
        let mut penalty = vec![1e-9];
        penalty.extend(std::iter::repeat_n(v.residual / v.beta, self.columns));
        penalty.extend(std::iter::repeat_n(v.residual / v.brand, self.brands.len()));
        penalty
    }

    fn model(&self, columns: &[String], fit: &LeastSquares, v: &Variances) -> QualityModel {
        let (k, size) = (self.columns, 1 + self.columns + self.brands.len());
        // Slopes first, then the constant, then brands: the first rows of the root of all are the
        // root of the slopes alone.
        let place = |i: usize| match i.cmp(&k) {
            std::cmp::Ordering::Less => i + 1,
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Greater => i,
        };
        let covariance: Vec<f64> = (0..size * size)
            .map(|e| v.residual * fit.covariance[place(e / size) * size + place(e % size)])
            .collect();
        let slopes: Vec<f64> = (0..k * k)
            .map(|e| covariance[(e / k) * size + e % k])
            .collect();
        let root = cholesky_root(&covariance, size);
        let brand: BTreeMap<String, f64> = self
            .brands
            .iter()
            .enumerate()
            .map(|(b, name)| (name.clone(), fit.coefficients[1 + k + b]))
            .collect();
        QualityModel {
            columns: columns.to_vec(),
            centre: self.centre.clone(),
            scale: self.scale.clone(),
            constant: fit.coefficients[0],
            beta: fit.coefficients[1..=k].to_vec(),
            beta_root: cholesky_root(&slopes, k),
            brand,
            brand_root: root[(k + 1) * size..].to_vec(),
            brand_sd: v.brand.sqrt(),
            residual_sd: v.residual.sqrt(),
            bends: BTreeMap::new(),
        }
    }
}
