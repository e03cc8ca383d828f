//! A spread of tastes at its boundary, zero.
//!
//! The objective is even in sigma, so that sigma itself has no score at zero and t tests have the
//! wrong size there (Ketz 2019). In sigma squared nothing is singular: the score of the
//! continuously updated objective (Hansen, Heaton and Yaron 1996; Kleibergen 2005) tests it from
//! one side, and gives a one-sided interval by inversion.

use entrant_numeric::dense;
use entrant_numeric::distribution::normal_survival;
use entrant_numeric::random::normal_quantile;
use entrant_numeric::vector;

use super::anderson_rubin::AndersonRubin;
use super::frac::curvature;
use super::outcome::{LEVEL, TestResult, TestStatus};
use super::profile::{Edge, Reference, Search, Target, Walk};
use crate::blp::{Kind, Parameters, Problem, Workers};
use crate::gmm::{EstimationSettings, Fit};

const MEANING: &str =
    "tastes do not differ in this characteristic; a rejection says that they do (one-sided)";

/// What is known about a spread at zero.
#[derive(Debug, Clone, PartialEq)]
pub struct ZeroSpread {
    /// Score test of `sigma^2 = 0` against more: standard normal under the hypothesis.
    pub score: TestResult,
    /// Variance after one Gauss-Newton step from zero; negative when the data ask for less.
    pub variance: f64,
    /// Standard error of that variance.
    pub error: f64,
    /// 95% upper end of sigma: the smallest one at which the score asks for less than it at 5%.
    pub upper: Edge,
}

/// Tests whether parameter `free` (an element of the diagonal of Sigma, by its place among the
/// searched parameters) is zero, with all others estimated again under the hypothesis, and finds
/// how large it may be. `None` for other parameters, and where nothing can be evaluated.
pub fn zero_spread(
    problem: &Problem,
    fit: &Fit,
    settings: &EstimationSettings,
    workers: &dyn Workers,
    free: usize,
) -> Option<ZeroSpread> {
    let Kind::Sigma { row, column } = problem.parameters.free.get(free)?.kind else {
        return None;
    };
    let ar = AndersonRubin::new(problem, settings, workers);
    let coordinate = ar.coordinates().iter().position(|c| c.free == Some(free))?;
    if row != column {
        return None;
    }
    let scores = Scores {
        walk: Walk::new(
            &ar,
            Target::Coordinate(coordinate),
            Search::default(),
            Reference::Concentrated,
        ),
        ar: &ar,
        problem,
        coordinate,
        row,
    };
    scores.report(&ar.point_of(fit))
}

struct Scores<'a, 'b> {
    walk: Walk<'a, 'b>,
    ar: &'a AndersonRubin<'b>,
    problem: &'a Problem,
    coordinate: usize,
    row: usize,
}

/// Score for more variance, in standard errors, and the length of its direction.
struct Score {
    t: f64,
    length: f64,
    tau: Vec<f64>,
}

impl Scores<'_, '_> {
    fn report(mut self, start: &[f64]) -> Option<ZeroSpread> {
        let zero = self.at(start, 0.0)?;
        let critical = normal_quantile(1.0 - LEVEL);
        let (variance, error) = (zero.t / zero.length, 1.0 / zero.length);
        let score = TestResult {
            statistic: zero.t,
            degrees: 1,
            p_value: normal_survival(zero.t),
            threshold: critical,
            status: if zero.t > critical {
                TestStatus::Rejected
            } else {
                TestStatus::Kept
            },
            meaning: MEANING,
        };
        let first = (variance.max(0.0) + critical * error).sqrt();
        let upper = self.upper(&zero, first, -critical);
        Some(ZeroSpread {
            score,
            variance,
            error,
            upper,
        })
    }

    /// The score at a value of sigma, others estimated under it.
    fn at(&mut self, start: &[f64], sigma: f64) -> Option<Score> {
        let (tau, _) = self.walk.minimise(start, Some(sigma))?;
        let point = self.ar.point(&tau)?;
        let others: Vec<usize> = (0..tau.len()).filter(|c| *c != self.coordinate).collect();
        let direction = if sigma == 0.0 {
            self.direction_at_zero(&tau)?
        } else {
            let along = point.jacobian.column(self.coordinate);
            along.iter().map(|d| d / (2.0 * sigma)).collect()
        };
        let basis = dense::orthonormal_basis(&point.jacobian.select(&others));
        let mut d = direction;
        for _ in 0..2 {
            let explained = basis.apply(&basis.transpose_apply(&d));
            vector::add_scaled(&mut d, -1.0, &explained);
        }
        let length = vector::dot(&d, &d).sqrt();
        let t = -vector::dot(&d, &point.residual) / length;
        t.is_finite().then_some(Score { t, length, tau })
    }

    /// Derivative of the residual with respect to the variance at zero.
    fn direction_at_zero(&self, tau: &[f64]) -> Option<Vec<f64>> {
        let plain = self.problem.nest_names.is_empty()
            && self.problem.supply.is_none()
            && is_logit(&self.problem.parameters, &self.ar.values(tau));
        let (delta, cost) = if plain {
            let k = curvature(self.problem, self.row);
            (k.iter().map(|v| -v).collect(), Vec::new())
        } else {
            self.second_difference(tau)?
        };
        self.ar.along(tau, &delta, &cost)
    }

    /// Half the second derivative of mean utilities and costs with respect to sigma at zero, by
    /// central differences of fourth order.
    fn second_difference(&self, tau: &[f64]) -> Option<(Vec<f64>, Vec<f64>)> {
        let spread = largest(self.problem, self.row);
        let h = 0.02 / spread.max(f64::MIN_POSITIVE);
        let evaluated = |sigma: f64| {
            let mut there = tau.to_vec();
            there[self.coordinate] = sigma;
            self.ar.evaluate(&there, false)
        };
        let (zero, up, down) = (evaluated(0.0)?, evaluated(h)?, evaluated(-h)?);
        let (far_up, far_down) = (evaluated(2.0 * h)?, evaluated(-2.0 * h)?);
        let second = |z: &[f64], u: &[f64], d: &[f64], fu: &[f64], fd: &[f64]| -> Vec<f64> {
            let one = |i: usize| {
                let near = u[i] + d[i] - 2.0 * z[i];
                let far = 0.25 * (fu[i] + fd[i] - 2.0 * z[i]);
                (4.0 * near - far) / 3.0 / (2.0 * h * h)
            };
            (0..z.len()).map(one).collect()
        };
        Some((
            second(
                &zero.delta,
                &up.delta,
                &down.delta,
                &far_up.delta,
                &far_down.delta,
            ),
            second(
                &zero.cost,
                &up.cost,
                &down.cost,
                &far_up.cost,
                &far_down.cost,
            ),
        ))
    }

    /// Where the score first falls to `critical`, by doubling and bisection.
    fn upper(&mut self, zero: &Score, first: f64, critical: f64) -> Edge {
        let (mut low, mut tau, mut high) = (0.0, zero.tau.clone(), first);
        for _ in 0..8 {
            let Some(s) = self.at(&tau, high) else {
                return Edge::Unbounded { inside: low };
            };
            if s.t <= critical {
                return Edge::At(self.bisect(tau, low, high, critical));
            }
            (low, tau, high) = (high, s.tau, 2.0 * high);
        }
        Edge::Unbounded { inside: low }
    }

    fn bisect(&mut self, mut tau: Vec<f64>, mut low: f64, mut high: f64, critical: f64) -> f64 {
        while high - low > 1e-3 * high {
            let middle = 0.5 * (low + high);
            match self.at(&tau, middle) {
                Some(s) if s.t > critical => (low, tau) = (middle, s.tau),
                _ => high = middle,
            }
        }
        high
    }
}

/// Whether no taste differs between consumers.
fn is_logit(parameters: &Parameters, values: &[f64]) -> bool {
    let free = parameters
        .free
        .iter()
        .zip(values)
        .map(|(p, v)| (p.kind, *v));
    let fixed = parameters.fixed.iter().map(|p| (p.kind, p.start));
    free.chain(fixed)
        .all(|(kind, v)| !kind.moves_mean_utility() || v == 0.0)
}

/// Largest size of a characteristic.
fn largest(problem: &Problem, row: usize) -> f64 {
    let sizes = problem
        .markets
        .iter()
        .flat_map(|m| m.x2(row)[..m.products()].iter());
    sizes.fold(0.0, |a: f64, x| a.max(x.abs()))
}
