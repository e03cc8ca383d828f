//! Products that go cannot be changed as well.

use std::collections::BTreeMap;

use entrant_data::InputError;
use entrant_data::spec::ScenarioSpec;

use super::known::{Known, OnSale, Seller};
use super::scenarios::{selectors, sellers};
use crate::problems::Problems;

/// Products that go, and the path of the change that takes them away.
type Gone<'a> = BTreeMap<&'a str, String>;

/// Checks one scenario.
pub(crate) fn check(
    scenario: &ScenarioSpec,
    path: &str,
    known: &Known<'_>,
    problems: &mut Problems,
) {
    let sellers = sellers(scenario, known);
    let gone = gone(scenario, path, &sellers);
    for (at, id) in named(scenario, path) {
        if let Some(by) = gone.get(id) {
            let message = format!("`{id}` cannot be changed here: `{by}` takes it off the market");
            problems.push(InputError::at(at, message).value(id));
        }
    }
    check_groups(scenario, path, &gone, &sellers, problems);
    check_banned(scenario, path, problems);
    check_left(scenario, path, &gone, known, problems);
}

fn gone<'a>(scenario: &'a ScenarioSpec, path: &str, sellers: &[Seller<'a>]) -> Gone<'a> {
    let mut gone = Gone::new();
    for (j, exit) in scenario.exit.iter().enumerate() {
        for id in &exit.products {
            gone.insert(id, format!("{path}.exit[{j}]"));
        }
    }
    for (j, ban) in scenario.ban.iter().enumerate() {
        for seller in sellers.iter().filter(|s| s.firm == ban.firm) {
            gone.insert(seller.product, format!("{path}.ban[{j}]"));
        }
    }
    gone
}

/// Products that changes name one by one.
fn named<'a>(scenario: &'a ScenarioSpec, path: &str) -> Vec<(String, &'a str)> {
    let lists = [
        (
            "enter",
            scenario
                .enter
                .iter()
                .map(|c| &c.products)
                .collect::<Vec<_>>(),
        ),
        ("cost", scenario.cost.iter().map(|c| &c.products).collect()),
        (
            "tariff",
            scenario.tariff.iter().map(|c| &c.products).collect(),
        ),
        (
            "currency",
            scenario.currency.iter().map(|c| &c.products).collect(),
        ),
        ("tax", scenario.tax.iter().map(|c| &c.products).collect()),
        (
            "capacity",
            scenario.capacity.iter().map(|c| &c.products).collect(),
        ),
        (
            "divest",
            scenario.divest.iter().map(|c| &c.products).collect(),
        ),
        (
            "reach",
            scenario.reach.iter().map(|c| &c.products).collect(),
        ),
        (
            "price",
            scenario.price.iter().map(|c| &c.products).collect(),
        ),
    ];
    let mut found = Vec::new();
    for (key, changes) in lists {
        for (j, products) in changes.into_iter().enumerate() {
            for (k, id) in products.iter().enumerate() {
                found.push((format!("{path}.{key}[{j}].products[{k}]"), id.as_str()));
            }
        }
    }
    for (j, change) in scenario.characteristic.iter().enumerate() {
        found.push((
            format!("{path}.characteristic[{j}].product"),
            change.product.as_str(),
        ));
    }
    found
}

/// A change of a firm or brand is about the products that stay; some must.
fn check_groups(
    scenario: &ScenarioSpec,
    path: &str,
    gone: &Gone<'_>,
    sellers: &[Seller<'_>],
    problems: &mut Problems,
) {
    for (at, selector) in selectors(scenario, path) {
        let selects = |s: &&Seller<'_>| selector.matches(s.product, s.firm, s.brand);
        let selected: Vec<_> = sellers.iter().filter(selects).collect();
        let all_gone = selected.iter().all(|s| gone.contains_key(s.product));
        if selector.products.is_empty() && !selected.is_empty() && all_gone {
            problems.at(at, "every product that this selects goes in this scenario");
        }
    }
}

/// A banned firm neither merges nor holds or sets prices, and has no stakes.
fn check_banned(scenario: &ScenarioSpec, path: &str, problems: &mut Problems) {
    let mut one = |key: &str, firm: &String| {
        if scenario.ban.iter().any(|b| b.firm == *firm) {
            let message = format!("`{firm}` is banned in this scenario");
            problems.push(InputError::at(format!("{path}.{key}"), message).value(firm));
        }
    };
    let mut check = |key: &str, firms: &[String]| {
        for (k, firm) in firms.iter().enumerate() {
            one(&format!("{key}[{k}]"), firm);
        }
    };
    check("hold", &scenario.hold);
    check("reprice", scenario.reprice.as_deref().unwrap_or_default());
    for (j, merge) in scenario.merge.iter().enumerate() {
        check(&format!("merge[{j}].firms"), &merge.firms);
    }
    for (j, stake) in scenario.stake.iter().enumerate() {
        one(&format!("stake[{j}].owner"), &stake.owner);
        one(&format!("stake[{j}].of"), &stake.of);
    }
}

/// Some product must be left in every market.
fn check_left(
    scenario: &ScenarioSpec,
    path: &str,
    gone: &Gone<'_>,
    known: &Known<'_>,
    problems: &mut Problems,
) {
    let enters = |market: &str| {
        let here = |markets: &[String]| markets.is_empty() || markets.iter().any(|m| m == market);
        scenario.enter.iter().any(|e| here(&e.markets))
    };
    for OnSale { market, sellers } in known.all_on_sale() {
        let all = sellers.iter().all(|s| gone.contains_key(s.product));
        if all && !sellers.is_empty() && !enters(market) {
            problems.at(path, format!("no product is left in market `{market}`"));
        }
    }
}
