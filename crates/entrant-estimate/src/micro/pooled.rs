//! Sums of all markets into parts and moments.

use entrant_numeric::dense::Matrix;

use super::Micro;
use super::sums::Sums;

/// Micro moments at given parameters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MicroMoments {
    /// Means over surveys (parts): `v`.
    pub parts: Vec<f64>,
    /// What the model says that was observed (moments): `f_m(v)`.
    pub values: Vec<f64>,
    /// Observed less that (moments).
    pub moments: Vec<f64>,
    /// Derivatives of `values` with respect to parts (moments x parts).
    pub gradients: Matrix,
    /// Derivatives of `moments` with respect to the parameters that move mean utilities (moments x
    /// parameters); empty when not wanted.
    pub jacobian: Matrix,
    /// Weight of each survey, summed over markets (data sets).
    pub(super) weight: Vec<f64>,
}

impl Micro {
    /// Moments from the sums of each market.
    pub(crate) fn pooled(&self, sums: &[Sums], moving: usize, jacobian: bool) -> MicroMoments {
        let n = self.sums();
        let mut value = vec![0.0; n];
        let mut slope = vec![0.0; n * moving];
        for s in sums {
            for (to, from) in value.iter_mut().zip(&s.value) {
                *to += from;
            }
            for (to, from) in slope.iter_mut().zip(&s.slope) {
                *to += from;
            }
        }
        let surveys = self.datasets.len();
        let weight = value[..surveys].to_vec();
        let parts: Vec<f64> = (self.parts.iter().zip(&value[surveys..]))
            .map(|(p, v)| v / weight[p.dataset])
            .collect();
        let (values, gradients) = self.combined(&parts);
        let observed = self.moments.iter().zip(&values);
        let moments = observed.map(|(m, v)| m.value - v).collect();
        let jacobian = if jacobian {
            let mut d = Matrix::zeros(parts.len(), moving);
            for (p, part) in self.parts.iter().enumerate() {
                for q in 0..moving {
                    let own = slope[(surveys + p) * moving + q];
                    let of_weight = slope[part.dataset * moving + q];
                    let moved = (own - parts[p] * of_weight) / weight[part.dataset];
                    d.set(p, q, moved);
                }
            }
            gradients.times(&d).scaled(-1.0)
        } else {
            Matrix::default()
        };
        MicroMoments {
            parts,
            values,
            moments,
            gradients,
            jacobian,
            weight,
        }
    }

    /// Functions of parts and their derivatives (moments x parts).
    fn combined(&self, parts: &[f64]) -> (Vec<f64>, Matrix) {
        let mut gradients = Matrix::zeros(self.count(), parts.len());
        let mut values = Vec::with_capacity(self.count());
        for (r, moment) in self.moments.iter().enumerate() {
            let own: Vec<f64> = moment.parts.iter().map(|p| parts[*p]).collect();
            let (value, gradient) = moment.combination.at(&own);
            values.push(value);
            for (p, g) in moment.parts.iter().zip(gradient) {
                gradients.set(r, *p, gradients.at(r, *p) + g);
            }
        }
        (values, gradients)
    }
}

impl MicroMoments {
    /// Whether every moment, and every derivative that is there, is a number.
    pub(crate) fn is_finite(&self) -> bool {
        let all = self.moments.iter().chain(&self.jacobian.data);
        all.copied().all(f64::is_finite)
    }
}
