//! What features and brands are worth.

use entrant_data::result::{Estimate, PremiumReport, PremiumSubject, PremiumValue};

use super::{Block, Cell, Chart, Folded, Section, Table};
use crate::format::{self, Unit};
use crate::story::Story;

/// The premiums; nothing where the study does not ask for them.
pub fn section(story: &Story<'_>) -> Option<Section> {
    let report = story.results.premiums.as_deref()?;
    let mut blocks = vec![
        Block::Chart(worth_chart(story, report)),
        Block::Folded(Folded::plain(
            "Willingness to pay by group of consumers",
            groups(story, report),
        )),
        Block::Chart(value_chart(story, report)),
    ];
    if report
        .subjects
        .iter()
        .any(|s| s.values.iter().any(|v| v.erosion.is_some()))
    {
        blocks.push(Block::Chart(erosion_chart(story, report)));
    }
    blocks.extend(map_chart(story, report).map(Block::Chart));
    Some(Section {
        id: "premiums",
        title: "What features and brands are worth",
        short: "Premiums",
        lead: words(story, report),
        blocks,
    })
}

/// What the premiums come to, in sentences.
pub fn words(story: &Story<'_>, report: &PremiumReport) -> Vec<String> {
    let mut out = Vec::new();
    let brands = report.subjects.iter().filter(|s| s.kind == "brand");
    let bundle = report.subjects.iter().filter(|s| s.kind == "bundle");
    let said: Vec<&PremiumSubject> = bundle.chain(brands).collect();
    out.extend(said.iter().filter_map(|s| worth_words(story, s)));
    out.extend(said.iter().filter_map(|s| erosion_words(story, report, s)));
    let doubtful: Vec<&str> = report
        .subjects
        .iter()
        .filter(|s| s.kind == "feature" && s.negative > 0.05)
        .map(|s| s.title.as_str())
        .collect();
    if !doubtful.is_empty() {
        out.push(format!(
            "Not told from the rest: {} (worth less than nothing in more than 5% of draws).",
            doubtful.join(", ")
        ));
    }
    if !report.status.is_usable() {
        out.push(format!(
            "Do not use these numbers: {} in too many draws.",
            format::status_words(report.status)
        ));
    }
    out
}

/// The products in question that a sentence is about: the first, or the line where there is none.
fn first(s: &PremiumSubject) -> Option<&PremiumValue> {
    s.values.first()
}

/// A name with whose line it is.
pub fn place(v: &PremiumValue) -> String {
    if v.line {
        format!("{}'s line", v.name)
    } else {
        v.name.clone()
    }
}

fn worth_words(story: &Story<'_>, s: &PremiumSubject) -> Option<String> {
    let (price, money) = (Unit::Price(&story.money), Unit::Money(&story.money));
    let v = first(s)?;
    let hedonic = s.hedonic.as_ref().map_or_else(String::new, |h| {
        format!(
            " (in prices by themselves {})",
            format::estimate(&h.premium, price, true)
        )
    });
    let units = if v.price.change.point() <= 0.0 && v.profit.change.point() > 0.0 {
        " It earns by units, not by price."
    } else {
        ""
    };
    Some(format!(
        "{}: worth {} to the median consumer{hedonic}; in equilibrium it moves the price of {} by {} and \
         the profit of {} by {} per period, where buyers' worth times units would be {}.{units}",
        s.title,
        format::estimate(&s.median_consumer, price, false),
        place(v),
        format::estimate(&v.price.change, price, true),
        v.firm,
        format::estimate(&v.profit.change, money, true),
        format::median(&v.naive, money, false),
    ))
}

fn erosion_words(story: &Story<'_>, report: &PremiumReport, s: &PremiumSubject) -> Option<String> {
    let (price, money) = (Unit::Price(&story.money), Unit::Money(&story.money));
    let v = first(s)?;
    let e = v.erosion.as_ref()?;
    Some(format!(
        "Once the {} products of the budget line have them too, the price of {} moves by {} and the profit \
         of {} by {}; having them then adds {} of what it adds today to that profit.",
        format::count(report.budget.len()),
        place(v),
        moved(&e.price.change, price),
        v.firm,
        moved(&e.profit.change, money),
        remains(&e.profit_remains),
    ))
}

fn moved(e: &Estimate, unit: Unit<'_>) -> String {
    format::estimate(e, unit, true)
}

fn remains(e: &Estimate) -> String {
    format::estimate(e, Unit::Chance, false)
}

fn worth_chart(story: &Story<'_>, report: &PremiumReport) -> Chart {
    let price = Unit::Price(&story.money);
    let head = [
        "Feature or brand",
        "Worth to the median consumer",
        "Worth, mean of all",
        "Premium in prices (hedonic)",
        "Variance inflated",
        "Below nothing in",
    ];
    let row = |s: &PremiumSubject| {
        vec![
            Cell::text(&*s.title).noted(step(s)),
            Cell::estimate(&s.median_consumer, price, false),
            Cell::maybe(s.worth.first(), price, false),
            Cell::maybe(s.hedonic.as_ref().map(|h| &h.premium), price, false),
            Cell::number(s.inflation.map_or(String::new(), |v| {
                format!("{}×", format::number(v, Unit::Plain, false))
            })),
            Cell::number(format::number(s.negative, Unit::Chance, false)),
        ]
    };
    let regression = report.hedonic.as_ref().map_or_else(String::new, |h| {
        format!(
            " Regression of the logarithm of price over {} products, R² {}; in money at {}.",
            h.products,
            format::number(h.r_squared, Unit::Plain, false),
            format::number(h.at_price, price, false)
        )
    });
    let caption = format!("Willingness to pay, and premiums in prices.{regression}");
    let table = Table::new(caption, &head).with(report.subjects.iter().map(row));
    Chart {
        name: "premium-worth",
        title: "What each is worth, and what prices say".into(),
        note: format!(
            "Full dot: willingness to pay of the consumer with the median price sensitivity, line: \
             {} interval over {} draws. Hollow dot: hedonic premium with its robust interval, which \
             has costs and competition in it and is no worth. Brands: against {}.",
            format::level(story.results.settings.level),
            format::count(report.draws),
            compared(report)
        ),
        tables: vec![Folded::plain(
            "Worth and hedonic premiums in numbers",
            table,
        )],
    }
}

fn compared(report: &PremiumReport) -> String {
    match &report.reference[..] {
        [one] => one.clone(),
        few if few.len() <= 4 => format!("the mean of {}", few.join(", ")),
        many => format!("the mean of {} other brands", format::count(many.len())),
    }
}

fn step(s: &PremiumSubject) -> String {
    s.step.map_or_else(String::new, |step| {
        format!("{} of {}", format::number(step, Unit::Plain, true), s.of)
    })
}

fn groups(story: &Story<'_>, report: &PremiumReport) -> Table {
    let price = Unit::Price(&story.money);
    let caption = "Mean willingness to pay by group of consumers";
    let mut table = Table::new(caption, &["Consumers"]);
    table
        .head
        .extend(report.subjects.iter().map(|s| s.title.clone()));
    table.with(report.groups.iter().enumerate().map(|(g, group)| {
        let share = format::median(&group.share, Unit::Share, false);
        let name = Cell::text(&*group.name).noted(format!("{share} of potential buyers"));
        let worth = report
            .subjects
            .iter()
            .map(|s| Cell::maybe(s.worth.get(g), price, false));
        std::iter::once(name).chain(worth).collect()
    }))
}

fn value_chart(story: &Story<'_>, report: &PremiumReport) -> Chart {
    let (price, money) = (Unit::Price(&story.money), Unit::Money(&story.money));
    let head = [
        "Feature or brand",
        "Of",
        "Price",
        "Units",
        "Profit of the firm",
        "Profit if rivals held",
        "Buyers' worth × units",
    ];
    let row = |s: &PremiumSubject, v: &PremiumValue| {
        vec![
            Cell::text(&*s.title),
            Cell {
                tone: story.tone(&v.firm),
                ..Cell::text(place(v))
            },
            Cell::estimate(&v.price.change, price, true),
            Cell::estimate(&v.units.change, Unit::Count, true),
            Cell::estimate(&v.profit.change, money, true),
            Cell::estimate(&v.alone, money, true),
            Cell::estimate(&v.naive, money, true),
        ]
    };
    let rows = report
        .subjects
        .iter()
        .flat_map(|s| s.values.iter().map(move |v| row(s, v)));
    let caption = "What each adds in equilibrium, per period: with it less without it";
    let table = Table::new(caption, &head).with(rows);
    Chart {
        name: "premium-value",
        title: "What each adds to profit when everybody answers".into(),
        note:
            "Full dot: the firm's profit per period with the feature less without it, every price \
               solved again. Hollow dot: what its buyers would pay for it times units, which \
               nobody earns where rivals answer and one price is for all."
                .into(),
        tables: vec![Folded::plain("Value in equilibrium in numbers", table)],
    }
}

fn erosion_chart(story: &Story<'_>, report: &PremiumReport) -> Chart {
    let (price, money) = (Unit::Price(&story.money), Unit::Money(&story.money));
    let head = [
        "Feature",
        "Of",
        "Lead over the budget line, before",
        "after",
        "Price moves",
        "Units move",
        "Profit moves",
        "Price premium that remains",
        "Profit premium that remains",
    ];
    let row = |s: &PremiumSubject, v: &PremiumValue| {
        let e = v.erosion.as_ref()?;
        Some(vec![
            Cell::text(&*s.title),
            Cell {
                tone: story.tone(&v.firm),
                ..Cell::text(place(v))
            },
            Cell::estimate(&e.gap.before, price, false),
            Cell::estimate(&e.gap.after, price, false),
            Cell::estimate(&e.price.change, price, true),
            Cell::estimate(&e.units.change, Unit::Count, true),
            Cell::estimate(&e.profit.change, money, true),
            Cell::estimate(&e.price_remains, Unit::Chance, false),
            Cell::estimate(&e.profit_remains, Unit::Chance, false),
        ])
    };
    let rows = report
        .subjects
        .iter()
        .flat_map(|s| s.values.iter().filter_map(move |v| row(s, v)));
    let caption = format!("When the budget line has it too ({})", few(&report.budget));
    let table = Table::new(caption, &head).with(rows);
    Chart {
        name: "premium-erosion",
        title: "What remains when the budget line has it too".into(),
        note: "What the feature adds to the firm's profit per period: full dot today, hollow dot once \
               every product of the budget line is brought to the same level, all prices solved again."
            .into(),
        tables: vec![Folded::plain("What remains, in numbers", table)],
    }
}

/// Some names and how many more.
fn few(names: &[String]) -> String {
    let (shown, rest) = names.split_at(names.len().min(3));
    let more = if rest.is_empty() {
        String::new()
    } else {
        format!(" and {} more", rest.len())
    };
    format!("{}{more}", shown.join(", "))
}

fn map_chart(story: &Story<'_>, report: &PremiumReport) -> Option<Chart> {
    let map = report.map.as_ref()?;
    let share = Unit::Share;
    let rows = report.substitutes.iter().flat_map(|s| {
        s.nearest.iter().map(move |n| {
            vec![
                Cell {
                    tone: story.tone(&s.firm),
                    ..Cell::text(&*s.product)
                },
                Cell {
                    tone: story.tone(&n.firm),
                    ..Cell::text(&*n.product)
                },
                Cell::estimate(&n.diversion, share, false),
                Cell::estimate(&n.lift, Unit::Plain, false),
            ]
        })
    });
    let head = [
        "Product",
        "Nearest substitutes",
        "Its buyers who would go there",
        "Against size alone",
    ];
    let nearest = Table::new("Nearest substitutes, by second choices", &head).with(rows);
    let points = map.points.iter().map(|p| {
        vec![
            Cell {
                tone: story.tone(&p.firm),
                ..Cell::text(&*p.product)
            },
            Cell::number(format::number(p.x, Unit::Plain, true)),
            Cell::number(format::number(p.y, Unit::Plain, true)),
            Cell::number(format::number(p.unit_share, share, false)),
        ]
    });
    let points = Table::new(
        "The map in numbers",
        &["Product", "Across", "Up", "Share of units"],
    )
    .with(points);
    let apart = match map.apart {
        0 => String::new(),
        n => format!(
            " {} pairs that no consumer chooses between stand as far apart as the farthest that some do.",
            format::count(n)
        ),
    };
    Some(Chart {
        name: "premium-map",
        title: "Which products are near one another".into(),
        note: format!(
            "Near: buyers of one would take the other more often than its size alone makes them. Dearer \
             products to the right; size of a dot: units. Two dimensions hold {} of the distances, \
             stress {}.{apart}",
            format::number(map.explained, Unit::Chance, false),
            format::number(map.stress, Unit::Plain, false)
        ),
        tables: vec![
            Folded::plain("Nearest substitutes in numbers", nearest),
            Folded::plain("The map in numbers", points),
        ],
    })
}
