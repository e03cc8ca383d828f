//! Tables of what follows from estimates: tests, products, markets, pairs of products.

use entrant_data::result::conclusions::{
    FollowingMarket, FollowingPair, FollowingProduct, FollowingTables, MARKET_NUMBERS,
    PRODUCT_NUMBERS, Ranged, TestReport, Verdict,
};
use entrant_data::result::estimation::EstimationReport;

use crate::csv::{Csv, Sheet, files};

/// Every table of what follows, by name; the ones that were not made are left out.
pub fn tables(report: &EstimationReport, following: &FollowingTables) -> Vec<(String, String)> {
    files(sheets(report, following))
}

/// The same with their cells.
pub(crate) fn sheets(
    report: &EstimationReport,
    following: &FollowingTables,
) -> Vec<(String, Sheet)> {
    let mut out = vec![("tests".into(), tests(&report.conclusions.tests))];
    if !following.products.is_empty() {
        out.push(("product_outcomes".into(), products(&following.products)));
        out.push(("market_outcomes".into(), markets(&following.markets)));
    }
    if !following.pairs.is_empty() {
        out.push(("pairs".into(), pairs(&following.pairs)));
    }
    out
}

fn tests(all: &[TestReport]) -> Sheet {
    let mut csv = Csv::new(&[
        "test",
        "kind",
        "statistic",
        "degrees",
        "p_value",
        "threshold",
        "status",
        "meaning",
    ]);
    for t in all {
        csv.texts(&[&t.name, &t.kind]);
        csv.number(known(t.statistic)).count(t.degrees);
        csv.number(known(t.p_value)).number(known(t.threshold));
        csv.texts(&[verdict(t.status), &t.meaning]).end();
    }
    csv.sheet()
}

/// The word used in tables and JSON.
pub fn verdict(status: Verdict) -> &'static str {
    match status {
        Verdict::Kept => "kept",
        Verdict::Rejected => "rejected",
        Verdict::Undefined => "undefined",
    }
}

/// Each number with its error and interval.
fn headed(first: &[&str], names: &[&str]) -> Csv {
    let mut header: Vec<String> = first.iter().map(ToString::to_string).collect();
    for name in names {
        let parts = ["", "_error", "_low", "_high"];
        header.extend(parts.map(|p| format!("{name}{p}")));
    }
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    Csv::new(&header)
}

fn products(rows: &[FollowingProduct]) -> Sheet {
    let mut csv = headed(&["market", "product", "firm"], &PRODUCT_NUMBERS);
    for row in rows {
        csv.texts(&[&row.market, &row.product, &row.firm]);
        numbers(&mut csv, &row.numbers);
    }
    csv.sheet()
}

fn markets(rows: &[FollowingMarket]) -> Sheet {
    let mut csv = headed(&["market"], &MARKET_NUMBERS);
    for row in rows {
        csv.text(&row.market);
        numbers(&mut csv, &row.numbers);
    }
    csv.sheet()
}

fn numbers(csv: &mut Csv, all: &[Ranged]) {
    for r in all {
        for x in [r.value, r.error, r.low, r.high] {
            csv.number(known(x));
        }
    }
    csv.end();
}

fn pairs(rows: &[FollowingPair]) -> Sheet {
    let mut csv = Csv::new(&[
        "market",
        "product",
        "other",
        "elasticity",
        "elasticity_error",
        "diversion",
        "diversion_error",
        "second_choice",
        "passthrough",
    ]);
    for row in rows {
        csv.texts(&[&row.market, &row.product, &row.other]);
        for x in [
            row.elasticity.value,
            row.elasticity.error,
            row.diversion.value,
            row.diversion.error,
            row.second_choice,
            row.passthrough,
        ] {
            csv.number(known(x));
        }
        csv.end();
    }
    csv.sheet()
}

/// What is not there is an empty cell.
fn known(x: Option<f64>) -> f64 {
    x.unwrap_or(f64::NAN)
}
