//! One equation: characteristics, instruments, fixed effects taken out.

use entrant_data::InputError;
use entrant_data::formula::{Design, Formula, FormulaError};
use entrant_data::spec::BuiltInstruments;
use entrant_numeric::absorb::Effects;
use entrant_numeric::dense::Matrix;

use super::rows::Rows;
use super::{Source, expand, numbers};
use crate::blp::instruments;
use crate::blp::problem::Side;

/// What an equation is made of.
pub(super) struct Parts<'a> {
    /// Formula of the characteristics.
    pub(super) formula: &'a str,
    /// Its key.
    pub(super) key: &'a str,
    /// Columns of excluded instruments.
    pub(super) instruments: &'a [String],
    /// Their key.
    pub(super) instruments_key: &'a str,
    /// Instruments that are built.
    pub(super) built: &'a [BuiltInstruments],
    /// Their key.
    pub(super) built_key: &'a str,
    /// Columns that errors are correlated with: what depends on them is no instrument.
    pub(super) endogenous: [&'a str; 2],
}

/// An equation, and the formula's design in the order of the table.
pub(super) struct Built {
    pub(super) side: Side,
    pub(super) design: Design,
}

/// Builds an equation.
pub(super) fn build(
    source: &Source<'_>,
    rows: &Rows,
    parts: &Parts<'_>,
) -> Result<Built, Vec<InputError>> {
    let formula = parse(parts.formula, parts.key).map_err(|e| vec![e])?;
    let one = |e: FormulaError| vec![place(e, parts.key, parts.formula)];
    let design = formula.design(source.products).map_err(one)?;
    let effects = formula.effects(source.products).map_err(one)?;
    let exogenous: Vec<usize> = (0..design.columns())
        .filter(|c| {
            !parts
                .endogenous
                .iter()
                .any(|name| design.depends_on(*c, name))
        })
        .collect();
    let x = ordered(&design.values, design.columns(), &rows.order);
    let mut z_names: Vec<String> = Vec::new();
    let mut excluded: Vec<Vec<f64>> = Vec::new();
    for pattern in parts.instruments {
        for name in expand(source.products, pattern) {
            let cells =
                numbers(source.products, &name, parts.instruments_key).map_err(|e| vec![e])?;
            excluded.push(rows.order.iter().map(|r| cells[*r]).collect());
            z_names.push(name);
        }
    }
    let own = x.select(&exogenous);
    let own_names = exogenous.iter().map(|c| design.names[*c].clone());
    let effects: Vec<Vec<u32>> = effects
        .iter()
        .map(|e| rows.order.iter().map(|r| e[*r]).collect())
        .collect();
    let built_key = |i: usize| format!("{}[{i}].of", parts.built_key);
    // Those that need an expected price come last: all others predict it.
    for (i, built) in of_kind(parts.built, false) {
        let more = instruments::build(source, rows, (&built_key(i), built), None)?;
        add(more, &mut z_names, &mut excluded);
    }
    if parts.built.iter().any(|b| b.expected_price) {
        let mut z = columns_of(&excluded, rows.order.len()).beside(&own);
        absorb(&mut z, &effects, parts.key)?;
        let expected = instruments::fitted_prices(&rows.price, &z, &effects);
        for (i, built) in of_kind(parts.built, true) {
            let more = instruments::build(source, rows, (&built_key(i), built), Some(&expected))?;
            add(more, &mut z_names, &mut excluded);
        }
    }
    let z = columns_of(&excluded, rows.order.len()).beside(&own);
    z_names.extend(own_names);
    let mut side = Side {
        x,
        z,
        x_names: design.names.clone(),
        z_names,
        x_with_price: (0..design.columns())
            .map(|c| design.depends_on(c, &source.columns.price))
            .collect(),
        x_with_share: (0..design.columns()).any(|c| design.depends_on(c, &source.columns.share)),
        effects,
    };
    for m in [&mut side.x, &mut side.z] {
        absorb(m, &side.effects, parts.key)?;
    }
    Ok(Built { side, design })
}

/// Instruments that are built with an expected price or without, and their places in the list.
fn of_kind(
    built: &[BuiltInstruments],
    expected_price: bool,
) -> impl Iterator<Item = (usize, &BuiltInstruments)> {
    let kind = move |(_, b): &(usize, &BuiltInstruments)| b.expected_price == expected_price;
    built.iter().enumerate().filter(kind)
}

fn add(more: Vec<(String, Vec<f64>)>, names: &mut Vec<String>, columns: &mut Vec<Vec<f64>>) {
    for (name, column) in more {
        names.push(name);
        columns.push(column);
    }
}

/// Takes fixed effects out of the columns of a matrix.
fn absorb(m: &mut Matrix, effects: &[Vec<u32>], key: &str) -> Result<(), Vec<InputError>> {
    if effects.is_empty() || m.columns == 0 {
        return Ok(());
    }
    let mistake = |m: String| vec![InputError::at(key, m)];
    let columns = m.columns;
    Effects::new(effects)
        .and_then(|e| e.residualise(&mut m.data, columns, 1e-13))
        .map(|_| ())
        .map_err(mistake)
}

/// Parses a formula; a mistake is placed at its key.
pub(in crate::blp) fn parse(text: &str, key: &str) -> Result<Formula, InputError> {
    Formula::parse(text).map_err(|e| place(e, key, text))
}

/// A formula's mistake at its key.
pub(in crate::blp) fn place(e: FormulaError, key: &str, text: &str) -> InputError {
    let part = text.get(e.span.clone()).unwrap_or("").trim();
    InputError::at(key, e.message).value(part).hint(e.hint)
}

/// Rows of a row-major table in another order.
pub(in crate::blp) fn ordered(values: &[f64], columns: usize, order: &[usize]) -> Matrix {
    let data = order
        .iter()
        .flat_map(|r| values[r * columns..(r + 1) * columns].iter().copied())
        .collect();
    Matrix::new(order.len(), columns, data)
}

fn columns_of(columns: &[Vec<f64>], rows: usize) -> Matrix {
    let mut m = Matrix::zeros(rows, columns.len());
    for (c, column) in columns.iter().enumerate() {
        for (r, v) in column.iter().enumerate() {
            m.set(r, c, *v);
        }
    }
    m
}
