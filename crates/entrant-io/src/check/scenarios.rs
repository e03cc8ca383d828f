//! Scenarios: each change well formed, and everything that it names there.

use std::collections::{BTreeMap, BTreeSet};

use entrant_data::InputError;
use entrant_data::spec::{
    CapacitySpec, CostChangeSpec, CurrencySpec, EnterSpec, PriceSpec, ReachSpec, ScenarioSpec,
    Selector, TariffSpec, TaxSpec,
};

use super::demand::characteristic;
use super::known::{Known, Seller, reference};
use super::{clashes, exactly_one, gone, keep, owners};
use crate::problems::Problems;

/// The changes of a scenario that select products, with their paths.
pub(crate) fn selectors(scenario: &ScenarioSpec, path: &str) -> Vec<(String, Selector)> {
    let cost = scenario.cost.iter().map(CostChangeSpec::selector);
    let tariff = scenario.tariff.iter().map(TariffSpec::selector);
    let currency = scenario.currency.iter().map(CurrencySpec::selector);
    let tax = scenario.tax.iter().map(TaxSpec::selector);
    let capacity = scenario.capacity.iter().map(CapacitySpec::selector);
    let reach = scenario.reach.iter().map(ReachSpec::selector);
    let price = scenario.price.iter().map(PriceSpec::selector);
    let at = |key: &'static str| move |(j, s): (usize, Selector)| (format!("{path}.{key}[{j}]"), s);
    let mut found: Vec<(String, Selector)> = cost.enumerate().map(at("cost")).collect();
    found.extend(tariff.enumerate().map(at("tariff")));
    found.extend(currency.enumerate().map(at("currency")));
    found.extend(tax.enumerate().map(at("tax")));
    found.extend(capacity.enumerate().map(at("capacity")));
    found.extend(reach.enumerate().map(at("reach")));
    found.extend(price.enumerate().map(at("price")));
    found
}

/// Products that can be on sale in a scenario: those on sale now and those that enter.
pub(crate) fn sellers<'a>(scenario: &ScenarioSpec, known: &Known<'a>) -> Vec<Seller<'a>> {
    let entering = scenario.enter.iter().flat_map(|e| &e.products);
    let new: BTreeSet<Seller<'a>> = entering
        .filter_map(|id| known.entrants.get(id.as_str()).copied())
        .collect();
    known.incumbents.iter().copied().chain(new).collect()
}

/// Checks the form of every change.
pub(crate) fn check_ways(scenarios: &[ScenarioSpec], problems: &mut Problems) {
    for (i, scenario) in scenarios.iter().enumerate() {
        let path = format!("scenario[{i}]");
        for (at, selector) in selectors(scenario, &path) {
            if selector.is_empty() {
                problems.push(
                    InputError::at(at, "this change selects nothing")
                        .hint("say which `products`, `firm` or `brand` it is about"),
                );
            }
        }
        check_changes(scenario, &path, problems);
        check_lists(scenario, &path, problems);
    }
}

fn check_changes(scenario: &ScenarioSpec, path: &str, problems: &mut Problems) {
    for (j, price) in scenario.price.iter().enumerate() {
        let ways = [
            ("price", price.price.is_some()),
            ("margin", price.margin.is_some()),
        ];
        exactly_one(&format!("{path}.price[{j}]"), &ways, problems);
    }
    for (j, cost) in scenario.cost.iter().enumerate() {
        if cost.add.is_none() && cost.factor.is_none() {
            problems.at(format!("{path}.cost[{j}]"), "give `add`, `factor` or both");
        }
    }
    for (j, tax) in scenario.tax.iter().enumerate() {
        if tax.of_price.is_none() && tax.per_unit.is_none() {
            let message = "give `of_price`, `per_unit` or both";
            problems.at(format!("{path}.tax[{j}]"), message);
        }
    }
    for (j, capacity) in scenario.capacity.iter().enumerate() {
        let ways = [
            ("units", capacity.units.is_some()),
            ("times_today", capacity.times_today.is_some()),
        ];
        exactly_one(&format!("{path}.capacity[{j}]"), &ways, problems);
    }
    for (j, reach) in scenario.reach.iter().enumerate() {
        if reach.segments.is_none() && reach.aware.is_none() {
            problems.at(
                format!("{path}.reach[{j}]"),
                "give `segments`, `aware` or both",
            );
        }
    }
}

fn check_lists(scenario: &ScenarioSpec, path: &str, problems: &mut Problems) {
    for (j, enter) in scenario.enter.iter().enumerate() {
        let path = format!("{path}.enter[{j}]");
        filled(&format!("{path}.products"), &enter.products, 1, problems);
        if let Some(segments) = &enter.segments {
            filled(&format!("{path}.segments"), segments, 1, problems);
        }
    }
    for (j, exit) in scenario.exit.iter().enumerate() {
        filled(
            &format!("{path}.exit[{j}].products"),
            &exit.products,
            1,
            problems,
        );
    }
    for (j, merge) in scenario.merge.iter().enumerate() {
        let path = format!("{path}.merge[{j}].firms");
        filled(&path, &merge.firms, 2, problems);
    }
    for (j, divest) in scenario.divest.iter().enumerate() {
        let path = format!("{path}.divest[{j}]");
        filled(&format!("{path}.products"), &divest.products, 1, problems);
        if divest.to.is_empty() {
            problems.at(format!("{path}.to"), "this must name a firm");
        }
    }
    for (j, reach) in scenario.reach.iter().enumerate() {
        if let Some(segments) = &reach.segments {
            filled(
                &format!("{path}.reach[{j}].segments"),
                segments,
                1,
                problems,
            );
        }
    }
}

/// A list must name at least `least` things, each once.
fn filled(path: &str, list: &[String], least: usize, problems: &mut Problems) {
    if list.len() < least {
        problems.at(path, format!("this must name at least {least}"));
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (k, id) in list.iter().enumerate() {
        if seen.insert(id, k).is_some() {
            let message = format!("`{id}` is named twice");
            problems.push(InputError::at(format!("{path}[{k}]"), message).value(id));
        }
    }
}

/// Checks everything that scenarios refer to, and whether their changes contradict each other.
pub(crate) fn check_references(
    scenarios: &[ScenarioSpec],
    characteristics: &[String],
    known: &Known<'_>,
    problems: &mut Problems,
) {
    for (i, scenario) in scenarios.iter().enumerate() {
        let path = format!("scenario[{i}]");
        owners::check(scenario, &path, known, problems);
        check_entries(scenario, &path, known, problems);
        check_selectors(scenario, &path, known, problems);
        check_products(characteristics, scenario, &path, known, problems);
        gone::check(scenario, &path, known, problems);
        clashes::check(scenario, &path, known, problems);
    }
}

fn check_entries(scenario: &ScenarioSpec, path: &str, known: &Known<'_>, problems: &mut Problems) {
    for (j, enter) in scenario.enter.iter().enumerate() {
        check_entry(enter, &format!("{path}.enter[{j}]"), known, problems);
    }
    for (j, capacity) in scenario.capacity.iter().enumerate() {
        let path = format!("{path}.capacity[{j}].markets");
        check_markets(&capacity.markets, &path, known, problems);
    }
    for (j, reach) in scenario.reach.iter().enumerate() {
        let path = format!("{path}.reach[{j}].segments");
        check_segments(reach.segments.as_deref(), &path, known, problems);
    }
}

fn check_entry(enter: &EnterSpec, path: &str, known: &Known<'_>, problems: &mut Problems) {
    for (k, id) in enter.products.iter().enumerate() {
        let path = format!("{path}.products[{k}]");
        let entrants = || known.entrants.keys().copied();
        keep(reference(&path, "entrant", id, entrants), problems);
    }
    check_markets(&enter.markets, &format!("{path}.markets"), known, problems);
    let segments = enter.segments.as_deref();
    check_segments(segments, &format!("{path}.segments"), known, problems);
    check_likeness(enter, path, known, problems);
}

fn check_markets(ids: &[String], path: &str, known: &Known<'_>, problems: &mut Problems) {
    for (k, id) in ids.iter().enumerate() {
        let markets = || known.markets.iter().copied();
        let found = reference(&format!("{path}[{k}]"), "market", id, markets);
        keep(found, problems);
    }
}

/// The product that an entrant is like must be sold where the entrant enters.
fn check_likeness(enter: &EnterSpec, path: &str, known: &Known<'_>, problems: &mut Problems) {
    for (k, id) in enter.products.iter().enumerate() {
        let like = known.likeness.get(id.as_str()).copied();
        if let Some(like) = like.filter(|l| known.incumbents.iter().any(|s| s.product == *l))
            && let Some(market) = known.market_without(like, &enter.markets)
        {
            let message =
                format!("`{id}` is like `{like}`, which is not sold in market `{market}`");
            let found = InputError::at(format!("{path}.products[{k}]"), message).value(id);
            problems.push(found.hint("say in `markets` where it enters"));
        }
    }
}

fn check_segments(
    segments: Option<&[String]>,
    path: &str,
    known: &Known<'_>,
    problems: &mut Problems,
) {
    for (k, id) in segments.unwrap_or_default().iter().enumerate() {
        let known = || known.segments.iter().copied();
        keep(
            reference(&format!("{path}[{k}]"), "segment", id, known),
            problems,
        );
    }
}

/// Every part of a selector must exist, and together they must select something.
fn check_selectors(
    scenario: &ScenarioSpec,
    path: &str,
    known: &Known<'_>,
    problems: &mut Problems,
) {
    let sellers = sellers(scenario, known);
    for (at, selector) in selectors(scenario, path) {
        let before = problems.count();
        for (k, id) in selector.products.iter().enumerate() {
            let path = format!("{at}.products[{k}]");
            keep(known.on_sale(&path, id, &sellers), problems);
        }
        if let Some(firm) = &selector.firm {
            keep(known.firm(&format!("{at}.firm"), firm), problems);
        }
        if let Some(brand) = &selector.brand {
            keep(known.brand(&format!("{at}.brand"), brand), problems);
        }
        let selects = |s: &Seller<'_>| selector.matches(s.product, s.firm, s.brand);
        let fine = known.on_sale.is_some() && problems.count() == before && !selector.is_empty();
        if fine && !sellers.iter().any(selects) {
            let message = "no product on sale in this scenario is selected";
            problems.push(
                InputError::at(at, message)
                    .hint("`products`, `firm` and `brand` must all hold at once"),
            );
        }
    }
}

fn check_products(
    characteristics: &[String],
    scenario: &ScenarioSpec,
    path: &str,
    known: &Known<'_>,
    problems: &mut Problems,
) {
    let sellers = sellers(scenario, known);
    for (j, exit) in scenario.exit.iter().enumerate() {
        for (k, id) in exit.products.iter().enumerate() {
            let path = format!("{path}.exit[{j}].products[{k}]");
            keep(known.on_sale(&path, id, &sellers), problems);
        }
    }
    for (j, change) in scenario.characteristic.iter().enumerate() {
        let at = |key: &str| format!("{path}.characteristic[{j}].{key}");
        keep(
            known.on_sale(&at("product"), &change.product, &sellers),
            problems,
        );
        keep(
            characteristic(characteristics, &at("column"), &change.column),
            problems,
        );
    }
}
