//! Micro moments against sums over choices that are made again for every product that is gone, and
//! their derivatives against differences.

use std::sync::Arc;

use entrant_data::spec::{Algorithm, ErrorStructure, GmmMethod};
use entrant_estimate::blp::{Evaluation, Problem, Serial, Wanted, evaluate};
use entrant_estimate::gmm::{self, EstimationSettings, Fit, GivenWeighting, Linear};
use entrant_estimate::micro::{Combination, Combine, Custom, Dataset, Moment, Part, Table, spread};
use entrant_estimate::post::PanelEconomy;
use entrant_numeric::dense::Matrix;
use entrant_numeric::random::Stream;

use crate::derivatives::{Quiet, difference};
use crate::panels::{CONSUMERS, PRODUCTS, made, shapes};

const CHOICES: usize = PRODUCTS + 1;

/// `x^2 / (1 + y^2)`.
#[derive(Debug)]
struct Curve;

impl Combine for Curve {
    fn at(&self, v: &[f64]) -> (f64, Vec<f64>) {
        let below = 1.0 + v[1] * v[1];
        let value = v[0] * v[0] / below;
        (value, vec![2.0 * v[0] / below, -2.0 * value * v[1] / below])
    }
}

/// Tables of each market; `filled` says which cells may differ from zero.
fn tables(
    stream: &mut Stream,
    cells: usize,
    low: f64,
    outer: bool,
    filled: &dyn Fn(usize) -> bool,
) -> Vec<Option<Arc<Table>>> {
    let mut number = |c: usize| {
        let v = low + stream.uniform();
        if filled(c) { v } else { 0.0 }
    };
    let mut market = || {
        if outer {
            let by_cell = (0..cells).map(&mut number).collect();
            return Table::outer(
                (0..CONSUMERS).map(|i| 0.3 * i as f64 - 0.6).collect(),
                by_cell,
            );
        }
        let all = (0..CONSUMERS * cells).map(|c| number(c % cells));
        Table::new(CONSUMERS, all.collect())
    };
    (0..5).map(|_| Some(Arc::new(market()))).collect()
}

fn moment(name: &str, parts: &[usize], combination: Combination) -> Moment {
    Moment {
        name: name.into(),
        value: 0.3,
        parts: parts.to_vec(),
        combination,
    }
}

/// First choices in three markets and, where asked for, second choices in all.
pub(crate) fn surveys(problem: Problem, second: bool, groups: bool) -> Problem {
    let mut stream = Stream::new(11, "surveys", 0);
    let mut weights = tables(&mut stream, CHOICES, 0.0, false, &|_| true);
    weights[1] = None;
    weights[4] = None;
    let mut datasets = vec![Dataset {
        name: "buyers".into(),
        observations: 700.0,
        weights,
        groups: Vec::new(),
    }];
    let few = |c: usize| c == 2 || c == 5;
    let mut parts: Vec<Part> = Vec::new();
    let mut part = |dataset: usize, values: Vec<Option<Arc<Table>>>| {
        let name = format!("part {}", parts.len());
        parts.push(Part {
            name,
            dataset,
            values,
        });
    };
    part(0, tables(&mut stream, CHOICES, -0.4, false, &|_| true));
    part(
        0,
        tables(&mut stream, CHOICES, -0.4, true, &|c| c < PRODUCTS),
    );
    part(0, tables(&mut stream, CHOICES, 0.1, false, &few));
    part(0, tables(&mut stream, CHOICES, 0.1, true, &few));
    let mut moments = vec![
        moment("mean", &[0], Combination::Part),
        moment("ratio", &[3, 2], Combination::Ratio),
        moment("covariance", &[0, 1, 3], Combination::Covariance),
        moment("among", &[0, 1, 3, 2], Combination::CovarianceAmong),
        moment(
            "curve",
            &[1, 3],
            Combination::Custom(Custom(Arc::new(Curve))),
        ),
    ];
    if second {
        let pairs = CHOICES * CHOICES;
        datasets.push(Dataset {
            name: "second choices".into(),
            observations: 300.0,
            weights: tables(&mut stream, pairs, 0.0, false, &|c| c % CHOICES < PRODUCTS),
            groups: if groups {
                vec![(0..PRODUCTS).map(|j| j / 2).collect(); 5]
            } else {
                Vec::new()
            },
        });
        part(1, tables(&mut stream, pairs, -0.5, false, &|_| true));
        part(
            1,
            tables(&mut stream, pairs, 0.2, true, &|c| few(c / CHOICES)),
        );
        moments.push(moment("pairs", &[4], Combination::Part));
        moments.push(moment("pairs of some", &[4, 5], Combination::Ratio));
    }
    problem
        .with_micro(datasets, parts, moments, None)
        .expect("sound surveys")
}

pub(crate) fn at(problem: &Problem, values: &[f64], jacobian: bool) -> Evaluation {
    let wanted = Wanted {
        tolerance: 1e-13,
        jacobian,
    };
    let at = evaluate(problem, values, wanted, &Serial);
    assert_eq!(at.failure, None);
    at
}

/// Every shape with first choices; those that allow for them with second choices too, of single
/// products and of groups.
fn all() -> Vec<(String, Problem)> {
    let mut out = Vec::new();
    for (name, json, nests, availability) in shapes() {
        let problem = made(4, json, nests, availability).problem();
        let plain = problem.markets[0].nests.is_empty()
            && problem.markets[0].consumers.by_product.is_empty();
        if problem.markets[0].consumers() != CONSUMERS {
            continue;
        }
        out.push((name.into(), surveys(problem.clone(), false, false)));
        if plain {
            out.push((
                format!("{name}, second"),
                surveys(problem.clone(), true, false),
            ));
            out.push((format!("{name}, groups"), surveys(problem, true, true)));
        }
    }
    out
}

/// Probabilities of one market with some products gone (consumers x choices).
fn probabilities(economy: &PanelEconomy<'_>, t: usize, gone: &[usize]) -> Vec<Vec<f64>> {
    let mut market = economy.market(t);
    market.remove(gone);
    let p = market.probabilities();
    let row = |p: &[f64]| {
        let mut row = p.to_vec();
        row.push(1.0 - p.iter().sum::<f64>());
        row
    };
    p.chunks_exact(PRODUCTS).map(row).collect()
}

/// Chances of each cell (consumers x cells): of a choice, or of first and second choice, for which
/// choices are made again with the group of the first one gone: what the group's removal moves to
/// another choice, split over the group by its members' probabilities.
fn chances(economy: &PanelEconomy<'_>, t: usize, groups: &[usize], pairs: bool) -> Vec<Vec<f64>> {
    let all = probabilities(economy, t, &[]);
    if !pairs {
        return all;
    }
    let of = |j: usize| groups.get(j).copied().unwrap_or(j);
    let mut out = vec![vec![0.0; CHOICES * CHOICES]; CONSUMERS];
    for j in 0..PRODUCTS {
        let gone: Vec<usize> = (0..PRODUCTS).filter(|k| of(*k) == of(j)).collect();
        let then = probabilities(economy, t, &gone);
        for i in 0..CONSUMERS {
            let group: f64 = gone.iter().map(|k| all[i][*k]).sum();
            for k in (0..CHOICES).filter(|k| !gone.contains(k)) {
                out[i][j * CHOICES + k] = all[i][j] / group * (then[i][k] - all[i][k]);
            }
        }
    }
    // Without the outside good choices are those of a logit among products.
    for i in 0..CONSUMERS {
        let inside = 1.0 - all[i][PRODUCTS];
        for k in 0..PRODUCTS {
            out[i][PRODUCTS * CHOICES + k] = all[i][k] / inside - all[i][k];
        }
    }
    out
}

#[test]
fn parts_and_their_covariance_are_sums_over_choices() {
    for (name, problem) in all() {
        let values = problem.parameters.starts();
        let at = at(&problem, &values, true);
        let linear = Linear {
            beta: vec![0.0; problem.parameters.solved_beta.len()],
            gamma: Vec::new(),
        };
        let economy = PanelEconomy::new(&problem, &values, &linear, &at);
        let micro = problem.micro.as_ref().expect("micro moments");
        let n = micro.parts.len();
        let mut covariance = Matrix::zeros(n, n);
        for (d, data) in micro.datasets.iter().enumerate() {
            let mut weight = 0.0;
            let mut sums = vec![0.0; n];
            let mut squares = vec![0.0; n * n];
            for (t, m) in problem.markets.iter().enumerate() {
                let Some(w) = &data.weights[t] else { continue };
                let groups = data.groups.get(t).map_or(&[][..], Vec::as_slice);
                let s = chances(&economy, t, groups, w.cells() > CHOICES);
                for (i, s) in s.iter().enumerate() {
                    for (cell, s) in s.iter().enumerate() {
                        let w = m.consumers.weight[i] * s * w.at(i, cell);
                        weight += w;
                        let value = |p: usize| {
                            let values = &micro.parts[p].values[t];
                            values.as_ref().expect("values").at(i, cell)
                        };
                        for p in (0..n).filter(|p| micro.parts[*p].dataset == d) {
                            sums[p] += w * value(p);
                            for q in (0..n).filter(|q| micro.parts[*q].dataset == d) {
                                squares[p * n + q] += w * value(p) * value(q);
                            }
                        }
                    }
                }
            }
            for p in (0..n).filter(|p| micro.parts[*p].dataset == d) {
                let mean = sums[p] / weight;
                assert!((at.micro.parts[p] - mean).abs() < 1e-12, "{name}, part {p}");
                for q in (0..n).filter(|q| micro.parts[*q].dataset == d) {
                    let of = squares[p * n + q] / weight - mean * sums[q] / weight;
                    covariance.set(p, q, of / data.observations);
                }
            }
        }
        let g = &at.micro.gradients;
        let want = g.times(&covariance).times(&g.transpose());
        let have = spread(&problem, &values, &at, &Serial);
        for (a, b) in have.data.iter().zip(&want.data) {
            assert!((a - b).abs() < 1e-13, "{name}: {a} {b}");
        }
    }
}

#[test]
fn micro_moments_answer_to_parameters_as_differences_say() {
    for (name, problem) in all() {
        let values = problem.parameters.starts();
        let here = at(&problem, &values, true);
        let moving = here.micro.jacobian.columns;
        assert_eq!(moving, problem.parameters.nonlinear());
        for c in 0..values.len() {
            let numeric = difference(
                |h| {
                    let mut v = values.clone();
                    v[c] += h;
                    at(&problem, &v, false).micro.moments
                },
                4e-4,
            );
            for (m, numeric) in numeric.iter().enumerate() {
                let analytic = if c < moving {
                    here.micro.jacobian.at(m, c)
                } else {
                    0.0
                };
                assert!(
                    (analytic - numeric).abs() < 2e-10,
                    "{name}, moment {m} by {}: {analytic} {numeric}",
                    problem.parameters.free[c].name
                );
            }
        }
    }
}

fn evaluated(problem: &Problem, values: &[f64], w: Option<&Matrix>) -> Fit {
    let settings = EstimationSettings {
        method: GmmMethod::OneStep,
        weighting: ErrorStructure::Robust,
        errors: ErrorStructure::Robust,
        center: true,
        initial_update: false,
        algorithm: Algorithm::Return,
        gradient_tolerance: 1e-8,
        evaluations: 100,
        inversion_tolerance: 1e-13,
        start: Some(values.to_vec()),
        inversion: None,
        weighting_matrix: w.map(|w| GivenWeighting {
            w: w.clone(),
            estimated: false,
        }),
    };
    gmm::estimate(problem, &settings, &Serial, &mut Quiet).expect("an evaluation")
}

#[test]
fn the_gradient_with_micro_moments_is_the_difference_of_the_objective() {
    for (name, mut problem) in all() {
        let values = problem.parameters.starts();
        // Far from what was observed the objective would be all rounding.
        let fitted = at(&problem, &values, false).micro.values;
        let micro = Arc::make_mut(problem.micro.as_mut().expect("micro moments"));
        for (moment, value) in micro.moments.iter_mut().zip(&fitted) {
            moment.value = value + 0.05 * value.abs();
        }
        // Weights of 35 rows' own errors would be nearly singular; those of the surveys are kept.
        let own = evaluated(&problem, &values, None).weighting;
        let mut w = gmm::first_weighting(&problem).0;
        for r in problem.aggregate_moments()..w.rows {
            w.row_mut(r).copy_from_slice(own.row(r));
        }
        let here = evaluated(&problem, &values, Some(&w));
        let largest = here.gradient.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
        for c in 0..values.len() {
            let moved = |by: f64| {
                let mut v = values.clone();
                v[c] += by;
                vec![evaluated(&problem, &v, Some(&w)).objective]
            };
            let numeric = difference(moved, 4e-4)[0];
            assert!(
                (here.gradient[c] - numeric).abs() < 2e-9 * largest,
                "{name}, {}: {} {numeric}",
                problem.parameters.free[c].name,
                here.gradient[c]
            );
        }
    }
}

#[test]
fn products_are_found_in_full_tables() {
    let full: Vec<f64> = (0..12)
        .map(|c| 0.7 * f64::from(c / 4) * (1.3 + f64::from(c % 4)))
        .collect();
    let table = Table::new(3, full.clone());
    assert!(table.is_outer());
    for (c, v) in full.iter().enumerate() {
        assert!((table.at(c / 4, c % 4) - v).abs() <= 1e-15 * v.abs());
    }
    let mut other = full;
    other[6] += 1e-9;
    assert!(!Table::new(3, other).is_outer());
}
