//! The method with its certificate: calibration, equilibrium, draws, diagnostics.

use entrant_data::result::{
    CalibrationReport, Certificate, Estimate, FirmDeviation, Identification, MarketOutcome,
    ParameterReport, StatusCount, TargetReport,
};
use entrant_data::{Level, Status};

use super::{Block, Cell, Folded, Section, Table, estimates};
use crate::format::{self, Unit, scientific, status_words};
use crate::story::Story;

/// The method with its certificate.
pub fn section(story: &Story<'_>) -> Section {
    let mut blocks = vec![Block::Prose(words(story))];
    blocks.extend(estimates::blocks(story));
    if !story.results.calibration.is_empty() {
        blocks.push(Block::Heading("Calibration"));
    }
    for report in &story.results.calibration {
        blocks.extend(calibration(story, report));
    }
    blocks.push(Block::Heading("Certificate of the equilibria"));
    blocks.push(Block::Table(certificates(story)));
    blocks.extend(deviations(story).map(Block::Table));
    Section {
        id: "method",
        title: "The method and its certificate",
        short: "Method",
        lead: Vec::new(),
        blocks,
    }
}

/// The diagnostics; nothing where there are none.
pub fn diagnostics(story: &Story<'_>) -> Option<Section> {
    let findings = &story.results.findings;
    let mut sorted: Vec<_> = findings.iter().collect();
    sorted.sort_by_key(|f| std::cmp::Reverse(f.level));
    let rows = sorted.into_iter().map(|f| {
        let (class, word) = level(f.level);
        vec![
            Cell::text(word).classed(class),
            Cell::text(&*f.message).noted(&*f.advice),
            Cell::text(&*f.code).classed("code"),
        ]
    });
    let table = Table::new(
        "Checks, gravest first",
        &["Result", "Finding and advice", "Code"],
    );
    let table = table.with(rows).unless_empty()?;
    let passed = findings.iter().filter(|f| f.level == Level::Ok).count();
    Some(Section {
        id: "diagnostics",
        title: "Diagnostics",
        short: "Diagnostics",
        lead: vec![format!("{passed} of {} checks passed.", findings.len())],
        blocks: vec![Block::Table(table)],
    })
}

pub fn level(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Ok => ("ok", "✓ ok"),
        Level::Warning => ("warning", "! warning"),
        Level::Error => ("error", "✕ error"),
    }
}

fn words(story: &Story<'_>) -> Vec<String> {
    let mut said = story.results.notes.clone();
    if story.results.estimation.is_some() {
        said.push(estimated(story));
    } else {
        said.push(calibrated(story));
    }
    said.push(
        "An equilibrium is a set of prices from which no firm gains by moving alone. Code that did \
         not solve for it recomputes the first-order conditions, checks the second order, searches \
         for deviations that gain, bounds what any deviation could gain, and looks for further \
         equilibria from other starting points."
            .into(),
    );
    said
}

/// How an estimated study comes to its numbers.
fn estimated(story: &Story<'_>) -> String {
    let settings = &story.results.settings;
    let start = "Each buyer takes the product, or none, that is worth most to them at its price. \
         Demand is estimated from a panel of markets; marginal costs are those at which observed \
         prices are optimal. Numbers stand at the estimates";
    if settings.draws == 0 {
        return format!("{start}. There are no intervals: the diagnostics say why.");
    }
    format!(
        "{start}; intervals hold {} of {} draws of all parameters from their asymptotic \
         distribution. Each draw finds the mean utilities that give the observed shares, and the \
         costs at which observed prices are optimal, at its parameters, and solves every scenario \
         again.",
        format::level(settings.level),
        format::count(settings.draws)
    )
}

/// How a calibrated study comes to its numbers.
fn calibrated(story: &Story<'_>) -> String {
    let settings = &story.results.settings;
    format!(
        "Each buyer takes the product, or none, that is worth most to them at its price. Demand is \
         calibrated so that the observed shares hold and the known facts below are met. Each of \
         {} draws of the uncertain inputs recalibrates demand and solves the market again; every \
         number is the median over draws with the interval that holds {} of them.",
        format::count(settings.draws),
        format::level(settings.level)
    )
}

fn calibration(story: &Story<'_>, c: &CalibrationReport) -> Vec<Block> {
    let parameters = parameters(c).unless_empty().map(Block::Table);
    let targets = targets(c).unless_empty().map(Block::Table);
    let facts = Folded::plain(
        format!("The market {} in numbers", c.market),
        facts(story, c),
    );
    let products = products(story, c).unless_empty();
    let products = products.map(|t| {
        let summary = format!("Costs, margins and elasticities by product: {}", c.market);
        Block::Folded(Folded::plain(summary, t))
    });
    let sentence = Block::Prose(vec![calibration_words(c)]);
    let tables = parameters.into_iter().chain(targets);
    std::iter::once(sentence)
        .chain(tables)
        .chain([Block::Folded(facts)])
        .chain(products)
        .collect()
}

fn calibration_words(c: &CalibrationReport) -> String {
    let identified = match c.identification {
        Identification::Given => "every parameter is given",
        Identification::Exact => "as many targets as parameters, met exactly",
        Identification::Over => "more targets than parameters, met as closely as possible",
        Identification::Under => "the targets do not determine the parameters",
    };
    format!(
        "{}: {} ({identified}); {}. Observed shares are met to {} of their value. Draws: {}.",
        c.market,
        c.method,
        status_words(c.status),
        scientific(c.share_residual),
        draws(&c.draws)
    )
}

/// Draws by status in words: `998 certified, 2 not converged`.
pub fn draws(counts: &[StatusCount]) -> String {
    let part = |c: &StatusCount| format!("{} {}", format::count(c.draws), status_words(c.status));
    let parts: Vec<_> = counts.iter().filter(|c| c.draws > 0).map(part).collect();
    if parts.is_empty() {
        "none".into()
    } else {
        parts.join(", ")
    }
}

fn parameters(c: &CalibrationReport) -> Table {
    let head = ["Parameter", "Meaning", "", "Central", "Over draws"];
    let row = |p: &ParameterReport| {
        vec![
            Cell::text(&*p.name),
            Cell::text(&*p.meaning),
            Cell::text(if p.calibrated { "calibrated" } else { "given" }),
            Cell::number(scientific(p.central)),
            Cell::estimate(&p.value, Unit::Plain, false),
        ]
    };
    Table::new(format!("Parameters of demand: {}", c.market), &head)
        .with(c.parameters.iter().map(row))
}

fn targets(c: &CalibrationReport) -> Table {
    let head = ["Target", "Input", "Fitted", "Fitted over draws"];
    let row = |t: &TargetReport| {
        vec![
            Cell::text(&*t.name),
            Cell::number(scientific(t.input)),
            Cell::number(scientific(t.fitted)),
            Cell::estimate(&t.value, Unit::Plain, false),
        ]
    };
    Table::new(format!("Input against fitted: {}", c.market), &head).with(c.targets.iter().map(row))
}

fn facts(story: &Story<'_>, c: &CalibrationReport) -> Table {
    let row = |name: &str, e, unit| vec![Cell::text(name), Cell::estimate(e, unit, false)];
    Table::new(
        format!("The market {}", c.market),
        &["Fact", "Median and interval"],
    )
    .with([
        row("Potential buyers", &c.size, Unit::Count),
        row("Who buy nothing", &c.outside_share, Unit::Share),
        row("Mean price", &c.average_price, Unit::Price(&story.money)),
        row(
            "Elasticity of all units to all prices",
            &c.aggregate_elasticity,
            Unit::Plain,
        ),
    ])
}

fn products(story: &Story<'_>, c: &CalibrationReport) -> Table {
    let head = [
        "Product",
        "Marginal cost",
        "Margin of price",
        "Own-price elasticity",
    ];
    let cell = |all: &[Estimate], j, unit| Cell::maybe(all.get(j), unit, false);
    let row = |(j, name): (usize, &String)| {
        vec![
            Cell::text(&**name),
            cell(&c.costs, j, Unit::Price(&story.money)),
            cell(&c.margins, j, Unit::Share),
            cell(&c.elasticities, j, Unit::Plain),
        ]
    };
    let caption = format!("Implied costs, margins and elasticities: {}", c.market);
    Table::new(caption, &head).with(c.products.iter().enumerate().map(row))
}

fn certificates(story: &Story<'_>) -> Table {
    let head = [
        "Scenario",
        "Status",
        "Largest residual",
        "Largest curvature",
        "Equilibria found",
        "Largest gain: found",
        "at most",
        "Draws certified",
    ];
    let rows = story.cases().into_iter().map(|(_, m, scenario, market)| {
        certificate_row(story.case_title(scenario, story.markets[m]), market)
    });
    Table::new(
        "Certificate of each scenario; small print: the worst draw",
        &head,
    )
    .with(rows)
}

fn certificate_row(name: String, market: &MarketOutcome) -> Vec<Cell> {
    let c = &market.certificate;
    let worst = |x| format!("worst {}", scientific(x));
    vec![
        Cell::text(name),
        Cell::text(status_words(c.status)),
        Cell::number(scientific(c.residual)).noted(residual_note(c)),
        Cell::number(scientific(c.curvature)).noted(worst(c.worst_curvature)),
        Cell::number(c.equilibria.to_string()).noted(format!("from {} starts", c.starts)),
        Cell::number(gain(largest(c, |d| d.gain_found))),
        Cell::number(gain(largest(c, |d| d.gain_bound))),
        draws_cell(&market.draws),
    ]
}

/// What stands below the residual: the worst draw, and how far complementarity is missed.
fn residual_note(c: &Certificate) -> String {
    let worst = scientific(c.worst_residual);
    match c.capacity {
        None => format!("worst {worst}"),
        Some(gap) => format!("worst {worst}, capacities {}", scientific(gap)),
    }
}

/// How many draws are certified, and what became of the others.
fn draws_cell(counts: &[StatusCount]) -> Cell {
    let good = |c: &StatusCount| matches!(c.status, Status::Exact | Status::Certified);
    let (good, other): (Vec<_>, Vec<_>) = counts.iter().copied().partition(good);
    let sum = |of: &[StatusCount]| of.iter().map(|c| c.draws).sum::<usize>();
    let text = format!(
        "{} of {}",
        format::count(sum(&good)),
        format::count(sum(counts))
    );
    let other = if sum(&other) > 0 {
        draws(&other)
    } else {
        String::new()
    };
    Cell::number(text).noted(other)
}

/// What no firm can gain more than, in words.
pub fn worst_gain(c: &Certificate) -> String {
    gain(largest(c, |d| d.gain_bound)).replace("under ", "")
}

/// The largest of a number over the firms; `NaN` where there is none.
fn largest(c: &Certificate, of: impl Fn(&FirmDeviation) -> f64) -> f64 {
    c.deviations.iter().map(of).fold(f64::NAN, f64::max)
}

/// A gain as a share of profit.
fn gain(x: f64) -> String {
    if x.is_finite() && x.abs() < 1e-6 {
        return if x > 0.0 {
            "under 0.0001%".into()
        } else {
            "0%".into()
        };
    }
    format::number(x, Unit::Share, false)
}

fn deviations(story: &Story<'_>) -> Option<Table> {
    let market = story.lead()?;
    let head = [
        "Firm",
        "Profit",
        "Largest gain found",
        "No deviation gains more than",
    ];
    let row = |d: &FirmDeviation| {
        vec![
            Cell::firm(story, &d.firm),
            Cell::number(format::number(d.profit, Unit::Money(&story.money), false)),
            Cell::number(gain(d.gain_found)),
            Cell::number(gain(d.gain_bound)),
        ]
    };
    let rows = market.certificate.deviations.iter().map(row);
    let caption =
        "What a firm could gain by leaving the headline's equilibrium alone, of its profit";
    Table::new(caption, &head).with(rows).unless_empty()
}
