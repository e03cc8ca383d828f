//! `entrant fit`: the calibrated economy, without scenarios.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use entrant::data::result::{CalibrationReport, Estimate, Identification, SettingsReport};
use entrant::io::LoadedStudy;
use entrant::report::format::{self, Unit};
use entrant::{Fit as Fitted, RunOptions};
use serde_json::{Value, json};

use super::load;
use crate::args::Fit;
use crate::console::Console;
use crate::document::document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::findings;
use crate::plain::{shown, visible, wrap};
use crate::watch::Watch;

/// Calibrates a study and prints parameters, input against fitted, and implied costs.
pub(crate) fn fit(args: &Fit, console: &Console) -> Result<Exit, Failure> {
    let study = &args.study.path;
    let mut watch = Watch::start(console);
    console.detail(&format!("reading `{}`", shown(study)));
    let loaded = load(study)?;
    let options = args.settings.options();
    let fitted = entrant::fit(&loaded, options, &watch);
    watch.clear();
    let fitted = fitted.map_err(|e| Failure::run(e, study, &loaded.source))?;
    if args.format.json {
        console.data(&document(&json_of(&loaded, options, &fitted))?)?;
    } else {
        console.data(&text(&loaded, &fitted, console.width()))?;
    }
    console.note(&format!(
        "calibrated in {:.1} s",
        watch.elapsed().as_secs_f64()
    ));
    Ok(Exit::of_fit(&fitted.calibration, &fitted.findings))
}

fn json_of(loaded: &LoadedStudy, options: RunOptions, fitted: &Fitted) -> Value {
    let own = &loaded.study.settings;
    let settings = SettingsReport {
        draws: options.draws.unwrap_or(own.draws),
        seed: options.seed.unwrap_or(own.seed),
        level: own.level,
        nodes: loaded.study.demand.nodes,
        fingerprint: loaded.fingerprint.clone(),
    };
    json!({
        "schema": "entrant.fit/1",
        "version": env!("CARGO_PKG_VERSION"),
        "settings": settings,
        "calibration": fitted.calibration,
        "findings": fitted.findings,
    })
}

fn text(loaded: &LoadedStudy, fitted: &Fitted, width: usize) -> String {
    let level = format::level(loaded.study.settings.level);
    let money = format::currency_prefix(&loaded.study.currency);
    let markets = fitted
        .calibration
        .iter()
        .map(|c| market(c, &money, &level, width));
    let markets: String = markets.collect();
    markets + &findings::text(&fitted.findings, width)
}

fn market(c: &CalibrationReport, money: &str, level: &str, width: usize) -> String {
    let head = format!(
        "{}: {}, {}, {} ({level} intervals)",
        visible(&c.market),
        format::status_words(c.status),
        identified(c.identification),
        visible(&c.method)
    );
    [
        wrap(&head, width, 2),
        parameters(c, width),
        targets(c, width),
        products(c, money, width),
    ]
    .join("\n\n")
        + "\n\n"
}

fn parameters(c: &CalibrationReport, width: usize) -> String {
    let rows = c.parameters.iter().map(|p| {
        let origin = if p.calibrated { "calibrated" } else { "given" };
        vec![
            visible(&p.name),
            ascii(&format::scientific(p.central)),
            small_range(&p.value),
            origin.into(),
            visible(&p.meaning),
        ]
    });
    table(
        &["Parameter", "Value", "Interval", "Origin", "Meaning"],
        rows,
        &[1, 2],
        width,
    )
}

fn targets(c: &CalibrationReport, width: usize) -> String {
    let number = |x: f64| ascii(&format::number(x, Unit::Plain, false));
    let rows = c.targets.iter().map(|t| {
        vec![
            visible(&t.name),
            number(t.input),
            number(t.fitted),
            range(&t.value, Unit::Plain),
        ]
    });
    table(
        &["Target", "Input", "Fitted", "Interval"],
        rows,
        &[1, 2, 3],
        width,
    )
}

fn products(c: &CalibrationReport, money: &str, width: usize) -> String {
    let numbers = c.elasticities.iter().zip(&c.margins).zip(&c.costs);
    let rows = c
        .products
        .iter()
        .zip(numbers)
        .map(|(product, ((elasticity, margin), cost))| {
            vec![
                visible(product),
                ascii(&format::median(elasticity, Unit::Plain, false)),
                ascii(&format::median(margin, Unit::Chance, false)),
                ascii(&format::median(cost, Unit::Price(money), false)),
            ]
        });
    table(
        &["Product", "Own elasticity", "Margin", "Marginal cost"],
        rows,
        &[1, 2, 3],
        width,
    )
}

fn identified(identification: Identification) -> &'static str {
    match identification {
        Identification::Given => "nothing to calibrate",
        Identification::Exact => "exactly identified",
        Identification::Over => "over-identified",
        Identification::Under => "not identified",
    }
}

/// Numbers in plain ASCII signs.
fn ascii(number: &str) -> String {
    number
        .replace('−', "-")
        .replace('\u{a0}', " ")
        .replace(format::NONE, "n/a")
}

fn range(e: &Estimate, unit: Unit<'_>) -> String {
    ascii(&format::interval(e, unit, false))
}

/// An interval of numbers of any size; empty where the parameter is not uncertain.
fn small_range(e: &Estimate) -> String {
    if range(e, Unit::Plain).is_empty() {
        return String::new();
    }
    let (low, high) = (format::scientific(e.low), format::scientific(e.high));
    ascii(&format!("{low} to {high}"))
}

/// A table within a width, some of its columns aligned to the right; empty without rows.
fn table(
    head: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
    right: &[usize],
    width: usize,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table.set_header(head).add_rows(rows);
    for column in right {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}
