//! Scores of a survey's observations: what each of them says about the parameters.
//!
//! Observation n of market t with the choice j has the probability
//!
//! `P_n = sum_{i in I_n} w_i s_ij w_dij / sum_t sum_i w_it sum_j s_ijt w_dijt`,
//!
//! where `I_n` are the consumers over whom it is integrated, and its score is `d ln P_n / d theta`, mean
//! utilities following the parameters so that the market's own consumers buy what is observed (Conlon
//! and Gortmaker 2025, section 4). With second choices a choice is a pair. Means of scores over a survey
//! are the moments that use it best.

use std::sync::{Mutex, PoisonError};

use entrant_numeric::dense::Matrix;

use super::bind::{Mistake, survey};
use super::cells::{Bound, Cells, Groups};
use super::dataset::Dataset;
use super::sums::{At, Draw, Summing};
use crate::blp::{Block, Kind, Parameter, Problem, Response, Theta, Workers};

/// A problem at known parameters and mean utilities.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The problem, with the consumers that mean utilities are found with.
    pub problem: &'a Problem,
    /// Values of the parameters that are searched for.
    pub values: &'a [f64],
    /// Mean utilities (rows).
    pub delta: &'a [f64],
}

/// Observations of a survey in one market, each integrated over consumers of its own.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Position of the market in the problem.
    pub market: usize,
    /// Position of the market in the problem of [`Observed`].
    pub consumers: usize,
    /// Number of observations.
    pub count: usize,
    /// Observation of each consumer, below `count` (consumers).
    pub of: Vec<usize>,
    /// What was chosen (observations): a choice, or a pair of choices as a cell of the survey's table.
    /// Every cell when absent.
    pub cell: Option<Vec<usize>>,
}

/// All observations of a survey.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// The problem with the consumers of the observations in place of its own.
    pub problem: &'a Problem,
    /// The survey's weights of these consumers, by market of `problem`.
    pub survey: &'a Dataset,
    /// Observations, market by market.
    pub asked: &'a [Asked],
}

/// Numerators of one market: of each observation and cell the value, then its derivatives.
struct Terms {
    value: Vec<f64>,
    slope: Vec<f64>,
}

/// Scores by market of `observed`: (observations x cells) rows, observation by observation, and a column
/// for each parameter that is searched for. `NaN` where an observation has the probability zero. The
/// survey has the weights of the problem's own consumers; only markets that are asked about count.
///
/// # Errors
///
/// Weights of the wrong size or sign, second choices that the nests do not allow; a market whose mean
/// utilities do not answer to shares.
pub fn scores(
    known: Known<'_>,
    own: &Dataset,
    observed: Observed<'_>,
    workers: &dyn Workers,
) -> Result<Vec<Matrix>, Mistake> {
    let theta = Theta::new(&known.problem.parameters, known.values);
    let count = observed.asked.len();
    let slots: Vec<Mutex<Option<Result<_, Mistake>>>> =
        (0..count).map(|_| Mutex::default()).collect();
    workers.each(count, &|k| {
        let made = market(known, own, observed, &observed.asked[k], &theta);
        *slots[k].lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
    });
    let inner = |s: Mutex<Option<_>>| s.into_inner().unwrap_or_else(PoisonError::into_inner);
    let each = slots.into_iter().filter_map(inner);
    let each = each.collect::<Result<Vec<_>, _>>()?;
    let moving = known.problem.parameters.nonlinear();
    let mut total = Terms {
        value: vec![0.0],
        slope: vec![0.0; moving],
    };
    for (of_market, _) in &each {
        total.value[0] += of_market.value[0];
        for (to, from) in total.slope.iter_mut().zip(&of_market.slope) {
            *to += from;
        }
    }
    let free = known.problem.parameters.free.len();
    Ok(each
        .iter()
        .map(|(_, terms)| logarithmic(terms, &total, free))
        .collect())
}

/// Derivatives of logarithms, less that of the total.
fn logarithmic(terms: &Terms, total: &Terms, free: usize) -> Matrix {
    let moving = total.slope.len();
    let mut out = Matrix::zeros(terms.value.len(), free);
    for (r, value) in terms.value.iter().enumerate() {
        for q in 0..free {
            let (own, all) = if q < moving {
                (terms.slope[r * moving + q], total.slope[q])
            } else {
                (0.0, 0.0)
            };
            let score = own / value - all / total.value[0];
            out.set(r, q, if score.is_finite() { score } else { f64::NAN });
        }
    }
    out
}

/// What one market adds to the denominator, and numerators of its observations.
fn market(
    known: Known<'_>,
    own: &Dataset,
    observed: Observed<'_>,
    asked: &Asked,
    theta: &Theta,
) -> Result<(Terms, Terms), Mistake> {
    let (problem, t) = (known.problem, asked.market);
    let m = &problem.markets[t];
    let delta = problem.in_shocks(&known.delta[m.rows.clone()]);
    let mut block = evaluated(problem, t, theta, &delta);
    let mut response = Response::default();
    if !response.factorise(&mut block, m, theta) {
        let message = format!("market `{}`: shares do not determine mean utilities", m.id);
        return Err(Mistake(message));
    }
    response.mean_utility_jacobian(problem, &mut block, m, theta);
    let at = At {
        problem,
        t,
        theta,
        block: &block,
    };
    let choices = m.products() + 1;
    let cells = |s: super::bind::Survey| Cells::new(s.weights, choices, s.groups);
    let bound = Bound {
        cells: vec![survey(problem, t, own)?.map(cells)],
    };
    let mut summing = Summing::default();
    let sums = summing.of(at, &bound, Some(&response));
    let denominator = Terms {
        value: sums.value,
        slope: sums.slope,
    };
    let given = survey(observed.problem, asked.consumers, observed.survey)?;
    let Some(given) = given.map(cells) else {
        let message = format!("survey `{}` did not go to market `{}`", own.name, m.id);
        return Err(Mistake(message));
    };
    let block = evaluated(observed.problem, asked.consumers, theta, &delta);
    let at = At {
        problem: observed.problem,
        t: asked.consumers,
        theta,
        block: &block,
    };
    let terms = numerators(&mut summing, at, &given, &response, asked)?;
    Ok((denominator, terms))
}

fn evaluated(problem: &Problem, t: usize, theta: &Theta, delta: &[f64]) -> Block {
    let m = &problem.markets[t];
    let mut block = Block::default();
    block.fill_coefficients(problem, m, theta);
    block.fill_exponentials(m, theta, delta);
    block.evaluate(m, theta, delta);
    block.fill_probabilities(m);
    block
}

fn numerators(
    summing: &mut Summing,
    at: At<'_>,
    given: &Cells,
    response: &Response,
    asked: &Asked,
) -> Result<Terms, Mistake> {
    let (m, moving) = (at.market(), response.columns);
    let all = given.table.cells();
    let each = if asked.cell.is_some() { 1 } else { all };
    let within = |cells: &Vec<usize>| cells.len() == asked.count && cells.iter().all(|c| *c < all);
    let sound = asked.of.len() == m.consumers()
        && asked.of.iter().all(|n| *n < asked.count)
        && asked.cell.as_ref().is_none_or(within);
    if !sound {
        let message = format!("market `{}`: observations and consumers do not fit", m.id);
        return Err(Mistake(message));
    }
    let mut out = Terms {
        value: vec![0.0; asked.count * each],
        slope: vec![0.0; asked.count * each * moving],
    };
    let free = &at.problem.parameters.free[..moving];
    let mut tangent = vec![0.0; moving];
    for (i, (n, w)) in asked.of.iter().zip(&m.consumers.weight).enumerate() {
        summing.draw.fill(at, i);
        summing.fill_tangents(at, response, i);
        if let Some(groups) = &given.groups {
            summing.draw.fill_removed(groups);
        }
        let (draw, tangents) = (&summing.draw, &summing.tangents[..]);
        let groups = given.groups.as_deref();
        let pairs = groups.map(|groups| Pairs::new(groups, draw, tangents, free));
        let (by, row) = given.table.row(i);
        let one = asked.cell.as_ref().map(|cells| cells[*n]);
        for cell in one.map_or(0..all, |c| c..c + 1) {
            let weight = w * by * row[cell];
            if weight == 0.0 {
                continue;
            }
            let p = match &pairs {
                Some(pairs) => pairs.at(cell, &mut tangent),
                None => single(draw, tangents, cell, &mut tangent),
            };
            let to = n * each + if asked.cell.is_some() { 0 } else { cell };
            out.value[to] += weight * p;
            let slope = &mut out.slope[to * moving..(to + 1) * moving];
            for (s, d) in slope.iter_mut().zip(&tangent) {
                *s += weight * d;
            }
        }
    }
    Ok(out)
}

/// The probability of a choice, and its derivatives.
fn single(draw: &Draw, tangents: &[f64], cell: usize, tangent: &mut [f64]) -> f64 {
    let choices = draw.s.len();
    let each = tangents.chunks_exact(choices);
    each.zip(tangent).for_each(|(d, to)| *to = d[cell]);
    draw.s[cell]
}

/// Probabilities of pairs of choices of one consumer.
struct Pairs<'a> {
    groups: &'a Groups,
    draw: &'a Draw,
    tangents: &'a [f64],
    free: &'a [Parameter],
    /// By how much what is chosen of each group and of its nest moves (parameters x groups).
    moved: Vec<[f64; 2]>,
}

impl<'a> Pairs<'a> {
    fn new(groups: &'a Groups, draw: &'a Draw, tangents: &'a [f64], free: &'a [Parameter]) -> Self {
        let choices = draw.s.len();
        let mut moved = vec![[0.0; 2]; free.len() * groups.count];
        for (d, to) in tangents
            .chunks_exact(choices)
            .zip(moved.chunks_exact_mut(groups.count))
        {
            for (d, h) in d.iter().zip(&groups.of) {
                to[*h][0] += d;
            }
            for (to, inside) in to.iter_mut().zip(&groups.inside) {
                if let Some(inside) = inside {
                    to[1] = d[inside.nest.clone()].iter().sum();
                }
            }
        }
        Pairs {
            groups,
            draw,
            tangents,
            free,
            moved,
        }
    }

    /// `s_j s_k f_jk` of a pair of different groups, and its derivatives.
    fn at(&self, cell: usize, tangent: &mut [f64]) -> f64 {
        let s = &self.draw.s;
        let (j, k) = (cell / s.len(), cell % s.len());
        let h = self.groups.of[j];
        let inside = self.groups.inside[h].as_ref();
        let near = inside.is_some_and(|i| i.nest.contains(&k));
        let removed = self.draw.removed[h];
        let gain = if near { removed.near } else { removed.far };
        let rows = self.tangents.chunks_exact(s.len()).zip(self.free);
        for ((d, parameter), (q, to)) in rows.zip(tangent.iter_mut().enumerate()) {
            let [of_group, of_nest] = self.moved[q * self.groups.count + h];
            let mut moved = gain.by_group * of_group + gain.by_nest * of_nest;
            if let (Kind::Rho { group }, Some(inside)) = (parameter.kind, inside)
                && inside.rho == group
            {
                moved += gain.by_rho;
            }
            *to = (d[j] * s[k] + s[j] * d[k]) * gain.value + s[j] * s[k] * moved;
        }
        s[j] * s[k] * gain.value
    }
}
