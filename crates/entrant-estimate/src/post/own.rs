//! Mean own-price elasticity, without the matrices around it.

use crate::blp::{Evaluation, Problem, Theta};
use crate::gmm::Linear;
use crate::simulate::{Pricer, coefficients};

/// Mean own-price elasticity over all products of all markets at searched parameters `values`,
/// solved ones `linear` and the mean utilities of `at` (`PyBLP`'s mean of
/// `extract_diagonals(compute_elasticities())`).
pub fn mean_own_elasticity(
    problem: &Problem,
    values: &[f64],
    linear: &Linear,
    at: &Evaluation,
) -> f64 {
    let theta = Theta::new(&problem.parameters, values);
    let (beta, _) = coefficients(problem, values, linear);
    let mut pricer = Pricer::default();
    let mut of_market = |t: usize| -> f64 {
        let delta = &at.delta[problem.markets[t].rows.clone()];
        pricer
            .own_elasticities(problem, t, &theta, &beta, delta)
            .iter()
            .sum()
    };
    let total: f64 = (0..problem.markets.len()).map(&mut of_market).sum();
    total / problem.rows() as f64
}
