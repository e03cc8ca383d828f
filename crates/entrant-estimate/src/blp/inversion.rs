//! Share inversion: the mean utilities at which the model's shares are the observed ones.

use entrant_numeric::accelerator::Accelerator;
use entrant_numeric::{mixture, vector};

use super::block::{Block, zeroed};
use super::market::MarketData;
use super::theta::Theta;

/// Memory of an inversion, used again for the next market.
#[derive(Debug, Default)]
pub(crate) struct Inverter {
    accelerator: Accelerator,
    target: Vec<f64>,
    gap: Vec<f64>,
    step: Vec<f64>,
    best: Vec<f64>,
}

/// What an inversion found.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Inverted {
    /// Largest `|ln observed - ln fitted|` at the returned mean utilities.
    pub(crate) residual: f64,
    /// Evaluations of the shares.
    pub(crate) evaluations: usize,
}

/// Residual from which one Newton step ends an inversion where more evaluations do not help: the
/// step squares it.
pub(crate) const NEWTON_FROM: f64 = 1e-9;
/// Residual at which a Newton step ends it at once: its matrix, which derivatives use again, is then
/// as good as that.
pub(crate) const ENOUGH: f64 = 1e-11;
/// Steps that Anderson remembers.
pub(crate) const MEMORY: usize = 5;
/// Evaluations after which it gives up; Newton's method takes over.
const LIMIT: usize = 300;
/// Rounding of a share's logarithm: nothing below can be asked for.
pub(crate) const FLOOR: f64 = 2e-15;
/// Evaluations without a better residual before the steps are no longer combined.
pub(crate) const PATIENCE: usize = 12;

impl Inverter {
    /// Inverts the observed shares from the mean utilities in `delta`, which it moves.
    ///
    /// Iterates `delta <- delta + (1 - rho) [ln S - ln s] + rho [ln S_h - ln s_h] - [ln S_0 -
    /// ln s_0]` (Berry, Levinsohn and Pakes 1995 in the form of Fukasawa 2024, arXiv 2404.04494;
    /// the nest term is Berry 1994, equation 27) with Anderson acceleration, and without where
    /// that does not help. It ends at a residual of `enough`, or at `tolerance` where evaluations
    /// gain nothing more. On return `block` holds shares at `delta`.
    pub(crate) fn invert(
        &mut self,
        block: &mut Block,
        m: &MarketData,
        theta: &Theta,
        (enough, tolerance): (f64, f64),
        delta: &mut [f64],
    ) -> Inverted {
        let n = m.products();
        self.aim(m);
        let target_outside = vector::ln(m.outside());
        zeroed(&mut self.step, n);
        self.accelerator.begin(n, MEMORY);
        self.best.clear();
        self.best.extend_from_slice(&delta[..n]);
        let (mut best, mut stale) = (f64::INFINITY, 0);
        block.fill_exponentials(m, theta, delta);
        for evaluations in 1..=LIMIT {
            block.evaluate(m, theta, delta);
            let residual = mixture::log_gap(&mut self.gap, &self.target, &block.share[..n]);
            if residual <= enough {
                return Inverted {
                    residual,
                    evaluations,
                };
            }
            if residual < best {
                stale = if residual < 0.9 * best { 0 } else { stale + 1 };
                best = residual;
                self.best.copy_from_slice(&delta[..n]);
            } else {
                stale += 1;
            }
            let settled = best <= tolerance && stale >= 2;
            if settled || evaluations == LIMIT {
                delta[..n].copy_from_slice(&self.best);
                block.evaluate(m, theta, delta);
                return Inverted {
                    residual: best,
                    evaluations: evaluations + 1,
                };
            }
            self.plain_step(
                m,
                theta,
                &block.share,
                target_outside - vector::ln(block.outside),
            );
            if stale > PATIENCE {
                vector::add_scaled(&mut delta[..n], 1.0, &self.step);
            } else {
                self.accelerator.advance(&mut delta[..n], &self.step);
            }
        }
        Inverted::default()
    }

    /// Turns to the observed shares of a market.
    pub(crate) fn aim(&mut self, m: &MarketData) {
        self.target.clear();
        self.target.extend(m.share.iter().map(|s| vector::ln(*s)));
        zeroed(&mut self.gap, m.products());
    }

    /// Largest `|ln observed - ln fitted|` of the market turned to last; infinite where a share is
    /// not a number.
    pub(crate) fn gap(&mut self, share: &[f64]) -> f64 {
        let n = self.target.len();
        mixture::log_gap(&mut self.gap, &self.target, &share[..n])
    }

    /// One step of the mapping: exact when all consumers are alike. A fitted share of zero has an
    /// infinite gap: a large finite step brings it back.
    fn plain_step(&mut self, m: &MarketData, theta: &Theta, share: &[f64], outside_gap: f64) {
        let bounded = |g: f64| {
            if g.is_nan() {
                0.0
            } else {
                g.clamp(-30.0, 30.0)
            }
        };
        let outside = bounded(outside_gap);
        for (s, g) in self.step.iter_mut().zip(&self.gap) {
            *s = bounded(*g) - outside;
        }
        for (h, nest) in m.nests.iter().enumerate() {
            let rho = theta.rho[m.nest_group[h]];
            let sum = |v: &[f64]| v[nest.clone()].iter().sum::<f64>();
            let own = bounded(vector::ln(sum(&m.share)) - vector::ln(sum(share)));
            for j in nest.clone() {
                self.step[j] = (1.0 - rho) * bounded(self.gap[j]) + rho * own - outside;
            }
        }
    }
}

/// Mean utilities of the (nested) logit: where every inversion starts (Berry 1994).
pub(crate) fn logit_delta(m: &MarketData, theta: &Theta) -> Vec<f64> {
    let outside = vector::ln(m.outside());
    let mut delta: Vec<f64> = m.share.iter().map(|s| vector::ln(*s) - outside).collect();
    for (h, nest) in m.nests.iter().enumerate() {
        let rho = theta.rho[m.nest_group[h]];
        let total = vector::ln(m.share[nest.clone()].iter().sum::<f64>());
        for j in nest.clone() {
            delta[j] -= rho * (vector::ln(m.share[j]) - total);
        }
    }
    delta.resize(m.stride, 0.0);
    delta
}
