//! A merger study as tables and as a page.

mod page;

use entrant_data::result::MergerReport;

use crate::ReportError;
use crate::csv::{Csv, Sheet, files};
use crate::paper::Brief;

/// One self-contained HTML page without scripts.
///
/// # Errors
///
/// When the template cannot be written; no report is known to.
pub fn page(report: &MergerReport) -> Result<String, ReportError> {
    page::render(report)
}

/// What is told about a merger study, before it has a format.
pub(crate) fn brief(report: &MergerReport) -> Brief<'_> {
    page::brief(report)
}

/// One CSV per table, as name (without folder or extension) and contents: products and firms of
/// every scenario, the market as a whole, parameters.
pub fn tables(report: &MergerReport) -> Vec<(String, String)> {
    files(sheets(report))
}

/// The same with their cells.
fn sheets(report: &MergerReport) -> Vec<(String, Sheet)> {
    let all = [
        ("merger_products", products(report)),
        ("merger_firms", firms(report)),
        ("merger_markets", markets(report)),
        ("merger_parameters", parameters(report)),
    ];
    all.map(|(name, sheet)| (name.to_owned(), sheet)).into()
}

/// The header of a table whose estimates have a column each for median, low and high.
fn header(texts: &[&str], estimates: &[&str]) -> Vec<String> {
    let mut out: Vec<String> = texts.iter().map(|t| (*t).to_owned()).collect();
    for e in estimates {
        out.extend([(*e).to_owned(), format!("{e}_low"), format!("{e}_high")]);
    }
    out
}

/// A table of this header.
fn start(texts: &[&str], estimates: &[&str]) -> Csv {
    let header = header(texts, estimates);
    Csv::new(&header.iter().map(String::as_str).collect::<Vec<&str>>())
}

/// Cells of an estimate: the number to show, and its interval.
fn cells(csv: &mut Csv, e: &entrant_data::result::Estimate) {
    csv.number(e.point()).number(e.low).number(e.high);
}

fn products(report: &MergerReport) -> Sheet {
    let estimates = [
        "price_before",
        "price_after",
        "price_rise",
        "share_before",
        "share_after",
        "quantity_before",
        "quantity_after",
        "cost_before",
        "cost_after",
        "margin_before",
        "margin_after",
        "upp",
        "guppi",
        "cmcr",
        "shadow_price",
    ];
    let texts = ["scenario", "product", "firm", "firm_after", "status"];
    let mut csv = start(&texts, &estimates);
    for s in &report.scenarios {
        for p in &s.products {
            csv.texts(&[&s.id, &p.id, &p.firm, &p.firm_after, s.status.word()]);
            for e in [
                &p.price_before,
                &p.price_after,
                &p.price_rise,
                &p.share_before,
                &p.share_after,
                &p.quantity_before,
                &p.quantity_after,
                &p.cost_before,
                &p.cost_after,
                &p.margin_before,
                &p.margin_after,
                &p.upp,
                &p.guppi,
                &p.cmcr,
                &p.shadow,
            ] {
                cells(&mut csv, e);
            }
            csv.end();
        }
    }
    csv.sheet()
}

fn firms(report: &MergerReport) -> Sheet {
    let estimates = [
        "profit_before",
        "profit_after",
        "share_before",
        "share_after",
    ];
    let mut csv = start(&["scenario", "firm"], &estimates);
    for s in &report.scenarios {
        for f in &s.firms {
            csv.texts(&[&s.id, &f.firm]);
            for e in [
                &f.profit_before,
                &f.profit_after,
                &f.share_before,
                &f.share_after,
            ] {
                cells(&mut csv, e);
            }
            csv.end();
        }
    }
    csv.sheet()
}

fn markets(report: &MergerReport) -> Sheet {
    let estimates = [
        "hhi_before",
        "hhi_new_owners",
        "hhi_after",
        "price_rise",
        "consumer_harm",
        "producer_gain",
        "government_gain",
        "welfare",
    ];
    let mut csv = start(&["scenario", "status"], &estimates);
    for s in &report.scenarios {
        csv.texts(&[&s.id, s.status.word()]);
        for e in [
            &s.hhi_before,
            &s.hhi_new_owners,
            &s.hhi_after,
            &s.price_rise,
            &s.consumer_harm,
            &s.producer_gain,
            &s.government_gain,
            &s.welfare,
        ] {
            cells(&mut csv, e);
        }
        csv.end();
    }
    csv.sheet()
}

fn parameters(report: &MergerReport) -> Sheet {
    let mut csv = start(&["parameter", "meaning", "origin"], &["value"]);
    for p in &report.parameters {
        let origin = if p.calibrated { "calibrated" } else { "given" };
        csv.texts(&[&p.name, &p.meaning, origin]);
        cells(&mut csv, &p.value);
        csv.end();
    }
    csv.sheet()
}
