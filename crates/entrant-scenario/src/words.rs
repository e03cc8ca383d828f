//! What a scenario changes, in words.

use entrant_data::spec::{CapacitySpec, ScenarioSpec, Selector};
use entrant_data::{Distribution, Price, Quantity};

/// One sentence fragment per change of the scenario, from the unresolved study.
pub fn describe_changes(s: &ScenarioSpec) -> Vec<String> {
    let mut words = Vec::new();
    for c in &s.enter {
        let place = c
            .segments
            .as_ref()
            .map_or(String::new(), |ids| format!(", sold in {}", ids.join(", ")));
        let aware = c.aware.as_ref().map_or(String::new(), |q| {
            format!(", known to {} of consumers", amount(q))
        });
        let price = c
            .price
            .as_ref()
            .map_or(String::new(), |p| format!(", {}", price_words(p)));
        words.push(format!(
            "{} enter{place}{aware}{price}",
            c.products.join(", ")
        ));
    }
    for c in &s.exit {
        words.push(format!("{} leave", c.products.join(", ")));
    }
    words.extend(s.ban.iter().map(|c| format!("{} may not sell", c.firm)));
    words.extend(owner_words(s));
    for c in &s.cost {
        let factor = c
            .factor
            .as_ref()
            .map_or(String::new(), |q| format!(" times {}", amount(q)));
        let add = c
            .add
            .as_ref()
            .map_or(String::new(), |q| format!(" plus {}", amount(q)));
        words.push(format!(
            "marginal cost of {}{factor}{add}",
            subject(&c.selector())
        ));
    }
    words.extend(s.tariff.iter().map(|c| {
        format!(
            "tariff of {} on {}",
            amount(&c.rate),
            subject(&c.selector())
        )
    }));
    words.extend(tax_words(s));
    words.extend(s.capacity.iter().map(capacity_words));
    words.extend(
        s.characteristic
            .iter()
            .map(|c| format!("{} of {} becomes {}", c.column, c.product, c.value)),
    );
    for c in &s.reach {
        let place = c
            .segments
            .as_ref()
            .map_or(String::new(), |ids| format!(" sold in {}", ids.join(", ")));
        let aware = c.aware.as_ref().map_or(String::new(), |q| {
            format!(" known to {} of consumers", amount(q))
        });
        words.push(format!("{}{place}{aware}", subject(&c.selector())));
    }
    for c in &s.price {
        let rule = match (&c.price, &c.margin) {
            (Some(p), _) => price_words(p),
            (None, Some(m)) => format!("target margin {}", amount(m)),
            (None, None) => String::new(),
        };
        words.push(format!("{}: {rule}", subject(&c.selector())));
    }
    if !s.hold.is_empty() {
        words.push(format!("{} keep their prices", s.hold.join(", ")));
    }
    if let Some(firms) = &s.reprice {
        let who = if firms.is_empty() {
            "nobody reprices".into()
        } else {
            format!("only {} reprice", firms.join(", "))
        };
        words.push(who);
    }
    words
}

/// Who sells what, and whose profit counts.
fn owner_words(s: &ScenarioSpec) -> Vec<String> {
    let divest = s.divest.iter();
    let mut words: Vec<String> = divest
        .map(|c| format!("{} go to {}", c.products.join(", "), c.to))
        .collect();
    words.extend(s.stake.iter().map(|c| {
        format!(
            "{} puts a weight of {} on the profit of {}",
            c.owner,
            amount(&c.weight),
            c.of
        )
    }));
    let merge = s.merge.iter();
    words.extend(merge.map(|c| format!("{} merge", c.firms.join(" and "))));
    words
}

/// Currencies, taxes and subsidies.
fn tax_words(s: &ScenarioSpec) -> Vec<String> {
    let currency = s.currency.iter().map(|c| {
        format!(
            "the currency of {} of the cost of {} moves by {}",
            amount(&c.part_of_cost),
            subject(&c.selector()),
            amount(&c.change)
        )
    });
    let mut words: Vec<String> = currency.collect();
    for c in &s.tax {
        let part = c.of_price.as_ref();
        let part = part.map(|q| format!("{} of the price", amount(q)));
        let money = c.per_unit.as_ref();
        let money = money.map(|q| format!("{} per unit", amount(q)));
        let both: Vec<String> = part.into_iter().chain(money).collect();
        words.push(format!(
            "tax of {} on {}",
            both.join(" and "),
            subject(&c.selector())
        ));
    }
    words
}

/// What can be sold at most.
fn capacity_words(c: &CapacitySpec) -> String {
    let units = match (&c.units, &c.times_today) {
        (Some(units), _) => format!("{} units", amount(units)),
        (None, Some(times)) => format!("{} times what they sell today", amount(times)),
        (None, None) => String::new(),
    };
    let place = if c.markets.is_empty() {
        String::new()
    } else {
        format!(" in {}", c.markets.join(", "))
    };
    format!("capacity of {units} for {}{place}", subject(&c.selector()))
}

fn subject(s: &Selector) -> String {
    let mut parts = s.products.clone();
    parts.extend(s.firm.clone());
    parts.extend(s.brand.clone());
    parts.join(", ")
}

fn price_words(p: &Price) -> String {
    match p {
        Price::Optimal => "at the profit-maximising price".into(),
        Price::Given(q) => format!("at {}", amount(q)),
    }
}

/// A quantity in words.
fn amount(q: &Quantity) -> String {
    match &q.distribution {
        Distribution::Known(v) => v.to_string(),
        Distribution::Normal { mean, sd } => format!("about {mean} (sd {sd})"),
        Distribution::Triangular { low, high, .. } | Distribution::Uniform { low, high } => {
            format!("{low} to {high}")
        }
        Distribution::Lognormal { median, .. } => format!("about {median}"),
        Distribution::Table { column, .. } => format!("draws of {column}"),
        Distribution::Input(name) => format!("`{name}`"),
    }
}
