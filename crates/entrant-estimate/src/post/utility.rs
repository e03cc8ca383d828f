//! Utilities of one market as functions of its prices.

use entrant_data::formula::Design;
use entrant_numeric::vector;

use crate::blp::MarketData;

/// How utility moves with one variable: `du_ij / dx_j` is `linear_j` plus, for each random
/// coefficient, `random_kj` times consumer i's coefficient.
#[derive(Debug, Clone, Default)]
pub(super) struct Slope {
    /// What mean utility adds (stride).
    pub(super) linear: Vec<f64>,
    /// Derivatives of characteristics with random coefficients (coefficients x stride).
    pub(super) random: Vec<f64>,
    /// Coefficients whose characteristic moves at all.
    pub(super) active: Vec<usize>,
}

impl Slope {
    pub(super) fn new(linear: Vec<f64>, random: Vec<f64>) -> Self {
        let stride = linear.len();
        let moves = |k: &usize| {
            random[k * stride..(k + 1) * stride]
                .iter()
                .any(|v| *v != 0.0)
        };
        let active = (0..random.len() / stride.max(1)).filter(moves).collect();
        Slope {
            linear,
            random,
            active,
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.active.is_empty() && self.linear.iter().all(|v| *v == 0.0)
    }
}

/// Formulas of one market, where some characteristic is not linear in price.
#[derive(Debug, Clone)]
pub(super) struct Curved {
    name: String,
    linear: Design,
    random: Option<Design>,
}

/// Mean utilities and random characteristics of one market at some prices, both in units of the
/// taste shock.
#[derive(Debug, Clone)]
pub(super) struct Utility {
    /// Prices (products).
    pub(super) price: Vec<f64>,
    /// Mean utilities, `-inf` for what is not on sale and past the last product (stride).
    pub(super) delta: Vec<f64>,
    /// Characteristics with random coefficients (coefficients x stride).
    pub(super) x2: Vec<f64>,
    /// First derivative with respect to the own price.
    pub(super) slope: Slope,
    /// Second derivative with respect to the own price.
    pub(super) curve: Slope,
    observed: Vec<f64>,
    delta_observed: Vec<f64>,
    linear_observed: Vec<f64>,
    random_observed: Vec<f64>,
    curved: Option<Curved>,
    /// Coefficients of mean utility over the scale of taste shocks (columns).
    beta: Vec<f64>,
    scale: f64,
}

impl Utility {
    /// From prices and mean utilities in units of the shock, coefficients of mean utility and the
    /// scale of shocks.
    pub(super) fn new(
        m: &MarketData,
        (price, delta): (&[f64], &[f64]),
        (beta, scale): (&[f64], f64),
        curved: Option<Curved>,
    ) -> Self {
        let mut mean = delta.to_vec();
        mean.resize(m.stride, f64::NEG_INFINITY);
        let mut linear = vec![0.0; m.stride];
        for (k, b) in beta.iter().enumerate() {
            vector::add_scaled(&mut linear, *b, m.x1_price(k));
        }
        let mut utility = Utility {
            price: price.to_vec(),
            delta_observed: mean.clone(),
            linear_observed: Vec::new(),
            random_observed: m.x2.clone(),
            x2: m.x2.clone(),
            slope: Slope::new(linear, m.x2_price.clone()),
            curve: Slope::new(vec![0.0; m.stride], vec![0.0; m.x2.len()]),
            observed: price.to_vec(),
            delta: mean,
            beta: beta.iter().map(|b| b / scale).collect(),
            scale,
            curved,
        };
        if let Some(curved) = &utility.curved {
            let values = &curved.linear.values;
            utility.linear_observed = padded_columns(values, m.products(), &utility.beta);
            utility.set_curve();
        }
        utility
    }

    /// Moves to other prices. `false`, and nothing changes, when a characteristic does not exist
    /// there, such as the logarithm of a negative price.
    pub(super) fn set_price(&mut self, price: &[f64]) -> bool {
        if price.iter().any(|p| !p.is_finite()) {
            return false;
        }
        if self.curved.is_some() {
            return self.set_curved(price);
        }
        self.price.copy_from_slice(price);
        let n = price.len();
        let stride = self.delta.len();
        for j in 0..n {
            let change = price[j] - self.observed[j];
            self.delta[j] = self.delta_observed[j] + self.slope.linear[j] * change;
            for k in &self.slope.active {
                let at = k * stride + j;
                self.x2[at] = self.random_observed[at] + self.slope.random[at] * change;
            }
        }
        true
    }

    /// Takes products off sale.
    pub(super) fn remove(&mut self, products: &[usize]) {
        for j in products {
            self.delta[*j] = f64::NEG_INFINITY;
            self.delta_observed[*j] = f64::NEG_INFINITY;
        }
    }

    /// Coefficients of mean utility over the scale of taste shocks (columns).
    pub(super) fn beta(&self) -> &[f64] {
        &self.beta
    }

    /// Whether some characteristic is not linear in price.
    pub(super) fn is_curved(&self) -> bool {
        self.curved.is_some()
    }

    fn set_curved(&mut self, price: &[f64]) -> bool {
        let Some(curved) = &mut self.curved else {
            return false;
        };
        let name = curved.name.clone();
        if curved.linear.set(&name, price).is_err() {
            return false;
        }
        if let Some(random) = &mut curved.random
            && random.set(&name, price).is_err()
        {
            // The two formulas must not stand at different prices.
            let _ = curved.linear.set(&name, &self.price);
            return false;
        }
        self.price.copy_from_slice(price);
        let n = price.len();
        let now = padded_columns(&curved.linear.values, n, &self.beta);
        for j in 0..n {
            self.delta[j] = self.delta_observed[j] + (now[j] - self.linear_observed[j]);
        }
        if let Some(random) = &curved.random {
            self.x2 = MarketData::scaled(&random.values, n, random.columns(), self.scale);
        }
        self.set_curve();
        true
    }

    /// First and second derivatives at the prices of the formulas.
    fn set_curve(&mut self) {
        let Some(curved) = &self.curved else { return };
        let n = self.price.len();
        let slope = |d: &Design, order: usize| {
            let found = match order {
                1 => d.derivative(&curved.name),
                _ => d.second_derivative(&curved.name),
            };
            found.unwrap_or_else(|_| vec![0.0; d.values.len()])
        };
        let both = |order: usize| {
            let linear = padded_columns(&slope(&curved.linear, order), n, &self.beta);
            let random = curved.random.as_ref().map_or(Vec::new(), |d| {
                MarketData::scaled(&slope(d, order), n, d.columns(), self.scale)
            });
            Slope::new(linear, random)
        };
        let (first, second) = (both(1), both(2));
        self.slope = first;
        self.curve = second;
    }
}

/// `values * beta` of each product (stride).
pub(super) fn padded_columns(values: &[f64], products: usize, beta: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; entrant_numeric::mixture::padded(products)];
    for (o, row) in out.iter_mut().zip(values.chunks_exact(beta.len().max(1))) {
        *o = vector::dot(row, beta);
    }
    out
}

impl Curved {
    /// Whether some characteristic of some market is not linear in price.
    pub(super) fn anywhere(formulas: Option<&crate::blp::Formulas>, price: &[f64]) -> bool {
        let bent = |f: &crate::blp::Formulas, d: &Design| {
            moves(d, &f.price) && !is_linear(d, &f.price, price)
        };
        formulas.is_some_and(|f| bent(f, &f.linear) || f.random.iter().any(|d| bent(f, d)))
    }

    /// Formulas of one market; `None` when all its characteristics are linear in price.
    pub(super) fn of(
        formulas: Option<&crate::blp::Formulas>,
        rows: std::ops::Range<usize>,
        price: &[f64],
    ) -> Option<Self> {
        let formulas = formulas?;
        let all = |d: &Design| {
            let here: Vec<usize> = rows.clone().collect();
            moves(d, &formulas.price).then(|| d.subset(&here))
        };
        let random = formulas.random.as_ref().and_then(all);
        let linear = all(&formulas.linear);
        let bent = |d: &Option<Design>| {
            d.as_ref()
                .is_some_and(|d| !is_linear(d, &formulas.price, price))
        };
        if !bent(&linear) && !bent(&random) {
            return None;
        }
        let here: Vec<usize> = rows.clone().collect();
        Some(Curved {
            name: formulas.price.clone(),
            linear: formulas.linear.subset(&here),
            random: formulas.random.as_ref().map(|d| d.subset(&here)),
        })
    }
}

fn moves(design: &Design, name: &str) -> bool {
    (0..design.columns()).any(|c| design.depends_on(c, name))
}

/// Whether every column is linear in `name`: its values at two other points are where a line
/// through the first would have them.
fn is_linear(design: &Design, name: &str, at: &[f64]) -> bool {
    let Ok(slope) = design.derivative(name) else {
        return false;
    };
    let columns = design.columns();
    [(1.7, 0.3), (0.4, -0.1)].iter().all(|(by, more)| {
        let moved: Vec<f64> = at.iter().map(|p| by * p + more).collect();
        let Ok(there) = design.with(name, &moved) else {
            return false;
        };
        there.values.iter().enumerate().all(|(c, v)| {
            let row = c / columns;
            let line = design.values[c] + slope[c] * (moved[row] - at[row]);
            (v - line).abs() <= 1e-11 * (v.abs() + design.values[c].abs() + slope[c].abs())
        })
    })
}
