//! Mean utilities, costs and their derivatives at given parameters, market by market.

use std::sync::{Mutex, PoisonError};

use entrant_numeric::dense::Matrix;

use super::block::{Block, zeroed};
use super::inversion::{Inverter, logit_delta};
use super::lanes::{self, Group, Lanes};
use super::market::MarketData;
use super::own::{Inverse, OwnInversion};
use super::problem::Problem;
use super::response::{Response, is_flat};
use super::supply::{Markups, transformed_costs};
use super::theta::Theta;
use super::workers::Workers;
use crate::micro::{At, MicroMoments, Summing, Sums};

/// What an evaluation is to compute and how exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// Largest `|ln observed - ln fitted|` share at which an inversion is accepted.
    pub tolerance: f64,
    /// Whether derivatives with respect to the parameters are wanted.
    pub jacobian: bool,
}

/// Work done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Share evaluations.
    pub share_evaluations: usize,
    /// Factorisations of `ds/d delta`.
    pub factorisations: usize,
    /// Costs moved to a bound.
    pub bounded_costs: usize,
}

/// One market at given parameters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MarketState {
    /// Mean utilities (products).
    pub delta: Vec<f64>,
    /// Costs or their logarithms; empty without supply (products).
    pub cost: Vec<f64>,
    /// Derivatives of mean utilities (products x parameters that move them).
    pub d_delta: Vec<f64>,
    /// Derivatives of `cost` (products x parameters).
    pub d_cost: Vec<f64>,
    /// Largest `|ln observed - ln fitted|`, recomputed at `delta`.
    pub residual: f64,
    /// What went wrong; `None` when nothing did.
    pub failure: Option<Failure>,
    /// Work done.
    pub counters: Counters,
    /// What it contributes to micro moments.
    pub(crate) micro: Sums,
}

/// Why a market has no answer at given parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No mean utilities give the observed shares within tolerance.
    Inversion,
    /// The derivative of shares with respect to mean utilities is singular.
    SingularShares,
    /// First-order conditions do not determine markups.
    SingularMarkups,
    /// A cost is not positive, and its logarithm is wanted.
    NonpositiveCost,
    /// A micro moment, or its derivative, is not a number.
    MicroMoment,
}

/// All markets at given parameters. Rows are those of the problem.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Mean utilities (rows).
    pub delta: Vec<f64>,
    /// Costs or their logarithms; empty without supply (rows).
    pub cost: Vec<f64>,
    /// Derivatives of mean utilities (rows x parameters that move them); empty when not wanted.
    pub d_delta: Matrix,
    /// Derivatives of `cost` (rows x parameters); empty when not wanted or without supply.
    pub d_cost: Matrix,
    /// Largest inversion residual of all markets.
    pub residual: f64,
    /// First market that has no answer, and why.
    pub failure: Option<(usize, Failure)>,
    /// Work done.
    pub counters: Counters,
    /// Share evaluations of each market.
    pub evaluations: Vec<usize>,
    /// Micro moments; empty where there are none.
    pub micro: MicroMoments,
}

/// Memory of one worker.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) block: Block,
    pub(super) inverter: Inverter,
    pub(super) response: Response,
    markups: Markups,
    pub(super) delta: Vec<f64>,
    linear: Vec<f64>,
    pub(super) step: Vec<f64>,
    lanes: Lanes,
    micro: Summing,
}

/// What is wanted, and the mean utilities (rows; in units of utility) from which it is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begin<'a> {
    pub(super) wanted: Wanted,
    pub(super) from: Option<&'a [f64]>,
    /// What a caller found in its own way (markets); empty without one.
    pub(super) given: &'a [Inverse],
}

/// Evaluates every market at the free parameters `values`.
///
/// Results do not depend on the workers: each market is computed by itself, from the mean
/// utilities of a plain logit.
pub fn evaluate(
    problem: &Problem,
    values: &[f64],
    wanted: Wanted,
    workers: &dyn Workers,
) -> Evaluation {
    let begin = Begin {
        wanted,
        from: None,
        given: &[],
    };
    evaluate_at(problem, values, begin, workers)
}

/// [`evaluate`], with inversions that begin at the mean utilities in `from` (rows; in units of
/// utility): fewer share evaluations where these are close. They change last digits only; a market that
/// cannot be inverted from there is inverted from those of a plain logit.
pub fn evaluate_from(
    problem: &Problem,
    values: &[f64],
    wanted: Wanted,
    workers: &dyn Workers,
    from: &[f64],
) -> Evaluation {
    let begin = Begin {
        wanted,
        from: Some(from),
        given: &[],
    };
    evaluate_at(problem, values, begin, workers)
}

/// [`evaluate`], with mean utilities that a caller finds in its own way. They are taken as they are, and
/// what they leave of the shares is the residual; a market without them, or with ones that are not
/// finite, has failed.
pub fn evaluate_with(
    problem: &Problem,
    values: &[f64],
    wanted: Wanted,
    workers: &dyn Workers,
    own: &OwnInversion,
) -> Evaluation {
    let begin = Begin {
        wanted,
        from: None,
        given: &own.all(problem, values),
    };
    evaluate_at(problem, values, begin, workers)
}

fn evaluate_at(
    problem: &Problem,
    values: &[f64],
    begin: Begin<'_>,
    workers: &dyn Workers,
) -> Evaluation {
    let theta = Theta::new(&problem.parameters, values);
    let slots: Vec<Mutex<MarketState>> = problem.markets.iter().map(|_| Mutex::default()).collect();
    let kept = &problem.markets;
    if lanes::sides_fit(problem) {
        let groups = kept.groups();
        workers.each(groups.len(), &|g| {
            let mut scratch = kept.take_scratch();
            let states = scratch.group(problem, &groups[g], &theta, begin);
            for (t, state) in groups[g].markets.iter().zip(states) {
                *locked(&slots[*t]) = state;
            }
            kept.put_scratch(scratch);
        });
    } else {
        workers.each(kept.len(), &|t| {
            let mut scratch = kept.take_scratch();
            *locked(&slots[t]) = scratch.market(problem, t, &theta, begin);
            kept.put_scratch(scratch);
        });
    }
    gather(
        problem,
        begin.wanted,
        slots
            .into_iter()
            .map(|s| s.into_inner().unwrap_or_else(PoisonError::into_inner)),
    )
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn gather(
    problem: &Problem,
    wanted: Wanted,
    states: impl Iterator<Item = MarketState>,
) -> Evaluation {
    let rows = problem.rows();
    let (moving, all) = (
        problem.parameters.nonlinear(),
        problem.parameters.free.len(),
    );
    let mut out = Evaluation {
        delta: Vec::with_capacity(rows),
        cost: Vec::with_capacity(rows),
        d_delta: Matrix::default(),
        d_cost: Matrix::default(),
        residual: 0.0,
        failure: None,
        counters: Counters::default(),
        evaluations: Vec::new(),
        micro: MicroMoments::default(),
    };
    if wanted.jacobian {
        out.d_delta.data.reserve_exact(rows * moving);
    }
    let mut sums = Vec::with_capacity(problem.markets.len());
    for (t, state) in states.enumerate() {
        out.delta.extend(state.delta);
        out.cost.extend(state.cost);
        out.d_delta.data.extend(state.d_delta);
        out.d_cost.data.extend(state.d_cost);
        out.residual = out.residual.max(state.residual);
        out.failure = out.failure.or(state.failure.map(|f| (t, f)));
        out.evaluations.push(state.counters.share_evaluations);
        out.counters.share_evaluations += state.counters.share_evaluations;
        out.counters.factorisations += state.counters.factorisations;
        out.counters.bounded_costs += state.counters.bounded_costs;
        sums.push(state.micro);
    }
    // Markets are in units of the taste shock, mostly those of utility.
    if problem.scale.to_bits() != 1.0_f64.to_bits() {
        for v in out.delta.iter_mut().chain(&mut out.d_delta.data) {
            *v *= problem.scale;
        }
    }
    if wanted.jacobian && out.failure.is_none() {
        out.d_delta = Matrix::new(rows, moving, out.d_delta.data);
        if problem.supply.is_some() {
            out.d_cost = Matrix::new(rows, all, out.d_cost.data);
        }
    }
    if let (Some(micro), None) = (&problem.micro, out.failure) {
        out.micro = micro.pooled(&sums, moving, wanted.jacobian);
        if !out.micro.is_finite() {
            out.failure = Some((0, Failure::MicroMoment));
        }
    }
    out
}

impl Scratch {
    /// Consumer choices that it has room for.
    pub(super) fn cells(&self) -> usize {
        self.block.cells()
    }

    /// The markets of a group, in lanes where they fit.
    fn group(
        &mut self,
        problem: &Problem,
        group: &Group,
        theta: &Theta,
        begin: Begin<'_>,
    ) -> Vec<MarketState> {
        let found = if begin.given.is_empty() && group.fits {
            self.lanes.compute(problem, theta, group, begin)
        } else {
            vec![None; group.markets.len()]
        };
        let each = group.markets.iter().zip(found);
        each.map(|(t, state)| state.unwrap_or_else(|| self.market(problem, *t, theta, begin)))
            .collect()
    }

    /// One market: coefficients, inversion, derivatives, costs.
    fn market(
        &mut self,
        problem: &Problem,
        t: usize,
        theta: &Theta,
        begin: Begin<'_>,
    ) -> MarketState {
        let m = &problem.markets[t];
        let wanted = begin.wanted;
        let mut state = MarketState::default();
        self.block.fill_coefficients(problem, m, theta);
        self.delta = logit_delta(m, theta);
        let inverted = match (begin.given.get(t), begin.from) {
            (Some(given), _) => self.stand(problem, m, theta, given, &mut state),
            (None, Some(from)) => {
                self.invert_from(problem, (m, theta), begin.wanted, from, &mut state)
            }
            (None, None) => self.invert(m, theta, wanted, &mut state),
        };
        state.failure = inverted.err();
        state.delta = self.delta[..m.products()].to_vec();
        if state.failure.is_none() {
            state.failure = self
                .derivatives(problem, m, theta, wanted, &mut state)
                .err();
        }
        if problem.micro.is_some() && state.failure.is_none() {
            let block = &self.block;
            let at = At {
                problem,
                t,
                theta,
                block,
            };
            let response = wanted.jacobian.then_some(&self.response);
            state.micro = self.micro.sums(at, response);
        }
        state
    }

    fn derivatives(
        &mut self,
        problem: &Problem,
        m: &MarketData,
        theta: &Theta,
        wanted: Wanted,
        state: &mut MarketState,
    ) -> Result<(), Failure> {
        self.response.lean = lanes::sides_fit(problem);
        if !self.response.lean || !is_flat(m) {
            self.block.fill_probabilities(m);
        }
        if wanted.jacobian {
            self.response
                .mean_utility_jacobian(problem, &mut self.block, m, theta);
            self.response.copy_jacobian(m, &mut state.d_delta);
        }
        let Some(side) = &problem.supply else {
            return Ok(());
        };
        self.fill_linear(m, theta);
        if !self.markups.solve(&self.block, m, theta, &self.linear) {
            return Err(Failure::SingularMarkups);
        }
        if wanted.jacobian {
            self.markups
                .jacobian(problem, &self.block, &self.response, m, theta);
        } else {
            self.markups.d_eta.clear();
        }
        let markups = &mut self.markups;
        let eta = &markups.eta[..m.products()];
        let price = &problem.price[m.rows.clone()];
        let moved = transformed_costs(side, price, eta, &mut markups.d_eta, &mut state.cost);
        state.counters.bounded_costs = moved.ok_or(Failure::NonpositiveCost)?;
        state.d_cost.clone_from(&markups.d_eta);
        Ok(())
    }

    /// What the linear part of utility adds to the derivative with respect to price (stride).
    fn fill_linear(&mut self, m: &MarketData, theta: &Theta) {
        zeroed(&mut self.linear, m.stride);
        for (column, beta) in &theta.beta {
            entrant_numeric::vector::add_scaled(&mut self.linear, *beta, m.x1_price(*column));
        }
    }
}
