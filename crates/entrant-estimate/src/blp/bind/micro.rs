//! Surveys of a specification as micro moments of a problem.

use std::collections::BTreeMap;
use std::sync::Arc;

use entrant_data::InputError;
use entrant_data::error::did_you_mean;
use entrant_data::formula::FormulaError;
use entrant_data::spec::{MicroMomentSpec, MicroNumber, MicroSpec, SurveyOf};
use entrant_data::table::Table as Cells;

use super::rows::Rows;
use super::side::{parse, place};
use super::{Source, codes, column};
use crate::blp::problem::Problem;
use crate::micro::{Combination, Dataset, Moment, Part, Table};

/// The problem with the micro moments of its specification.
pub(super) fn micro(
    source: &Source<'_>,
    rows: &Rows,
    problem: Problem,
) -> Result<Problem, Vec<InputError>> {
    if source.spec.micro.is_empty() {
        return Ok(problem);
    }
    let mut surveys = Surveys {
        source,
        rows,
        problem: &problem,
        consumers: consumers(source, &problem)?,
        datasets: Vec::new(),
        parts: Vec::new(),
        moments: Vec::new(),
    };
    for (d, spec) in source.spec.micro.iter().enumerate() {
        surveys.survey(d, spec)?;
    }
    let Surveys {
        datasets,
        parts,
        moments,
        ..
    } = surveys;
    let bound = problem.with_micro(datasets, parts, moments, None);
    bound.map_err(|e| vec![InputError::at("estimate.micro", e.0)])
}

/// Rows of the consumers table in each market; `None` where consumers come from a rule.
fn consumers(
    source: &Source<'_>,
    problem: &Problem,
) -> Result<Option<Vec<Vec<usize>>>, Vec<InputError>> {
    let with_columns = source.spec.demand.random.is_some();
    let Some(table) = source.consumers.filter(|_| with_columns) else {
        return Ok(None);
    };
    let market = column(table, &source.columns.market, "data.columns.market");
    let (market, names) = codes(market.map_err(|e| vec![e])?);
    let mut of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (r, code) in market.iter().enumerate() {
        of.entry(&names[*code as usize]).or_default().push(r);
    }
    let each = problem.markets.iter();
    let each = each.map(|m| of.get(m.id.as_str()).cloned().unwrap_or_default());
    Ok(Some(each.collect()))
}

struct Surveys<'a> {
    source: &'a Source<'a>,
    rows: &'a Rows,
    problem: &'a Problem,
    consumers: Option<Vec<Vec<usize>>>,
    datasets: Vec<Dataset>,
    parts: Vec<Part>,
    moments: Vec<Moment>,
}

/// A number of consumers (rows of their table), of first and of second choices (rows of the problem).
#[derive(Clone, Default)]
struct Numbers {
    name: String,
    consumer: Option<Vec<f64>>,
    product: Option<Vec<f64>>,
    second: Option<Vec<f64>>,
}

impl Numbers {
    fn times(&self, other: &Numbers) -> Numbers {
        let product = |a: &Option<Vec<f64>>, b: &Option<Vec<f64>>| match (a, b) {
            (Some(a), Some(b)) => Some(a.iter().zip(b).map(|(a, b)| a * b).collect()),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        Numbers {
            name: format!("{} x {}", self.name, other.name),
            consumer: product(&self.consumer, &other.consumer),
            product: product(&self.product, &other.product),
            second: product(&self.second, &other.second),
        }
    }
}

impl Surveys<'_> {
    fn survey(&mut self, d: usize, spec: &MicroSpec) -> Result<(), Vec<InputError>> {
        let key = format!("estimate.micro[{d}]");
        let wrong = |path: &str, message: &str| Err(vec![InputError::at(path, message)]);
        if spec.observations == 0 {
            return wrong(&format!("{key}.observations"), "a survey has observations");
        }
        if spec.moment.is_empty() {
            return wrong(&format!("{key}.moment"), "a survey has at least one moment");
        }
        for id in &spec.markets {
            let mut known = self.problem.markets.iter().map(|m| m.id.as_str());
            if !known.any(|m| m == id) {
                let known = self.problem.markets.iter().map(|m| m.id.as_str());
                let near = did_you_mean(id, known);
                let mistake = InputError::at(format!("{key}.markets"), "no such market");
                return Err(vec![mistake.value(id).hint(near)]);
            }
        }
        let weight = MicroNumber {
            consumer: spec.weight.clone(),
            product: (spec.of == SurveyOf::Buyers).then(|| "1".to_owned()),
            second: None,
        };
        let weight = self.numbers(&weight, spec.second_choices, &format!("{key}.weight"))?;
        let weights = self.tables(&weight, spec);
        self.datasets.push(Dataset {
            name: spec.title.clone(),
            observations: spec.observations as f64,
            weights,
            groups: Vec::new(),
        });
        for (m, moment) in spec.moment.iter().enumerate() {
            self.moment(spec, moment, &format!("{key}.moment[{m}]"))?;
        }
        Ok(())
    }

    fn moment(
        &mut self,
        survey: &MicroSpec,
        spec: &MicroMomentSpec,
        key: &str,
    ) -> Result<(), Vec<InputError>> {
        if !spec.value.is_finite() {
            let mistake = InputError::at(format!("{key}.value"), "must be a number");
            return Err(vec![mistake.value(spec.value.to_string())]);
        }
        let number = |of: &MicroNumber, name: &str| {
            self.numbers(of, survey.second_choices, &format!("{key}.{name}"))
        };
        let mean = number(&spec.mean, "mean")?;
        let with = spec.with.as_ref().map(|w| number(w, "with")).transpose()?;
        let among = spec.among.as_ref();
        let among = among.map(|a| number(a, "among")).transpose()?;
        let (of, combination) = match (with, among) {
            (None, None) => (vec![mean], Combination::Part),
            (None, Some(a)) => (vec![mean.times(&a), a], Combination::Ratio),
            (Some(w), None) => (vec![mean.times(&w), mean, w], Combination::Covariance),
            (Some(w), Some(a)) => {
                let both = mean.times(&w).times(&a);
                let all = vec![both, mean.times(&a), w.times(&a), a];
                (all, Combination::CovarianceAmong)
            }
        };
        let parts = of.iter().map(|n| self.part(n, survey)).collect();
        self.moments.push(Moment {
            name: spec.title.clone(),
            value: spec.value,
            parts,
            combination,
        });
        Ok(())
    }

    /// The part that is the mean of a number, which others may share.
    fn part(&mut self, of: &Numbers, survey: &MicroSpec) -> usize {
        let dataset = self.datasets.len() - 1;
        let same = |p: &Part| p.dataset == dataset && p.name == of.name;
        if let Some(known) = self.parts.iter().position(same) {
            return known;
        }
        let values = self.tables(of, survey);
        self.parts.push(Part {
            name: of.name.clone(),
            dataset,
            values,
        });
        self.parts.len() - 1
    }

    fn numbers(
        &self,
        of: &MicroNumber,
        second: bool,
        key: &str,
    ) -> Result<Numbers, Vec<InputError>> {
        let wrong = |name: &str, message: &str, hint: &str| {
            let mistake = InputError::at(format!("{key}.{name}"), message);
            Err(vec![mistake.hint(hint)])
        };
        if of.second.is_some() && !second {
            let hint = "set `second_choices = true` in the survey";
            return wrong("second", "the survey has no second choices", hint);
        }
        let table = self.source.consumers.filter(|_| self.consumers.is_some());
        if of.consumer.is_some() && table.is_none() {
            let hint = "name a consumers table in `data.consumers`, and random coefficients";
            return wrong("consumer", "there are no consumers with columns", hint);
        }
        let own = of.consumer.as_ref().zip(table);
        let own = own.map(|(text, table)| single(table, text, &format!("{key}.consumer")));
        let choice = |text: &Option<String>, name: &str| {
            let text = text.as_ref()?;
            let column = single(self.source.products, text, &format!("{key}.{name}"));
            Some(column.map(|c| self.rows.order.iter().map(|r| c[*r]).collect::<Vec<f64>>()))
        };
        let text = |t: &Option<String>| t.clone().unwrap_or_default();
        Ok(Numbers {
            name: format!(
                "[{}][{}][{}]",
                text(&of.consumer),
                text(&of.product),
                text(&of.second)
            ),
            consumer: own.transpose()?,
            product: choice(&of.product, "product").transpose()?,
            second: choice(&of.second, "second").transpose()?,
        })
    }

    /// Tables of a number in the markets of a survey.
    fn tables(&self, of: &Numbers, survey: &MicroSpec) -> Vec<Option<Arc<Table>>> {
        let asked = |id: &String| survey.markets.is_empty() || survey.markets.contains(id);
        let one = |(t, m): (usize, &crate::blp::MarketData)| {
            asked(&m.id).then(|| {
                let consumer = match (&of.consumer, &self.consumers) {
                    (Some(c), Some(rows)) => rows[t].iter().map(|r| c[*r]).collect(),
                    _ => vec![1.0; m.consumers()],
                };
                // Whoever buys nothing has no product, and zero in its place.
                let choice = |v: &Option<Vec<f64>>| match v {
                    Some(v) => [&v[m.rows.clone()], &[0.0]].concat(),
                    None => vec![1.0; m.products() + 1],
                };
                let first = choice(&of.product);
                let by_cell = if survey.second_choices {
                    let second = choice(&of.second);
                    let row = |a: &f64| second.iter().map(move |b| a * b).collect::<Vec<_>>();
                    first.iter().flat_map(row).collect()
                } else {
                    first
                };
                Arc::new(Table::outer(consumer, by_cell))
            })
        };
        self.problem.markets.iter().enumerate().map(one).collect()
    }
}

/// The one column of a formula.
fn single(table: &Cells, text: &str, key: &str) -> Result<Vec<f64>, Vec<InputError>> {
    if text.trim() == "1" {
        return Ok(vec![1.0; table.rows()]);
    }
    let whole = format!("0 + {text}");
    let at = |e: FormulaError| vec![place(e, key, &whole)];
    let design = parse(&whole, key).map_err(|e| vec![e])?;
    let design = design.design(table).map_err(at)?;
    if design.columns() != 1 {
        let message = format!("must be one column, and makes {}", design.columns());
        return Err(vec![InputError::at(key, message).value(text)]);
    }
    Ok(design.values)
}
