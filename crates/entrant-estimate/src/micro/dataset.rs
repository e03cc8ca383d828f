//! Surveys, means over them and moments of the means.

use std::fmt::Debug;
use std::sync::Arc;

use super::table::Table;

/// A survey.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Name.
    pub name: String,
    /// Number of observations, positive.
    pub observations: f64,
    /// Weights of consumers and choices in each market of the problem, never negative; `None` where
    /// the survey did not go.
    pub weights: Vec<Option<Arc<Table>>>,
    /// What goes with a first choice when it is gone, for second choices: group of each product in
    /// each market. Empty when each product goes alone.
    pub groups: Vec<Vec<usize>>,
}

/// The mean of values over a survey.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Name.
    pub name: String,
    /// Which survey.
    pub dataset: usize,
    /// Values in each market in which the survey was; of the shape of its weights.
    pub values: Vec<Option<Arc<Table>>>,
}

/// An observed number and what it is of.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// Name.
    pub name: String,
    /// What was observed: `f_m` of the survey's own means.
    pub value: f64,
    /// Parts that it is a function of.
    pub parts: Vec<usize>,
    /// The function.
    pub combination: Combination,
}

/// A function of parts with its gradient.
#[derive(Debug, Clone, PartialEq)]
pub enum Combination {
    /// The part itself.
    Part,
    /// The first over the second: a mean among some.
    Ratio,
    /// `E[xy] - E[x] E[y]` of three parts in this order.
    Covariance,
    /// `(E[xyz]E[z] - E[xz]E[yz]) / E[z]^2` of parts `xyz, xz, yz, z`: a covariance among those with
    /// `z = 1`.
    CovarianceAmong,
    /// A function of the caller's.
    Custom(Custom),
}

/// A function of the caller's.
#[derive(Debug, Clone)]
pub struct Custom(pub Arc<dyn Combine>);

impl PartialEq for Custom {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A function of parts that the caller brings.
pub trait Combine: Debug + Send + Sync {
    /// Its value and its derivatives (parts) at values of the parts; numbers that are not finite
    /// mean that it has none there.
    fn at(&self, parts: &[f64]) -> (f64, Vec<f64>);
}

impl Combination {
    /// How many parts it takes; `None` for any number.
    pub fn arity(&self) -> Option<usize> {
        match self {
            Combination::Part => Some(1),
            Combination::Ratio => Some(2),
            Combination::Covariance => Some(3),
            Combination::CovarianceAmong => Some(4),
            Combination::Custom(_) => None,
        }
    }

    /// The value and its derivatives (parts).
    pub fn at(&self, v: &[f64]) -> (f64, Vec<f64>) {
        match (self, v) {
            (Combination::Part, [p]) => (*p, vec![1.0]),
            (Combination::Ratio, [a, b]) => (a / b, vec![1.0 / b, -a / (b * b)]),
            (Combination::Covariance, [xy, x, y]) => (xy - x * y, vec![1.0, -y, -x]),
            (Combination::CovarianceAmong, [xy, x, y, z]) => {
                let (mx, my) = (x / z, y / z);
                let value = xy / z - mx * my;
                let by_z = (2.0 * mx * my - xy / z) / z;
                (value, vec![1.0 / z, -my / z, -mx / z, by_z])
            }
            (Combination::Custom(f), v) => f.0.at(v),
            // Numbers of parts agree by construction.
            _ => (f64::NAN, vec![f64::NAN; v.len()]),
        }
    }
}
