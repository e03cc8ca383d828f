//! Choice probabilities of one consumer type.

use entrant_numeric::vector;

use super::Demand;
use super::bend::Bent;

/// Choice probabilities of one consumer type, in buffers that are used again and again.
#[derive(Debug, Clone)]
pub struct Row {
    /// Probability of each product (products).
    pub share: Vec<f64>,
    /// Probability of each product given its nest (products); only with `rho > 0`.
    pub within: Vec<f64>,
    /// Probability of buying nothing.
    pub outside: f64,
    /// Log of the sum of exponentials, the expected maximum utility less Euler's constant.
    pub log_sum: f64,
    /// First and second derivative of utility by the own price (products); only where utility is
    /// not linear in price.
    pub slope: Vec<f64>,
    pub(crate) curve: Vec<f64>,
    bent: Option<Box<Bent>>,
    nest_value: Vec<f64>,
    nest_top: Vec<f64>,
    memory: Option<Memory>,
}

/// Exponentials kept between passes at different prices: those of tastes, for every pair, and
/// those of mean utility and price, for the slope that was used last. Types of one slope come
/// one after the other, so a pass takes one exponential per product and slope.
#[derive(Debug, Clone)]
struct Memory {
    /// `exp(mu_ij / (1 - rho))` (types x products).
    taste: Vec<f64>,
    /// `exp((delta_j + alpha p_j - top) / (1 - rho))` (products).
    base: Vec<f64>,
    top: f64,
    /// Slope that `base` is for; `NaN` when prices have changed since.
    slope: f64,
}

/// Largest `|mu_ij| / (1 - rho)` for which [`Memory`] cannot overflow.
const LARGEST_TASTE: f64 = 200.0;
/// Sum of exponentials below which a type is computed without [`Memory`]: what it can buy lies
/// too far below what others buy.
const SMALLEST_SUM: f64 = 1e-200;

impl Row {
    /// Buffers for this demand.
    pub fn new(demand: &Demand) -> Self {
        let products = demand.products();
        Row {
            share: vec![0.0; products],
            within: vec![0.0; products],
            outside: 1.0,
            log_sum: 0.0,
            slope: Vec::new(),
            curve: Vec::new(),
            bent: demand.bends.as_ref().map(|_| Box::default()),
            nest_value: vec![0.0; demand.nests],
            nest_top: vec![0.0; demand.nests],
            memory: None,
        }
    }

    /// Buffers that keep exponentials between passes at different prices; for flat demand and
    /// demand with one nest. Call [`Row::new_prices`] before each pass.
    pub fn remembering(demand: &Demand) -> Self {
        let keep = 1.0 - demand.rho;
        let mut row = Row::new(demand);
        let fits = |m: &f64| *m == f64::NEG_INFINITY || m.abs() <= LARGEST_TASTE * keep;
        let alike = demand.rho == 0.0 || demand.nests == 1;
        if demand.bends.is_none() && alike && demand.taste.iter().all(fits) {
            let mut taste = vec![0.0; demand.taste.len()];
            vector::exp_scaled(&mut taste, &demand.taste, 0.0, 1.0 / keep);
            let base = vec![0.0; demand.products()];
            row.memory = Some(Memory {
                taste,
                base,
                top: 0.0,
                slope: f64::NAN,
            });
        }
        row
    }

    /// Forgets what depends on prices.
    pub fn new_prices(&mut self) {
        if let Some(memory) = &mut self.memory {
            memory.slope = f64::NAN;
        }
    }

    /// Probabilities of type `i` at these prices.
    pub fn fill(&mut self, demand: &Demand, i: usize, price: &[f64]) {
        if self.remember(demand, i, price) {
            return;
        }
        vector::affine_row(
            &mut self.share,
            &demand.mean,
            demand.taste_of(i),
            demand.slope[i],
            price,
        );
        if !self.bend(demand, i, price) {
            return self.nowhere();
        }
        if demand.rho == 0.0 {
            (self.outside, self.log_sum) = vector::logit_row(&mut self.share);
        } else if demand.nests == 1 {
            self.one_nest(demand.rho);
        } else {
            self.nest(demand);
        }
    }

    /// Where a utility does not exist, such as at the logarithm of a negative price, nothing does.
    fn nowhere(&mut self) {
        for numbers in [&mut self.share, &mut self.within, &mut self.nest_value] {
            numbers.fill(f64::NAN);
        }
        (self.outside, self.log_sum) = (f64::NAN, f64::NAN);
    }

    /// Adds what is not linear in price; `false` where a utility does not exist at its price.
    fn bend(&mut self, demand: &Demand, i: usize, price: &[f64]) -> bool {
        let (Some(bends), Some(bent)) = (&demand.bends, &mut self.bent) else {
            return true;
        };
        bent.move_to(bends, price);
        bent.add(bends, i, 0, &mut self.share);
        // What cannot be bought stays so, whatever its price.
        for (v, taste) in self.share.iter_mut().zip(demand.taste_of(i)) {
            *v = if *taste == f64::NEG_INFINITY {
                *taste
            } else {
                *v
            };
        }
        for (order, out) in [(1, &mut self.slope), (2, &mut self.curve)] {
            out.clear();
            let start = if order == 1 { demand.slope[i] } else { 0.0 };
            out.resize(price.len(), start);
            bent.add(bends, i, order, out);
        }
        !self.share.iter().any(|v| v.is_nan())
    }

    /// Derivative of the utility of product `j` by its price.
    #[inline]
    pub fn slope_of(&self, demand: &Demand, i: usize, j: usize) -> f64 {
        self.slope.get(j).copied().unwrap_or(demand.slope[i])
    }

    /// Probabilities from [`Memory`]; false where it is absent or out of its range.
    fn remember(&mut self, demand: &Demand, i: usize, price: &[f64]) -> bool {
        let Some(memory) = &mut self.memory else {
            return false;
        };
        let keep = 1.0 - demand.rho;
        if memory.slope.to_bits() != demand.slope[i].to_bits() {
            memory.slope = demand.slope[i];
            for ((v, m), p) in self.within.iter_mut().zip(&demand.mean).zip(price) {
                *v = m + memory.slope * p;
            }
            memory.top = vector::max(&self.within);
            vector::exp_scaled(&mut memory.base, &self.within, memory.top, 1.0 / keep);
        }
        let products = demand.products();
        let taste = &memory.taste[i * products..(i + 1) * products];
        let total = vector::multiply_sum(&mut self.within, &memory.base, taste);
        if !(total > SMALLEST_SUM && total.is_finite()) {
            return false;
        }
        self.nest_value[0] = memory.top + keep * vector::ln(total);
        (self.outside, self.log_sum) = vector::logit_row(&mut self.nest_value[..1]);
        let inside = self.nest_value[0];
        vector::scaled(&mut self.share, inside / total, &self.within);
        if demand.rho > 0.0 {
            self.within.iter_mut().for_each(|w| *w *= 1.0 / total);
        }
        true
    }

    /// Probability of buying in nest `h`; only with `rho > 0`.
    pub fn nest_share(&self, h: usize) -> f64 {
        self.nest_value[h]
    }

    /// As [`Row::nest`] when every product is in the same nest: no gathers.
    fn one_nest(&mut self, rho: f64) {
        let top = vector::max(&self.share);
        if top == f64::NEG_INFINITY {
            self.share.fill(0.0);
            self.within.fill(0.0);
            self.nest_value[0] = 0.0;
            (self.outside, self.log_sum) = (1.0, 0.0);
            return;
        }
        let keep = 1.0 - rho;
        let total = vector::exp_scaled(&mut self.within, &self.share, top, 1.0 / keep);
        self.nest_value[0] = top + keep * vector::ln(total);
        (self.outside, self.log_sum) = vector::logit_row(&mut self.nest_value);
        vector::scaled(&mut self.share, self.nest_value[0] / total, &self.within);
        self.within.iter_mut().for_each(|w| *w *= 1.0 / total);
    }

    /// Two levels: shares within nests from `v / (1 - rho)`, nests by their inclusive values
    /// (`McFadden` 1978; Berry 1994, section 5).
    fn nest(&mut self, demand: &Demand) {
        self.nest_top.fill(f64::NEG_INFINITY);
        for (v, h) in self.share.iter().zip(&demand.nest) {
            self.nest_top[*h] = self.nest_top[*h].max(*v);
        }
        for (j, h) in demand.nest.iter().enumerate() {
            let top = self.nest_top[*h];
            self.within[j] = if top == f64::NEG_INFINITY {
                f64::NEG_INFINITY
            } else {
                (self.share[j] - top) / (1.0 - demand.rho_of(*h))
            };
        }
        vector::exp_shifted(&mut self.within, 0.0);
        self.nest_value.fill(0.0);
        for (e, h) in self.within.iter().zip(&demand.nest) {
            self.nest_value[*h] += e;
        }
        for (j, h) in demand.nest.iter().enumerate() {
            self.within[j] = if self.nest_value[*h] > 0.0 {
                self.within[j] / self.nest_value[*h]
            } else {
                0.0
            };
        }
        for (h, (value, top)) in self.nest_value.iter_mut().zip(&self.nest_top).enumerate() {
            *value = if *value > 0.0 {
                top + (1.0 - demand.rho_of(h)) * vector::ln(*value)
            } else {
                f64::NEG_INFINITY
            };
        }
        (self.outside, self.log_sum) = vector::logit_row(&mut self.nest_value);
        for (j, h) in demand.nest.iter().enumerate() {
            self.share[j] = self.within[j] * self.nest_value[*h];
        }
    }
}
