//! Anderson acceleration of eight fixed points.

use fearless_simd::prelude::*;

use super::{Eight, ZERO, triangular};
use crate::simd::{Simd, fused, kernel, load, splat};

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

kernel!(advance, advance_body, (past: &mut Anderson, x: &mut [Eight], step: &[Eight]));

#[inline(always)]
fn advance_body<S: Simd>(simd: S, past: &mut Anderson, x: &mut [Eight], step: &[Eight]) {
    let n = past.n;
    if past.started {
        let slot = past.oldest;
        let steps = &mut past.step_change[slot * n..(slot + 1) * n];
        for ((o, s), last) in steps.iter_mut().zip(step).zip(&past.last_step) {
            (load(simd, s) - load(simd, last)).store_array(o);
        }
        let images = &mut past.image_change[slot * n..(slot + 1) * n];
        for (((o, x), s), last) in images.iter_mut().zip(&*x).zip(step).zip(&past.last_image) {
            ((load(simd, x) + load(simd, s)) - load(simd, last)).store_array(o);
        }
        past.oldest = (slot + 1) % past.memory;
        past.used = (past.used + 1).min(past.memory);
        let mut inner = [ZERO; MOST];
        let inner = &mut inner[..past.used];
        dots(
            simd,
            inner,
            &past.step_change,
            row(&past.step_change, n, slot),
        );
        for (k, inner) in inner.iter().enumerate() {
            past.gram[slot * past.memory + k] = *inner;
            past.gram[k * past.memory + slot] = *inner;
        }
    }
    past.last_step.copy_from_slice(step);
    for (x, s) in x.iter_mut().zip(step) {
        (load(simd, x) + load(simd, s)).store_array(x);
    }
    past.last_image.copy_from_slice(x);
    past.started = true;
    if past.used > 0 {
        combine(simd, past, x);
    }
}

/// Subtracts the combination of image differences that best cancels the step.
#[inline(always)]
fn combine<S: Simd>(simd: S, past: &Anderson, x: &mut [Eight]) {
    let (m, n) = (past.used, past.n);
    let mut normal = [ZERO; MOST * MOST];
    let mut right = [ZERO; MOST];
    let mut trace = splat(simd, 0.0);
    for k in 0..m {
        trace += load(simd, &past.gram[k * past.memory + k]);
    }
    let ridge = trace * splat(simd, 1e-14);
    for k in 0..m {
        let line = &past.gram[k * past.memory..k * past.memory + m];
        normal[k * m..(k + 1) * m].copy_from_slice(line);
        let diagonal = &mut normal[k * m + k];
        (load(simd, diagonal) + ridge).store_array(diagonal);
    }
    dots(simd, &mut right[..m], &past.step_change, &past.last_step);
    let mut tame = triangular::cholesky_body(simd, &mut normal[..m * m], m);
    triangular::solve_body(simd, &normal[..m * m], &mut right[..m], m, 1);
    for g in &right[..m] {
        for (tame, g) in tame.iter_mut().zip(g.iter()) {
            *tame &= g.abs() < WILD;
        }
    }
    for g in &mut right[..m] {
        for (g, tame) in g.iter_mut().zip(tame) {
            *g = if tame { -*g } else { 0.0 };
        }
    }
    for (j, x) in x.iter_mut().enumerate() {
        let mut sum = load(simd, x);
        for (g, image) in right[..m].iter().zip(past.image_change.chunks_exact(n)) {
            sum = fused(load(simd, g), load(simd, &image[j]), sum);
        }
        sum.store_array(x);
    }
}

#[inline(always)]
fn row(v: &[Eight], n: usize, k: usize) -> &[Eight] {
    &v[k * n..(k + 1) * n]
}

/// Inner products of the first rows with a vector, several at a time: one alone would wait for its
/// own sum.
#[inline(always)]
fn dots<S: Simd>(simd: S, out: &mut [Eight], rows: &[Eight], with: &[Eight]) {
    const RUN: usize = 4;
    let n = with.len();
    let mut k = 0;
    while k < out.len() {
        let (rows, left) = (&rows[k * n..], out.len() - k);
        let out = &mut out[k..];
        match left {
            RUN.. => dots_of::<S, RUN>(simd, out, rows, with),
            2.. => dots_of::<S, 2>(simd, out, rows, with),
            _ => dots_of::<S, 1>(simd, out, rows, with),
        }
        k += match left {
            RUN.. => RUN,
            2.. => 2,
            _ => 1,
        };
    }
}

#[inline(always)]
fn dots_of<S: Simd, const RUN: usize>(simd: S, out: &mut [Eight], rows: &[Eight], with: &[Eight]) {
    let sum = super::dots(simd, super::rows_of::<RUN>(rows, with.len()), with);
    for (out, sum) in out.iter_mut().zip(sum) {
        sum.store_array(out);
    }
}
