//! Products that nobody has sold yet, in the terms of the fitted formulas.

use std::collections::BTreeMap;

use entrant_data::formula::{Curve, Design, Formula};
use entrant_data::spec::{EntrantSpec, Study};
use entrant_data::table::Table;
use entrant_data::{InputError, Quantity};
use entrant_estimate::blp::{MarketData, Problem};
use entrant_io::LoadedEstimation;
use entrant_market::Market;
use entrant_scenario::median_sensitivity;

use super::{facade, worth};

/// One chosen market at a draw.
#[derive(Debug, Clone, Copy)]
pub(super) struct Formulated<'a> {
    /// Its position in the whole problem.
    pub(super) market: usize,
    /// Ids of its products.
    pub(super) products: &'a [String],
    /// The market itself.
    pub(super) made: &'a Market,
    /// Coefficients of all columns of mean utility, over the scale of taste shocks: what columns
    /// are worth in the market.
    pub(super) beta: &'a [f64],
}

impl Formulated<'_> {
    /// Row of product `j` in the whole problem.
    pub(super) fn row(&self, whole: &Problem, _: &MarketData, j: usize) -> usize {
        whole.markets[self.market].rows.start + j
    }
}

/// The entrants of a study.
pub(super) struct NewProducts<'a> {
    entrants: &'a [EntrantSpec],
    problem: &'a Problem,
    products: &'a Table,
    nest: Option<&'a str>,
    /// Columns that the formulas read, but for the price.
    read: Vec<String>,
}

/// Name of the characteristic that keeps consumers who never buy from buying.
const NEVER: &str = "(never buys)";

impl<'a> NewProducts<'a> {
    pub(super) fn new(
        loaded: &'a LoadedEstimation,
        problem: &'a Problem,
    ) -> Result<Self, InputError> {
        let study = &loaded.study;
        let demand = &study.estimate.demand;
        let mut read: Vec<String> = Vec::new();
        for text in [Some(&demand.linear), demand.random.as_ref()]
            .into_iter()
            .flatten()
        {
            let formula = Formula::parse(text)
                .map_err(|e| InputError::at("estimate.demand", e.to_string()))?;
            for name in formula.columns() {
                if name != study.data.columns.price && !read.contains(&name) {
                    read.push(name);
                }
            }
        }
        Ok(NewProducts {
            entrants: &study.entrant,
            problem,
            products: &loaded.products,
            nest: study.data.columns.nest.as_deref(),
            read,
        })
    }

    /// The study with entrants as columns of the formulas in one market; `None` without entrants.
    ///
    /// # Errors
    /// A characteristic that an entrant must have, or that a formula cannot take.
    pub(super) fn in_market(
        &self,
        here: &Formulated<'_>,
        study: &Study,
    ) -> Result<Option<Study>, InputError> {
        if self.entrants.is_empty() {
            return Ok(None);
        }
        let mut out = study.clone();
        let tastes = facade::tastes(self.problem);
        let never = here.made.products.iter().any(|p| p.x.len() > tastes.len());
        if never {
            out.demand.taste.push(facade::taste(NEVER));
        }
        for (i, entrant) in out.entrant.iter_mut().enumerate() {
            let enters = |e: &entrant_data::spec::EnterSpec| {
                e.products.contains(&entrant.id)
                    && (e.markets.is_empty() || e.markets.contains(&here.made.id))
            };
            let chosen = chosen_about(study).any(|id| *id == entrant.id);
            if chosen
                || entrant.quality.transfer
                || study.scenario.iter().flat_map(|s| &s.enter).any(enters)
            {
                self.fill(i, entrant, here)?;
            }
        }
        Ok(Some(out))
    }

    /// What prices do to the utility of entrants, where that is not linear: functions in the order of
    /// those of the products on sale.
    ///
    /// # Errors
    /// A characteristic that a formula cannot take.
    pub(super) fn bends(
        &self,
        here: &Formulated<'_>,
    ) -> Result<BTreeMap<String, Vec<Curve>>, InputError> {
        let mut out = BTreeMap::new();
        let bent = here.made.products.iter().any(|p| !p.bend.is_empty());
        let Some(formulas) = self.problem.formulas.as_ref().filter(|_| bent) else {
            return Ok(out);
        };
        for (i, entrant) in self.entrants.iter().enumerate() {
            let row = self.row_like(entrant, here);
            let given = &entrant.characteristics;
            let linear = moved(&formulas.linear, row, given, i)?;
            let mut curves = vec![linear.curve(0, &formulas.price, here.beta)];
            if let Some(random) = &formulas.random {
                let design = moved(random, row, given, i)?;
                let columns = 0..design.columns();
                for k in columns.filter(|k| design.depends_on(*k, &formulas.price)) {
                    let mut only = vec![0.0; design.columns()];
                    only[k] = 1.0;
                    curves.push(design.curve(0, &formulas.price, &only));
                }
            }
            curves.push(Curve::line(1.0));
            out.insert(entrant.id.clone(), curves);
        }
        Ok(out)
    }

    /// Row of the product that an entrant is like; the market's first where it is like none.
    fn row_like(&self, entrant: &EntrantSpec, here: &Formulated<'_>) -> usize {
        let like = entrant.quality.like.as_ref();
        let twin = like.and_then(|id| here.products.iter().position(|p| p == id));
        self.problem.markets[here.market].rows.start + twin.unwrap_or(0)
    }

    /// Columns of the formulas, the nest, and for one that is like another what sets them apart.
    fn fill(
        &self,
        i: usize,
        entrant: &mut EntrantSpec,
        here: &Formulated<'_>,
    ) -> Result<(), InputError> {
        let like = entrant.quality.like.as_ref();
        let twin = like.and_then(|id| here.products.iter().position(|p| p == id));
        if twin.is_none() {
            self.all_given(i, entrant, here)?;
        }
        let row = self.row_like(entrant, here);
        let Some(formulas) = &self.problem.formulas else {
            return Ok(());
        };
        let given = entrant.characteristics.clone();
        let linear = moved(&formulas.linear, row, &given, i)?.values;
        let random = formulas.random.as_ref();
        let random = random.map(|d| moved(d, row, &given, i)).transpose()?;
        if twin.is_some() {
            let was = formulas.linear.row(row);
            let columns = worth::columns(self.problem);
            let apart = columns
                .iter()
                .map(|(c, _)| here.beta[*c] * (linear[*c] - was[*c]));
            add_worth(entrant, apart.sum(), here.made);
        }
        for (c, name) in worth::columns(self.problem) {
            entrant.characteristics.insert(name.to_owned(), linear[c]);
        }
        for (c, taste) in facade::tastes(self.problem) {
            if let Some(random) = &random {
                let value = random.values[c];
                entrant.characteristics.insert(taste.column, value);
            }
        }
        entrant.characteristics.insert(NEVER.to_owned(), 1.0);
        self.nest(entrant, here);
        Ok(())
    }

    /// Every column that the formulas read and that differs within the market must be given.
    fn all_given(
        &self,
        i: usize,
        entrant: &EntrantSpec,
        here: &Formulated<'_>,
    ) -> Result<(), InputError> {
        let rows = &self.problem.markets[here.market].rows;
        let differs = |column: &String| {
            let mut cells = rows
                .clone()
                .map(|r| self.products.text(column, self.problem.order[r]));
            let first = cells.next();
            cells.any(|c| Some(c) != first)
        };
        for column in &self.read {
            if !entrant.characteristics.contains_key(column) && differs(column) {
                let path = format!("entrant[{i}].characteristics");
                let message = format!(
                    "entrant `{}` needs the characteristic `{column}`",
                    entrant.id
                );
                let hint = format!(
                    "add `{column} = ...`, or say which product it is like in `quality.like`"
                );
                return Err(InputError::at(path, message).hint(hint));
            }
        }
        Ok(())
    }

    /// The nest's number in this market, in place of its name.
    fn nest(&self, entrant: &mut EntrantSpec, here: &Formulated<'_>) {
        let Some(column) = self.nest else { return };
        let m = &self.problem.markets[here.market];
        let Some(label) = entrant.labels.get_mut(column) else {
            return;
        };
        let named = |range: &std::ops::Range<usize>| {
            let row = self.problem.order[m.rows.start + range.start];
            self.products.text(column, row).is_some_and(|t| t == *label)
        };
        if let Some(h) = m.nests.iter().position(named) {
            *label = h.to_string();
        }
    }
}

/// Products that games and surfaces are about: entrants among them come in whether a scenario
/// brings them or not.
fn chosen_about(study: &Study) -> impl Iterator<Item = &String> {
    let players = study.game.iter().flat_map(|g| &g.player);
    let moved = players.clone().flat_map(|p| &p.moves);
    let axes = study.surface.iter().flat_map(|s| &s.axis);
    moved
        .flat_map(|m| &m.products)
        .chain(players.flat_map(|p| &p.candidate).map(|c| &c.product))
        .chain(axes.flat_map(|a| &a.products))
}

/// A row of a formula with other numbers in some columns of the table.
fn moved(
    design: &Design,
    row: usize,
    given: &BTreeMap<String, f64>,
    i: usize,
) -> Result<Design, InputError> {
    let mut one = design.subset(&[row]);
    for (name, value) in given {
        one.set(name, &[*value]).map_err(|e| {
            InputError::at(format!("entrant[{i}].characteristics"), e.to_string())
                .value(value.to_string())
        })?;
    }
    Ok(one)
}

/// Adds utility to what an entrant is worth beyond the product that it is like, which the study
/// counts in currency.
fn add_worth(entrant: &mut EntrantSpec, utility: f64, market: &Market) {
    let own = entrant.quality.plus.as_ref().map_or(0.0, Quantity::value);
    if utility != 0.0 {
        let worth = own + utility / median_sensitivity(market);
        entrant.quality.plus = Some(Quantity::known(worth));
    }
}
