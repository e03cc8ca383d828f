//! Whether substitution departs from that of a plain logit.

use entrant_data::spec::ErrorStructure;
use entrant_numeric::dense::{self, Matrix};
use entrant_numeric::vector;

use super::linear::{self, Annihilator};
use super::outcome::TestResult;
use crate::blp::Problem;
use crate::gmm::EstimationSettings;

const MEANING: &str = "instruments of product differentiation do not enter a logit: substitution follows shares alone; unless this is rejected the spread of tastes is not identified by them";

/// The test of independence of irrelevant alternatives (Gandhi and Houde 2020, section 4): in
/// `ln(s_j / s_0)` on characteristics, price and the instruments `extra`, with price (and the
/// within-nest share) instrumented by the other instruments, do the extra instruments enter?
/// Wald, with the errors of the estimation.
///
/// `extra` are columns of the demand instruments. Undefined when none is given, or when the
/// others are fewer than the endogenous regressors.
pub fn iia(problem: &Problem, settings: &EstimationSettings, extra: &[usize]) -> TestResult {
    let side = &problem.demand;
    let out = Annihilator::new(side, &side.x.select(&linear::exogenous_columns(side)));
    let excluded = linear::excluded(side);
    let within = |c: &usize| *c < excluded;
    let rest: Vec<usize> = (0..excluded).filter(|c| !extra.contains(c)).collect();
    let (endogenous, _) = linear::endogenous(problem);
    if extra.is_empty() || !extra.iter().all(within) || rest.len() < endogenous.columns {
        return TestResult::undefined(f64::NAN, extra.len(), MEANING);
    }
    let entering = out.left(&side.z.select(extra));
    let x = out.left(&endogenous).beside(&entering);
    let z = dense::orthonormal_basis(&out.left(&side.z.select(&rest)).beside(&entering));
    let y = out.left_of(&linear::logit_utility(problem));
    let Some((b, covariance)) = two_stage(problem, &y, &x, &z, settings.errors) else {
        return TestResult::undefined(f64::NAN, extra.len(), MEANING);
    };
    let k = endogenous.columns;
    let mut pick = Matrix::zeros(extra.len(), x.columns);
    for c in 0..extra.len() {
        pick.set(c, k + c, 1.0);
    }
    let tested = super::wald::wald(&b[k..], &pick, &covariance);
    TestResult {
        meaning: MEANING,
        ..tested
    }
}

/// Two-stage least squares with instruments that are orthonormal; coefficients and their
/// covariance. `None` when the instruments do not identify them.
pub(super) fn two_stage(
    problem: &Problem,
    y: &[f64],
    x: &Matrix,
    z: &Matrix,
    structure: ErrorStructure,
) -> Option<(Vec<f64>, Matrix)> {
    let first = z.transpose_times(x);
    let (inverse, rank) = dense::symmetric_pseudo_inverse(&first.transpose_times(&first));
    if rank < x.columns {
        return None;
    }
    let b = inverse.apply(&first.transpose_apply(&z.transpose_apply(y)));
    let mut u = y.to_vec();
    vector::add_scaled(&mut u, -1.0, &x.apply(&b));
    let meat = linear::meat(problem, &z.times(&first), &u, structure);
    Some((b, inverse.times(&meat).times(&inverse).symmetric()))
}
