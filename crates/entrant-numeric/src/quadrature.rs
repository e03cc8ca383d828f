//! Gauss-Hermite rules for expectations over normal variables.

use nalgebra::DMatrix;

/// Nodes and weights with `E[f(Z)] ~ sum_k w_k f(z_k)` for standard normal `Z`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Dimensions of each node.
    pub dimensions: usize,
    /// Nodes, one after the other (`len = weights.len() * dimensions`).
    pub nodes: Vec<f64>,
    /// Weights, summing to one.
    pub weights: Vec<f64>,
}

/// One-dimensional Gauss-Hermite rule with `n` nodes for the standard normal, by the
/// eigenvalues of the Jacobi matrix (Golub and Welsch 1969); nodes ascending, symmetric exactly.
pub fn gauss_hermite(n: usize) -> Rule {
    let n = n.max(1);
    let jacobi = DMatrix::from_fn(n, n, |i, j| {
        if i.abs_diff(j) == 1 {
            (i.max(j) as f64).sqrt()
        } else {
            0.0
        }
    });
    let eigen = jacobi.symmetric_eigen();
    let mut pairs: Vec<(f64, f64)> = (0..n)
        .map(|k| (eigen.eigenvalues[k], eigen.eigenvectors[(0, k)].powi(2)))
        .collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = pairs.iter().map(|p| p.1).sum();
    Rule {
        dimensions: 1,
        nodes: (0..n)
            .map(|k| f64::midpoint(pairs[k].0, -pairs[n - 1 - k].0))
            .collect(),
        weights: (0..n)
            .map(|k| f64::midpoint(pairs[k].1, pairs[n - 1 - k].1) / total)
            .collect(),
    }
}

/// Product rule in `dimensions` dimensions with `n` nodes each; one node of weight one in zero
/// dimensions.
pub fn product_rule(n: usize, dimensions: usize) -> Rule {
    let one = gauss_hermite(n);
    let mut rule = Rule {
        dimensions,
        nodes: Vec::new(),
        weights: Vec::new(),
    };
    for index in 0..one
        .weights
        .len()
        .pow(u32::try_from(dimensions).unwrap_or(u32::MAX))
    {
        let mut rest = index;
        let mut weight = 1.0;
        for _ in 0..dimensions {
            let k = rest % one.weights.len();
            rest /= one.weights.len();
            rule.nodes.push(one.nodes[k]);
            weight *= one.weights[k];
        }
        rule.weights.push(weight);
    }
    rule
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrates_polynomials_exactly() {
        let rule = gauss_hermite(7);
        let moment = |p: i32| {
            rule.nodes
                .iter()
                .zip(&rule.weights)
                .map(|(x, w)| w * x.powi(p))
                .sum::<f64>()
        };
        for (p, truth) in [
            (0, 1.0),
            (1, 0.0),
            (2, 1.0),
            (4, 3.0),
            (6, 15.0),
            (8, 105.0),
            (12, 10_395.0),
        ] {
            assert!(
                (moment(p) - truth).abs() < 1e-11 * truth.max(1.0),
                "moment {p}"
            );
        }
    }

    #[test]
    fn product_rule_has_unit_weight_and_cross_moments() {
        let rule = product_rule(5, 2);
        assert_eq!(rule.weights.len(), 25);
        let cross: f64 = (0..25)
            .map(|k| rule.weights[k] * (rule.nodes[2 * k] * rule.nodes[2 * k + 1]).powi(2))
            .sum();
        assert!(
            (cross - 1.0).abs() < 1e-13 && (rule.weights.iter().sum::<f64>() - 1.0).abs() < 1e-14
        );
        assert_eq!(product_rule(9, 0).weights, vec![1.0]);
    }
}
