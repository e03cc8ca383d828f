//! Eight small markets at once, one in each lane of a vector.
//!
//! Every lane does what its market would do alone, bit by bit, so that nothing depends on which
//! markets stand together. A market that needs more than accelerated steps and one Newton step is
//! left to the general code.

use entrant_data::spec::CoefficientKind;
use entrant_numeric::lanes::{self, Anderson, Eight, WIDTH, ZERO};

use super::evaluate::{Begin, Counters, MarketState};
use super::inversion::{ENOUGH, MEMORY, NEWTON_FROM, PATIENCE};
use super::market::transform;
use super::problem::Problem;
use super::response::coefficient_of;
use super::theta::Theta;

pub(super) use group::Group;
use group::Sorted;

mod group;

/// Evaluations after which a market is left to the general code.
const LIMIT: usize = 100;
/// Differences of mean utilities beyond which factors are no longer safe.
const FAR: f64 = 100.0;

/// Whether nothing but mean utilities and their derivatives is asked for.
pub(super) fn sides_fit(problem: &Problem) -> bool {
    problem.supply.is_none() && problem.micro.is_none()
}

/// Memory of one worker.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    coefficient: Vec<Eight>,
    slope: Vec<Eight>,
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
    work: Vec<Eight>,
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
        group: &Group,
        begin: Begin<'_>,
    ) -> Vec<Option<MarketState>> {
        let wanted = begin.wanted;
        let sorted = group.sorted(&problem.markets);
        self.fit(sorted);
        self.fill_coefficients(problem, theta, sorted);
        match begin.from {
            Some(from) => self.start_from(problem, group, from),
            None => self.start_plain(sorted),
        }
        self.base.copy_from_slice(&self.delta);
        let (e, rest) = (&mut self.e, &mut self.rest);
        lanes::exponentials(e, rest, &self.base, &self.coefficient, &sorted.x);
        let standing = self.invert(sorted);
        let (definite, residual) = self.newton(sorted);
        let columns = if wanted.jacobian {
            self.mean_utility_jacobian(problem, sorted)
        } else {
            0
        };
        let n = sorted.products;
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
        (0..group.markets.len()).map(one).collect()
    }

    /// Makes room.
    fn fit(&mut self, of: &Sorted) {
        let (n, rows) = (of.products, of.consumers);
        for v in [
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

    /// Random coefficients (consumers x coefficients), and their derivatives with respect to their
    /// indices (coefficients x consumers).
    fn fill_coefficients(&mut self, problem: &Problem, theta: &Theta, of: &Sorted) {
        let (rows, k, d) = (
            of.consumers,
            of.coefficients,
            problem.parameters.demographics,
        );
        sized(&mut self.coefficient, rows * k);
        self.slope.resize(rows * k, ZERO);
        for r in 0..k {
            let mut add = |by: f64, draws: &[Eight]| {
                if by != 0.0 {
                    lanes::add_term(&mut self.coefficient[r..], k, by, draws);
                }
            };
            for s in 0..=r {
                if let Some(node) = problem.parameters.node[s] {
                    add(theta.sigma[r * k + s], of.node(node));
                }
            }
            for b in 0..d {
                add(theta.pi[r * d + b], of.demographic(b));
            }
            let kind = problem.coefficients[r];
            if kind == CoefficientKind::Linear {
                continue;
            }
            let values = self.coefficient[r..].iter_mut().step_by(k);
            for (value, slope) in values.zip(&mut self.slope[r * rows..]) {
                for l in 0..WIDTH {
                    (value[l], slope[l]) = transform(kind, value[l]);
                }
            }
        }
    }

    /// Given mean utilities (rows of the problem).
    fn start_from(&mut self, problem: &Problem, group: &Group, from: &[f64]) {
        for l in 0..WIDTH {
            let t = group.markets[l.min(group.markets.len() - 1)];
            let own = problem.in_shocks(&from[problem.markets[t].rows.clone()]);
            for (d, v) in self.delta.iter_mut().zip(own) {
                d[l] = v;
            }
        }
    }

    /// Mean utilities of a plain logit.
    fn start_plain(&mut self, of: &Sorted) {
        for (d, t) in self.delta.iter_mut().zip(&of.target) {
            for l in 0..WIDTH {
                d[l] = t[l] - of.outside[l];
            }
        }
    }

    /// Shares at the mean utilities; logarithms of the outside share's.
    fn evaluate(&mut self, of: &Sorted) -> Eight {
        lanes::exp_of_difference(&mut self.factor, &self.delta, &self.base);
        let outside = lanes::mixture(
            &self.e,
            &self.factor,
            &self.rest,
            &of.weight,
            &mut self.scale,
            &mut self.fitted,
        );
        let mut log = [ZERO];
        lanes::logarithms(&mut log, &[outside]);
        log[0]
    }

    /// The accelerated mapping of [`super::inversion`], until no lane gains any more.
    fn invert(&mut self, of: &Sorted) -> Standing {
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
            let outside = self.evaluate(of);
            let residual = lanes::log_gap(&mut self.gap, &of.target, &self.fitted);
            self.judge(&mut s, &residual);
            if (0..WIDTH).all(|l| s.done[l] || s.lost[l]) {
                break;
            }
            for (o, g) in self.step.iter_mut().zip(&self.gap) {
                for l in 0..WIDTH {
                    o[l] = g[l] - (of.outside[l] - outside[l]);
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
    fn newton(&mut self, of: &Sorted) -> ([bool; WIDTH], Eight) {
        let n = of.products;
        self.evaluate(of);
        lanes::probabilities(&mut self.p, &self.e, &self.factor, &self.scale);
        self.a.resize(n * n, ZERO);
        lanes::derivative(&mut self.a, &self.p, &of.weight, &self.fitted);
        let definite = lanes::cholesky(&mut self.a, n);
        for ((o, want), have) in self.step.iter_mut().zip(&of.share).zip(&self.fitted) {
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
        self.evaluate(of);
        let residual = lanes::log_gap(&mut self.gap, &of.target, &self.fitted);
        lanes::probabilities(&mut self.p, &self.e, &self.factor, &self.scale);
        (definite, residual)
    }

    /// `d delta / d theta = -(ds/d delta)^-1 ds/d theta` (products x parameters); the number of
    /// parameters.
    fn mean_utility_jacobian(&mut self, problem: &Problem, of: &Sorted) -> usize {
        let columns = problem.parameters.nonlinear();
        let (n, rows, k) = (of.products, of.consumers, of.coefficients);
        let free = &problem.parameters.free[..columns];
        let moves: Vec<Option<usize>> = free.iter().map(|p| coefficient_of(p.kind)).collect();
        self.fill_shifts(problem, of, &moves);
        let by: Vec<&[Eight]> = (free.iter().zip(&moves).enumerate())
            .map(|(c, (parameter, row))| {
                if is_linear(problem, *row) {
                    of.draws(&problem.parameters, parameter.kind)
                } else {
                    &self.shifts[c * rows..(c + 1) * rows]
                }
            })
            .collect();
        sized(&mut self.means, rows * k);
        if k > 0 {
            lanes::row_means(&mut self.means, &self.p, &of.x, n);
        }
        sized(&mut self.d_delta, n * columns);
        self.work.resize(2 * rows, ZERO);
        lanes::response(
            &mut self.d_delta,
            (&self.p, &of.weight),
            (&of.x, &self.means),
            &by,
            &moves,
            &mut self.work,
        );
        lanes::solve(&self.a, &mut self.d_delta, n, columns);
        columns
    }

    /// By how much parameters move coefficients that are not linear in their indices (parameters x
    /// consumers).
    fn fill_shifts(&mut self, problem: &Problem, of: &Sorted, moves: &[Option<usize>]) {
        let rows = of.consumers;
        self.shifts.resize(moves.len() * rows, ZERO);
        for (c, row) in moves.iter().enumerate() {
            let Some(r) = row.filter(|_| !is_linear(problem, *row)) else {
                continue;
            };
            let draws = of.draws(&problem.parameters, problem.parameters.free[c].kind);
            let slope = &self.slope[r * rows..];
            let out = &mut self.shifts[c * rows..(c + 1) * rows];
            for ((o, u), slope) in out.iter_mut().zip(draws).zip(slope) {
                for l in 0..WIDTH {
                    o[l] = u[l] * slope[l];
                }
            }
        }
    }
}

/// Whether a parameter moves what it moves by its draws alone.
fn is_linear(problem: &Problem, row: Option<usize>) -> bool {
    row.is_none_or(|r| problem.coefficients[r] == CoefficientKind::Linear)
}
