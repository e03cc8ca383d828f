//! Quasi-Newton searches against `SciPy` 1.17.1.

use crate::optimize::{
    DIFFERENCE_STEP, Method, Mistake, QuasiNewtonSettings, QuasiNewtonSolution, Reason, Value,
    hessian_by_differences, minimise_by_gradient, minimise_scaled,
};

fn search(
    function: fn(&[f64]) -> Value,
    start: &[f64],
    bounds: (&[f64], &[f64]),
    settings: QuasiNewtonSettings,
) -> QuasiNewtonSolution {
    let evaluate = |x: &[f64]| Some(function(x));
    minimise_by_gradient(start, bounds.0, bounds.1, settings, evaluate, |_| true)
        .expect("a sound problem")
}

fn free(n: usize) -> (Vec<f64>, Vec<f64>) {
    (vec![f64::NEG_INFINITY; n], vec![f64::INFINITY; n])
}

/// The driver problem of the L-BFGS-B distribution (Zhu, Byrd, Lu and Nocedal 1997).
fn driver(x: &[f64]) -> Value {
    let n = x.len();
    let miss: Vec<f64> = (1..n).map(|i| x[i] - x[i - 1] * x[i - 1]).collect();
    let squares: f64 = miss.iter().map(|t| t * t).sum();
    let mut gradient = vec![0.0; n];
    gradient[0] = 2.0 * (x[0] - 1.0) - 16.0 * x[0] * miss[0];
    for i in 1..n - 1 {
        gradient[i] = 8.0 * miss[i - 1] - 16.0 * x[i] * miss[i];
    }
    gradient[n - 1] = 8.0 * miss[n - 2];
    Value {
        objective: (x[0] - 1.0).powi(2) + 4.0 * squares,
        gradient,
    }
}

fn driver_bounds() -> (Vec<f64>, Vec<f64>) {
    let lower = |i: usize| if i.is_multiple_of(2) { 1.0 } else { -100.0 };
    ((0..25).map(lower).collect(), vec![100.0; 25])
}

fn rosenbrock(x: &[f64]) -> Value {
    let t = x[1] - x[0] * x[0];
    Value {
        objective: 100.0 * t * t + (1.0 - x[0]).powi(2),
        gradient: vec![-400.0 * x[0] * t - 2.0 * (1.0 - x[0]), 200.0 * t],
    }
}

fn wood(x: &[f64]) -> Value {
    let [a, b, c, d] = [x[0], x[1], x[2], x[3]];
    let (s, t, u, v) = (b - a * a, d - c * c, b + d - 2.0, b - d);
    Value {
        objective: 100.0 * s * s
            + (1.0 - a).powi(2)
            + 90.0 * t * t
            + (1.0 - c).powi(2)
            + 10.0 * u * u
            + 0.1 * v * v,
        gradient: vec![
            -400.0 * a * s - 2.0 * (1.0 - a),
            200.0 * s + 20.0 * u + 0.2 * v,
            -360.0 * c * t - 2.0 * (1.0 - c),
            180.0 * t + 20.0 * u - 0.2 * v,
        ],
    }
}

// Evaluation counts and values of the next three tests are those of
// `scipy.optimize.minimize(method="L-BFGS-B")`, SciPy 1.17.1, with the same settings.

#[test]
fn the_driver_problem_takes_scipys_evaluations() {
    let (lower, upper) = driver_bounds();
    let usual = QuasiNewtonSettings::default();
    let coarse = QuasiNewtonSettings {
        gradient_tolerance: 1e-5,
        ..usual
    };
    let original = QuasiNewtonSettings {
        objective_tolerance: 1e7 * f64::EPSILON,
        memory: 5,
        ..coarse
    };
    let cases = [
        (original, 28, 1.083_490_083_452_832_7e-9, Reason::Objective),
        (coarse, 31, 1.297_353_823_802_27e-11, Reason::Gradient),
        (usual, 43, 5.851_279_411_948_866e-15, Reason::Gradient),
    ];
    for (settings, evaluations, objective, reason) in cases {
        let found = search(driver, &[3.0; 25], (&lower, &upper), settings);
        assert_eq!((found.evaluations, found.reason), (evaluations, reason));
        assert!((found.objective / objective - 1.0).abs() < 1e-6);
    }
}

#[test]
fn a_bound_that_binds() {
    let settings = QuasiNewtonSettings::default();
    let bounds: (&[f64], &[f64]) = (&[-2.0, -2.0], &[0.5, 2.0]);
    let found = search(rosenbrock, &[-1.2, 1.0], bounds, settings);
    assert_eq!((found.evaluations, found.reason), (30, Reason::Gradient));
    assert!(found.x[..1] == [0.5] && (found.x[1] - 0.25).abs() < 1e-10);
    assert!(found.gradient[0] < -0.9 && found.projected_gradient[0] == 0.0);

    let bounds: (&[f64], &[f64]) = (&[-5.0; 4], &[0.8, 5.0, 5.0, 5.0]);
    let found = search(wood, &[-3.0, -1.0, -3.0, -1.0], bounds, settings);
    let scipy = [0.8, 0.642_089_8, 1.158_995_03, 1.344_031_6];
    let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-7;
    assert!(found.x.iter().zip(&scipy).all(close), "{:?}", found.x);
    assert!((found.objective - 0.116_966_804_887_225_86).abs() < 1e-14);
}

#[test]
fn without_bounds_as_scipy_and_bfgs_finds_the_same() {
    type Case = (fn(&[f64]) -> Value, &'static [f64]);
    let (lower, upper) = free(2);
    let settings = QuasiNewtonSettings::default();
    let found = search(rosenbrock, &[-1.2, 1.0], (&lower, &upper), settings);
    assert_eq!((found.evaluations, found.reason), (46, Reason::Gradient));
    let full = QuasiNewtonSettings {
        method: Method::Full,
        ..settings
    };
    let starts: [Case; 2] = [
        (rosenbrock, &[-1.2, 1.0]),
        (wood, &[-3.0, -1.0, -3.0, -1.0]),
    ];
    for (function, start) in starts {
        let (lower, upper) = free(start.len());
        let found = search(function, start, (&lower, &upper), full);
        assert_eq!(found.reason, Reason::Gradient);
        assert!(found.x.iter().all(|x| (x - 1.0).abs() < 1e-8));
        assert_eq!(found, search(function, start, (&lower, &upper), full));
    }
}

#[test]
fn a_point_without_a_value_turns_the_search_back() {
    let (lower, upper) = free(2);
    for method in [Method::LimitedMemory, Method::Full] {
        let inside = |x: &[f64]| x[0] < 1.05 && x[1] < 1.3 && x[1] > -0.3;
        let mut failed = 0;
        let settings = QuasiNewtonSettings {
            method,
            ..QuasiNewtonSettings::default()
        };
        let found = minimise_by_gradient(
            &[-1.2, 1.0],
            &lower,
            &upper,
            settings,
            |x| inside(x).then(|| rosenbrock(x)),
            |progress| {
                failed += usize::from(progress.objective.is_none());
                true
            },
        )
        .expect("a sound problem");
        assert!(failed > 0 && found.reason == Reason::Gradient);
        assert!((found.x[0] - 1.0).abs() < 1e-8);
    }
}

#[test]
fn a_search_ends_when_asked_and_refuses_nonsense() {
    let settings = QuasiNewtonSettings::default();
    let run = |settings, keep: usize, derivatives: usize, upper: f64| {
        minimise_by_gradient(
            &[-1.2, 1.0],
            &[f64::NEG_INFINITY; 2],
            &[upper; 2],
            settings,
            |x| {
                let mut value = rosenbrock(x);
                value.gradient.truncate(derivatives);
                Some(value)
            },
            |progress| progress.evaluations < keep,
        )
    };
    let stopped = run(settings, 7, 2, 10.0).expect("a sound problem");
    assert_eq!(
        (stopped.evaluations, stopped.reason),
        (7, Reason::Interrupted)
    );
    assert!(stopped.objective < 24.0);
    let short = QuasiNewtonSettings {
        evaluations: 5,
        ..settings
    };
    let limited = run(short, 100, 2, 10.0).expect("a sound problem");
    assert_eq!(
        (limited.evaluations, limited.reason),
        (5, Reason::EvaluationLimit)
    );
    let shape = run(settings, 100, 1, 10.0);
    assert!(matches!(shape, Err(Mistake::Shape { derivatives: 1, .. })));
    let full = QuasiNewtonSettings {
        method: Method::Full,
        ..settings
    };
    assert_eq!(run(full, 100, 2, 10.0), Err(Mistake::Bounded { index: 0 }));
    let nowhere = minimise_by_gradient(&[0.0], &[0.0], &[1.0], settings, |_| None, |_| true);
    assert_eq!(
        nowhere.expect("a sound problem").reason,
        Reason::StartFailed
    );
}

#[test]
fn hessian_by_differences_of_the_gradient() {
    // Of the Rosenbrock function: 1200 x^2 - 400 y + 2, -400 x, 200.
    let gradient = |x: &[f64]| Some(rosenbrock(x).gradient);
    let infinite = [f64::INFINITY; 2];
    let exact = [1200.0 * 0.81 - 200.0 + 2.0, -360.0, -360.0, 200.0];
    let cases = [
        ([f64::NEG_INFINITY; 2], infinite, 1e-6, 1e-5),
        // One-sided at a bound: an error of the order of the step, not of its square.
        ([0.9, 0.5], infinite, 1e-6, 2e-3),
        ([f64::NEG_INFINITY; 2], [0.9, 0.5], 1e-6, 2e-3),
        ([f64::NEG_INFINITY; 2], infinite, DIFFERENCE_STEP, 1e-3),
    ];
    for (lower, upper, step, tolerance) in cases {
        let found = hessian_by_differences(gradient, &[0.9, 0.5], &lower, &upper, step);
        let found = found.expect("a sound problem").expect("values");
        let close = |(a, b): (&f64, &f64)| (a - b).abs() < tolerance;
        assert!(found.iter().zip(&exact).all(close), "{found:?}");
        assert!(found[1..2] == found[2..3]);
    }
    let fixed = hessian_by_differences(gradient, &[0.9, 0.5], &[0.9, 0.0], &[0.9, 1.0], 1e-6);
    let fixed = fixed.expect("a sound problem").expect("values");
    assert!(fixed[..3] == [0.0; 3] && (fixed[3] - 200.0).abs() < 1e-5);
    let fails = |x: &[f64]| (x[0] < 0.9).then(|| vec![0.0; 2]);
    let nowhere = hessian_by_differences(fails, &[0.9, 0.5], &[0.0; 2], &[1.0; 2], 1e-6);
    assert_eq!(nowhere, Ok(None));
}

/// Wood's function with parameters in units a million apart is the same search as without units,
/// and ends where no slope in the caller's units is above the tolerance.
#[test]
fn units_do_not_matter_once_they_are_told() {
    let units = [1e3, 1.0, 1e-3, 10.0];
    let stretched = |x: &[f64]| {
        let y: Vec<f64> = x.iter().zip(units).map(|(x, u)| x / u).collect();
        let value = wood(&y);
        let gradient = value.gradient.iter().zip(units).map(|(g, u)| g / u);
        Some(Value {
            objective: value.objective,
            gradient: gradient.collect(),
        })
    };
    let start: Vec<f64> = [-3.0, -1.0, -3.0, -1.0]
        .iter()
        .zip(units)
        .map(|(x, u)| x * u)
        .collect();
    let (lower, upper) = free(4);
    let settings = QuasiNewtonSettings {
        gradient_tolerance: 1e-6,
        ..QuasiNewtonSettings::default()
    };
    let box_of = (&lower[..], &upper[..]);
    let found = minimise_scaled(&start, box_of, &units, settings, stretched, |_| true)
        .expect("a sound problem");
    let plain = search(wood, &[-3.0, -1.0, -3.0, -1.0], (&lower, &upper), settings);
    assert_eq!(found.reason, Reason::Gradient);
    let largest = |v: &[f64]| v.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
    assert!(largest(&found.projected_gradient) <= 1e-6 && found.gradient[2].abs() <= 1e-6);
    for (x, (u, y)) in found.x.iter().zip(units.iter().zip(&plain.x)) {
        assert!((x / u - y).abs() <= 1e-6, "{x} {y}");
    }
    let lower = [
        f64::NEG_INFINITY,
        f64::NEG_INFINITY,
        2e-3,
        f64::NEG_INFINITY,
    ];
    let held = minimise_scaled(
        &start,
        (&lower, &upper),
        &units,
        settings,
        stretched,
        |_| true,
    )
    .expect("a sound problem");
    assert!(held.reason == Reason::Gradient && held.x[2].to_bits() == 2e-3_f64.to_bits());
}
