//! The hedonic regression beside it: what prices say by themselves.

use entrant_data::Status;
use entrant_data::result::{Estimate, HedonicPremium, HedonicReport};
use entrant_numeric::distribution::student_quantile;
use entrant_numeric::regression::{Regression, regress};
use entrant_numeric::vector::{exp_m1, ln};
use entrant_scenario::{Context, characteristic};

use super::plan::{Kind, Plan, Step};

/// The regression of the logarithm of list price on all characteristics and on the brands that are
/// valued; all other brands are the base.
pub(super) struct Hedonic {
    fit: Regression,
    /// Names of the columns after the constant: characteristics, then brands.
    characteristics: Vec<String>,
    brands: Vec<String>,
    products: usize,
    at_price: f64,
}

impl Hedonic {
    /// `None` where columns repeat one another or there are too few products.
    pub(super) fn new(plan: &Plan, context: &Context<'_>) -> Option<Self> {
        let characteristics = context.characteristics.to_vec();
        let brands: Vec<String> = plan
            .subjects
            .iter()
            .filter_map(|s| match &s.kind {
                Kind::Brand(name) => Some(name.clone()),
                _ => None,
            })
            .collect();
        let sold: Vec<_> = plan.market.products.iter().filter(|p| p.on_sale).collect();
        let columns = 1 + characteristics.len() + brands.len();
        let (mut x, mut y) = (Vec::with_capacity(sold.len() * columns), Vec::new());
        for p in &sold {
            x.push(1.0);
            for c in &characteristics {
                x.push(characteristic(&p.id, c, context)?);
            }
            x.extend(brands.iter().map(|b| f64::from(u8::from(*b == p.brand))));
            y.push(ln(p.price));
        }
        let focus = plan.focus.iter().map(|j| plan.market.products[*j].price);
        Some(Hedonic {
            fit: regress(&x, &y, columns)?,
            at_price: focus.sum::<f64>() / plan.focus.len() as f64,
            products: sold.len(),
            characteristics,
            brands,
        })
    }

    pub(super) fn report(&self) -> HedonicReport {
        HedonicReport {
            products: self.products,
            columns: self.fit.coefficients.len(),
            r_squared: self.fit.r_squared,
            at_price: self.at_price,
        }
    }

    /// By how much the variance of a feature's coefficient is inflated.
    pub(super) fn inflation(&self, kind: &Kind) -> Option<f64> {
        match kind {
            Kind::Feature(step) => self.column(step).map(|k| self.fit.inflation[k]),
            _ => None,
        }
    }

    /// The premium of a feature, of several together, or of a brand.
    pub(super) fn premium(&self, kind: &Kind, level: f64) -> Option<HedonicPremium> {
        let columns = self.fit.coefficients.len();
        let mut weights = vec![0.0; columns];
        match kind {
            Kind::Feature(step) => weights[self.column(step)?] = step.size,
            Kind::Bundle(steps) => {
                for step in steps {
                    weights[self.column(step)?] = step.size;
                }
            }
            Kind::Brand(name) => {
                let b = self.brands.iter().position(|b| b == name)?;
                weights[1 + self.characteristics.len() + b] = 1.0;
            }
        }
        let coefficient = sum(&weights, |k| self.fit.coefficients[k]);
        let variance = sum(&weights, |k| {
            sum(&weights, |l| self.fit.covariance[k * columns + l])
        });
        let error = variance.max(0.0).sqrt();
        let reach = student_quantile(f64::midpoint(1.0, level), self.fit.degrees as f64) * error;
        // What of the price goes with the feature.
        let money = |c: f64| -self.at_price * exp_m1(-c);
        Some(HedonicPremium {
            coefficient,
            error,
            premium: Estimate {
                low: money(coefficient - reach),
                median: money(coefficient),
                high: money(coefficient + reach),
                level,
                status: Status::Exact,
                central: None,
            },
        })
    }

    fn column(&self, step: &Step) -> Option<usize> {
        self.characteristics
            .iter()
            .position(|c| *c == step.column)
            .map(|k| k + 1)
    }
}

fn sum(weights: &[f64], of: impl Fn(usize) -> f64) -> f64 {
    let used = weights.iter().enumerate().filter(|(_, w)| **w != 0.0);
    used.map(|(k, w)| w * of(k)).sum()
}
