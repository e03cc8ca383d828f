//! Values of decisions that can wait, against closed forms and trees worked by hand.

use entrant_numeric::random::{Stream, normal_quantile};
use entrant_scenario::timing::{Act, Step, value};

/// Distribution function and density of the standard normal, by the trapezoid rule from -12.
fn normal(x: f64) -> (f64, f64) {
    let density = |z: f64| (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let steps = 200_000;
    let width = (x + 12.0) / f64::from(steps);
    let inner: f64 = (1..steps)
        .map(|i| density(-12.0 + f64::from(i) * width))
        .sum();
    (
        width * (inner + f64::midpoint(density(-12.0), density(x))),
        density(x),
    )
}

/// `E max(0, X)` of a normal with mean `m` and standard deviation `s`.
fn call(m: f64, s: f64) -> f64 {
    let (below, density) = normal(m / s);
    m * below + s * density
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

/// Evenly spread quantiles in a random order: a sample whose mean and variance are as good as
/// those of the distribution.
fn standard(name: &str, draws: u32) -> Vec<f64> {
    let order = Stream::new(3, name, 0).permutation(draws as usize);
    let at = |i: usize| normal_quantile((i as f64 + 0.5) / f64::from(draws));
    order.into_iter().map(at).collect()
}

fn one(go: Vec<f64>, known: Vec<Vec<f64>>) -> Step {
    Step {
        stay: vec![0.0; go.len()],
        go,
        known,
        open: true,
    }
}

const DRAWS: u32 = 20_000;

/// Who sees the worth of an entry before deciding has `E max(0, X)`: learning everything is worth
/// all that knowing everything is.
#[test]
fn a_perfect_signal_is_worth_perfect_information() {
    for (m, s) in [(0.4, 1.0), (-0.7, 1.3), (0.0, 2.0)] {
        let x: Vec<f64> = standard("x", DRAWS).iter().map(|z| m + s * z).collect();
        let found = value(&[one(x.clone(), vec![x.clone()])]);
        // The closed form, to the error of 20,000 quantiles.
        assert!(
            (mean(&found.flexible) - call(m, s)).abs() < 2e-4 * s,
            "{m} {s}"
        );
        // A handful of draws within rounding of zero may be decided otherwise.
        assert!((mean(&found.flexible) - mean(&found.perfect)).abs() < 1e-6);
        let positive = x.iter().filter(|v| **v > 0.0).count();
        let goes = found.acts[0]
            .iter()
            .filter(|a| **a == Some(Act::Go))
            .count();
        assert!(positive.abs_diff(goes) <= 2);
    }
}

/// A signal with noise: the posterior mean has standard deviation `s^2 / sqrt(s^2 + noise^2)`.
#[test]
fn a_noisy_signal_is_worth_what_the_posterior_mean_is() {
    let (m, s) = (-0.3, 1.0);
    let x: Vec<f64> = standard("x", DRAWS).iter().map(|z| m + s * z).collect();
    let error = standard("noise", DRAWS);
    let mut before = f64::INFINITY;
    for noise in [0.25, 0.5, 1.0, 2.0] {
        let signal = x.iter().zip(&error).map(|(x, e)| x + noise * e).collect();
        let found = value(&[one(x.clone(), vec![signal])]);
        let exact = call(m, s * s / (s * s + noise * noise).sqrt());
        // Of the order of the sampling error of a covariance over 20,000 draws.
        assert!((mean(&found.flexible) - exact).abs() < 0.012, "{noise}");
        assert!(mean(&found.flexible) < before.min(mean(&found.perfect)));
        before = mean(&found.flexible);
    }
}

/// Nothing known is worth nothing: the plan made now, exactly.
#[test]
fn without_a_signal_there_is_no_option() {
    for m in [0.2, -0.2] {
        let x: Vec<f64> = standard("x", 1_000).iter().map(|z| m + z).collect();
        let found = value(&[one(x.clone(), Vec::new())]);
        assert_eq!(found.flexible, found.planned);
        assert!((mean(&found.planned) - mean(&x).max(0.0)).abs() < 1e-15);
        assert_eq!(found.committed, x);
    }
}

/// A signal that has nothing to do with the worth adds nothing on draws that it was not fitted on,
/// where hindsight would find something.
#[test]
fn a_useless_signal_is_worth_nothing() {
    let draws = 2_000;
    let x: Vec<f64> = standard("x", draws).iter().map(|z| 0.01 + z).collect();
    let signals: Vec<Vec<f64>> = (0..4).map(|k| standard(&format!("s{k}"), draws)).collect();
    let found = value(&[one(x, signals)]);
    let gain: Vec<f64> = found
        .flexible
        .iter()
        .zip(&found.planned)
        .map(|(a, b)| a - b)
        .collect();
    let error = (gain.iter().map(|g| g * g).sum::<f64>()).sqrt() / f64::from(draws);
    assert!(mean(&gain) < 2.5 * error, "{} {error}", mean(&gain));
}

/// A tree by hand: a first step that loses 1 and tells which of two worlds it is. In the good one
/// the second step earns 5, in the bad one it loses 4 and staying earns 0.5.
#[test]
fn a_tree_of_two_steps() {
    let good = |d: usize| d.is_multiple_of(3);
    let of =
        |a: f64, b: f64| -> Vec<f64> { (0..300).map(|d| if good(d) { a } else { b }).collect() };
    let signal = of(1.0, 0.0);
    let first = Step {
        go: vec![-1.0; 300],
        stay: vec![0.0; 300],
        known: Vec::new(),
        open: false,
    };
    let second = Step {
        go: of(5.0, -4.0),
        stay: of(0.25, 0.5),
        known: vec![signal],
        open: true,
    };
    let found = value(&[first, second]);
    // Followed to the end: -1 + 5/3 - 8/3; decided now: the second step is worth -1, staying
    // (0.25 + 2 x 0.5) / 3; decided later: 5/3 + 1/3; known before: the bad world is stayed out of.
    assert!((mean(&found.committed) + 2.0).abs() < 1e-12);
    assert!((mean(&found.planned) - (1.25 / 3.0 - 1.0)).abs() < 1e-12);
    assert!((mean(&found.flexible) - 1.0).abs() < 1e-12);
    assert!((mean(&found.perfect) - 4.0 / 3.0).abs() < 1e-12);
    for (d, act) in found.acts[1].iter().enumerate() {
        assert_eq!(*act, Some(if good(d) { Act::Go } else { Act::Stay }));
    }
}

/// What is worth nothing whatever is known is left, and nothing comes behind it.
#[test]
fn who_leaves_does_not_come_back() {
    let bad = Step {
        go: vec![-1.0; 40],
        stay: vec![-0.5; 40],
        known: vec![(0..40).map(f64::from).collect()],
        open: true,
    };
    let later = Step {
        go: vec![0.75; 40],
        ..bad.clone()
    };
    let found = value(&[bad, later]);
    assert!(found.flexible.iter().all(|v| *v == 0.0));
    assert!(found.acts[0].iter().all(|a| *a == Some(Act::Leave)));
    assert!(found.acts[1].iter().all(Option::is_none));
    assert!((mean(&found.committed) + 0.25).abs() < 1e-15);
}
