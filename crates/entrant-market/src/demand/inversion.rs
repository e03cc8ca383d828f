//! Share inversion: the mean utilities at which the model's shares are the observed ones.

use entrant_numeric::fixed_point::Anderson;
use entrant_numeric::vector;

use super::Demand;
use super::cached::Cached;

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
/// Iterates `delta <- delta + (1 - rho) [ln S - ln s] + rho [ln S_h - ln s_h] - [ln S_0 - ln s_0]`
/// (Berry, Levinsohn and Pakes 1995 in the form of Fukasawa 2024; the nest term is Berry 1994,
/// equation 27, which makes the step exact for a plain nested logit) with Anderson acceleration, falling back to the plain contraction when the accelerated
/// steps stop helping.
pub fn invert_shares(demand: &Demand, observed: &[f64], price: &[f64]) -> Inversion {
    let mut mean = demand.mean.clone();
    let mut cache = Cached::new(demand, &mean, price);
    let target: Vec<f64> = observed.iter().map(|s| vector::ln(*s)).collect();
    let target_outside = vector::ln(1.0 - observed.iter().sum::<f64>());
    let mut anderson = Anderson::new(5);
    let mut best = f64::INFINITY;
    let mut evaluations = 0;
    let mut stale = 0;
    loop {
        let (share, outside) = cache.shares(demand, &mean, price);
        evaluations += 1;
        let gap: Vec<f64> = target
            .iter()
            .zip(&share)
            .map(|(t, s)| t - vector::ln(*s))
            .collect();
        let residual = gap.iter().fold(0.0, |m: f64, g| {
            if g.is_finite() {
                m.max(g.abs())
            } else {
                f64::INFINITY
            }
        });
        if residual <= TOLERANCE || evaluations >= LIMIT || (residual <= ACCEPTED && stale > 4) {
            return Inversion {
                mean,
                residual,
                evaluations,
                converged: residual <= ACCEPTED,
            };
        }
        stale = if residual < 0.9 * best { 0 } else { stale + 1 };
        best = best.min(residual);
        let step = contraction(
            demand,
            &gap,
            observed,
            &share,
            target_outside - vector::ln(outside),
        );
        let image: Vec<f64> = mean.iter().zip(&step).map(|(d, s)| d + s).collect();
        if stale > 8 {
            anderson.restart();
        }
        mean = if stale > 8 {
            image
        } else {
            anderson.next(&mean, &image)
        };
    }
}

/// One step of the mapping: exact in one step when all consumers are alike, with or without
/// nests. A zero fitted share has an infinite gap: a large finite step brings it back.
fn contraction(
    demand: &Demand,
    gap: &[f64],
    observed: &[f64],
    fitted: &[f64],
    outside_gap: f64,
) -> Vec<f64> {
    let bounded = |g: f64| g.clamp(-30.0, 30.0);
    let nest_gap = nest_gaps(demand, observed, fitted);
    (0..gap.len())
        .map(|j| {
            let rho = demand.rho_of(demand.nest[j]);
            let nested = if rho > 0.0 {
                rho * bounded(nest_gap[demand.nest[j]])
            } else {
                0.0
            };
            (1.0 - rho) * bounded(gap[j]) + nested - bounded(outside_gap)
        })
        .collect()
}

/// `ln S_h - ln s_h` of each nest (nests); empty without nests.
fn nest_gaps(demand: &Demand, observed: &[f64], fitted: &[f64]) -> Vec<f64> {
    if demand.rho == 0.0 {
        return Vec::new();
    }
    let mut sums = vec![(0.0, 0.0); demand.nests];
    for (j, h) in demand.nest.iter().enumerate() {
        sums[*h].0 += observed[j];
        sums[*h].1 += fitted[j];
    }
    sums.iter()
        .map(|(o, f)| vector::ln(*o) - vector::ln(*f))
        .collect()
}
