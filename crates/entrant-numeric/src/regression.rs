//! Ordinary least squares with errors that hold whatever the variances are.

use crate::linalg::{LeastSquares, ridge};

/// A least-squares regression.
#[derive(Debug, Clone, PartialEq)]
pub struct Regression {
    /// Coefficients (columns).
    pub coefficients: Vec<f64>,
    /// Heteroskedasticity-robust covariance of the coefficients, row-major (columns x columns),
    /// with the factor `n / (n - k)` (White 1980; HC1).
    pub covariance: Vec<f64>,
    /// Part of the variance around the mean that is explained; the first column must be constant.
    pub r_squared: f64,
    /// By how much each coefficient's variance is inflated because its column moves with the others,
    /// `1 / (1 - R_k^2)`; 1 for the constant (columns).
    pub inflation: Vec<f64>,
    /// Rows less columns.
    pub degrees: usize,
}

/// Regresses `y` on a row-major `x` (rows x columns) whose first column is one.
///
/// Columns are scaled to a length of one before the normal matrix is factored, so that units do
/// not matter. `None` where columns repeat one another, are zero, or are not fewer than rows.
pub fn regress(x: &[f64], y: &[f64], columns: usize) -> Option<Regression> {
    let rows = y.len();
    if rows <= columns || columns == 0 || x.iter().chain(y).any(|v| !v.is_finite()) {
        return None;
    }
    let length = |k: usize| column(x, columns, k).map(|v| v * v).sum::<f64>().sqrt();
    let lengths: Vec<f64> = (0..columns).map(length).collect();
    let spread = |k: usize| {
        let mean = column(x, columns, k).sum::<f64>() / rows as f64;
        column(x, columns, k)
            .map(|v| (v - mean).powi(2))
            .sum::<f64>()
    };
    let scaled: Vec<f64> = x
        .iter()
        .enumerate()
        .map(|(e, v)| v / lengths[e % columns])
        .collect();
    if scaled.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let fit = ridge(&scaled, y, &vec![0.0; columns])?;
    let inverse = |k: usize| fit.covariance[k * columns + k];
    // The inverse of a diagonal of the inverse is what the others leave of a column's square.
    if (0..columns).any(|k| inverse(k).is_nan() || inverse(k) >= 1e12) {
        return None;
    }
    let inflation = |k: usize| {
        if k == 0 {
            1.0
        } else {
            inverse(k) * spread(k) / lengths[k].powi(2)
        }
    };
    let robust = sandwich(&scaled, &fit, columns);
    let mean = y.iter().sum::<f64>() / rows as f64;
    let total: f64 = y.iter().map(|v| (v - mean).powi(2)).sum();
    let left: f64 = fit.residuals.iter().map(|r| r * r).sum();
    Some(Regression {
        coefficients: fit
            .coefficients
            .iter()
            .zip(&lengths)
            .map(|(b, l)| b / l)
            .collect(),
        covariance: robust
            .iter()
            .enumerate()
            .map(|(e, v)| v / (lengths[e / columns] * lengths[e % columns]))
            .collect(),
        r_squared: 1.0 - left / total,
        inflation: (0..columns).map(inflation).collect(),
        degrees: rows - columns,
    })
}

fn column(x: &[f64], columns: usize, k: usize) -> impl Iterator<Item = f64> + '_ {
    x.iter().skip(k).step_by(columns).copied()
}

/// `n / (n - k) (X'X)^-1 X' diag(e^2) X (X'X)^-1`.
fn sandwich(x: &[f64], fit: &LeastSquares, columns: usize) -> Vec<f64> {
    let rows = fit.residuals.len();
    let mut meat = vec![0.0; columns * columns];
    for (row, e) in x.chunks_exact(columns).zip(&fit.residuals) {
        // Scores of one row, already times the inverse of the normal matrix.
        let score: Vec<f64> = (0..columns)
            .map(|k| {
                (0..columns)
                    .map(|l| fit.covariance[k * columns + l] * row[l])
                    .sum::<f64>()
                    * e
            })
            .collect();
        for (m, (a, b)) in meat
            .iter_mut()
            .zip(score.iter().flat_map(|a| score.iter().map(move |b| (a, b))))
        {
            *m += a * b;
        }
    }
    let factor = rows as f64 / (rows - columns) as f64;
    meat.iter().map(|m| m * factor).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: [f64; 24] = [
        1.0, 2.0, 0.0, 1.0, 3.5, 1.0, 1.0, 1.0, 0.0, 1.0, 6.0, 1.0, 1.0, 4.0, 0.0, 1.0, 5.5, 1.0,
        1.0, 2.5, 1.0, 1.0, 7.0, 0.0,
    ];
    const Y: [f64; 8] = [3.1, 4.9, 1.7, 9.2, 5.1, 8.3, 4.0, 8.8];

    const COEFFICIENTS: [f64; 3] = [
        0.244_164_882_226_981,
        1.265_952_890_792_292,
        0.817_291_220_556_744,
    ];
    const ERRORS: [f64; 3] = [
        0.292_762_834_696_492,
        0.074_322_207_204_847,
        0.328_399_382_990_911,
    ];
    const COVARIANCE: f64 = -0.017_942_718_742_732_743;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-11 * b.abs().max(1e-2), "{a} {b}");
    }

    /// Numbers of statsmodels 0.15.0, `OLS(y, x).fit(cov_type="HC1")`, and of numpy for the
    /// inflation (an auxiliary regression).
    #[test]
    fn as_statsmodels_has_it() {
        let fit = regress(&X, &Y, 3).expect("full rank");
        for (found, expected) in fit.coefficients.iter().zip(COEFFICIENTS) {
            near(*found, expected);
        }
        for (k, expected) in ERRORS.iter().enumerate() {
            near(fit.covariance[4 * k].sqrt(), *expected);
        }
        near(fit.covariance[1], COVARIANCE);
        near(fit.r_squared, 0.980_981_816_474_398_2);
        near(fit.inflation[1], 1.052_462_526_766_595_2);
        near(fit.inflation[2], 1.052_462_526_766_595_2);
        assert_eq!((fit.inflation[0], fit.degrees), (1.0, 5));
    }

    #[test]
    fn units_do_not_matter_and_repeats_are_refused() {
        let fit = regress(&X, &Y, 3).expect("full rank");
        let stretched: Vec<f64> = X.chunks(3).flat_map(|r| [r[0], r[1] * 1e9, r[2]]).collect();
        let same = regress(&stretched, &Y, 3).expect("full rank");
        near(same.coefficients[1] * 1e9, fit.coefficients[1]);
        near(same.covariance[4] * 1e18, fit.covariance[4]);
        near(same.inflation[1], fit.inflation[1]);
        let repeated: Vec<f64> = X
            .chunks(3)
            .flat_map(|r| [r[0], r[1], 3.0 * r[1] - 2.0])
            .collect();
        assert!(regress(&repeated, &Y, 3).is_none());
        assert!(regress(&X[..9], &Y[..3], 3).is_none());
    }
}
