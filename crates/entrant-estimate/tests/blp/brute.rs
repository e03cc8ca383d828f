//! Shares consumer by consumer, straight from the definitions, and what must follow from them.

use entrant_estimate::blp::{MarketData, Problem, Serial, Theta, Wanted, evaluate};

use crate::panels::{made, shapes};

/// Utilities of consumer `i` at prices that differ from the observed ones by `extra` (products).
fn utilities(
    problem: &Problem,
    m: &MarketData,
    theta: &Theta,
    delta: &[f64],
    extra: &[f64],
    i: usize,
) -> Vec<f64> {
    use entrant_data::spec::CoefficientKind as Kind;
    let k = m.coefficients();
    let p = &problem.parameters;
    let nodes = m.consumers.nodes.len() / m.consumers();
    let mut v = vec![0.0; m.products()];
    for j in 0..m.products() {
        v[j] = delta[j];
        for (column, beta) in &theta.beta {
            v[j] += beta * problem.scale * m.x1_price(*column)[j] * extra[j];
        }
        for r in 0..k {
            let mut index = 0.0;
            for c in 0..k {
                if let Some(n) = p.node[c] {
                    index += theta.sigma[r * k + c] * m.consumers.nodes[i * nodes + n];
                }
            }
            for d in 0..p.demographics {
                let own = m.consumers.by_product.iter().find(|b| b.demographic == d);
                let value = own.map_or(m.consumers.demographics[i * p.demographics + d], |b| {
                    b.values[i * m.stride + j]
                });
                index += theta.pi[r * p.demographics + d] * value;
            }
            let coefficient = match problem.coefficients[r] {
                Kind::Linear => index,
                Kind::Lognormal => index.exp(),
                Kind::NegativeLognormal => -index.exp(),
                Kind::Logit => 1.0 / (1.0 + (-index).exp()),
            };
            let x = m.x2(r)[j] + m.x2_price(r)[j] * extra[j];
            v[j] += coefficient * problem.scale * x;
        }
        v[j] /= problem.scale;
        if !m.consumers.log_availability.is_empty() {
            v[j] += m.consumers.log_availability[i * m.stride + j];
        }
    }
    v
}

/// Market shares by the textbook formulas of the (nested) logit.
pub(crate) fn shares(
    problem: &Problem,
    m: &MarketData,
    theta: &Theta,
    delta: &[f64],
    extra: &[f64],
) -> Vec<f64> {
    let mut out = vec![0.0; m.products()];
    for i in 0..m.consumers() {
        let v = utilities(problem, m, theta, delta, extra, i);
        let nests: Vec<(Vec<usize>, f64)> = if m.nests.is_empty() {
            (0..m.products()).map(|j| (vec![j], 0.0)).collect()
        } else {
            let of = |(h, nest): (usize, &std::ops::Range<usize>)| {
                (nest.clone().collect(), theta.rho[m.nest_group[h]])
            };
            m.nests.iter().enumerate().map(of).collect()
        };
        let size = |(nest, rho): &(Vec<usize>, f64)| {
            nest.iter()
                .map(|j| (v[*j] / (1.0 - rho)).exp())
                .sum::<f64>()
        };
        let total: f64 = 1.0 + nests.iter().map(|n| size(n).powf(1.0 - n.1)).sum::<f64>();
        for nest in &nests {
            let inside = size(nest);
            if inside == 0.0 {
                continue; // nothing in it is available to this consumer
            }
            for j in &nest.0 {
                let within = (v[*j] / (1.0 - nest.1)).exp() / inside;
                out[*j] += m.consumers.weight[i] * within * inside.powf(1.0 - nest.1) / total;
            }
        }
    }
    out
}

const WANTED: Wanted = Wanted {
    tolerance: 1e-13,
    jacobian: true,
};

#[test]
fn inverted_mean_utilities_give_the_observed_shares() {
    for (name, json, nests, availability) in shapes() {
        let problem = made(1, json, nests, availability).problem();
        let values = problem.parameters.starts();
        let at = evaluate(&problem, &values, WANTED, &Serial);
        assert!(
            at.failure.is_none() && at.residual < 1e-13,
            "{name}: {:?}",
            at.failure
        );
        let theta = Theta::new(&problem.parameters, &values);
        for m in &problem.markets {
            let none = vec![0.0; m.products()];
            let got = shares(&problem, m, &theta, &at.delta[m.rows.clone()], &none);
            for (g, s) in got.iter().zip(&m.share) {
                assert!((g / s - 1.0).abs() < 1e-12, "{name}: {g} {s}");
            }
        }
    }
}

/// `s_j + sum_k H_jk (p_k - c_k) ds_k/dp_j = 0`, with derivatives of brute-force shares by
/// Richardson-extrapolated differences.
#[test]
fn costs_satisfy_first_order_conditions() {
    for (name, json, nests, availability) in shapes() {
        let problem = made(2, json, nests, availability).problem();
        let Some(supply) = &problem.supply else {
            continue;
        };
        let values = problem.parameters.starts();
        let at = evaluate(&problem, &values, WANTED, &Serial);
        assert!(at.failure.is_none(), "{name}: {:?}", at.failure);
        let theta = Theta::new(&problem.parameters, &values);
        for m in &problem.markets {
            let n = m.products();
            let delta = &at.delta[m.rows.clone()];
            let slope = |j: usize, h: f64| -> Vec<f64> {
                let moved = |by: f64| {
                    let mut extra = vec![0.0; n];
                    extra[j] = by;
                    shares(&problem, m, &theta, delta, &extra)
                };
                let (up, down) = (moved(h), moved(-h));
                up.iter()
                    .zip(&down)
                    .map(|(u, d)| (u - d) / (2.0 * h))
                    .collect()
            };
            for j in 0..n {
                let (coarse, fine) = (slope(j, 2e-3), slope(j, 1e-3));
                let mut left = m.share[j];
                for k in 0..n {
                    let derivative = (4.0 * fine[k] - coarse[k]) / 3.0;
                    let raw = at.cost[m.rows.start + k];
                    let cost = match supply.form {
                        entrant_data::spec::CostForm::Linear => raw,
                        entrant_data::spec::CostForm::Log => raw.exp(),
                    };
                    let margin = problem.price[m.rows.start + k] - cost;
                    left += m.ownership(j, k) * margin * derivative;
                }
                assert!(left.abs() < 1e-10, "{name}: condition {j} leaves {left}");
            }
        }
    }
}

/// Tastes that spread far leave each consumer with one product or none: the mapping stalls, and
/// Newton's method on the convex function takes over.
#[test]
fn shares_are_inverted_however_far_tastes_spread() {
    let (_, json, ..) = shapes()[1];
    for seed in 0..4 {
        let problem = made(6 + seed, json, false, false).problem();
        let spread = problem
            .parameters
            .free
            .iter()
            .position(|p| p.name == "sigma[x]");
        let spread = spread.expect("a spread of the taste for x");
        for sigma in [2.0, 3.5, 6.0, 9.0, 12.0, 20.0, 30.0] {
            let mut values = problem.parameters.starts();
            values[spread] = sigma;
            let wanted = Wanted {
                jacobian: false,
                ..WANTED
            };
            let at = evaluate(&problem, &values, wanted, &Serial);
            let failed = |(_, f): &(usize, _)| *f == entrant_estimate::blp::Failure::Inversion;
            assert!(
                !at.failure.as_ref().is_some_and(failed) && at.residual < 1e-13,
                "sigma {sigma}: {:?}, residual {}",
                at.failure,
                at.residual
            );
        }
    }
}

/// Near pure characteristics each consumer buys one product for sure, and shares hardly respond to
/// most mean utilities. Either they are inverted, or the market is named.
#[test]
fn an_inversion_at_a_small_scale_holds_or_is_refused() {
    let json = shapes().into_iter().find(|s| s.0 == "scaled tastes");
    let (_, json, ..) = json.expect("the shape");
    let mut inverted = Vec::new();
    for scale in [0.3, 0.1, 0.03, 0.01, 1e-3, 1e-5, 1e-100, 1e-307] {
        let json = json.replace("0.4", &format!("{scale}"));
        let problem = made(1, &json, false, false).problem();
        assert!((problem.scale - scale).abs() < 1e-9 * scale);
        let values = problem.parameters.starts();
        let at = evaluate(&problem, &values, WANTED, &Serial);
        let Some((t, _)) = at.failure else {
            inverted.push(scale);
            assert!(at.residual <= WANTED.tolerance, "{scale}: {}", at.residual);
            let theta = Theta::new(&problem.parameters, &values);
            for m in &problem.markets {
                let none = vec![0.0; m.products()];
                let got = shares(&problem, m, &theta, &at.delta[m.rows.clone()], &none);
                for (g, s) in got.iter().zip(&m.share) {
                    // Utilities over the scale lose digits in the formulas above.
                    assert!(
                        (g / s - 1.0).abs() < 1e-13 / scale.min(0.1),
                        "{scale}: {g} {s}"
                    );
                }
            }
            continue;
        };
        assert!(t < problem.markets.len());
    }
    assert!(inverted.starts_with(&[0.3, 0.1, 0.03]), "{inverted:?}");
}

#[test]
fn prices_equal_cost_under_perfect_competition() {
    let (_, json, ..) = shapes()[1];
    let json = json.replace(
        "\"cost\":",
        "\"conduct\": \"perfect-competition\", \"cost\":",
    );
    let problem = made(2, &json, false, false).problem();
    let at = evaluate(&problem, &problem.parameters.starts(), WANTED, &Serial);
    assert!(at.failure.is_none() && at.cost == problem.price);
    assert!(at.d_cost.data.iter().all(|d| *d == 0.0));
}

#[test]
fn clustered_errors_without_clusters_are_refused() {
    let (_, json, ..) = shapes()[0];
    let mut panel = made(2, json, false, false);
    panel.spec.errors = Some(entrant_data::spec::ErrorStructure::Clustered);
    let refused = panel.bind().expect_err("no column of clusters");
    assert!(refused[0].message.contains("clusters"), "{refused:?}");
}
