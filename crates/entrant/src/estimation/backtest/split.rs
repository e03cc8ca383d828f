//! Which markets are predicted, and what is known before each.

use std::ops::Range;

use entrant_data::formula::Formula;
use entrant_data::spec::{ConductKind, PanelBacktestSpec};
use entrant_data::table::Table;
use entrant_estimate::blp::Problem;
use entrant_estimate::forecast::Chain;
use entrant_estimate::simulate::Columns;
use entrant_io::LoadedEstimation;

use super::mistake;
use crate::error::RunError;
use crate::estimation::{bind, source};

/// The whole panel in order of time, and the markets to predict.
pub(super) struct Split<'a> {
    pub(super) loaded: &'a LoadedEstimation,
    pub(super) spec: &'a PanelBacktestSpec,
    /// The whole panel. Of its markets only what is known before they open is read.
    pub(super) whole: Problem,
    pub(super) columns: Columns,
    /// Markets of the problem in order of time.
    pub(super) order: Vec<usize>,
    /// Products over time; rows are those of the products table.
    pub(super) chain: Chain,
    /// Names of the products (rows of the table).
    pub(super) names: Vec<String>,
    /// Names of the firms, by code.
    pub(super) firms: Vec<String>,
    /// Markets to predict, positions in `order`.
    pub(super) targets: Range<usize>,
}

impl<'a> Split<'a> {
    pub(super) fn new(loaded: &'a LoadedEstimation) -> Result<Self, RunError> {
        let Some(spec) = &loaded.study.backtest else {
            let message = "the study has no `[backtest]` table";
            let hint = "add one with `first`, the first market to predict; docs/backtests.md has an example";
            return Err(mistake("backtest", message, hint));
        };
        possible(loaded)?;
        let whole = bind(loaded)?;
        let columns = Columns::new(&source(loaded), &whole).map_err(RunError::Input)?;
        let order = in_time(&whole);
        let table = &loaded.products;
        let names = names(loaded, spec)?;
        let (firm, firms) = firms(table, &loaded.study.data.columns.firm);
        let rows = order.iter().map(|t| rows_of(&whole, *t)).collect();
        Ok(Split {
            targets: targets(spec, &whole, &order)?,
            chain: Chain::new(rows, &names, firm),
            loaded,
            spec,
            whole,
            columns,
            order,
            names,
            firms,
        })
    }

    /// Id of a market, by its position in time.
    pub(super) fn id(&self, at: usize) -> &str {
        &self.whole.markets[self.order[at]].id
    }

    /// Shares and prices of a market as they came (products).
    pub(super) fn truth(&self, at: usize) -> (&[f64], &[f64]) {
        let m = &self.whole.markets[self.order[at]];
        (&m.share, &self.whole.price[m.rows.clone()])
    }

    /// Whether costs are estimated.
    pub(super) fn has_supply(&self) -> bool {
        self.whole.supply.is_some()
    }

    /// The study as it stood before a market, and the rows of the table that it has.
    pub(super) fn before(&self, at: usize) -> (LoadedEstimation, Vec<usize>) {
        let columns = &self.loaded.study.data.columns;
        let mut rows: Vec<usize> = self.chain.rows[..at].concat();
        rows.sort_unstable();
        let ids: Vec<&str> = (0..at).map(|t| self.id(t)).collect();
        let of_earlier = |table: &Table| {
            let here = |r: &usize| {
                table
                    .text(&columns.market, *r)
                    .is_some_and(|m| ids.contains(&m.as_str()))
            };
            let kept: Vec<usize> = (0..table.rows()).filter(here).collect();
            table.subset(&kept)
        };
        let part = LoadedEstimation {
            products: self.loaded.products.subset(&rows),
            consumers: self.loaded.consumers.as_ref().map(of_earlier),
            ..LoadedEstimation {
                products: Table::default(),
                consumers: None,
                study: self.loaded.study.clone(),
                nodes: self.loaded.nodes.clone(),
                availability: self.loaded.availability.clone(),
                tracker: None,
                transfer: None,
                findings: Vec::new(),
                fingerprint: self.loaded.fingerprint.clone(),
                files: self.loaded.files.clone(),
                source: self.loaded.source.clone(),
            }
        };
        (part, rows)
    }
}

/// What cannot be predicted at all.
fn possible(loaded: &LoadedEstimation) -> Result<(), RunError> {
    let study = &loaded.study;
    let Some(supply) = &study.estimate.supply else {
        return Ok(());
    };
    if supply.conduct == ConductKind::PerfectCompetition {
        let message = "a back-test solves for prices that firms set: with `perfect-competition` prices are costs";
        return Err(mistake(
            "estimate.supply.conduct",
            message,
            "choose another conduct",
        ));
    }
    let share = &study.data.columns.share;
    if Formula::parse(&supply.cost).is_ok_and(|f| f.depends_on(share)) {
        let message = "a back-test takes marginal costs as they are: with costs that depend on quantities prices and costs would have to be solved for together";
        let hint = "leave the share out of the formula of costs";
        return Err(mistake("estimate.supply.cost", message, hint));
    }
    Ok(())
}

/// Markets by their number where all ids are numbers, else as the table names them.
fn in_time(problem: &Problem) -> Vec<usize> {
    let number = |t: usize| problem.markets[t].id.parse::<f64>();
    let mut order: Vec<usize> = (0..problem.markets.len()).collect();
    let numbers: Result<Vec<f64>, _> = order.iter().map(|t| number(*t)).collect();
    if let Ok(numbers) = numbers {
        order.sort_by(|a, b| numbers[*a].total_cmp(&numbers[*b]));
    }
    order
}

fn rows_of(problem: &Problem, t: usize) -> Vec<usize> {
    let rows = problem.markets[t].rows.clone();
    rows.map(|r| problem.order[r]).collect()
}

fn targets(
    spec: &PanelBacktestSpec,
    problem: &Problem,
    order: &[usize],
) -> Result<Range<usize>, RunError> {
    let find = |path: &str, id: &str| {
        let at = order.iter().position(|t| problem.markets[*t].id == id);
        at.ok_or_else(|| {
            mistake(
                path,
                format!("there is no market `{id}`"),
                "name a market of the products table",
            )
        })
    };
    let first = find("backtest.first", &spec.first)?;
    if first == 0 {
        let message = format!(
            "`{}` is the first market: nothing comes before it",
            spec.first
        );
        return Err(mistake("backtest.first", message, "name a later market"));
    }
    let last = spec.last.as_ref();
    let last = last.map_or(Ok(order.len() - 1), |id| find("backtest.last", id))?;
    if last < first {
        let message = "the last market to predict comes before the first";
        return Err(mistake("backtest.last", message, "name a later market"));
    }
    Ok(first..last + 1)
}

/// Names that link products.
fn names(loaded: &LoadedEstimation, spec: &PanelBacktestSpec) -> Result<Vec<String>, RunError> {
    let own = &loaded.study.data.columns.product;
    let column = spec.product.as_ref().unwrap_or(own);
    let table = &loaded.products;
    let cells = (0..table.rows()).map(|r| table.text(column, r));
    cells.collect::<Option<Vec<String>>>().ok_or_else(|| {
        let message = format!(
            "there is no column `{column}`, which says which products of two markets are the same"
        );
        mistake(
            "backtest.product",
            message,
            "name a column of the products table",
        )
    })
}

/// Firm of each row, and names; one for all where there is no column.
fn firms(table: &Table, column: &str) -> (Vec<u32>, Vec<String>) {
    let mut names: Vec<String> = Vec::new();
    let mut code = |r: usize| {
        let name = table.text(column, r).unwrap_or_default();
        let at = names.iter().position(|n| *n == name);
        let at = at.unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    };
    let codes = (0..table.rows()).map(&mut code).collect();
    (codes, names)
}
