//! Draws from tables, and the names of inputs.

use std::collections::BTreeMap;

use entrant_data::error::did_you_mean;
use entrant_data::spec::Study;
use entrant_data::table::Table;
use entrant_data::{Distribution, InputError, Quantity};

use crate::field::Field;
use crate::problems::Problems;
use crate::quantities::{Place, visit_quantities};
use crate::tables::Tables;

/// Fills in the values of every quantity that is a column of draws.
pub(crate) fn fill_draws(study: &mut Study, tables: &mut Tables, problems: &mut Problems) {
    visit_quantities(study, &mut |place, quantity| {
        fill(&place, quantity, tables, problems);
    });
}

/// Fills in the values of a quantity that is a column of draws.
pub(crate) fn fill(
    place: &Place,
    quantity: &mut Quantity,
    tables: &mut Tables,
    problems: &mut Problems,
) {
    if let Distribution::Table {
        file,
        column,
        values,
    } = &mut quantity.distribution
    {
        match tables.read(file, &format!("{}.file", place.path)) {
            Ok(table) => *values = draws(&table, column, &place.path, problems),
            Err(errors) => problems.extend(errors),
        }
    }
}

fn draws(table: &Table, column: &str, path: &str, problems: &mut Problems) -> Vec<f64> {
    let Some(field) = Field::find(table, column) else {
        let message = format!("there is no column `{column}` in `{}`", table.file);
        let names = table.names.iter().map(String::as_str);
        let found = InputError::at(format!("{path}.column"), message).value(column);
        problems.push(found.hint(did_you_mean(column, names)));
        return Vec::new();
    };
    (0..table.rows())
        .filter_map(|row| problems.keep(field.number(row)))
        .collect()
}

/// Checks every quantity: names of inputs, and the numbers it may be.
pub(crate) fn check_quantities(study: &mut Study, problems: &mut Problems) {
    let inputs = study.inputs.clone();
    visit_quantities(study, &mut |place, quantity| {
        if let Err(e) = check(&place, quantity, &inputs) {
            problems.push(e);
        }
    });
}

/// Checks the name of an input, or the numbers that a quantity may be.
pub(crate) fn check(
    place: &Place,
    quantity: &Quantity,
    inputs: &BTreeMap<String, Quantity>,
) -> Result<(), InputError> {
    let Distribution::Input(name) = &quantity.distribution else {
        return fits(place, quantity, "this");
    };
    let mistake = |m: String| InputError::at(&place.path, m).value(name);
    if place.input {
        let message = "an entry of `[inputs]` cannot be the name of another".to_owned();
        return Err(mistake(message).hint("give it a number or a distribution"));
    }
    let Some(input) = inputs.get(name) else {
        let known = inputs.keys().map(String::as_str).chain(place.word);
        return Err(mistake(format!("there is no input `{name}`")).hint(did_you_mean(name, known)));
    };
    fits(place, input, &format!("input `{name}`"))
}

fn fits(place: &Place, quantity: &Quantity, name: &str) -> Result<(), InputError> {
    match place.domain.misfit_of(quantity) {
        Some(m) => Err(InputError::at(&place.path, format!("{name} {m}"))),
        None => Ok(()),
    }
}
