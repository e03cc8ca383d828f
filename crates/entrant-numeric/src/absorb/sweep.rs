//! Passes over the rows, a few columns ("lanes") at a time.

use super::layout::Layout;

/// A number per level of the other effects, for each lane.
pub(super) type Levels<const K: usize> = Vec<[f64; K]>;

/// The larger of two numbers, or `NaN` when either is.
pub(super) fn worst(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}

fn add<const K: usize>(to: &mut [f64; K], by: &[f64; K]) {
    for c in 0..K {
        to[c] += by[c];
    }
}

fn subtract<const K: usize>(from: &mut [f64; K], by: &[f64; K]) {
    for c in 0..K {
        from[c] -= by[c];
    }
}

/// Sum of the values at a row's levels.
fn at<const K: usize>(values: &[[f64; K]], links: &[u32]) -> [f64; K] {
    let mut sum = [0.0; K];
    for link in links {
        add(&mut sum, &values[*link as usize]);
    }
    sum
}

fn mean<const K: usize>(run: &[[f64; K]]) -> [f64; K] {
    let mut sum = [0.0; K];
    for lane in run {
        add(&mut sum, lane);
    }
    sum.map(|s| s / run.len() as f64)
}

/// `out = S p` with `S = D'(I - P_main) D` over the dummies `D` of the other effects and the
/// projection `P_main` on the main ones.
pub(super) fn apply<const K: usize>(layout: &Layout, p: &[[f64; K]], out: &mut [[f64; K]]) {
    match layout.others.len() {
        1 => apply_to_one(layout, p, out),
        2 => apply_to_two(layout, p, out),
        _ => apply_to_many(layout, p, out),
    }
}

/// [`apply`] for one other effect: `D'D` is the diagonal matrix of its counts.
fn apply_to_one<const K: usize>(layout: &Layout, p: &[[f64; K]], out: &mut [[f64; K]]) {
    for ((out, p), count) in out.iter_mut().zip(p).zip(&layout.counts) {
        *out = p.map(|v| v * count);
    }
    for (_, run) in layout.runs() {
        let links = &layout.links[run];
        let mean = at(p, links).map(|s| s / links.len() as f64);
        for link in links {
            subtract(&mut out[*link as usize], &mean);
        }
    }
}

/// [`apply`] for two other effects.
fn apply_to_two<const K: usize>(layout: &Layout, p: &[[f64; K]], out: &mut [[f64; K]]) {
    out.fill([0.0; K]);
    let (links, _) = layout.links.as_chunks::<2>();
    let mut values = Vec::new();
    for (_, run) in layout.runs() {
        let links = &links[run];
        values.clear();
        values.extend(links.iter().map(|l| at(p, l)));
        let mean = mean(&values);
        for (value, [a, b]) in values.iter_mut().zip(links) {
            subtract(value, &mean);
            add(&mut out[*a as usize], value);
            add(&mut out[*b as usize], value);
        }
    }
}

fn apply_to_many<const K: usize>(layout: &Layout, p: &[[f64; K]], out: &mut [[f64; K]]) {
    out.fill([0.0; K]);
    let mut values = Vec::new();
    for (_, run) in layout.runs() {
        values.clear();
        values.extend(run.clone().map(|row| at(p, layout.links_of(row))));
        let mean = mean(&values);
        for (value, row) in values.iter_mut().zip(run) {
            subtract(value, &mean);
            for link in layout.links_of(row) {
                add(&mut out[*link as usize], value);
            }
        }
    }
}

/// What [`settle`] finds in the rows that it leaves.
pub(super) struct Settled<const K: usize> {
    /// Sums at the levels of the other effects.
    pub sums: Levels<K>,
    /// Largest absolute mean at a level of any effect.
    pub means: [f64; K],
}

/// `y - D effects`, less its means at the main levels, and what means are left. Lanes that are
/// not open must have effects of zero, and keep their bits.
pub(super) fn settle<const K: usize>(
    layout: &Layout,
    effects: &[[f64; K]],
    y: &mut [[f64; K]],
    open: &[bool; K],
) -> Settled<K> {
    let mut sums = vec![[0.0; K]; effects.len()];
    let mut means = [0.0; K];
    for (_, run) in layout.runs() {
        let rows = &mut y[run.clone()];
        for (row, lane) in run.clone().zip(rows.iter_mut()) {
            subtract(lane, &at(effects, layout.links_of(row)));
        }
        centre(rows, open);
        raise(&mut means, &mean(rows));
        for (row, lane) in run.zip(rows) {
            for link in layout.links_of(row) {
                add(&mut sums[*link as usize], lane);
            }
        }
    }
    raise(&mut means, &largest_mean(layout, &sums));
    Settled { sums, means }
}

/// Takes the mean off rows, in the lanes that are open.
fn centre<const K: usize>(rows: &mut [[f64; K]], open: &[bool; K]) {
    let mut mean = mean(rows);
    for c in 0..K {
        mean[c] = if open[c] { mean[c] } else { 0.0 };
    }
    for lane in rows {
        subtract(lane, &mean);
    }
}

/// Means of `y - D effects` at the main levels, 0 where there is no row: the main effects.
pub(super) fn main_means(layout: &Layout, y: &[[f64; 1]], effects: &[[f64; 1]]) -> Vec<f64> {
    let mut means = vec![0.0; layout.groups()];
    for (g, run) in layout.runs() {
        let left = |row: usize| y[row][0] - at(effects, layout.links_of(row))[0];
        let rows = run.len() as f64;
        means[g] = run.map(left).sum::<f64>() / rows;
    }
    means
}

/// Largest absolute mean at a level of the other effects, per lane, from the sums.
pub(super) fn largest_mean<const K: usize>(layout: &Layout, sums: &[[f64; K]]) -> [f64; K] {
    let mut largest = [0.0; K];
    for (sum, count) in sums.iter().zip(&layout.counts) {
        raise(&mut largest, &sum.map(|s| s / count.max(1.0)));
    }
    largest
}

/// Raises each lane to the absolute value beside it.
pub(super) fn raise<const K: usize>(largest: &mut [f64; K], by: &[f64; K]) {
    for c in 0..K {
        largest[c] = worst(largest[c], by[c].abs());
    }
}

/// Root mean square of each lane.
pub(super) fn scale<const K: usize>(y: &[[f64; K]]) -> [f64; K] {
    let mut squares = [0.0; K];
    for lane in y {
        add(&mut squares, &lane.map(|v| v * v));
    }
    squares.map(|s| (s / y.len() as f64).sqrt())
}
