//! Scores of forecasts that are drawn, against what came true.

/// Continuous ranked probability score of equally likely draws (Gneiting and Raftery 2007,
/// equation 20): `E|X - y| - E|X - X'| / 2`, in the units of the draws, lower is better.
///
/// Draws that are not finite are left out; `NaN` without any.
pub fn crps(draws: &[f64], truth: f64) -> f64 {
    let mut x: Vec<f64> = draws.iter().copied().filter(|v| v.is_finite()).collect();
    x.sort_by(f64::total_cmp);
    let n = x.len() as f64;
    let miss = x.iter().map(|v| (v - truth).abs()).sum::<f64>() / n;
    let spread: f64 = x
        .iter()
        .enumerate()
        .map(|(i, v)| (2.0 * i as f64 + 1.0 - n) * v)
        .sum::<f64>()
        / (n * n);
    miss - spread
}

#[cfg(test)]
mod tests {
    use super::crps;
    use crate::distribution::normal_cdf;
    use crate::random::{Stream, normal_quantile};

    #[test]
    fn it_is_its_definition() {
        let x: [f64; 4] = [1.0, 2.5, 4.0, -1.0];
        let truth = 1.7;
        let pairs: f64 = x
            .iter()
            .flat_map(|a| x.iter().map(move |b| (a - b).abs()))
            .sum::<f64>()
            / 16.0;
        let direct = x.iter().map(|v| (v - truth).abs()).sum::<f64>() / 4.0 - pairs / 2.0;
        assert!((crps(&x, truth) - direct).abs() < 1e-14);
        assert!((crps(&[2.0], 5.0) - 3.0).abs() < 1e-15);
        assert!(crps(&[f64::NAN], 0.0).is_nan());
    }

    /// `CRPS(N(0, 1), z) = z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)` (Gneiting and Raftery 2007,
    /// equation 21). The draws are quantiles, so that the only error is that of the rule: it is of
    /// order one over their number.
    #[test]
    fn of_a_normal_forecast_it_is_the_closed_form() {
        let n = 20_000;
        let (mean, spread) = (0.7, 1.9);
        let draws: Vec<f64> = (0..n)
            .map(|i| mean + spread * normal_quantile((f64::from(i) + 0.5) / f64::from(n)))
            .collect();
        for truth in [-4.0, 0.0, 0.7, 2.2, 9.0] {
            let z = (truth - mean) / spread;
            let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
            let exact = spread
                * (z * (2.0 * normal_cdf(z) - 1.0) + 2.0 * density
                    - 1.0 / std::f64::consts::PI.sqrt());
            assert!((crps(&draws, truth) - exact).abs() < 1e-4, "{truth}");
        }
    }

    /// The forecast that is the truth's own distribution has the least expected score.
    #[test]
    fn it_is_proper() {
        let quantiles = |mean: f64, spread: f64| -> Vec<f64> {
            (0..400)
                .map(|i| mean + spread * normal_quantile((f64::from(i) + 0.5) / 400.0))
                .collect()
        };
        let forecasts = [
            quantiles(0.0, 1.0),
            quantiles(0.4, 1.0),
            quantiles(0.0, 0.5),
            quantiles(0.0, 2.0),
        ];
        let mut stream = Stream::new(7, "truths", 0);
        let truths: Vec<f64> = (0..4000).map(|_| stream.normal()).collect();
        let score = |f: &Vec<f64>| truths.iter().map(|y| crps(f, *y)).sum::<f64>();
        let own = score(&forecasts[0]);
        assert!(forecasts[1..].iter().all(|f| score(f) > 1.02 * own));
    }
}
