//! A firm that sets some of its prices before its rivals answer (von Stackelberg 1934).
//!
//! [`commit`] fixes prices in a market; [`crate::lineup::sell`] then finds the answer. Everything
//! else is about numbers: a [`Grid`] of values, a climb over it, and a search inside its box.

use std::collections::BTreeMap;

use entrant_market::{Market, PriceRule};

/// Sets prices of products by id; whatever is not in the market is left out.
pub fn commit(market: &mut Market, prices: &[(&str, f64)]) {
    for (id, price) in prices {
        for p in market.products.iter_mut().filter(|p| p.id == *id) {
            (p.rule, p.price) = (PriceRule::Given, *price);
        }
    }
}

/// Leaves prices of products to the firm, to be set together with all others.
pub fn release(market: &mut Market, products: &[String]) {
    for p in &mut market.products {
        if products.contains(&p.id) {
            p.rule = PriceRule::Optimal;
        }
    }
}

/// Values of several axes; points are numbered with the last axis running fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    axes: Vec<Vec<f64>>,
}

impl Grid {
    /// A grid (axes x values); `None` where an axis has no value or points cannot be numbered.
    pub fn new(axes: Vec<Vec<f64>>) -> Option<Self> {
        let count = axes
            .iter()
            .try_fold(1_usize, |n, a| n.checked_mul(a.len()))?;
        (count > 0).then_some(Grid { axes })
    }

    /// Number of points.
    pub fn points(&self) -> usize {
        self.axes.iter().map(Vec::len).product()
    }

    /// Where a point is on each axis (axes).
    pub fn position(&self, mut point: usize) -> Vec<usize> {
        let mut out = vec![0; self.axes.len()];
        for (at, axis) in out.iter_mut().zip(&self.axes).rev() {
            *at = point % axis.len();
            point /= axis.len();
        }
        out
    }

    /// The point at a position (axes).
    pub fn point(&self, position: &[usize]) -> usize {
        let step = |point: usize, (at, axis): (&usize, &Vec<f64>)| point * axis.len() + at;
        position.iter().zip(&self.axes).fold(0, step)
    }

    /// The values at a point (axes).
    pub fn at(&self, point: usize) -> Vec<f64> {
        let here = self.position(point).into_iter().zip(&self.axes);
        here.map(|(k, axis)| axis[k]).collect()
    }

    /// Points one step away on one axis.
    pub fn neighbours(&self, point: usize) -> Vec<usize> {
        let here = self.position(point);
        let mut out = Vec::new();
        for a in 0..self.axes.len() {
            let down = here[a].checked_sub(1);
            let up = Some(here[a] + 1).filter(|k| *k < self.axes[a].len());
            for k in [down, up].into_iter().flatten() {
                let mut there = here.clone();
                there[a] = k;
                out.push(self.point(&there));
            }
        }
        out
    }

    /// The middle and the corners: where climbs begin.
    pub fn starts(&self) -> Vec<usize> {
        let middle: Vec<usize> = self.axes.iter().map(|a| a.len() / 2).collect();
        let corner = |bits: usize| {
            let ends = self.axes.iter().enumerate();
            let at: Vec<usize> = ends
                .map(|(a, axis)| (bits >> a & 1) * (axis.len() - 1))
                .collect();
            self.point(&at)
        };
        let corners = (0..1_usize << self.axes.len().min(6)).map(corner);
        std::iter::once(self.point(&middle))
            .chain(corners)
            .collect()
    }

    /// Lowest and highest value of each axis, and the widest step between two values.
    fn boxed(&self) -> Vec<(f64, f64, f64)> {
        let one = |axis: &Vec<f64>| {
            let step = axis.windows(2).map(|w| w[1] - w[0]).fold(0.0, f64::max);
            (axis[0], axis[axis.len() - 1], step)
        };
        self.axes.iter().map(one).collect()
    }
}

/// Says what points of a grid are worth, `None` where that cannot be said.
pub type Worth<'a> = dyn FnMut(&[usize]) -> Vec<Option<f64>> + 'a;

/// Steepest ascent over a grid from its middle and its corners. What it looked at, with what that
/// is worth; a local maximum of the grid is among it.
pub fn climb(grid: &Grid, worth: &mut Worth<'_>) -> BTreeMap<usize, Option<f64>> {
    let mut known = BTreeMap::new();
    for start in grid.starts() {
        let mut here = start;
        ask(&mut known, &[here], worth);
        loop {
            let near = grid.neighbours(here);
            ask(&mut known, &near, worth);
            let value = |k: usize| known[&k].unwrap_or(f64::NEG_INFINITY);
            let mut next = here;
            for k in near {
                if value(k) > value(next) {
                    next = k;
                }
            }
            if next == here {
                break;
            }
            here = next;
        }
    }
    known
}

fn ask(known: &mut BTreeMap<usize, Option<f64>>, points: &[usize], worth: &mut Worth<'_>) {
    let mut new: Vec<usize> = points
        .iter()
        .copied()
        .filter(|k| !known.contains_key(k))
        .collect();
    new.sort_unstable();
    new.dedup();
    if !new.is_empty() {
        let found = worth(&new);
        known.extend(new.into_iter().zip(found));
    }
}

/// Part of an axis' range below which a search inside the box stops.
const FINE: f64 = 1e-4;

/// The best near a point, between the values of a grid and inside its box: a compass search (Kolda,
/// Lewis and Torczon 2003) whose steps halve where no direction is better. Values (axes) and what
/// they are worth; of a point that is worth nothing, itself.
pub fn refine(
    grid: &Grid,
    start: usize,
    worth: &mut dyn FnMut(&[f64]) -> Option<f64>,
) -> (Vec<f64>, Option<f64>) {
    let sides = grid.boxed();
    let mut here = grid.at(start);
    let mut best = worth(&here);
    let mut part = 0.5;
    let fine = |part: f64| {
        let small = |(low, high, step): &(f64, f64, f64)| part * step <= FINE * (high - low);
        sides.iter().all(small)
    };
    while best.is_some() && !fine(part) {
        let better = directions(&here, &sides, part)
            .into_iter()
            .filter_map(|there| Some((worth(&there)?, there)))
            .fold(None, |found: Option<(f64, Vec<f64>)>, one| match found {
                Some(first) if first.0 >= one.0 => Some(first),
                _ => Some(one),
            })
            .filter(|(value, _)| Some(*value) > best);
        match better {
            Some((value, there)) => (here, best) = (there, Some(value)),
            None => part /= 2.0,
        }
    }
    (here, best)
}

/// A step up and down each axis, cut at the box.
fn directions(here: &[f64], sides: &[(f64, f64, f64)], part: f64) -> Vec<Vec<f64>> {
    let mut out = Vec::new();
    for (a, (low, high, step)) in sides.iter().enumerate() {
        for move_by in [-part * step, part * step] {
            let mut there = here.to_vec();
            there[a] = (here[a] + move_by).clamp(*low, *high);
            if there[a].total_cmp(&here[a]).is_ne() {
                out.push(there);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        let axis = |n: usize| (0..n).map(|k| k as f64).collect();
        Grid::new(vec![axis(9), axis(5), axis(7)]).expect("a grid")
    }

    /// A tilted hill with its top at (3.3, 2.1, 4.7).
    fn hill(x: &[f64]) -> f64 {
        let [a, b, c] = [x[0] - 3.3, x[1] - 2.1, x[2] - 4.7];
        -(a * a + b * b + c * c + 0.6 * a * b - 0.3 * b * c)
    }

    #[test]
    fn points_have_numbers() {
        let grid = grid();
        assert_eq!(grid.points(), 315);
        for k in 0..grid.points() {
            assert_eq!(grid.point(&grid.position(k)), k);
            for near in grid.neighbours(k) {
                assert!(grid.neighbours(near).contains(&k));
            }
        }
        assert_eq!(grid.at(1), [0.0, 0.0, 1.0]);
        assert_eq!(Grid::new(vec![vec![1.0], vec![]]), None);
    }

    #[test]
    fn a_climb_ends_at_the_best_point_of_a_hill_with_fewer_looks() {
        let grid = grid();
        let mut asked = Vec::new();
        let found = climb(&grid, &mut |points| {
            asked.extend_from_slice(points);
            points.iter().map(|k| Some(hill(&grid.at(*k)))).collect()
        });
        let top = |all: &mut dyn Iterator<Item = usize>| {
            all.max_by(|a, b| hill(&grid.at(*a)).total_cmp(&hill(&grid.at(*b))))
        };
        assert_eq!(top(&mut found.keys().copied()), top(&mut (0..315)));
        let count = asked.len();
        asked.sort_unstable();
        asked.dedup();
        assert!(asked.len() == count && count < 200, "{count}");
    }

    #[test]
    fn refining_finds_the_top_or_the_edge() {
        let grid = grid();
        let (at, value) = refine(&grid, 0, &mut |x| Some(hill(x)));
        assert!(value.expect("a value") > -1e-5, "{at:?}");
        // The top of a slope is the edge of the box.
        let (at, _) = refine(&grid, 0, &mut |x| Some(x[0] - x[1]));
        assert_eq!(&at[..2], [8.0, 0.0]);
        let (at, value) = refine(&grid, 5, &mut |_| None);
        assert_eq!((at, value), (grid.at(5), None));
    }
}
