//! Spoiled panels: each is refused with its place, or named in a diagnostic; none gives a number
//! that looks like an estimate.

use serde_json::Value;

use crate::bench::{Bench, Ended};
use crate::panel::{LOGIT, MARKETS, PRODUCTS, Row, STUDY, bench, csv, rows};

fn panel() -> Vec<Row> {
    rows(MARKETS, PRODUCTS, 1.0)
}

fn told(ended: &Ended) -> String {
    let words = ended.stderr.split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}

/// The study is a mistake, nothing is printed as a result, and the message has these words.
fn refused(bench: &Bench, words: &[&str]) {
    let ended = bench.run(["fit", "study", "--json"]).ends(2);
    assert_eq!(ended.stdout, "", "{}", ended.stdout);
    let told = told(&ended);
    for word in words {
        assert!(told.contains(word), "`{word}` in\n{told}");
    }
}

fn spoiled(spoil: impl FnOnce(&mut Vec<Row>)) -> Bench {
    let mut rows = panel();
    spoil(&mut rows);
    bench(STUDY, &csv(&rows))
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).expect("one document")
}

/// Every standard error is withheld, and every interval.
fn withheld(fit: &Value, code: &str) {
    let c = &fit["conclusions"];
    assert_eq!(c["standing"], "withheld", "{c:#}");
    let codes = c["doubts"].as_array().expect("doubts").iter();
    assert!(codes.clone().any(|d| d["code"] == code), "{c:#}");
    for p in fit["parameters"].as_array().expect("parameters") {
        assert_eq!(p["error"], Value::Null, "{p:#}");
        assert!(p["withheld"].is_string(), "{p:#}");
    }
    let rows = fit["covariance"]["values"].as_array().expect("rows");
    let cells = rows.iter().flat_map(|r| r.as_array().expect("cells"));
    assert!(cells.clone().all(Value::is_null));
    for m in c["means"]["means"].as_array().into_iter().flatten() {
        assert_eq!(m["mean"]["low"], Value::Null, "{m:#}");
    }
}

#[test]
fn the_panel_itself_is_estimated() {
    let ended = spoiled(|_| {}).run(["fit", "study", "--json"]).ends(0);
    let fit = json(&ended);
    assert_eq!(fit["status"], "converged");
    assert_eq!(fit["conclusions"]["standing"], "shown");
    let alpha = &fit["parameters"][3];
    assert_eq!(alpha["name"], "beta[price]");
    let (value, error) = (alpha["estimate"].as_f64(), alpha["error"].as_f64());
    let off = (value.expect("a number") + 2.0) / error.expect("a number");
    assert!(off.abs() < 3.0, "{off} standard errors from the truth");
}

#[test]
fn cells_that_are_no_prices_are_refused_where_they_stand() {
    for (price, word) in [
        ("NaN", "NaN"),
        ("inf", "inf"),
        ("1e308", "too large"),
        ("-1", "must be above 0"),
        ("two", "two"),
        ("#N/A", "#N/A"),
        ("", "empty"),
    ] {
        let bench = spoiled(|rows| rows[6].price = price.into());
        refused(&bench, &["products.csv", "8", "price", word]);
    }
}

#[test]
fn cells_that_are_no_shares_are_refused_where_they_stand() {
    for share in ["NaN", "0", "-0.1", "1", "1.5", "1e-300"] {
        let bench = spoiled(|rows| rows[6].share = share.into());
        refused(&bench, &["products.csv", "share", share]);
    }
}

#[test]
fn shares_that_leave_nothing_are_refused() {
    for all in [1.0 - 1e-15, 1.0, 1.2] {
        let each = all / PRODUCTS as f64;
        let bench = spoiled(|rows| {
            rows[..PRODUCTS]
                .iter_mut()
                .for_each(|r| r.share = format!("{each:.17}"));
        });
        refused(&bench, &["t0", "share", "buy nothing"]);
    }
}

#[test]
fn ids_that_are_missing_or_repeated_are_refused() {
    refused(
        &spoiled(|rows| rows[3].market = String::new()),
        &["products.csv", "5", "market"],
    );
    for id in ["nan", "NA", "#N/A"] {
        let firm = spoiled(|rows| rows[3].firm = id.into());
        refused(&firm, &["products.csv", "5", "firm", "missing"]);
    }
    // The same product twice, and the same market pasted again.
    let twice = spoiled(|rows| rows[1].product = rows[0].product.clone());
    refused(&twice, &["products.csv", "2", "3", "j0"]);
    let pasted = spoiled(|rows| {
        let again = rows[..PRODUCTS].to_vec();
        rows.extend(again);
    });
    refused(&pasted, &["products.csv", "242", "j0"]);
}

#[test]
fn one_price_far_away_is_no_estimate() {
    let bench = spoiled(|rows| rows[6].price = "1e8".into());
    let ended = bench.run(["fit", "study", "--json"]);
    assert!(matches!(ended.code, Some(3 | 4)), "{:?}", ended.code);
    let told = told(&ended);
    assert!(
        told.contains("do not use") || told.contains("withheld"),
        "{told}"
    );
    if !ended.stdout.is_empty() {
        let fit = json(&ended);
        let found = fit["findings"].as_array().expect("findings").iter();
        let prices = found.clone().find(|f| f["code"] == "prices");
        assert_eq!(prices.expect("a finding")["level"], "error");
        withheld(&fit, "prices");
    }
}

#[test]
fn prices_that_do_not_differ_are_refused() {
    let bench = spoiled(|rows| rows.iter_mut().for_each(|r| r.price = "2.5".into()));
    refused(&bench, &["price", "not identified"]);
}

#[test]
fn fewer_moments_than_parameters_are_refused() {
    let study = STUDY.replace("instruments = [\"z*\"]\n", "");
    let ended = bench(&study, &csv(&panel())).run(["fit", "study", "--json"]);
    assert!(matches!(ended.code, Some(2 | 3)), "{:?}", ended.code);
    assert_eq!(ended.stdout, "");
    let told = told(&ended);
    for word in ["2 moments", "4 parameters"] {
        assert!(told.contains(word), "`{word}` in\n{told}");
    }
}

#[test]
fn instruments_that_say_nothing_are_named() {
    let constant = spoiled(|rows| rows.iter_mut().for_each(|r| r.z[1] = "3".into()));
    refused(&constant, &["z1"]);
    let repeated = spoiled(|rows| rows.iter_mut().for_each(|r| r.z[1] = r.z[0].clone()));
    refused(&repeated, &["z0", "z1"]);
    let near = spoiled(|rows| {
        for (k, r) in rows.iter_mut().enumerate() {
            r.x = format!("{}", 1.0 + 1e-13 * (k % 2) as f64);
        }
    });
    refused(&near, &["x"]);
}

#[test]
fn two_spreads_that_are_one_are_refused() {
    let study = STUDY
        .replace("random = \"0 + x\"", "random = \"0 + x + I(2 * x)\"")
        .replace("sigma = [0.5]", "sigma = [0.5, 0.5]")
        .replace("\"product\", size = 5", "\"halton\", size = 50");
    let twice = bench(&study, &csv(&panel()));
    refused(&twice, &["estimate.demand.random", "explained", "2 x"]);
    // `check` says the same.
    let checked = twice.run(["check", "study"]).ends(2);
    assert!(told(&checked).contains("explained"), "{}", checked.stderr);
}

#[test]
fn consumers_that_do_not_fit_in_memory_are_refused() {
    let study = STUDY.replace("\"product\", size = 5", "\"halton\", size = 10000000");
    let many = bench(&study, &csv(&panel()));
    refused(&many, &["integration.size", "smaller"]);
}

/// A column more, `b` in one row and `a` in the others.
fn with_kind(products: &str) -> String {
    let line = |(k, line): (usize, &str)| match k {
        0 => format!("{line},kind\n"),
        9 => format!("{line},b\n"),
        _ => format!("{line},a\n"),
    };
    products.lines().enumerate().map(line).collect()
}

#[test]
fn a_category_with_one_row_is_as_good_as_absorbed_in_two_steps() {
    let products = with_kind(&csv(&panel()));
    let fit = |linear: &str| {
        let study = LOGIT
            .replace("\"1 + x + price\"", linear)
            .replace("[estimate]\n", "[estimate]\nmethod = \"two-step\"\n");
        json(
            &bench(&study, &products)
                .run(["fit", "study", "--json"])
                .ends(0),
        )
    };
    let (dummy, absorbed) = (
        fit("\"1 + x + price + C(kind)\""),
        fit("\"0 + x + price | kind\""),
    );
    for name in ["beta[x]", "beta[price]"] {
        let of = |fit: &Value, what: &str| {
            let all = fit["parameters"].as_array().expect("parameters");
            let own = all.iter().find(|p| p["name"] == name).expect("there");
            own[what].as_f64().expect("a number")
        };
        // Errors differ a little: what is absorbed has no part in how moments are centred.
        let (a, b) = (of(&dummy, "estimate"), of(&absorbed, "estimate"));
        assert!((a - b).abs() <= 1e-7 * b.abs(), "{name}: {a} {b}");
    }
}

#[test]
fn one_market_gives_estimates_without_errors() {
    for study in [STUDY, LOGIT] {
        let bench = bench(study, &csv(&rows(1, 60, 1.0)));
        let ended = bench.run(["fit", "study", "--json"]);
        assert!(matches!(ended.code, Some(3 | 4)), "{:?}", ended.code);
        withheld(&json(&ended), "markets");
        let told = told(&ended);
        assert!(told.contains("withheld"), "{told}");
    }
    let bench = bench(LOGIT, &csv(&rows(1, 60, 1.0)));
    let text = bench.run(["fit", "study"]).ends(3).stdout;
    assert!(text.contains("withheld"), "{text}");
}

#[test]
fn markets_with_one_product_are_estimated() {
    let bench = bench(LOGIT, &csv(&rows(200, 1, 1.0)));
    let ended = bench.run(["fit", "study", "--json"]);
    // A product that never meets another says nothing about rivals' instruments.
    let fit_or_mistake = matches!(ended.code, Some(0 | 2));
    assert!(fit_or_mistake, "{:?}\n{}", ended.code, ended.stderr);
}

#[test]
fn weak_instruments_withhold_errors_and_offer_a_robust_set() {
    let bench = bench(LOGIT, &csv(&rows(MARKETS, PRODUCTS, 0.0)));
    let ended = bench.run(["fit", "study", "--json"]).ends(3);
    let fit = json(&ended);
    withheld(&fit, "weak-instruments");
    let sets = fit["conclusions"]["robust_sets"].as_array().expect("sets");
    assert_eq!(sets[0]["name"], "beta[price]");
    assert!(sets[0]["shape"].is_string());
    let text = bench.run(["fit", "study"]).ends(3).stdout;
    assert!(text.contains("Robust 95% set"), "{text}");
    let wide = text.lines().find(|l| l.chars().count() > 80);
    assert_eq!(wide, None);
}

#[test]
fn cost_shifters_that_are_no_instruments_are_named() {
    let study = LOGIT
        .replace("[\"z*\"]", "[\"z2\"]\nbeta = { price = -2.0 }")
        .replace(
            "[estimate.report]",
            "[estimate.supply]\ncost = \"1 + x + z0\"\n[estimate.report]",
        );
    let text = bench(&study, &csv(&panel())).run(["fit", "study"]);
    let advice = "are not among them: z0";
    let words: Vec<&str> = text.stdout.split_whitespace().collect();
    assert!(words.join(" ").contains(advice), "{}", text.stdout);
}

#[test]
fn few_clusters_withhold_errors() {
    let study = LOGIT
        .replace("[estimate]\n", "[data.columns]\ncluster = \"firm\"\n[estimate]\nweighting = \"robust\"\nerrors = \"clustered\"\n");
    let bench = bench(&study, &csv(&panel()));
    let ended = bench.run(["fit", "study", "--json"]).ends(3);
    withheld(&json(&ended), "clusters");
}

#[test]
fn an_empty_table_is_refused() {
    refused(&bench(STUDY, &csv(&[])), &["products.csv", "rows"]);
    refused(&bench(STUDY, ""), &["products.csv"]);
}

/// A study whose consumers stand in a table of their own.
fn with_consumers(consumers: &str) -> Bench {
    let study = STUDY
        .replace("integration = { rule = \"product\", size = 5 }\n", "")
        .replace(
            "products = \"products.csv\"",
            "products = \"products.csv\"\nconsumers = \"consumers.csv\"",
        );
    let bench = bench(&study, &csv(&panel()));
    bench.write("study/consumers.csv", consumers);
    bench
}

fn consumers(weight: f64, markets: std::ops::Range<usize>) -> String {
    let pair = |t: usize| [-1.0, 1.0].map(|node: f64| format!("t{t},{weight},{node}\n"));
    let lines: Vec<String> = markets.flat_map(pair).collect();
    format!("market,weight,nodes0\n{}", lines.concat())
}

#[test]
fn consumers_that_do_not_fit_are_refused() {
    let fine = with_consumers(&consumers(0.5, 0..MARKETS));
    fine.run(["fit", "study", "--json"]).ends(0);
    let missing = with_consumers(&consumers(0.5, 0..MARKETS - 1));
    refused(&missing, &["t39"]);
    let more = with_consumers(&consumers(0.5, 0..MARKETS + 1));
    refused(&more, &["t40"]);
    let heavy = with_consumers(&consumers(1.0, 0..MARKETS));
    refused(&heavy, &["2", "normalise"]);
    let negative = consumers(0.5, 0..MARKETS).replacen("t3,0.5", "t3,-1", 1);
    refused(&with_consumers(&negative), &["consumers.csv", "8", "-1"]);
}

#[test]
fn what_would_be_ignored_is_refused() {
    let built = "\n[[estimate.demand.built]]\nkind = \"sums\"\nof = \"0 + x\"\ninteract = true\n";
    let sums = bench(&format!("{LOGIT}{built}"), &csv(&panel()));
    refused(&sums, &["interact", "local-differences"]);
    // A demographic of each product, and one of all.
    let study = STUDY
        .replace(
            "sigma = [0.5]",
            "sigma = [0.5]\ndemographics = \"0 + d\"\npi = [[0.1]]",
        )
        .replace("integration = { rule = \"product\", size = 5 }\n", "")
        .replace(
            "products = \"products.csv\"",
            "products = \"products.csv\"\nconsumers = \"consumers.csv\"",
        );
    let twice = consumers(0.5, 0..MARKETS).replace("nodes0", "nodes0,d,d0");
    let twice = twice.lines().enumerate().map(|(k, line)| match k {
        0 => format!("{line}\n"),
        _ => format!("{line},{k},1\n"),
    });
    let bench = bench(&study, &csv(&panel()));
    bench.write("study/consumers.csv", &twice.collect::<String>());
    refused(&bench, &["demographics", "`d`", "`d0`"]);
}

#[test]
fn starting_values_without_sense_end_soon() {
    let study = |sigma: &str| STUDY.replace("sigma = [0.5]", &format!("sigma = [{sigma}]"));
    let huge = bench(&study("1e6"), &csv(&panel()));
    refused(&huge, &["study.toml", "1e6", "10000"]);
    let large = bench(&study("9999"), &csv(&panel()));
    let ended = large.run(["fit", "study", "--json"]);
    assert!(matches!(ended.code, Some(3 | 4)), "{:?}", ended.code);
    if ended.stdout.is_empty() {
        let told = told(&ended);
        assert!(told.contains("`entrant explain start`"), "{told}");
        large.run(["explain", "start"]).ends(0);
    } else {
        withheld(&json(&ended), "optimum");
    }
}

#[test]
fn text_that_is_not_a_table_is_refused() {
    let good = csv(&panel());
    let line = good.lines().nth(3).expect("a line").to_owned();
    let with = |to: &str| good.replacen(&line, to, 1);
    let short = line.rsplit_once(',').expect("cells").0.to_owned();
    refused(&bench(STUDY, &with(&short)), &["products.csv", "4"]);
    let comma = line.replacen("j2", "j2\",\"", 1);
    refused(&bench(STUDY, &with(&comma)), &["products.csv"]);
    // Bytes that are no text.
    let bench = bench(STUDY, &good);
    let mut bytes = good.clone().into_bytes();
    bytes[80] = 0xff;
    std::fs::write(bench.path("study/products.csv"), bytes).expect("written");
    refused(&bench, &["products.csv"]);
}

#[test]
fn line_ends_and_marks_at_the_start_change_nothing() {
    let good = csv(&panel());
    let fit = |text: &str| {
        let ended = bench(LOGIT, text).run(["fit", "study", "--json"]).ends(0);
        json(&ended)["parameters"].clone()
    };
    let plain = fit(&good);
    assert_eq!(fit(&good.replace('\n', "\r\n")), plain);
    assert_eq!(fit(&format!("\u{feff}{good}")), plain);
}

#[test]
fn tables_of_absurd_size_are_refused_or_read() {
    let wide = "x,".repeat(1_000_000) + "\n";
    refused(&bench(STUDY, &wide), &["products.csv"]);
    let mut rows = panel();
    rows[0].product = "j".repeat(10 << 20);
    let ended = bench(LOGIT, &csv(&rows)).run(["fit", "study", "--json", "--draws", "0"]);
    assert!(matches!(ended.code, Some(0 | 2)), "{:?}", ended.code);
}

#[test]
fn a_damaged_parquet_table_is_refused() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = folder.join("../../studies/nevo-cereal");
    let whole = std::fs::read(folder.join("products.parquet")).expect("a table");
    let damaged = |bytes: &[u8]| {
        let bench = Bench::empty();
        std::fs::create_dir(bench.path("study")).expect("a folder");
        for name in ["study.toml", "consumers.parquet"] {
            let to = bench.path("study").join(name);
            std::fs::copy(folder.join(name), to).expect("a copy");
        }
        std::fs::write(bench.path("study/products.parquet"), bytes).expect("written");
        bench
    };
    refused(&damaged(&whole[..whole.len() / 2]), &["products.parquet"]);
    refused(&damaged(b"PAR1PAR1"), &["products.parquet"]);
    let mut footer = whole.clone();
    let at = footer.len() - 8;
    footer[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    refused(&damaged(&footer), &["products.parquet"]);
}
