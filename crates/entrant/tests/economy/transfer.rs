//! A brand effect from another country in an estimated study.

use entrant::data::result::Results;
use entrant::data::spec::{QualitySpec, TransferSpec};
use entrant::data::tracker::{Measure, Statement, Subject};
use entrant::data::{Mark, Quarter};
use entrant::io::LoadedEstimation;

use super::logit::{entry, logit};
use super::{close, market, product, run};

/// The maker `9` sells in another country, where `1` and `2` are as well.
fn abroad(own: f64) -> Vec<Statement> {
    let mut all = Vec::new();
    for q in 0..6_u8 {
        let wave = 0.01 * (f64::from(q % 3) - 1.0);
        let rest = (0.9 - own) / 2.0;
        for (country, vendor, value) in [
            ("There", "9", own + 0.2 * wave),
            ("There", "1", rest + wave),
            ("There", "2", rest - wave),
            ("Here", "1", 0.34 - wave),
            ("Here", "2", 0.32 + wave),
            ("Here", "3", 0.3),
        ] {
            let quarter = format!("{}Q{}", 2016 + u16::from(q) / 4, q % 4 + 1);
            all.push(Statement {
                country: country.into(),
                quarter: quarter.parse::<Quarter>().expect("a quarter"),
                subject: Subject::Vendor(vendor.into()),
                measure: Measure::Share,
                value,
                rounding: 0.0,
                source: "survey".into(),
                basis: String::new(),
                mark: Mark::Verified,
                published: String::new(),
                url: String::new(),
                note: String::new(),
                line: all.len() + 2,
            });
        }
    }
    all
}

fn study(own: f64) -> LoadedEstimation {
    let mut loaded = logit("1 + prices + sugar", &["C01Q1", "C01Q2"]);
    let quality = QualitySpec {
        characteristics: true,
        transfer: true,
        ..QualitySpec::default()
    };
    entry(&mut loaded, quality, Some(7.0));
    loaded.study.transfer = Some(TransferSpec {
        statements: "abroad.csv".into(),
        brand: "9".into(),
        to: "Here".into(),
        rivals: vec!["1".into(), "2".into()],
        from: None,
        until: None,
    });
    loaded.transfer = Some(abroad(own));
    loaded
}

/// Logarithm of the newcomer's share over the geometric mean of its rivals', in each market.
fn leads(results: &Results) -> Vec<f64> {
    let one = |id: &str| {
        let here = market(results, 0, id);
        let new = product(here, "N1")
            .share
            .after
            .central
            .expect("at the estimates");
        let firm = |name: &str| {
            let found = here.firms.iter().find(|f| f.firm == name);
            found.expect("there").share.after.central.expect("a number")
        };
        new.ln() - 0.5 * (firm("1").ln() + firm("2").ln())
    };
    vec![one("C01Q1"), one("C01Q2")]
}

/// Nobody answers and everybody knows it: under plain logit its share over those of its rivals is the
/// lead, whatever comes in.
#[test]
fn the_newcomer_has_the_lead_that_it_is_given() {
    for own in [0.1, 0.4] {
        let results = run(&study(own), 30, 2).expect("a run");
        let input = results
            .inputs
            .iter()
            .find(|i| i.name.starts_with("lead of 9"));
        let lead = input.expect("an input").value.point();
        for found in leads(&results) {
            close("lead", found, lead, 1e-9);
        }
        let report = results.transfer.as_deref().expect("asked for");
        assert_eq!((&*report.brand, report.forecasts.len()), ("9", 1));
        let forecast = &report.forecasts[0];
        // In every draw both markets have the lead of that draw.
        assert!(forecast.unit_share.low < forecast.unit_share.high);
        let gap = forecast.unit_share.median / forecast.unknown_unit_share.median;
        let known = (report.lead.median - report.unknown_lead.median).exp();
        // Shares of a fifth and less are not quite in proportion to odds.
        assert!((gap.ln() > 0.0) == (known.ln() > 0.0), "{gap} {known}");
    }
    let none = run(&study(0.4), 0, 1).expect("a run");
    assert!(none.transfer.is_some());
}

#[test]
fn without_statements_abroad_a_rival_is_missed() {
    let mut loaded = study(0.2);
    if let Some(spec) = &mut loaded.study.transfer {
        spec.rivals = vec!["1".into(), "77".into()];
    }
    let mistake = run(&loaded, 5, 1).expect_err("no such rival");
    assert!(format!("{mistake:?}").contains("77"), "{mistake:?}");
}
