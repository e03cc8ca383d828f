//! The consumers table of a panel of markets.

use std::collections::BTreeMap;

use entrant_data::InputError;
use entrant_data::spec::EstimationStudy;
use entrant_data::table::{Column, Table};

use super::by_product::ByProduct;
use super::cells::{Cells, numbers};
use super::formulas::Formulas;
use super::groups::{Groups, some_of, sort_rows};
use super::matrices;
use super::products::Panel;
use crate::field::Field;
use crate::numbers::{rounded, written};
use crate::problems::Problems;

/// How far the weights of a market may be from summing to one.
const ROUNDING: f64 = 1e-10;

/// The consumers table, checked.
#[derive(Debug, Default)]
pub(crate) struct People {
    table: Option<Table>,
    markets: Option<Groups>,
    pub(crate) nodes: Vec<String>,
    pub(crate) availability: Vec<String>,
    /// Demographics that differ by product.
    differing: Vec<String>,
}

impl People {
    /// Checks the table, and divides the weights by their sums where the study asks for it.
    pub(crate) fn bind(
        study: &EstimationStudy,
        formulas: &Formulas,
        mut table: Table,
        panel: Option<&Panel>,
        problems: &mut Problems,
    ) -> Self {
        let columns = &study.data.columns;
        let mut cells = Cells::new(&mut table, problems);
        cells.ids(&columns.market);
        cells.numbers(&columns.weight);
        formulas.check_consumers(&mut cells);
        let differing = formulas.by_product(cells.table());
        let nodes = nodes(study, &mut cells);
        let availability = columns
            .availability
            .as_ref()
            .map_or_else(Vec::new, |prefix| {
                let pattern = format!("{}*", prefix.trim_end_matches('*'));
                super::cells::expand(cells.table(), &pattern)
            });
        formulas.check_twice(&table, problems);
        let markets = Field::find(&table, &columns.market).map(Groups::by);
        let mut people = People {
            table: Some(table),
            markets,
            nodes,
            availability,
            differing,
        };
        people.check(study, panel, problems);
        people
    }
}

/// Columns of nodes; none where no taste varies by draws.
fn nodes(study: &EstimationStudy, cells: &mut Cells<'_>) -> Vec<String> {
    let Some(sigma) = &study.estimate.demand.sigma else {
        return Vec::new();
    };
    let needed = matrices::used_columns(sigma);
    let nodes = cells.expand("data.columns.nodes", &study.data.columns.nodes);
    if !nodes.is_empty() && nodes.len() < needed {
        let message = format!(
            "{needed} tastes vary by draws, but `{}` has {} columns of nodes",
            cells.table().file,
            nodes.len()
        );
        let hint = "each column of `sigma` with a number other than 0 needs one";
        cells.push(InputError::at("estimate.demand.sigma", message).hint(hint));
    }
    nodes
}

impl People {
    fn check(&mut self, study: &EstimationStudy, panel: Option<&Panel>, problems: &mut Problems) {
        let (Some(table), Some(markets)) = (&mut self.table, &self.markets) else {
            return;
        };
        let known = panel.and_then(|p| p.markets.as_ref());
        if let (Some(panel), Some(known)) = (panel, known) {
            check_markets(study, table, markets, (panel, known), problems);
            let by_product = ByProduct {
                markets,
                sizes: &known.sizes(),
                of: &rank(markets, known),
            };
            if let Some(name) = &study.data.columns.availability {
                by_product.check_availability(name, &self.availability, table, problems);
            }
            for name in &self.differing {
                by_product.check_demographic(name, table, problems);
            }
        }
        check_weights(study, table, markets, problems);
    }

    /// The table.
    pub(crate) fn table(&self) -> Option<&Table> {
        self.table.as_ref()
    }

    /// The table with its rows grouped by market, in the order of `order`.
    pub(crate) fn in_order(&mut self, order: Option<&Groups>) -> Option<Table> {
        let mut table = self.table.take()?;
        if let (Some(markets), Some(order)) = (&self.markets, order) {
            let rank = rank(markets, order);
            let last = order.len();
            let ranks = markets.of.iter().map(|m| rank[*m].unwrap_or(last));
            sort_rows(&mut table, &ranks.collect::<Vec<_>>());
        }
        Some(table)
    }
}

/// For each group of `markets`, the number of the group with its id among `order`.
fn rank(markets: &Groups, order: &Groups) -> Vec<Option<usize>> {
    let numbered = order.ids.iter().enumerate();
    let numbers: BTreeMap<&str, usize> = numbered.map(|(i, id)| (id.as_str(), i)).collect();
    let ids = markets.ids.iter();
    ids.map(|id| numbers.get(id.as_str()).copied()).collect()
}

/// Every market of the products has consumers, and no other.
fn check_markets(
    study: &EstimationStudy,
    table: &Table,
    markets: &Groups,
    (panel, known): (&Panel, &Groups),
    problems: &mut Problems,
) {
    let column = &study.data.columns.market;
    let Some(field) = Field::find(table, column) else {
        return;
    };
    let without = |from: &Groups, of: &Groups| -> Vec<usize> {
        let found = rank(from, of);
        (0..from.len()).filter(|i| found[*i].is_none()).collect()
    };
    let extra = without(markets, known);
    if let Some(first) = extra.first() {
        let ids = some_of(extra.iter().map(|i| markets.ids[*i].as_str()));
        let message = format!(
            "names markets that `{}` does not have: {ids}",
            panel.table.file
        );
        problems.push(field.mistake(markets.first[*first], &message));
    }
    let bare = without(known, markets);
    if !bare.is_empty() {
        let ids = some_of(bare.iter().map(|i| known.ids[*i].as_str()));
        let message = format!("there are no consumers in markets {ids}");
        let mistake = InputError::at(format!("column {column}"), message);
        let hint = format!("`{}` has products there", panel.table.file);
        problems.push(mistake.in_file(table.file.clone(), None).hint(hint));
    }
}

fn check_weights(
    study: &EstimationStudy,
    table: &mut Table,
    markets: &Groups,
    problems: &mut Problems,
) {
    let data = &study.data;
    let name = &data.columns.weight;
    let Some(field) = Field::find(table, name) else {
        return;
    };
    let weights = numbers(table, name);
    for (row, weight) in weights.iter().enumerate() {
        if *weight < 0.0 && !data.negative_weights {
            let message = format!("is {}, must be at least 0", written(*weight));
            let hint = "say `negative_weights = true` under `[data]` for a sparse grid";
            problems.push(field.mistake(row, &message).hint(hint));
        }
    }
    let sums = markets.sums(weights);
    for (market, sum) in sums.iter().enumerate() {
        if let Some((message, hint)) = odd_sum(*sum, &markets.ids[market], study) {
            let mistake = field.mistake(markets.first[market], &message);
            problems.push(mistake.value("").hint(hint));
        }
    }
    if data.normalise_weights && problems.is_empty() {
        let divided = weights.iter().zip(&markets.of).map(|(w, m)| w / sums[*m]);
        let divided = Column::Numbers(divided.collect());
        if let Some(at) = table.names.iter().position(|n| n == name) {
            table.columns[at] = divided;
        }
    }
}

fn odd_sum(sum: f64, market: &str, study: &EstimationStudy) -> Option<(String, &'static str)> {
    let data = &study.data;
    let free = data.normalise_weights || data.weights_may_differ_from_one;
    if sum.is_nan() {
        None
    } else if sum <= 0.0 || sum.is_infinite() {
        let message = format!("sums to {} in market `{market}`", written(sum));
        Some((message, "give each consumer a weight above 0"))
    } else if !free && (sum - 1.0).abs() > ROUNDING {
        let message = format!(
            "sums to {} in market `{market}`, must sum to 1",
            rounded(sum)
        );
        let hint = "say `normalise_weights = true` under `[data]`, or `weights_may_differ_from_one = true` for importance weights";
        Some((message, hint))
    } else {
        None
    }
}
