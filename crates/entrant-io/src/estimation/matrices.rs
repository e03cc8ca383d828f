//! Starting values and bounds of `sigma` and `pi`: their shapes, and whether they fit.

use entrant_data::InputError;
use entrant_data::spec::{Bounds, StartMatrix};

use crate::numbers::written;
use crate::problems::Problems;

/// Largest starting value of `sigma`: a taste that varies by ten thousand utils is no taste.
const LARGEST_SIGMA: f64 = 1e4;
/// Largest starting value of `pi`, whose size depends on the unit of the demographics.
const LARGEST_PI: f64 = 1e10;

/// Which matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Lower triangular, or its diagonal alone.
    Sigma,
    /// A row per random coefficient and a column per demographic.
    Pi,
}

/// Checks starting values and their bounds. The number of rows, where there is one.
pub(crate) fn check(
    which: Which,
    path: &str,
    start: &StartMatrix,
    bounds: Option<&Bounds>,
    problems: &mut Problems,
) -> Option<usize> {
    let before = problems.count();
    check_shape(which, path, start, problems);
    check_size(which, path, start, problems);
    if let Some(bounds) = bounds {
        check_bounds(path, start, bounds, problems);
    }
    (problems.count() == before).then(|| rows(start))
}

/// Number of rows; of a diagonal, its length.
pub(crate) fn rows(matrix: &StartMatrix) -> usize {
    match matrix {
        StartMatrix::Diagonal(values) => values.len(),
        StartMatrix::Rows(rows) => rows.len(),
    }
}

/// Number of columns of a rectangular matrix.
pub(crate) fn columns(matrix: &StartMatrix) -> usize {
    match matrix {
        StartMatrix::Diagonal(values) => values.len(),
        StartMatrix::Rows(rows) => rows.first().map_or(0, Vec::len),
    }
}

/// Number of columns of `sigma` in which some value is not zero.
pub(crate) fn used_columns(sigma: &StartMatrix) -> usize {
    match sigma {
        StartMatrix::Diagonal(values) => values.iter().filter(|v| **v != 0.0).count(),
        StartMatrix::Rows(rows) => {
            let used = |c: &usize| rows.iter().any(|r| r.get(*c).is_some_and(|v| *v != 0.0));
            (0..rows.len()).filter(used).count()
        }
    }
}

/// Every value with its path.
fn values<'a>(path: &'a str, matrix: &'a StartMatrix) -> Vec<(String, f64)> {
    match matrix {
        StartMatrix::Diagonal(values) => {
            let all = values.iter().enumerate();
            all.map(|(i, v)| (format!("{path}[{i}]"), *v)).collect()
        }
        StartMatrix::Rows(rows) => {
            let all = rows.iter().enumerate();
            let row = |(i, row): (usize, &'a Vec<f64>)| {
                let all = row.iter().enumerate();
                all.map(move |(j, v)| (format!("{path}[{i}][{j}]"), *v))
            };
            all.flat_map(row).collect()
        }
    }
}

fn check_shape(which: Which, path: &str, matrix: &StartMatrix, problems: &mut Problems) {
    if rows(matrix) == 0 {
        let message = "this is empty: give a row for each random coefficient";
        problems.at(path, message);
        return;
    }
    match (which, matrix) {
        (Which::Sigma, StartMatrix::Diagonal(_)) => {}
        (Which::Pi, StartMatrix::Diagonal(_)) => {
            let mistake = InputError::at(path, "this must be a list of rows");
            let hint = "give a row for each random coefficient, with a value for each demographic";
            problems.push(mistake.hint(hint));
        }
        (Which::Sigma, StartMatrix::Rows(rows)) => check_triangle(path, rows, problems),
        (Which::Pi, StartMatrix::Rows(rows)) => {
            check_widths(path, rows, columns(matrix), problems);
        }
    }
}

fn check_triangle(path: &str, rows: &[Vec<f64>], problems: &mut Problems) {
    check_widths(path, rows, rows.len(), problems);
    for (i, row) in rows.iter().enumerate() {
        let above = row.iter().enumerate().skip(i + 1);
        for (j, value) in above.filter(|(_, v)| **v != 0.0) {
            let message = "this is above the diagonal of a lower-triangular matrix, must be 0";
            let mistake = InputError::at(format!("{path}[{i}][{j}]"), message);
            problems.push(mistake.value(written(*value)));
        }
    }
}

fn check_widths(path: &str, rows: &[Vec<f64>], width: usize, problems: &mut Problems) {
    for (i, row) in rows.iter().enumerate() {
        if row.len() != width || row.is_empty() {
            let found = row.len();
            let message = format!("this row has {found} values, must have {width}");
            problems.at(format!("{path}[{i}]"), message);
        }
    }
}

fn check_size(which: Which, path: &str, matrix: &StartMatrix, problems: &mut Problems) {
    let largest = match which {
        Which::Sigma => LARGEST_SIGMA,
        Which::Pi => LARGEST_PI,
    };
    for (path, value) in values(path, matrix) {
        if value.is_nan() || value.abs() > largest {
            let (shown, largest) = (written(value), written(largest));
            let message = format!("this is {shown}, must be from -{largest} to {largest}");
            let hint = "give the column a larger unit, so that its coefficient is smaller";
            problems.push(InputError::at(path, message).value(shown).hint(hint));
        }
    }
}

/// Where a start is zero nothing is estimated, and bounds say nothing.
fn check_bounds(path: &str, start: &StartMatrix, bounds: &Bounds, problems: &mut Problems) {
    let path = format!("{path}_bounds");
    let mut side = |key: &str, matrix: Option<&StartMatrix>| {
        let matrix = matrix?;
        let path = format!("{path}.{key}");
        let same = same_shape(start, matrix);
        if !same {
            problems.at(&path, "this must have the shape of the starting values");
        }
        let found = values(&path, matrix);
        for (path, value) in found.iter().filter(|(_, v)| v.is_nan()) {
            problems.push(InputError::at(path, "this must be a number").value(written(*value)));
        }
        same.then_some(found)
    };
    let lower = side("lower", bounds.lower.as_ref());
    let upper = side("upper", bounds.upper.as_ref());
    for (at, (_, start)) in values("", start).iter().enumerate() {
        let low = lower.as_ref().map(|l| &l[at]);
        let high = upper.as_ref().map(|h| &h[at]);
        if *start != 0.0 {
            check_bound(*start, low, high, problems);
        }
    }
}

fn same_shape(a: &StartMatrix, b: &StartMatrix) -> bool {
    match (a, b) {
        (StartMatrix::Diagonal(a), StartMatrix::Diagonal(b)) => a.len() == b.len(),
        (StartMatrix::Rows(a), StartMatrix::Rows(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.len() == b.len())
        }
        _ => false,
    }
}

/// A bound and its path.
pub(crate) type Bound = (String, f64);

/// A starting value must lie between its bounds.
pub(crate) fn check_bound(
    start: f64,
    low: Option<&Bound>,
    high: Option<&Bound>,
    problems: &mut Problems,
) {
    let lowest = low.map_or(f64::NEG_INFINITY, |(_, v)| *v);
    let highest = high.map_or(f64::INFINITY, |(_, v)| *v);
    let mistake = |path: &str, message: String, value: f64| {
        InputError::at(path, message).value(written(value))
    };
    if lowest > highest
        && let Some((path, _)) = high
    {
        let message = format!("this is below the lower bound, {}", written(lowest));
        problems.push(mistake(path, message, highest));
    } else if start < lowest
        && let Some((path, _)) = low
    {
        let message = format!("this is above the starting value, {}", written(start));
        problems.push(mistake(path, message, lowest));
    } else if start > highest
        && let Some((path, _)) = high
    {
        let message = format!("this is below the starting value, {}", written(start));
        problems.push(mistake(path, message, highest));
    }
}
