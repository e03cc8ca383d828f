//! Two changes of one scenario that set the same thing to different values.
//!
//! The changes of a scenario are a set, so neither could win. Costs and tariffs do not set
//! but multiply and add, and never clash.

use std::collections::{BTreeMap, BTreeSet};

use entrant_data::spec::{EnterSpec, ScenarioSpec, Selector};
use entrant_data::{Distribution, InputError, Price, Quantity};

use super::known::{Known, Seller};
use super::scenarios::sellers;
use crate::problems::Problems;

/// What is set, of which product.
type Thing<'a> = (String, &'a str);

/// One change that sets a thing.
struct Setting<'a> {
    /// Path of the change.
    path: String,
    /// Markets in which it does; all when empty.
    markets: &'a [String],
    /// The value in words; `None` for one that equals no other, such as draws of its own.
    value: Option<String>,
}

/// Checks one scenario.
pub(crate) fn check(
    scenario: &ScenarioSpec,
    path: &str,
    known: &Known<'_>,
    problems: &mut Problems,
) {
    let sellers = sellers(scenario, known);
    let mut settings = Settings {
        sellers: &sellers,
        found: BTreeMap::new(),
    };
    settings.collect(scenario, path);
    settings.report(problems);
}

struct Settings<'a, 's> {
    sellers: &'s [Seller<'a>],
    found: BTreeMap<Thing<'a>, Vec<Setting<'a>>>,
}

impl<'a> Settings<'a, '_> {
    fn collect(&mut self, scenario: &'a ScenarioSpec, path: &str) {
        for (j, enter) in scenario.enter.iter().enumerate() {
            self.enter(enter, &format!("{path}.enter[{j}]"));
        }
        for (j, reach) in scenario.reach.iter().enumerate() {
            let path = format!("{path}.reach[{j}]");
            if let Some(segments) = &reach.segments {
                self.selected("segments", &reach.selector(), &path, Some(&set(segments)));
            }
            if let Some(aware) = &reach.aware {
                let value = shared(aware);
                self.selected("awareness", &reach.selector(), &path, value.as_deref());
            }
        }
        for (j, price) in scenario.price.iter().enumerate() {
            let value = match (&price.price, &price.margin) {
                (Some(rule), _) => rule_value(rule),
                (None, Some(margin)) => shared(margin).map(|v| format!("margin {v}")),
                (None, None) => continue,
            };
            let path = format!("{path}.price[{j}]");
            self.selected("price rule", &price.selector(), &path, value.as_deref());
        }
        for (j, change) in scenario.characteristic.iter().enumerate() {
            let what = format!("characteristic `{}`", change.column);
            let path = format!("{path}.characteristic[{j}]");
            self.set(
                &what,
                &change.product,
                &[],
                &path,
                Some(change.value.to_string()),
            );
        }
    }

    fn enter(&mut self, enter: &'a EnterSpec, path: &str) {
        for product in &enter.products {
            self.set("entry", product, &enter.markets, path, None);
            if let Some(segments) = &enter.segments {
                self.set(
                    "segments",
                    product,
                    &enter.markets,
                    path,
                    Some(set(segments)),
                );
            }
            if let Some(aware) = &enter.aware {
                self.set("awareness", product, &enter.markets, path, shared(aware));
            }
            if let Some(rule) = &enter.price {
                self.set(
                    "price rule",
                    product,
                    &enter.markets,
                    path,
                    rule_value(rule),
                );
            }
        }
    }

    fn selected(&mut self, what: &str, selector: &Selector, path: &str, value: Option<&str>) {
        let selects = |s: &&Seller<'a>| selector.matches(s.product, s.firm, s.brand);
        let products: BTreeSet<&'a str> = self
            .sellers
            .iter()
            .filter(selects)
            .map(|s| s.product)
            .collect();
        for product in products {
            self.set(what, product, &[], path, value.map(str::to_owned));
        }
    }

    fn set(
        &mut self,
        what: &str,
        product: &'a str,
        markets: &'a [String],
        path: &str,
        value: Option<String>,
    ) {
        let setting = Setting {
            path: path.to_owned(),
            markets,
            value,
        };
        self.found
            .entry((what.to_owned(), product))
            .or_default()
            .push(setting);
    }

    /// One mistake for every pair of changes, however many products they share.
    fn report(self, problems: &mut Problems) {
        let mut pairs = BTreeSet::new();
        for ((what, product), settings) in &self.found {
            for (i, late) in settings.iter().enumerate() {
                let clash = settings[..i].iter().find(|early| clash(early, late));
                if let Some(early) = clash
                    && pairs.insert((&early.path, &late.path))
                {
                    let message = format!(
                        "the {what} of `{product}` is set here and in `{}`",
                        early.path
                    );
                    problems.push(
                        InputError::at(&late.path, message)
                            .value(*product)
                            .hint("keep one of the two: the order of changes does not matter"),
                    );
                }
            }
        }
    }
}

fn clash(a: &Setting<'_>, b: &Setting<'_>) -> bool {
    let everywhere = a.markets.is_empty() || b.markets.is_empty();
    let overlap = everywhere || a.markets.iter().any(|m| b.markets.contains(m));
    overlap && (a.value.is_none() || a.value != b.value)
}

/// Names in any order, in words.
fn set(names: &[String]) -> String {
    let names: BTreeSet<&String> = names.iter().collect();
    format!("{names:?}")
}

/// The value in words of a quantity that is the same wherever it is written the same.
fn shared(quantity: &Quantity) -> Option<String> {
    match &quantity.distribution {
        Distribution::Known(v) => Some(v.to_string()),
        Distribution::Input(name) => Some(format!("input {name}")),
        _ => None,
    }
}

fn rule_value(rule: &Price) -> Option<String> {
    match rule {
        Price::Optimal => Some("optimal".into()),
        Price::Given(quantity) => shared(quantity),
    }
}
