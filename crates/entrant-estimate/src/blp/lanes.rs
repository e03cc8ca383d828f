//! Eight small markets at once, one in each lane of a vector.
//!
//! Every lane does what its market would do alone, bit by bit, so that nothing depends on which
//! markets stand together. A market that needs more than accelerated steps and one Newton step is
//! left to the general code.

use entrant_numeric::lanes::{self, Anderson, Eight, WIDTH, ZERO};

use super::block::Block;
use super::evaluate::{Counters, MarketState, Wanted};
use super::inversion::{ENOUGH, MEMORY, NEWTON_FROM, PATIENCE};
use super::market::MarketData;
use super::problem::Problem;
use super::response::{coefficient_of, is_flat, shift};
use super::theta::Theta;

/// Largest number of products, and of products times consumers, that lanes are quicker with.
const PRODUCTS: usize = 40;
const CELLS: usize = 6000;
/// Evaluations after which a market is left to the general code.
const LIMIT: usize = 100;
/// Differences of mean utilities beyond which factors are no longer safe.
const FAR: f64 = 100.0;

/// Markets that are computed together.
pub(super) type Group = Vec<usize>;

/// Whether a market may stand in a lane.
fn fits(m: &MarketData) -> bool {
    let cells = m.products() * m.consumers();
    is_flat(m)
        && m.consumers.log_availability.is_empty()
        && (1..=PRODUCTS).contains(&m.products())
        && (1..=CELLS).contains(&cells)
}

/// Whether nothing but mean utilities is asked for.
fn sides_fit(problem: &Problem) -> bool {
    problem.supply.is_none() && problem.micro.is_none()
}

/// Markets in groups of up to eight of one size; those that fit no lane by themselves.
pub(super) fn groups(problem: &Problem) -> Vec<Group> {
    let size = |t: usize| {
        let m = &problem.markets[t];
        (sides_fit(problem) && fits(m)).then(|| (m.products(), m.consumers()))
    };
    let mut groups: Vec<Group> = Vec::new();
    for t in 0..problem.markets.len() {
        match groups.last_mut() {
            Some(last) if size(t).is_some() && size(last[0]) == size(t) && last.len() < WIDTH => {
                last.push(t);
            }
            _ => groups.push(vec![t]),
        }
    }
    groups
}

/// Whether a group is computed in lanes.
pub(super) fn applies(problem: &Problem, group: &[usize]) -> bool {
    sides_fit(problem) && group.iter().all(|t| fits(&problem.markets[*t]))
}

/// Memory of one worker.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    block: Block,
    coefficient: Vec<Eight>,
    slope: Vec<Eight>,
    x: Vec<Eight>,
    weight: Vec<Eight>,
    share: Vec<Eight>,
    target: Vec<Eight>,
    base: Vec<Eight>,
    delta: Vec<Eight>,
    best: Vec<Eight>,
    step: Vec<Eight>,
    gap: Vec<Eight>,
    factor: Vec<Eight>,
    e: Vec<Eight>,
    rest: Vec<Eight>,
    scale: Vec<Eight>,
    fitted: Vec<Eight>,
    p: Vec<Eight>,
    a: Vec<Eight>,
    means: Vec<Eight>,
    shifts: Vec<Eight>,
    d_delta: Vec<Eight>,
    anderson: Anderson,
}

/// How each lane's inversion stands.
struct Standing {
    best: Eight,
    stale: [usize; WIDTH],
    evaluations: [usize; WIDTH],
    done: [bool; WIDTH],
    lost: [bool; WIDTH],
}

fn sized(v: &mut Vec<Eight>, n: usize) {
    v.clear();
    v.resize(n, ZERO);
}

impl Lanes {
    /// The markets of a group, `None` for those that are left to the general code.
    pub(super) fn compute(
        &mut self,
        problem: &Problem,
        theta: &Theta,
        group: &[usize],
        wanted: Wanted,
    ) -> Vec<Option<MarketState>> {
        let markets: [&MarketData; WIDTH] =
            std::array::from_fn(|l| &problem.markets[group[l.min(group.len() - 1)]]);
        self.gather(problem, theta, &markets);
        let outside = self.start(&markets);
        let standing = self.invert(&outside);
        let (definite, residual) = self.newton();
        let columns = if wanted.jacobian {
            self.mean_utility_jacobian(problem, &markets)
        } else {
            0
        };
        let n = markets[0].products();
        let column = |v: &[Eight], l: usize| v.iter().map(|e| e[l]).collect::<Vec<f64>>();
        let one = |l: usize| {
            let good = !standing.lost[l] && definite[l] && residual[l] <= wanted.tolerance;
            good.then(|| MarketState {
                delta: column(&self.delta, l),
                d_delta: column(&self.d_delta[..n * columns], l),
                residual: residual[l],
                counters: Counters {
                    share_evaluations: standing.evaluations[l] + 2,
                    factorisations: 1,
                    bounded_costs: 0,
                },
                ..MarketState::default()
            })
        };
        (0..group.len()).map(one).collect()
    }

    /// Coefficients, characteristics, weights and shares, lane by lane.
    fn gather(&mut self, problem: &Problem, theta: &Theta, markets: &[&MarketData; WIDTH]) {
        let m = markets[0];
        let (n, rows, k) = (m.products(), m.consumers(), m.coefficients());
        for (v, size) in [
            (&mut self.coefficient, rows * k),
            (&mut self.slope, rows * k),
            (&mut self.x, k * n),
            (&mut self.weight, rows),
            (&mut self.share, n),
        ] {
            v.resize(size, ZERO);
        }
        for (l, m) in markets.iter().enumerate() {
            let put = |out: &mut [Eight], from: &[f64]| {
                out.iter_mut().zip(from).for_each(|(o, v)| o[l] = *v);
            };
            self.block.fill_coefficients(problem, m, theta);
            put(&mut self.coefficient, &self.block.coefficient);
            put(&mut self.slope, &self.block.slope);
            put(&mut self.weight, &m.consumers.weight);
            put(&mut self.share, &m.share);
            for r in 0..k {
                put(&mut self.x[r * n..(r + 1) * n], m.x2(r));
            }
        }
        for v in [
            &mut self.target,
            &mut self.base,
            &mut self.delta,
            &mut self.best,
            &mut self.step,
            &mut self.gap,
            &mut self.factor,
            &mut self.fitted,
        ] {
            sized(v, n);
        }
        self.e.resize(rows * n, ZERO);
        self.p.resize(rows * n, ZERO);
        self.rest.resize(rows, ZERO);
        self.scale.resize(rows, ZERO);
    }

    /// Mean utilities of a plain logit; the logarithm of the outside share.
    fn start(&mut self, markets: &[&MarketData; WIDTH]) -> Eight {
        let mut outside = [ZERO];
        lanes::logarithms(&mut outside, &[markets.map(MarketData::outside).into()]);
        lanes::logarithms(&mut self.target, &self.share);
        for (d, t) in self.delta.iter_mut().zip(&self.target) {
            for l in 0..WIDTH {
                d[l] = t[l] - outside[0][l];
            }
        }
        self.base.copy_from_slice(&self.delta);
        let (e, rest) = (&mut self.e, &mut self.rest);
        lanes::exponentials(e, rest, &self.base, &self.coefficient, &self.x);
        outside[0]
    }

    /// Shares at the mean utilities; logarithms of the outside share's.
    fn evaluate(&mut self) -> Eight {
        lanes::exp_of_difference(&mut self.factor, &self.delta, &self.base);
        let outside = lanes::mixture(
            &self.e,
            &self.factor,
            &self.rest,
            &self.weight,
            &mut self.scale,
            &mut self.fitted,
        );
        let mut log = [ZERO];
        lanes::logarithms(&mut log, &[outside]);
        log[0]
    }

    /// The accelerated mapping of [`super::inversion`], until no lane gains any more.
    fn invert(&mut self, target_outside: &Eight) -> Standing {
        let mut s = Standing {
            best: [f64::INFINITY; WIDTH].into(),
            stale: [0; WIDTH],
            evaluations: [0; WIDTH],
            done: [false; WIDTH],
            lost: [false; WIDTH],
        };
        self.anderson.begin(self.delta.len(), MEMORY);
        self.best.copy_from_slice(&self.delta);
        for _ in 0..LIMIT {
            let outside = self.evaluate();
            let residual = lanes::log_gap(&mut self.gap, &self.target, &self.fitted);
            self.judge(&mut s, &residual);
            if (0..WIDTH).all(|l| s.done[l] || s.lost[l]) {
                break;
            }
            for (o, g) in self.step.iter_mut().zip(&self.gap) {
                for l in 0..WIDTH {
                    o[l] = g[l] - (target_outside[l] - outside[l]);
                }
            }
            self.anderson.advance(&mut self.delta, &self.step);
        }
        for l in 0..WIDTH {
            s.lost[l] |= !s.done[l];
        }
        self.delta.copy_from_slice(&self.best);
        s
    }

    /// Keeps the best mean utilities of every lane, and says which lanes are done or lost.
    fn judge(&mut self, s: &mut Standing, residual: &Eight) {
        let moved = lanes::farthest(&self.delta, &self.base);
        let mut better = [false; WIDTH];
        for l in 0..WIDTH {
            if s.done[l] || s.lost[l] {
                continue;
            }
            s.evaluations[l] += 1;
            better[l] = residual[l] < s.best[l];
            let much = residual[l] < 0.9 * s.best[l];
            s.stale[l] = if much { 0 } else { s.stale[l] + 1 };
            s.best[l] = s.best[l].min(residual[l]);
            s.done[l] = residual[l] <= ENOUGH || (s.best[l] <= NEWTON_FROM && s.stale[l] >= 2);
            s.lost[l] = !s.done[l] && (moved[l] > FAR || s.stale[l] > PATIENCE);
        }
        lanes::copy_where(&mut self.best, &self.delta, better);
    }

    /// One Newton step: which lanes have a definite derivative, and the residuals after it.
    fn newton(&mut self) -> ([bool; WIDTH], Eight) {
        let n = self.delta.len();
        self.evaluate();
        lanes::probabilities(&mut self.p, &self.e, &self.factor, &self.scale);
        self.a.resize(n * n, ZERO);
        lanes::derivative(&mut self.a, &self.p, &self.weight, &self.fitted);
        let definite = lanes::cholesky(&mut self.a, n);
        for ((o, want), have) in self.step.iter_mut().zip(&self.share).zip(&self.fitted) {
            for l in 0..WIDTH {
                o[l] = want[l] - have[l];
            }
        }
        lanes::solve(&self.a, &mut self.step, n, 1);
        for (d, step) in self.delta.iter_mut().zip(&self.step) {
            for l in 0..WIDTH {
                d[l] += step[l];
            }
        }
        self.evaluate();
        let residual = lanes::log_gap(&mut self.gap, &self.target, &self.fitted);
        lanes::probabilities(&mut self.p, &self.e, &self.factor, &self.scale);
        (definite, residual)
    }

    /// `d delta / d theta = -(ds/d delta)^-1 ds/d theta` (products x parameters); the number of
    /// parameters.
    fn mean_utility_jacobian(
        &mut self,
        problem: &Problem,
        markets: &[&MarketData; WIDTH],
    ) -> usize {
        let columns = problem.parameters.nonlinear();
        let m = markets[0];
        let (n, rows, k) = (m.products(), m.consumers(), m.coefficients());
        let free = &problem.parameters.free[..columns];
        let of: Vec<Option<usize>> = free.iter().map(|p| coefficient_of(p.kind)).collect();
        self.shifts.resize(columns * rows, ZERO);
        for (c, (parameter, k_of)) in free.iter().zip(&of).enumerate() {
            let Some(row) = *k_of else { continue };
            for (l, m) in markets.iter().enumerate() {
                for i in 0..rows {
                    let u = shift(&problem.parameters, m, parameter.kind, i);
                    self.shifts[c * rows + i][l] = u * self.slope[i * k + row][l];
                }
            }
        }
        sized(&mut self.means, rows * k);
        if k > 0 {
            lanes::row_means(&mut self.means, &self.p, &self.x, n);
        }
        sized(&mut self.d_delta, n * columns);
        lanes::response(
            &mut self.d_delta,
            (&self.p, &self.weight),
            (&self.x, &self.means),
            &self.shifts,
            &of,
        );
        lanes::solve(&self.a, &mut self.d_delta, n, columns);
        columns
    }
}
