//! Maximisation of one firm's profit over its own prices.

use entrant_numeric::linalg;

use super::PriceProblem;
use super::alone::Alone;
use super::curvature::foc_jacobian;

const SWEEPS: usize = 8;
const CLIMB_LIMIT: usize = 40;

/// Moves one margin after the other to the best point of `grid`, until no single product gains;
/// finds peaks at which products cater to different consumers.
pub fn sweep(alone: &Alone<'_>, start: Vec<f64>, grid: &[f64]) -> (f64, Vec<f64>) {
    let mut margin = start;
    let mut best = alone.profit(&margin);
    for _ in 0..SWEEPS {
        let before = best;
        for a in 0..margin.len() {
            for (value, m) in alone.along(a, &margin, grid).into_iter().zip(grid) {
                if value > best {
                    (best, margin[a]) = (value, *m);
                }
            }
        }
        if best <= before {
            break;
        }
    }
    (best, margin)
}

/// `points` margins from the smaller to the larger end of `range` in equal ratios.
pub fn geometric(range: (f64, f64), points: usize) -> Vec<f64> {
    let low = range.0.max(1e-9 * range.1.abs()).max(f64::MIN_POSITIVE);
    let ratio = range.1.max(low) / low;
    (0..points)
        .map(|k| low * ratio.powf(k as f64 / (points - 1) as f64))
        .collect()
}

/// Newton's ascent with a shifted Hessian and halved steps, to a local maximum of the profit.
pub fn climb(problem: &PriceProblem<'_>, f: usize, start: &[f64], own: &[usize]) -> Vec<f64> {
    let mut price = start.to_vec();
    let mut value = problem.objective(f, &price);
    for _ in 0..CLIMB_LIMIT {
        let Some(step) = ascent_step(problem, &price, own) else {
            break;
        };
        let Some((next, better)) = improve(problem, f, &price, &step, value) else {
            break;
        };
        (price, value) = (next, better);
    }
    price
}

/// `-(H - shift)^-1 g` with curvatures scaled to one and a shift that makes `H` negative definite.
fn ascent_step(problem: &PriceProblem<'_>, price: &[f64], own: &[usize]) -> Option<Vec<f64>> {
    let n = own.len();
    let (gradient, mut hessian) = foc_jacobian(problem, price, own);
    let scale: Vec<f64> = (0..n)
        .map(|a| 1.0 / hessian[a * n + a].abs().max(f64::MIN_POSITIVE).sqrt())
        .collect();
    for a in 0..n {
        for b in 0..n {
            hessian[a * n + b] *= scale[a] * scale[b];
        }
    }
    let top = linalg::largest_eigenvalue(&hessian, n);
    let shift = if top < -0.01 { 0.0 } else { top + 0.1 };
    (0..n).for_each(|a| hessian[a * n + a] -= shift);
    let right: Vec<f64> = (0..n).map(|a| -gradient[a] * scale[a]).collect();
    let solution = linalg::solve(&hessian, &right)?;
    let mut step = vec![0.0; price.len()];
    (0..n).for_each(|a| step[own[a]] = solution[a] * scale[a]);
    Some(step)
}

fn improve(
    problem: &PriceProblem<'_>,
    f: usize,
    price: &[f64],
    step: &[f64],
    value: f64,
) -> Option<(Vec<f64>, f64)> {
    let mut scale = 1.0;
    for _ in 0..20 {
        let next: Vec<f64> = price.iter().zip(step).map(|(p, s)| p + scale * s).collect();
        let better = problem.objective(f, &next);
        if better > value {
            return Some((next, better));
        }
        scale *= 0.5;
    }
    None
}
