//! Local minimisation in a box: least squares by a trust region, and quasi-Newton methods.
//!
//! [`LeastSquares`] is for sums of squares whose Jacobian is known: it needs a fraction of the
//! evaluations of a method that sees the gradient only. It is a state machine, so that a long
//! search can be stored after any evaluation and taken up again.

mod bits;
mod bounds;
mod hessian;
mod least_squares;
mod point;
#[cfg(feature = "quasi-newton")]
mod quasi_newton;
#[cfg(feature = "quasi-newton")]
mod scaled;
mod secant;
mod settings;
mod trust_region;

#[cfg(test)]
mod tests;

pub use hessian::{DIFFERENCE_STEP, hessian_by_differences};
pub use least_squares::{LeastSquares, minimise};
#[cfg(feature = "quasi-newton")]
pub use quasi_newton::{
    Method, Progress, QuasiNewtonSettings, QuasiNewtonSolution, Value, minimise_by_gradient,
};
#[cfg(feature = "quasi-newton")]
pub use scaled::minimise_scaled;
pub use settings::{Evaluation, Mistake, Reason, Settings, Solution, Step};
