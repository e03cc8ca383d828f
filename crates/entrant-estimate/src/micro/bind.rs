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

/// Tables of one market.
fn market(
    problem: &Problem,
    t: usize,
    datasets: &[Dataset],
    parts: &[Part],
) -> Result<Bound, Mistake> {
    let m = &problem.markets[t];
    let choices = m.products() + 1;
    let mut bound = Bound::default();
    let mut weights: Vec<Option<(Arc<Table>, Option<Arc<Groups>>)>> = Vec::new();
    for d in datasets {
        let Some(table) = d.weights.get(t).and_then(Option::as_ref) else {
            weights.push(None);
            bound.cells.push(None);
            continue;
        };
        let place = || {
            format!(
                "weights of the micro data set `{}`, market `{}`,",
                d.name, m.id
            )
        };
        let pairs = check_weights(table, (m.consumers(), choices), &place)?;
        if pairs && !(m.nests.is_empty() && m.consumers.by_product.is_empty()) {
            return Err(Mistake(format!(
                "{} are of second choices, which are not there yet with nests or with demographics \
                 that differ by product",
                place()
            )));
        }
        let groups = pairs.then(|| {
            let of = d.groups.get(t).map_or(&[][..], Vec::as_slice);
            Arc::new(Groups::new(m.products(), of))
        });
        let table = match &groups {
            Some(g) => Arc::new(Table::clone(table).without(|cell| g.joins(cell))),
            None => Arc::clone(table),
        };
        let cells = Cells::new(Arc::clone(&table), choices, groups.clone());
        bound.cells.push(Some(cells));
        weights.push(Some((table, groups)));
    }
    for part in parts {
        let of = weights.get(part.dataset).and_then(Option::as_ref);
        let Some((weight, groups)) = of else {
            bound.cells.push(None);
            continue;
        };
        let values = part.values.get(t).and_then(Option::as_ref);
        let values = values.filter(|v| {
            (v.consumers(), v.cells()) == (weight.consumers(), weight.cells())
                && v.is_sound(|_| true)
        });
        let Some(values) = values else {
            return Err(Mistake(format!(
                "values of the micro part `{}`, market `{}`, are not {} x {} finite numbers, as the \
                 weights of `{}` are",
                part.name,
                m.id,
                weight.consumers(),
                weight.cells(),
                datasets[part.dataset].name
            )));
        };
        let product = Arc::new(weight.times(values));
        bound
            .cells
            .push(Some(Cells::new(product, choices, groups.clone())));
    }
    Ok(bound)
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
