//! An estimation as tables (parameters, their covariance, surveys, products) and as a short report.

use entrant_data::result::estimation::{
    EstimatedParameter, EstimatedProduct, EstimatedProducts, EstimationReport,
};

use entrant_data::Level;
use entrant_data::result::conclusions::FollowingTables;

use crate::ReportError;
use crate::csv::{Csv, Sheet, files};
use crate::paper::{Brief, Form, Paper, write};
use crate::section::{Hero, Section, estimates};

/// Every table of an estimation, by name. Numbers have all their digits.
pub fn tables(report: &EstimationReport, products: &EstimatedProducts) -> Vec<(String, String)> {
    files(sheets(report, products))
}

/// The same with their cells.
fn sheets(report: &EstimationReport, products: &EstimatedProducts) -> Vec<(String, Sheet)> {
    let mut tables = vec![
        ("parameters", parameters(report)),
        ("covariance", covariance(report)),
    ];
    if !report.moments.micro.is_empty() {
        tables.push(("micro_moments", micro_moments(report)));
    }
    tables.push(("products", of_products(products)));
    let tables = tables.into_iter();
    tables.map(|(name, of)| (name.to_string(), of)).collect()
}

/// The files of the short report of an estimation in a format: what is printed, and every table.
///
/// # Errors
///
/// When a workbook cannot be written, as with more rows than a spreadsheet has.
pub fn paper(
    report: &EstimationReport,
    products: &EstimatedProducts,
    following: &FollowingTables,
    form: Form,
) -> Result<Vec<Paper>, ReportError> {
    let mut all = sheets(report, products);
    all.extend(crate::conclusions::sheets(report, following));
    let brief = Brief {
        title: &report.title,
        kicker: "Estimates",
        hero: hero(report),
        sections: vec![Section {
            id: "estimates",
            title: "The estimates",
            short: "Estimates",
            lead: Vec::new(),
            blocks: estimates::of_report(report),
        }],
        headline: 0,
        figures: Vec::new(),
        colophon: vec![format!("entrant {}.", report.version)],
        sheets: all,
    };
    write(&brief, form)
}

fn hero(r: &EstimationReport) -> Hero {
    let bad = r.findings.iter().filter(|f| f.level != Level::Ok).count();
    let failed = r.findings.iter().any(|f| f.level == Level::Error);
    let usable = r.status.is_usable() && !failed;
    Hero {
        question: "Which parameters do the data give, and how sure are they?".into(),
        answer: estimates::words(r),
        more: Vec::new(),
        badge: match (usable, bad) {
            (false, _) => "bad",
            (true, 0) => "good",
            (true, _) => "fair",
        },
        status: if usable { "estimated" } else { "do not use" },
        meaning: r.status.meaning().into(),
        scenario: String::new(),
        tiles: Vec::new(),
        warning: match bad {
            0 => String::new(),
            1 => "1 warning".into(),
            n => format!("{n} warnings"),
        },
    }
}

/// What surveys found beside what the estimates say.
pub(crate) fn micro_moments(report: &EstimationReport) -> Sheet {
    let mut csv = Csv::new(&[
        "survey",
        "moment",
        "observed",
        "estimated",
        "difference",
        "sampling_error",
    ]);
    for m in &report.moments.micro {
        csv.texts(&[&m.survey, &m.title]).number(m.observed);
        csv.number(known(m.estimated));
        csv.number(known(m.estimated.map(|e| m.observed - e)));
        csv.number(known(m.sampling_error)).end();
    }
    csv.sheet()
}

fn parameters(report: &EstimationReport) -> Sheet {
    let mut csv = Csv::new(&[
        "parameter",
        "kind",
        "row",
        "column",
        "role",
        "estimate",
        "error",
        "z",
        "p_value",
        "lower",
        "upper",
        "start",
    ]);
    for p in &report.parameters {
        parameter(&mut csv, p);
    }
    csv.sheet()
}

fn parameter(csv: &mut Csv, p: &EstimatedParameter) {
    csv.texts(&[&p.name, p.kind.word(), &p.row, &p.column, p.role.word()]);
    for x in [
        p.estimate, p.error, p.z, p.p_value, p.lower, p.upper, p.start,
    ] {
        csv.number(known(x));
    }
    csv.end();
}

fn covariance(report: &EstimationReport) -> Sheet {
    let names = report.covariance.names.iter().map(String::as_str);
    let header: Vec<&str> = std::iter::once("parameter").chain(names).collect();
    let mut csv = Csv::new(&header);
    for (name, row) in report
        .covariance
        .names
        .iter()
        .zip(&report.covariance.values)
    {
        csv.text(name);
        for x in row {
            csv.number(known(*x));
        }
        csv.end();
    }
    csv.sheet()
}

fn of_products(products: &EstimatedProducts) -> Sheet {
    let mut csv = Csv::new(&[
        "market", "product", "firm", "share", "price", "delta", "xi", "omega", "cost", "markup",
    ]);
    for p in &products.rows {
        product(&mut csv, p);
    }
    csv.sheet()
}

fn product(csv: &mut Csv, p: &EstimatedProduct) {
    csv.texts(&[&p.market, &p.product, &p.firm]);
    for x in [p.share, p.price, p.delta, p.xi] {
        csv.number(x);
    }
    for x in [p.omega, p.cost, p.markup] {
        csv.number(known(x));
    }
    csv.end();
}

/// What is not there is an empty cell.
fn known(x: Option<f64>) -> f64 {
    x.unwrap_or(f64::NAN)
}
