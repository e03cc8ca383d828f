//! Writing whole files or none, and reading results back.

use std::collections::BTreeSet;
use std::fs;

use entrant_data::result::{Results, SCHEMA};
use entrant_io::{file_name, read_results, write_results, write_text};

use crate::common::Folder;

fn results() -> Results {
    let json = format!(
        r#"{{"schema": "{SCHEMA}", "version": "0", "title": "t", "question": "q", "currency": "USD",
        "notes": [], "settings": {{"draws": 1, "seed": 1, "level": 0.9, "nodes": 9, "fingerprint": "f"}},
        "answer": ["a"], "headline": "h", "entrant": "", "focus": [], "calibration": [],
        "scenarios": [], "inputs": [], "drivers": [], "benchmarks": [], "backtest": null,
        "findings": []}}"#
    );
    serde_json::from_str(&json).expect("results")
}

#[test]
fn results_come_back_as_they_went() {
    let folder = Folder::new();
    let dir = folder.path().join("out/deep");
    let path = write_results(&dir, &results()).expect("written");
    assert_eq!(read_results(&path).expect("read"), results());
    assert_eq!(read_results(&dir).expect("read"), results());
    assert_eq!(
        fs::read_dir(&dir).expect("there").count(),
        1,
        "no other file is left"
    );
}

#[test]
fn an_older_file_is_replaced_whole() {
    let folder = Folder::new();
    let path = folder.path().join("a.txt");
    write_text(&path, "old and long").expect("written");
    write_text(&path, "new").expect("written");
    assert_eq!(fs::read_to_string(&path).expect("there"), "new");
}

#[test]
fn what_cannot_be_written_says_why() {
    let folder = Folder::new();
    folder.write("file", "x");
    fs::create_dir(folder.path().join("results.json")).expect("make");
    for (path, part) in [
        ("results.json", "it is a folder"),
        ("file/a.txt", "cannot write"),
        ("..", "cannot write"),
    ] {
        let error = write_text(&folder.path().join(path), "x").expect_err(path);
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(write_results(folder.path(), &results()).is_err());
    assert_eq!(
        fs::read_to_string(folder.path().join("file")).expect("there"),
        "x"
    );
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_old_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let path = folder.path().join("a.txt");
    write_text(&path, "old").expect("written");
    let mode = |m| fs::set_permissions(folder.path(), fs::Permissions::from_mode(m)).expect("mode");
    mode(0o500);
    let written = write_text(&path, "new");
    mode(0o700);
    // The administrator may write anywhere; for everyone else nothing has changed.
    let expected = if written.is_ok() { "new" } else { "old" };
    assert_eq!(fs::read_to_string(&path).expect("there"), expected);
    assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 1);
}

#[test]
fn results_of_another_format_are_refused() {
    let folder = Folder::new();
    for (text, part) in [
        ("", "no results file"),
        ("{", "no results file"),
        ("{\"a\": 1}", "missing field `schema`"),
        (
            "{\"schema\": \"entrant.results/99\"}",
            "of format `entrant.results/99`",
        ),
        ("{\"schema\": \"entrant.results/1\"}", "missing field"),
    ] {
        folder.write("results.json", text);
        let error = read_results(folder.path()).expect_err(text);
        assert!(error.message.contains(part), "{error:#?}");
        assert!(error.file.ends_with("results.json"));
    }
    let error = read_results(&folder.path().join("none.json")).expect_err("none");
    assert!(error.message.contains("no such file"));
}

#[test]
fn file_names_are_plain_and_distinct() {
    let long = "x".repeat(300);
    let ids = [
        "../../x", "C:\\x", "CON", &long, "a\0b", "a b", "a-b", "A-b", "", "日本", "北京",
    ];
    let names: BTreeSet<String> = ids.iter().map(|id| file_name(id, "csv")).collect();
    assert_eq!(names.len(), ids.len());
    for name in names {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        assert!(name.chars().all(plain) && name.len() < 64, "{name}");
        assert!(!name.starts_with(['.', '-']), "{name}");
    }
    assert_eq!(file_name("Kettu Go", "csv"), file_name("Kettu Go", "csv"));
    assert!(file_name("Kettu Go", "csv").starts_with("kettu-go-"));
}
