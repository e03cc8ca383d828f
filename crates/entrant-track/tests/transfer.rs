//! A lead that travels, one that does not, and tables that say too little.

use entrant_data::spec::TransferSpec;
use entrant_data::tracker::{Measure, Statement, Subject};
use entrant_data::{Mark, Quarter};
use entrant_numeric::random::Stream;
use entrant_track::Settings;
use entrant_track::transfer::{Transferred, transfer};

const SETTINGS: Settings = Settings {
    draws: 400,
    seed: 3,
    level: 0.9,
};
const BRANDS: [&str; 7] = ["X", "A", "B", "C", "D", "E", "F"];
const COUNTRIES: [&str; 4] = ["There", "Yonder", "Elsewhere", "Here"];

fn spec() -> TransferSpec {
    TransferSpec {
        statements: "abroad.csv".into(),
        brand: "X".into(),
        to: "Here".into(),
        rivals: vec![],
        from: None,
        until: None,
    }
}

/// Shares whose logarithms are an effect of the brand, one of the brand in the country, and noise.
/// X is not sold in the last country.
fn table(seed: u64, brand: f64, country: f64, noise: f64) -> (Vec<Statement>, f64) {
    let mut s = Stream::new(seed, "table", 0);
    let effect: Vec<f64> = BRANDS.iter().map(|_| brand * s.normal()).collect();
    let mut out = Vec::new();
    let mut truth = 0.0;
    for (c, name) in COUNTRIES.iter().enumerate() {
        let own: Vec<f64> = BRANDS.iter().map(|_| country * s.normal()).collect();
        if c == 3 {
            let of = |b: usize| effect[b] + own[b];
            truth = of(0) - (1..7).map(of).sum::<f64>() / 6.0;
        }
        for t in 0..5 {
            for (b, vendor) in BRANDS
                .iter()
                .enumerate()
                .filter(|(b, _)| !(c == 3 && *b == 0))
            {
                let log = -2.5 + effect[b] + own[b] + noise * s.normal();
                out.push(Statement {
                    country: (*name).into(),
                    quarter: Quarter::new(2017, 1).expect("a quarter").plus(t),
                    subject: Subject::Vendor((*vendor).into()),
                    measure: Measure::Share,
                    value: log.exp(),
                    rounding: 0.0,
                    source: "s".into(),
                    basis: String::new(),
                    mark: Mark::Verified,
                    published: String::new(),
                    url: String::new(),
                    note: String::new(),
                    line: 0,
                });
            }
        }
    }
    (out, truth)
}

fn run(statements: &[Statement]) -> Transferred {
    transfer(&spec(), statements, SETTINGS).expect("enough to learn from")
}

#[test]
fn a_lead_that_is_the_same_everywhere_travels() {
    let (statements, truth) = table(1, 1.0, 0.0, 0.02);
    let found = run(&statements);
    let r = &found.report;
    assert_eq!((r.observations, r.left_out, r.elsewhere.len()), (135, 0, 3));
    assert!(
        (found.central - truth).abs() < 0.05,
        "{} {truth}",
        found.central
    );
    assert!(r.lead.high - r.lead.low < 0.2 && r.country_sd.median < 0.05);
    // Of an unknown maker nothing is known but what brands are like.
    assert!(r.unknown_lead.high - r.unknown_lead.low > 2.0);
    // Where it is sold, the lead is the mean difference of logarithms.
    let mean = |c: &str| {
        let log = |b: &str| {
            let own = statements
                .iter()
                .filter(|s| s.country == c && s.subject == Subject::Vendor(b.into()));
            let logs: Vec<f64> = own.map(|s| s.value.ln()).collect();
            logs.iter().sum::<f64>() / logs.len() as f64
        };
        log("X") - BRANDS[1..].iter().map(|b| log(b)).sum::<f64>() / 6.0
    };
    for c in &r.elsewhere {
        assert!((c.lead.median - mean(&c.country)).abs() < 0.05 && c.quarters == 5);
    }
}

/// What differs from country to country does not travel: the range is as wide as they differ, and
/// covers as often as it says.
#[test]
fn ranges_cover_leads_in_a_new_country() {
    let worlds = 60;
    let (mut covered, mut widths) = (0, [0.0; 2]);
    for w in 0..worlds {
        let (statements, truth) = table(100 + w, 1.0, 0.5, 0.1);
        let r = run(&statements).report;
        covered += u32::from(r.lead.low <= truth && truth <= r.lead.high);
        assert!(r.lead.high - r.lead.low > 0.8);
        widths[0] += r.lead.high - r.lead.low;
        widths[1] += r.unknown_lead.high - r.unknown_lead.low;
    }
    // Knowing the brand helps, though not in every world: some have brands that hardly differ.
    assert!(widths[0] < 0.8 * widths[1], "{widths:?}");
    // 90% of 60 within three binomial standard errors.
    assert!((f64::from(covered) - 54.0).abs() <= 3.0 * 2.33, "{covered}");
}

#[test]
fn the_same_draws_and_no_rows_of_the_new_country() {
    let (mut statements, _) = table(5, 1.0, 0.5, 0.1);
    let found = run(&statements);
    assert_eq!(found, run(&statements));
    // A row of the brand in the new country changes nothing.
    let mut row = statements[0].clone();
    row.country = "Here".into();
    row.value = 0.9;
    statements.push(row);
    let with = run(&statements);
    assert_eq!(with.report.left_out, 1);
    assert_eq!(with.lead, found.lead);
    // A share by another name of the unit: all shares times two leave differences as they are.
    let doubled: Vec<Statement> = statements
        .iter()
        .map(|s| Statement {
            value: 2.0 * s.value,
            ..s.clone()
        })
        .collect();
    let twice = run(&doubled);
    assert!((twice.central - found.central).abs() < 1e-9);
}

#[test]
fn tables_that_do_not_say_it() {
    let (statements, _) = table(1, 1.0, 0.5, 0.1);
    let refused = |change: &dyn Fn(&mut TransferSpec)| {
        let mut s = spec();
        change(&mut s);
        transfer(&s, &statements, SETTINGS).expect_err("a mistake")
    };
    let e = refused(&|s| s.to = "Hear".into());
    assert!(e.path == "transfer.to" && e.hint.contains("Here"), "{e:?}");
    let e = refused(&|s| s.brand = "Y".into());
    assert!(e.path == "transfer.brand" && !e.hint.is_empty(), "{e:?}");
    let e = refused(&|s| s.rivals = vec!["A".into(), "Z".into()]);
    assert!(
        e.path == "transfer.rivals[1]" && e.hint.contains("A, B"),
        "{e:?}"
    );
    let e = refused(&|s| s.until = Quarter::new(2016, 1));
    assert_eq!(e.path, "transfer.to");
}
