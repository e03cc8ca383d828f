//! Moments, the weighting matrix, and linear parameters in closed form.

use entrant_numeric::absorb::Effects;
use entrant_numeric::dense::{self, Matrix};
use entrant_numeric::vector;

use super::covariance::Spread;
use super::crossed::Crossed;
use super::structural::{ABSORBED_TO, effects, linear_coefficients, subtract_columns};
use crate::blp::{Evaluation, Kind, Problem};
use crate::inference::logit_utility;

/// Parts of the moments that do not depend on what is searched for.
#[derive(Debug, Clone)]
pub struct Moments {
    /// Instruments times characteristics whose coefficients are solved for, over N (moments x
    /// linear parameters).
    pub a: Matrix,
    /// Instruments times all characteristics, over N: demand (moments of demand x columns).
    cross_demand: Matrix,
    /// The same for supply.
    cross_supply: Option<Matrix>,
    /// Moments of the product of both errors.
    crossed: Option<Crossed>,
    /// What fixed effects explain of the mean utilities of a plain logit (rows); empty without them.
    /// Instruments do not see it, and it is most of what effects explain at other values.
    explained: Vec<f64>,
    /// The fixed effects where they are of one kind: then taking them out costs next to nothing.
    one_effect: Option<Effects>,
    rows: f64,
}

/// A weighting matrix, ready for use.
#[derive(Debug, Clone)]
pub struct Weighting {
    /// The matrix (moments x moments).
    pub w: Matrix,
    /// A root: `root' root = w`.
    root: Matrix,
    /// A root of the part that weighs the moments of each error by itself, in which linear
    /// parameters are solved for.
    levels: Matrix,
    /// Orthonormal basis of the columns of `levels * a`.
    basis: Matrix,
    /// Whether `w` has full rank.
    pub full_rank: bool,
}

/// Linear parameters that are solved for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Linear {
    /// Coefficients of mean utility, in the order of `solved_beta`.
    pub beta: Vec<f64>,
    /// Coefficients of cost, in the order of `solved_gamma`.
    pub gamma: Vec<f64>,
}

/// Moments at given parameters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Point {
    /// Linear parameters that are solved for; the smallest ones where many solve the same.
    pub linear: Linear,
    /// Mean moments at them (moments): `gbar`.
    pub mean: Vec<f64>,
    /// Least-squares residuals: their sum of squares is the objective.
    pub residual: Vec<f64>,
    /// Structural errors, where moments of their product are asked for.
    errors: Option<Spread>,
    /// Whether moments are more than those of each error by itself.
    more: bool,
}

impl Moments {
    /// Collects what does not change.
    pub fn new(problem: &Problem) -> Self {
        let rows = problem.rows() as f64;
        let d = &problem.demand;
        let cross_demand = d.z.transpose_times(&d.x).scaled(1.0 / rows);
        let supply = problem.supply.as_ref();
        let cross_supply = supply.map(|s| s.side.z.transpose_times(&s.side.x).scaled(1.0 / rows));
        let none = Matrix::zeros(0, 0);
        let of_supply = |c: &Matrix| c.select(&problem.parameters.solved_gamma);
        let a = cross_demand
            .select(&problem.parameters.solved_beta)
            .block_diagonal(&cross_supply.as_ref().map_or(none, of_supply));
        Moments {
            a,
            cross_demand,
            cross_supply,
            crossed: Crossed::new(problem),
            explained: explained(problem),
            one_effect: effects(&problem.demand).filter(|_| problem.demand.effects.len() == 1),
            rows,
        }
    }

    /// Moments at the searched parameters `values`, linear ones solved for.
    pub fn point(
        &self,
        problem: &Problem,
        weighting: &Weighting,
        values: &[f64],
        at: &Evaluation,
    ) -> Point {
        let raw = self.raw(problem, values, at);
        let linear = self.linear(problem, weighting, &raw);
        let mut found = self.held(problem, values, &linear, at);
        found.residual = if found.more {
            let r = weighting.root.apply(&found.mean);
            r.iter().map(|v| v * self.rows.sqrt()).collect()
        } else {
            // What linear parameters explain is projected out; without it no digits are lost to it.
            self.projected(weighting, &found.mean[..self.a.rows])
        };
        found
    }

    /// Moments at given linear parameters; there are no residuals.
    pub fn held(
        &self,
        problem: &Problem,
        values: &[f64],
        linear: &Linear,
        at: &Evaluation,
    ) -> Point {
        let mut mean = self.left(problem, values, linear, at);
        let crossed = self.crossed.as_ref();
        let errors = crossed.map(|c| c.structural.errors(problem, values, linear, at));
        if let Some(errors) = &errors {
            mean.extend(Crossed::mean(problem, errors));
        }
        mean.extend(&at.micro.moments);
        Point {
            more: problem.moments() > problem.level_moments(),
            linear: linear.clone(),
            mean,
            residual: Vec::new(),
            errors,
        }
    }

    /// Derivatives of [`Point::residual`] with respect to the free parameters, linear ones
    /// following (moments x parameters).
    pub fn slope(
        &self,
        problem: &Problem,
        weighting: &Weighting,
        at: &Evaluation,
        point: &Point,
    ) -> Matrix {
        if !point.more {
            let raw = self.raw_jacobian(problem, at);
            return self.projected_jacobian(weighting, &raw);
        }
        let total = self.total(problem, weighting, at, point);
        weighting.root.times(&total).scaled(self.rows.sqrt())
    }

    /// Derivatives of the mean moments with respect to all parameters, each alone: searched ones,
    /// then solved coefficients of mean utility and of cost (moments x parameters): `G`.
    pub fn jacobian(&self, problem: &Problem, at: &Evaluation, point: &Point) -> Matrix {
        let levels = self.raw_jacobian(problem, at);
        let levels = levels.beside(&self.a.clone().scaled(-1.0));
        let errors = match (&self.crossed, &point.errors) {
            (Some(crossed), Some(errors)) => levels.above(&crossed.jacobian(problem, errors, at)),
            _ => levels,
        };
        if problem.micro.is_none() {
            return errors;
        }
        let moved = &at.micro.jacobian;
        let rest = Matrix::zeros(moved.rows, errors.columns - moved.columns);
        errors.above(&moved.beside(&rest))
    }

    /// What estimates solve, `equations * gbar = 0` (parameters x moments). With moments of each
    /// error by itself it is `G'W`; with those of their product searched parameters solve the
    /// total derivative's, and linear ones `A'W` of their own moments.
    pub fn equations(
        &self,
        problem: &Problem,
        weighting: &Weighting,
        at: &Evaluation,
        point: &Point,
    ) -> Matrix {
        if point.errors.is_none() {
            let g = self.jacobian(problem, at, point);
            return weighting.w.times(&g).transpose();
        }
        let total = self.total(problem, weighting, at, point);
        let searched = weighting.w.times(&total).transpose();
        let levels = weighting.levels.transpose_times(&weighting.levels);
        let solved = levels.times(&self.a).transpose();
        let nothing = Matrix::zeros(solved.rows, searched.columns - solved.columns);
        searched.above(&solved.beside(&nothing))
    }

    /// Derivatives of the mean moments with respect to the free parameters, linear ones following
    /// (moments x parameters).
    fn total(
        &self,
        problem: &Problem,
        weighting: &Weighting,
        at: &Evaluation,
        point: &Point,
    ) -> Matrix {
        let g = self.jacobian(problem, at, point);
        let free = problem.parameters.free.len();
        let (searched, solved): (Vec<usize>, Vec<usize>) = (0..g.columns).partition(|c| *c < free);
        let raw = self.raw_jacobian(problem, at);
        let mut follow = Matrix::zeros(solved.len(), free);
        for c in 0..free {
            let along = self.solved(weighting, &raw.column(c));
            for (r, v) in along.iter().enumerate() {
                follow.set(r, c, *v);
            }
        }
        let mut total = g.select(&searched);
        let more = g.select(&solved).times(&follow);
        vector::add_scaled(&mut total.data, 1.0, &more.data);
        total
    }

    /// Mean moments of mean utilities and costs before solved linear parts are subtracted
    /// (moments): `Z'y / N`.
    fn raw(&self, problem: &Problem, values: &[f64], at: &Evaluation) -> Vec<f64> {
        let mut demand = problem.demand.z.transpose_apply(&at.delta);
        let mut supply = problem
            .supply
            .as_ref()
            .map_or(Vec::new(), |s| s.side.z.transpose_apply(&at.cost));
        for m in demand.iter_mut().chain(&mut supply) {
            *m /= self.rows;
        }
        for (kind, value) in known_linear(problem, values) {
            match kind {
                Kind::Beta { column } => subtract(&mut demand, value, &self.cross_demand, column),
                Kind::Gamma { column } => {
                    if let Some(cross) = &self.cross_supply {
                        subtract(&mut supply, value, cross, column);
                    }
                }
                _ => {}
            }
        }
        demand.extend(supply);
        demand
    }

    /// Mean moments of what linear parameters leave of mean utilities and costs (moments of each error by
    /// itself): `Z'(y - X b) / N`. As differences of moments they would lose the digits by which `Z'y` is
    /// larger, and a search would see a rough objective.
    fn left(
        &self,
        problem: &Problem,
        values: &[f64],
        linear: &Linear,
        at: &Evaluation,
    ) -> Vec<f64> {
        let (beta, gamma) = linear_coefficients(problem, values, linear);
        let mut xi = at.delta.clone();
        vector::add_scaled(&mut xi, -1.0, &self.explained);
        if let Some(effects) = &self.one_effect {
            // Lengths agree by construction of the problem.
            let _ = effects.residualise(&mut xi, 1, ABSORBED_TO);
        }
        subtract_columns(&mut xi, &problem.demand.x, &beta);
        let mut out = problem.demand.z.transpose_apply(&xi);
        if let Some(supply) = &problem.supply {
            let mut omega = at.cost.clone();
            subtract_columns(&mut omega, &supply.side.x, &gamma);
            out.extend(supply.side.z.transpose_apply(&omega));
        }
        for m in &mut out {
            *m /= self.rows;
        }
        out
    }

    /// Derivatives of [`Moments::raw`] with respect to the free parameters (moments x
    /// parameters).
    fn raw_jacobian(&self, problem: &Problem, at: &Evaluation) -> Matrix {
        let free = &problem.parameters.free;
        let moving = problem.parameters.nonlinear();
        let demand = problem.demand.z.transpose_times(&at.d_delta);
        let supply = problem
            .supply
            .as_ref()
            .map(|s| s.side.z.transpose_times(&at.d_cost));
        let md = problem.demand.z.columns;
        let mut out = Matrix::zeros(problem.level_moments(), free.len());
        for (c, parameter) in free.iter().enumerate() {
            for r in 0..md {
                let value = match parameter.kind {
                    Kind::Beta { column } => -self.cross_demand.at(r, column),
                    _ if c < moving => demand.at(r, c) / self.rows,
                    _ => 0.0,
                };
                out.set(r, c, value);
            }
            let (Some(supply), Some(cross)) = (&supply, &self.cross_supply) else {
                continue;
            };
            for r in 0..supply.rows {
                let value = match parameter.kind {
                    Kind::Gamma { column } => -cross.at(r, column),
                    _ => supply.at(r, c) / self.rows,
                };
                out.set(md + r, c, value);
            }
        }
        out
    }

    /// The weighting matrix `w` with its root and the space that linear parameters explain.
    pub fn weighting(&self, w: Matrix) -> Weighting {
        let (_, rank) = dense::symmetric_pseudo_inverse(&w);
        let root = dense::symmetric_root(&w);
        let levels = match self.a.rows {
            n if n < w.rows => dense::symmetric_root(&leading(&w, n)),
            _ => root.clone(),
        };
        let basis = dense::orthonormal_basis(&levels.times(&self.a));
        Weighting {
            full_rank: rank == w.rows,
            w,
            root,
            levels,
            basis,
        }
    }

    /// Linear parameters at raw moments `b`: `(A'WA)^-1 A'W b`, by the pseudo-inverse where a weighting
    /// matrix without full rank leaves them open.
    fn linear(&self, problem: &Problem, weighting: &Weighting, b: &[f64]) -> Linear {
        let all = self.solved(weighting, b);
        let k = problem.parameters.solved_beta.len();
        Linear {
            beta: all[..k].to_vec(),
            gamma: all[k..].to_vec(),
        }
    }

    /// The same as one list.
    fn solved(&self, weighting: &Weighting, b: &[f64]) -> Vec<f64> {
        let wa = weighting.levels.times(&self.a);
        let normal = wa.transpose_times(&wa);
        let right = wa.transpose_apply(&weighting.levels.apply(b));
        let (inverse, _) = dense::symmetric_pseudo_inverse(&normal);
        // One step of refinement: the inverse alone loses digits when columns nearly agree.
        let first = inverse.apply(&right);
        let left: Vec<f64> = right
            .iter()
            .zip(normal.apply(&first))
            .map(|(r, n)| r - n)
            .collect();
        let step = inverse.apply(&left);
        first.iter().zip(step).map(|(f, s)| f + s).collect()
    }

    /// Least-squares residuals whose sum of squares is the objective with linear parameters
    /// solved for: `sqrt(N) (I - QQ') R b` with `R'R = W` and Q a basis of `R A`.
    fn projected(&self, weighting: &Weighting, b: &[f64]) -> Vec<f64> {
        let mut r = weighting.root.apply(b);
        let along = weighting.basis.transpose_apply(&r);
        let explained = weighting.basis.apply(&along);
        vector::add_scaled(&mut r, -1.0, &explained);
        r.iter().map(|v| v * self.rows.sqrt()).collect()
    }

    /// Derivatives of [`Moments::projected`], given those of the raw moments (moments x
    /// parameters).
    fn projected_jacobian(&self, weighting: &Weighting, db: &Matrix) -> Matrix {
        let mut j = weighting.root.times(db);
        let along = weighting.basis.transpose_times(&j);
        let explained = weighting.basis.times(&along);
        vector::add_scaled(&mut j.data, -1.0, &explained.data);
        j.scaled(self.rows.sqrt())
    }
}

/// Linear parameters that are searched for or known, with their values.
pub(crate) fn known_linear<'a>(
    problem: &'a Problem,
    values: &'a [f64],
) -> impl Iterator<Item = (Kind, f64)> + 'a {
    let free = problem
        .parameters
        .free
        .iter()
        .zip(values)
        .map(|(p, v)| (p.kind, *v));
    let fixed = problem.parameters.fixed.iter().map(|p| (p.kind, p.start));
    free.chain(fixed)
        .filter(|(kind, _)| !kind.moves_mean_utility())
}

/// What fixed effects explain of the mean utilities of a plain logit (rows).
fn explained(problem: &Problem) -> Vec<f64> {
    let mut out = Vec::new();
    if let Some(effects) = effects(&problem.demand) {
        out = logit_utility(problem);
        let mut left = out.clone();
        // Lengths agree by construction of the problem.
        let _ = effects.residualise(&mut left, 1, ABSORBED_TO);
        vector::add_scaled(&mut out, -1.0, &left);
    }
    out
}

/// The first `n` rows and columns of a matrix.
fn leading(a: &Matrix, n: usize) -> Matrix {
    let kept: Vec<usize> = (0..n).collect();
    let rows = a.data[..n * a.columns].to_vec();
    Matrix::new(n, a.columns, rows).select(&kept)
}

fn subtract(moments: &mut [f64], value: f64, cross: &Matrix, column: usize) {
    for (r, m) in moments.iter_mut().enumerate() {
        *m -= value * cross.at(r, column);
    }
}

/// The weighting matrix of the first step: two-stage least squares for each equation,
/// `(Z'Z / N)^-1` block by block. With the rank of each block. Micro moments have no weight before
/// their covariance is known.
pub fn first_weighting(problem: &Problem) -> (Matrix, Vec<usize>) {
    let (w, ranks) = aggregate_weighting(problem);
    let micro = problem.moments() - problem.aggregate_moments();
    (w.block_diagonal(&Matrix::zeros(micro, micro)), ranks)
}

fn aggregate_weighting(problem: &Problem) -> (Matrix, Vec<usize>) {
    let rows = problem.rows() as f64;
    let block =
        |z: &Matrix| dense::symmetric_pseudo_inverse(&z.transpose_times(z).scaled(1.0 / rows));
    let (demand, rank) = block(&problem.demand.z);
    let Some(supply) = &problem.supply else {
        return (demand, vec![rank]);
    };
    let (w, supply_rank) = block(&supply.side.z);
    let levels = demand.block_diagonal(&w);
    let Some(crossed) = &supply.crossed else {
        return (levels, vec![rank, supply_rank]);
    };
    let (w, crossed_rank) = block(&crossed.z);
    let ranks = vec![rank, supply_rank, crossed_rank];
    (levels.block_diagonal(&w), ranks)
}
