//! Sparse grids (Smolyak 1963; Heiss and Winschel 2008, equation 13).

use std::collections::BTreeMap;

use super::hermite::Line;
use super::tensor::advance;
use super::{MOST_NUMBERS, Nodes, too_large};

/// Nodes by their places in the alphabet, one per dimension, with their weights.
type Grid = BTreeMap<Vec<u16>, f64>;

/// `sum_q (-1)^(L-1-q) C(D-1, L-1-q) sum_{|l| = D+q} V_l1 x .. x V_lD` over `q` from
/// `max(0, L-D)` to `L-1`, equal nodes merged, in lexicographic order.
pub(super) fn build(
    rule: impl Fn(usize) -> Line,
    level: usize,
    dimensions: usize,
) -> Result<Nodes, String> {
    let lines: Vec<Line> = (1..=level).map(rule).collect();
    if visited(&lines, dimensions) * dimensions as f64 > MOST_NUMBERS as f64 {
        return Err(too_large(dimensions));
    }
    let alphabet = alphabet(&lines);
    let coded: Vec<Vec<(u16, f64)>> = lines.iter().map(|l| code(l, &alphabet)).collect();
    let mut grid = Grid::new();
    for q in level.saturating_sub(dimensions)..level {
        let coefficient = alternating_binomial(dimensions - 1, level - 1 - q);
        let mut levels = vec![0; dimensions];
        add_levels(&coded, coefficient, q, 0, &mut levels, &mut grid);
    }
    Ok(nodes(&grid, &alphabet, dimensions))
}

/// Distinct nodes of all levels, ascending.
fn alphabet(lines: &[Line]) -> Vec<f64> {
    let mut all: Vec<f64> = lines.iter().flatten().map(|n| n.0).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

fn code(line: &Line, alphabet: &[f64]) -> Vec<(u16, f64)> {
    let place = |x: f64| alphabet.partition_point(|a| *a < x);
    line.iter()
        .map(|(x, w)| (u16::try_from(place(*x)).unwrap_or(u16::MAX), *w))
        .collect()
}

/// Adds every combination of levels (counted from 0) from dimension `d` on that sums to `left`.
fn add_levels(
    coded: &[Vec<(u16, f64)>],
    coefficient: f64,
    left: usize,
    d: usize,
    levels: &mut [usize],
    grid: &mut Grid,
) {
    if d + 1 == levels.len() {
        levels[d] = left;
        return add_tensor(coded, coefficient, levels, grid);
    }
    for level in 0..=left {
        levels[d] = level;
        add_levels(coded, coefficient, left - level, d + 1, levels, grid);
    }
}

fn add_tensor(coded: &[Vec<(u16, f64)>], coefficient: f64, levels: &[usize], grid: &mut Grid) {
    let mut places = vec![0; levels.len()];
    loop {
        let nodes = places.iter().zip(levels).map(|(k, l)| coded[*l][*k]);
        let weight = nodes.clone().fold(coefficient, |w, n| w * n.1);
        *grid.entry(nodes.map(|n| n.0).collect()).or_insert(0.0) += weight;
        if !advance(&mut places, |d| coded[levels[d]].len()) {
            return;
        }
    }
}

/// Nodes visited before any are merged: the coefficients of the D-th power of
/// `sum_l size(l) t^(l-1)` that the grid uses. A float, because it may be astronomical.
fn visited(lines: &[Line], dimensions: usize) -> f64 {
    let level = lines.len();
    let mut power = vec![0.0; level];
    power[0] = 1.0;
    for _ in 0..dimensions {
        let at = |q: usize| (0..=q).map(|l| lines[l].len() as f64 * power[q - l]).sum();
        power = (0..level).map(at).collect();
    }
    power[level.saturating_sub(dimensions)..].iter().sum()
}

/// `(-1)^k C(n, k)`.
fn alternating_binomial(n: usize, k: usize) -> f64 {
    (0..k).fold(1.0, |c, i| -c * (n - i) as f64 / (i + 1) as f64)
}

fn nodes(grid: &Grid, alphabet: &[f64], dimensions: usize) -> Nodes {
    let total: f64 = grid.values().sum();
    let places = grid.keys().flatten();
    Nodes {
        dimensions,
        points: places.map(|k| alphabet[usize::from(*k)]).collect(),
        weights: grid.values().map(|w| w / total).collect(),
    }
}
