//! One CSV per table of a tracker.

use entrant_data::result::Estimate;
use entrant_data::result::tracker::{SourceFigure, TrackedCountry, TrackerReport};

use crate::csv::{Csv, Sheet, files};

/// Columns of an estimate.
const ESTIMATE: [&str; 6] = ["low", "median", "high", "level", "status", "central"];

/// Every table of a tracker, as name and contents.
pub fn tables(report: &TrackerReport) -> Vec<(String, String)> {
    files(sheets(report))
}

/// The same with their cells.
pub(crate) fn sheets(report: &TrackerReport) -> Vec<(String, Sheet)> {
    let all = [
        ("tracker_vendors", vendors(report)),
        ("tracker_markets", markets(report)),
        ("tracker_sources", sources(report)),
        ("tracker_overtakings", overtakings(report)),
        ("tracker_prices", prices(report)),
        ("tracker_companies", companies(report)),
        ("tracker_entry_value", entry_value(report)),
    ];
    all.into_iter()
        .map(|(name, csv)| (name.to_owned(), csv))
        .collect()
}

fn long(header: &[&str]) -> Csv {
    Csv::new(&[header, &ESTIMATE].concat())
}

fn row(csv: &mut Csv, key: &[&str], e: Option<&Estimate>) {
    if let Some(e) = e {
        csv.texts(key).estimate(e).end();
    }
}

fn vendors(report: &TrackerReport) -> Sheet {
    let mut csv = long(&["country", "quarter", "vendor", "rank", "quantity"]);
    for (c, q) in quarters(report) {
        let quarter = q.quarter.to_string();
        for v in &q.vendors {
            let rank = v.rank.map_or_else(String::new, |r| r.rank.to_string());
            let all = [
                ("share", Some(&v.share)),
                ("units", v.units.as_ref()),
                ("points_on_quarter", v.points_quarter.as_ref()),
                ("points_on_year", v.points_year.as_ref()),
                ("growth_on_quarter", v.growth_quarter.as_ref()),
                ("growth_on_year", v.growth_year.as_ref()),
            ];
            for (quantity, e) in all {
                let key = [&*c.country, &*quarter, &*v.vendor, &*rank, quantity];
                row(&mut csv, &key, e);
            }
        }
    }
    csv.sheet()
}

fn quarters(
    report: &TrackerReport,
) -> impl Iterator<
    Item = (
        &TrackedCountry,
        &entrant_data::result::tracker::TrackedQuarter,
    ),
> {
    let all = report.countries.iter();
    all.flat_map(|c| c.quarters.iter().map(move |q| (c, q)))
}

fn markets(report: &TrackerReport) -> Sheet {
    let mut csv = long(&["country", "quarter", "quantity"]);
    for (c, q) in quarters(report) {
        let quarter = q.quarter.to_string();
        let concentration = q.concentration.as_ref();
        let all = [
            ("units", q.units.as_ref()),
            ("unnamed_share", Some(&q.unnamed)),
            ("hhi_least", concentration.map(|x| &x.least)),
            ("hhi_most", concentration.map(|x| &x.most)),
            ("three_largest", concentration.map(|x| &x.three)),
        ];
        for (quantity, e) in all {
            row(&mut csv, &[&c.country, &quarter, quantity], e);
        }
    }
    csv.sheet()
}

fn sources(report: &TrackerReport) -> Sheet {
    let mut csv = Csv::new(&[
        "country",
        "quarter",
        "vendor",
        "quantity",
        "source",
        "value",
        "rounding",
        "how",
        "mark",
        "published",
        "url",
    ]);
    for (c, q) in quarters(report) {
        let quarter = q.quarter.to_string();
        for s in &q.totals {
            source(&mut csv, &[&c.country, &quarter, "TOTAL", "units"], s);
        }
        for v in &q.vendors {
            for s in &v.sources {
                source(&mut csv, &[&c.country, &quarter, &v.vendor, "share"], s);
            }
        }
    }
    for c in &report.countries {
        for p in &c.prices {
            let quarter = p.quarter.to_string();
            for s in &p.sources {
                source(&mut csv, &[&c.country, &quarter, &p.vendor, "price"], s);
            }
        }
    }
    csv.sheet()
}

fn source(csv: &mut Csv, key: &[&str], s: &SourceFigure) {
    csv.texts(key)
        .text(&s.source)
        .number(s.value)
        .number(s.rounding);
    csv.texts(&[&s.how, s.mark.word(), &s.published, &s.url])
        .end();
}

fn overtakings(report: &TrackerReport) -> Sheet {
    let mut csv = Csv::new(&[
        "country",
        "quarter",
        "before",
        "passes",
        "passed",
        "reconciled",
        "lead_low",
        "lead",
        "lead_high",
        "lead_before",
        "probability_ahead",
        "probability_passed",
        "source",
        "source_lead",
        "source_lead_before",
        "source_verdict",
    ]);
    for c in &report.countries {
        for o in &c.overtakings {
            for v in &o.sources {
                csv.text(&c.country).text(&o.quarter.to_string());
                csv.text(&o.before.to_string())
                    .text(&o.passes)
                    .text(&o.passed);
                csv.flag(o.reconciled)
                    .number(o.lead.low)
                    .number(o.lead.point());
                csv.number(o.lead.high).number(o.lead_before.point());
                csv.number(o.ahead).number(o.probability).text(&v.source);
                csv.number(v.lead.unwrap_or(f64::NAN));
                csv.number(v.lead_before.unwrap_or(f64::NAN));
                csv.text(v.verdict.words()).end();
            }
        }
    }
    csv.sheet()
}

fn prices(report: &TrackerReport) -> Sheet {
    let mut csv = long(&["country", "quarter", "vendor", "sources"]);
    for c in &report.countries {
        for p in &c.prices {
            let key = [&*c.country, &*p.quarter.to_string(), &*p.vendor];
            csv.texts(&key)
                .count(p.sources.len())
                .estimate(&p.price)
                .end();
        }
    }
    csv.sheet()
}

fn companies(report: &TrackerReport) -> Sheet {
    let mut csv = Csv::new(&[
        "company",
        "item",
        "low",
        "value",
        "high",
        "currency",
        "period",
        "mark",
        "source",
        "published",
        "note",
    ]);
    for c in &report.companies {
        for f in &c.facts {
            csv.text(&c.company).text(f.kind.word());
            csv.number(f.low).number(f.value).number(f.high);
            csv.texts(&[&f.currency, &f.period, f.mark.word(), &f.source]);
            csv.texts(&[&f.published, &f.note]).end();
        }
        let multiples = [
            ("value over revenue", c.revenue_multiple.as_ref()),
            ("value over profit", c.profit_multiple.as_ref()),
        ];
        for (name, m) in multiples {
            if let Some(m) = m {
                csv.text(&c.company).text(name);
                csv.number(m.low).number(m.central).number(m.high);
                csv.texts(&[&m.currency, "", m.mark.word(), "computed", "", &m.basis]);
                csv.end();
            }
        }
    }
    csv.sheet()
}

fn entry_value(report: &TrackerReport) -> Sheet {
    let mut csv = long(&["scenario", "company", "quantity"]);
    for v in &report.entry_value {
        let all = [
            ("revenue_a_year", Some(&v.revenue)),
            ("value_by_revenue", v.by_revenue.as_ref()),
            ("profit_a_year", Some(&v.profit)),
            ("value_by_profit", v.by_profit.as_ref()),
        ];
        for (quantity, e) in all {
            row(&mut csv, &[&v.scenario, &v.company, quantity], e);
        }
    }
    csv.sheet()
}
