//! `new`, `check`, `schema`, `explain`, `completions` and help.

use serde_json::Value;

use crate::bench::Bench;

#[test]
fn a_new_study_is_sound_and_is_never_overwritten() {
    let bench = Bench::empty();
    let ended = bench.run(["new", "study"]).ends(0);
    assert!(ended.stdout.is_empty(), "{}", ended.stdout);
    assert!(
        ended.stderr.contains("wrote study/study.toml"),
        "{}",
        ended.stderr
    );
    let ended = bench.run(["check", "study"]).ends(0);
    assert!(ended.stdout.contains("ok[prices]"), "{}", ended.stdout);
    assert!(ended.stderr.contains("passed checks"), "{}", ended.stderr);
    let ended = bench.run(["new", "study"]).ends(2);
    assert!(
        ended.stderr.contains("the folder is not empty"),
        "{}",
        ended.stderr
    );
}

#[test]
fn schemas_name_every_key_at_the_top() {
    let bench = Bench::with_study();
    let study: Value =
        serde_json::from_str(&bench.run(["schema", "study"]).ends(0).stdout).expect("JSON");
    let keys = [
        "title", "data", "market", "segment", "inputs", "demand", "supply", "entrant", "scenario",
    ];
    for key in keys
        .into_iter()
        .chain(["worth", "report", "settings", "backtest", "notes"])
    {
        assert!(study["properties"].get(key).is_some(), "{key}");
    }
    let results: Value =
        serde_json::from_str(&bench.run(["schema", "results"]).ends(0).stdout).expect("JSON");
    bench.run(["run", "study", "--draws", "2"]).ends(0);
    let written = bench.json("out/study/results.json");
    for key in written.as_object().expect("an object").keys() {
        assert!(results["properties"].get(key).is_some(), "{key}");
    }
}

#[test]
fn diagnostics_are_listed_and_explained() {
    let bench = Bench::empty();
    let list = bench.run(["explain"]).ends(0).stdout;
    for code in ["inversion", "identification", "equilibrium", "draws"] {
        assert!(list.contains(&format!("{code}: ")), "{code} in\n{list}");
        let text = bench.run(["explain", code]).ends(0).stdout;
        assert!(
            text.starts_with(code) && text.lines().all(|l| l.chars().count() <= 80),
            "{text}"
        );
    }
    let ended = bench.run(["explain", "equilibriun"]).ends(2);
    assert!(
        ended.stderr.contains("did you mean `equilibrium`?"),
        "{}",
        ended.stderr
    );
}

#[test]
fn every_diagnostic_of_a_run_can_be_explained() {
    let bench = Bench::with_study();
    bench.run(["run", "study", "--draws", "2"]).ends(0);
    let results = bench.json("out/study/results.json");
    for finding in results["findings"].as_array().expect("findings") {
        bench
            .run(["explain", finding["code"].as_str().expect("a code")])
            .ends(0);
    }
}

#[test]
fn completions_are_there_for_every_shell() {
    let bench = Bench::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = bench.run(["completions", shell]).ends(0).stdout;
        for word in ["completions", "explain", "draws", "threads"] {
            assert!(script.contains(word), "{word} for {shell}");
        }
    }
}

#[test]
fn help_has_exit_codes_and_examples() {
    let bench = Bench::empty();
    let help = bench.run(["--help"]).ends(0).stdout;
    for part in [
        "Exit codes:",
        "130  interrupted",
        "not identified",
        "NO_COLOR",
        "Examples:",
    ] {
        assert!(help.contains(part), "{part}");
    }
    for command in [
        "run",
        "check",
        "fit",
        "report",
        "explain",
        "new",
        "schema",
        "completions",
    ] {
        let help = bench.run([command, "--help"]).ends(0).stdout;
        assert!(help.contains("Examples:"), "{command}");
        assert!(help.contains(&format!("entrant {command}")), "{command}");
    }
    assert!(
        bench
            .run(["--version"])
            .ends(0)
            .stdout
            .starts_with("entrant ")
    );
    assert!(
        bench
            .run::<&str>([])
            .ends(2)
            .stderr
            .contains("Usage: entrant")
    );
}
