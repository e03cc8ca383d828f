//! Anderson acceleration without allocation, for fixed points that are solved millions of times.

use crate::dense;
use crate::vector;

/// Accelerates `x <- x + f(x)` by combining the last few steps (Anderson 1965; Walker and Ni
/// 2011), in memory of its own that is used again for the next fixed point.
#[derive(Debug, Clone, Default)]
pub struct Accelerator {
    memory: usize,
    n: usize,
    used: usize,
    oldest: usize,
    /// Differences of steps and of images, a row for each remembered pair (memory x n).
    step_change: Vec<f64>,
    image_change: Vec<f64>,
    /// Inner products of the differences of steps (memory x memory).
    gram: Vec<f64>,
    last_step: Vec<f64>,
    last_image: Vec<f64>,
    started: bool,
}

/// Coefficients above this size are taken for noise.
const WILD: f64 = 1e4;

impl Accelerator {
    /// Makes room for `n` unknowns and `memory` remembered steps, and forgets the past.
    pub fn begin(&mut self, n: usize, memory: usize) {
        if self.n != n || self.memory != memory {
            *self = Accelerator {
                memory,
                n,
                step_change: vec![0.0; memory * n],
                image_change: vec![0.0; memory * n],
                gram: vec![0.0; memory * memory],
                last_step: vec![0.0; n],
                last_image: vec![0.0; n],
                ..Accelerator::default()
            };
        }
        self.restart();
    }

    /// Forgets the past; use after a step that did not help.
    pub fn restart(&mut self) {
        self.used = 0;
        self.oldest = 0;
        self.started = false;
    }

    /// Moves `x` on, given the plain step `f(x)`.
    ///
    /// Falls back to `x + f(x)` when the past is degenerate or the combination is wild.
    pub fn advance(&mut self, x: &mut [f64], step: &[f64]) {
        if self.started {
            self.remember(x, step);
        }
        self.last_step.copy_from_slice(step);
        vector::add_scaled(x, 1.0, step);
        self.last_image.copy_from_slice(x);
        self.started = true;
        if self.used > 0 {
            self.combine(x);
        }
    }

    /// Stores the differences to the last step and image in place of the oldest pair.
    fn remember(&mut self, x: &[f64], step: &[f64]) {
        let (n, slot) = (self.n, self.oldest);
        let change = &mut self.step_change[slot * n..(slot + 1) * n];
        for ((c, s), last) in change.iter_mut().zip(step).zip(&self.last_step) {
            *c = s - last;
        }
        let image = &mut self.image_change[slot * n..(slot + 1) * n];
        for (((c, x), s), last) in image.iter_mut().zip(x).zip(step).zip(&self.last_image) {
            *c = (x + s) - last;
        }
        self.oldest = (slot + 1) % self.memory;
        self.used = (self.used + 1).min(self.memory);
        for k in 0..self.used {
            let inner = vector::dot(self.row(slot), self.row(k));
            self.gram[slot * self.memory + k] = inner;
            self.gram[k * self.memory + slot] = inner;
        }
    }

    fn row(&self, k: usize) -> &[f64] {
        &self.step_change[k * self.n..(k + 1) * self.n]
    }

    /// Subtracts the combination of image differences that best cancels the step.
    fn combine(&mut self, x: &mut [f64]) {
        const MOST: usize = 8;
        let m = self.used;
        let (mut normal, mut right) = ([0.0; MOST * MOST], [0.0; MOST]);
        if m > MOST {
            return;
        }
        let trace: f64 = (0..m).map(|k| self.gram[k * self.memory + k]).sum();
        for k in 0..m {
            for l in 0..m {
                normal[k * m + l] = self.gram[k * self.memory + l];
            }
            normal[k * m + k] += 1e-14 * trace;
            right[k] = vector::dot(self.row(k), &self.last_step);
        }
        if !dense::cholesky(&mut normal[..m * m], m) {
            return;
        }
        dense::cholesky_solve(&normal[..m * m], &mut right[..m], m, 1);
        if !right[..m].iter().all(|g| g.abs() < WILD) {
            return;
        }
        for (k, g) in right[..m].iter().enumerate() {
            let image = &self.image_change[k * self.n..(k + 1) * self.n];
            vector::add_scaled(x, -g, image);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_maps_converge_in_few_steps() {
        // x <- A x + b with spectral radius 0.95 needs hundreds of plain steps.
        let step = |x: &[f64]| {
            [
                0.95 * x[0] + 0.02 * x[1] + 1.0 - x[0],
                0.3 * x[1] + 2.0 - x[1],
            ]
        };
        let (mut x, mut accelerator, mut steps) = (vec![0.0, 0.0], Accelerator::default(), 0);
        for _ in 0..2 {
            x.fill(0.0);
            accelerator.begin(2, 5);
            while step(&x).iter().any(|f| f.abs() > 1e-11) {
                let f = step(&x);
                accelerator.advance(&mut x, &f);
                steps += 1;
                assert!(steps < 20);
            }
            assert!((x[1] - 2.0 / 0.7).abs() < 1e-10);
        }
    }
}
