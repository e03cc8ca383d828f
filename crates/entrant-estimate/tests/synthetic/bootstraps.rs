//! Bootstraps against the covariance that they have to reproduce.

use entrant_data::spec::Algorithm;
use entrant_estimate::blp::{Problem, Serial, Wanted, evaluate};
use entrant_estimate::bootstrap::{
    Draws, MeanUtilities, Multipliers, mean_utilities, of_markets, parametric, resample, score,
};
use entrant_estimate::gmm::{EstimationSettings, Fit};
use entrant_estimate::simulate::{Columns, Heterogeneity};

use crate::support::{bound, distance, fitted, numbers, settings, small};

fn estimated() -> (Problem, Columns, Fit, EstimationSettings, Vec<f64>) {
    let synthetic = small(Heterogeneity::Simple, true);
    let (problem, columns) = bound(&synthetic);
    let settings = settings(&synthetic.spec, Algorithm::TrustRegion);
    let fit = fitted(&problem, &settings);
    let x = numbers(&synthetic.products, "x").to_vec();
    (problem, columns, fit, settings, x)
}

/// Values of each draw: searched, then solved.
fn rows(draws: &Draws) -> Vec<Vec<f64>> {
    let all = draws.draws.iter();
    all.map(|d| {
        let linear = d.linear.beta.iter().chain(&d.linear.gamma);
        d.values.iter().chain(linear).copied().collect()
    })
    .collect()
}

/// Largest gap of variances from `fit`'s, relative to them.
fn gap(draws: &Draws, fit: &Fit) -> f64 {
    let rows = rows(draws);
    let n = rows.len() as f64;
    let c = &fit.inference.covariance;
    let mut worst: f64 = 0.0;
    for k in 0..c.rows {
        let mean = rows.iter().map(|r| r[k]).sum::<f64>() / n;
        let variance = rows.iter().map(|r| (r[k] - mean).powi(2)).sum::<f64>() / (n - 1.0);
        worst = worst.max((variance / c.at(k, k) - 1.0).abs());
    }
    worst
}

#[test]
fn parametric_draws_have_the_covariance_of_the_estimates() {
    let (problem, _, fit, _, _) = estimated();
    let draws = parametric(&problem, &fit, 4_000, 1);
    // The relative standard error of a variance of normal draws is sqrt(2 / n) = 0.022.
    assert!(gap(&draws, &fit) < 0.1, "{}", gap(&draws, &fit));
    assert_eq!(draws.clipped, 0);
    let few = parametric(&problem, &fit, 3, 1);
    assert_eq!(few.draws[..], draws.draws[..3]);
    // Price enters utility through one coefficient here: the second searched parameter.
    let upward = draws.draws.iter().filter(|d| d.values[1] >= 0.0).count();
    assert_eq!(draws.upward, upward);
}

#[test]
fn draws_beyond_a_bound_are_moved_to_it_and_counted() {
    let (mut problem, _, fit, _, _) = estimated();
    problem.parameters.free[1].upper = fit.values[1];
    let draws = parametric(&problem, &fit, 1_000, 1);
    let at_bound = draws
        .draws
        .iter()
        .filter(|d| d.values[1].to_bits() == fit.values[1].to_bits())
        .count();
    assert_eq!(draws.clipped, at_bound);
    // Binomial with one half: standard error 16.
    assert!((430..570).contains(&at_bound), "{at_bound}");
}

#[test]
fn score_draws_have_the_sandwich_covariance() {
    let (problem, _, fit, _, _) = estimated();
    for kind in [
        Multipliers::Mammen,
        Multipliers::Rademacher,
        Multipliers::Normal,
    ] {
        let draws = score(&problem, &fit, kind, 4_000, 2);
        assert!(gap(&draws, &fit) < 0.12, "{kind:?}: {}", gap(&draws, &fit));
    }
}

#[test]
fn mean_utilities_follow_their_linear_part_or_the_shares() {
    let (problem, columns, fit, _, x) = estimated();
    let draws = parametric(&problem, &fit, 1, 3);
    let draw = &draws.draws[0];
    let fixed = mean_utilities(
        &problem,
        &columns,
        &fit,
        draw,
        MeanUtilities::ErrorsFixed,
        &Serial,
    );
    let fixed = fixed.expect("nothing is inverted");
    let by_hand: Vec<f64> = (0..problem.rows())
        .map(|r| {
            let change = draw.linear.beta[0] - fit.linear.beta[0]
                + (draw.linear.beta[1] - fit.linear.beta[1]) * x[problem.order[r]]
                + (draw.values[1] - fit.values[1]) * problem.price[r];
            fit.at.delta[r] + change
        })
        .collect();
    assert!(distance(&fixed, &by_hand) < 1e-14);
    let again = mean_utilities(
        &problem,
        &columns,
        &fit,
        draw,
        MeanUtilities::SharesFixed,
        &Serial,
    );
    let again = again.expect("shares can be inverted");
    let wanted = Wanted {
        tolerance: 1e-12,
        jacobian: false,
    };
    let direct = evaluate(&problem, &draw.values, wanted, &Serial);
    assert_eq!(again, direct.delta);
}

#[test]
fn all_markets_once_are_the_whole_and_resampled_ones_stay_near() {
    let (problem, _, fit, settings, _) = estimated();
    let whole = of_markets(&problem, &[3, 0, 4, 1, 2]);
    let shuffled = fitted(&whole, &settings);
    assert!(distance(&shuffled.values, &fit.values) < 1e-6);
    assert!(distance(&shuffled.inference.errors, &fit.inference.errors) < 1e-5);
    let draws = resample(&problem, &fit, &settings, (6, 1), &Serial, &mut |_| true);
    assert_eq!(draws.draws.len() + draws.failed, 6);
    let first = resample(&problem, &fit, &settings, (1, 1), &Serial, &mut |_| true);
    assert_eq!(first.draws.first(), draws.draws.first());
}
