//! `backtest` on studies of both kinds.

use crate::bench::Bench;
use crate::estimate::json;
use crate::panel::{LOGIT, bench, csv, rows};

/// A plain logit without supply, with four markets to predict.
fn panel() -> Bench {
    let table = csv(&rows(24, 6, 1.0));
    let test = "[settings]\ndraws = 40\n[backtest]\nfirst = \"t20\"\nestimates = 4\n";
    bench(&(LOGIT.to_owned() + test), &table)
}

#[test]
fn a_panel_is_predicted_market_by_market() {
    let bench = panel();
    let ended = bench.run(["backtest", "study", "--out", "out"]).ends(0);
    for word in [
        "4 markets (t20 to t23)",
        "Shares of staying products (24)",
        "constant elasticity",
        "Held",
    ] {
        assert!(ended.stdout.contains(word), "{word} in\n{}", ended.stdout);
    }
    let widest = ended.stdout.lines().map(|l| l.chars().count()).max();
    assert!(widest <= Some(80), "{widest:?}:\n{}", ended.stdout);
    assert_eq!(
        bench.names("out"),
        ["backtest.html", "backtest.json", "tables"]
    );
    let document = bench.json("out/backtest.json");
    assert_eq!(document["schema"], "entrant.backtest/1");
    // Without costs nobody solves for prices, and the model is told them.
    assert_eq!(
        document["panel"]["forecasters"][0]["name"],
        "model, prices known"
    );
    assert_eq!(
        document["panel"]["markets"].as_array().map(Vec::len),
        Some(4)
    );
    let table = String::from_utf8(bench.read("out/tables/backtest_products.csv")).expect("text");
    assert_eq!(table.lines().count(), 1 + 24 * 4);
    let page = String::from_utf8(bench.read("out/backtest.html")).expect("text");
    assert!(page.contains("Back-test") && !page.contains("<script"));
    // The same again, on standard output, with other threads, into the same folder.
    let again = bench.run([
        "backtest",
        "study",
        "--json",
        "--threads",
        "1",
        "--out",
        "out",
    ]);
    assert_eq!(json(&again.ends(0)), document);
}

#[test]
fn a_folder_with_other_things_is_left_alone() {
    let bench = panel();
    std::fs::create_dir(bench.path("out")).expect("a folder");
    bench.write("out/notes.txt", "mine");
    let ended = bench.run(["backtest", "study", "--out", "out"]).ends(2);
    assert!(ended.stderr.contains("notes.txt"), "{}", ended.stderr);
    assert_eq!(bench.names("out"), ["notes.txt"]);
}

#[test]
fn mistakes_in_the_table_are_told_with_their_place() {
    let bench = panel();
    bench.edit("study/study.toml", "\"t20\"", "\"t99\"\nproduct = \"name\"");
    let ended = bench.run(["backtest", "study"]).ends(2);
    for word in [
        "there is no market `t99`",
        "there is no column `name`",
        "study.toml",
    ] {
        assert!(ended.stderr.contains(word), "{word} in\n{}", ended.stderr);
    }
    bench.edit("study/study.toml", "\"t99\"\nproduct = \"name\"", "\"t0\"");
    let ended = bench.run(["backtest", "study"]).ends(2);
    assert!(
        ended.stderr.contains("nothing comes before"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_study_without_the_table_says_what_to_add() {
    let bench = bench(LOGIT, &csv(&rows(24, 6, 1.0)));
    let ended = bench.run(["backtest", "study"]).ends(2);
    assert!(ended.stderr.contains("[backtest]"), "{}", ended.stderr);
    let other = Bench::with_study();
    let ended = other.run(["backtest", "study"]).ends(2);
    assert!(ended.stderr.contains("[backtest]"), "{}", ended.stderr);
}
