//! `entrant fit`: the calibrated economy without scenarios, or estimates.

use entrant::data::result::{CalibrationReport, Estimate, Identification, SettingsReport};
use entrant::io::{AnyStudy, LoadedStudy};
use entrant::report::format::{self, Unit};
use entrant::{Fit as Fitted, RunOptions};
use serde_json::{Value, json};

use super::table::{ascii, table};
use super::{estimate, load_any};
use crate::args::Fit;
use crate::console::Console;
use crate::document::document;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::findings;
use crate::plain::{shown, visible, wrap};
use crate::watch::Watch;

/// Calibrates or estimates a study and prints what came of it.
pub(crate) fn fit(args: &Fit, console: &Console) -> Result<Exit, Failure> {
    let study = &args.study.path;
    let mut watch = Watch::start(console);
    console.detail(&format!("reading `{}`", shown(study)));
    match load_any(study)? {
        AnyStudy::Calibrated(loaded) => calibrate(args, &loaded, &mut watch, console),
        AnyStudy::Estimated(loaded) => estimate::estimate(args, &loaded, &mut watch, console),
    }
}

/// Prints parameters, input against fitted, and implied costs of a calibrated study.
fn calibrate(
    args: &Fit,
    loaded: &LoadedStudy,
    watch: &mut Watch,
    console: &Console,
) -> Result<Exit, Failure> {
    let formats = !args.papers.forms.is_empty();
    if args.out.is_some() || args.checkpoint.path.is_some() || formats {
        let message = "`--out`, `--format` and `--checkpoint` of `fit` are for estimated studies";
        let hint = "`entrant run` writes the outputs of a calibrated study";
        return Err(Failure::new(Exit::BadInput, message, hint));
    }
    let options = args.settings.options();
    if options.draws == Some(0) || args.audit {
        let message = "`--draws 0` and `--audit` of `fit` are for estimated studies";
        return Err(Failure::new(Exit::BadInput, message, ""));
    }
    let fitted = entrant::fit(loaded, options, watch);
    watch.clear();
    let fitted = fitted.map_err(|e| Failure::run(e, &args.study.path, &loaded.source))?;
    if args.format.json {
        console.data(&document(&json_of(loaded, options, &fitted))?)?;
    } else {
        console.data(&text(loaded, &fitted, console.width()))?;
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
