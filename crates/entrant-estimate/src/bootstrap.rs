//! Uncertainty of estimates as draws of them, from which any later result can be computed draw by
//! draw.

use entrant_numeric::dense::{Matrix, symmetric_root};
use entrant_numeric::random::Stream;
use entrant_numeric::vector;

use crate::blp::{Formulas, Problem, Side, Theta, Wanted, Workers, evaluate};
use crate::gmm::{
    Estimation, EstimationSettings, Fit, FitStatus, Linear, Moments, Progress, Recorded,
    contributions, estimate, response,
};
use crate::optimal::absorb;
use crate::simulate::{Columns, coefficients};

/// Estimates in one draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Draw {
    /// Parameters that were searched for.
    pub values: Vec<f64>,
    /// Parameters that were solved for.
    pub linear: Linear,
    /// Searched parameters that were moved to a bound (by position).
    pub clipped: Vec<usize>,
}

/// Draws of estimates, and what is to be said about them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draws {
    /// Draws, in order; draw d is the same however many there are.
    pub draws: Vec<Draw>,
    /// How many have a parameter that was moved to a bound.
    pub clipped: usize,
    /// How many have consumers, with positive weight, who like a higher price.
    pub upward: usize,
    /// How many could not be computed and are left out.
    pub failed: usize,
}

/// Which utilities go with drawn estimates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MeanUtilities {
    /// The estimated ones moved along their linear part, `delta + X (beta* - beta)`, errors held
    /// fixed (`PyBLP`'s convention). Shares then differ from the observed ones in every draw. This
    /// is the default, because it is what parametric bootstraps in the literature report.
    #[default]
    ErrorsFixed,
    /// Inverted again at the drawn parameters: every draw has the observed shares, and what is
    /// left over after its linear part are the draw's errors.
    SharesFixed,
}

/// Draws from the asymptotic distribution of the estimates, `N(theta, V / N)`, moved to bounds
/// where they fall outside. Estimates without a covariance stay where they are.
///
/// Each draw has a stream of its own.
pub fn parametric(problem: &Problem, fit: &Fit, draws: usize, seed: u64) -> Draws {
    let root = symmetric_root(&known(&fit.inference.covariance));
    let centre: Vec<f64> = all_values(fit);
    let draw = |d: usize| {
        let mut stream = Stream::new(seed, "estimates", d as u64);
        let normal: Vec<f64> = (0..root.rows).map(|_| stream.normal()).collect();
        let step = root.transpose_apply(&normal);
        let moved: Vec<f64> = centre.iter().zip(step).map(|(c, s)| c + s).collect();
        within_bounds(problem, &moved)
    };
    let all = (0..draws).map(draw).collect();
    counted(problem, all, 0)
}

/// Covariance with zeros where it is not known.
fn known(covariance: &Matrix) -> Matrix {
    let mut out = covariance.clone();
    for v in &mut out.data {
        *v = if v.is_finite() { *v } else { 0.0 };
    }
    out
}

/// Searched values, then solved ones.
fn all_values(fit: &Fit) -> Vec<f64> {
    let linear = fit.linear.beta.iter().chain(&fit.linear.gamma);
    fit.values.iter().chain(linear).copied().collect()
}

fn within_bounds(problem: &Problem, all: &[f64]) -> Draw {
    let p = &problem.parameters;
    let (values, linear) = all.split_at(p.free.len());
    let (beta, gamma) = linear.split_at(p.solved_beta.len().min(linear.len()));
    let bounded = values
        .iter()
        .zip(&p.free)
        .map(|(v, q)| v.clamp(q.lower, q.upper));
    let bounded: Vec<f64> = bounded.collect();
    Draw {
        clipped: (0..values.len())
            .filter(|k| bounded[*k].to_bits() != values[*k].to_bits())
            .collect(),
        values: bounded,
        linear: Linear {
            beta: beta.to_vec(),
            gamma: gamma.to_vec(),
        },
    }
}

fn counted(problem: &Problem, draws: Vec<Draw>, failed: usize) -> Draws {
    let up = |d: &&Draw| {
        let (beta, _) = coefficients(problem, &d.values, &d.linear);
        likes_higher_prices(problem, &Theta::new(&problem.parameters, &d.values), &beta)
    };
    Draws {
        clipped: draws.iter().filter(|d| !d.clipped.is_empty()).count(),
        upward: draws.iter().filter(up).count(),
        failed,
        draws,
    }
}

/// Whether utility of some consumer with positive weight rises with some price.
pub fn likes_higher_prices(problem: &Problem, theta: &Theta, beta: &[f64]) -> bool {
    let mut block = crate::blp::Block::default();
    problem.markets.iter().any(|m| {
        block.fill_coefficients(problem, m, theta);
        let k = m.coefficients();
        let linear = |j: usize| -> f64 {
            beta.iter()
                .enumerate()
                .map(|(c, b)| b * m.x1_price(c)[j])
                .sum()
        };
        let linear: Vec<f64> = (0..m.products()).map(linear).collect();
        (0..m.consumers())
            .filter(|i| m.consumers.weight[*i] > 0.0)
            .any(|i| {
                (0..m.products()).any(|j| {
                    let common = (0..k).map(|r| block.coefficient[i * k + r] * m.x2_price(r)[j]);
                    let own = block.by_product.iter();
                    let own = own.map(|b| b.coefficient[i * m.stride + j] * m.x2_price(b.k)[j]);
                    linear[j] + common.sum::<f64>() + own.sum::<f64>() >= 0.0
                })
            })
    })
}

/// Mean utilities in a draw (rows). `None` where shares cannot be inverted at its parameters.
pub fn mean_utilities(
    problem: &Problem,
    columns: &Columns,
    fit: &Fit,
    draw: &Draw,
    which: MeanUtilities,
    workers: &dyn Workers,
) -> Option<Vec<f64>> {
    if which == MeanUtilities::SharesFixed {
        let wanted = Wanted {
            tolerance: 1e-12,
            jacobian: false,
        };
        let at = evaluate(problem, &draw.values, wanted, workers);
        return at.failure.is_none().then_some(at.delta);
    }
    let (old, _) = coefficients(problem, &fit.values, &fit.linear);
    let (new, _) = coefficients(problem, &draw.values, &draw.linear);
    let change: Vec<f64> = new.iter().zip(old).map(|(n, o)| n - o).collect();
    let x = columns.linear();
    let rows = fit.at.delta.iter().enumerate();
    Some(
        rows.map(|(r, d)| d + vector::dot(x.row(r), &change))
            .collect(),
    )
}

/// How a draw weights clusters (or rows where there are none).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Multipliers {
    /// Mammen's (1993) two points: mean zero, variance and third moment one.
    #[default]
    Mammen,
    /// Plus and minus one, equally likely.
    Rademacher,
    /// Standard normal.
    Normal,
}

/// Score bootstrap (Kline and Santos 2012): moments of each cluster are multiplied by a random
/// weight, and estimates move by one Gauss-Newton step, `-(G'WG)^-1 G'W gbar*`. No draw evaluates
/// the model again.
pub fn score(
    problem: &Problem,
    fit: &Fit,
    multipliers: Multipliers,
    draws: usize,
    seed: u64,
) -> Draws {
    let groups = Groups::new(problem);
    let influence = influence(problem, fit, &groups);
    let centre = all_values(fit);
    let draw = |d: usize| {
        let mut stream = Stream::new(seed, "score bootstrap", d as u64);
        let mut moved = centre.clone();
        for g in 0..groups.count {
            let weight = multiplier(multipliers, &mut stream);
            vector::add_scaled(&mut moved, weight, influence.row(g));
        }
        within_bounds(problem, &moved)
    };
    counted(problem, (0..draws).map(draw).collect(), 0)
}

fn multiplier(kind: Multipliers, stream: &mut Stream) -> f64 {
    let root = 5.0_f64.sqrt();
    match kind {
        Multipliers::Normal => stream.normal(),
        Multipliers::Rademacher => {
            if stream.uniform() < 0.5 {
                -1.0
            } else {
                1.0
            }
        }
        Multipliers::Mammen => {
            if stream.uniform() < (root + 1.0) / (2.0 * root) {
                (1.0 - root) / 2.0
            } else {
                f64::midpoint(1.0, root)
            }
        }
    }
}

/// Clusters of rows: those of the problem, or each row alone.
struct Groups {
    of_row: Vec<usize>,
    count: usize,
}

impl Groups {
    fn new(problem: &Problem) -> Self {
        let of_row: Vec<usize> = match problem.clusters.first() {
            Some(codes) => codes.iter().map(|c| *c as usize).collect(),
            None => (0..problem.rows()).collect(),
        };
        let count = of_row.iter().max().map_or(0, |m| m + 1);
        Groups { of_row, count }
    }
}

/// What each cluster adds to the estimates: `-(G'WG)^-1 G'W g_c / N` with centred moments
/// (clusters x parameters).
fn influence(problem: &Problem, fit: &Fit, groups: &Groups) -> Matrix {
    let each = contributions(problem, &fit.errors, false);
    let mut g = Matrix::zeros(groups.count, problem.moments());
    for (r, c) in groups.of_row.iter().enumerate() {
        let row = g.row_mut(*c);
        vector::add_scaled(row, 1.0, each.row(r));
        vector::add_scaled(row, -1.0, &fit.moments);
    }
    let moments = Moments::new(problem);
    let weighting = moments.weighting(fit.weighting.clone());
    let there = moments.held(problem, &fit.values, &fit.linear, &fit.at);
    let by = response(problem, (&moments, &weighting), (&fit.at, &there));
    g.times(&by.transpose())
        .scaled(-1.0 / problem.rows() as f64)
}

/// Cluster bootstrap: markets are drawn with replacement and everything is estimated again, from
/// the estimates on. The dearest and the least dependent on approximations.
///
/// Clusters that reach over markets are not kept together; [`score`] does that. Draws whose
/// estimation fails are left out and counted.
///
/// `proceed` hears how many draws are done before each evaluation, and whether to go on; a draw
/// that is broken off is left out.
pub fn resample(
    problem: &Problem,
    fit: &Fit,
    settings: &EstimationSettings,
    (draws, seed): (usize, u64),
    workers: &dyn Workers,
    proceed: &mut dyn FnMut(usize) -> bool,
) -> Draws {
    let mut kept = Vec::new();
    let mut failed = 0;
    let settings = EstimationSettings {
        start: Some(fit.values.clone()),
        inversion: None, // it knows the markets as they were
        ..settings.clone()
    };
    for d in 0..draws {
        if !proceed(d) {
            break;
        }
        let mut stream = Stream::new(seed, "markets drawn", d as u64);
        let n = problem.markets.len();
        let any = |_| usize::try_from(stream.below(n as u64)).unwrap_or(0);
        let chosen: Vec<usize> = (0..n).map(any).collect();
        let again = of_markets(problem, &chosen);
        let mut watched = Watched { proceed, done: d };
        match estimate(&again, &settings, workers, &mut watched) {
            Ok(fit) if fit.status == FitStatus::Interrupted => break,
            Ok(fit) if fit.linear.beta.len() == problem.parameters.solved_beta.len() => {
                kept.push(Draw {
                    values: fit.values,
                    linear: fit.linear,
                    clipped: Vec::new(),
                });
            }
            _ => failed += 1,
        }
    }
    counted(problem, kept, failed)
}

struct Watched<'a> {
    proceed: &'a mut dyn FnMut(usize) -> bool,
    done: usize,
}

impl Estimation for Watched<'_> {
    fn proceed(&mut self, _: &Progress) -> bool {
        (self.proceed)(self.done)
    }
    fn recall(&mut self, _: usize, _: &[f64]) -> Option<Recorded> {
        None
    }
    fn record(&mut self, _: usize, _: &[f64], _: &Recorded) {}
}

/// The problem with these markets, in this order; a market may appear more than once, each time
/// as a market and cluster of its own.
pub fn of_markets(problem: &Problem, chosen: &[usize]) -> Problem {
    let mut out = problem.clone();
    let rows: Vec<usize> = chosen
        .iter()
        .flat_map(|t| problem.markets[*t].rows.clone())
        .collect();
    let mut next = 0;
    out.markets = chosen
        .iter()
        .map(|t| {
            let mut m = problem.markets[*t].clone();
            m.rows = next..next + m.products();
            next = m.rows.end;
            m
        })
        .collect();
    out.order = rows.iter().map(|r| problem.order[*r]).collect();
    out.price = rows.iter().map(|r| problem.price[*r]).collect();
    out.demand = side_of(&problem.demand, &rows);
    if let (Some(to), Some(from)) = (&mut out.supply, &problem.supply) {
        to.side = side_of(&from.side, &rows);
        if let (Some(to), Some(from)) = (&mut to.crossed, &from.crossed) {
            to.z = rows_of(&from.z, &rows);
        }
    }
    out.formulas = problem.formulas.as_ref().map(|f| Formulas {
        price: f.price.clone(),
        linear: f.linear.subset(&rows),
        random: f.random.as_ref().map(|d| d.subset(&rows)),
    });
    out.clusters = if problem.clusters.is_empty() {
        Vec::new()
    } else {
        vec![by_market(&out)]
    };
    out
}

/// An equation on some of its rows. Fixed effects are taken out again: what the whole sample's
/// left over is theirs no longer.
fn side_of(side: &Side, rows: &[usize]) -> Side {
    let mut out = side.clone();
    out.effects = side.effects.iter().map(|e| recoded(e, rows)).collect();
    for (to, from) in [(&mut out.x, &side.x), (&mut out.z, &side.z)] {
        *to = rows_of(from, rows);
        absorb(&out.effects, &mut to.data, from.columns);
    }
    out
}

fn rows_of(m: &Matrix, rows: &[usize]) -> Matrix {
    let data = rows.iter().flat_map(|r| m.row(*r).iter().copied());
    Matrix::new(rows.len(), m.columns, data.collect())
}

/// Levels of some rows, numbered without gaps.
fn recoded(levels: &[u32], rows: &[usize]) -> Vec<u32> {
    let mut known = std::collections::BTreeMap::new();
    rows.iter()
        .map(|r| {
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            *known.entry(levels[*r]).or_insert(next)
        })
        .collect()
}

fn by_market(problem: &Problem) -> Vec<u32> {
    let number = |t: usize| u32::try_from(t).unwrap_or(u32::MAX);
    let markets = problem.markets.iter().enumerate();
    markets
        .flat_map(|(t, m)| m.rows.clone().map(move |_| number(t)))
        .collect()
}
