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
            format!(", known to {} of consumers", part(q))
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
    words.extend(
        s.tariff
            .iter()
            .map(|c| format!("tariff of {} on {}", part(&c.rate), subject(&c.selector()))),
    );
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
            format!(" known to {} of consumers", part(q))
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
            "a currency in which {} of the cost of {} is paid moves by {}",
            part(&c.part_of_cost),
            subject(&c.selector()),
            part(&c.change)
        )
    });
    let mut words: Vec<String> = currency.collect();
    words.extend(s.tax.iter().map(|c| {
        let share = c.of_price.as_ref();
        let share = share.map(|q| (below_zero(q), format!("{} of the price", size(q, part))));
        let money = c.per_unit.as_ref();
        let money = money.map(|q| (below_zero(q), format!("{} per unit", size(q, amount))));
        let one = |(subsidy, words): (bool, String)| {
            let kind = if subsidy { "subsidy" } else { "tax" };
            format!("{kind} of {words}")
        };
        let both: Vec<String> = share.into_iter().chain(money).map(one).collect();
        format!("{} on {}", both.join(" and "), subject(&c.selector()))
    }));
    words
}

/// What can be sold at most.
fn capacity_words(c: &CapacitySpec) -> String {
    let units = match (&c.units, &c.times_today) {
        (Some(units), _) => format!("{} units", grouped(units)),
        (None, Some(times)) => format!("{} of today's units", part(times)),
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

/// Whether a quantity is a number below zero.
fn below_zero(q: &Quantity) -> bool {
    matches!(q.distribution, Distribution::Known(v) if v < 0.0)
}

/// A quantity in words, without the sign of a number below zero.
fn size(q: &Quantity, words: fn(&Quantity) -> String) -> String {
    match q.distribution {
        Distribution::Known(v) if v < 0.0 => words(&Quantity::known(-v)),
        _ => words(q),
    }
}

/// A quantity in words.
fn amount(q: &Quantity) -> String {
    worded(q, |v| v.to_string())
}

/// A part of a whole, in percent.
fn part(q: &Quantity) -> String {
    // Ten digits: what a study writes, without the roundings of a product by 100.
    worded(q, |v| {
        let percent = (v * 1e12).round() / 1e10;
        format!("{percent}%")
    })
}

/// Units with their thousands apart.
fn grouped(q: &Quantity) -> String {
    worded(q, |v| {
        let text = v.to_string();
        let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
        let digits: Vec<char> = whole.chars().collect();
        let groups = digits
            .rchunks(3)
            .rev()
            .map(|g| g.iter().collect::<String>());
        groups.collect::<Vec<String>>().join(",") + rest
    })
}

/// A quantity, its numbers written by `say`.
fn worded(q: &Quantity, say: impl Fn(f64) -> String) -> String {
    match &q.distribution {
        Distribution::Known(v) => say(*v),
        Distribution::Normal { mean, sd } => format!("about {} (sd {})", say(*mean), say(*sd)),
        Distribution::Triangular { low, high, .. } | Distribution::Uniform { low, high } => {
            format!("{} to {}", say(*low), say(*high))
        }
        Distribution::Lognormal { median, .. } => format!("about {}", say(*median)),
        Distribution::Table { column, .. } => format!("draws of {column}"),
        Distribution::Input(name) => format!("`{name}`"),
    }
}
