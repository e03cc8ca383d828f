//! What scenarios of an estimated study need beside the panel: chosen markets, their sizes, products
//! that nobody has sold yet, and characteristics with a worth of their own.

use entrant_data::InputError;
use entrant_data::error::did_you_mean;
use entrant_data::formula::{Design, Formula};
use entrant_data::spec::{EntrantSpec, EstimationStudy, names_market};
use entrant_data::table::Column;

use super::groups::Groups;
use super::products::Panel;
use crate::check::known::Known;
use crate::check::{entrants, ids, numbers};
use crate::field::{Field, missing};
use crate::problems::Problems;
use crate::toml_path::quoted;

/// Checks the form of every entrant.
pub(crate) fn check_ways(study: &EstimationStudy, problems: &mut Problems) {
    ids::entrants(&study.entrant, problems);
    entrants::check_ways(&study.entrant, problems);
    numbers::check_characteristics(&study.entrant, problems);
}

/// Checks what entrants, `markets` and changes of characteristics refer to.
pub(crate) fn check_references(
    study: &EstimationStudy,
    panel: &Panel,
    known: &Known<'_>,
    problems: &mut Problems,
) {
    check_markets(study, panel, problems);
    check_sizes(study, panel, problems);
    entrants::check_new_and_like(&study.entrant, known, problems);
    let Some(read) = Read::new(study, panel) else {
        return;
    };
    for (i, entrant) in study.entrant.iter().enumerate() {
        let path = format!("entrant[{i}]");
        entrants::check_transfer(study.transfer.as_ref(), entrant, &path, problems);
        read.check_entrant(study, panel, entrant, &path, problems);
    }
    for (i, scenario) in study.scenario.iter().enumerate() {
        for (j, change) in scenario.characteristic.iter().enumerate() {
            let path = format!("scenario[{i}].characteristic[{j}].column");
            let hint = "compare with an entrant that is like the product and has the other characteristic, beside its exit";
            read.check_change(&path, &change.column, hint, problems);
        }
    }
    let features = study.premiums.iter().flat_map(|p| &p.feature);
    for (k, feature) in features.enumerate() {
        let path = format!("premiums.feature[{k}].column");
        let hint = "name a column that stands by itself in `estimate.demand.linear`";
        read.check_change(&path, &feature.column, hint, problems);
    }
}

/// Every pattern of `markets` must name one.
fn check_markets(study: &EstimationStudy, panel: &Panel, problems: &mut Problems) {
    let Some(markets) = &panel.markets else {
        return;
    };
    for (k, pattern) in study.markets.iter().enumerate() {
        let last = markets.ids.len().saturating_sub(1);
        let mut all = markets.ids.iter().enumerate();
        if !all.any(|(t, id)| names_market(pattern, id, t == last)) {
            let ids = markets.ids.iter().map(String::as_str);
            let found = InputError::at(format!("markets[{k}]"), "this names no market");
            problems.push(found.value(pattern).hint(did_you_mean(pattern, ids)));
        }
    }
}

/// Potential buyers are a positive number, the same in all rows of a market.
fn check_sizes(study: &EstimationStudy, panel: &Panel, problems: &mut Problems) {
    let Some(name) = &study.data.columns.size else {
        return;
    };
    let table = &panel.table;
    let (Some(field), Some(markets)) = (Field::find(table, name), &panel.markets) else {
        problems.push(missing(table, name));
        return;
    };
    let Column::Numbers(cells) = field.column() else {
        problems.push(field.mistake(0, "is text, must be a number of potential buyers"));
        return;
    };
    for (row, size) in cells.iter().enumerate() {
        let first = cells[markets.first[markets.of[row]]];
        let wrong = if !(size.is_finite() && *size > 0.0) {
            "must be above 0"
        } else if *size - first != 0.0 {
            "differs from the first row of the same market"
        } else {
            continue;
        };
        problems.push(field.mistake(row, wrong));
        return;
    }
}

/// What the formulas of demand read.
struct Read {
    linear: Design,
    random: Option<Design>,
    /// Columns that they read, but for the price.
    columns: Vec<String>,
}

impl Read {
    /// `None` where nothing needs it, or the formulas have mistakes that are told elsewhere.
    fn new(study: &EstimationStudy, panel: &Panel) -> Option<Self> {
        let changes = study.scenario.iter().any(|s| !s.characteristic.is_empty());
        if study.entrant.is_empty() && !changes {
            return None;
        }
        let demand = &study.estimate.demand;
        let linear = Formula::parse(&demand.linear).ok()?;
        let random = demand.random.as_ref();
        let random = random.map(|text| Formula::parse(text)).transpose().ok()?;
        let mut columns: Vec<String> = Vec::new();
        for name in [Some(&linear), random.as_ref()]
            .into_iter()
            .flatten()
            .flat_map(Formula::columns)
        {
            if name != study.data.columns.price && !columns.contains(&name) {
                columns.push(name);
            }
        }
        let design = |f: &Formula| f.design(&panel.table).ok();
        Some(Read {
            linear: design(&linear)?,
            random: match &random {
                Some(f) => Some(design(f)?),
                None => None,
            },
            columns,
        })
    }

    /// Characteristics that formulas read, all of them unless it is like another product, and the
    /// nest.
    fn check_entrant(
        &self,
        study: &EstimationStudy,
        panel: &Panel,
        entrant: &EntrantSpec,
        path: &str,
        problems: &mut Problems,
    ) {
        for name in entrant.characteristics.keys() {
            if !self.columns.contains(name) {
                let at = format!("{path}.characteristics.{}", quoted(name));
                let message = format!("`{name}` is in no formula of demand");
                let hint = did_you_mean(name, self.columns.iter().map(String::as_str));
                problems.push(InputError::at(at, message).value(name).hint(hint));
            }
        }
        if entrant.quality.like.is_none() {
            self.check_all(panel, entrant, path, problems);
        }
        let nest = study.data.columns.nest.as_ref();
        if let Some(nest) = nest.filter(|n| !entrant.labels.contains_key(*n)) {
            let message = format!("entrant `{}` needs the label `{nest}`", entrant.id);
            let hint = format!("add `labels = {{ {} = \"...\" }}`", quoted(nest));
            problems.push(InputError::at(format!("{path}.labels"), message).hint(hint));
        }
    }

    fn check_all(&self, panel: &Panel, entrant: &EntrantSpec, path: &str, problems: &mut Problems) {
        for name in &self.columns {
            if !entrant.characteristics.contains_key(name) && differs(panel, name) {
                let message = format!("entrant `{}` needs the characteristic `{name}`", entrant.id);
                let found = InputError::at(format!("{path}.characteristics"), message);
                problems.push(found.hint(format!(
                    "add `{} = ...`, or say in `quality.like` which product it is like",
                    quoted(name)
                )));
            }
        }
    }

    /// A characteristic that can change stands in mean utility by itself.
    fn check_change(&self, path: &str, name: &str, hint: &str, problems: &mut Problems) {
        let alone = |d: &Design| {
            let mut moved = (0..d.columns()).filter(|c| d.depends_on(*c, name));
            moved.all(|c| d.names[c] == name)
        };
        let worth = self.linear.names.iter().any(|n| n == name);
        if worth && alone(&self.linear) && self.random.as_ref().is_none_or(alone) {
            return;
        }
        let message = if worth {
            format!("`{name}` is also part of other terms of the formulas of demand")
        } else {
            format!(
                "`{name}` has no coefficient of its own in `estimate.demand.linear`: what a change of it is worth is not estimated"
            )
        };
        problems.push(InputError::at(path, message).value(name).hint(hint));
    }
}

/// Whether a column differs within some market: otherwise an entrant has the market's value.
fn differs(panel: &Panel, name: &str) -> bool {
    let (Some(field), Some(markets)) = (Field::find(&panel.table, name), &panel.markets) else {
        return false;
    };
    let values = Groups::by(field);
    (0..panel.table.rows()).any(|row| values.of[row] != values.of[markets.first[markets.of[row]]])
}
