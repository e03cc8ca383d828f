//! Small markets that are computed together.

use entrant_estimate::blp::{Evaluation, Problem, Serial, Wanted, evaluate};

use crate::panels::{made, shapes};

fn at(problem: &Problem) -> Evaluation {
    let wanted = Wanted {
        tolerance: 1e-13,
        jacobian: true,
    };
    let found = evaluate(problem, &problem.parameters.starts(), wanted, &Serial);
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
