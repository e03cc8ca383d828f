//! Whether estimates depend on the consumers with whom integrals are taken.
//!
//! Too few nodes bias spreads of tastes, shrink standard errors and move the objective (Skrainka
//! and Judd 2011; Conlon and Gortmaker 2020, table B2), and nothing in an estimation's own output
//! shows it. So the model is evaluated at the estimates with other consumers: moments move, and
//! one Gauss-Newton step says how far the estimates would follow.

use entrant_numeric::integration::{Key, Rule, build};
use entrant_numeric::random::Stream;

use crate::blp::{Consumers, Evaluation, Problem, Wanted, Workers, evaluate};
use crate::gmm::{Fit, Moments, Weighting, response};
use crate::post::mean_own_elasticity;

/// Part of a standard error above which a change is worth a warning.
pub const THRESHOLD: f64 = 0.1;

/// The model at the estimates with other consumers.
#[derive(Debug, Clone, PartialEq)]
pub struct Recheck {
    /// Objective with the estimates' weighting matrix, linear parameters solved for again.
    pub objective: f64,
    /// Mean own-price elasticity over all products, at linear parameters solved for again.
    pub elasticity: f64,
    /// Change of the linear parameters: of mean utility, then of cost.
    pub linear: Vec<f64>,
    /// One Gauss-Newton step of all parameters from the estimates: searched ones, then solved
    /// ones (parameters).
    pub step: Vec<f64>,
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    /// Objective at the estimates.
    pub objective: f64,
    /// Mean own-price elasticity at the estimates.
    pub elasticity: f64,
    /// The model with other consumers: once with a finer rule, or once for each half.
    pub rechecks: Vec<Recheck>,
    /// What the consumers add to each estimate: the mean step (parameters). With halves it is the
    /// jackknife's estimate of the bias of integration.
    pub bias: Vec<f64>,
    /// With halves, half the difference of their steps: the size of the noise that the draws
    /// leave in each estimate (parameters). Zero with a rule.
    pub noise: Vec<f64>,
    /// Largest of bias and noise in standard errors, over parameters that have one.
    pub largest: f64,
    /// Parameters with bias or noise above [`THRESHOLD`] standard errors (by position).
    pub flagged: Vec<usize>,
}

/// Evaluates the estimates with nodes by another rule in every market.
///
/// # Errors
///
/// A rule that cannot be built; demographics, which no rule has: [`by_halves`] is for them; no
/// inversion or no linear parameters with the new nodes.
pub fn by_rule(
    problem: &Problem,
    fit: &Fit,
    (rule, size, seed): (Rule, usize, u64),
    workers: &dyn Workers,
) -> Result<Audit, String> {
    if problem.parameters.demographics > 0 {
        return Err("consumers have demographics, which no rule draws".to_owned());
    }
    let dimensions = problem.parameters.node.iter().flatten().count();
    let mut other = problem.clone();
    for (t, m) in other.markets.iter_mut().enumerate() {
        let key = Key {
            seed,
            name: "audit",
            index: t as u64,
        };
        let nodes = build(rule, size, dimensions, key)?;
        m.consumers = Consumers {
            weight: nodes.weights,
            nodes: nodes.points,
            ..Consumers::default()
        };
    }
    let found = recheck(&other, fit, workers)?;
    Ok(concluded(problem, fit, vec![found]))
}

/// Evaluates the estimates with a random half of each market's consumers, and with the other half.
///
/// # Errors
///
/// A market with fewer than two consumers; no inversion or no linear parameters with a half.
pub fn by_halves(
    problem: &Problem,
    fit: &Fit,
    seed: u64,
    workers: &dyn Workers,
) -> Result<Audit, String> {
    let mut halves = [problem.clone(), problem.clone()];
    for (t, m) in problem.markets.iter().enumerate() {
        let n = m.consumers();
        if n < 2 {
            return Err(format!("market {} has {n} consumers", m.id));
        }
        let order = Stream::new(seed, "halves", t as u64).permutation(n);
        let total: f64 = m.consumers.weight.iter().sum();
        for (half, chosen) in halves.iter_mut().zip([&order[..n / 2], &order[n / 2..]]) {
            half.markets[t].consumers = part(&m.consumers, chosen, total);
        }
    }
    let found = halves.iter().map(|half| recheck(half, fit, workers));
    let found: Vec<Recheck> = found.collect::<Result<_, _>>()?;
    Ok(concluded(problem, fit, found))
}

/// Some of a market's consumers, with weights of the same total.
fn part(consumers: &Consumers, chosen: &[usize], total: f64) -> Consumers {
    let mut out = consumers.only(chosen);
    let by = total / out.weight.iter().sum::<f64>();
    for w in &mut out.weight {
        *w *= by;
    }
    out
}

/// The model at the estimates with the consumers of `other`.
fn recheck(other: &Problem, fit: &Fit, workers: &dyn Workers) -> Result<Recheck, String> {
    let wanted = Wanted {
        tolerance: 1e-12,
        jacobian: true,
    };
    let at = evaluate(other, &fit.values, wanted, workers);
    if let Some((t, failure)) = at.failure {
        return Err(format!("market {}: {failure:?}", other.markets[t].id));
    }
    let moments = Moments::new(other);
    let weighting = moments.weighting(fit.weighting.clone());
    let point = moments.point(other, &weighting, &fit.values, &at);
    let linear = point.linear.clone();
    let change = |new: &[f64], old: &[f64]| -> Vec<f64> {
        new.iter().zip(old).map(|(n, o)| n - o).collect()
    };
    let mut moved = change(&linear.beta, &fit.linear.beta);
    moved.extend(change(&linear.gamma, &fit.linear.gamma));
    Ok(Recheck {
        objective: point.residual.iter().map(|r| r * r).sum(),
        elasticity: mean_own_elasticity(other, &fit.values, &linear, &at),
        linear: moved,
        step: gauss_newton(fit, (&moments, &weighting), other, &at),
    })
}

/// `-(G'WG)^-1 G'W gbar` (parameters), from the gradient's part that the other consumers add.
fn gauss_newton(
    fit: &Fit,
    how: (&Moments, &Weighting),
    other: &Problem,
    at: &Evaluation,
) -> Vec<f64> {
    let there = how.0.held(other, &fit.values, &fit.linear, at);
    let step = response(other, how, (at, &there)).apply(&there.mean);
    step.iter().map(|s| -s).collect()
}

fn concluded(problem: &Problem, fit: &Fit, rechecks: Vec<Recheck>) -> Audit {
    let parameters = fit.inference.errors.len();
    let n = rechecks.len() as f64;
    let bias: Vec<f64> = (0..parameters)
        .map(|k| rechecks.iter().map(|r| r.step[k]).sum::<f64>() / n)
        .collect();
    let noise: Vec<f64> = match &rechecks[..] {
        [a, b] => (0..parameters)
            .map(|k| (a.step[k] - b.step[k]).abs() / 2.0)
            .collect(),
        _ => vec![0.0; parameters],
    };
    let size = |k: usize| bias[k].abs().max(noise[k]) / fit.inference.errors[k];
    let known: Vec<usize> = (0..parameters).filter(|k| size(*k).is_finite()).collect();
    Audit {
        objective: fit.objective,
        elasticity: mean_own_elasticity(problem, &fit.values, &fit.linear, &fit.at),
        largest: known.iter().map(|k| size(*k)).fold(0.0, f64::max),
        flagged: known.into_iter().filter(|k| size(*k) > THRESHOLD).collect(),
        rechecks,
        bias,
        noise,
    }
}
