//! Tables of an estimation: parameters, their covariance, and products.

use entrant_data::result::estimation::{
    EstimatedParameter, EstimatedProduct, EstimatedProducts, EstimationReport,
};

use crate::csv::Csv;

/// Every table of an estimation, by name. Numbers have all their digits.
pub fn tables(report: &EstimationReport, products: &EstimatedProducts) -> Vec<(String, String)> {
    let tables = [
        ("parameters", parameters(report)),
        ("covariance", covariance(report)),
        ("products", of_products(products)),
    ];
    tables
        .into_iter()
        .map(|(name, csv)| (name.to_string(), csv))
        .collect()
}

fn parameters(report: &EstimationReport) -> String {
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
    csv.finish()
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

fn covariance(report: &EstimationReport) -> String {
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
    csv.finish()
}

fn of_products(products: &EstimatedProducts) -> String {
    let mut csv = Csv::new(&[
        "market", "product", "firm", "share", "price", "delta", "xi", "omega", "cost", "markup",
    ]);
    for p in &products.rows {
        product(&mut csv, p);
    }
    csv.finish()
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
