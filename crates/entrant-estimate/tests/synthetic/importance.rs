//! Importance sampling against integrals by quadrature.

use entrant_data::spec::Algorithm;
use entrant_estimate::blp::Problem;
use entrant_estimate::gmm::Fit;
use entrant_estimate::importance::{Candidates, ImportanceSettings, importance_sample};
use entrant_estimate::simulate::Heterogeneity;
use entrant_numeric::integration::{Key, Rule, build};

use crate::support::{bound, fitted, numbers, settings, small};

const DRAWS: usize = 4_000;

/// The data set at its starting values, and its x in the order of the problem.
fn at_start() -> (Problem, Fit, Vec<f64>) {
    let synthetic = small(Heterogeneity::Simple, false);
    let (problem, _) = bound(&synthetic);
    let fit = fitted(&problem, &settings(&synthetic.spec, Algorithm::Return));
    let x = numbers(&synthetic.products, "x");
    let x = problem.order.iter().map(|r| x[*r]).collect();
    (problem, fit, x)
}

fn sampled(problem: &Problem, fit: &Fit, candidates: Candidates) -> Problem {
    let settings = ImportanceSettings {
        draws: DRAWS,
        seed: 3,
        candidates,
    };
    importance_sample(problem, fit, settings).expect("enough of them buy")
}

/// Nodes of the normal distribution, and their weights.
fn nodes() -> (Vec<f64>, Vec<f64>) {
    let key = Key {
        seed: 0,
        name: "reference",
        index: 0,
    };
    let nodes = build(Rule::Tensor, 25, 1, key).expect("a rule");
    (nodes.points, nodes.weights)
}

/// Probability of buying anything at a taste for x, by the formula.
fn inside(delta: &[f64], x: &[f64], taste: f64) -> f64 {
    let sum: f64 = delta
        .iter()
        .zip(x)
        .map(|(d, x)| (d + taste * x).exp())
        .sum();
    sum / (1.0 + sum)
}

/// Accepted draws are distributed as buyers are: `E[nu (1 - s_i0)] / (1 - s_0)` and the same of the
/// square, integrated with 25 nodes.
#[test]
fn accepted_draws_are_the_buyers() {
    let (problem, fit, x) = at_start();
    let found = sampled(&problem, &fit, Candidates::Normal);
    let (tastes, weights) = nodes();
    for m in &found.markets {
        let (delta, x) = (&fit.at.delta[m.rows.clone()], &x[m.rows.clone()]);
        let buying = |nu: f64| inside(delta, x, fit.values[0] * nu);
        let integral = |f: &dyn Fn(f64) -> f64| -> f64 {
            let terms = tastes.iter().zip(&weights);
            terms.map(|(nu, w)| w * buying(*nu) * f(*nu)).sum()
        };
        let all = integral(&|_| 1.0);
        let draws = &m.consumers.nodes;
        for power in [1, 2] {
            let expected = integral(&|nu| nu.powi(power)) / all;
            let squared = integral(&|nu| nu.powi(2 * power)) / all;
            let error = ((squared - expected * expected) / DRAWS as f64).sqrt();
            let mean = draws.iter().map(|nu| nu.powi(power)).sum::<f64>() / DRAWS as f64;
            assert!(
                (mean - expected).abs() < 4.5 * error,
                "{mean} is not {expected}, {error}"
            );
        }
    }
}

/// Weights undo the selection: sums over the draws are the integrals behind them, over the normal
/// distribution (25 nodes) or the consumers of the problem, up to the noise of the draws.
#[test]
fn weights_undo_the_selection() {
    let (problem, fit, x) = at_start();
    for candidates in [Candidates::Normal, Candidates::Own] {
        let found = sampled(&problem, &fit, candidates);
        for (m, before) in found.markets.iter().zip(&problem.markets) {
            let (tastes, weights) = match candidates {
                Candidates::Normal => nodes(),
                Candidates::Own => {
                    let own = &before.consumers;
                    (own.nodes.clone(), own.weight.clone())
                }
            };
            let (delta, x) = (&fit.at.delta[m.rows.clone()], &x[m.rows.clone()]);
            let chosen = |j: usize, nu: f64| {
                let taste = fit.values[0] * nu;
                (1.0 - inside(delta, x, taste)) * (delta[j] + taste * x[j]).exp()
            };
            let integral = |f: &dyn Fn(f64) -> f64| -> f64 {
                let terms = tastes.iter().zip(&weights);
                terms.map(|(nu, w)| w * f(*nu)).sum()
            };
            // The share of buyers in the weights is the observed one.
            let bought: f64 = m.share.iter().sum();
            let by = bought / integral(&|nu| inside(delta, x, fit.values[0] * nu));
            let agrees = |f: &dyn Fn(f64) -> f64| {
                let parts = m.consumers.nodes.iter().zip(&m.consumers.weight);
                let parts: Vec<f64> = parts.map(|(nu, w)| w * f(*nu)).collect();
                let sum: f64 = parts.iter().sum();
                let squares: f64 = parts.iter().map(|p| p * p).sum();
                let noise = (squares - sum * sum / DRAWS as f64).sqrt();
                let expected = by * integral(f);
                assert!(
                    (sum - expected).abs() < 4.5 * noise,
                    "{sum}, {expected}, {noise}"
                );
            };
            agrees(&|_| 1.0);
            for j in 0..m.products() {
                agrees(&|nu| chosen(j, nu));
            }
        }
    }
}

#[test]
fn a_market_where_nobody_buys_is_named() {
    let (mut problem, fit, _) = at_start();
    let mut unlikely = fit.clone();
    for d in &mut unlikely.at.delta {
        *d -= 60.0;
    }
    problem.markets = problem.markets.first().cloned().into_iter().collect();
    let settings = ImportanceSettings {
        draws: 2,
        seed: 3,
        candidates: Candidates::Normal,
    };
    let errors = importance_sample(&problem, &unlikely, settings).expect_err("nobody buys");
    assert!(errors[0].message.contains("0 of 200"), "{errors:?}");
}
