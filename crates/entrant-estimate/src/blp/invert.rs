//! One market's mean utilities in a worker's memory: from its shares, by accelerated steps and Newton's
//! method, or as a caller found them.

use super::evaluate::{Counters, Failure, MarketState, Scratch, Wanted};
use super::inversion::{ENOUGH, FLOOR, Inverted, NEWTON_FROM};
use super::market::MarketData;
use super::own::Inverse;
use super::problem::Problem;
use super::theta::Theta;

/// Most Newton steps, most halvings of one, and its longest element.
const DESCENTS: usize = 200;
const HALVINGS: usize = 40;
const LONGEST: f64 = 5.0;

impl Scratch {
    /// Stands at mean utilities that the caller found, and leaves behind what `invert` does.
    pub(super) fn stand(
        &mut self,
        problem: &Problem,
        m: &MarketData,
        theta: &Theta,
        given: &Inverse,
        state: &mut MarketState,
    ) -> Result<(), Failure> {
        state.counters.share_evaluations += given.evaluations + 1;
        let fits = |d: &&Vec<f64>| d.len() == m.products() && d.iter().all(|v| v.is_finite());
        let delta = given.delta.as_ref().filter(fits);
        let delta = delta.ok_or(Failure::Inversion)?;
        self.delta[..m.products()].copy_from_slice(&problem.in_shocks(delta));
        self.inverter.aim(m);
        self.block.fill_exponentials(m, theta, &self.delta);
        self.block.evaluate(m, theta, &self.delta);
        state.residual = self.inverter.gap(&self.block.share);
        self.block.fill_nested_probabilities(m);
        state.counters.factorisations += 1;
        let solved = self.response.factorise(&mut self.block, m, theta);
        solved.then_some(()).ok_or(Failure::SingularShares)
    }

    /// Inverts shares from given mean utilities (rows of the problem), or where that does not end well from
    /// those of a plain logit.
    pub(super) fn invert_from(
        &mut self,
        problem: &Problem,
        (m, theta): (&MarketData, &Theta),
        wanted: Wanted,
        from: &[f64],
        state: &mut MarketState,
    ) -> Result<(), Failure> {
        let plain = std::mem::take(&mut self.delta);
        self.delta = problem.in_shocks(&from[m.rows.clone()]);
        self.delta.resize(m.stride, 0.0);
        self.invert(m, theta, wanted, state).or_else(|_| {
            self.delta = plain;
            self.invert(m, theta, wanted, state)
        })
    }

    /// Inverts shares, ends with a Newton step, and leaves shares at its end and the factorised
    /// `ds/d delta` behind.
    pub(super) fn invert(
        &mut self,
        m: &MarketData,
        theta: &Theta,
        wanted: Wanted,
        state: &mut MarketState,
    ) -> Result<(), Failure> {
        let (mut enough, mut asked) = (ENOUGH, NEWTON_FROM);
        loop {
            let until = (enough, asked);
            let found: Inverted =
                self.inverter
                    .invert(&mut self.block, m, theta, until, &mut self.delta);
            state.counters.share_evaluations += found.evaluations;
            state.residual = found.residual;
            if found.residual > asked.max(wanted.tolerance) {
                state.residual = self.descend(m, theta, wanted.tolerance, &mut state.counters);
                if state.residual > wanted.tolerance {
                    return Err(Failure::Inversion);
                }
                asked = wanted.tolerance;
            }
            self.block.fill_nested_probabilities(m);
            state.counters.factorisations += 1;
            if !self.response.factorise(&mut self.block, m, theta) {
                return Err(Failure::SingularShares);
            }
            if asked <= wanted.tolerance {
                return Ok(());
            }
            state.residual = self.newton(m, theta);
            state.counters.share_evaluations += 1;
            if state.residual <= wanted.tolerance {
                return Ok(());
            }
            (enough, asked) = (FLOOR, wanted.tolerance);
        }
    }

    /// One Newton step on shares; the residual after it.
    fn newton(&mut self, m: &MarketData, theta: &Theta) -> f64 {
        let mut step = std::mem::take(&mut self.step);
        self.response.newton_step(&self.block, m, &mut step);
        for (d, s) in self.delta.iter_mut().zip(&step) {
            *d += s;
        }
        self.step = step;
        self.block.evaluate(m, theta, &self.delta);
        self.inverter.gap(&self.block.share)
    }

    /// Newton's method with halved steps where the mapping does not get there: observed shares are
    /// the minimum of `sum_i w_i ln(1 + sum_j exp(delta_j + mu_ij)) - S'delta`, which is convex
    /// where weights are positive. Returns the residual.
    fn descend(
        &mut self,
        m: &MarketData,
        theta: &Theta,
        tolerance: f64,
        counters: &mut Counters,
    ) -> f64 {
        for _ in 0..DESCENTS {
            let residual = self.inverter.gap(&self.block.share);
            self.block.fill_nested_probabilities(m);
            counters.factorisations += 1;
            if residual <= tolerance || !self.response.factorise(&mut self.block, m, theta) {
                return residual;
            }
            let mut step = Vec::new();
            self.response.newton_step(&self.block, m, &mut step);
            for s in &mut step {
                *s = s.clamp(-LONGEST, LONGEST);
            }
            if !self.along(m, theta, &step, counters) {
                return self.inverter.gap(&self.block.share);
            }
        }
        self.inverter.gap(&self.block.share)
    }

    /// Moves along a step, halved until the convex function no longer rises steeply at its end;
    /// `false` when it leads nowhere.
    fn along(
        &mut self,
        m: &MarketData,
        theta: &Theta,
        step: &[f64],
        counters: &mut Counters,
    ) -> bool {
        let slope = |share: &[f64]| -> f64 {
            let each = step.iter().zip(&m.share).zip(share);
            each.map(|((p, want), have)| p * (have - want)).sum()
        };
        let before = slope(&self.block.share);
        let from = self.delta.clone();
        let mut length = 1.0;
        for _ in 0..HALVINGS {
            for (d, (f, s)) in self.delta.iter_mut().zip(from.iter().zip(step)) {
                *d = f + length * s;
            }
            self.block.evaluate(m, theta, &self.delta);
            counters.share_evaluations += 1;
            if slope(&self.block.share) <= 0.9 * before.abs() {
                return before < 0.0;
            }
            length *= 0.5;
        }
        false
    }
}
