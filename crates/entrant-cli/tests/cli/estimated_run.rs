//! `run` and `check` on estimated studies: the same bytes for any threads, what is printed and
//! written, and mistakes in scenarios.

use std::path::Path;

use serde_json::Value;

use crate::bench::Bench;

/// A copy of Nevo's cereal study in two of its markets.
fn cereal() -> Bench {
    let bench = Bench::empty();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../studies/nevo-cereal");
    std::fs::create_dir(bench.path("study")).expect("a folder");
    for name in ["study.toml", "products.parquet", "consumers.parquet"] {
        let to = bench.path("study").join(name);
        std::fs::copy(from.join(name), to).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    let markets = "markets = [\"C01*\"]\n\n[data]\n";
    bench.edit("study/study.toml", "[data]\n", markets);
    bench
}

const RUN: [&str; 4] = ["run", "study", "--draws", "6"];

#[test]
fn any_threads_give_the_same_bytes_and_another_seed_does_not() {
    let bench = cereal();
    for (threads, out) in [("1", "one"), ("2", "two"), ("8", "eight")] {
        let ended = bench.run([&RUN[..], &["--threads", threads, "--out", out]].concat());
        ended.ends(0);
    }
    let one = bench.read("one/results.json");
    assert_eq!(one, bench.read("two/results.json"));
    assert_eq!(one, bench.read("eight/results.json"));
    assert_eq!(
        bench.read("one/report.html"),
        bench.read("eight/report.html")
    );
    bench
        .run([&RUN[..], &["--seed", "9", "--out", "other"]].concat())
        .ends(0);
    assert_ne!(one, bench.read("other/results.json"));
}

#[test]
fn a_run_goes_on_from_the_evaluations_of_an_earlier_one() {
    let bench = cereal();
    let run = |out: &str| {
        let more = ["--checkpoint", "kept", "--draws", "2", "--out", out];
        bench.run([&["run", "study"][..], &more].concat())
    };
    run("one").ends(0);
    let kept = bench.read("kept");
    assert!(!kept.is_empty());
    run("two").ends(0);
    // The same results, with less work: of the search, no evaluation is made twice.
    let [(one, first), (two, second)] = ["one", "two"].map(|out| {
        let mut results = bench.json(&format!("{out}/results.json"));
        let work = results["estimation"]["work"].take();
        (results, work)
    });
    assert_eq!(one, two);
    assert_eq!(first["recalled"], 0);
    let count = |of: &Value, what: &str| of[what].as_u64().expect("a count");
    assert_eq!(
        count(&second, "recalled") + 1,
        count(&second, "evaluations")
    );
    assert!(10 * count(&second, "share_evaluations") < count(&first, "share_evaluations"));
    assert_eq!(bench.read("kept"), kept);
    // It is read: one that is damaged is refused.
    bench.write("kept", "{");
    assert!(run("three").ends(2).stderr.contains("kept"));
    assert!(!bench.path("three/results.json").exists());
}

#[test]
fn a_run_shows_estimates_and_all_markets_together() {
    let bench = cereal();
    let ended = bench.run(RUN).ends(0);
    let lines = || ended.stdout.lines();
    assert!(lines().all(|l| l.chars().count() <= 80), "{}", ended.stdout);
    let text: String = lines().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("Firms 2 and 1 merge: prices of firms 2 and 1 change by"),
        "{text}"
    );
    assert!(text.contains("2 markets together"), "{text}");
    let results = bench.json("out/study/results.json");
    assert_eq!(results["estimation"]["status"], "converged");
    assert_eq!(results["calibration"].as_array().map(Vec::len), Some(0));
    let scenario = &results["scenarios"][0];
    assert_eq!(scenario["markets"].as_array().map(Vec::len), Some(2));
    assert_eq!(scenario["together"]["market"], "2 markets together");
    let page = String::from_utf8(bench.read("out/study/report.html")).expect("text");
    assert!(page.contains("The estimates") && page.contains("pi[prices, income_squared]"));
    assert!(!page.contains("<h3>Calibration</h3>"));
    let tables = String::from_utf8(bench.read("out/study/tables/scenarios.csv")).expect("text");
    assert!(tables.contains("C01Q2") && tables.contains("2 markets together"));
}

#[test]
fn mistakes_in_scenarios_are_told_by_check() {
    let bench = cereal();
    bench.edit(
        "study/study.toml",
        "markets = [\"C01*\"]",
        "markets = [\"C99Q1\"]",
    );
    bench.edit("study/study.toml", "like = \"F1B04\"", "like = \"F9B99\"");
    bench.edit(
        "study/study.toml",
        "[report]\n",
        "[[scenario]]\nid = \"sweet\"\ntitle = \"Sweeter\"\n[[scenario.characteristic]]\nproduct = \"F1B04\"\ncolumn = \"sugar\"\nvalue = 9\n[[scenario.merge]]\nfirms = [\"2\", \"77\"]\n\n[report]\n",
    );
    let ended = bench.run(["check", "study"]).ends(2);
    for mistake in [
        "this names no market",
        "there is no product on sale `F9B99`",
        "`sugar` has no coefficient of its own",
        "there is no firm `77`",
        "4 mistakes",
    ] {
        assert!(
            ended.stderr.contains(mistake),
            "{mistake}: {}",
            ended.stderr
        );
    }
}

#[test]
fn estimates_that_may_not_be_used_give_no_scenario() {
    let bench = cereal();
    let optimizer = "[estimate.optimizer]\nevaluations = 1\n\n[estimate.demand]\n";
    bench.edit("study/study.toml", "[estimate.demand]\n", optimizer);
    let ended = bench.run(RUN).ends(4);
    assert!(
        ended.stderr.contains("the estimates may not be used"),
        "{}",
        ended.stderr
    );
    assert!(ended.stdout.is_empty() && !bench.path("out").exists());
}
