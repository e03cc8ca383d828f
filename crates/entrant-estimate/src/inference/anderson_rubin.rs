//! The Anderson-Rubin statistic for moments of any model (the S statistic of Stock and Wright
//! 2000, eq. 2.5): valid however weak the instruments are.
//!
//! `AR(tau) = N gbar(tau)' S(tau)^-1 gbar(tau)` with the centred covariance `S` at the same
//! parameters. Coefficients of exogenous characteristics and fixed effects are projected out of
//! errors and instruments, so that `tau` holds only what instruments are needed for: parameters
//! that move mean utility, and coefficients on price. Under the true `tau` it is chi-square with
//! as many degrees of freedom as there are independent instruments left.

use entrant_numeric::dense::{self, Matrix};
use entrant_numeric::vector;

use super::line::{ConfidenceSet, LinearMoments};
use super::linear;
use super::outcome::LEVEL;
use super::reduced::{Moments, Reduced, nuisance_beta, nuisance_gamma};
use crate::blp::{Evaluation, Kind, Problem, Wanted, Workers, evaluate};
use crate::gmm::{EstimationSettings, Fit, Linear, Spread};

/// One of the parameters of a robust set.
#[derive(Debug, Clone, PartialEq)]
pub struct Coordinate {
    /// Name.
    pub name: String,
    /// Index among the parameters that are searched for; `None` for a coefficient that the
    /// estimator solves for.
    pub free: Option<usize>,
    /// Column of mean utility, for coefficients on price.
    pub column: Option<usize>,
    /// Smallest value it can take.
    pub lower: f64,
    /// Largest value it can take.
    pub upper: f64,
    /// Whether only its size matters: the diagonal of a diagonal Sigma.
    pub symmetric: bool,
}

/// The statistic of a problem, ready to be evaluated at any parameters.
pub struct AndersonRubin<'a> {
    pub(super) problem: &'a Problem,
    pub(super) coordinates: Vec<Coordinate>,
    pub(super) workers: &'a dyn Workers,
    tolerance: f64,
    demand: Reduced,
    supply: Option<Reduced>,
    moments: Moments,
    /// Parameters that are projected out keep this value in evaluations, which ignore it.
    starts: Vec<f64>,
}

/// The statistic at one point.
#[derive(Debug, Clone)]
pub struct RobustPoint {
    /// `N gbar' S^-1 gbar`.
    pub statistic: f64,
    /// `sqrt(N) L^-1 gbar` with `L L' = S` (moments): its square is the statistic.
    pub residual: Vec<f64>,
    /// Derivatives of the residual, those of `S` included (moments x coordinates).
    pub jacobian: Matrix,
    /// Mean utilities and costs.
    pub at: Evaluation,
}

impl<'a> AndersonRubin<'a> {
    /// The statistic with the errors that the settings ask for in standard errors.
    pub fn new(
        problem: &'a Problem,
        settings: &EstimationSettings,
        workers: &'a dyn Workers,
    ) -> Self {
        let demand = Reduced::new(&problem.demand, &nuisance_beta(problem));
        let supply = problem
            .supply
            .as_ref()
            .map(|s| Reduced::new(&s.side, &nuisance_gamma(problem, &s.side)));
        AndersonRubin {
            coordinates: coordinates(problem),
            tolerance: settings.inversion_tolerance,
            moments: Moments::new(problem, &demand, supply.as_ref(), settings.errors),
            starts: problem.parameters.starts(),
            problem,
            workers,
            demand,
            supply,
        }
    }

    /// The parameters, in the order of `tau`.
    pub fn coordinates(&self) -> &[Coordinate] {
        &self.coordinates
    }

    /// Number of independent moments: degrees of freedom of the statistic at the true parameters.
    pub fn degrees(&self) -> usize {
        self.moments.count()
    }

    /// The parameters of a fit.
    pub fn point_of(&self, fit: &Fit) -> Vec<f64> {
        let solved = |column: usize| {
            let beta = &self.problem.parameters.solved_beta;
            beta.iter().position(|c| *c == column)
        };
        let value = |c: &Coordinate| match (c.free, c.column) {
            (Some(k), _) => fit.values[k],
            (None, Some(column)) => solved(column)
                .and_then(|k| fit.linear.beta.get(k).copied())
                .unwrap_or(0.0),
            (None, None) => 0.0,
        };
        self.coordinates.iter().map(value).collect()
    }

    /// The statistic at `tau`; `None` where shares cannot be inverted or the covariance of the
    /// moments is singular (as many clusters as moments, or fewer).
    pub fn statistic(&self, tau: &[f64]) -> Option<f64> {
        let at = self.evaluate(tau, false)?;
        let u = self.errors(tau, &at);
        self.normalised(&u).map(|(r, _)| vector::dot(&r, &r))
    }

    /// The statistic with its derivatives.
    pub fn point(&self, tau: &[f64]) -> Option<RobustPoint> {
        let at = self.evaluate(tau, true)?;
        let u = self.errors(tau, &at);
        let (residual, l) = self.normalised(&u)?;
        let mut jacobian = Matrix::zeros(residual.len(), tau.len());
        for c in 0..tau.len() {
            let column = self.residual_along(&u, &self.errors_along(c, &at), &residual, &l);
            for (r, v) in column.iter().enumerate() {
                jacobian.set(r, c, *v);
            }
        }
        Some(RobustPoint {
            statistic: vector::dot(&residual, &residual),
            residual,
            jacobian,
            at,
        })
    }

    /// Values of the parameters that are searched for.
    pub fn values(&self, tau: &[f64]) -> Vec<f64> {
        let mut out = self.starts.clone();
        for (c, v) in self.coordinates.iter().zip(tau) {
            if let Some(k) = c.free {
                out[k] = *v;
            }
        }
        out
    }

    /// Coefficients that the estimator solves for, at `tau`: those on price as given, others by
    /// least squares on what is left.
    pub fn linear(&self, tau: &[f64], at: &Evaluation) -> Linear {
        let p = &self.problem.parameters;
        let side = &self.problem.demand;
        let mut y = at.delta.clone();
        self.subtract_known(tau, &mut y);
        let columns = nuisance_beta(self.problem);
        let b = least_squares(&side.x.select(&columns), &y);
        let beta = p.solved_beta.iter().map(|column| {
            let given = self
                .coordinates
                .iter()
                .position(|c| c.free.is_none() && c.column == Some(*column));
            let at = columns.iter().position(|c| c == column);
            given.map_or_else(|| at.map_or(0.0, |k| b[k]), |k| tau[k])
        });
        let gamma = self.problem.supply.as_ref().map_or(Vec::new(), |s| {
            least_squares(&s.side.x.select(&p.solved_gamma), &at.cost)
        });
        Linear {
            beta: beta.collect(),
            gamma,
        }
    }

    /// Evaluates shares and costs at `tau`; `None` when that fails.
    pub(super) fn evaluate(&self, tau: &[f64], jacobian: bool) -> Option<Evaluation> {
        let wanted = Wanted {
            tolerance: self.tolerance,
            jacobian,
        };
        let at = evaluate(self.problem, &self.values(tau), wanted, self.workers);
        at.failure.is_none().then_some(at)
    }

    fn subtract_known(&self, tau: &[f64], y: &mut [f64]) {
        let x = &self.problem.demand.x;
        for (c, v) in self.coordinates.iter().zip(tau) {
            if let Some(column) = c.column {
                vector::add_scaled(y, -*v, &x.column(column));
            }
        }
        for p in &self.problem.parameters.fixed {
            if let Kind::Beta { column } = p.kind {
                vector::add_scaled(y, -p.start, &x.column(column));
            }
        }
    }

    /// Structural errors with nuisance parameters taken out.
    fn errors(&self, tau: &[f64], at: &Evaluation) -> Spread {
        let mut y = at.delta.clone();
        self.subtract_known(tau, &mut y);
        let omega = |s: &Reduced| {
            let mut cost = at.cost.clone();
            for p in &self.problem.parameters.fixed {
                if let (Kind::Gamma { column }, Some(side)) = (p.kind, &self.problem.supply) {
                    vector::add_scaled(&mut cost, -p.start, &side.side.x.column(column));
                }
            }
            s.out.left_of(&cost)
        };
        Spread {
            xi: self.demand.out.left_of(&y),
            omega: self.supply.as_ref().map_or(Vec::new(), omega),
            ..Spread::default()
        }
    }

    /// Their derivative along coordinate `c`.
    fn errors_along(&self, c: usize, at: &Evaluation) -> Spread {
        let coordinate = &self.coordinates[c];
        let mut y = vec![0.0; self.problem.rows()];
        if let Some(column) = coordinate.column {
            vector::add_scaled(&mut y, -1.0, &self.problem.demand.x.column(column));
        }
        if let Some(k) = coordinate.free.filter(|k| *k < at.d_delta.columns) {
            vector::add_scaled(&mut y, 1.0, &at.d_delta.column(k));
        }
        let omega = |s: &Reduced| match coordinate.free {
            Some(k) => s.out.left_of(&at.d_cost.column(k)),
            None => vec![0.0; self.problem.rows()],
        };
        Spread {
            xi: self.demand.out.left_of(&y),
            omega: self.supply.as_ref().map_or(Vec::new(), omega),
            ..Spread::default()
        }
    }

    /// Derivative of the residual at `tau` along a change of mean utilities, and of costs (rows).
    pub(super) fn along(&self, tau: &[f64], delta: &[f64], cost: &[f64]) -> Option<Vec<f64>> {
        let at = self.evaluate(tau, false)?;
        let u = self.errors(tau, &at);
        let (residual, l) = self.normalised(&u)?;
        let omega = |s: &Reduced| s.out.left_of(cost);
        let d = Spread {
            xi: self.demand.out.left_of(delta),
            omega: self.supply.as_ref().map_or(Vec::new(), omega),
            ..Spread::default()
        };
        Some(self.residual_along(&u, &d, &residual, &l))
    }

    /// `sqrt(N) L^-1 gbar` and the Cholesky factor `L` of `S`.
    fn normalised(&self, u: &Spread) -> Option<(Vec<f64>, Matrix)> {
        let s = self.moments.covariance(u);
        let l = factor(&s)?;
        let n = self.problem.rows() as f64;
        let mut r: Vec<f64> = self.moments.mean(u).iter().map(|g| g * n.sqrt()).collect();
        forward(&l, &mut r);
        r.iter().all(|v| v.is_finite()).then_some((r, l))
    }

    /// Derivative of the residual: `L^-1 sqrt(N) dgbar - Phi(L^-1 dS L^-T) r`, where `Phi` keeps
    /// the lower triangle and half the diagonal.
    fn residual_along(&self, u: &Spread, d: &Spread, r: &[f64], l: &Matrix) -> Vec<f64> {
        let n = self.problem.rows() as f64;
        let mut out: Vec<f64> = self.moments.mean(d).iter().map(|g| g * n.sqrt()).collect();
        forward(l, &mut out);
        let inner = whitened(l, &self.moments.covariance_along(u, d));
        for (i, o) in out.iter_mut().enumerate() {
            let below: f64 = (0..i).map(|j| inner.at(i, j) * r[j]).sum();
            *o -= below + 0.5 * inner.at(i, i) * r[i];
        }
        out
    }
}

/// The 95% Anderson-Rubin set of the price coefficient of a plain logit, exactly: interval, rays,
/// the whole line or nothing. `None` when the problem has other parameters than one coefficient
/// on price that instruments are needed for (take [`AndersonRubin::scalar_set`]), supply, or a
/// singular covariance of the moments.
pub fn price_set(
    problem: &Problem,
    settings: &EstimationSettings,
    workers: &dyn Workers,
) -> Option<ConfidenceSet> {
    let ar = AndersonRubin::new(problem, settings, workers);
    let [only] = ar.coordinates.as_slice() else {
        return None;
    };
    only.column?;
    if problem.supply.is_some() || ar.degrees() == 0 {
        return None;
    }
    let at = ar.evaluate(&[0.0], false)?;
    let (a, minus_b) = (ar.errors(&[0.0], &at), ar.errors_along(0, &at));
    let b = super::reduced::moved(
        &Spread {
            xi: vec![0.0; problem.rows()],
            omega: Vec::new(),
            ..Spread::default()
        },
        -1.0,
        &minus_b,
    );
    let moments = LinearMoments {
        a: ar.moments.mean(&a),
        b: ar.moments.mean(&b),
        saa: ar.moments.covariance(&a),
        sab: ar.moments.covariance_along(&a, &b),
        sbb: ar.moments.covariance(&b),
        rows: problem.rows() as f64,
    };
    let degrees = ar.degrees() as f64;
    moments.set(entrant_numeric::distribution::chi_square_quantile(
        1.0 - LEVEL,
        degrees,
    ))
}

fn coordinates(problem: &Problem) -> Vec<Coordinate> {
    let p = &problem.parameters;
    let side = &problem.demand;
    let row_alone = |row: usize| {
        let same = |q: &&crate::blp::Parameter| matches!(q.kind, Kind::Sigma { row: r, column: c } if r == row || c == row);
        p.free.iter().chain(&p.fixed).filter(same).count() == 1
    };
    let mut out = Vec::new();
    for (k, q) in p.free.iter().enumerate() {
        let column = match q.kind {
            Kind::Beta { column } if side.x_with_price[column] => Some(column),
            Kind::Beta { .. } | Kind::Gamma { .. } => continue,
            _ => None,
        };
        out.push(Coordinate {
            name: q.name.clone(),
            free: Some(k),
            column,
            lower: q.lower,
            upper: q.upper,
            symmetric: matches!(q.kind, Kind::Sigma { row, column } if row == column && row_alone(row)),
        });
    }
    for column in p.solved_beta.iter().filter(|c| side.x_with_price[**c]) {
        out.push(Coordinate {
            name: side.x_names[*column].clone(),
            free: None,
            column: Some(*column),
            lower: f64::NEG_INFINITY,
            upper: f64::INFINITY,
            symmetric: false,
        });
    }
    out
}

/// Lower Cholesky factor; `None` when the matrix is not definite, or barely.
fn factor(s: &Matrix) -> Option<Matrix> {
    let rank = dense::symmetric_pseudo_inverse(s).1;
    let mut l = s.data.clone();
    (rank == s.rows && dense::cholesky(&mut l, s.rows)).then(|| Matrix::new(s.rows, s.rows, l))
}

/// `L^-1 b` in place.
fn forward(l: &Matrix, b: &mut [f64]) {
    for i in 0..b.len() {
        let known: f64 = (0..i).map(|j| l.at(i, j) * b[j]).sum();
        b[i] = (b[i] - known) / l.at(i, i);
    }
}

/// `L^-1 A L^-T` of a symmetric `A`.
fn whitened(l: &Matrix, a: &Matrix) -> Matrix {
    let half = columns_forward(l, a);
    columns_forward(l, &half.transpose())
}

fn columns_forward(l: &Matrix, a: &Matrix) -> Matrix {
    let columns: Vec<Vec<f64>> = (0..a.columns)
        .map(|c| {
            let mut v = a.column(c);
            forward(l, &mut v);
            v
        })
        .collect();
    linear::from_columns(a.rows, &columns)
}

fn least_squares(x: &Matrix, y: &[f64]) -> Vec<f64> {
    let (inverse, _) = dense::symmetric_pseudo_inverse(&x.transpose_times(x));
    inverse.apply(&x.transpose_apply(y))
}
