//! Spreads of tastes at zero.

use entrant_estimate::blp::{Serial, Wanted, evaluate};
use entrant_estimate::inference::{Edge, TestStatus, curvature, spread_starts, zero_spread};

use super::support::{Design, fit, problem, settings};

/// `-K` is the derivative of mean utility with respect to the variance: central differences of
/// the inversion, whose quadrature rule has exact moments.
#[test]
fn curvature_is_the_derivative_of_mean_utility_at_zero() {
    let p = problem(&Design {
        random: true,
        ..Design::default()
    });
    let wanted = Wanted {
        tolerance: 1e-13,
        jacobian: false,
    };
    let at = |sigma: f64| evaluate(&p, &[sigma], wanted, &Serial).delta;
    let h = 0.005;
    let (zero, one, two) = (at(0.0), at(h), at(2.0 * h));
    for (i, k) in curvature(&p, 0).iter().enumerate() {
        // The inversion is even in sigma: two steps remove the fourth-order term.
        let near = (one[i] - zero[i]) / (h * h);
        let far = (two[i] - zero[i]) / (4.0 * h * h);
        let slope = (4.0 * near - far) / 3.0;
        assert!((slope + k).abs() < 1e-6, "row {i}: {slope} {k}");
    }
}

/// Without any spread the one-sided test rejects about 5 times in 100.
#[test]
fn the_score_test_has_its_size_and_the_interval_starts_at_zero() {
    let (mut rejected, sets) = (0, 100_u64);
    for k in 0..sets {
        let design = Design {
            random: true,
            seed: 500 + k,
            markets: 60,
            ..Design::default()
        };
        let (p, s) = (problem(&design), settings(&design));
        let mut quick = s.clone();
        quick.algorithm = entrant_data::spec::Algorithm::Return;
        let f = fit(&p, &quick);
        let z = zero_spread(&p, &f, &s, &Serial, 0).expect("a test");
        rejected += usize::from(z.score.status == TestStatus::Rejected);
        if let Edge::At(u) = z.upper {
            assert!(u > 0.0 && u < 20.0, "{u}");
        }
        assert!(z.error > 0.0);
    }
    // Three standard errors of a binomial share.
    assert!(rejected <= 11, "{rejected} of {sets}");
}

/// The regression's variance is within its errors of zero, the truth.
#[test]
fn starting_values_are_near_the_truth() {
    let design = Design {
        random: true,
        markets: 200,
        ..Design::default()
    };
    let p = problem(&design);
    let starts = spread_starts(&p, &settings(&design)).expect("starting values");
    assert_eq!(starts.coefficients, [0]);
    assert!(
        starts.variance[0].abs() < 3.0 * starts.error[0],
        "{starts:?}"
    );
    assert!((starts.price[0] + 1.0).abs() < 0.2, "{starts:?}");
    assert!(starts.sigma()[0] > 0.0);
}
