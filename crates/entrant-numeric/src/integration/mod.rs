//! Rules of integration over standard normal variables: nodes and weights with
//! `E[f(Z)] ~ sum_i w_i f(z_i)`.
//!
//! Deterministic rules (tensor and sparse grids of Gauss-Hermite rules and of their nested
//! relatives) depend on level and dimensions alone. Random and quasi-random rules are drawn from a
//! [`Key`]: a stream for every name, index and dimension, so that adding an index, a dimension or
//! a rule under another name moves no other node.

mod directions;
mod draws;
mod halton;
mod hermite;
mod nested_table;
pub mod sobol;
mod sparse;
mod tensor;

#[cfg(test)]
mod peer;
#[cfg(test)]
mod tests;

use crate::random::{Stream, normal_quantile};

/// Highest level of a rule made of Gauss-Hermite rules.
pub const LARGEST_LEVEL: usize = 25;
/// Most numbers (nodes times dimensions) that a rule may have, and that are visited to build it.
pub const MOST_NUMBERS: usize = 100_000_000;
/// Values that a Halton sequence conventionally leaves out at its start.
pub const USUAL_DISCARD: u64 = 1000;

/// How nodes and weights are made. Sizes of the first five are numbers of nodes, of the others
/// levels from 1 to [`LARGEST_LEVEL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Independent normal draws, equal weights.
    MonteCarlo,
    /// Halton sequence, equal weights. Index `t` takes values `discard + t * size` and on, so that
    /// indices continue one another.
    Halton {
        /// Values left out at the start; [`USUAL_DISCARD`] takes the correlation out of them.
        discard: u64,
        /// Whether digits are permuted at random, each place on its own (Owen 2017).
        scramble: bool,
    },
    /// Sobol sequence (Joe and Kuo 2008), equal weights, randomised by a linear matrix scramble
    /// and a digital shift (Matousek 1998); nets of a power of two are the ones to use.
    Sobol,
    /// Latin hypercube sample: one draw in each of `size` equally likely slices (`McKay`, Beckman and
    /// Conover 1979).
    Lhs,
    /// Modified Latin hypercube: slices are shifted together (Hess, Train and Polak 2006).
    Mlhs,
    /// All combinations of a Gauss-Hermite rule with `size` nodes; exact to degree `2 size - 1`
    /// in each variable.
    Tensor,
    /// All combinations of the nested Gauss-Hermite rule of this level (Genz and Keister 1996),
    /// exact to degree `2 size - 1` in each variable; weights may be negative.
    NestedTensor,
    /// Sparse grid of Gauss-Hermite rules (Heiss and Winschel 2008), exact to total degree
    /// `2 size - 1`; weights may be negative.
    Grid,
    /// Sparse grid of nested rules: as exact with fewer nodes; weights may be negative.
    NestedGrid,
}

/// Which random numbers a rule takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key<'a> {
    /// Seed of the whole computation.
    pub seed: u64,
    /// What the nodes are for; another name has other nodes.
    pub name: &'a str,
    /// Which of many sets of nodes under this name.
    pub index: u64,
}

impl Key<'_> {
    /// The stream of one dimension.
    fn stream(&self, dimension: usize) -> Stream {
        Stream::new(self.seed, &format!("{}/{dimension}", self.name), self.index)
    }
}

/// Nodes and weights of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Nodes {
    /// Number of variables.
    pub dimensions: usize,
    /// Nodes, row-major (`weights.len()` x `dimensions`).
    pub points: Vec<f64>,
    /// Weights, which sum to one up to rounding; some rules have negative ones.
    pub weights: Vec<f64>,
}

impl Nodes {
    /// The node `i`.
    pub fn point(&self, i: usize) -> &[f64] {
        &self.points[i * self.dimensions..(i + 1) * self.dimensions]
    }

    /// Equally weighted nodes from points of the unit cube, by the normal quantile.
    fn from_uniforms(dimensions: usize, mut points: Vec<f64>, size: usize) -> Self {
        for u in &mut points {
            *u = quantile(*u);
        }
        Nodes {
            dimensions,
            points,
            weights: vec![1.0 / size as f64; size],
        }
    }
}

/// Builds a rule in `dimensions` variables. In zero dimensions every rule is one node of weight 1.
///
/// # Errors
///
/// When `size` is 0 or a level above [`LARGEST_LEVEL`]; when there are more numbers than
/// [`MOST_NUMBERS`] or dimensions than the sequence has; when a Halton sequence without scrambling
/// would start at 0, whose normal quantile is infinite.
pub fn build(rule: Rule, size: usize, dimensions: usize, key: Key<'_>) -> Result<Nodes, String> {
    check_size(rule, size, dimensions)?;
    if dimensions == 0 {
        return Ok(Nodes {
            dimensions,
            points: Vec::new(),
            weights: vec![1.0],
        });
    }
    let uniforms = match rule {
        Rule::MonteCarlo => return Ok(draws::monte_carlo(size, dimensions, key)),
        Rule::Tensor => return tensor::build(&hermite::gauss(size), dimensions),
        Rule::NestedTensor => return tensor::build(&hermite::nested(size), dimensions),
        Rule::Grid => return sparse::build(hermite::gauss, size, dimensions),
        Rule::NestedGrid => return sparse::build(hermite::nested, size, dimensions),
        Rule::Halton { discard, scramble } => {
            halton::build(size, dimensions, discard, scramble, key)?
        }
        Rule::Sobol => sobol::scrambled(size, dimensions, key)?,
        Rule::Lhs => draws::latin_hypercube(size, dimensions, false, key),
        Rule::Mlhs => draws::latin_hypercube(size, dimensions, true, key),
    };
    Ok(Nodes::from_uniforms(dimensions, uniforms, size))
}

fn check_size(rule: Rule, size: usize, dimensions: usize) -> Result<(), String> {
    let is_level = matches!(
        rule,
        Rule::Tensor | Rule::NestedTensor | Rule::Grid | Rule::NestedGrid
    );
    let (what, largest) = if is_level {
        ("level", LARGEST_LEVEL)
    } else {
        ("number of nodes", MOST_NUMBERS / dimensions.max(1))
    };
    if (1..=largest).contains(&size) {
        return Ok(());
    }
    Err(format!(
        "{rule:?} in {dimensions} dimensions cannot have the {what} {size}; it may be 1 to {largest}"
    ))
}

/// What is said of a rule that would be too large.
fn too_large(dimensions: usize) -> String {
    format!(
        "the rule would take more than {MOST_NUMBERS} numbers in {dimensions} dimensions; lower the level, or take a sparse grid or draws"
    )
}

/// Normal quantile of a number in [0, 1], the ends taken as the nearest numbers inside.
fn quantile(u: f64) -> f64 {
    normal_quantile(u.clamp(f64::EPSILON / 4.0, 1.0 - f64::EPSILON / 2.0))
}
