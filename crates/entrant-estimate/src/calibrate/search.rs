//! The search for parameters that meet the targets, and for others that meet them too.

use entrant_numeric::root::{RootSettings, RootSolution, gauss_newton};

use super::{Calibration, MISFIT_LIMIT, ParameterValue, Problem, Solved, misfit};
use crate::parameters::Theta;
use crate::verdict::as_equilibrium;

/// Difference in the solver's (logarithmic) units above which two solutions are different.
const DISTINCT: f64 = 1e-3;

impl Problem<'_> {
    /// Secant Gauss-Newton from the neighbour's solution, or from several starts: the first point
    /// that meets the targets, else the one that comes closest.
    pub(super) fn search(&self, near: Option<&Calibration>, mut offset: Vec<f64>) -> Solved {
        let mut best: Option<RootSolution> = None;
        let mut others: Vec<Vec<f64>> = Vec::new();
        for (x, jacobian) in self.starts(near) {
            let mut residuals = |x: &[f64]| self.residuals(x, &mut offset);
            let Some(found) = gauss_newton(
                &mut residuals,
                &x,
                jacobian.as_deref(),
                RootSettings::default(),
            ) else {
                continue;
            };
            if best.as_ref().is_some_and(meets) {
                if meets(&found) {
                    others.push(found.x);
                }
            } else if best.as_ref().is_none_or(|b| misfit(&found) < misfit(b)) {
                best = Some(found);
            }
            if near.is_some() && best.as_ref().is_some_and(meets) {
                break;
            }
        }
        let theta = best.as_ref().and_then(|b| self.parameters.theta(&b.x));
        let mut points: Vec<&[f64]> = best.iter().map(|b| b.x.as_slice()).collect();
        let known = points.len();
        for x in &others {
            if points.iter().all(|p| distinct(p, x)) {
                points.push(x);
            }
        }
        let others = points[known..]
            .iter()
            .filter_map(|x| self.parameters.theta(x));
        Solved {
            theta,
            others: others.collect(),
            root: best,
            offset,
            method: "minimum distance",
        }
    }

    fn starts(&self, near: Option<&Calibration>) -> Vec<(Vec<f64>, Option<Vec<f64>>)> {
        let mut starts = Vec::new();
        if let Some(n) = near.filter(|n| n.warm.x.len() == self.parameters.free.len()) {
            let jacobian = (!n.warm.jacobian.is_empty()).then(|| n.warm.jacobian.clone());
            starts.push((n.warm.x.clone(), jacobian));
        }
        let plain = self.parameters.start();
        for shift in [0.0, 1.0, -1.0, 2.0] {
            let moved = |(k, x): (usize, &f64)| {
                if k % 2 == 0 {
                    x + shift
                } else {
                    x - 0.5 * shift
                }
            };
            starts.push((plain.iter().enumerate().map(moved).collect(), None));
        }
        starts
    }

    /// Other solutions at which observed prices are an equilibrium too.
    pub(crate) fn other_solutions(
        &self,
        others: &[Theta],
        offset: &[f64],
    ) -> Vec<Vec<ParameterValue>> {
        let stands = |theta: &&Theta| {
            self.market_at(theta, offset)
                .is_some_and(|(m, d)| as_equilibrium(&m, &d).is_usable())
        };
        others
            .iter()
            .filter(stands)
            .map(|theta| {
                let mut values = self.report_parameters(theta);
                values.retain(|p| p.calibrated);
                values
            })
            .collect()
    }
}

/// Whether a search ended where the targets are met.
fn meets(root: &RootSolution) -> bool {
    root.converged && misfit(root) <= MISFIT_LIMIT
}

/// Whether two points of the solver are different solutions.
fn distinct(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).any(|(a, b)| (a - b).abs() > DISTINCT)
}
