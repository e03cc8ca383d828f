//! One CSV per table, long form: an estimate is low, median, high, level and status.

use entrant_data::result::{
    BacktestReport, Change, DiversionTable, Estimate, MarketOutcome, Results, ScenarioOutcome,
};

use crate::csv::{Csv, Sheet};
use crate::estimation::micro_moments;
use crate::game_tables;
use crate::premium_tables;
use crate::story::every;
use crate::surface_tables;
use crate::transfer_tables;
use crate::worth_tables;

/// Columns of an estimate, after the columns that say what it is.
pub(crate) const ESTIMATE: [&str; 6] = ["low", "median", "high", "level", "status", "central"];

/// Every table of the results, by name.
pub fn all(results: &Results) -> Vec<(String, Sheet)> {
    let mut tables = vec![
        ("products", products(results)),
        ("firms", firms(results)),
        ("scenarios", scenarios(results)),
        ("diversion", diversion(results)),
        ("volume_source", volume_source(results)),
        ("worth", worth_tables::worth(results)),
        ("worth_curve", worth_tables::curve(results)),
        ("certificates", certificates(results)),
        ("inputs", inputs(results)),
        ("drivers", drivers(results)),
        ("parameters", parameters(results)),
        ("targets", targets(results)),
        ("costs", costs(results)),
        ("benchmarks", benchmarks(results)),
        ("findings", findings(results)),
    ];
    let estimated = results.estimation.as_deref();
    if let Some(of) = estimated.filter(|e| !e.moments.micro.is_empty()) {
        tables.push(("micro_moments", micro_moments(of)));
    }
    if results.scenarios.iter().any(|s| s.worth.is_some()) {
        tables.push(("worth_periods", worth_tables::periods(results)));
        tables.push(("worth_incumbents", worth_tables::incumbents(results)));
    }
    if let Some(timing) = &results.timing {
        tables.push(("timing", worth_tables::timing(timing)));
        tables.push(("timing_steps", worth_tables::steps(timing)));
    }
    if !results.games.is_empty() {
        tables.push(("games", game_tables::profiles(results)));
        tables.push(("game_choices", game_tables::choices(results)));
        tables.push(("implied_fixed_costs", game_tables::implied(results)));
    }
    if !results.surfaces.is_empty() {
        tables.push(("surfaces", surface_tables::points(results)));
        tables.push(("surface_axes", surface_tables::axes(results)));
    }
    let moved = results.transfer.iter();
    if cases(results).any(|(_, m)| !m.capacities.is_empty()) {
        tables.push(("capacities", capacities(results)));
    }
    tables.extend(moved.map(|t| ("transfer", transfer_tables::table(t))));
    tables.extend(results.premiums.iter().flat_map(|p| premium_tables::all(p)));
    if let Some(test) = &results.backtest {
        tables.push(("backtest", backtest(test)));
        tables.push(("backtest_scores", backtest_scores(test)));
    }
    let tracker = results.tracker.iter();
    let tracker = tracker.flat_map(|t| crate::tracker::sheets(t));
    tables
        .into_iter()
        .map(|(name, csv)| (name.to_string(), csv))
        .chain(tracker)
        .collect()
}

pub(crate) fn long(header: &[&str]) -> Csv {
    Csv::new(&[header, &ESTIMATE].concat())
}

/// Every scenario with all markets together, where there is such an outcome, and each of them.
fn cases(results: &Results) -> impl Iterator<Item = (&ScenarioOutcome, &MarketOutcome)> {
    results
        .scenarios
        .iter()
        .flat_map(|s| every(s).map(move |m| (s, m)))
}

/// The rows of a quantity before, after, and how it changes.
fn changes(csv: &mut Csv, key: &[&str], quantity: &str, change: &Change) {
    let relative = change.relative.as_ref().map(|r| ("relative", r));
    let three = [
        ("before", &change.before),
        ("after", &change.after),
        ("change", &change.change),
    ];
    for (when, e) in three.into_iter().chain(relative) {
        csv.texts(key).text(quantity).text(when).estimate(e).end();
    }
}

fn all_changes(csv: &mut Csv, key: &[&str], all: &[(&str, &Change)]) {
    for (quantity, change) in all {
        changes(csv, key, quantity, change);
    }
}

pub(crate) fn row(csv: &mut Csv, key: &[&str], e: &Estimate) {
    csv.texts(key).estimate(e).end();
}

fn products(results: &Results) -> Sheet {
    let mut csv = long(&[
        "scenario",
        "market",
        "product",
        "firm",
        "brand",
        "price_rule",
        "entrant",
        "on_sale",
        "quantity",
        "when",
    ]);
    for (scenario, market) in cases(results) {
        for p in &market.products {
            let flags = [p.entrant, p.on_sale].map(|f| if f { "true" } else { "false" });
            let key = [
                &*scenario.id,
                &*market.market,
                &*p.product,
                &*p.firm,
                &*p.brand,
                &*p.price_rule,
                flags[0],
                flags[1],
            ];
            let all = [
                ("price", &p.price),
                ("share", &p.share),
                ("unit_share", &p.unit_share),
                ("units", &p.units),
                ("revenue", &p.revenue),
                ("profit", &p.profit),
            ];
            all_changes(&mut csv, &key, &all);
            row(&mut csv, &[&key[..], &["cost", "after"]].concat(), &p.cost);
            if let Some(e) = &p.shadow_price {
                row(
                    &mut csv,
                    &[&key[..], &["shadow_price", "after"]].concat(),
                    e,
                );
            }
            if let Some(screen) = &p.pressure {
                let all = [
                    ("upward_pricing_pressure", &screen.upward),
                    ("gross_upward_pricing_pressure", &screen.gross),
                    ("compensating_cost_reduction", &screen.compensating),
                ];
                for (name, e) in all {
                    row(&mut csv, &[&key[..], &[name, "before"]].concat(), e);
                }
            }
        }
    }
    csv.sheet()
}

fn firms(results: &Results) -> Sheet {
    let mut csv = long(&["scenario", "market", "firm", "entrant", "quantity", "when"]);
    for (scenario, market) in cases(results) {
        for f in &market.firms {
            let entrant = if f.entrant { "true" } else { "false" };
            let key = [&*scenario.id, &*market.market, &*f.firm, entrant];
            let all = [
                ("price", &f.price),
                ("share", &f.share),
                ("unit_share", &f.unit_share),
                ("units", &f.units),
                ("revenue", &f.revenue),
                ("profit", &f.profit),
            ];
            all_changes(&mut csv, &key, &all);
        }
    }
    csv.sheet()
}

fn scenarios(results: &Results) -> Sheet {
    let mut csv = long(&["scenario", "title", "market", "quantity", "when"]);
    for (scenario, market) in cases(results) {
        let key = [&*scenario.id, &*scenario.title, &*market.market];
        let all = [
            ("consumer_surplus", &market.consumer_surplus),
            ("hhi", &market.hhi),
            ("units", &market.units),
        ];
        all_changes(&mut csv, &key, &all);
        if let Some(e) = &market.merger_hhi {
            let key = [&key[..], &["hhi_at_shares_before", "change"]].concat();
            row(&mut csv, &key, e);
        }
        if let Some(e) = &market.government {
            let key = [&key[..], &["government", "change"]].concat();
            row(&mut csv, &key, e);
        }
    }
    csv.sheet()
}

/// What can be sold at most; products of one capacity stand in one field.
fn capacities(results: &Results) -> Sheet {
    let mut csv = long(&["scenario", "market", "firm", "products", "quantity"]);
    for (scenario, market) in cases(results) {
        for c in &market.capacities {
            let products = c.products.join("; ");
            let key = [&*scenario.id, &*market.market, &*c.firm, &*products];
            let full = Estimate {
                low: f64::NAN,
                high: f64::NAN,
                ..Estimate::exact(c.full, c.used.level)
            };
            for (quantity, e) in [
                ("units", &c.units),
                ("used", &c.used),
                ("shadow_price", &c.shadow_price),
                ("draws_full", &full),
            ] {
                row(&mut csv, &[&key[..], &[quantity]].concat(), e);
            }
        }
    }
    csv.sheet()
}

fn diversion(results: &Results) -> Sheet {
    let mut csv = long(&["scenario", "market", "from", "to"]);
    for (scenario, market) in cases(results) {
        let d = &market.diversion;
        for (j, from) in d.products.iter().enumerate() {
            let outside = crate::story::OUTSIDE;
            for (k, to) in d
                .products
                .iter()
                .map(String::as_str)
                .chain([outside])
                .enumerate()
            {
                row(
                    &mut csv,
                    &[&scenario.id, &market.market, from, to],
                    &diverted(d, j, k),
                );
            }
        }
    }
    csv.sheet()
}

fn diverted(d: &DiversionTable, j: usize, k: usize) -> Estimate {
    let of =
        |rows: &[Vec<Option<f64>>]| rows.get(j).and_then(|row| *row.get(k)?).unwrap_or(f64::NAN);
    let (low, median, high) = (of(&d.low), of(&d.median), of(&d.high));
    Estimate {
        low,
        median,
        high,
        level: d.level,
        status: d.status,
        central: None,
    }
}

fn volume_source(results: &Results) -> Sheet {
    let mut csv = long(&["scenario", "market", "from", "quantity"]);
    for (scenario, market) in cases(results) {
        for v in &market.volume_source {
            for (name, e) in [("share", &v.share), ("units", &v.units)] {
                row(&mut csv, &[&scenario.id, &market.market, &v.from, name], e);
            }
        }
    }
    csv.sheet()
}

fn certificates(results: &Results) -> Sheet {
    let mut csv = Csv::new(&[
        "scenario",
        "market",
        "status",
        "residual",
        "gradient",
        "curvature",
        "worst_residual",
        "worst_curvature",
        "equilibria",
        "starts",
        "iterations",
        "firm",
        "profit",
        "gain_found",
        "gain_bound",
    ]);
    for (scenario, market) in cases(results) {
        let c = &market.certificate;
        for d in &c.deviations {
            csv.text(&scenario.id)
                .text(&market.market)
                .text(c.status.word());
            csv.number(c.residual)
                .number(c.gradient)
                .number(c.curvature);
            csv.number(c.worst_residual).number(c.worst_curvature);
            csv.count(c.equilibria)
                .count(c.starts)
                .count(c.iterations)
                .text(&d.firm);
            csv.number(d.profit)
                .number(d.gain_found)
                .number(d.gain_bound)
                .end();
        }
    }
    csv.sheet()
}

fn inputs(results: &Results) -> Sheet {
    let head = [
        "input",
        "distribution",
        "mark",
        "source",
        "note",
        "uncertain",
    ];
    let mut csv = long(&head);
    for i in &results.inputs {
        csv.text(&i.name)
            .text(&i.distribution)
            .text(i.mark.word())
            .text(&i.source);
        csv.text(&i.note).flag(i.uncertain).estimate(&i.value).end();
    }
    csv.sheet()
}

fn drivers(results: &Results) -> Sheet {
    let mut csv = Csv::new(&["scenario", "outcome", "input", "share", "direction", "mark"]);
    for t in &results.drivers {
        for d in &t.drivers {
            csv.text(&t.scenario)
                .text(&t.outcome)
                .text(&d.input)
                .number(d.share);
            csv.number(f64::from(d.direction)).text(d.mark.word()).end();
        }
        csv.text(&t.scenario)
            .text(&t.outcome)
            .text("(unexplained)")
            .number(t.unexplained);
        csv.text("").text("").end();
    }
    csv.sheet()
}

fn parameters(results: &Results) -> Sheet {
    let mut csv = long(&["market", "parameter", "meaning", "calibrated", "value"]);
    for c in &results.calibration {
        for p in &c.parameters {
            csv.text(&c.market)
                .text(&p.name)
                .text(&p.meaning)
                .flag(p.calibrated);
            csv.number(p.central).estimate(&p.value).end();
        }
    }
    csv.sheet()
}

fn targets(results: &Results) -> Sheet {
    let mut csv = long(&["market", "target", "input", "fitted"]);
    for c in &results.calibration {
        for t in &c.targets {
            csv.text(&c.market)
                .text(&t.name)
                .number(t.input)
                .number(t.fitted);
            csv.estimate(&t.value).end();
        }
    }
    csv.sheet()
}

fn costs(results: &Results) -> Sheet {
    let mut csv = long(&["market", "product", "quantity"]);
    for c in &results.calibration {
        let all = [
            ("cost", &c.costs),
            ("margin", &c.margins),
            ("elasticity", &c.elasticities),
        ];
        for (name, values) in all {
            for (product, e) in c.products.iter().zip(values) {
                row(&mut csv, &[&c.market, product, name], e);
            }
        }
    }
    csv.sheet()
}

fn benchmarks(results: &Results) -> Sheet {
    let head = [
        "benchmark",
        "scenario",
        "history_low",
        "history_high",
        "verdict",
        "mark",
        "source",
    ];
    let mut csv = long(&head);
    for b in &results.benchmarks {
        csv.text(&b.name)
            .text(&b.scenario)
            .number(b.low)
            .number(b.high)
            .text(&b.verdict);
        csv.text(b.mark.word())
            .text(&b.source)
            .estimate(&b.forecast)
            .end();
    }
    csv.sheet()
}

fn findings(results: &Results) -> Sheet {
    let mut csv = Csv::new(&["code", "level", "message", "advice"]);
    for f in &results.findings {
        let level = match f.level {
            entrant_data::Level::Ok => "ok",
            entrant_data::Level::Warning => "warning",
            entrant_data::Level::Error => "error",
        };
        csv.text(&f.code)
            .text(level)
            .text(&f.message)
            .text(&f.advice)
            .end();
    }
    csv.sheet()
}

pub(crate) fn backtest(test: &BacktestReport) -> Sheet {
    let mut csv = long(&["market", "brand", "before", "observed", "forecaster"]);
    for r in &test.rows {
        for (e, score) in r.forecasts.iter().zip(&test.scores) {
            csv.text(&test.market)
                .text(&r.brand)
                .number(r.before)
                .number(r.observed);
            csv.text(&score.forecaster).estimate(e).end();
        }
    }
    csv.sheet()
}

pub(crate) fn backtest_scores(test: &BacktestReport) -> Sheet {
    let mut csv = Csv::new(&[
        "forecaster",
        "conditional",
        "mean_absolute_error",
        "mean_absolute_error_others",
        "crps",
        "coverage",
    ]);
    for s in &test.scores {
        csv.text(&s.forecaster)
            .flag(s.conditional)
            .number(s.mean_absolute_error);
        csv.number(s.mean_absolute_error_others)
            .number(s.crps)
            .number(s.coverage)
            .end();
    }
    csv.sheet()
}
