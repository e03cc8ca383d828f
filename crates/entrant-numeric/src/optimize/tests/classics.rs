//! Test functions of Moré, Garbow and Hillstrom 1981 (ACM TOMS 7, 17-41), by their numbers there.

use super::dual::{self, Dual};
use crate::optimize::{Evaluation, Reason, Settings, Solution, minimise};

/// One function.
struct Classic {
    name: &'static str,
    residuals: fn(&[Dual]) -> Vec<Dual>,
    start: &'static [f64],
    /// Sum of squares at the minimum, as printed in the paper.
    minimum: f64,
    /// Evaluations of `scipy.optimize.least_squares` (1.17.1, analytic Jacobian, `x_scale="jac"`,
    /// tolerances 1e-15, the fewest of its three methods) where residuals remain at the minimum
    /// and Gauss-Newton is slow; zero elsewhere.
    scipy: usize,
}

fn number(value: f64) -> Dual {
    Dual::from(value)
}

fn square(x: Dual) -> Dual {
    x * x
}

fn rosenbrock(x: &[Dual]) -> Vec<Dual> {
    vec![(x[1] - square(x[0])) * 10.0, -x[0] + 1.0]
}

fn freudenstein_roth(x: &[Dual]) -> Vec<Dual> {
    let y = x[1];
    vec![
        x[0] - 13.0 + ((-y + 5.0) * y - 2.0) * y,
        x[0] - 29.0 + ((y + 1.0) * y - 14.0) * y,
    ]
}

fn powell_badly_scaled(x: &[Dual]) -> Vec<Dual> {
    let tails = (-x[0]).exp() + (-x[1]).exp();
    vec![x[0] * x[1] * 1e4 - 1.0, tails - 1.0001]
}

fn brown_badly_scaled(x: &[Dual]) -> Vec<Dual> {
    vec![x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2.0]
}

fn beale(x: &[Dual]) -> Vec<Dual> {
    let cube = x[1] * x[1] * x[1];
    vec![
        -x[0] * (-x[1] + 1.0) + 1.5,
        -x[0] * (-square(x[1]) + 1.0) + 2.25,
        -x[0] * (-cube + 1.0) + 2.625,
    ]
}

fn jennrich_sampson(x: &[Dual]) -> Vec<Dual> {
    let row = |i: i32| {
        let i = f64::from(i);
        -((x[0] * i).exp() + (x[1] * i).exp()) + (2.0 + 2.0 * i)
    };
    (1..=10).map(row).collect()
}

fn bard(x: &[Dual]) -> Vec<Dual> {
    let y = [
        0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39,
    ];
    let row = |(u, y): (f64, f64)| {
        let v = 16.0 - u;
        -(x[0] + number(u) / (x[1] * v + x[2] * u.min(v))) + y
    };
    (1..=15).map(f64::from).zip(y).map(row).collect()
}

fn box_three(x: &[Dual]) -> Vec<Dual> {
    let row = |i: i32| {
        let t = 0.1 * f64::from(i);
        let weight = (-t).exp() - (-10.0 * t).exp();
        (-x[0] * t).exp() - (-x[1] * t).exp() - x[2] * weight
    };
    (1..=10).map(row).collect()
}

fn powell_singular(x: &[Dual]) -> Vec<Dual> {
    vec![
        x[0] + x[1] * 10.0,
        (x[2] - x[3]) * 5_f64.sqrt(),
        square(x[1] - x[2] * 2.0),
        square(x[0] - x[3]) * 10_f64.sqrt(),
    ]
}

fn wood(x: &[Dual]) -> Vec<Dual> {
    vec![
        (x[1] - square(x[0])) * 10.0,
        -x[0] + 1.0,
        (x[3] - square(x[2])) * 90_f64.sqrt(),
        -x[2] + 1.0,
        (x[1] + x[3] - 2.0) * 10_f64.sqrt(),
        (x[1] - x[3]) * 0.1_f64.sqrt(),
    ]
}

fn brown_dennis(x: &[Dual]) -> Vec<Dual> {
    let row = |i: i32| {
        let t = 0.2 * f64::from(i);
        square(x[0] + x[1] * t - t.exp()) + square(x[2] + x[3] * t.sin() - t.cos())
    };
    (1..=20).map(row).collect()
}

fn biggs(x: &[Dual]) -> Vec<Dual> {
    let row = |i: i32| {
        let t = 0.1 * f64::from(i);
        let y = (-t).exp() - 5.0 * (-10.0 * t).exp() + 3.0 * (-4.0 * t).exp();
        let wave = |k: usize| (-x[k] * t).exp();
        x[2] * wave(0) - x[3] * wave(1) + x[5] * wave(4) - y
    };
    (1..=13).map(row).collect()
}

fn watson(x: &[Dual]) -> Vec<Dual> {
    let row = |i: i32| {
        let t = f64::from(i) / 29.0;
        let mut power = 1.0;
        let (mut slope, mut value) = (number(0.0), x[0]);
        for (j, x) in (1_i32..).zip(&x[1..]) {
            slope = slope + *x * (f64::from(j) * power);
            power *= t;
            value = value + *x * power;
        }
        slope - square(value) - 1.0
    };
    let mut rows: Vec<Dual> = (1..=29).map(row).collect();
    rows.push(x[0]);
    rows.push(x[1] - square(x[0]) - 1.0);
    rows
}

fn chebyquad(x: &[Dual]) -> Vec<Dual> {
    let n = x.len();
    let mut sums = vec![number(0.0); n];
    for x in x {
        let step = *x * 2.0 - 1.0;
        let (mut before, mut now) = (number(1.0), step);
        for sum in &mut sums {
            *sum = *sum + now;
            (before, now) = (now, step * now * 2.0 - before);
        }
    }
    let integral = |i: usize| {
        let i = i as f64 + 1.0;
        if i % 2.0 == 0.0 {
            -1.0 / (i * i - 1.0)
        } else {
            0.0
        }
    };
    (0..n).map(|i| sums[i] / n as f64 - integral(i)).collect()
}

fn rank_one(x: &[Dual]) -> Vec<Dual> {
    let sum = (1_i32..)
        .zip(x)
        .fold(number(0.0), |s, (j, x)| s + *x * f64::from(j));
    (1..=10).map(|i| sum * f64::from(i) - 1.0).collect()
}

const CLASSICS: [Classic; 15] = [
    Classic {
        name: "1 Rosenbrock",
        residuals: rosenbrock,
        start: &[-1.2, 1.0],
        minimum: 0.0,
        scipy: 0,
    },
    Classic {
        name: "2 Freudenstein-Roth",
        residuals: freudenstein_roth,
        start: &[0.5, -2.0],
        minimum: 48.9842,
        scipy: 27,
    },
    Classic {
        name: "3 Powell badly scaled",
        residuals: powell_badly_scaled,
        start: &[0.0, 1.0],
        minimum: 0.0,
        scipy: 0,
    },
    Classic {
        name: "4 Brown badly scaled",
        residuals: brown_badly_scaled,
        start: &[1.0, 1.0],
        minimum: 0.0,
        scipy: 0,
    },
    Classic {
        name: "5 Beale",
        residuals: beale,
        start: &[1.0, 1.0],
        minimum: 0.0,
        scipy: 0,
    },
    Classic {
        name: "6 Jennrich-Sampson",
        residuals: jennrich_sampson,
        start: &[0.3, 0.4],
        minimum: 124.362,
        scipy: 30,
    },
    Classic {
        name: "8 Bard",
        residuals: bard,
        start: &[1.0, 1.0, 1.0],
        minimum: 8.21487e-3,
        scipy: 0,
    },
    Classic {
        name: "12 Box",
        residuals: box_three,
        start: &[0.0, 10.0, 20.0],
        minimum: 0.0,
        scipy: 0,
    },
    Classic {
        name: "13 Powell singular",
        residuals: powell_singular,
        start: &[3.0, -1.0, 0.0, 1.0],
        minimum: 0.0,
        scipy: 0,
    },
    Classic {
        name: "14 Wood",
        residuals: wood,
        start: &[-3.0, -1.0, -3.0, -1.0],
        minimum: 0.0,
        scipy: 0,
    },
    Classic {
        name: "16 Brown-Dennis",
        residuals: brown_dennis,
        start: &[25.0, 5.0, -5.0, -1.0],
        minimum: 85_822.2,
        scipy: 294,
    },
    Classic {
        name: "18 Biggs",
        residuals: biggs,
        start: &[1.0, 2.0, 1.0, 1.0, 1.0, 1.0],
        minimum: 0.0,
        scipy: 0,
    },
    Classic {
        name: "20 Watson",
        residuals: watson,
        start: &[0.0; 6],
        minimum: 2.28767e-3,
        scipy: 0,
    },
    Classic {
        name: "33 rank one",
        residuals: rank_one,
        start: &[1.0; 5],
        minimum: 15.0 / 7.0,
        scipy: 0,
    },
    Classic {
        name: "35 Chebyquad",
        residuals: chebyquad,
        start: &[
            1.0 / 9.0,
            2.0 / 9.0,
            3.0 / 9.0,
            4.0 / 9.0,
            5.0 / 9.0,
            6.0 / 9.0,
            7.0 / 9.0,
            8.0 / 9.0,
        ],
        minimum: 3.51687e-3,
        scipy: 60,
    },
];

fn evaluate(classic: &Classic, x: &[f64]) -> Evaluation {
    dual::evaluation(&(classic.residuals)(&dual::unknowns(x)), x.len())
}

fn free(n: usize) -> (Vec<f64>, Vec<f64>) {
    (vec![f64::NEG_INFINITY; n], vec![f64::INFINITY; n])
}

fn named(name: &str) -> &'static Classic {
    let found = CLASSICS.iter().find(|c| c.name.ends_with(name));
    found.expect("one of the functions")
}

fn settings() -> Settings {
    Settings {
        factor: 1.0,
        ..Settings::default()
    }
}

/// Solves with unknown `k` measured in a unit `units[k]` times smaller.
fn solve(classic: &Classic, units: &[f64], settings: Settings) -> Solution {
    let n = classic.start.len();
    let start: Vec<f64> = classic
        .start
        .iter()
        .zip(units)
        .map(|(x, u)| x * u)
        .collect();
    let (lower, upper) = free(n);
    let mut found = minimise(&start, &lower, &upper, settings, |x| {
        let x: Vec<f64> = x.iter().zip(units).map(|(x, u)| x / u).collect();
        let mut found = evaluate(classic, &x);
        let entries = found.jacobian.iter_mut().enumerate();
        entries.for_each(|(k, j)| *j /= units[k % n]);
        Some(found)
    })
    .expect("a sound problem");
    found.x.iter_mut().zip(units).for_each(|(x, u)| *x /= u);
    found
}

#[test]
fn published_minima_are_found() {
    for classic in &CLASSICS {
        let found = solve(classic, &vec![1.0; classic.start.len()], settings());
        assert_eq!(found.reason, Reason::Gradient, "{}", classic.name);
        // Six printed digits; zero means zero.
        let miss = (found.objective - classic.minimum).abs();
        assert!(
            miss <= 2e-6 * classic.minimum + 1e-11,
            "{}: {miss:e}",
            classic.name
        );
    }
}

#[test]
fn the_second_order_part_pays_where_residuals_remain() {
    for classic in CLASSICS.iter().filter(|c| c.scipy > 0) {
        let found = solve(classic, &vec![1.0; classic.start.len()], settings());
        let bound = 2 * classic.scipy / 3;
        assert!(
            found.evaluations <= bound,
            "{}: {}",
            classic.name,
            found.evaluations
        );
    }
}

#[test]
fn units_do_not_matter() {
    // Powers of two change no rounding: the very same search, up to where a squared column
    // leaves the numbers.
    let exact = Settings {
        gradient_tolerance: 0.0,
        evaluations: 300,
        ..settings()
    };
    for classic in &CLASSICS {
        let n = classic.start.len();
        let units: Vec<f64> = (0_i32..)
            .map(|k| 2_f64.powi(9 * (k % 5) - 14))
            .take(n)
            .collect();
        let (one, other) = (
            solve(classic, &vec![1.0; n], exact),
            solve(classic, &units, exact),
        );
        assert_eq!(
            (&one.x, one.evaluations),
            (&other.x, other.evaluations),
            "{}",
            classic.name
        );
    }
}

#[test]
fn bounded_minima_as_scipy() {
    // `least_squares(method="dogbox")` of SciPy 1.17.1 with tolerances 1e-15.
    type Case = (
        &'static str,
        &'static [f64],
        &'static [f64],
        f64,
        &'static [f64],
    );
    let cases: [Case; 5] = [
        (
            "Bard",
            &[0.1, -9.0, -9.0],
            &[9.0, 9.0, 2.0],
            0.009_582_284_721_153_243,
            &[0.1, 1.519_450_625_86, 1.981_873_516_57],
        ),
        (
            "Brown-Dennis",
            &[-10.0, -99.0, -99.0, -99.0],
            &[99.0, 99.0, 99.0, 0.2],
            88_860.479_767_500_45,
            &[-10.0, 12.677_818_289, -0.485_527_966, 0.2],
        ),
        (
            "Jennrich-Sampson",
            &[-9.0, -9.0],
            &[0.2, 9.0],
            133.825_406_991_032_1,
            &[0.2, 0.293_710_318_46],
        ),
        (
            "Wood",
            &[-5.0; 4],
            &[0.8, 5.0, 5.0, 5.0],
            0.116_966_804_887_225_88,
            &[0.8, 0.642_089_801_248, 1.158_995_027_418, 1.344_031_604_294],
        ),
        (
            "Box",
            &[0.0, 5.0, 0.0],
            &[2.0, 9.5, 20.0],
            0.000_114_348_180_264_144_4,
            &[1.037_944_131_8, 9.5, 0.972_227_585_9],
        ),
    ];
    for (name, lower, upper, objective, x) in cases {
        let classic = named(name);
        let inside = |x: &[f64]| (0..x.len()).all(|i| lower[i] <= x[i] && x[i] <= upper[i]);
        let tight = Settings {
            gradient_tolerance: 1e-11,
            ..settings()
        };
        let found = minimise(classic.start, lower, upper, tight, |x| {
            assert!(inside(x), "{name}: {x:?}");
            Some(evaluate(classic, x))
        })
        .expect("a sound problem");
        assert!(
            found.reason == Reason::Gradient || found.gradient_norm() < 1e-6,
            "{name} {found:?}"
        );
        assert!(
            (found.objective / objective - 1.0).abs() < 1e-12,
            "{name} {found:?}"
        );
        let at_bound = |v: f64, i: usize| [lower[i], upper[i]].contains(&v);
        for i in 0..x.len() {
            assert!((found.x[i] - x[i]).abs() < 1e-7, "{name} {:?}", found.x);
            assert_eq!(
                at_bound(found.x[i], i),
                at_bound(x[i], i),
                "{name} {:?}",
                found.x
            );
        }
    }
}

#[test]
fn equal_bounds_fix_an_unknown() {
    let classic = named("Rosenbrock");
    let (lower, upper) = ([f64::NEG_INFINITY, 0.5], [f64::INFINITY, 0.5]);
    let found = minimise(classic.start, &lower, &upper, settings(), |x| {
        Some(evaluate(classic, x))
    })
    .expect("a sound problem");
    // 100 (1/2 - x^2)^2 + (1 - x)^2 is least where 200 x^3 - 99 x - 1 = 0.
    let x = found.x[0];
    assert!((200.0 * x * x * x - 99.0 * x - 1.0).abs() < 1e-8);
    assert!(found.x[1..] == [0.5] && found.projected_gradient[1..] == [0.0]);
    assert!(found.reason == Reason::Gradient);
    let all = minimise(&[2.0, 3.0], &[0.5; 2], &[0.5; 2], settings(), |x| {
        Some(evaluate(classic, x))
    })
    .expect("a sound problem");
    assert!(all.x == [0.5; 2] && all.evaluations == 1 && all.reason == Reason::Gradient);
}
