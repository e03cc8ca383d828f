//! Second choices of a million simulated shoppers.

use entrant_estimate::blp::Problem;
use entrant_numeric::random::Stream;

use crate::support::{economy, shape};

/// Utilities of one consumer type without shock, from probabilities: `ln(s_ij / s_i0)`.
fn utilities(problem: &Problem, t: usize) -> (Vec<f64>, Vec<f64>, usize) {
    let economy = economy(problem);
    let market = economy.market(t);
    let n = market.data.products();
    let p = market.probabilities();
    let v = p
        .chunks(n)
        .flat_map(|row| {
            let none = 1.0 - row.iter().sum::<f64>();
            row.iter().map(move |s| (s / none).ln()).collect::<Vec<_>>()
        })
        .collect();
    (v, market.data.consumers.weight.clone(), n)
}

#[test]
fn a_million_shoppers_choose_again() {
    for name in ["random", "by product"] {
        let problem = shape(name);
        let (v, weight, n) = utilities(&problem, 2);
        let mut stream = Stream::new(11, "shoppers", 0);
        let per_type = 1_000_000 / weight.len();
        let mut second = vec![0.0; n * (n + 1)];
        let mut bought = vec![0.0; n];
        for (i, w) in weight.iter().enumerate() {
            for _ in 0..per_type {
                let mut best = [(f64::NEG_INFINITY, n); 2];
                for j in 0..=n {
                    let base = if j < n { v[i * n + j] } else { 0.0 };
                    let u = base + stream.gumbel();
                    if u > best[0].0 {
                        best = [(u, j), best[0]];
                    } else if u > best[1].0 {
                        best[1] = (u, j);
                    }
                }
                if best[0].1 < n {
                    second[best[0].1 * (n + 1) + best[1].1] += w;
                    bought[best[0].1] += w;
                }
            }
        }
        let economy = economy(&problem);
        let closed = economy.market(2).second_choices();
        for j in 0..n {
            for k in 0..=n {
                if k == j {
                    continue;
                }
                let share = second[j * (n + 1) + k] / bought[j];
                let want = closed.at(j, if k == n { j } else { k });
                let count = bought[j] / weight[0];
                let sd = (want * (1.0 - want) / count).sqrt();
                assert!(
                    (share - want).abs() < 4.5 * sd,
                    "{name} {j} {k}: {share} {want}"
                );
            }
        }
    }
}
