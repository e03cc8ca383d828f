//! Whether `sigma`, `pi` and `coefficients` have a row for each column of the formulas.

use entrant_data::InputError;
use entrant_data::spec::{EstimationStudy, StartMatrix};
use entrant_data::table::Table;

use super::consumers::People;
use super::formulas::Formulas;
use super::matrices::{columns, rows};
use super::products::Panel;
use crate::problems::Problems;

/// Checks them where categories, whose number only the whole table says, play no part.
pub(crate) fn check(
    study: &EstimationStudy,
    formulas: &Formulas,
    panel: Option<&Panel>,
    people: Option<&People>,
    problems: &mut Problems,
) {
    let demand = &study.estimate.demand;
    let width = |key: &str, table: Option<&Table>| {
        let path = format!("estimate.demand.{key}");
        formulas.width(&path, table?)
    };
    let random = width("random", panel.map(|p| &p.table));
    let demographics = width("demographics", people.and_then(People::table));
    let kinds = demand.coefficients.len();
    let (sigma, pi) = (demand.sigma.as_ref(), demand.pi.as_ref());
    for (key, found, word, formula, expected) in [
        ("sigma", sigma.map(rows), "rows", "random", random),
        ("pi", pi.map(rows), "rows", "random", random),
        (
            "pi",
            pi.map(columns),
            "columns",
            "demographics",
            demographics,
        ),
        (
            "coefficients",
            (kinds > 0).then_some(kinds),
            "rows",
            "random",
            random,
        ),
    ] {
        if let (Some(found), Some(expected)) = (found, expected)
            && found != expected
            && !matches!((key, pi), ("pi", Some(StartMatrix::Diagonal(_))))
        {
            let message =
                format!("this has {found} {word}, but `{formula}` has {expected} columns");
            let mistake = InputError::at(format!("estimate.demand.{key}"), message);
            problems.push(mistake.hint("a formula has a constant first unless it says `0 +`"));
        }
    }
}
