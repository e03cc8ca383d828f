//! What the program says about mistakes.

use serde_json::Value;

use crate::bench::Bench;

/// Asserts that nothing in a text acts on a terminal.
fn harmless(text: &str) {
    let acts = |c: char| c != '\n' && (c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c));
    assert!(!text.contains(acts), "{text:?}");
}

#[test]
fn an_unknown_key_is_shown_in_its_line_with_a_hint() {
    let bench = Bench::with_study();
    bench.edit("study/study.toml", "\nconduct =", "\nconductt =");
    for command in ["run", "check", "fit"] {
        let ended = bench.run([command, "study"]).ends(2);
        assert!(ended.stdout.is_empty(), "{}", ended.stdout);
        let stderr = &ended.stderr;
        let line = stderr
            .lines()
            .find(|l| l.contains("--> study/study.toml:"))
            .expect("a place");
        assert!(line.ends_with(":1"), "{line}");
        for part in [
            "error: unknown key `conductt`",
            "conductt = \"bertrand\"",
            "^^^^^^^^ supply.conductt",
        ] {
            assert!(stderr.contains(part), "{part} in\n{stderr}");
        }
        assert!(
            stderr.contains("= hint: did you mean `conduct`?"),
            "{stderr}"
        );
        assert!(
            stderr.ends_with("error: 1 mistake in `study`\n"),
            "{stderr}"
        );
    }
}

#[test]
fn mistakes_in_tables_are_shown_in_their_lines() {
    let bench = Bench::with_study();
    bench.edit("study/products.csv", ",2490,", ",-2490,");
    bench.edit("study/products.csv", ",1690,", ",dear,");
    let stderr = bench.run(["check", "study"]).ends(2).stderr;
    for part in [
        "--> study/products.csv:3:",
        "^^^^^ row 2, column price",
        "--> study/products.csv:5:",
        "^^^^ row 4",
    ] {
        assert!(stderr.contains(part), "{part} in\n{stderr}");
    }
    assert!(
        stderr.ends_with("error: 2 mistakes in `study`\n"),
        "{stderr}"
    );
}

#[test]
fn check_tells_mistakes_as_json() {
    let bench = Bench::with_study();
    bench.edit("study/products.csv", ",2490,", ",-2490,");
    let ended = bench.run(["check", "study", "--json"]).ends(2);
    let found: Value = serde_json::from_str(&ended.stdout).expect("one document");
    let mistake = &found["mistakes"][0];
    assert_eq!(
        (&mistake["file"], &mistake["line"]),
        (&"products.csv".into(), &3.into())
    );
    assert_eq!(mistake["value"], "-2490");
    bench.edit("study/products.csv", ",-2490,", ",2490,");
    let ended = bench.run(["check", "study", "--json"]).ends(0);
    let found: Value = serde_json::from_str(&ended.stdout).expect("one document");
    assert_eq!(found["mistakes"], Value::Array(vec![]));
    assert_eq!(found["findings"][0]["level"], "ok");
}

#[test]
fn hostile_names_do_nothing_to_the_terminal() {
    let bench = Bench::with_study();
    let name = "Evil\u{1b}]0;owned\u{7}\u{202e}";
    bench.edit("study/products.csv", "Pedalo Basic,", &format!("{name},"));
    bench.edit(
        "study/study.toml",
        "like = \"Pedalo Plus\"",
        "like = \"Pe\\u001B[31mo \\u202E\"",
    );
    for flags in [vec!["check", "study"], vec!["check", "study", "--json"]] {
        let ended = bench.run(flags).ends(2);
        harmless(&ended.stderr);
        harmless(&ended.stdout);
        assert!(
            ended.stderr.contains("Evil\\u{1b}]0;owned\\u{7}\\u{202e}"),
            "{}",
            ended.stderr
        );
        assert!(
            ended.stderr.contains("Pe\\u{1b}[31mo \\u{202e}"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn hostile_words_in_an_answer_do_nothing_to_the_terminal() {
    let bench = Bench::with_study();
    bench.edit(
        "study/study.toml",
        "title = \"Kettu sells online only\"",
        "title = \"On\\u001B[31m \\u009B \\u202Eline\"",
    );
    for more in [None, Some("--json")] {
        let args = ["run", "study", "-v", "--draws", "3"]
            .into_iter()
            .chain(more);
        let ended = bench.run(args).ends(0);
        harmless(&ended.stdout);
        harmless(&ended.stderr);
    }
    harmless(&String::from_utf8(bench.read("out/study/results.json")).expect("text"));
}

#[test]
fn many_mistakes_are_counted_not_poured() {
    let bench = Bench::with_study();
    let rows = "P,F,F,-1,0.1,1,1,verified,x\n".repeat(60);
    let text = String::from_utf8(bench.read("study/products.csv")).expect("text");
    bench.write("study/products.csv", &(text + &rows));
    let stderr = bench.run(["check", "study"]).ends(2).stderr;
    assert_eq!(stderr.matches("-->").count(), 20);
    assert!(stderr.contains("of them not shown"), "{stderr}");
}

#[test]
fn very_long_lines_are_not_shown() {
    let bench = Bench::with_study();
    let title = "x".repeat(100_000);
    bench.edit(
        "study/study.toml",
        "currency = \"EUR\"",
        &format!("currency = [\"{title}\"]"),
    );
    let stderr = bench.run(["check", "study"]).ends(2).stderr;
    assert!(stderr.len() < 2000, "{}", stderr.len());
    assert!(stderr.contains("--> study/study.toml:"), "{stderr}");
}

#[test]
fn a_study_that_is_not_there_says_what_to_do() {
    let bench = Bench::empty();
    let stderr = bench.run(["run", "nowhere"]).ends(2).stderr;
    assert!(stderr.contains("cannot read the study"), "{stderr}");
    assert!(stderr.contains("`entrant new DIR` makes one"), "{stderr}");
    let stderr = bench.run(["report", "nowhere"]).ends(2).stderr;
    assert!(stderr.contains("cannot read the results"), "{stderr}");
}

#[test]
fn results_of_another_format_are_refused() {
    let bench = Bench::empty();
    bench.write("results.json", "{\"schema\": \"entrant.results/0\"}");
    let stderr = bench.run(["report", "results.json"]).ends(2).stderr;
    assert!(stderr.contains("`entrant.results/0`"), "{stderr}");
}

#[test]
fn usage_errors_are_bad_input() {
    let bench = Bench::empty();
    let wrong: [&[&str]; 6] = [
        &["runn"],
        &["run"],
        &["run", "study", "--draws", "0"],
        &["run", "study", "--threads", "many"],
        &["schema", "studies"],
        &["run", "study", "-q", "-v"],
    ];
    for args in wrong {
        let ended = bench.run(args).ends(2);
        assert!(ended.stdout.is_empty(), "{args:?}");
        assert!(
            ended.stderr.starts_with("error:"),
            "{args:?}: {}",
            ended.stderr
        );
    }
}
