//! Share inversion: the mean utilities at which the model's shares are the observed ones.

use entrant_numeric::fixed_point::Anderson;
use entrant_numeric::vector;

use super::Demand;

/// What an inversion found.
#[derive(Debug, Clone, PartialEq)]
pub struct Inversion {
    /// Mean utilities without price (products).
    pub mean: Vec<f64>,
    /// Largest `|ln observed - ln fitted|`, recomputed after the solve.
    pub residual: f64,
    /// Share evaluations used.
    pub evaluations: usize,
    /// Whether the residual is within tolerance.
    pub converged: bool,
}

/// Residual at which an inversion is accepted.
pub const TOLERANCE: f64 = 1e-13;
const ACCEPTED: f64 = 1e-11;
const LIMIT: usize = 2_000;

/// Inverts shares from the start in `demand.mean`.
///
/// Iterates `delta <- delta + (1 - rho) [ln S - ln s] - [ln S_0 - ln s_0]` (Berry, Levinsohn and
/// Pakes 1995 in the form of Fukasawa 2024; damped for nests as in Grigolon and Verboven 2014)
/// with Anderson acceleration, falling back to the plain contraction when the accelerated
/// steps stop helping.
pub fn invert_shares(demand: &Demand, observed: &[f64], price: &[f64]) -> Inversion {
    let mut work = demand.clone();
    let target: Vec<f64> = observed.iter().map(|s| vector::ln(*s)).collect();
    let target_outside = vector::ln(1.0 - observed.iter().sum::<f64>());
    let mut anderson = Anderson::new(5);
    let mut best = f64::INFINITY;
    let mut evaluations = 0;
    let mut stale = 0;
    loop {
        let share = work.shares(price);
        evaluations += 1;
        let gap: Vec<f64> = target.iter().zip(&share).map(|(t, s)| t - vector::ln(*s)).collect();
        let residual = gap.iter().fold(0.0, |m: f64, g| if g.is_finite() { m.max(g.abs()) } else { f64::INFINITY });
        if residual <= TOLERANCE || evaluations >= LIMIT || (residual <= ACCEPTED && stale > 4) {
            return Inversion { mean: work.mean, residual, evaluations, converged: residual <= ACCEPTED };
        }
        stale = if residual < 0.9 * best { 0 } else { stale + 1 };
        best = best.min(residual);
        let step = contraction(&gap, target_outside, &share, demand.rho);
        let image: Vec<f64> = work.mean.iter().zip(&step).map(|(d, s)| d + s).collect();
        if stale > 8 {
            anderson.restart();
        }
        work.mean = if stale > 8 { image } else { anderson.next(&work.mean, &image) };
    }
}

/// One step of the mapping, with the outside term only where it is well defined.
fn contraction(gap: &[f64], target_outside: f64, share: &[f64], rho: f64) -> Vec<f64> {
    let outside = 1.0 - share.iter().sum::<f64>();
    let shift = if outside > 1e-12 { target_outside - vector::ln(outside) } else { 0.0 };
    // A zero fitted share has an infinite gap: a large finite step brings it back.
    gap.iter().map(|g| (1.0 - rho) * g.clamp(-30.0, 30.0) - shift).collect()
}
