//! Conjugate gradients on level sums, refined until the certified means are small.

use super::Absorbed;
use super::factor::Factor;
use super::layout::Layout;
use super::sweep::{self, Levels};

/// Steps of conjugate gradients in one solve; a limit that a pass of this size never meets in
/// reasonable data, so that a column cannot keep the program forever.
const MOST_STEPS: usize = 10_000;
/// Times that the remaining column is solved for again.
const MOST_ROUNDS: usize = 6;
/// Steps within which a well-connected panel reduces a random column by [`QUICK_TOLERANCE`].
const QUICK_STEPS: usize = 25;
const QUICK_TOLERANCE: f64 = 1e-5;

/// Effects of a block of columns.
pub(super) struct Solved<const K: usize> {
    /// Coefficients of the effects that are not eliminated.
    pub effects: Levels<K>,
    /// What was done.
    pub absorbed: Absorbed,
}

/// Replaces `y`, sorted, by its residual on all effects.
pub(super) fn solve<const K: usize>(
    layout: &Layout,
    factor: Option<&Factor>,
    y: &mut [[f64; K]],
    tolerance: f64,
) -> Solved<K> {
    let scale = sweep::scale(y);
    let limit = scale.map(|s| s * tolerance);
    let mut effects = vec![[0.0; K]; layout.counts.len()];
    let mut sweeps = 0;
    let mut open = [true; K];
    let mut settled = sweep::settle(layout, &effects, y, &open);
    for _ in 0..MOST_ROUNDS {
        let before = settled.means;
        open = std::array::from_fn(|c| open[c] && before[c] > limit[c]);
        if layout.others.is_empty() || open == [false; K] {
            break;
        }
        let sums = settled.sums;
        let (step, taken) = conjugate_gradients(layout, factor, sums, &limit, open, MOST_STEPS);
        sweeps += taken;
        settled = sweep::settle(layout, &step, y, &open);
        accumulate(&mut effects, &step);
        open = std::array::from_fn(|c| open[c] && settled.means[c] < 0.5 * before[c]);
    }
    let absorbed = report(sweeps, &settled.means, &scale, tolerance);
    Solved { effects, absorbed }
}

/// Whether plain conjugate gradients are quick on this panel, tried on a random column.
pub(super) fn is_quick(layout: &Layout) -> bool {
    if layout.others.is_empty() {
        return true;
    }
    let mut y: Vec<[f64; 1]> = (0..layout.rows as u64)
        .map(|row| [scattered(row)])
        .collect();
    let nothing = vec![[0.0]; layout.counts.len()];
    let settled = sweep::settle(layout, &nothing, &mut y, &[true]);
    let limit = settled.means.map(|m| m * QUICK_TOLERANCE);
    let sums = settled.sums;
    let (_, steps) = conjugate_gradients(layout, None, sums, &limit, [true], QUICK_STEPS);
    steps < QUICK_STEPS
}

/// Numbers in (-1/2, 1/2) without pattern: the finaliser of `MurmurHash3` (Appleby 2011).
fn scattered(row: u64) -> f64 {
    let z = (row + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    let z = (z ^ (z >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    ((z ^ (z >> 33)) >> 11) as f64 / 9_007_199_254_740_992.0 - 0.5
}

fn report<const K: usize>(
    sweeps: usize,
    means: &[f64; K],
    scale: &[f64; K],
    tolerance: f64,
) -> Absorbed {
    let relative = |c: usize| {
        if scale[c] == 0.0 {
            0.0
        } else {
            means[c] / scale[c]
        }
    };
    let residual = (0..K).fold(0.0, |worst, c| sweep::worst(worst, relative(c)));
    Absorbed {
        sweeps,
        residual,
        converged: residual <= tolerance,
    }
}

fn accumulate<const K: usize>(to: &mut [[f64; K]], by: &[[f64; K]]) {
    for (to, by) in to.iter_mut().zip(by) {
        for c in 0..K {
            to[c] += by[c];
        }
    }
}

/// Solves `S x = r` from zero until every level mean `r / count` is within half its limit, one
/// lane like another, and counts the steps. A lane that is done stands still.
fn conjugate_gradients<const K: usize>(
    layout: &Layout,
    factor: Option<&Factor>,
    mut r: Levels<K>,
    limit: &[f64; K],
    mut active: [bool; K],
    most: usize,
) -> (Levels<K>, usize) {
    let mut x = vec![[0.0; K]; r.len()];
    let mut z = precondition(layout, factor, &r);
    let mut p = z.clone();
    let mut image = x.clone();
    let mut rz = dot(&r, &z);
    let mut steps = 0;
    close(&mut active, layout, &r, limit);
    while steps < most && active.iter().any(|a| *a) {
        sweep::apply(layout, &p, &mut image);
        let step = quotient(&rz, &dot(&p, &image), &mut active);
        advance(&mut x, &p, &step);
        advance(&mut r, &image, &step.map(|s| -s));
        precondition_into(layout, factor, &r, &mut z);
        let next = dot(&r, &z);
        let turn = quotient(&next, &rz, &mut active);
        turn_to(&mut p, &z, &turn);
        rz = next;
        steps += 1;
        close(&mut active, layout, &r, limit);
    }
    (x, steps)
}

/// Closes the lanes whose level means are all within half the limit.
fn close<const K: usize>(
    active: &mut [bool; K],
    layout: &Layout,
    r: &[[f64; K]],
    limit: &[f64; K],
) {
    let means = sweep::largest_mean(layout, r);
    for c in 0..K {
        active[c] &= means[c] > 0.5 * limit[c];
    }
}

/// `a / b` where the lane is active; a lane whose quotient means nothing is done.
fn quotient<const K: usize>(a: &[f64; K], b: &[f64; K], active: &mut [bool; K]) -> [f64; K] {
    std::array::from_fn(|c| {
        let quotient = a[c] / b[c];
        active[c] &= quotient.is_finite() && quotient > 0.0;
        if active[c] { quotient } else { 0.0 }
    })
}

fn precondition<const K: usize>(
    layout: &Layout,
    factor: Option<&Factor>,
    r: &[[f64; K]],
) -> Levels<K> {
    let mut z = vec![[0.0; K]; r.len()];
    precondition_into(layout, factor, r, &mut z);
    z
}

/// Level means, or the solve with the approximate factor where there is one.
fn precondition_into<const K: usize>(
    layout: &Layout,
    factor: Option<&Factor>,
    r: &[[f64; K]],
    z: &mut [[f64; K]],
) {
    for ((z, r), count) in z.iter_mut().zip(r).zip(&layout.counts) {
        *z = r.map(|v| v / count.max(1.0));
    }
    if let Some(factor) = factor {
        factor.solve(r, z);
    }
}

fn dot<const K: usize>(a: &[[f64; K]], b: &[[f64; K]]) -> [f64; K] {
    let mut sum = [0.0; K];
    for (a, b) in a.iter().zip(b) {
        for c in 0..K {
            sum[c] += a[c] * b[c];
        }
    }
    sum
}

/// `x += step * p`.
fn advance<const K: usize>(x: &mut [[f64; K]], p: &[[f64; K]], step: &[f64; K]) {
    for (x, p) in x.iter_mut().zip(p) {
        for c in 0..K {
            x[c] += step[c] * p[c];
        }
    }
}

/// `p = z + turn * p`.
fn turn_to<const K: usize>(p: &mut [[f64; K]], z: &[[f64; K]], turn: &[f64; K]) {
    for (p, z) in p.iter_mut().zip(z) {
        for c in 0..K {
            p[c] = z[c] + turn[c] * p[c];
        }
    }
}
