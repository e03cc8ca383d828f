//! Anderson acceleration of eight fixed points.

use super::{Eight, WIDTH, ZERO, add_times, triangular};
use crate::vector::dispatched;

/// Most steps that are remembered.
const MOST: usize = 8;
/// Coefficients above this size are taken for noise.
const WILD: f64 = 1e4;

/// Accelerates `x <- x + f(x)` in every lane, as [`crate::accelerator::Accelerator`] does for one
/// problem, in memory that is used again.
#[derive(Debug, Default, Clone)]
pub struct Anderson {
    memory: usize,
    n: usize,
    used: usize,
    oldest: usize,
    started: bool,
    step_change: Vec<Eight>,
    image_change: Vec<Eight>,
    /// Inner products of the differences of steps (memory x memory).
    gram: Vec<Eight>,
    last_step: Vec<Eight>,
    last_image: Vec<Eight>,
}

impl Anderson {
    /// Makes room for `n` unknowns and `memory` remembered steps (eight at most), and forgets the
    /// past.
    pub fn begin(&mut self, n: usize, memory: usize) {
        let memory = memory.min(MOST);
        self.step_change.resize(memory * n, ZERO);
        self.image_change.resize(memory * n, ZERO);
        self.gram.resize(memory * memory, ZERO);
        self.last_step.resize(n, ZERO);
        self.last_image.resize(n, ZERO);
        (self.memory, self.n) = (memory, n);
        (self.used, self.oldest, self.started) = (0, 0, false);
    }

    /// Moves `x` on, given the plain step `f(x)`; by the plain step where the past is degenerate
    /// or the combination is wild.
    pub fn advance(&mut self, x: &mut [Eight], step: &[Eight]) {
        advance(self, x, step);
    }
}

dispatched!(advance, advance_body, (past: &mut Anderson, x: &mut [Eight], step: &[Eight]));

#[inline(always)]
fn advance_body(past: &mut Anderson, x: &mut [Eight], step: &[Eight]) {
    let n = past.n;
    if past.started {
        let slot = past.oldest;
        let steps = &mut past.step_change[slot * n..(slot + 1) * n];
        for ((o, s), last) in steps.iter_mut().zip(step).zip(&past.last_step) {
            for l in 0..WIDTH {
                o[l] = s[l] - last[l];
            }
        }
        let images = &mut past.image_change[slot * n..(slot + 1) * n];
        for (((o, x), s), last) in images.iter_mut().zip(&*x).zip(step).zip(&past.last_image) {
            for l in 0..WIDTH {
                o[l] = (x[l] + s[l]) - last[l];
            }
        }
        past.oldest = (slot + 1) % past.memory;
        past.used = (past.used + 1).min(past.memory);
        for k in 0..past.used {
            let (a, b) = (
                row(&past.step_change, n, slot),
                row(&past.step_change, n, k),
            );
            let inner = dot(a, b);
            past.gram[slot * past.memory + k] = inner;
            past.gram[k * past.memory + slot] = inner;
        }
    }
    past.last_step.copy_from_slice(step);
    for (x, s) in x.iter_mut().zip(step) {
        for l in 0..WIDTH {
            x[l] += s[l];
        }
    }
    past.last_image.copy_from_slice(x);
    past.started = true;
    if past.used > 0 {
        combine(past, x);
    }
}

/// Subtracts the combination of image differences that best cancels the step.
#[inline(always)]
fn combine(past: &Anderson, x: &mut [Eight]) {
    let (m, n) = (past.used, past.n);
    let mut normal = [ZERO; MOST * MOST];
    let mut right = [ZERO; MOST];
    let mut trace = ZERO;
    for k in 0..m {
        for l in 0..WIDTH {
            trace[l] += past.gram[k * past.memory + k][l];
        }
    }
    for k in 0..m {
        for t in 0..m {
            normal[k * m + t] = past.gram[k * past.memory + t];
        }
        for l in 0..WIDTH {
            normal[k * m + k][l] += 1e-14 * trace[l];
        }
        right[k] = dot(row(&past.step_change, n, k), &past.last_step);
    }
    let mut tame = triangular::cholesky(&mut normal[..m * m], m);
    triangular::solve(&normal[..m * m], &mut right[..m], m, 1);
    for g in &right[..m] {
        for l in 0..WIDTH {
            tame[l] &= g[l].abs() < WILD;
        }
    }
    for (k, g) in right[..m].iter().enumerate() {
        let mut by = ZERO;
        for l in 0..WIDTH {
            by[l] = if tame[l] { -g[l] } else { 0.0 };
        }
        for (x, image) in x.iter_mut().zip(row(&past.image_change, n, k)) {
            add_times(x, &by, image);
        }
    }
}

#[inline(always)]
fn row(v: &[Eight], n: usize, k: usize) -> &[Eight] {
    &v[k * n..(k + 1) * n]
}

#[inline(always)]
fn dot(a: &[Eight], b: &[Eight]) -> Eight {
    let mut sum = ZERO;
    for (a, b) in a.iter().zip(b) {
        add_times(&mut sum, a, b);
    }
    sum
}
