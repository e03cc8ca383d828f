//! The noncentral chi-square distribution, of which the effective F needs the upper tail.

use entrant_numeric::distribution::chi_square_survival;
use entrant_numeric::root::decreasing_root;
use entrant_numeric::vector::{exp, ln};

/// Probability that a noncentral chi-square variable with `degrees` of freedom (any positive
/// number) and noncentrality `lambda` exceeds `x`: a Poisson mixture of central ones, summed from
/// the most likely term outwards.
pub fn noncentral_survival(x: f64, degrees: f64, lambda: f64) -> f64 {
    let half = 0.5 * lambda;
    let term = |j: f64| chi_square_survival(x, degrees + 2.0 * j);
    let middle = half.floor();
    let log_weight = middle * ln(half.max(f64::MIN_POSITIVE)) - half - log_factorial(middle);
    let first = exp(log_weight);
    let mut total = first * term(middle);
    let (mut weight, mut j) = (first, middle);
    while j > 0.0 && weight > 1e-18 {
        weight *= j / half;
        j -= 1.0;
        total += weight * term(j);
    }
    (weight, j) = (first, middle);
    while weight > 1e-18 {
        j += 1.0;
        weight *= half / j;
        total += weight * term(j);
    }
    total
}

/// The value that the variable of [`noncentral_survival`] exceeds with probability `1 - p`.
pub fn noncentral_quantile(p: f64, degrees: f64, lambda: f64) -> f64 {
    let mut high = degrees + lambda + 1.0;
    while noncentral_survival(high, degrees, lambda) > 1.0 - p {
        high *= 2.0;
    }
    decreasing_root(
        |x| noncentral_survival(x, degrees, lambda) - (1.0 - p),
        0.0,
        high,
    )
}

fn log_factorial(n: f64) -> f64 {
    let mut total = 0.0;
    let mut k = 2.0;
    while k <= n {
        total += ln(k);
        k += 1.0;
    }
    total
}
