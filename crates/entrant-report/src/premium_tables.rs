//! Tables of premiums, in long form.

use entrant_data::result::{Change, Estimate, PremiumReport};

use crate::csv::{Csv, Sheet};
use crate::tables::ESTIMATE;

/// Every table of premiums, by name.
pub(crate) fn all(report: &PremiumReport) -> Vec<(&'static str, Sheet)> {
    vec![
        ("premium_worth", worth(report)),
        ("premium_value", value(report)),
        ("premium_erosion", erosion(report)),
        ("premium_hedonic", hedonic(report)),
        ("substitutes", substitutes(report)),
        ("product_map", map(report)),
    ]
}

fn long(key: &[&str]) -> Csv {
    Csv::new(&[key, &ESTIMATE].concat())
}

/// Willingness to pay, by group.
fn worth(report: &PremiumReport) -> Sheet {
    let mut csv = long(&["kind", "of", "title", "group_kind", "group"]);
    for s in &report.subjects {
        let median = ("median", "Median price sensitivity", &s.median_consumer);
        let groups = report.groups.iter().zip(&s.worth);
        let groups = groups.map(|(g, e)| (g.kind.as_str(), g.name.as_str(), e));
        for (kind, name, e) in std::iter::once(median).chain(groups) {
            csv.texts(&[&s.kind, &s.of, &s.title, kind, name])
                .estimate(e)
                .end();
        }
    }
    csv.sheet()
}

fn change(csv: &mut Csv, key: &[&str], quantity: &str, c: &Change) {
    let relative = c.relative.as_ref().map(|r| ("relative", r));
    let three = [
        ("before", &c.before),
        ("after", &c.after),
        ("change", &c.change),
    ];
    for (when, e) in three.into_iter().chain(relative) {
        row(csv, key, quantity, when, e);
    }
}

fn row(csv: &mut Csv, key: &[&str], quantity: &str, when: &str, e: &Estimate) {
    csv.texts(key).texts(&[quantity, when]).estimate(e).end();
}

/// Value in equilibrium: `before` is without the feature, `after` with it.
fn value(report: &PremiumReport) -> Sheet {
    let mut csv = long(&[
        "kind", "of", "title", "place", "firm", "line", "quantity", "when",
    ]);
    for s in &report.subjects {
        for v in &s.values {
            let line = if v.line { "true" } else { "false" };
            let key = [&s.kind, &s.of, &s.title, v.name.as_str(), &v.firm, line];
            for (name, c) in [
                ("price", &v.price),
                ("units", &v.units),
                ("profit", &v.profit),
            ] {
                change(&mut csv, &key, name, c);
            }
            row(&mut csv, &key, "profit_if_rivals_hold", "change", &v.alone);
            row(&mut csv, &key, "buyers_worth", "change", &v.naive);
        }
    }
    csv.sheet()
}

/// What remains: `before` is today, `after` with the feature on the budget line.
fn erosion(report: &PremiumReport) -> Sheet {
    let mut csv = long(&[
        "kind", "of", "title", "place", "firm", "line", "quantity", "when",
    ]);
    for s in &report.subjects {
        for v in &s.values {
            let Some(e) = &v.erosion else { continue };
            let line = if v.line { "true" } else { "false" };
            let key = [&s.kind, &s.of, &s.title, v.name.as_str(), &v.firm, line];
            let changes = [
                ("price", &e.price),
                ("units", &e.units),
                ("profit", &e.profit),
                ("price_premium", &e.price_premium),
                ("profit_premium", &e.profit_premium),
                ("lead_over_budget_line", &e.gap),
            ];
            for (name, c) in changes {
                change(&mut csv, &key, name, c);
            }
            row(&mut csv, &key, "price_premium", "remains", &e.price_remains);
            row(
                &mut csv,
                &key,
                "profit_premium",
                "remains",
                &e.profit_remains,
            );
        }
    }
    csv.sheet()
}

/// The hedonic regression.
fn hedonic(report: &PremiumReport) -> Sheet {
    let key = [
        "kind",
        "of",
        "title",
        "step",
        "coefficient",
        "error",
        "inflation",
    ];
    let mut csv = long(&key);
    for s in &report.subjects {
        let Some(h) = &s.hedonic else { continue };
        csv.texts(&[&s.kind, &s.of, &s.title])
            .number(s.step.unwrap_or(f64::NAN))
            .number(h.coefficient)
            .number(h.error)
            .number(s.inflation.unwrap_or(f64::NAN))
            .estimate(&h.premium)
            .end();
    }
    csv.sheet()
}

/// Nearest substitutes of the focus products.
fn substitutes(report: &PremiumReport) -> Sheet {
    let mut csv = long(&["product", "firm", "rank", "to", "to_firm", "quantity"]);
    for s in &report.substitutes {
        for (k, n) in s.nearest.iter().enumerate() {
            for (quantity, e) in [("diversion", &n.diversion), ("lift", &n.lift)] {
                csv.texts(&[&s.product, &s.firm])
                    .count(k + 1)
                    .texts(&[&n.product, &n.firm, quantity])
                    .estimate(e)
                    .end();
            }
        }
        csv.texts(&[&s.product, &s.firm, "", "outside", "", "diversion"])
            .estimate(&s.outside)
            .end();
    }
    csv.sheet()
}

/// The map.
fn map(report: &PremiumReport) -> Sheet {
    let mut csv = Csv::new(&["product", "firm", "x", "y", "unit_share", "focus", "budget"]);
    for p in report.map.iter().flat_map(|m| &m.points) {
        csv.texts(&[&p.product, &p.firm])
            .number(p.x)
            .number(p.y)
            .number(p.unit_share)
            .flag(p.focus)
            .flag(p.budget)
            .end();
    }
    csv.sheet()
}
