//! Random nodes: plain, and Latin hypercubes.

use super::{Key, Nodes};

/// Independent standard normal draws.
pub(super) fn monte_carlo(size: usize, dimensions: usize, key: Key<'_>) -> Nodes {
    let mut points = vec![0.0; size * dimensions];
    for d in 0..dimensions {
        let mut stream = key.stream(d);
        for i in 0..size {
            points[i * dimensions + d] = stream.normal();
        }
    }
    Nodes {
        dimensions,
        points,
        weights: vec![1.0 / size as f64; size],
    }
}

/// One point in each of `size` slices of every dimension, in random order; with `together`, all at
/// the same place in their slices.
pub(super) fn latin_hypercube(
    size: usize,
    dimensions: usize,
    together: bool,
    key: Key<'_>,
) -> Vec<f64> {
    let mut points = vec![0.0; size * dimensions];
    for d in 0..dimensions {
        let mut stream = key.stream(d);
        let common = stream.uniform();
        for (i, slice) in stream.permutation(size).into_iter().enumerate() {
            let place = if together { common } else { stream.uniform() };
            points[i * dimensions + d] = (slice as f64 + place) / size as f64;
        }
    }
    points
}
