//! How large sources' errors are, from how far apart their figures are.
//!
//! The posterior of both standard deviations on a grid, with weak half-Cauchy priors (Gelman
//! 2006): few comparisons leave them wide open, and every range inherits that.

use entrant_numeric::random::Stream;

use crate::pooling::{Series, Spread};

/// Fewest comparisons from which ranges are given.
pub const COMPARISONS: usize = 3;

/// Scale of the priors: half of their mass lies below it.
const SCALE: f64 = 0.1;
/// Ends of the first grid.
const ENDS: (f64, f64) = (0.002, 2.0);
/// Nodes of the first grid and of the one around its mass, in each direction.
const NODES: (usize, usize) = (13, 20);
/// Mass below which the end of the first grid is left out.
const NEGLIGIBLE: f64 = 1e-3;

/// A distribution of spreads on a grid.
#[derive(Debug, Clone)]
pub struct Spreads {
    /// Nodes.
    pub nodes: Vec<Spread>,
    /// Their weights, which sum to one.
    pub weights: Vec<f64>,
}

impl Spreads {
    /// The posterior after all comparisons in these series; `None` with too few of them.
    pub fn posterior(all: &[&Series]) -> Option<Self> {
        let comparisons: usize = all.iter().map(|s| s.comparisons()).sum();
        if comparisons < COMPARISONS {
            return None;
        }
        // A cell with one reading says nothing about spreads.
        let compared: Vec<Series> = all.iter().map(|s| compared(s)).collect();
        let axis = nodes(ENDS, NODES.0);
        let first = Spreads::on(&compared, &axis, &axis)?;
        let persistent = first.narrowed(&axis, |s| s.persistent);
        let passing = first.narrowed(&axis, |s| s.passing);
        Spreads::on(
            &compared,
            &nodes(persistent, NODES.1),
            &nodes(passing, NODES.1),
        )
    }

    /// Weights on a grid of logarithmically spaced nodes.
    fn on(all: &[Series], persistent: &[f64], passing: &[f64]) -> Option<Self> {
        let pairs = persistent.iter().flat_map(|p| {
            passing.iter().map(|q| Spread {
                persistent: *p,
                passing: *q,
            })
        });
        let nodes: Vec<Spread> = pairs.collect();
        let logs: Vec<f64> = nodes.iter().map(|s| log_posterior(all, *s)).collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = logs.iter().map(|l| (l - largest).exp()).collect();
        let sum: f64 = weights.iter().sum();
        sum.is_finite().then(|| Spreads {
            nodes,
            weights: weights.into_iter().map(|w| w / sum).collect(),
        })
    }

    /// The part of an axis that has mass, with a node to each side of it.
    fn narrowed(&self, axis: &[f64], of: impl Fn(&Spread) -> f64) -> (f64, f64) {
        let mass = |x: f64| -> f64 {
            let at = self.nodes.iter().zip(&self.weights);
            at.filter(|(s, _)| of(s).total_cmp(&x).is_eq())
                .map(|(_, w)| w)
                .sum()
        };
        let full: Vec<usize> = (0..axis.len())
            .filter(|i| mass(axis[*i]) > NEGLIGIBLE)
            .collect();
        let first = full.first().map_or(0, |i| i.saturating_sub(1));
        let last = full
            .last()
            .map_or(axis.len() - 1, |i| (i + 1).min(axis.len() - 1));
        (axis[first], axis[last])
    }

    /// Mean of a number over the distribution.
    pub fn mean(&self, of: impl Fn(&Spread) -> f64) -> f64 {
        self.nodes
            .iter()
            .zip(&self.weights)
            .map(|(s, w)| w * of(s))
            .sum()
    }

    /// Node of each draw.
    pub fn picks(&self, seed: u64, name: &str, draws: usize) -> Vec<usize> {
        let mut sums = Vec::with_capacity(self.weights.len());
        let mut sum = 0.0;
        for w in &self.weights {
            sum += w;
            sums.push(sum);
        }
        (0..draws as u64)
            .map(|d| {
                let u = Stream::new(seed, name, d).uniform() * sum;
                sums.partition_point(|s| *s < u).min(sums.len() - 1)
            })
            .collect()
    }
}

/// The cells with two readings or more.
fn compared(series: &Series) -> Series {
    let mut counts = vec![0_usize; series.cells];
    series.readings.iter().for_each(|r| counts[r.cell] += 1);
    let mut place = vec![0; series.cells];
    let mut cells = 0;
    for (t, count) in counts.iter().enumerate().filter(|(_, c)| **c > 1) {
        debug_assert!(*count > 1);
        place[t] = cells;
        cells += 1;
    }
    let readings = series.readings.iter().filter(|r| counts[r.cell] > 1);
    Series {
        cells,
        readings: readings
            .map(|r| crate::pooling::Reading {
                cell: place[r.cell],
                ..*r
            })
            .collect(),
    }
}

fn log_posterior(all: &[Series], spread: Spread) -> f64 {
    let pooled = all.iter().map(|s| s.pool(spread));
    let likelihood: f64 = pooled
        .map(|p| p.map_or(f64::NEG_INFINITY, |p| p.log_likelihood))
        .sum();
    // Half-Cauchy densities, with the Jacobian of a logarithmic grid.
    let prior = |s: f64| s.ln() - (s / SCALE).powi(2).ln_1p();
    likelihood + prior(spread.persistent) + prior(spread.passing)
}

/// Logarithmically spaced nodes.
fn nodes((low, high): (f64, f64), n: usize) -> Vec<f64> {
    let step = (high / low).ln() / (n - 1) as f64;
    (0..n).map(|i| low * (step * i as f64).exp()).collect()
}
