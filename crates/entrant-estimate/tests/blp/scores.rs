//! Scores of observations: means of values move as they covary with scores.

use std::sync::Arc;

use entrant_estimate::blp::{Problem, Serial};
use entrant_estimate::micro::{
    Asked, Combination, Dataset, Known, Moment, Observed, Part, Table, scores,
};
use entrant_numeric::dense::Matrix;

use crate::micro::{at, surveys};
use crate::panels::{CONSUMERS, PRODUCTS, made, shapes};

/// Every consumer of every market that a survey went to, as one observation.
fn everybody(problem: &Problem, survey: &Dataset) -> Vec<Asked> {
    let went = |t: &usize| survey.weights[*t].is_some();
    let asked = |market: usize| Asked {
        market,
        consumers: market,
        count: CONSUMERS,
        of: (0..CONSUMERS).collect(),
        cell: None,
    };
    (0..problem.markets.len()).filter(went).map(asked).collect()
}

fn found(problem: &Problem, survey: &Dataset, asked: &[Asked]) -> Vec<Matrix> {
    let values = problem.parameters.starts();
    let here = at(problem, &values, false);
    let known = Known {
        problem,
        values: &values,
        delta: &here.delta,
    };
    let observed = Observed {
        problem,
        survey,
        asked,
    };
    scores(known, survey, observed, &Serial).expect("sound surveys")
}

/// Means of scores, and of scores times the values of each part of a survey: the former vanish, the latter
/// are how means of values move (`d E[v] = E[v d ln P]`).
#[test]
fn means_of_values_move_as_they_covary_with_scores() {
    for (name, json, nests, availability) in shapes() {
        let problem = made(4, json, nests, availability).problem();
        if problem.markets[0].consumers() != CONSUMERS || problem.parameters.nonlinear() == 0 {
            continue;
        }
        let problem = surveys(problem, true, !nests);
        let values = problem.parameters.starts();
        let jacobian = moving(&problem);
        let micro = problem.micro.clone().expect("surveys");
        for (d, survey) in micro.datasets.iter().enumerate() {
            let asked = everybody(&problem, survey);
            let all = found(&problem, survey, &asked);
            for q in 0..problem.parameters.nonlinear() {
                let own = micro
                    .parts
                    .iter()
                    .enumerate()
                    .filter(|(_, p)| p.dataset == d);
                let mut parts = vec![part(d, "score", tables(&problem, &asked, &all, q, None))];
                let mut want = vec![0.0];
                for (p, of) in own {
                    parts.push(part(
                        d,
                        "product",
                        tables(&problem, &asked, &all, q, Some(of)),
                    ));
                    want.push(jacobian.at(p, q));
                }
                let moments = (0..parts.len()).map(mean).collect();
                let with = bare(&problem).with_micro(micro.datasets.clone(), parts, moments, None);
                let have = at(&with.expect("sound"), &values, false).micro.parts;
                for (a, b) in have.iter().zip(&want) {
                    let parameter = &problem.parameters.free[q].name;
                    assert!(
                        (a - b).abs() < 1e-12,
                        "{name}, {} by {parameter}: {a} {b}",
                        survey.name
                    );
                }
            }
        }
    }
}

#[test]
fn a_choice_has_the_score_of_its_cell_and_draws_are_weighed() {
    let plain = |(_, json, nests, availability): &(_, &str, bool, bool)| {
        let problem = made(4, json, *nests, *availability).problem();
        let fits =
            problem.markets[0].consumers() == CONSUMERS && problem.parameters.nonlinear() > 0;
        (fits && !nests).then_some(problem)
    };
    let problem = shapes().iter().find_map(plain).expect("a shape");
    let problem = surveys(problem, true, true);
    let survey = &problem.micro.clone().expect("surveys").datasets[1];
    let asked = everybody(&problem, survey);
    let all = found(&problem, survey, &asked);
    let cells = (PRODUCTS + 1) * (PRODUCTS + 1);
    let pair = |j: usize| j * (PRODUCTS + 1) + (j + 3) % PRODUCTS;
    let chosen: Vec<usize> = (0..CONSUMERS).map(|i| pair(i * 5 % PRODUCTS)).collect();
    let some: Vec<Asked> = (asked.iter())
        .map(|a| Asked {
            cell: Some(chosen.clone()),
            ..a.clone()
        })
        .collect();
    for (one, every) in found(&problem, survey, &some).iter().zip(&all) {
        assert_eq!(one.rows, CONSUMERS);
        for i in 0..CONSUMERS {
            assert_eq!(one.row(i), every.row(i * cells + chosen[i]));
        }
    }
    // An observation that is integrated over all consumers says what its mean probability does.
    let together: Vec<Asked> = (asked.iter())
        .map(|a| Asked {
            count: 1,
            of: vec![0; CONSUMERS],
            ..a.clone()
        })
        .collect();
    let (pooled, alone) = (found(&problem, survey, &together), &all);
    for (pooled, alone) in pooled.iter().zip(alone) {
        let [low, high] = [f64::min, f64::max].map(|pick| {
            let of = |i: usize| alone.at(i * cells + 3, 0);
            (1..CONSUMERS).map(of).fold(of(0), pick)
        });
        assert!(low < pooled.at(3, 0) && pooled.at(3, 0) < high);
    }
}

/// How means of values move (parts x parameters).
fn moving(problem: &Problem) -> Matrix {
    let micro = problem.micro.as_ref().expect("surveys");
    let moments = (0..micro.parts.len()).map(mean).collect();
    let with = bare(problem).with_micro(micro.datasets.clone(), micro.parts.clone(), moments, None);
    let problem = with.expect("sound surveys");
    let found = at(&problem, &problem.parameters.starts(), true);
    found.micro.jacobian.scaled(-1.0)
}

fn bare(problem: &Problem) -> Problem {
    Problem {
        micro: None,
        ..problem.clone()
    }
}

fn mean(part: usize) -> Moment {
    Moment {
        name: format!("mean {part}"),
        value: 0.0,
        parts: vec![part],
        combination: Combination::Part,
    }
}

fn part(dataset: usize, name: &str, values: Vec<Option<Arc<Table>>>) -> Part {
    Part {
        name: name.into(),
        dataset,
        values,
    }
}

/// Scores by one parameter as values of a part, times those of another part; nothing where there is no
/// score.
fn tables(
    problem: &Problem,
    asked: &[Asked],
    all: &[Matrix],
    q: usize,
    by: Option<&Part>,
) -> Vec<Option<Arc<Table>>> {
    let mut out = vec![None; problem.markets.len()];
    for (a, found) in asked.iter().zip(all) {
        let cells = found.rows / CONSUMERS;
        let value = |r: usize| {
            let score = found.at(r, q);
            let times = by.and_then(|p| p.values[a.market].as_ref());
            let times = times.map_or(1.0, |t| t.at(r / cells, r % cells));
            if score.is_nan() { 0.0 } else { score * times }
        };
        let values = (0..found.rows).map(value).collect();
        out[a.market] = Some(Arc::new(Table::new(CONSUMERS, values)));
    }
    out
}
