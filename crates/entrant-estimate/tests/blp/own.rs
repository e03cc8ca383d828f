//! Mean utilities that a caller finds on the contraction, against the engine's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use entrant_estimate::blp::{
    Contraction, Evaluation, Failure, Inverse, Invert, OwnInversion, Problem, Serial, Wanted,
    evaluate, evaluate_with,
};

use crate::derivatives::difference;
use crate::panels::{made, shapes};

const WANTED: Wanted = Wanted {
    tolerance: 1e-13,
    jacobian: true,
};
const ANY: (f64, f64) = (0.0, f64::INFINITY);

/// Plain iteration until mean utilities stand still; nothing in the market `without`.
#[derive(Debug)]
struct Plain {
    problem: Arc<Problem>,
    without: Option<usize>,
    asked: AtomicUsize,
}

impl Invert for Plain {
    fn mean_utilities(&self, t: usize, values: &[f64]) -> Inverse {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let mut map = Contraction::new(Arc::clone(&self.problem), t, values);
        let mut delta = map.start();
        for _ in 0..20_000 {
            let next = map.step(&delta, ANY);
            let pairs = next.iter().zip(&delta);
            let moves = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            delta = next;
            if moves < 2e-15 {
                break;
            }
        }
        Inverse {
            delta: Some(delta).filter(|_| self.without != Some(t)),
            evaluations: map.evaluations(),
        }
    }
}

fn plainly(problem: &Problem, without: Option<usize>) -> (Evaluation, usize) {
    let plain = Arc::new(Plain {
        problem: Arc::new(problem.clone()),
        without,
        asked: AtomicUsize::new(0),
    });
    let own = OwnInversion(Arc::clone(&plain) as Arc<dyn Invert>);
    let values = problem.parameters.starts();
    let found = evaluate_with(problem, &values, WANTED, &Serial, &own);
    (found, plain.asked.load(Ordering::Relaxed))
}

fn largest(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let size = b.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
    let pairs = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    pairs.fold(0.0, f64::max) / size
}

#[test]
fn a_callers_iteration_gives_what_the_engine_gives() {
    for (name, json, nests, availability) in shapes() {
        let problem = made(3, json, nests, availability).problem();
        let engine = evaluate(&problem, &problem.parameters.starts(), WANTED, &Serial);
        let (found, asked) = plainly(&problem, None);
        assert!(found.failure.is_none(), "{name}: {:?}", found.failure);
        assert!(found.residual < 1e-12, "{name}: {}", found.residual);
        assert!(largest(&found.delta, &engine.delta) < 1e-11, "{name}");
        assert!(
            largest(&found.d_delta.data, &engine.d_delta.data) < 1e-9,
            "{name}"
        );
        assert!(largest(&found.cost, &engine.cost) < 1e-10, "{name}");
        assert!(
            largest(&found.d_cost.data, &engine.d_cost.data) < 1e-9,
            "{name}"
        );
        let expected = problem.markets.len();
        assert_eq!(asked, expected, "{name}");
        let by_market = found.evaluations.iter().sum::<usize>();
        assert_eq!(by_market, found.counters.share_evaluations, "{name}");
        assert_eq!(engine.evaluations.len(), expected, "{name}");
        let by_market = engine.evaluations.iter().sum::<usize>();
        assert_eq!(by_market, engine.counters.share_evaluations, "{name}");
        let evaluations = found.counters.share_evaluations;
        assert!(evaluations >= 2 * expected, "{name}: {evaluations}");
    }
}

#[test]
fn a_market_without_mean_utilities_has_failed() {
    let (_, json, nests, availability) = shapes()[0];
    let problem = made(3, json, nests, availability).problem();
    let (found, _) = plainly(&problem, Some(1));
    assert_eq!(found.failure, Some((1, Failure::Inversion)));
}

#[test]
fn the_step_has_the_derivatives_that_differences_say() {
    for (name, json, nests, availability) in shapes() {
        let problem = Arc::new(made(3, json, nests, availability).problem());
        let mut map = Contraction::new(Arc::clone(&problem), 0, &problem.parameters.starts());
        let start = map.start();
        map.step(&start, ANY);
        let jacobian = map.jacobian();
        for k in 0..map.products() {
            let moved = |by: f64| {
                let mut delta = start.clone();
                delta[k] += by;
                map.step(&delta, ANY)
            };
            let numeric = difference(moved, 1e-3);
            for (j, n) in numeric.iter().enumerate() {
                let analytic = jacobian.at(j, k);
                assert!(
                    (analytic - n).abs() < 1e-9,
                    "{name} {j} {k}: {analytic} {n}"
                );
            }
        }
    }
}

#[test]
fn shares_of_the_model_are_moved_into_their_bounds() {
    let (_, json, nests, availability) = shapes()[0];
    let problem = Arc::new(made(3, json, nests, availability).problem());
    let mut map = Contraction::new(Arc::clone(&problem), 0, &problem.parameters.starts());
    let tiny = vec![-800.0; map.products()];
    assert!(map.step(&tiny, ANY).iter().all(|d| d.is_infinite()));
    let bounded = map.step(&tiny, (1e-300, f64::INFINITY));
    for (d, s) in bounded.iter().zip(&problem.markets[0].share) {
        assert!((d - (s.ln() - 1e-300_f64.ln() - 800.0)).abs() < 1e-9);
    }
}
