//! Small systems of equations in the least-squares sense, by a damped secant Gauss-Newton.

use crate::linalg;

/// How a solve ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RootSolution {
    /// The point.
    pub x: Vec<f64>,
    /// Residuals there.
    pub residual: Vec<f64>,
    /// Jacobian in use at the end, row-major (residuals x unknowns).
    pub jacobian: Vec<f64>,
    /// Number of residual evaluations.
    pub evaluations: usize,
    /// Whether the residuals vanish, or their sum of squares cannot be lowered.
    pub converged: bool,
}

/// When to stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RootSettings {
    /// Largest absolute residual of a solution.
    pub tolerance: f64,
    /// Largest step, relative to `1 + |x|`, at which an over-determined solve has settled.
    pub step_tolerance: f64,
    /// Largest number of iterations.
    pub iterations: usize,
    /// Largest change of any unknown in one step.
    pub trust: f64,
}

impl Default for RootSettings {
    fn default() -> Self {
        RootSettings {
            tolerance: 1e-11,
            step_tolerance: 1e-9,
            iterations: 60,
            trust: 1.0,
        }
    }
}

/// Jacobian of `f` at `x` by central differences with step `h` per unknown, row-major; one-sided
/// where `f` has a value on one side only.
///
/// `None` when `f` fails on both sides of some unknown.
pub fn difference_jacobian(
    f: &mut impl FnMut(&[f64]) -> Option<Vec<f64>>,
    x: &[f64],
    residuals: usize,
    h: f64,
) -> Option<Vec<f64>> {
    let mut jacobian = vec![0.0; residuals * x.len()];
    for k in 0..x.len() {
        let mut shifted = x.to_vec();
        shifted[k] = x[k] + h;
        let above = f(&shifted);
        shifted[k] = x[k] - h;
        let (above, below, width) = match (above, f(&shifted)) {
            (Some(above), Some(below)) => (above, below, 2.0 * h),
            (Some(above), None) => (above, f(x)?, h),
            (None, Some(below)) => (f(x)?, below, h),
            (None, None) => return None,
        };
        for r in 0..residuals {
            jacobian[r * x.len() + k] = (above[r] - below[r]) / width;
        }
    }
    Some(jacobian)
}

/// Minimises `|f(x)|^2` from `x`; zero residuals where the system allows.
///
/// `f` returns `None` where it has no value (the step is then halved). Broyden's update keeps
/// the Jacobian current; it is recomputed by differences when progress stalls. `jacobian` may
/// pass the Jacobian of a nearby problem to save its evaluation.
pub fn gauss_newton(
    f: &mut impl FnMut(&[f64]) -> Option<Vec<f64>>,
    start: &[f64],
    jacobian: Option<&[f64]>,
    settings: RootSettings,
) -> Option<RootSolution> {
    let mut state = State::new(f, start, jacobian)?;
    for _ in 0..settings.iterations {
        if state.largest_residual() <= settings.tolerance {
            state.converged = true;
            break;
        }
        let Some(step) = state.step(settings.trust) else {
            break;
        };
        let fresh = state.fresh;
        if state.try_step(f, &step) {
            // A small step by an old Jacobian proves nothing where residuals do not vanish.
            if state.settled(&step, settings) && (fresh || !state.refresh(f)) {
                state.converged = true;
                break;
            }
        } else if !state.refresh(f) {
            // A fresh Jacobian finds no descent: a local minimum of the sum of squares.
            state.converged = state.x.len() < state.residual.len();
            break;
        }
    }
    state.converged |= state.largest_residual() <= settings.tolerance;
    Some(state.finish())
}

struct State {
    x: Vec<f64>,
    residual: Vec<f64>,
    jacobian: Vec<f64>,
    fresh: bool,
    evaluations: usize,
    converged: bool,
}

impl State {
    fn new(
        f: &mut impl FnMut(&[f64]) -> Option<Vec<f64>>,
        start: &[f64],
        jacobian: Option<&[f64]>,
    ) -> Option<State> {
        let residual = f(start)?;
        let mut state = State {
            x: start.to_vec(),
            residual,
            jacobian: jacobian.map(<[f64]>::to_vec).unwrap_or_default(),
            fresh: false,
            evaluations: 1,
            converged: false,
        };
        if jacobian.is_none() && !state.refresh(f) {
            return None;
        }
        Some(state)
    }

    fn largest_residual(&self) -> f64 {
        self.residual.iter().fold(0.0, |m: f64, r| m.max(r.abs()))
    }

    fn step(&self, trust: f64) -> Option<Vec<f64>> {
        let negative: Vec<f64> = self.residual.iter().map(|r| -r).collect();
        let n = self.x.len();
        let step = if self.residual.len() == n {
            linalg::solve(&self.jacobian, &negative)?
        } else {
            linalg::least_squares_step(&self.jacobian, &negative, n)?
        };
        let largest = step.iter().fold(0.0, |m: f64, s| m.max(s.abs()));
        let scale = if largest > trust {
            trust / largest
        } else {
            1.0
        };
        Some(step.iter().map(|s| s * scale).collect())
    }

    /// Takes the step, halved until the sum of squares falls; Broyden-updates the Jacobian.
    fn try_step(&mut self, f: &mut impl FnMut(&[f64]) -> Option<Vec<f64>>, step: &[f64]) -> bool {
        let before = sum_of_squares(&self.residual);
        let mut scale = 1.0;
        for _ in 0..8 {
            let x: Vec<f64> = self
                .x
                .iter()
                .zip(step)
                .map(|(x, s)| x + scale * s)
                .collect();
            self.evaluations += 1;
            if let Some(residual) = f(&x).filter(|r| sum_of_squares(r) < before) {
                self.broyden(&x, &residual);
                self.x = x;
                self.residual = residual;
                return true;
            }
            scale *= 0.35;
        }
        false
    }

    fn broyden(&mut self, x: &[f64], residual: &[f64]) {
        let n = self.x.len();
        let dx: Vec<f64> = x.iter().zip(&self.x).map(|(a, b)| a - b).collect();
        let norm = sum_of_squares(&dx);
        if norm == 0.0 {
            return;
        }
        for r in 0..residual.len() {
            let row = &mut self.jacobian[r * n..(r + 1) * n];
            let predicted: f64 = row.iter().zip(&dx).map(|(j, d)| j * d).sum();
            let miss = residual[r] - self.residual[r] - predicted;
            row.iter_mut()
                .zip(&dx)
                .for_each(|(j, d)| *j += miss * d / norm);
        }
        self.fresh = false;
    }

    /// Recomputes the Jacobian; false when it was fresh already or cannot be had.
    fn refresh(&mut self, f: &mut impl FnMut(&[f64]) -> Option<Vec<f64>>) -> bool {
        if self.fresh {
            return false;
        }
        let Some(jacobian) = difference_jacobian(f, &self.x, self.residual.len(), 1e-5) else {
            return false;
        };
        self.evaluations += 2 * self.x.len();
        self.jacobian = jacobian;
        self.fresh = true;
        true
    }

    fn settled(&self, step: &[f64], settings: RootSettings) -> bool {
        self.residual.len() > self.x.len()
            && step
                .iter()
                .zip(&self.x)
                .all(|(s, x)| s.abs() <= settings.step_tolerance * (1.0 + x.abs()))
    }

    fn finish(self) -> RootSolution {
        RootSolution {
            x: self.x,
            residual: self.residual,
            jacobian: self.jacobian,
            evaluations: self.evaluations,
            converged: self.converged,
        }
    }
}

fn sum_of_squares(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum()
}

/// Root of a function that falls from positive to negative on `[low, high]`, by bisection with
/// secant steps (the Illinois variant of regula falsi), to full precision.
pub fn decreasing_root(mut f: impl FnMut(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let (mut f_low, mut f_high) = (f(low), f(high));
    if f_low <= 0.0 {
        return low;
    }
    if f_high >= 0.0 {
        return high;
    }
    let mut side = 0;
    for _ in 0..200 {
        let x = (low * f_high - high * f_low) / (f_high - f_low);
        let x = if x > low && x < high {
            x
        } else {
            f64::midpoint(low, high)
        };
        let fx = f(x);
        if fx == 0.0 || high - low <= 4e-16 * (low.abs() + high.abs()) {
            return x;
        }
        if fx > 0.0 {
            (low, f_low) = (x, fx);
            f_high *= if side == 1 { 0.5 } else { 1.0 };
            side = 1;
        } else {
            (high, f_high) = (x, fx);
            f_low *= if side == -1 { 0.5 } else { 1.0 };
            side = -1;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn square_system_is_solved() {
        let mut f = |x: &[f64]| Some(vec![x[0] * x[0] + x[1] - 3.0, x[0] - x[1] + 1.0]);
        let s = gauss_newton(&mut f, &[0.3, 0.3], None, RootSettings::default()).expect("starts");
        assert!(s.converged && (s.x[0] - 1.0).abs() < 1e-10 && (s.x[1] - 2.0).abs() < 1e-10);
    }

    #[test]
    fn over_determined_system_finds_the_least_squares_point() {
        // Minimise (x-1)^2 + (x-2)^2 + (2x-3.3)^2: derivative zero at x = (1 + 2 + 6.6) / 6.
        let mut f = |x: &[f64]| Some(vec![x[0] - 1.0, x[0] - 2.0, 2.0 * x[0] - 3.3]);
        let s = gauss_newton(&mut f, &[0.0], None, RootSettings::default()).expect("starts");
        assert!(s.converged && (s.x[0] - 1.6).abs() < 1e-8);
    }

    #[test]
    fn a_wrong_jacobian_does_not_settle_at_a_wrong_point() {
        // Residuals that do not vanish, and the Jacobian of a quite different problem.
        let mut f = |x: &[f64]| {
            Some(vec![
                x[0] - 1.0,
                x[0] * x[0] - 2.0,
                x[1] - 3.0 * x[0],
                x[1] - 2.0,
            ])
        };
        let wrong = [1.0, 0.5, 0.0, 0.3, 1.0, 1.0, -0.4, 1.0];
        let s = gauss_newton(&mut f, &[0.5, 0.5], Some(&wrong), RootSettings::default())
            .expect("starts");
        let r = f(&s.x).expect("a value");
        let normal = [r[0] + 2.0 * s.x[0] * r[1] - 3.0 * r[2], r[2] + r[3]];
        // Steps below 1e-9 leave a gradient of as little.
        assert!(
            s.converged && normal.iter().all(|g| g.abs() < 1e-7),
            "{normal:?} at {:?}",
            s.x
        );
    }

    #[test]
    fn differences_are_one_sided_at_the_edge() {
        let mut f = |x: &[f64]| (x[0] >= 0.0).then(|| vec![3.0 * x[0]]);
        let jacobian = difference_jacobian(&mut f, &[0.0], 1, 1e-5).expect("one side works");
        assert!((jacobian[0] - 3.0).abs() < 1e-10);
    }

    #[test]
    fn bracketed_root() {
        let r = decreasing_root(|x| 2.0 - x * x * x, 0.0, 10.0);
        assert!((r - 2f64.cbrt()).abs() < 1e-15);
    }
}
