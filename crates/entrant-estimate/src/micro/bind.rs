//! Micro moments bound to the markets of a problem.

use std::sync::Arc;

use entrant_numeric::dense::Matrix;

use super::Micro;
use super::cells::{Bound, Cells, Groups};
use super::dataset::{Dataset, Moment, Part};
use super::table::Table;
use crate::blp::Problem;

/// What is wrong with micro moments: a sentence with the name of the survey, part or moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Mistake(pub String);

impl Problem {
    /// The problem with micro moments. Tables have products in the order of the problem's markets.
    ///
    /// # Errors
    ///
    /// Tables of the wrong size, weights that are negative, numbers that are not finite, moments
    /// with the wrong number of parts, a covariance of the wrong size; second choices where there
    /// are nests or demographics that differ by product.
    pub fn with_micro(
        mut self,
        datasets: Vec<Dataset>,
        parts: Vec<Part>,
        moments: Vec<Moment>,
        covariance: Option<Matrix>,
    ) -> Result<Problem, Mistake> {
        for moment in &moments {
            check_moment(moment, parts.len())?;
        }
        if let Some(c) = covariance.as_ref().filter(|c| {
            [c.rows, c.columns] != [moments.len(); 2] || c.data.iter().any(|v| !v.is_finite())
        }) {
            let n = moments.len();
            return Err(Mistake(format!(
                "the covariance of micro moments is {} x {} and must be {n} x {n} finite numbers",
                c.rows, c.columns
            )));
        }
        let bound = (0..self.markets.len()).map(|t| market(&self, t, &datasets, &parts));
        let bound = bound.collect::<Result<Vec<_>, _>>()?;
        self.micro = Some(Arc::new(Micro {
            datasets,
            parts,
            moments,
            covariance,
            bound,
        }));
        Ok(self)
    }
}

fn check_moment(moment: &Moment, parts: usize) -> Result<(), Mistake> {
    let wrong = |what: String| Err(Mistake(format!("micro moment `{}` {what}", moment.name)));
    if !moment.value.is_finite() {
        return wrong(format!("has the value {}", moment.value));
    }
    if moment.parts.is_empty() || moment.parts.iter().any(|p| *p >= parts) {
        return wrong("is of parts that are not there".to_owned());
    }
    match moment.combination.arity() {
        Some(n) if n != moment.parts.len() => wrong(format!(
            "has {} parts and its function takes {n}",
            moment.parts.len()
        )),
        _ => Ok(()),
    }
}

/// A survey in one market.
pub(super) struct Survey {
    pub(super) weights: Arc<Table>,
    /// For second choices.
    pub(super) groups: Option<Arc<Groups>>,
}

/// Tables of one market.
fn market(
    problem: &Problem,
    t: usize,
    datasets: &[Dataset],
    parts: &[Part],
) -> Result<Bound, Mistake> {
    let choices = problem.markets[t].products() + 1;
    let surveys = datasets.iter().map(|d| survey(problem, t, d));
    let surveys = surveys.collect::<Result<Vec<_>, _>>()?;
    let cells = |s: &Survey| Cells::new(Arc::clone(&s.weights), choices, s.groups.clone());
    let mut bound = Bound {
        cells: surveys.iter().map(|s| s.as_ref().map(cells)).collect(),
    };
    for part in parts {
        let survey = surveys.get(part.dataset).and_then(Option::as_ref);
        let product = survey.map(|s| weighted(problem, t, part, s)).transpose()?;
        let cells = product.zip(survey);
        let cells = cells.map(|(p, s)| Cells::new(p, choices, s.groups.clone()));
        bound.cells.push(cells);
    }
    Ok(bound)
}

/// Weights of a survey, without pairs of one group; `None` where it did not go.
pub(super) fn survey(problem: &Problem, t: usize, of: &Dataset) -> Result<Option<Survey>, Mistake> {
    let m = &problem.markets[t];
    let Some(table) = of.weights.get(t).and_then(Option::as_ref) else {
        return Ok(None);
    };
    let place = || {
        format!(
            "weights of the micro data set `{}`, market `{}`,",
            of.name, m.id
        )
    };
    if !check_weights(table, (m.consumers(), m.products() + 1), &place)? {
        return Ok(Some(Survey {
            weights: Arc::clone(table),
            groups: None,
        }));
    }
    let groups = of.groups.get(t).map_or(&[][..], Vec::as_slice);
    let Some(groups) = Groups::new(m, groups) else {
        return Err(Mistake(format!(
            "{} are of second choices after groups of products that are in several nests (nesting \
             groups), but are not all products of these",
            place()
        )));
    };
    let groups = Arc::new(groups);
    let table = Table::clone(table).without(|cell| groups.joins(cell));
    Ok(Some(Survey {
        weights: Arc::new(table),
        groups: Some(groups),
    }))
}

/// Weights times the values of a part.
fn weighted(
    problem: &Problem,
    t: usize,
    part: &Part,
    survey: &Survey,
) -> Result<Arc<Table>, Mistake> {
    let weights = &survey.weights;
    let size = (weights.consumers(), weights.cells());
    let values = part.values.get(t).and_then(Option::as_ref);
    let fits = |v: &&Arc<Table>| (v.consumers(), v.cells()) == size && v.is_sound(|_| true);
    match values.filter(fits) {
        Some(values) => Ok(Arc::new(weights.times(values))),
        None => Err(Mistake(format!(
            "values of the micro part `{}`, market `{}`, are not {} x {} finite numbers, as the \
             weights of its data set are",
            part.name, problem.markets[t].id, size.0, size.1
        ))),
    }
}

/// Whether weights are of pairs of choices.
fn check_weights(
    table: &Table,
    (consumers, choices): (usize, usize),
    place: &dyn Fn() -> String,
) -> Result<bool, Mistake> {
    let pairs = table.cells() == choices * choices;
    if table.consumers() != consumers || !(pairs || table.cells() == choices) {
        return Err(Mistake(format!(
            "{} are {} x {}, must be {consumers} consumers x {choices} choices, or x {} pairs of \
             choices",
            place(),
            table.consumers(),
            table.cells(),
            choices * choices
        )));
    }
    if !table.is_sound(|w| w >= 0.0) {
        return Err(Mistake(format!(
            "{} must be finite and not negative",
            place()
        )));
    }
    Ok(pairs)
}
