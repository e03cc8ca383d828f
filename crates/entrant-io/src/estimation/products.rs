//! The products table of a panel of markets.

use std::collections::BTreeSet;

use entrant_data::spec::{EstimationStudy, PanelColumns};
use entrant_data::table::Table;
use entrant_data::{Finding, InputError};

use super::cells::{Cells, expand};
use super::formulas::Formulas;
use super::groups::{Groups, some_of, sort_rows};
use super::{duplicates, prices, shares};
use crate::check::OUTSIDE;
use crate::field::{Field, missing};
use crate::problems::Problems;

/// The products table, checked, and what its rows are grouped by.
#[derive(Debug)]
pub(crate) struct Panel {
    pub(crate) table: Table,
    /// Markets, unless their column is missing.
    pub(crate) markets: Option<Groups>,
    /// Products, when there is a column of them.
    pub(crate) products: Option<Groups>,
    /// Firms, when there is a column of them.
    pub(crate) firms: Option<Groups>,
    price: String,
}

impl Panel {
    /// Checks the table. Every `*` in the instruments of the study is replaced by the columns
    /// that it stands for.
    pub(crate) fn bind(
        study: &mut EstimationStudy,
        formulas: &Formulas,
        mut table: Table,
        problems: &mut Problems,
    ) -> Self {
        check_columns(study, formulas, &mut Cells::new(&mut table, problems));
        expand_instruments(study, &table);
        let columns = &study.data.columns;
        let group = |name: &str| Field::find(&table, name).map(Groups::by);
        let panel = Panel {
            markets: group(&columns.market),
            products: group(&columns.product),
            firms: group(&columns.firm),
            price: columns.price.clone(),
            table,
        };
        panel.check(study, problems);
        panel
    }

    fn check(&self, study: &EstimationStudy, problems: &mut Problems) {
        let (data, table) = (&study.data, &self.table);
        prices::check(table, &self.price, data.negative_prices, problems);
        shares::check(data, table, self.markets.as_ref(), problems);
        check_nests(study, table, problems);
        for name in [&data.columns.product, &data.columns.firm] {
            check_outside(table, name, problems);
        }
        match (&self.markets, &self.products) {
            (Some(markets), Some(products)) => {
                let column = &data.columns.product;
                duplicates::check_products(table, column, markets, products, problems);
            }
            _ => duplicates::check_rows(table, problems),
        }
    }

    /// What is odd about the table without being a mistake.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let markets = self.markets.as_ref().map_or(1, Groups::len);
        vec![prices::finding(&self.table, &self.price, markets)]
    }

    /// The table with its rows grouped by market.
    pub(crate) fn in_order(mut self) -> Table {
        if let Some(markets) = &self.markets {
            sort_rows(&mut self.table, &markets.of);
        }
        self.table
    }
}

/// Every column that is used: there, and with cells of the right kind.
fn check_columns(study: &EstimationStudy, formulas: &Formulas, cells: &mut Cells<'_>) {
    let columns = &study.data.columns;
    cells.ids(&columns.market);
    cells.numbers(&columns.price);
    cells.numbers(&columns.share);
    let default = PanelColumns::default();
    optional(&columns.product, &default.product, false, cells);
    optional(&columns.firm, &default.firm, needs_firms(study), cells);
    for (key, name) in [
        ("nest", &columns.nest),
        ("cluster", &columns.cluster),
        ("cluster_too", &columns.cluster_too),
    ] {
        if let Some(name) = name
            && cells.named(&format!("data.columns.{key}"), name)
        {
            cells.ids(name);
        }
    }
    formulas.check_products(cells);
    let mut seen = BTreeSet::new();
    for (list, path, name) in instruments(study) {
        for column in cells.expand(&path, name) {
            check_instrument(study, &path, &column, cells);
            if !seen.insert((list, column.clone())) {
                let message = format!("`{column}` is among the instruments twice");
                cells.push(InputError::at(&path, message).value(&column));
            }
        }
    }
}

/// A column that may be missing, unless it is needed or the study names it.
fn optional(name: &str, default: &str, needed: bool, cells: &mut Cells<'_>) {
    let there = cells.table().column(name).is_some();
    if there {
        cells.ids(name);
    } else if needed || name != default {
        let mistake = missing(cells.table(), name);
        cells.push(mistake);
    }
}

/// Whether anything depends on who sells what.
fn needs_firms(study: &EstimationStudy) -> bool {
    let built = &study.estimate.demand.built;
    study.estimate.supply.is_some() || !built.is_empty() || !study.scenario.is_empty()
}

/// Every name in the lists of instruments, with its list and its path.
fn instruments(study: &EstimationStudy) -> Vec<(&'static str, String, &str)> {
    let demand = study.estimate.demand.instruments.as_slice();
    let supply = study.estimate.supply.as_ref();
    let supply = supply.map_or([].as_slice(), |s| s.instruments.as_slice());
    let crossed = study.estimate.supply.as_ref();
    let crossed = crossed.map_or([].as_slice(), |s| s.covariance_instruments.as_slice());
    let all = [
        ("demand.instruments", demand),
        ("supply.instruments", supply),
        ("supply.covariance_instruments", crossed),
    ];
    let listed = all.into_iter().flat_map(|(key, names)| {
        names.iter().enumerate().map(move |(i, name)| {
            let path = format!("estimate.{key}[{i}]");
            (key, path, name.as_str())
        })
    });
    listed.collect()
}

fn check_instrument(study: &EstimationStudy, path: &str, column: &str, cells: &mut Cells<'_>) {
    let columns = &study.data.columns;
    if [columns.price.as_str(), columns.share.as_str()].contains(&column) {
        let message = format!("`{column}` depends on demand itself and is no instrument");
        cells.push(InputError::at(path, message).value(column));
    }
}

/// Replaces every `*`.
fn expand_instruments(study: &mut EstimationStudy, table: &Table) {
    let all = |names: &mut Vec<String>| {
        *names = names.iter().flat_map(|name| expand(table, name)).collect();
    };
    all(&mut study.estimate.demand.instruments);
    if let Some(supply) = &mut study.estimate.supply {
        all(&mut supply.instruments);
        all(&mut supply.covariance_instruments);
    }
}

/// One nesting parameter, or one for each nest.
fn check_nests(study: &EstimationStudy, table: &Table, problems: &mut Problems) {
    let rho = &study.estimate.demand.rho;
    let nest = study.data.columns.nest.as_ref();
    let Some(field) = nest.and_then(|name| Field::find(table, name)) else {
        return;
    };
    let nests = Groups::by(field);
    if rho.len() > 1 && rho.len() != nests.len() {
        let message = format!(
            "there are {} nesting parameters and {} nests: {}",
            rho.len(),
            nests.len(),
            some_of(nests.ids.iter().map(String::as_str))
        );
        let mistake = InputError::at("estimate.demand.rho", message);
        problems.push(mistake.hint("give one for all, or one for each"));
    }
}

/// Nothing that is sold may have the name of buying nothing.
fn check_outside(table: &Table, name: &str, problems: &mut Problems) {
    let Some(field) = Field::find(table, name) else {
        return;
    };
    let row = (0..table.rows()).find(|row| field.is_text(*row, OUTSIDE));
    if let Some(row) = row {
        let message = format!("is `{OUTSIDE}`, the word for buying nothing");
        problems.push(field.mistake(row, &message));
    }
}
