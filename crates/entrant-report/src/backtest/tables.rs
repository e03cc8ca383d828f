//! Tables of a back-test.

use entrant_data::result::backtest::{
    BacktestDocument, BacktestEvent, BacktestNumber, ForecastScore, MarketBacktest, PanelBacktest,
    ProductForecast,
};

use crate::csv::{Csv, Sheet};
use crate::tables::{backtest as brands, backtest_scores as brand_scores};

pub(super) fn all(d: &BacktestDocument, products: &[ProductForecast]) -> Vec<(String, Sheet)> {
    let mut out: Vec<(String, Sheet)> = Vec::new();
    if let Some(panel) = &d.panel {
        out.push(("backtest_scores".into(), scores(panel)));
        out.push(("backtest_markets".into(), markets(panel)));
        out.push(("backtest_parameters".into(), parameters(panel)));
        out.push(("backtest_products".into(), all_products(panel, products)));
        out.push(("backtest_events".into(), events(panel)));
        out.push(("backtest_groups".into(), groups(panel)));
    }
    if let Some(test) = &d.calibrated {
        out.push(("backtest".into(), brands(test)));
        out.push(("backtest_scores".into(), brand_scores(test)));
    }
    out
}

/// Scores of each market, and of all together with an empty market.
fn scores(panel: &PanelBacktest) -> Sheet {
    let mut csv = Csv::new(&[
        "market",
        "of",
        "forecaster",
        "items",
        "missing",
        "bias",
        "error",
        "level_error",
        "crps",
        "coverage",
    ]);
    let mut add = |market: &str, s: &ForecastScore| {
        csv.texts(&[market, s.of.word(), &s.forecaster]);
        csv.count(s.items).count(s.missing);
        for v in [s.bias, s.error, s.level_error, s.crps, s.coverage] {
            csv.number(v.unwrap_or(f64::NAN));
        }
        csv.end();
    };
    panel.scores.iter().for_each(|s| add("", s));
    for m in &panel.markets {
        m.scores.iter().for_each(|s| add(&m.market, s));
    }
    csv.sheet()
}

fn markets(panel: &PanelBacktest) -> Sheet {
    let mut csv = Csv::new(&[
        "market",
        "before",
        "markets_before",
        "status",
        "failure",
        "left_out",
        "evaluations",
        "objective",
        "elasticity",
        "products",
        "new",
        "gone",
        "draws",
        "usable",
        "estimates_drawn",
        "estimates_clipped",
        "estimates_upward",
        "estimates_failed",
        "costs_bounded",
        "changes",
    ]);
    for m in &panel.markets {
        csv.texts(&[&m.market, &m.before]).count(m.markets);
        csv.texts(&[m.status.word(), &m.failure])
            .text(&m.left_out.join(" "))
            .count(m.evaluations);
        csv.number(m.objective.unwrap_or(f64::NAN));
        csv.number(m.elasticity.unwrap_or(f64::NAN));
        let usable = m.draws.iter().filter(|c| c.status.is_usable());
        let counts = [
            m.products,
            m.new,
            m.gone,
            m.draws.iter().map(|c| c.draws).sum(),
            usable.map(|c| c.draws).sum(),
            m.drawn.draws,
            m.drawn.clipped,
            m.drawn.upward,
            m.drawn.failed,
            m.drawn.bounded,
            m.changes,
        ];
        for n in counts {
            csv.count(n);
        }
        csv.end();
    }
    csv.sheet()
}

fn parameters(panel: &PanelBacktest) -> Sheet {
    let mut csv = Csv::new(&["market", "parameter", "estimate", "error"]);
    for m in &panel.markets {
        for p in &m.parameters {
            csv.texts(&[&m.market, &p.name]).number(p.estimate);
            csv.number(p.error.unwrap_or(f64::NAN)).end();
        }
    }
    csv.sheet()
}

const NUMBER: [&str; 12] = [
    "forecaster",
    "share_before",
    "share",
    "share_low",
    "share_median",
    "share_high",
    "price_before",
    "price",
    "price_low",
    "price_median",
    "price_high",
    "status",
];

/// A table with a row for each forecaster of each number.
fn start(texts: &[&str]) -> Csv {
    Csv::new(&[texts, &NUMBER].concat())
}

fn add(
    csv: &mut Csv,
    panel: &PanelBacktest,
    texts: &[&str],
    (share, price): (&BacktestNumber, &BacktestNumber),
) {
    let some = |n: &BacktestNumber, k: usize| n.forecasts.get(k).copied().flatten();
    let names = panel.forecasters.iter().map(|f| f.name.as_str());
    let names: Vec<&str> = if share.forecasts.is_empty() {
        vec![""]
    } else {
        names.collect()
    };
    for (k, name) in names.iter().enumerate() {
        csv.texts(texts).text(name);
        for n in [share, price] {
            let e = some(n, k);
            csv.number(n.before.unwrap_or(f64::NAN));
            csv.number(n.observed.unwrap_or(f64::NAN));
            for v in [e.map(|e| e.low), e.map(|e| e.median), e.map(|e| e.high)] {
                csv.number(v.unwrap_or(f64::NAN));
            }
        }
        csv.text(some(share, k).map_or("", |e| e.status.word()))
            .end();
    }
}

fn all_products(panel: &PanelBacktest, products: &[ProductForecast]) -> Sheet {
    let mut csv = start(&["market", "product", "firm", "new"]);
    for p in products {
        let new = if p.new { "true" } else { "false" };
        let texts = [&*p.market, &*p.product, &*p.firm, new];
        add(&mut csv, panel, &texts, (&p.share, &p.price));
    }
    csv.sheet()
}

fn events(panel: &PanelBacktest) -> Sheet {
    let mut csv = start(&["market", "event", "product", "firm", "firm_before"]);
    for m in &panel.markets {
        for (what, all) in kinds(m) {
            for e in all {
                let was = e.firm_before.as_deref().unwrap_or("");
                let texts = [&*m.market, what, &*e.product, &*e.firm, was];
                add(&mut csv, panel, &texts, (&e.share, &e.price));
            }
        }
    }
    csv.sheet()
}

/// Events of a market by kind.
pub(super) fn kinds(m: &MarketBacktest) -> [(&'static str, &[BacktestEvent]); 3] {
    [
        ("entry", &m.entries),
        ("exit", &m.exits),
        ("owner", &m.owners),
    ]
}

fn groups(panel: &PanelBacktest) -> Sheet {
    let mut csv = start(&["market", "group", "products", "new"]);
    for m in &panel.markets {
        for g in &m.followed {
            let (products, new) = (g.products.to_string(), g.new.to_string());
            let texts = [&*m.market, &*g.title, &*products, &*new];
            add(&mut csv, panel, &texts, (&g.share, &g.price));
        }
    }
    csv.sheet()
}
