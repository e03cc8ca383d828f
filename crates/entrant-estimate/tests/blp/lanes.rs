//! Small markets that are computed together.

use entrant_estimate::blp::{Evaluation, Problem, Serial, Wanted, evaluate, evaluate_from};

use crate::panels::{made, shapes};

const WANTED: Wanted = Wanted {
    tolerance: 1e-13,
    jacobian: true,
};

fn at(problem: &Problem) -> Evaluation {
    let found = evaluate(problem, &problem.parameters.starts(), WANTED, &Serial);
    assert!(found.failure.is_none(), "{:?}", found.failure);
    found
}

/// Panels that go through lanes: demand only, without nests and availability.
fn panels() -> Vec<(&'static str, Problem)> {
    let kept = shapes().into_iter().filter(|s| !s.2 && !s.3);
    let demand = |(name, json, ..): (&'static str, &str, bool, bool)| {
        let mut problem = made(6, json, false, false).problem();
        problem.supply = None;
        // Coefficients of cost go with the costs.
        let moves = |p: &entrant_estimate::blp::Parameter| p.kind.moves_mean_utility();
        problem.parameters.free.retain(moves);
        (name, problem)
    };
    kept.map(demand).collect()
}

#[test]
fn a_market_has_the_same_bits_in_any_company() {
    for (name, problem) in panels() {
        let together = at(&problem);
        let columns = problem.parameters.nonlinear();
        for m in &problem.markets {
            let mut alone = problem.clone();
            alone.markets = vec![m.clone()].into();
            alone.price.truncate(m.products());
            let lonely = at(&alone);
            let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            let rows = m.rows.start * columns..m.rows.end * columns;
            assert_eq!(
                bits(&together.delta[m.rows.clone()]),
                bits(&lonely.delta),
                "{name}"
            );
            assert_eq!(
                bits(&together.d_delta.data[rows]),
                bits(&lonely.d_delta.data),
                "{name}"
            );
        }
    }
}

/// Availability of one everywhere says nothing, but asks for the general code.
#[test]
fn lanes_and_the_general_code_agree() {
    for (name, problem) in panels() {
        let mut general = problem.clone();
        for m in &mut general.markets {
            m.consumers.log_availability = vec![0.0; m.consumers() * m.stride];
        }
        let (a, b) = (at(&problem), at(&general));
        for (x, y) in a.delta.iter().zip(&b.delta) {
            assert!((x - y).abs() <= 1e-12, "{name}: {x} {y}");
        }
        for (x, y) in a.d_delta.data.iter().zip(&b.d_delta.data) {
            assert!((x - y).abs() <= 1e-11 * (1.0 + x.abs()), "{name}: {x} {y}");
        }
    }
}

/// Where an inversion begins changes last digits only, and close to its end it is shorter.
#[test]
fn an_inversion_may_begin_elsewhere() {
    for (name, problem) in panels() {
        let plain = at(&problem);
        let begun = |by: f64| {
            let mut from = plain.delta.clone();
            from.iter_mut()
                .zip(0..)
                .for_each(|(d, r)| *d += by * f64::from(r % 3));
            evaluate_from(
                &problem,
                &problem.parameters.starts(),
                WANTED,
                &Serial,
                &from,
            )
        };
        for by in [0.0, 1e-6, 3.0, 400.0, f64::NAN] {
            let other = begun(by);
            assert!(other.failure.is_none(), "{name} {by}");
            for (x, y) in plain.delta.iter().zip(&other.delta) {
                assert!((x - y).abs() <= 1e-12, "{name} {by}: {x} {y}");
            }
            if by < 1e-3 {
                let work = |e: &Evaluation| e.counters.share_evaluations;
                // A plain logit is where it begins.
                let known = problem.parameters.nonlinear() == 0;
                assert!(known || work(&other) < work(&plain), "{name} {by}");
            }
        }
    }
}

/// What a problem remembers of its markets is forgotten when one changes.
#[test]
fn changed_markets_are_read_again() {
    for (name, mut problem) in panels() {
        let before = at(&problem);
        for m in &mut problem.markets {
            m.share[0] *= 0.9;
        }
        let (changed, fresh) = (at(&problem), at(&problem.clone()));
        let bits = |e: &Evaluation| e.delta.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert!(
            bits(&changed) == bits(&fresh) && bits(&changed) != bits(&before),
            "{name}"
        );
    }
}
