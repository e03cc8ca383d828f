//! `entrant merger`: simulators on a few public numbers.

use std::path::Path;

use entrant::data::result::{
    Estimate, Identification, MergerOutcome, MergerProductOutcome, MergerReport, MonopolistReport,
};
use entrant::io::{read_merger, write_text};
use entrant::report::format::{self, Unit};
use entrant::report::merger_paper;

use super::table::{ascii, table};
use crate::args::Merger;
use crate::console::Console;
use crate::document::document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{TABLES, names, refusal, write_tables};
use crate::papers::{self, is_paper};
use crate::plain::{shown, visible, wrap};
use crate::watch::Watch;

/// The document.
const DOCUMENT: &str = "merger.json";
/// The page.
const PAGE: &str = "report.html";

/// Answers a merger study.
pub(crate) fn merger(args: &Merger, console: &Console) -> Result<Exit, Failure> {
    let study = &args.study.path;
    let mut watch = Watch::start(console);
    let loaded = read_merger(study).map_err(|m| Failure::mistakes(study, m))?;
    match &args.out {
        Some(out) => claim(out, args.force)?,
        None if args.papers.forms.is_empty() => {}
        None => return Err(papers::nowhere("merger")),
    }
    let answered = entrant::merger::run(&loaded, args.settings.options(), &watch);
    watch.clear();
    let report = answered.map_err(|e| Failure::run(e, study, &loaded.source))?;
    let forms = &args.papers.forms;
    let more = papers::papers(forms, |form| merger_paper(&report, form))?;
    if let Some(out) = &args.out {
        papers::write(out, &more)?;
        if out.join(DOCUMENT).is_file() {
            // An earlier answer stands here, and its reports are not of this one.
            papers::remove_others(out, &more)?;
        }
        write_text(&out.join(DOCUMENT), &document(&report)?)?;
        write_tables(out, &entrant::report::merger::tables(&report))?;
        write_text(&out.join(PAGE), &entrant::report::merger::page(&report)?)?;
    }
    if args.format.json {
        console.data(&document(&report)?)?;
    } else {
        console.data(&text(&report, console.width()))?;
    }
    if let Some(out) = &args.out {
        let more: Vec<String> = more.iter().map(|p| format!("{}, ", p.name)).collect();
        console.note(&format!(
            "wrote {DOCUMENT}, {}{PAGE} and tables to `{}`",
            more.concat(),
            shown(out)
        ));
    }
    Ok(Exit::of_status(entrant::merger::worst(&report)))
}

/// The folder is new, empty, or holds an earlier answer.
fn claim(out: &Path, force: bool) -> Result<(), Failure> {
    let entries = names(out)?;
    let foreign = entries
        .iter()
        .find(|n| ![DOCUMENT, PAGE, TABLES].contains(&n.as_str()) && !is_paper(n));
    match foreign {
        Some(name) if !force => Err(refusal(out, name)),
        _ => Ok(()),
    }
}

fn text(r: &MergerReport, width: usize) -> String {
    let mut parts = vec![head(r, width), parameters(r, width), fitted(r, width)];
    parts.extend(r.scenarios.iter().map(|s| scenario(r, s, width)));
    parts.retain(|p| !p.is_empty());
    parts.join("\n\n") + "\n"
}

fn head(r: &MergerReport, width: usize) -> String {
    let determined = match r.identification {
        Identification::Given => "nothing to calibrate",
        Identification::Exact => "just identified: every known number is met exactly",
        Identification::Over => "over-identified: more known numbers than parameters",
        Identification::Under => "not identified",
    };
    let mut lines = Vec::new();
    if !r.title.is_empty() {
        lines.push(wrap(&visible(&r.title), width, 2));
    }
    if !r.question.is_empty() {
        lines.push(wrap(&visible(&r.question), width, 2));
    }
    let market = format!(
        "{} demand, {}; {determined}; observed prices are {} (residual {})",
        r.demand,
        r.conduct,
        format::status_words(r.status),
        ascii(&format::scientific(r.residual)),
    );
    lines.push(wrap(&market, width, 2));
    if !r.prices_known {
        let note = "prices are not known: only percentages mean anything";
        lines.push(wrap(note, width, 2));
    }
    if r.draws > 0 {
        let left_out = match r.failed_draws {
            0 => String::new(),
            n => format!(", {n} of them without an answer and left out"),
        };
        let note = format!(
            "{} intervals over {} draws{left_out}, around the central values",
            format::level(r.level),
            r.draws
        );
        lines.push(wrap(&note, width, 2));
    }
    lines.join("\n")
}

fn parameters(r: &MergerReport, width: usize) -> String {
    let rows = r.parameters.iter().map(|p| {
        vec![
            visible(&p.name),
            number(p.value.point()),
            interval(&p.value, number),
            if p.calibrated { "calibrated" } else { "given" }.into(),
            visible(&p.meaning),
        ]
    });
    let head = ["Parameter", "Value", "Interval", "Origin", "Meaning"];
    table(&head, rows, &[1, 2], width)
}

fn fitted(r: &MergerReport, width: usize) -> String {
    let rows = r.fitted.iter().map(|f| {
        vec![
            visible(&f.name),
            number(f.input),
            number(f.fitted),
            if f.used { "" } else { "a check only" }.into(),
        ]
    });
    table(
        &["Known number", "Input", "Fitted", ""],
        rows,
        &[1, 2],
        width,
    )
}

fn scenario(r: &MergerReport, s: &MergerOutcome, width: usize) -> String {
    let title = if s.title.is_empty() { &s.id } else { &s.title };
    let head = format!("{}: {}", visible(title), format::status_words(s.status));
    let mut parts = vec![
        wrap(&head, width, 2),
        products(s, width),
        screens(s, width),
        market(r, s, width),
    ];
    parts.extend(s.monopolist.iter().map(|m| monopolist(m, width)));
    parts.retain(|p| !p.is_empty());
    parts.join("\n\n")
}

fn products(s: &MergerOutcome, width: usize) -> String {
    let rows = s.products.iter().map(|p| {
        let owner = if p.firm == p.firm_after {
            visible(&p.firm)
        } else {
            format!("{} (was {})", visible(&p.firm_after), visible(&p.firm))
        };
        vec![
            visible(&p.id),
            owner,
            number(p.price_before.point()),
            number(p.price_after.point()),
            percent(p.price_rise.point(), true),
            interval(&p.price_rise, |v| percent(v, true)),
            percent(p.share_before.point(), false),
            percent(p.share_after.point(), false),
        ]
    });
    let head = [
        "Product", "Firm", "Price", "After", "Rise", "Interval", "Share", "After",
    ];
    table(&head, rows, &[2, 3, 4, 5, 6, 7], width)
}

/// Screens of products on which the changes press.
fn screens(s: &MergerOutcome, width: usize) -> String {
    let pressed =
        |p: &&MergerProductOutcome| p.upp.point().abs() > 0.0 || p.cmcr.point().abs() > 0.0;
    if !s.products.iter().any(|p| pressed(&p)) {
        return String::new();
    }
    let rows = s.products.iter().filter(pressed).map(|p| {
        vec![
            visible(&p.id),
            number(p.upp.point()),
            percent(p.guppi.point(), false),
            percent(p.cmcr.point(), false),
            percent(p.margin_before.point(), false),
            percent(p.margin_after.point(), false),
        ]
    });
    let head = ["Screen", "UPP", "GUPPI", "CMCR", "Margin", "After"];
    table(&head, rows, &[1, 2, 3, 4, 5], width)
}

fn market(r: &MergerReport, s: &MergerOutcome, width: usize) -> String {
    let row = |name: &str, e: &Estimate, show: &dyn Fn(f64) -> String| {
        vec![name.to_owned(), show(e.point()), interval(e, show)]
    };
    let plain = |v: f64| number(v);
    let mean = |v: f64| percent(v, true);
    let index = |v: f64| ascii(&format::number(v, Unit::Count, false));
    let money = if r.currency.is_empty() {
        String::new()
    } else {
        format!(", {}", r.currency)
    };
    let money = |what: &str| format!("{what}{}", visible(&money));
    let rows = [
        row("HHI before", &s.hhi_before, &index),
        row("HHI with new owners", &s.hhi_new_owners, &index),
        row("HHI after", &s.hhi_after, &index),
        row("Mean price rise", &s.price_rise, &mean),
        row(&money("Consumer harm"), &s.consumer_harm, &plain),
        row(&money("Gain of firms"), &s.producer_gain, &plain),
        row(&money("Gain of government"), &s.government_gain, &plain),
        row(&money("Net gain"), &s.welfare, &plain),
    ];
    table(
        &["Market", "Value", "Interval"],
        rows.into_iter(),
        &[1, 2],
        width,
    )
}

fn monopolist(m: &MonopolistReport, width: usize) -> String {
    let products = few(&m.products);
    let rise = percent(m.ssnip, false);
    let what = match (m.question.as_str(), m.is_market) {
        ("merging", true) => format!("{products} are a market"),
        ("merging", false) => format!("{products} are no market"),
        (_, true) => format!(
            "The smallest market around {}: {products}",
            visible(&m.products[0])
        ),
        (_, false) => format!("No set of products is a market, not even {products}"),
    };
    let best = if m.largest_best_rise.is_finite() {
        format!(
            "a monopolist would raise some price by {}",
            percent(m.largest_best_rise, false)
        )
    } else {
        "nothing outside limits the price of a monopolist".to_owned()
    };
    let text = format!(
        "{what} at {rise}: {best}; a uniform rise of {rise} changes profit by {}.",
        percent(m.profit_of_rise, true)
    );
    wrap(&text, width, 2)
}

/// Products that are named at the most; `merger.json` has all.
const NAMED: usize = 8;

/// The first products of a list, and how many more there are.
fn few(products: &[String]) -> String {
    let named: Vec<String> = products.iter().take(NAMED).map(|p| visible(p)).collect();
    let named = named.join(", ");
    match products.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Five significant digits; powers of ten for the very small and very large.
fn number(v: f64) -> String {
    let size = v.abs();
    if !v.is_finite() {
        return "n/a".into();
    }
    if size == 0.0 {
        return "0".into();
    }
    if !(1e-4..1e7).contains(&size) {
        return format!("{v:.4e}");
    }
    let digits = if size >= 1e4 {
        0
    } else if size >= 1e3 {
        1
    } else if size >= 100.0 {
        2
    } else if size >= 10.0 {
        3
    } else if size >= 0.1 {
        4
    } else {
        6
    };
    format!("{v:.digits$}")
}

fn percent(v: f64, signed: bool) -> String {
    ascii(&format::number(v, Unit::Share, signed))
}

/// An interval; empty where the number is certain, to the digits shown.
fn interval(e: &Estimate, show: impl Fn(f64) -> String) -> String {
    let (low, high) = (show(e.low), show(e.high));
    if low == high || !e.low.is_finite() {
        return String::new();
    }
    format!("{low} to {high}")
}
