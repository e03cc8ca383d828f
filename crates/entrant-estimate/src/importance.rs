//! Importance sampling of consumers (Berry, Levinsohn and Pakes 1995, section 6).
//!
//! Where few consumers buy anything, most draws say little about who buys what. Draws accepted with
//! the probability of buying at first estimates, and weighted by its inverse, say more: the same
//! integrals, with less noise.

use entrant_data::InputError;
use entrant_numeric::random::Stream;

use crate::blp::{Block, Consumers, MarketData, Problem, Theta};
use crate::gmm::Fit;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportanceSettings {
    /// Consumers in each market.
    pub draws: usize,
    /// Seed; each market has a stream of its own.
    pub seed: u64,
    /// Who may be drawn.
    pub candidates: Candidates,
}

/// Who may be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Candidates {
    /// The problem's own consumers, with replacement.
    Own,
    /// New ones with standard normal draws of tastes, and no demographics.
    Normal,
}

/// Candidates that are drawn at once.
const BATCH: usize = 256;
/// Most candidates for each consumer that is wanted.
const PATIENCE: usize = 100_000;

/// The problem with consumers drawn with the probability of buying at the estimates, with weights
/// `(1 - s_0) / (1 - s_i0) / draws`, which sum to one up to the noise of the draws.
/// A problem without random coefficients has one consumer, and stays as it is.
///
/// # Errors
///
/// A market in which too few candidates buy anything.
pub fn importance_sample(
    problem: &Problem,
    fit: &Fit,
    settings: ImportanceSettings,
) -> Result<Problem, Vec<InputError>> {
    let mut out = problem.clone();
    if problem.random_names.is_empty() {
        return Ok(out);
    }
    let theta = Theta::new(&problem.parameters, &fit.values);
    let mut buyers = Buyers {
        problem,
        theta: &theta,
        block: Block::default(),
    };
    for (t, m) in problem.markets.iter().enumerate() {
        let mut stream = Stream::new(settings.seed, "importance sampling", t as u64);
        let delta = problem.in_shocks(&fit.at.delta[m.rows.clone()]);
        let drawn = match settings.candidates {
            Candidates::Own => buyers.resampled(m, &delta, settings.draws, &mut stream),
            Candidates::Normal => buyers.drawn(m, &delta, settings.draws, &mut stream)?,
        };
        out.markets[t].consumers = drawn;
    }
    Ok(out)
}

/// Who buys anything, at given parameters.
struct Buyers<'a> {
    problem: &'a Problem,
    theta: &'a Theta,
    block: Block,
}

impl Buyers<'_> {
    /// Probability that each consumer of a market buys anything (consumers).
    fn inside(&mut self, m: &MarketData, delta: &[f64]) -> Vec<f64> {
        let block = &mut self.block;
        block.fill_coefficients(self.problem, m, self.theta);
        block.fill_exponentials(m, self.theta, delta);
        block.evaluate(m, self.theta, delta);
        block.fill_probabilities(m);
        let rows = block.p.chunks(m.stride).take(m.consumers());
        rows.map(|p| p[..m.products()].iter().sum()).collect()
    }

    /// Consumers of the market, drawn with replacement with probability `w_i (1 - s_i0)`.
    fn resampled(
        &mut self,
        m: &MarketData,
        delta: &[f64],
        draws: usize,
        stream: &mut Stream,
    ) -> Consumers {
        let inside = self.inside(m, delta);
        let weighted = m.consumers.weight.iter().zip(&inside).map(|(w, s)| w * s);
        let cumulated: Vec<f64> = weighted
            .scan(0.0, |sum, x| {
                *sum += x;
                Some(*sum)
            })
            .collect();
        let all = cumulated.last().copied().unwrap_or(0.0);
        let last = cumulated.len().saturating_sub(1);
        let chosen: Vec<usize> = (0..draws)
            .map(|_| {
                let u = all * stream.uniform();
                cumulated.partition_point(|c| *c <= u).min(last)
            })
            .collect();
        let accepted: Vec<f64> = chosen.iter().map(|i| inside[*i]).collect();
        Consumers {
            weight: weights(m, &accepted),
            ..m.consumers.only(&chosen)
        }
    }

    /// New normal draws, each accepted with probability `1 - s_i0`.
    fn drawn(
        &mut self,
        m: &MarketData,
        delta: &[f64],
        draws: usize,
        stream: &mut Stream,
    ) -> Result<Consumers, Vec<InputError>> {
        let columns = m.consumers.nodes.len() / m.consumers();
        let mut candidates = m.clone();
        candidates.consumers.weight = vec![1.0 / BATCH as f64; BATCH];
        let (mut nodes, mut accepted) = (Vec::new(), Vec::new());
        let mut tried = 0;
        while accepted.len() < draws {
            if tried >= PATIENCE * draws {
                return Err(vec![too_few(m, draws, accepted.len(), tried)]);
            }
            candidates.consumers.nodes = (0..BATCH * columns).map(|_| stream.normal()).collect();
            let inside = self.inside(&candidates, delta);
            for (node, s) in candidates.consumers.nodes.chunks(columns).zip(inside) {
                tried += 1;
                if stream.uniform() < s && accepted.len() < draws {
                    nodes.extend_from_slice(node);
                    accepted.push(s);
                }
            }
        }
        Ok(Consumers {
            weight: weights(m, &accepted),
            nodes,
            ..Consumers::default()
        })
    }
}

/// `(1 - s_0) / (1 - s_i0) / I` (consumers).
fn weights(m: &MarketData, inside: &[f64]) -> Vec<f64> {
    let bought: f64 = m.share.iter().sum();
    let by = bought / inside.len() as f64;
    inside.iter().map(|s| by / s).collect()
}

fn too_few(m: &MarketData, draws: usize, accepted: usize, tried: usize) -> InputError {
    let message = format!(
        "in market `{}` {accepted} of {tried} candidates buy anything at the first estimates; {draws} are needed",
        m.id
    );
    let hint = "ask for fewer draws, or estimate without importance sampling";
    InputError::at("estimate.importance.draws", message)
        .value(draws.to_string())
        .hint(hint)
}
