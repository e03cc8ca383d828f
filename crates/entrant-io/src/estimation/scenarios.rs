//! What-ifs of an estimated study: those of a calibrated one, over the products of the panel.

use std::collections::BTreeMap;

use entrant_data::error::did_you_mean;
use entrant_data::spec::{EstimationStudy, ReportSpec, ScenarioSpec};
use entrant_data::table::Column;
use entrant_data::{Distribution, InputError, Quantity};

use super::entry;
use super::products::Panel;
use crate::check::known::{Known, OnSale, Seller};
use crate::check::{games, ids, numbers, premiums, report, scenarios, surfaces, worth};
use crate::draws;
use crate::problems::Problems;
use crate::quantities::{
    Place, visit_entrants, visit_games, visit_over_time, visit_premiums, visit_scenarios,
};
use crate::tables::Tables;

/// Checks the form of all scenarios and fills in draws.
pub(crate) fn check_ways(
    study: &mut EstimationStudy,
    tables: &mut Tables,
    problems: &mut Problems,
) {
    entry::check_ways(study, problems);
    check_choices(study, problems);
    let scenarios = &mut study.scenario;
    ids::unique(
        "scenario",
        scenarios.iter().map(|s| s.id.as_str()),
        problems,
    );
    scenarios::check_ways(scenarios, problems);
    numbers::check_changes(scenarios, problems);
    numbers::check_benchmarks(&study.report, problems);
    let entrants = &mut study.entrant;
    let mut visit = |place: Place, quantity: &mut Quantity| {
        draws::fill(&place, quantity, tables, problems);
        // There is no `[inputs]` table here.
        let fine = match &quantity.distribution {
            Distribution::Input(name) => Err(no_inputs(&place.path, name)),
            _ => draws::check(&place, quantity, &BTreeMap::new()),
        };
        problems.keep(fine);
    };
    visit_entrants(entrants, &mut visit);
    visit_scenarios(scenarios, &mut visit);
    visit_games(&mut study.game, &mut visit);
    visit_premiums(study.premiums.as_mut(), &mut visit);
    visit_over_time(study.worth.as_mut(), study.timing.as_mut(), &mut visit);
}

/// Checks the form of games, surfaces, worth and timing.
fn check_choices(study: &EstimationStudy, problems: &mut Problems) {
    games::check_ways(&study.game, problems);
    surfaces::check_ways(&study.surface, problems);
    premiums::check_ways(study.premiums.as_ref(), problems);
    worth::check_ways(&over_time(study, &BTreeMap::new()), problems);
    for (i, entrant) in study.entrant.iter().enumerate() {
        if !entrant.variant.is_empty() {
            let at = format!("entrant[{i}].variant");
            let message = "variants are for calibrated studies";
            let hint = "write an `[[entrant]]` for each of them";
            problems.push(InputError::at(at, message).hint(hint));
        }
    }
}

fn over_time<'a>(
    study: &'a EstimationStudy,
    none: &'a BTreeMap<String, Quantity>,
) -> worth::Asked<'a> {
    worth::Asked {
        worth: study.worth.as_ref(),
        timing: study.timing.as_ref(),
        inputs: none,
        scenarios: &study.scenario,
        entrants: &study.entrant,
    }
}

fn no_inputs(path: &str, name: &str) -> InputError {
    InputError::at(
        path,
        format!("there is no input `{name}`: an estimated study has none"),
    )
    .value(name)
    .hint("give a number or a distribution")
}

/// Checks everything that scenarios and the report refer to.
pub(crate) fn check_references(study: &EstimationStudy, panel: &Panel, problems: &mut Problems) {
    let known = Known::selling(on_sale(panel), &study.scenario).with_entrants(&study.entrant);
    entry::check_references(study, panel, &known, problems);
    games::check_references(&study.game, &study.scenario, &known, problems);
    let (surface, scenario) = (&study.surface, &study.scenario);
    surfaces::check_references(surface, scenario, &study.entrant, &known, problems);
    let none = BTreeMap::new();
    worth::check_references(&over_time(study, &none), &known, problems);
    let numeric = numeric_columns(panel, study);
    let columns = ("column of numbers in the products table", &numeric[..]);
    premiums::check_references(study.premiums.as_ref(), columns, &known, problems);
    if study.scenario.is_empty() && study.report == ReportSpec::default() {
        return;
    }
    let without = panel.products.is_none();
    for (i, scenario) in study.scenario.iter().enumerate() {
        if without && names_products(scenario) {
            let column = &study.data.columns.product;
            let message = format!("this names products, but there is no column `{column}`");
            let hint = did_you_mean(column, panel.table.names.iter().map(String::as_str));
            let mistake = InputError::at(format!("scenario[{i}]"), message);
            problems
                .push(mistake.hint(format!("name the column in `data.columns.product`; {hint}")));
        }
    }
    scenarios::check_references(&study.scenario, &numeric, &known, problems);
    report::check_report(&study.report, &known, problems);
}

fn names_products(scenario: &ScenarioSpec) -> bool {
    let selected = scenarios::selectors(scenario, "");
    !scenario.exit.is_empty()
        || !scenario.divest.is_empty()
        || !scenario.characteristic.is_empty()
        || selected.iter().any(|(_, s)| !s.products.is_empty())
}

/// Columns of numbers that a scenario may change.
fn numeric_columns(panel: &Panel, study: &EstimationStudy) -> Vec<String> {
    let own = &study.data.columns;
    let reserved = [&own.market, &own.product, &own.firm, &own.price, &own.share];
    let all = panel.table.names.iter().zip(&panel.table.columns);
    let fine = all
        .filter(|(name, column)| matches!(column, Column::Numbers(_)) && !reserved.contains(name));
    fine.map(|(name, _)| name.clone()).collect()
}

/// Who sells what in which market; `None` where a column for that is missing. Without a column
/// of products a firm stands for all of its own. There are no brands: they are the firms.
fn on_sale(panel: &Panel) -> Option<Vec<OnSale<'_>>> {
    let (markets, firms) = (panel.markets.as_ref()?, panel.firms.as_ref()?);
    let products = panel.products.as_ref().unwrap_or(firms);
    let ids = markets.ids.iter();
    let mut found: Vec<OnSale<'_>> = ids
        .map(|market| OnSale {
            market,
            sellers: Vec::new(),
        })
        .collect();
    for (row, market) in markets.of.iter().enumerate() {
        let firm = firms.ids[firms.of[row]].as_str();
        found[*market].sellers.push(Seller {
            product: &products.ids[products.of[row]],
            firm,
            brand: firm,
        });
    }
    Some(found)
}
