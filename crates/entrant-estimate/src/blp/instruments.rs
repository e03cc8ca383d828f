//! Instruments from the characteristics of other products in the market.

use entrant_data::InputError;
use entrant_data::spec::{BuiltInstruments, BuiltKind};
use entrant_numeric::dense::{self, Matrix};

use super::bind::Source;
use super::bind::rows::Rows;
use super::bind::side::{parse, place};
use crate::optimal::absorb;

/// Builds instruments, own firm's first: names and columns in the order of the problem.
///
/// Sums are of Berry, Levinsohn and Pakes (1995); differences of Gandhi and Houde (2020), with
/// the standard deviation of differences taken over all pairs of different products in all
/// markets. Columns that are the same in every row are left out.
///
/// Where a formula means the expected price, `expected` stands in for the observed one (rows).
pub(super) fn build(
    source: &Source<'_>,
    rows: &Rows,
    (key, built): (&str, &BuiltInstruments),
    expected: Option<&[f64]>,
) -> Result<Vec<(String, Vec<f64>)>, Vec<InputError>> {
    let formula = parse(&built.of, key).map_err(|e| vec![e])?;
    let misplaced = |e| vec![place(e, key, &built.of)];
    let mut design = formula.design(source.products).map_err(misplaced)?;
    let price = &source.columns.price;
    let prices = (0..design.columns()).any(|c| design.depends_on(c, price));
    if prices && !built.expected_price {
        let message = format!("`{price}` is endogenous: instruments cannot be built from it");
        let hint = "`expected_price = true` takes the price that the other instruments predict";
        return Err(vec![
            InputError::at(key, message).value(&built.of).hint(hint),
        ]);
    }
    design = design.subset(&rows.order);
    if let Some(expected) = expected.filter(|_| prices) {
        design = design.with(price, expected).map_err(misplaced)?;
    }
    let x = Matrix::new(design.rows, design.columns(), design.values);
    let mut own = Vec::new();
    let mut rival = Vec::new();
    for (label, terms) in terms(built, &design.names) {
        let pair = sums(rows, &x, built.kind, &terms);
        own.push((format!("own {label}"), pair.0));
        rival.push((format!("rival {label}"), pair.1));
    }
    own.extend(rival);
    own.retain(|(_, column)| column.iter().any(|v| v.to_bits() != column[0].to_bits()));
    Ok(own)
}

/// The price that exogenous columns predict: the fit of a regression of prices on the instruments
/// of an equation, from which fixed effects have been taken out (rows; Gandhi and Houde 2020).
pub(crate) fn fitted_prices(price: &[f64], z: &Matrix, effects: &[Vec<u32>]) -> Vec<f64> {
    let mut left = price.to_vec();
    absorb(effects, &mut left, 1);
    let basis = dense::orthonormal_basis(z);
    let fitted = basis.apply(&basis.transpose_apply(&left));
    let parts = price.iter().zip(&left).zip(fitted);
    parts.map(|((p, l), f)| p - l + f).collect()
}

/// What is summed: one column, or two for an interaction.
fn terms(built: &BuiltInstruments, names: &[String]) -> Vec<(String, Vec<usize>)> {
    let word = match built.kind {
        BuiltKind::Sums => "sum",
        BuiltKind::LocalDifferences => "near",
        BuiltKind::QuadraticDifferences => "squared",
    };
    let single = |k: usize| (format!("{word} {}", names[k]), vec![k]);
    let singles: Vec<_> = (0..names.len()).map(single).collect();
    if !built.interact || built.kind == BuiltKind::Sums {
        return singles;
    }
    // Interacted, near products are not counted but their differences summed, of the
    // characteristic in which they are near too (the convention of `PyBLP`).
    let local = built.kind == BuiltKind::LocalDifferences;
    let mut all = if local { Vec::new() } else { singles };
    for k in 0..names.len() {
        for l in 0..names.len() {
            if local || k < l {
                all.push((format!("{word} {} x {}", names[k], names[l]), vec![k, l]));
            }
        }
    }
    all
}

/// Sums over the firm's other products and over rivals' (rows each).
fn sums(rows: &Rows, x: &Matrix, kind: BuiltKind, terms: &[usize]) -> (Vec<f64>, Vec<f64>) {
    let spread = if kind == BuiltKind::LocalDifferences {
        spread(rows, x, terms[0])
    } else {
        0.0
    };
    let value = |j: usize, k: usize| {
        let d = |c: usize| x.at(k, c) - x.at(j, c);
        match (kind, terms) {
            (BuiltKind::Sums, [c]) => x.at(k, *c),
            (BuiltKind::LocalDifferences, [c]) => f64::from(u8::from(d(*c).abs() < spread)),
            (BuiltKind::LocalDifferences, [c, e]) => {
                f64::from(u8::from(d(*c).abs() < spread)) * d(*e)
            }
            (_, [c]) => d(*c) * d(*c),
            (_, [c, e]) => d(*c) * d(*e),
            _ => 0.0,
        }
    };
    let (mut own, mut rival) = (vec![0.0; x.rows], vec![0.0; x.rows]);
    for m in &rows.markets {
        for j in m.rows.clone() {
            for k in m.rows.clone().filter(|k| *k != j) {
                let same = m.firm[j - m.rows.start] == m.firm[k - m.rows.start];
                let to = if same { &mut own[j] } else { &mut rival[j] };
                *to += value(j, k);
            }
        }
    }
    (own, rival)
}

/// Standard deviation of differences over all pairs of different products.
fn spread(rows: &Rows, x: &Matrix, c: usize) -> f64 {
    let (mut count, mut squares) = (0.0, 0.0);
    for m in &rows.markets {
        for j in m.rows.clone() {
            for k in m.rows.clone().filter(|k| *k != j) {
                let d = x.at(k, c) - x.at(j, c);
                count += 1.0;
                squares += d * d;
            }
        }
    }
    // Differences come in pairs of opposite sign: their mean is zero.
    if count > 0.0 {
        f64::sqrt(squares / count)
    } else {
        0.0
    }
}
