//! A brand effect from another country, from the table of shares to the forecast.

use std::fmt::Write;

use entrant::data::result::{Results, TransferReport};
use entrant::{RunOptions, Silent, run};

use crate::support::{self, Folder, KNOWN};

const EXTRA: &str = r#"
[[entrant]]
id = "y"
firm = "X"
brand = "X"
price = 400
cost = { known = 280 }
quality = { characteristics = true, transfer = true }
characteristics = { memory = 64, screen = 5.5 }

[[scenario]]
id = "moved"
title = "X with its brand of elsewhere"

[[scenario.enter]]
products = ["y"]

[transfer]
statements = "abroad.csv"
brand = "X"
to = "Here"
rivals = ["A", "B"]
"#;

/// Six quarters of two countries. `own` is the share of X there; A and B share the rest there, and
/// with C here.
fn shares(own: f64) -> String {
    let mut out = "country,quarter,vendor,measure,value,source,mark\n".to_owned();
    for q in 0..6 {
        let quarter = format!("{}Q{}", 2016 + q / 4, q % 4 + 1);
        let wave = f64::from(q % 3) - 1.0;
        let rest = (90.0 - own) / 2.0;
        for (country, vendor, value) in [
            ("There", "X", own + 0.2 * wave),
            ("There", "A", rest + wave),
            ("There", "B", rest - wave),
            ("Here", "A", 34.0 - wave),
            ("Here", "B", 32.0 + wave),
            ("Here", "C", 30.0),
        ] {
            writeln!(
                out,
                "{country},{quarter},{vendor},share,{value},survey,verified"
            )
            .expect("text");
        }
    }
    out
}

fn folder(own: f64) -> Folder {
    let folder = Folder::with(&KNOWN, EXTRA);
    folder.add("abroad.csv", &shares(own));
    folder
}

fn results(own: f64) -> Results {
    support::results(&folder(own).read().expect("a study"), 40)
}

fn report(results: &Results) -> &TransferReport {
    results.transfer.as_deref().expect("a transfer")
}

#[test]
fn a_brand_that_sells_more_elsewhere_is_expected_to_sell_more_here() {
    let (small, large) = (results(3.0), results(40.0));
    let of = |r: &Results| {
        let f = &report(r).forecasts;
        assert_eq!((f.len(), f[0].scenario.as_str()), (1, "moved"));
        f[0].clone()
    };
    let (a, b) = (of(&small), of(&large));
    assert!(
        b.unit_share.median > 1.5 * a.unit_share.median,
        "{a:?} {b:?}"
    );
    // What a maker of whom nothing is known would sell stands between a weak and a strong brand.
    assert!(a.unit_share.median < a.unknown_unit_share.median);
    assert!(b.unit_share.median > b.unknown_unit_share.median);
    // The report repeats what the scenario says.
    let scenario = large.scenarios.iter().find(|s| s.id == "moved");
    let market = &scenario.expect("the scenario").markets[0];
    let firm = market.firms.iter().find(|f| f.firm == "X").expect("X");
    assert!((firm.unit_share.after.median - b.unit_share.median).abs() <= 1e-12);
}

#[test]
fn threads_do_not_change_it() {
    let loaded = folder(20.0).read().expect("a study");
    let with = |threads: usize| {
        let options = RunOptions {
            draws: Some(12),
            seed: None,
            threads: Some(threads),
        };
        let found = run(&loaded, options, &Silent).expect("an answer");
        serde_json::to_string(&found.transfer).expect("a document")
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn mistakes_have_a_place_and_a_next_step() {
    for (from, to, path, word) in [
        (
            "to = \"Here\"",
            "to = \"Nowhere\"",
            "transfer.to",
            "Nowhere",
        ),
        (
            "brand = \"X\"\nto",
            "brand = \"Z\"\nto",
            "entrant[1].quality.transfer",
            "Z",
        ),
        ("[\"A\", \"B\"]", "[\"A\", \"Q\"]", "transfer.rivals", "Q"),
    ] {
        let folder = folder(20.0);
        folder.change("study.toml", &[(from, to)]);
        let told = match folder.read() {
            Err(mistakes) => format!("{mistakes:?}"),
            Ok(loaded) => {
                let found = run(&loaded, RunOptions::default(), &Silent);
                format!("{:?}", found.expect_err("a mistake"))
            }
        };
        assert!(told.contains(path) && told.contains(word), "{told}");
        assert!(!told.contains("hint: \"\""), "{told}");
    }
}

/// A table with more brands than can be estimated together is refused before anything is solved.
#[test]
fn a_crowd_of_brands_is_refused() {
    let folder = folder(20.0);
    let mut all = shares(20.0);
    for k in 0..300 {
        writeln!(all, "There,2016Q1,v{k},share,0.01,survey,verified").expect("text");
    }
    folder.add("abroad.csv", &all);
    let loaded = folder.read().expect("a sound table");
    let found = run(&loaded, RunOptions::default(), &Silent);
    let told = format!("{:?}", found.expect_err("a mistake"));
    assert!(
        told.contains("transfer.statements") && told.contains("304 brands"),
        "{told}"
    );
}
