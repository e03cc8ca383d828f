//! Several sources on one series of figures: each source has an error that stays from figure to
//! figure and one that does not.
//!
//! The reading `i` of source `k` on cell `t` is `z_i = mu_t + b_k + e_i`, with `mu` unknown,
//! `b_k ~ N(0, persistent^2)` and `e_i ~ N(0, passing^2 + rounding_i^2)`. Given the two standard
//! deviations this is a linear mixed model with a fixed effect for each cell (Henderson 1975);
//! the cells are absorbed, so that the work is the number of readings times that of sources.

use entrant_numeric::linalg::{backward_solve, cholesky_root, forward_solve};
use entrant_numeric::random::Stream;

/// What one source says about one cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Cell.
    pub cell: usize,
    /// Source.
    pub source: usize,
    /// Its figure, on the scale on which errors are alike.
    pub value: f64,
    /// Variance of its rounding, on the same scale.
    pub rounding: f64,
}

/// A series of cells with the readings of all sources.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Number of cells; each has a reading.
    pub cells: usize,
    /// Readings.
    pub readings: Vec<Reading>,
}

/// Standard deviations of a source's errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Of the error that stays from cell to cell; above 0.
    pub persistent: f64,
    /// Of the error that does not; above 0.
    pub passing: f64,
}

/// A series at given standard deviations.
#[derive(Debug, Clone)]
pub struct Pooled {
    /// Restricted log likelihood, up to a constant that depends on the readings alone.
    pub log_likelihood: f64,
    /// Sources that occur.
    sources: Vec<usize>,
    /// Mean of each source's persistent error.
    errors: Vec<f64>,
    /// Lower root of the precision of the persistent errors (sources x sources).
    root: Vec<f64>,
    /// Precision of each cell given the persistent errors.
    precision: Vec<f64>,
    /// Precision-weighted mean of each cell's readings.
    mean: Vec<f64>,
    /// Part of each source in each cell's mean (cells x sources); sums to one over sources.
    parts: Vec<f64>,
}

impl Series {
    /// Readings less cells: how often sources can be compared.
    pub fn comparisons(&self) -> usize {
        self.readings.len().saturating_sub(self.cells)
    }

    /// The series at given standard deviations; `None` when a precision is not a number.
    pub fn pool(&self, spread: Spread) -> Option<Pooled> {
        let mut sources: Vec<usize> = self.readings.iter().map(|r| r.source).collect();
        sources.sort_unstable();
        sources.dedup();
        let k = sources.len();
        let place = |source: usize| sources.binary_search(&source).unwrap_or(0);
        let mut precision = vec![0.0; self.cells];
        let mut mean = vec![0.0; self.cells];
        let mut parts = vec![0.0; self.cells * k];
        let mut own = vec![0.0; k];
        let mut pulls = vec![0.0; k];
        let (mut squares, mut logs) = (0.0, 0.0);
        for r in &self.readings {
            let p = 1.0 / (spread.passing * spread.passing + r.rounding);
            let source = place(r.source);
            precision[r.cell] += p;
            mean[r.cell] += p * r.value;
            parts[r.cell * k + source] += p;
            own[source] += p;
            pulls[source] += p * r.value;
            squares += p * r.value * r.value;
            logs -= p.ln();
        }
        for t in 0..self.cells {
            mean[t] /= precision[t];
            squares -= precision[t] * mean[t] * mean[t];
            logs += precision[t].ln();
        }
        // Schur complement of the cells in the mixed-model equations, and its right-hand side.
        let prior = spread.persistent.powi(-2);
        let mut schur = vec![0.0; k * k];
        for a in 0..k {
            schur[a * k + a] = prior + own[a];
        }
        for t in 0..self.cells {
            let row = &parts[t * k..(t + 1) * k];
            for a in (0..k).filter(|a| row[*a] > 0.0) {
                pulls[a] -= row[a] * mean[t];
                for b in 0..k {
                    schur[a * k + b] -= row[a] * row[b] / precision[t];
                }
            }
        }
        let root = cholesky_root(&schur, k);
        if (0..k).any(|a| root[a * k + a] <= 0.0) {
            return None;
        }
        let half = forward_solve(&root, &pulls);
        squares -= half.iter().map(|x| x * x).sum::<f64>();
        logs += (0..k).map(|a| 2.0 * root[a * k + a].ln()).sum::<f64>() - k as f64 * prior.ln();
        for t in 0..self.cells {
            parts[t * k..(t + 1) * k]
                .iter_mut()
                .for_each(|p| *p /= precision[t]);
        }
        Some(Pooled {
            log_likelihood: -0.5 * (logs + squares),
            errors: backward_solve(&root, &half),
            sources,
            root,
            precision,
            mean,
            parts,
        })
        .filter(|p| p.log_likelihood.is_finite())
    }
}

impl Pooled {
    /// Mean of each cell.
    pub fn means(&self) -> Vec<f64> {
        self.given(&self.errors)
    }

    /// Variance of each cell.
    pub fn variances(&self) -> Vec<f64> {
        let k = self.sources.len();
        let cell = |t: usize| {
            let half = forward_solve(&self.root, &self.parts[t * k..(t + 1) * k]);
            1.0 / self.precision[t] + half.iter().map(|x| x * x).sum::<f64>()
        };
        (0..self.precision.len()).map(cell).collect()
    }

    /// A draw of all cells together.
    pub fn draw(&self, stream: &mut Stream) -> Vec<f64> {
        let shocks: Vec<f64> = self.errors.iter().map(|_| stream.normal()).collect();
        let shocks = backward_solve(&self.root, &shocks);
        let errors: Vec<f64> = self.errors.iter().zip(shocks).map(|(e, s)| e + s).collect();
        let mut cells = self.given(&errors);
        for (cell, p) in cells.iter_mut().zip(&self.precision) {
            *cell += stream.normal() / p.sqrt();
        }
        cells
    }

    /// Mean of each cell at known persistent errors.
    fn given(&self, errors: &[f64]) -> Vec<f64> {
        let k = errors.len();
        let pull = |t: usize| -> f64 {
            let parts = &self.parts[t * k..(t + 1) * k];
            parts.iter().zip(errors).map(|(p, e)| p * e).sum()
        };
        self.mean
            .iter()
            .enumerate()
            .map(|(t, m)| m - pull(t))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(cell: usize, source: usize, value: f64, rounding: f64) -> Reading {
        Reading {
            cell,
            source,
            value,
            rounding,
        }
    }

    const SPREAD: Spread = Spread {
        persistent: 0.3,
        passing: 0.4,
    };

    #[test]
    fn two_sources_are_exact_least_squares() {
        // One cell: precisions of whole errors add, and the mean is weighted with them.
        let series = Series {
            cells: 1,
            readings: vec![reading(0, 0, 1.0, 0.0), reading(0, 1, 2.0, 0.75)],
        };
        let pooled = series.pool(SPREAD).expect("regular");
        let weights = [1.0 / 0.25_f64, 1.0 / (0.09 + 0.16 + 0.75)];
        let sum = weights[0] + weights[1];
        let mean = (weights[0] + 2.0 * weights[1]) / sum;
        assert!((pooled.means()[0] - mean).abs() < 1e-14);
        assert!((pooled.variances()[0] - 1.0 / sum).abs() < 1e-14);
    }

    #[test]
    fn one_source_has_the_whole_error_of_a_source() {
        let series = Series {
            cells: 1,
            readings: vec![reading(0, 5, 7.0, 0.01)],
        };
        let pooled = series.pool(SPREAD).expect("regular");
        assert!((pooled.means()[0] - 7.0).abs() < 1e-14);
        assert!((pooled.variances()[0] - 0.26).abs() < 1e-14);
        // It says nothing about spreads.
        let other = series
            .pool(Spread {
                persistent: 2.0,
                passing: 3.0,
            })
            .expect("regular");
        assert!((pooled.log_likelihood - other.log_likelihood).abs() < 1e-12);
    }

    #[test]
    fn what_a_source_overstates_elsewhere_is_taken_off_where_it_is_alone() {
        // Source 1 is 1 above source 0 in cell 0 and alone in cell 1. By hand: with V the
        // covariance of readings and X the cells, mu = (X'V^-1 X)^-1 X'V^-1 z. Both errors of
        // a cell known, the persistent difference b1 - b0 has mean d 2 tau^2 / (2 tau^2 + 2
        // sigma^2), of which half is source 1's.
        let series = Series {
            cells: 2,
            readings: vec![
                reading(0, 0, 10.0, 0.0),
                reading(0, 1, 11.0, 0.0),
                reading(1, 1, 20.0, 0.0),
            ],
        };
        let pooled = series.pool(SPREAD).expect("regular");
        let own = 0.5 * 0.09 / (0.09 + 0.16);
        assert!((pooled.means()[0] - 10.5).abs() < 1e-13);
        assert!((pooled.means()[1] - (20.0 - own)).abs() < 1e-13);
    }

    #[test]
    fn the_likelihood_is_the_normal_density_of_differences() {
        // Two readings of one cell differ by N(0, 2 tau^2 + 2 sigma^2 + roundings).
        let series = |d: f64| Series {
            cells: 1,
            readings: vec![reading(0, 0, 3.0, 0.02), reading(0, 1, 3.0 + d, 0.05)],
        };
        let variance = 2.0 * (0.09 + 0.16) + 0.07;
        let density = |d: f64| -0.5 * d * d / variance;
        let ours = |d: f64| series(d).pool(SPREAD).expect("regular").log_likelihood;
        let difference = ours(0.8) - ours(0.1);
        assert!((difference - (density(0.8) - density(0.1))).abs() < 1e-13);
        let wide = Spread {
            persistent: 0.6,
            passing: 0.4,
        };
        let other = 2.0 * (0.36 + 0.16) + 0.07;
        let ratio = series(0.0).pool(wide).expect("regular").log_likelihood - ours(0.0);
        assert!((ratio + 0.5 * (f64::ln(other) - f64::ln(variance))).abs() < 1e-13);
    }

    #[test]
    fn draws_have_the_mean_and_variance_of_the_cells() {
        let series = Series {
            cells: 2,
            readings: vec![
                reading(0, 0, 1.0, 0.0),
                reading(0, 1, 1.5, 0.1),
                reading(1, 1, 4.0, 0.1),
            ],
        };
        let pooled = series.pool(SPREAD).expect("regular");
        let n = 40_000;
        let draws: Vec<Vec<f64>> = (0..n)
            .map(|d| pooled.draw(&mut Stream::new(1, "test", d)))
            .collect();
        for t in 0..2 {
            let mean = draws.iter().map(|d| d[t]).sum::<f64>() / n as f64;
            let square = draws.iter().map(|d| (d[t] - mean).powi(2)).sum::<f64>() / n as f64;
            let (m, v) = (pooled.means()[t], pooled.variances()[t]);
            // Four standard errors of a mean and of a variance of normals.
            assert!((mean - m).abs() < 4.0 * (v / n as f64).sqrt(), "{mean} {m}");
            assert!((square / v - 1.0).abs() < 4.0 * (2.0 / n as f64).sqrt());
        }
    }
}
