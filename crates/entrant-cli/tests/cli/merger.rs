//! Merger studies.

use serde_json::Value;

use crate::bench::Bench;

/// The example study of the repository.
const STUDY: &str = include_str!("../../../../studies/beer-merger/study.toml");

fn bench() -> Bench {
    let bench = Bench::empty();
    bench.write("beer.toml", STUDY);
    bench
}

#[test]
fn the_example_is_answered_within_80_columns() {
    let bench = bench();
    let ended = bench.run(["merger", "beer.toml", "--draws", "40"]).ends(0);
    assert!(
        ended.stdout.lines().all(|l| l.chars().count() <= 80),
        "{}",
        ended.stdout
    );
    for part in [
        "Budweiser buys Old Style",
        "If Budweiser bought Old Style, what",
        "just identified",
        "price coefficient",
        "HHI with new owners",
        "CMCR",
        "BUD, OLD STYLE are a market",
    ] {
        assert!(ended.stdout.contains(part), "{part} in\n{}", ended.stdout);
    }
}

#[test]
fn documents_and_tables_have_the_same_numbers_whatever_the_place() {
    let bench = bench();
    let args = [
        "merger",
        "beer.toml",
        "--draws",
        "20",
        "--out",
        "beer",
        "--json",
    ];
    let shown: Value = serde_json::from_str(&bench.run(args).ends(0).stdout).expect("JSON");
    assert_eq!(shown, bench.json("beer/merger.json"));
    assert_eq!(shown["schema"], "entrant.merger/1");
    let rise = &shown["scenarios"][0]["products"][0]["price_rise"];
    let (low, high) = (rise["low"].as_f64(), rise["high"].as_f64());
    // A margin from 0.35 to 0.42 around 0.385 moves the effect in proportion.
    assert!(
        low < rise["central"].as_f64() && rise["central"].as_f64() < high,
        "{rise}"
    );
    let table = String::from_utf8(bench.read("beer/tables/merger_products.csv")).expect("text");
    assert_eq!(table.lines().count(), 1 + 4 * 6);
    assert!(
        table
            .lines()
            .nth(1)
            .expect("a row")
            .starts_with("merger,BUD,BUD,BUD,certified,")
    );
    let page = String::from_utf8(bench.read("beer/report.html")).expect("text");
    for part in [
        "If Budweiser bought Old Style",
        "HHI",
        "CMCR",
        "Calibration",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("NaN") && !page.contains("http://"));
    // Again, into the folder that this command wrote.
    bench.run(args).ends(0);
}

#[test]
fn mistakes_have_a_place_and_a_hint() {
    for (from, to, parts) in [
        (
            "demand = \"logit\"",
            "demand = \"logti\"",
            ["unknown choice `logti`", "did you mean `logit`?"],
        ),
        (
            "share = 0.066",
            "share = 6.6",
            ["shares sum to 7.5340, more than one", "not percent"],
        ),
        (
            "owner = \"BUD\", of = \"OLD STYLE\"",
            "owner = \"BUD\", of = \"OLD STILE\"",
            ["no firm of this name", "did you mean `OLD STYLE`?"],
        ),
        (
            "conduct = \"bertrand\"",
            "conduct = \"cournot\"",
            [
                "quantities cannot be set when everybody buys",
                "outside_share",
            ],
        ),
        (
            "low = 0.35, high",
            "low = -0.35, high",
            ["ranges from -0.35 to 0.42", "must be above 0 and below 1"],
        ),
    ] {
        let bench = bench();
        bench.edit("beer.toml", from, to);
        let stderr = bench.run(["merger", "beer.toml"]).ends(2).stderr;
        assert!(stderr.contains("--> beer.toml:"), "{stderr}");
        for part in parts {
            assert!(stderr.contains(part), "{part} in\n{stderr}");
        }
    }
}

/// A number that the market lacks has no line: its table has. One that is there has its own.
#[test]
fn mistakes_about_the_market_point_at_its_table() {
    let line = |text: &str, of: &str| {
        let at = text.lines().position(|l| l.starts_with(of));
        at.expect("a line") + 1
    };
    for (to, of) in [
        ("conduct = \"cournot\"", "[merger]"),
        (
            "conduct = \"bertrand\"\noutside_share = \"calibrate\"",
            "outside_share",
        ),
        ("conduct = \"auction\"\ndemand = \"ces\"", "conduct"),
    ] {
        let bench = bench();
        bench.edit("beer.toml", "conduct = \"bertrand\"", to);
        if to.contains("ces") {
            bench.edit("beer.toml", "demand = \"logit\"", "");
        }
        let text = String::from_utf8(bench.read("beer.toml")).expect("text");
        let stderr = bench.run(["merger", "beer.toml"]).ends(2).stderr;
        let place = format!("--> beer.toml:{}:", line(&text, of));
        assert!(stderr.contains(&place), "{place} in\n{stderr}");
    }
}

/// What happens may be uncertain as well as what is known.
#[test]
fn efficiencies_and_taxes_may_be_distributions() {
    let bench = bench();
    let margin = "margin = { dist = \"uniform\", low = 0.35, high = 0.42, source = \"Epstein and Rubinfeld 2004: 0.383; range assumed\" }";
    bench.edit("beer.toml", margin, "margin = 0.385");
    let rise = |bench: &Bench, scenario: usize| -> [f64; 3] {
        let args = ["merger", "beer.toml", "--draws", "60", "--json"];
        let shown: Value = serde_json::from_str(&bench.run(args).ends(0).stdout).expect("JSON");
        let rise = &shown["scenarios"][scenario]["products"][0]["price_rise"];
        // Without anything uncertain there is the median alone.
        let centre = rise["central"].as_f64().or(rise["median"].as_f64());
        let ends = ["low", "high"].map(|k| rise[k].as_f64().expect("a number"));
        [ends[0], centre.expect("a number"), ends[1]]
    };
    let [_, known, _] = rise(&bench, 1);
    let low = "factor = { dist = \"uniform\", low = 0.9, high = 1.0 }";
    bench.edit("beer.toml", "factor = 0.95", low);
    let [low, central, high] = rise(&bench, 1);
    assert_eq!(central.to_bits(), known.to_bits());
    // A twentieth of cost, at margins near one half, moves prices by some two percent.
    assert!(
        low < central - 0.01 && high > central + 0.01,
        "{low} {high}"
    );
    let [low, central, high] = rise(&bench, 0);
    assert!((high - low).abs() < 1e-12 * central);
    bench.edit(
        "beer.toml",
        "factor = { dist = \"uniform\", low = 0.9",
        "factor = { dist = \"uniform\", low = -0.9",
    );
    let stderr = bench.run(["merger", "beer.toml"]).ends(2).stderr;
    assert!(stderr.contains("must be above 0"), "{stderr}");
}

const LINEAR: &str = r#"
title = "Two shops and a third"
[merger]
demand = "linear"
[[product]]
id = "A"
price = 10
quantity = 40
margin = 0.4
[[product]]
id = "B"
price = 12
quantity = 30
margin = 0.3
[[product]]
id = "C"
price = 9
quantity = 50
margin = 0.25
[[diversion]]
from = "A"
to = "B"
part = 0.7
[[diversion]]
from = "B"
to = "A"
part = { dist = "uniform", low = 0.2, high = 0.4 }
[[scenario]]
id = "merger"
merge = [{ firms = ["A", "B"] }]
"#;

#[test]
fn diversion_may_be_known() {
    let bench = Bench::empty();
    bench.write("shops.toml", LINEAR);
    let args = ["merger", "shops.toml", "--draws", "50", "--json"];
    let shown: Value = serde_json::from_str(&bench.run(args).ends(0).stdout).expect("JSON");
    let upp = |j: usize, key: &str| {
        let product = &shown["scenarios"][0]["products"][j];
        product["upp"][key].as_f64().expect("a number")
    };
    // Diversion times what the other earns: 0.3 of 12, 0.4 of 10.
    assert!((upp(0, "central") - 0.7 * 3.6).abs() < 1e-12);
    assert!((upp(1, "central") - 0.3 * 4.0).abs() < 1e-12);
    assert!(upp(1, "low") > 0.2 * 4.0 && upp(1, "high") < 0.4 * 4.0);
    assert!(upp(1, "high") - upp(1, "low") > 0.15 * 4.0);
    for (from, to, part) in [
        ("part = 0.7", "part = 1.7", "from 0 to 1"),
        ("to = \"B\"", "to = \"D\"", "no product of this name"),
        ("to = \"B\"", "to = \"A\"", "does not divert to itself"),
        (
            "from = \"B\"\nto = \"A\"",
            "from = \"A\"\nto = \"B\"",
            "given twice",
        ),
        (
            "from = \"B\"\nto = \"A\"\npart = { dist = \"uniform\", low = 0.2, high = 0.4 }",
            "from = \"A\"\nto = \"C\"\npart = 0.5",
            "more than one",
        ),
        (
            "demand = \"linear\"",
            "demand = \"logit\"",
            "linear and log-linear demand only",
        ),
    ] {
        let bench = Bench::empty();
        bench.write("shops.toml", LINEAR);
        bench.edit("shops.toml", from, to);
        let stderr = bench.run(["merger", "shops.toml"]).ends(2).stderr;
        assert!(stderr.contains(part), "{part} in\n{stderr}");
    }
}

#[test]
fn nests_under_aids_demand() {
    let bench = Bench::empty();
    let study = r#"
title = "PCAIDS with nests"
[merger]
demand = "aids"
market_elasticity = -1
nest_strength = 0.4
[[product]]
id = "A"
share = 0.2
nest = "premium"
elasticity = -3
[[product]]
id = "B"
share = 0.3
nest = "premium"
[[product]]
id = "C"
share = 0.5
nest = "economy"
[[scenario]]
id = "merger"
merge = [{ firms = ["A", "B"] }]
"#;
    bench.write("nests.toml", study);
    let rise = |bench: &Bench| -> f64 {
        let args = ["merger", "nests.toml", "--json"];
        let shown: Value = serde_json::from_str(&bench.run(args).ends(0).stdout).expect("JSON");
        let rise = &shown["scenarios"][0]["products"][0]["price_rise"]["median"];
        rise.as_f64().expect("a number")
    };
    let nested = rise(&bench);
    bench.edit("nests.toml", "nest_strength = 0.4\n", "");
    // Without nests the published effect, 13.8 percent.
    let flat = rise(&bench);
    assert!(
        (flat - 0.138).abs() < 5e-4 && nested > flat,
        "{flat} {nested}"
    );
    bench.edit(
        "nests.toml",
        "market_elasticity = -1",
        "market_elasticity = -1\nnest_strengths = { premium = 0.5 }",
    );
    let stderr = bench.run(["merger", "nests.toml"]).ends(2).stderr;
    assert!(
        stderr.contains("under nested logit demand only"),
        "{stderr}"
    );
}

#[test]
fn other_commands_say_which_one_answers_a_merger_study() {
    let bench = bench();
    let stderr = bench.run(["run", "beer.toml"]).ends(2).stderr;
    assert!(stderr.contains("this is a merger study") && stderr.contains("entrant merger"));
    let bench = Bench::with_study();
    let stderr = bench.run(["merger", "study"]).ends(2).stderr;
    assert!(stderr.contains("there is no `[merger]` table"), "{stderr}");
}

#[test]
fn reports_of_an_earlier_answer_do_not_stay() {
    let bench = bench();
    let with = [
        "merger",
        "beer.toml",
        "--draws",
        "5",
        "--out",
        "out",
        "--format",
        "pdf,md",
    ];
    bench.run(with).ends(0);
    let names = bench.names("out");
    assert!(names.iter().any(|n| n == "report.pdf") && names.iter().any(|n| n == "report.md"));
    bench
        .run(["merger", "beer.toml", "--draws", "6", "--out", "out"])
        .ends(0);
    assert_eq!(bench.names("out"), ["merger.json", "report.html", "tables"]);
    let nowhere = bench
        .run(["merger", "beer.toml", "--format", "pdf"])
        .ends(2);
    assert!(
        nowhere.stderr.contains("needs a folder"),
        "{}",
        nowhere.stderr
    );
}
