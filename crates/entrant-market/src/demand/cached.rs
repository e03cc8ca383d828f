//! Shares at fixed prices and many mean utilities: one exponential per product, not per pair.

use entrant_numeric::vector;

use super::Demand;
use super::bend::Bent;

/// Exponentials that do not depend on the mean utilities, taken around a base point.
///
/// With `E_ij = exp((mu_ij + alpha_i p_j + base_j - c_i) / (1 - rho))` cached, a share evaluation
/// needs `exp((delta_j - base_j) / (1 - rho))` per product and two passes of products and sums
/// (the lever of Conlon and Gortmaker 2020, section 3.2, in the form of a cache).
pub(super) struct Cached {
    base: Vec<f64>,
    /// Types x products.
    pair: Vec<f64>,
    /// `exp(-c_i)`: buying nothing, on the scale of type i (types).
    nothing: Vec<f64>,
    buffer: Vec<f64>,
    moved: Vec<f64>,
    sums: Vec<f64>,
}

/// Distance from the base, after division by `1 - rho`, at which the cache is taken anew.
const REACH: f64 = 60.0;

impl Cached {
    pub fn new(demand: &Demand, mean: &[f64], price: &[f64]) -> Self {
        let (types, products) = (demand.types(), demand.products());
        let mut cache = Cached {
            base: mean.to_vec(),
            pair: vec![0.0; types * products],
            nothing: vec![0.0; types],
            buffer: vec![0.0; products],
            moved: vec![0.0; products],
            sums: vec![0.0; demand.nests],
        };
        cache.rebase(demand, mean, price);
        cache
    }

    fn rebase(&mut self, demand: &Demand, mean: &[f64], price: &[f64]) {
        self.base.copy_from_slice(mean);
        let products = demand.products();
        let mut bent = Bent::default();
        if let Some(bends) = &demand.bends {
            bent.move_to(bends, price);
        }
        for i in 0..demand.types() {
            let row = &mut self.pair[i * products..(i + 1) * products];
            let value = &mut self.buffer;
            vector::affine_row(value, mean, demand.taste_of(i), demand.slope[i], price);
            if let Some(bends) = &demand.bends {
                bent.add(bends, i, 0, value);
            }
            let top = vector::max(value).max(0.0);
            if demand.rho_of.is_empty() {
                vector::exp_scaled(row, value, top, 1.0 / (1.0 - demand.rho));
            } else {
                let scaled = |(j, v): (usize, &f64)| (v - top) / demand.keep(j);
                let values = value.iter().enumerate().map(scaled);
                row.iter_mut().zip(values).for_each(|(r, v)| *r = v);
                vector::exp_shifted(row, 0.0);
            }
            self.nothing[i] = vector::exp(-top);
        }
    }

    /// Market shares and the share of buying nothing (products).
    pub fn shares(&mut self, demand: &Demand, mean: &[f64], price: &[f64]) -> (Vec<f64>, f64) {
        for j in 0..mean.len() {
            self.moved[j] = (mean[j] - self.base[j]) / demand.keep(j);
        }
        if self.moved.iter().any(|m| m.abs() > REACH) {
            self.rebase(demand, mean, price);
            self.moved.fill(0.0);
        }
        vector::exp_shifted(&mut self.moved, 0.0);
        if demand.rho == 0.0 {
            self.flat(demand)
        } else {
            self.nested(demand)
        }
    }

    fn flat(&mut self, demand: &Demand) -> (Vec<f64>, f64) {
        let products = demand.products();
        let (mut share, mut outside) = (vec![0.0; products], 0.0);
        for i in 0..demand.types() {
            let row = &self.pair[i * products..(i + 1) * products];
            let inside = vector::multiply_sum(&mut self.buffer, row, &self.moved);
            let scale = demand.weight[i] / (self.nothing[i] + inside);
            outside += scale * self.nothing[i];
            vector::add_scaled(&mut share, scale, &self.buffer);
        }
        (share, outside)
    }

    fn nested(&mut self, demand: &Demand) -> (Vec<f64>, f64) {
        let products = demand.products();
        let (mut share, mut outside) = (vec![0.0; products], 0.0);
        for i in 0..demand.types() {
            let row = &self.pair[i * products..(i + 1) * products];
            let total = vector::multiply_sum(&mut self.buffer, row, &self.moved);
            if demand.nests == 1 {
                self.sums[0] = total;
            } else {
                self.sums.fill(0.0);
                for (e, h) in self.buffer.iter().zip(&demand.nest) {
                    self.sums[*h] += e;
                }
            }
            let inside = raise(&mut self.sums, demand);
            let scale = demand.weight[i] / (self.nothing[i] + inside);
            outside += scale * self.nothing[i];
            if demand.nests == 1 {
                vector::add_scaled(&mut share, scale * self.sums[0], &self.buffer);
            } else {
                for (j, h) in demand.nest.iter().enumerate() {
                    share[j] += scale * self.sums[*h] * self.buffer[j];
                }
            }
        }
        (share, outside)
    }
}

/// Turns the sums `D_h` into the factors `D_h^-rho` and returns `sum_h D_h^(1 - rho)`.
fn raise(sums: &mut [f64], demand: &Demand) -> f64 {
    let mut inside = 0.0;
    for (h, d) in sums.iter_mut().enumerate() {
        if *d > 0.0 {
            let factor = vector::exp(-demand.rho_of(h) * vector::ln(*d));
            inside += factor * *d;
            *d = factor;
        }
    }
    inside
}
