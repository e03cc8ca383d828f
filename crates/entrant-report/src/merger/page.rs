//! The page of a merger study: tables and sentences, complete without scripts.

use entrant_data::Status;
use entrant_data::result::{Estimate, Identification, MergerOutcome, MergerReport};

use crate::ReportError;
use crate::format::{self, Unit, currency_prefix, status_words};
use crate::page::still;
use crate::paper::Brief;
use crate::section::{Block, Cell, Folded, Hero, Section, Table};

/// Firms that a sentence names.
const NAMED: usize = 4;

pub(super) fn render(r: &MergerReport) -> Result<String, ReportError> {
    still(brief(r).into())
}

/// What is told about a merger study.
pub(super) fn brief(r: &MergerReport) -> Brief<'_> {
    Brief {
        title: &r.title,
        kicker: "Merger",
        hero: hero(r),
        sections: vec![scenarios(r), products(r), calibration(r)],
        headline: 0,
        figures: Vec::new(),
        colophon: colophon(r),
        sheets: super::sheets(r),
    }
}

fn title(s: &MergerOutcome) -> &str {
    if s.title.is_empty() { &s.id } else { &s.title }
}

fn worst(r: &MergerReport) -> Status {
    let all = r.scenarios.iter().map(|s| s.status);
    all.fold(r.status, Status::worst)
}

fn hero(r: &MergerReport) -> Hero {
    let status = worst(r);
    let mut answer = r.scenarios.iter().map(|s| sentence(r, s));
    let asked = if r.question.is_empty() {
        "What does it do to prices, profits and buyers?"
    } else {
        &r.question
    };
    Hero {
        question: asked.into(),
        answer: answer
            .next()
            .unwrap_or_else(|| "The study has no scenario.".into()),
        more: answer.collect(),
        badge: if status <= Status::Certified {
            "good"
        } else if status.is_usable() {
            "fair"
        } else {
            "bad"
        },
        status: status_words(status),
        meaning: format!(
            "{} demand, {}; observed prices are {}",
            r.demand,
            r.conduct,
            status_words(r.status)
        ),
        scenario: String::new(),
        tiles: Vec::new(),
        warning: String::new(),
    }
}

/// What a scenario does, in a sentence.
fn sentence(r: &MergerReport, s: &MergerOutcome) -> String {
    if !s.status.is_usable() {
        return format!("{}: no answer ({}).", title(s), status_words(s.status));
    }
    let changes = s.products.iter().filter(|p| p.firm != p.firm_after);
    let owners: Vec<&str> = changes.map(|p| p.firm_after.as_str()).collect();
    let moved = s.products.iter();
    let moved: Vec<String> = moved
        .filter(|p| owners.contains(&p.firm_after.as_str()))
        .take(NAMED)
        .map(|p| {
            format!(
                "{} by {}",
                p.id,
                format::estimate(&p.price_rise, Unit::Share, true)
            )
        })
        .collect();
    let own = if moved.is_empty() {
        String::new()
    } else {
        format!(", of {}", moved.join(", of "))
    };
    let money = currency_prefix(&r.currency);
    let harm = if r.prices_known {
        format!(
            " Buyers lose {}, firms gain {}.",
            format::estimate(&s.consumer_harm, Unit::Money(&money), false),
            format::estimate(&s.producer_gain, Unit::Money(&money), false)
        )
    } else {
        String::new()
    };
    format!(
        "{}: prices rise by {} on average{own}; concentration (HHI) goes from {} to {}.{harm}",
        title(s),
        format::estimate(&s.price_rise, Unit::Share, true),
        format::median(&s.hhi_before, Unit::Count, false),
        format::median(&s.hhi_after, Unit::Count, false),
    )
}

fn colophon(r: &MergerReport) -> Vec<String> {
    let mut out = Vec::new();
    if !r.source.is_empty() {
        out.push(format!("Numbers from: {}.", r.source));
    }
    if !r.prices_known {
        out.push("Prices are not known: only percentages mean anything.".into());
    }
    let lost = match r.failed_draws {
        0 => String::new(),
        n => format!(
            ", {} of them without an answer and left out",
            format::count(n)
        ),
    };
    out.push(format!(
        "entrant {}; {} draws{lost}, seed {}, {} intervals around the central values; inputs {}.",
        r.version,
        format::count(r.draws),
        r.seed,
        format::level(r.level),
        r.fingerprint
    ));
    out
}

fn section(
    id: &'static str,
    title: &'static str,
    short: &'static str,
    blocks: Vec<Block>,
) -> Section {
    Section {
        id,
        title,
        short,
        lead: Vec::new(),
        blocks,
    }
}

/// A line for each scenario: prices, concentration, who wins and loses.
fn scenarios(r: &MergerReport) -> Section {
    let money = currency_prefix(&r.currency);
    let money = Unit::Money(&money);
    let head = [
        "Scenario",
        "Mean price rise",
        "HHI before",
        "With new owners",
        "After",
        "Buyers lose",
        "Firms gain",
        "Government gains",
        "Net gain",
    ];
    let row = |s: &MergerOutcome| {
        vec![
            Cell::text(title(s)).noted(status_words(s.status)),
            Cell::estimate(&s.price_rise, Unit::Share, true),
            Cell::estimate(&s.hhi_before, Unit::Count, false),
            Cell::estimate(&s.hhi_new_owners, Unit::Count, false),
            Cell::estimate(&s.hhi_after, Unit::Count, false),
            Cell::estimate(&s.consumer_harm, money, false),
            Cell::estimate(&s.producer_gain, money, true),
            Cell::estimate(&s.government_gain, money, true),
            Cell::estimate(&s.welfare, money, true),
        ]
    };
    let table = Table::new("Every scenario", &head).with(r.scenarios.iter().map(row));
    section(
        "scenarios",
        "What each scenario does",
        "Scenarios",
        vec![Block::Table(table)],
    )
}

/// Products of each scenario, and the screens beside them.
fn products(r: &MergerReport) -> Section {
    // Prices may be far below one: three digits, not cents.
    let price = Unit::Plain;
    let named = |what: &str| match r.currency.as_str() {
        "" => what.to_owned(),
        currency => format!("{what}, {currency}"),
    };
    let price_head = named("Price");
    let upp_head = named("UPP");
    let one = |s: &MergerOutcome| {
        let head = [
            "Product",
            "Firm",
            &price_head,
            "After",
            "Rise",
            "Share",
            "After",
            "Margin",
            "After",
        ];
        let rows = s.products.iter().map(|p| {
            let was = if p.firm == p.firm_after {
                String::new()
            } else {
                format!("was {}", p.firm)
            };
            vec![
                Cell::text(&*p.id),
                Cell::text(&*p.firm_after).noted(was),
                Cell::estimate(&p.price_before, price, false),
                Cell::estimate(&p.price_after, price, false),
                Cell::estimate(&p.price_rise, Unit::Share, true),
                Cell::estimate(&p.share_before, Unit::Share, false),
                Cell::estimate(&p.share_after, Unit::Share, false),
                Cell::estimate(&p.margin_before, Unit::Share, false),
                Cell::estimate(&p.margin_after, Unit::Share, false),
            ]
        });
        let table = Table::new(format!("{}: products", title(s)), &head).with(rows);
        let mut out = vec![Block::Table(table)];
        let screens = screens(s, &upp_head);
        out.extend(
            screens.map(|t| Block::Folded(Folded::plain(format!("Screens: {}", title(s)), t))),
        );
        out
    };
    let blocks = r.scenarios.iter().flat_map(one).collect();
    section("products", "Product by product", "Products", blocks)
}

/// Screens of the products on which a scenario presses.
fn screens(s: &MergerOutcome, upp: &str) -> Option<Table> {
    let presses = |e: &Estimate| e.point().abs() > 0.0;
    let pressed = s
        .products
        .iter()
        .filter(|p| presses(&p.upp) || presses(&p.cmcr));
    let rows = pressed.map(|p| {
        vec![
            Cell::text(&*p.id),
            Cell::estimate(&p.upp, Unit::Plain, true),
            Cell::estimate(&p.guppi, Unit::Share, true),
            Cell::estimate(&p.cmcr, Unit::Share, false),
        ]
    });
    let head = ["Product", upp, "GUPPI", "CMCR"];
    Table::new(format!("{}: screens", title(s)), &head)
        .with(rows)
        .unless_empty()
}

/// What the parameters are, and how the known numbers are met.
fn calibration(r: &MergerReport) -> Section {
    let parameters = r.parameters.iter().map(|p| {
        vec![
            Cell::text(&*p.name).noted(&*p.meaning),
            Cell::estimate(&p.value, Unit::Plain, false),
            Cell::text(if p.calibrated { "calibrated" } else { "given" }),
        ]
    });
    let parameters = Table::new("Parameters", &["Parameter", "Value", "Origin"]).with(parameters);
    let fitted = r.fitted.iter().map(|f| {
        vec![
            Cell::text(&*f.name),
            Cell::number(format::number(f.input, Unit::Plain, false)),
            Cell::number(format::number(f.fitted, Unit::Plain, false)),
            Cell::text(if f.used { "" } else { "a check only" }),
        ]
    });
    let fitted = Table::new("Known numbers", &["Number", "Input", "Fitted", ""]).with(fitted);
    let mut out = section(
        "calibration",
        "How the market was calibrated",
        "Calibration",
        [parameters, fitted]
            .into_iter()
            .filter_map(|t| t.unless_empty().map(Block::Table))
            .collect(),
    );
    out.lead = vec![format!(
        "{} Largest first-order residual at the observed prices: {}.",
        match r.identification {
            Identification::Given => "Nothing had to be calibrated.",
            Identification::Exact => "Just identified: every known number is met exactly.",
            Identification::Over => "Over-identified: more known numbers than parameters.",
            Identification::Under => "Not identified.",
        },
        format::scientific(r.residual)
    )];
    out
}
