//! The table of a transfer, in long form.

use entrant_data::result::TransferReport;

use crate::csv::{Csv, Sheet};
use crate::tables::ESTIMATE;

/// Every number of a transfer.
pub(crate) fn table(r: &TransferReport) -> Sheet {
    let mut csv = Csv::new(&[&["quantity", "of"][..], &ESTIMATE].concat());
    let spreads = [
        ("spread", "brands", &r.brand_sd),
        ("spread", "brands in countries", &r.country_sd),
        ("spread", "quarters", &r.quarter_sd),
        ("lead", "transferred", &r.lead),
        ("ratio", "transferred", &r.ratio),
        ("lead", "unknown maker", &r.unknown_lead),
        ("ratio", "unknown maker", &r.unknown_ratio),
    ];
    let elsewhere = r
        .elsewhere
        .iter()
        .map(|c| ("lead_in", c.country.as_str(), &c.lead));
    let brands = r
        .brands
        .iter()
        .map(|b| ("brand_effect", b.brand.as_str(), &b.effect));
    let forecasts = r.forecasts.iter().flat_map(|f| {
        let of = f.scenario.as_str();
        [
            ("unit_share", of, &f.unit_share),
            ("profit", of, &f.profit),
            ("unit_share_without", of, &f.unknown_unit_share),
            ("profit_without", of, &f.unknown_profit),
        ]
    });
    for (quantity, of, e) in spreads
        .into_iter()
        .chain(elsewhere)
        .chain(brands)
        .chain(forecasts)
    {
        csv.texts(&[quantity, of]).estimate(e).end();
    }
    csv.sheet()
}
