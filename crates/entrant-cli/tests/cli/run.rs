//! `run`, `fit` and `report`: files, numbers and exit codes.

use serde_json::Value;

use crate::bench::Bench;

const RUN: [&str; 4] = ["run", "study", "--draws", "12"];

fn run_with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&RUN, more].concat()
}

/// Calls `see` with every object in a value.
fn objects<'a>(value: &'a Value, see: &mut impl FnMut(&'a serde_json::Map<String, Value>)) {
    match value {
        Value::Array(items) => items.iter().for_each(|v| objects(v, see)),
        Value::Object(map) => {
            see(map);
            map.values().for_each(|v| objects(v, see));
        }
        _ => {}
    }
}

#[test]
fn a_run_writes_everything_and_prints_the_answer() {
    let bench = Bench::with_study();
    let ended = bench.run(RUN).ends(0);
    assert!(ended.stdout.starts_with("Kettu enters the e-bike market\n"));
    assert!(
        ended.stdout.lines().all(|l| l.chars().count() <= 80),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stderr.contains("wrote out/study/results.json"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("12 draws in"), "{}", ended.stderr);
    assert_eq!(
        bench.names("out/study"),
        ["report.html", "results.json", "tables"]
    );
    assert!(
        bench
            .names("out/study/tables")
            .contains(&"products.csv".to_owned())
    );
}

#[test]
fn every_estimate_has_a_level_and_a_status() {
    let bench = Bench::with_study();
    bench.run(RUN).ends(0);
    let results = bench.json("out/study/results.json");
    assert_eq!(results["schema"], "entrant.results/1");
    assert_eq!(results["settings"]["draws"], 12);
    let (mut estimates, mut statuses) = (0, 0);
    objects(&results, &mut |map| {
        // Diversion tables carry one level and status for their whole matrix.
        if map.contains_key("median") {
            estimates += 1;
            assert_eq!(map["level"], 0.9);
        }
        if map.contains_key("median") || map.contains_key("status") {
            statuses += 1;
            let status = map["status"].as_str().expect("a status");
            assert!(["exact", "certified"].contains(&status), "{status}");
        }
    });
    assert!(
        estimates > 200 && statuses > estimates,
        "{estimates} {statuses}"
    );
}

#[test]
fn json_is_the_results_file_and_nothing_else() {
    let bench = Bench::with_study();
    let ended = bench.run(run_with(&["--json"])).ends(0);
    assert_eq!(
        ended.stdout.as_bytes(),
        bench.read("out/study/results.json")
    );
    assert_eq!(ended.stdout.matches('\n').count(), 1);
    let results: Value = serde_json::from_str(&ended.stdout).expect("one document");
    assert_eq!(results["entrant"], "Kettu");
}

#[test]
fn threads_do_not_change_a_byte_and_the_seed_does() {
    let bench = Bench::with_study();
    bench
        .run(run_with(&["--threads", "1", "--out", "one"]))
        .ends(0);
    bench
        .run(run_with(&["--threads", "2", "--out", "two"]))
        .ends(0);
    bench
        .run(run_with(&["--seed", "9", "--out", "other"]))
        .ends(0);
    assert_eq!(
        bench.read("one/results.json"),
        bench.read("two/results.json")
    );
    assert_ne!(
        bench.read("one/results.json"),
        bench.read("other/results.json")
    );
}

#[test]
fn the_report_is_made_again_byte_for_byte() {
    let bench = Bench::with_study();
    bench.run(RUN).ends(0);
    let page = bench.read("out/study/report.html");
    let firms = bench.read("out/study/tables/firms.csv");
    bench.write("out/study/report.html", "gone");
    bench.write("out/study/tables/firms.csv", "gone");
    let ended = bench.run(["report", "out/study"]).ends(0);
    assert!(ended.stdout.is_empty(), "{}", ended.stdout);
    assert_eq!(bench.read("out/study/report.html"), page);
    assert_eq!(bench.read("out/study/tables/firms.csv"), firms);
    bench
        .run(["report", "out/study/results.json", "--out", "page.html"])
        .ends(0);
    assert_eq!(bench.read("page.html"), page);
    let ended = bench.run(["report", "out/study", "--out", "-"]).ends(0);
    assert_eq!(ended.stdout.as_bytes(), page);
}

#[test]
fn the_page_never_replaces_the_results() {
    let bench = Bench::with_study();
    bench.run(RUN).ends(0);
    let results = bench.read("out/study/results.json");
    for source in ["out/study", "out/study/results.json"] {
        let args = ["report", source, "--out", "out/study/results.json"];
        assert!(bench.run(args).ends(2).stderr.contains("it is the results"));
    }
    assert_eq!(bench.read("out/study/results.json"), results);
}

#[test]
fn an_earlier_run_is_replaced_and_nothing_else_is() {
    let bench = Bench::with_study();
    bench.run(RUN).ends(0);
    bench.run(RUN).ends(0);
    bench.write("out/study/tables/mine.csv", "a\n1\n");
    let ended = bench.run(RUN).ends(2);
    assert!(
        ended.stderr.contains("`out/study` holds `tables/mine.csv`"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("--force"));
    let ended = bench.run(run_with(&["--out", "study"])).ends(2);
    assert!(
        ended.stderr.contains("`study` holds `brands.csv`"),
        "{}",
        ended.stderr
    );
    bench.run(run_with(&["--force"])).ends(0);
    assert_eq!(bench.read("out/study/tables/mine.csv"), b"a\n1\n");
}

#[test]
fn tables_that_a_run_no_longer_has_go() {
    let bench = Bench::with_study();
    bench.run(RUN).ends(0);
    let mut earlier = bench.json("out/study/results.json");
    earlier["backtest"] =
        serde_json::json!({"market": "2025", "conditioning": "", "rows": [], "scores": []});
    bench.write("out/study/results.json", &earlier.to_string());
    bench.run(["report", "out/study"]).ends(0);
    assert!(bench.path("out/study/tables/backtest.csv").is_file());
    bench.run(RUN).ends(0);
    assert!(!bench.path("out/study/tables/backtest.csv").exists());
}

#[test]
fn the_default_folder_is_named_after_the_study() {
    let bench = Bench::with_study();
    let mut command = bench.command(["run", ".", "--draws", "2"]);
    let status = command.current_dir(bench.path("study")).status();
    assert_eq!(status.expect("it runs").code(), Some(0));
    assert!(bench.path("study/out/study/report.html").is_file());
}

#[test]
fn a_folder_with_other_results_is_not_touched() {
    let bench = Bench::with_study();
    std::fs::create_dir(bench.path("other")).expect("a folder");
    bench.write("other/results.json", "{\"mine\": 1}");
    let ended = bench.run(run_with(&["--out", "other"])).ends(2);
    assert!(
        ended.stderr.contains("`other` holds `results.json`"),
        "{}",
        ended.stderr
    );
    assert_eq!(bench.read("other/results.json"), b"{\"mine\": 1}");
}

#[test]
fn a_folder_that_cannot_be_made_is_bad_input() {
    let bench = Bench::with_study();
    let ended = bench.run(run_with(&["--out", "study/study.toml"])).ends(2);
    assert!(ended.stderr.contains("cannot write"), "{}", ended.stderr);
    let ended = bench
        .run(run_with(&["--out", "study/study.toml/below"]))
        .ends(2);
    assert!(ended.stderr.contains("cannot write"), "{}", ended.stderr);
}

#[test]
fn a_study_that_is_not_identified_ends_with_3() {
    let bench = Bench::with_study();
    let text = String::from_utf8(bench.read("study/study.toml")).expect("text");
    let (from, to) = (text.rfind("[[demand.target]]"), text.find("[supply]"));
    let (from, to) = (from.expect("a target"), to.expect("supply"));
    bench.write("study/study.toml", &(text[..from].to_owned() + &text[to..]));
    for command in ["run", "fit"] {
        let ended = bench.run([command, "study", "--draws", "2"]).ends(3);
        assert!(ended.stdout.is_empty(), "{}", ended.stdout);
        assert!(
            ended.stderr.contains("do not determine the parameters"),
            "{}",
            ended.stderr
        );
    }
    let ended = bench.run(["check", "study"]).ends(3);
    assert!(
        ended.stdout.contains("error[identification]"),
        "{}",
        ended.stdout
    );
    assert!(!bench.path("out").exists());
}

#[test]
fn an_economy_without_equilibrium_is_refused_with_4() {
    let bench = Bench::with_study();
    bench.edit(
        "study/study.toml",
        "\nsensitivity = \"calibrate\"",
        "\nsensitivity = 0.0002",
    );
    bench.edit(
        "study/study.toml",
        "\nspread = \"calibrate\"",
        "\nspread = 2.5",
    );
    let ended = bench.run(["run", "study", "--draws", "2"]).ends(4);
    assert!(
        ended.stderr.contains("no equilibrium") && ended.stderr.contains("`2025`"),
        "{}",
        ended.stderr
    );
    assert!(!bench.path("out/study/results.json").exists());
}

#[test]
fn too_many_lost_draws_end_with_4_and_say_where() {
    let bench = Bench::with_study();
    // At the median the market is an equilibrium; at spreads far above one it is not.
    bench.edit(
        "study/study.toml",
        "\nspread = \"calibrate\"",
        "\nspread = { dist = \"lognormal\", median = 0.4, sigma = 1.5 }",
    );
    let ended = bench.run(["run", "study", "--draws", "60"]).ends(4);
    assert!(
        ended.stderr.contains("error: do not use this answer"),
        "{}",
        ended.stderr
    );
    assert!(bench.path("out/study/results.json").is_file());
}

#[test]
fn fit_prints_parameters_targets_and_costs() {
    let bench = Bench::with_study();
    let ended = bench.run(["fit", "study", "--draws", "5"]).ends(0);
    for words in [
        "price sensitivity",
        "margin of Velora",
        "Pedalo Basic",
        "ok[inversion]",
    ] {
        assert!(ended.stdout.contains(words), "{words} in\n{}", ended.stdout);
    }
    assert!(
        ended.stdout.lines().all(|l| l.chars().count() <= 80),
        "{}",
        ended.stdout
    );
    let ended = bench
        .run(["fit", "study", "--draws", "5", "--json"])
        .ends(0);
    let fit: Value = serde_json::from_str(&ended.stdout).expect("one document");
    assert_eq!(
        (&fit["schema"], &fit["settings"]["draws"]),
        (&"entrant.fit/1".into(), &5.into())
    );
    assert_eq!(fit["calibration"][0]["identification"], "exact");
}
