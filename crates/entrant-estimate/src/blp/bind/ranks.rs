//! Whether the data can tell the parameters apart.

use entrant_data::InputError;
use entrant_data::spec::CoefficientKind;
use entrant_numeric::dense::Matrix;
use entrant_numeric::vector;

use crate::blp::parameters::Kind;
use crate::blp::problem::{Problem, Side};

/// Refuses equations with columns that others explain, and problems with fewer moments than
/// parameters.
pub(super) fn check(problem: &Problem, to_come: usize) -> Result<(), Vec<InputError>> {
    let mut mistakes = Vec::new();
    side(
        &problem.demand,
        "estimate.demand.linear",
        "estimate.demand.instruments",
        &mut mistakes,
    );
    if let Some(supply) = &problem.supply {
        side(
            &supply.side,
            "estimate.supply.cost",
            "estimate.supply.instruments",
            &mut mistakes,
        );
    }
    if let Some(of) = problem.crossed()
        && let Some((column, by)) = dependent(&of.z)
    {
        let key = "estimate.supply.covariance_instruments";
        mistakes.push(collinear(&of.names, column, &by, key, false));
    }
    mistakes.extend(spreads(problem));
    counts(problem, to_come, &mut mistakes);
    if mistakes.is_empty() {
        Ok(())
    } else {
        Err(mistakes)
    }
}

/// Two spreads on columns that are multiples of each other: only one number that both make up can be
/// told. More columns may be explained by each other: their squares and products need not be.
fn spreads(problem: &Problem) -> Option<InputError> {
    let columns: Vec<usize> = problem
        .parameters
        .free
        .iter()
        .filter_map(|p| match p.kind {
            Kind::Sigma { row, column } if row == column => Some(row),
            _ => None,
        })
        .collect();
    let plain = |k: &&usize| problem.coefficients[**k] == CoefficientKind::Linear;
    let columns: Vec<usize> = columns.iter().filter(plain).copied().collect();
    for (a, first) in columns.iter().enumerate() {
        for second in &columns[a + 1..] {
            let pair = [*first, *second].map(|k| {
                let all = problem.markets.iter();
                all.flat_map(|m| m.x2(k)[..m.products()].iter().copied())
                    .collect::<Vec<f64>>()
            });
            let data = pair[0].iter().zip(&pair[1]).flat_map(|(x, y)| [*x, *y]);
            let matrix = Matrix::new(pair[0].len(), 2, data.collect());
            if let Some((1, by)) = dependent(&matrix) {
                let names: Vec<String> = [*first, *second]
                    .map(|k| problem.random_names[k].clone())
                    .to_vec();
                return Some(collinear(&names, 1, &by, "estimate.demand.random", false));
            }
        }
    }
    None
}

fn side(side: &Side, x_key: &str, z_key: &str, mistakes: &mut Vec<InputError>) {
    for (m, names, key) in [
        (&side.x, &side.x_names, x_key),
        (&side.z, &side.z_names, z_key),
    ] {
        if let Some((column, by)) = dependent(m) {
            mistakes.push(collinear(names, column, &by, key, !side.effects.is_empty()));
        }
    }
}

fn collinear(
    names: &[String],
    column: usize,
    by: &[(usize, f64)],
    key: &str,
    absorbed: bool,
) -> InputError {
    let name = &names[column];
    let message = if by.is_empty() && absorbed {
        format!("`{name}` does not vary once fixed effects are taken out")
    } else if by.is_empty() {
        format!("`{name}` is zero in every row")
    } else {
        let part = |(c, b): &(usize, f64)| format!("{} {}", tidy(*b), names[*c]);
        let sum: Vec<String> = by.iter().map(part).collect();
        format!(
            "`{name}` is explained by other columns: {}",
            sum.join(" + ")
        )
    };
    InputError::at(key, message)
        .value(name)
        .hint("leave one of them out")
}

fn tidy(b: f64) -> String {
    let rounded = (b * 1e6).round() / 1e6;
    format!("{rounded}")
}

/// Excluded instruments that the exogenous characteristics and the instruments before them explain.
pub(super) fn redundant(side: &Side) -> Vec<String> {
    let z = &side.z;
    let own = |name: &&String| side.x_names.contains(name);
    let excluded = z.columns - side.z_names.iter().rev().take_while(own).count();
    let mut order: Vec<usize> = (excluded..z.columns).chain(0..excluded).collect();
    let mut out = Vec::new();
    while let Some((at, _)) = dependent(&z.select(&order)) {
        let column = order.remove(at);
        if column < excluded {
            out.push(side.z_names[column].clone());
        }
    }
    out
}

/// The first column that the ones before it explain to 1e-10 of its size, and how.
fn dependent(m: &Matrix) -> Option<(usize, Vec<(usize, f64)>)> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let mut kept: Vec<usize> = Vec::new();
    for c in 0..m.columns {
        let mut v = m.column(c);
        let size = vector::dot(&v, &v).sqrt();
        for _ in 0..2 {
            for q in &basis {
                let along = vector::dot(q, &v);
                vector::add_scaled(&mut v, -along, q);
            }
        }
        let left = vector::dot(&v, &v).sqrt();
        if left <= 1e-10 * size || size <= 1e-12 * (m.rows as f64).sqrt() {
            return Some((c, combination(m, &kept, c)));
        }
        for x in &mut v {
            *x /= left;
        }
        basis.push(v);
        kept.push(c);
    }
    None
}

/// Coefficients of the regression of a column on others, those that matter.
fn combination(m: &Matrix, on: &[usize], column: usize) -> Vec<(usize, f64)> {
    let x = m.select(on);
    let y = m.column(column);
    let Some(b) = entrant_numeric::linalg::least_squares_step(&x.data, &y, on.len()) else {
        return Vec::new();
    };
    on.iter()
        .copied()
        .zip(b)
        .filter(|(_, b)| b.abs() > 1e-8)
        .collect()
}

fn counts(problem: &Problem, to_come: usize, mistakes: &mut Vec<InputError>) {
    let p = &problem.parameters;
    let linear = p.solved_beta.len() + p.solved_gamma.len();
    let (parameters, moments) = (p.free.len() + linear, problem.moments() + to_come);
    if moments < parameters {
        let message = format!(
            "not identified: {parameters} parameters ({} searched for, {linear} solved for) but {moments} moments",
            p.free.len()
        );
        let hint = format!(
            "add at least {} instruments, or fix parameters",
            parameters - moments
        );
        mistakes.push(InputError::at("estimate.demand.instruments", message).hint(hint));
    }
    if problem.level_moments() < linear && problem.crossed().is_some() {
        let message = format!(
            "not identified: {linear} coefficients that are solved for but {} moments of errors by themselves; those of their product do not count here",
            problem.level_moments()
        );
        mistakes.push(InputError::at("estimate.supply.instruments", message));
    }
    let demand_beta = p.solved_beta.len();
    if problem.demand.z.columns < demand_beta {
        let message = format!(
            "not identified: {demand_beta} coefficients of mean utility but {} moments of demand",
            problem.demand.z.columns
        );
        mistakes.push(InputError::at("estimate.demand.instruments", message));
    }
}
