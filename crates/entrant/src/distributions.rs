//! Distributions of inputs: centre, draws, words.

use entrant_data::Distribution;
use entrant_numeric::random::{Stream, normal_quantile};
use entrant_numeric::vector::exp;

/// The central value of a distribution: its median (the mean of a table of draws).
pub(crate) fn centre(d: &Distribution) -> f64 {
    match d {
        Distribution::Known(v) => *v,
        Distribution::Normal { mean, .. } => *mean,
        Distribution::Uniform { low, high } => f64::midpoint(*low, *high),
        Distribution::Triangular { low, mode, high } => {
            triangular_quantile(*low, *mode, *high, 0.5)
        }
        Distribution::Lognormal { median, .. } => *median,
        Distribution::Table { values, .. } => values.iter().sum::<f64>() / values.len() as f64,
        Distribution::Input(_) => f64::NAN,
    }
}

pub(crate) fn one_draw(d: &Distribution, stream: &mut Stream, draw: usize) -> f64 {
    let u = stream.uniform();
    match d {
        Distribution::Known(v) => *v,
        Distribution::Normal { mean, sd } => mean + sd * normal_quantile(u),
        Distribution::Uniform { low, high } => low + (high - low) * u,
        Distribution::Triangular { low, mode, high } => triangular_quantile(*low, *mode, *high, u),
        Distribution::Lognormal { median, sigma } => median * exp(sigma * normal_quantile(u)),
        Distribution::Table { values, .. } if values.is_empty() => f64::NAN,
        Distribution::Table { values, .. } => values[draw % values.len()],
        Distribution::Input(_) => f64::NAN,
    }
}

/// Quantile of the triangular distribution.
fn triangular_quantile(low: f64, mode: f64, high: f64, u: f64) -> f64 {
    let width = high - low;
    if width <= 0.0 {
        return low;
    }
    if u < (mode - low) / width {
        low + (u * width * (mode - low)).sqrt()
    } else {
        high - ((1.0 - u) * width * (high - mode)).sqrt()
    }
}

pub(crate) fn describe(d: &Distribution) -> String {
    match d {
        Distribution::Known(_) => "known".into(),
        Distribution::Normal { mean, sd } => format!("normal {} (sd {})", short(*mean), short(*sd)),
        Distribution::Uniform { low, high } => {
            format!("uniform {} to {}", short(*low), short(*high))
        }
        Distribution::Triangular { low, mode, high } => {
            format!(
                "triangular {}, {}, {}",
                short(*low),
                short(*mode),
                short(*high)
            )
        }
        Distribution::Lognormal { median, sigma } => format!(
            "lognormal, median {} (sigma {})",
            short(*median),
            short(*sigma)
        ),
        Distribution::Table { file, column, .. } => format!("draws from {file}, column {column}"),
        Distribution::Input(name) => format!("as {name}"),
    }
}

/// A number in at most six significant digits.
pub(crate) fn short(v: f64) -> String {
    if v != 0.0 && (v.abs() >= 1e7 || v.abs() < 1e-4) {
        format!("{v:e}")
    } else {
        format!("{}", (v * 1e6).round() / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triangular_quantiles_invert_the_distribution_function() {
        let (low, mode, high): (f64, f64, f64) = (1.0, 2.0, 5.0);
        let cdf = |x: f64| {
            if x < mode {
                (x - low).powi(2) / (4.0 * 1.0)
            } else {
                1.0 - (high - x).powi(2) / (4.0 * 3.0)
            }
        };
        for u in [0.01, 0.2, 0.25, 0.5, 0.99] {
            assert!((cdf(triangular_quantile(low, mode, high, u)) - u).abs() < 1e-14);
        }
    }
}
