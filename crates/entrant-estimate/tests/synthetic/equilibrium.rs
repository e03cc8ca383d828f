//! Synthetic panels against their own definition, written down once more.

use entrant_estimate::simulate::{Experiment, Heterogeneity};
use entrant_numeric::integration::{Key, Nodes, Rule, build};

use crate::support::{numbers, small};

/// Products of one market: x, nest, firm, mean utility without price, price.
struct Shop {
    x: Vec<f64>,
    nest: Vec<f64>,
    firm: Vec<f64>,
    quality: Vec<f64>,
    price: Vec<f64>,
}

fn nodes() -> Nodes {
    let key = Key {
        seed: 0,
        name: "",
        index: 0,
    };
    build(Rule::Tensor, 17, 1, key).expect("17 nodes")
}

impl Shop {
    /// Shares with spread 3 of the taste for x and nesting parameter rho.
    fn shares(&self, price: &[f64], rho: f64) -> Vec<f64> {
        let nodes = nodes();
        let n = price.len();
        let mut shares = vec![0.0; n];
        for (z, w) in nodes.points.iter().zip(&nodes.weights) {
            let v: Vec<f64> = (0..n)
                .map(|j| (self.quality[j] - price[j] + 3.0 * z * self.x[j]) / (1.0 - rho))
                .collect();
            let sums = [0.0, 1.0].map(|h| {
                (0..n)
                    .filter(|j| (self.nest[*j] - h).abs() < 0.5)
                    .map(|j| v[j].exp())
                    .sum::<f64>()
            });
            let total: f64 = 1.0
                + sums
                    .iter()
                    .map(|s| if *s > 0.0 { s.powf(1.0 - rho) } else { 0.0 })
                    .sum::<f64>();
            for j in 0..n {
                let sum = if self.nest[j] > 0.5 { sums[1] } else { sums[0] };
                shares[j] += w * v[j].exp() / sum * sum.powf(1.0 - rho) / total;
            }
        }
        shares
    }
}

/// Every firm's implied costs, from first-order conditions by differences of `shares`.
fn implied_costs(shop: &Shop, rho: f64) -> Vec<f64> {
    let n = shop.price.len();
    let h = 1e-5;
    let shares = shop.shares(&shop.price, rho);
    let slopes: Vec<Vec<f64>> = (0..n)
        .map(|j| {
            let moved = |by: f64| {
                let mut p = shop.price.clone();
                p[j] += by;
                shop.shares(&p, rho)
            };
            let (up, down) = (moved(h), moved(-h));
            up.iter()
                .zip(down)
                .map(|(u, d)| (u - d) / (2.0 * h))
                .collect()
        })
        .collect();
    // Gauss-Seidel on s_j + sum_k (p_k - c_k) ds_k/dp_j = 0 over the firm's products.
    let mut margin = vec![1.0; n];
    for _ in 0..500 {
        for j in 0..n {
            let others: f64 = (0..n)
                .filter(|k| *k != j && (shop.firm[*k] - shop.firm[j]).abs() < 0.5)
                .map(|k| margin[k] * slopes[j][k])
                .sum();
            margin[j] = -(shares[j] + others) / slopes[j][j];
        }
    }
    shop.price.iter().zip(margin).map(|(p, m)| p - m).collect()
}

fn first_market(heterogeneity: Heterogeneity) -> (Shop, Vec<f64>, Vec<f64>) {
    let synthetic = small(heterogeneity, true);
    let t = &synthetic.products;
    let rows: Vec<usize> = (0..t.rows())
        .filter(|r| numbers(t, "market")[*r] < 0.5)
        .collect();
    let pick = |name: &str| -> Vec<f64> { rows.iter().map(|r| numbers(t, name)[*r]).collect() };
    let mut shop = Shop {
        x: pick("x"),
        nest: pick("nest"),
        firm: pick("firm"),
        quality: vec![0.0; rows.len()],
        price: pick("price"),
    };
    // Quality is what makes the shares: found by plain contraction.
    let share = pick("share");
    let rho = if heterogeneity == Heterogeneity::Nested {
        0.5
    } else {
        0.0
    };
    for _ in 0..3_000 {
        let s = shop.shares(&shop.price, rho);
        for j in 0..s.len() {
            shop.quality[j] += (1.0 - rho) * (share[j] / s[j]).ln();
        }
    }
    let shape = shop
        .x
        .iter()
        .zip(&shop.quality)
        .map(|(x, q)| q + 7.0 - 6.0 * x)
        .collect();
    let costs = implied_costs(&shop, rho);
    let omega = costs
        .iter()
        .zip(&shop.x)
        .zip(pick("w"))
        .map(|((c, x), w)| c - 2.0 - x - 0.2 * w);
    let omega = omega.collect();
    (shop, shape, omega)
}

/// At equilibrium prices the errors that shares and first-order conditions imply are the drawn
/// ones, which were drawn before there were prices: the same for both kinds of demand.
#[test]
fn shares_and_first_order_conditions_give_the_drawn_errors_back() {
    let (_, xi, omega) = first_market(Heterogeneity::Simple);
    let (_, nested_xi, nested_omega) = first_market(Heterogeneity::Nested);
    let far = |a: &[f64], b: &[f64]| {
        a.iter()
            .zip(b)
            .fold(0.0, |m: f64, (x, y)| m.max((x - y).abs()))
    };
    assert!(far(&xi, &nested_xi) < 1e-8, "{}", far(&xi, &nested_xi));
    // Slopes by differences are good to about 1e-9.
    assert!(
        far(&omega, &nested_omega) < 1e-6,
        "{}",
        far(&omega, &nested_omega)
    );
    let spread = (xi.iter().map(|e| e * e).sum::<f64>() / xi.len() as f64).sqrt();
    assert!((0.2..0.8).contains(&spread), "{spread}");
}

#[test]
fn a_data_set_depends_on_its_seed_and_number_alone() {
    let make = |supply, number| {
        let experiment = Experiment {
            markets: 2,
            ..Experiment::new(Heterogeneity::Simple, supply, 5, number)
        };
        experiment
            .make()
            .expect("the data set has an equilibrium")
            .products
    };
    assert_eq!(make(true, 0), make(false, 0));
    assert_ne!(make(true, 0), make(true, 1));
}
