//! How much of an output's variance one input explains, from the draws at hand.

use crate::linalg;

/// First-order share of the variance of `y` explained by a scalar input `x` (Sobol' 1993):
/// `Var(E[y|x]) / Var(y)`, by the correlation ratio over equal-count bins, corrected for the
/// number of bins (Kelley 1935), and zero within three standard errors of nothing. `NaN` pairs are
/// left out.
pub fn explained_by_scalar(x: &[f64], y: &[f64]) -> f64 {
    let mut pairs: Vec<(f64, f64)> = x
        .iter()
        .zip(y)
        .map(|(x, y)| (*x, *y))
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (n, bins) = (pairs.len(), bin_count(pairs.len()));
    if n < 2 * bins {
        return f64::NAN;
    }
    let mean = pairs.iter().map(|p| p.1).sum::<f64>() / n as f64;
    let total: f64 = pairs.iter().map(|p| (p.1 - mean).powi(2)).sum();
    if total <= 0.0 {
        return 0.0;
    }
    let within: f64 = (0..bins)
        .map(|b| scatter(&pairs[b * n / bins..(b + 1) * n / bins]))
        .sum();
    beyond_noise(
        1.0 - within / total * (n - 1) as f64 / (n - bins) as f64,
        bins - 1,
        n,
    )
}

/// Zero within three standard errors of what `degrees` useless columns explain in `n` draws.
fn beyond_noise(explained: f64, degrees: usize, n: usize) -> f64 {
    let standard_error = (2.0 * degrees as f64).sqrt() / n as f64;
    if explained > 3.0 * standard_error {
        explained
    } else {
        0.0
    }
}

fn bin_count(n: usize) -> usize {
    (n / 40).clamp(4, 25)
}

fn scatter(pairs: &[(f64, f64)]) -> f64 {
    let mean = pairs.iter().map(|p| p.1).sum::<f64>() / pairs.len() as f64;
    pairs.iter().map(|p| (p.1 - mean).powi(2)).sum()
}

/// Share of the variance of `y` explained by several numbers together (an input that is a
/// vector): adjusted R-squared of a linear regression, zero within three standard errors of
/// nothing.
///
/// `x` is row-major (draws x columns).
pub fn explained_by_vector(x: &[f64], columns: usize, y: &[f64]) -> f64 {
    let rows: Vec<usize> = (0..y.len())
        .filter(|r| {
            y[*r].is_finite()
                && x[r * columns..(r + 1) * columns]
                    .iter()
                    .all(|v| v.is_finite())
        })
        .collect();
    let n = rows.len();
    if n <= columns + 2 {
        return f64::NAN;
    }
    let mean = rows.iter().map(|r| y[*r]).sum::<f64>() / n as f64;
    let centred: Vec<f64> = rows.iter().map(|r| y[*r] - mean).collect();
    let total: f64 = centred.iter().map(|v| v * v).sum();
    if total <= 0.0 {
        return 0.0;
    }
    let design = standardised(x, columns, &rows);
    // The tiny ridge only guards against columns that sum to a constant.
    let Some(fit) = linalg::ridge(&design, &centred, &vec![1e-9 * n as f64; columns]) else {
        return f64::NAN;
    };
    let residual: f64 = fit.residuals.iter().map(|v| v * v).sum();
    beyond_noise(
        1.0 - residual / total * (n - 1) as f64 / (n - columns - 1) as f64,
        columns,
        n,
    )
}

fn standardised(x: &[f64], columns: usize, rows: &[usize]) -> Vec<f64> {
    let mut design = vec![0.0; rows.len() * columns];
    for c in 0..columns {
        let mean = rows.iter().map(|r| x[r * columns + c]).sum::<f64>() / rows.len() as f64;
        let spread = (rows
            .iter()
            .map(|r| (x[r * columns + c] - mean).powi(2))
            .sum::<f64>()
            / rows.len() as f64)
            .sqrt();
        for (i, r) in rows.iter().enumerate() {
            design[i * columns + c] = if spread > 0.0 {
                (x[r * columns + c] - mean) / spread
            } else {
                0.0
            };
        }
    }
    design
}

/// Sign of the linear relation between `x` and `y`: 1, -1, or 0 when there is none.
pub fn direction(x: &[f64], y: &[f64]) -> i8 {
    let pairs: Vec<(f64, f64)> = x
        .iter()
        .zip(y)
        .map(|(x, y)| (*x, *y))
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .collect();
    let n = pairs.len() as f64;
    let (mx, my) = (
        pairs.iter().map(|p| p.0).sum::<f64>() / n,
        pairs.iter().map(|p| p.1).sum::<f64>() / n,
    );
    let covariance: f64 = pairs.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
    i8::from(covariance > 0.0) - i8::from(covariance < 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn ishigami_indices_match_the_closed_form() {
        // Ishigami and Homma 1990 with a = 7, b = 0.1: S1 = 0.3139, S2 = 0.4424, S3 = 0.
        let pi = std::f64::consts::PI;
        let n = 20_000;
        let column = |name: &str| -> Vec<f64> {
            (0..n)
                .map(|d| (Stream::new(3, name, d).uniform() * 2.0 - 1.0) * pi)
                .collect()
        };
        let (a, b, c) = (column("a"), column("b"), column("c"));
        let y: Vec<f64> = (0..a.len())
            .map(|i| a[i].sin() + 7.0 * b[i].sin().powi(2) + 0.1 * c[i].powi(4) * a[i].sin())
            .collect();
        for (x, truth) in [(&a, 0.3139), (&b, 0.4424), (&c, 0.0)] {
            let share = explained_by_scalar(x, &y);
            // 25 bins lose at most a few thousandths of a sine; sampling error is about 0.006.
            assert!((share - truth).abs() < 0.02, "share {share}, truth {truth}");
        }
    }

    #[test]
    fn vector_input_and_direction() {
        let n = 2_000;
        let u: Vec<f64> = (0..n).map(|d| Stream::new(5, "u", d).normal()).collect();
        let v: Vec<f64> = (0..n).map(|d| Stream::new(5, "v", d).normal()).collect();
        let e: Vec<f64> = (0..n).map(|d| Stream::new(5, "e", d).normal()).collect();
        let y: Vec<f64> = (0..u.len()).map(|i| u[i] - v[i] + e[i]).collect();
        let x: Vec<f64> = (0..u.len()).flat_map(|i| [u[i], v[i]]).collect();
        assert!((explained_by_vector(&x, 2, &y) - 2.0 / 3.0).abs() < 0.04);
        assert_eq!((direction(&u, &y), direction(&v, &y)), (1, -1));
    }
}
