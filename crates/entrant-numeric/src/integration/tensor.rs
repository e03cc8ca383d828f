//! All combinations of a one-dimensional rule.

use super::hermite::Line;
use super::{MOST_NUMBERS, Nodes, too_large};

/// Nodes in lexicographic order, the last dimension fastest.
pub(super) fn build(line: &Line, dimensions: usize) -> Result<Nodes, String> {
    let power = u32::try_from(dimensions).ok();
    let size = power.and_then(|d| line.len().checked_pow(d));
    let size = size
        .filter(|s| s.checked_mul(dimensions).is_some_and(|n| n <= MOST_NUMBERS))
        .ok_or_else(|| too_large(dimensions))?;
    let mut nodes = Nodes {
        dimensions,
        points: Vec::with_capacity(size * dimensions),
        weights: Vec::with_capacity(size),
    };
    let mut places = vec![0; dimensions];
    for _ in 0..size {
        nodes.points.extend(places.iter().map(|k| line[*k].0));
        let weight = places.iter().fold(1.0, |w, k| w * line[*k].1);
        nodes.weights.push(weight);
        advance(&mut places, |_| line.len());
    }
    Ok(nodes)
}

/// The next combination in lexicographic order; `false` when it starts again.
pub(super) fn advance(places: &mut [usize], length: impl Fn(usize) -> usize) -> bool {
    for d in (0..places.len()).rev() {
        places[d] += 1;
        if places[d] < length(d) {
            return true;
        }
        places[d] = 0;
    }
    false
}
