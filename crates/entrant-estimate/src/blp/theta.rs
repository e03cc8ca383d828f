//! Parameter values as the matrices of the model.

use super::parameters::{Kind, Parameters};

/// Parameter values: what is searched for and what is known, as matrices.
#[derive(Debug, Clone, PartialEq)]
pub struct Theta {
    /// Lower-triangular root of the covariance of tastes (coefficients x coefficients).
    pub sigma: Vec<f64>,
    /// Effects of demographics (coefficients x demographics).
    pub pi: Vec<f64>,
    /// Nesting parameters (groups).
    pub rho: Vec<f64>,
    /// Coefficients of mean utility that are not solved for: column and value.
    pub beta: Vec<(usize, f64)>,
    /// Coefficients of cost that are not solved for: column and value.
    pub gamma: Vec<(usize, f64)>,
}

impl Theta {
    /// The matrices at `values` of the free parameters.
    pub fn new(parameters: &Parameters, values: &[f64]) -> Self {
        let (k, d) = (parameters.random, parameters.demographics);
        let mut theta = Theta {
            sigma: vec![0.0; k * k],
            pi: vec![0.0; k * d],
            rho: vec![0.0; parameters.groups],
            beta: Vec::new(),
            gamma: Vec::new(),
        };
        let fixed = parameters.fixed.iter().map(|p| (p.kind, p.start));
        let free = parameters.free.iter().zip(values);
        for (kind, value) in fixed.chain(free.map(|(p, v)| (p.kind, *v))) {
            match kind {
                Kind::Sigma { row, column } => theta.sigma[row * k + column] = value,
                Kind::Pi { row, column } => theta.pi[row * d + column] = value,
                Kind::Rho { group } => theta.rho[group] = value,
                Kind::Beta { column } => theta.beta.push((column, value)),
                Kind::Gamma { column } => theta.gamma.push((column, value)),
            }
        }
        theta
    }
}
