//! The state machine: storing, failing points, stopping, mistakes.

use crate::optimize::{
    Evaluation, LeastSquares, Mistake, Reason, Settings, Solution, Step, minimise,
};

/// Rosenbrock's function, without a value where `x` is beyond `limit`.
fn rosenbrock(x: &[f64], limit: f64) -> Option<Evaluation> {
    (x[0] <= limit).then(|| Evaluation {
        residual: vec![10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]],
        jacobian: vec![-20.0 * x[0], 10.0, -1.0, 0.0],
    })
}

const LOWER: [f64; 2] = [f64::NEG_INFINITY, -5.0];
const UPPER: [f64; 2] = [f64::INFINITY, 5.0];

fn start() -> LeastSquares {
    LeastSquares::new(&[-1.2, 1.0], &LOWER, &UPPER, Settings::default()).expect("a sound problem")
}

#[test]
fn a_stored_search_goes_on_as_if_it_had_never_stopped() {
    let (mut one, mut other) = (start(), start());
    let mut steps = 0;
    loop {
        // Stored and read back before every evaluation.
        let text = serde_json::to_string(&other).expect("numbers are strings");
        other = serde_json::from_str(&text).expect("what was written");
        assert_eq!(one, other);
        let bits = |s: &LeastSquares| s.next().iter().map(|v| v.to_bits()).collect::<Vec<u64>>();
        assert_eq!(bits(&one), bits(&other));
        let next = one.tell(rosenbrock(one.next(), 1.01));
        assert_eq!(next, other.tell(rosenbrock(other.next(), 1.01)));
        steps += 1;
        if let Step::Done(reason) = next.expect("the right shape") {
            assert_eq!(reason, Reason::Gradient);
            break;
        }
    }
    let found = one.solution();
    assert_eq!((found.evaluations, found.x.len()), (steps, 2));
    assert!((found.x[0] - 1.0).abs() < 1e-8 && (found.x[1] - 1.0).abs() < 1e-8);
    // A search that has ended stays where it is.
    assert_eq!(one.tell(None), Ok(Step::Done(Reason::Gradient)));
    assert_eq!(one.solution(), found);
}

#[test]
fn numbers_that_json_lacks_come_back_by_their_bits() {
    let text = serde_json::to_string(&start()).expect("numbers are strings");
    assert!(
        text.contains("7ff0000000000000") && text.contains("fff0000000000000"),
        "{text}"
    );
    for (from, to) in [
        ("4014000000000000", "40140000"),
        ("4014000000000000", ""),
        ("4014", "zz14"),
    ] {
        let broken = text.replace(from, to);
        assert!(
            serde_json::from_str::<LeastSquares>(&broken).is_err(),
            "{from} {to}"
        );
    }
}

#[test]
fn a_point_without_a_value_shortens_the_step() {
    // The minimum lies on the edge of where there are values.
    let mut failures = 0;
    let found = minimise(&[-1.2, 1.0], &LOWER, &UPPER, Settings::default(), |x| {
        let found = rosenbrock(x, 1.0 + 1e-9);
        failures += usize::from(found.is_none());
        found
    })
    .expect("a sound problem");
    assert!((found.x[0] - 1.0).abs() < 1e-7, "{found:?}");
    let infinite = minimise(&[0.0], &[0.0], &[9.0], Settings::default(), |x| {
        let value = if x[0] > 2.0 {
            f64::INFINITY
        } else {
            x[0] - 2.0
        };
        Some(Evaluation {
            residual: vec![value],
            jacobian: vec![1.0],
        })
    })
    .expect("a sound problem");
    assert!(infinite.reason == Reason::Gradient && (infinite.x[0] - 2.0).abs() < 1e-8);
    let nowhere = minimise(&[1.0], &[0.0], &[9.0], Settings::default(), |_| None);
    let nowhere = nowhere.expect("a sound problem");
    assert!(nowhere.reason == Reason::StartFailed && nowhere.objective.is_infinite());
    assert!(nowhere.x == [1.0] && nowhere.evaluations == 1);
}

#[test]
fn every_way_to_stop() {
    let run = |settings: Settings, wrong: f64| {
        minimise(&[-1.2, 1.0], &LOWER, &UPPER, settings, |x| {
            let mut found = rosenbrock(x, 9.0)?;
            found.jacobian.iter_mut().for_each(|j| *j *= wrong);
            // A third residual that no step removes.
            found.residual.push(3.0);
            found.jacobian.extend([0.0, 0.0]);
            Some(found)
        })
        .expect("a sound problem")
    };
    let never = Settings {
        gradient_tolerance: 0.0,
        ..Settings::default()
    };
    let step = Settings {
        step_tolerance: 0.1,
        ..never
    };
    let objective = Settings {
        objective_tolerance: 0.05,
        ..never
    };
    let short = Settings {
        evaluations: 4,
        ..never
    };
    assert_eq!(run(step, 1.0).reason, Reason::Step);
    assert_eq!(run(objective, 1.0).reason, Reason::Objective);
    assert_eq!(
        (run(short, 1.0).reason, run(short, 1.0).evaluations),
        (Reason::EvaluationLimit, 4)
    );
    let uphill = run(never, -1.0);
    assert_eq!((uphill.reason, uphill.accepted), (Reason::NoProgress, 0));
    // The objective and its gradient are those of the caller's scale.
    let doubled = Settings {
        factor: 1.0,
        ..short
    };
    let (half, whole) = (run(short, 1.0), run(doubled, 1.0));
    let size = |s: &Solution| [s.objective, s.gradient_norm()];
    assert!(size(&half).map(|v| 2.0 * v)[..] == size(&whole)[..]);
}

#[test]
fn mistakes_are_named() {
    let new = |x: &[f64], l: &[f64], u: &[f64]| LeastSquares::new(x, l, u, Settings::default());
    assert!(matches!(
        new(&[0.0], &[], &[1.0]),
        Err(Mistake::Lengths { lower: 0, .. })
    ));
    assert!(matches!(
        new(&[0.0, 1.0], &[0.0, 2.0], &[1.0, 1.0]),
        Err(Mistake::Box { index: 1, .. })
    ));
    assert!(matches!(
        new(&[f64::NAN], &[0.0], &[1.0]),
        Err(Mistake::Box { index: 0, .. })
    ));
    assert!(matches!(
        new(&[0.0], &[f64::NAN], &[1.0]),
        Err(Mistake::Box { .. })
    ));
    let mut search = start();
    let before = search.clone();
    let shape = search.tell(Some(Evaluation {
        residual: vec![0.0; 2],
        jacobian: vec![0.0; 3],
    }));
    assert_eq!(
        shape,
        Err(Mistake::Shape {
            residuals: 2,
            derivatives: 3,
            expected: 4
        })
    );
    assert_eq!(search, before);
    // Nothing to choose, nothing to fit: the end at once.
    let nothing = minimise(&[], &[], &[], Settings::default(), |_| {
        Some(Evaluation {
            residual: vec![1.0],
            jacobian: Vec::new(),
        })
    });
    assert_eq!(nothing.expect("a sound problem").reason, Reason::Gradient);
}
