//! Runs behind the page: their numbers are those of the pipeline, they stop, and they stay.

use std::fs;

use entrant::io::read_study;
use entrant::{RunOptions, Silent};
use serde_json::{Value, json};

use crate::client::{Served, names};

#[test]
fn a_run_says_what_the_pipeline_says() {
    let served = Served::new();
    let text = served.text().replace("price = 1290", "price = 1190");
    let run = served.run(&text, "cheaper");
    assert_eq!(
        (&run["end"], &run["label"], &run["draws"]),
        (&json!("done"), &json!("cheaper"), &json!(3))
    );
    let id = &run["id"];
    assert_eq!(served.get(&format!("api/text/{id}")).json()["text"], text);

    // The same text as a file of its own.
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["products.csv", "brands.csv"] {
        fs::copy(served.folder.path().join(name), folder.path().join(name)).expect("copies");
    }
    fs::write(folder.path().join("study.toml"), &text).expect("writes");
    let loaded = read_study(folder.path()).expect("a study");
    let options = RunOptions {
        draws: Some(3),
        ..RunOptions::default()
    };
    let results = entrant::run(&loaded, options, &Silent).expect("results");

    let kept = served.folder.path().join("serve/runs/0001/results.json");
    let kept: Value =
        serde_json::from_str(&fs::read_to_string(kept).expect("reads")).expect("JSON");
    assert_eq!(kept, serde_json::to_value(&results).expect("JSON"));
    let report = served.get(&format!("report/{id}"));
    assert_eq!(
        report.body,
        entrant::report::page(&results).expect("a page")
    );

    let summary = served.get(&format!("api/summary/{id}")).json();
    let scenario = &results.scenarios[0];
    let firm = &scenario.markets[0].firms[0];
    let lines = summary["lines"].as_array().expect("lines");
    let line = lines.iter().find(|l| {
        l["who"] == firm.firm.as_str()
            && l["measure"] == "Profit, change"
            && l["scenario"] == scenario.id.as_str()
    });
    let change = firm.profit.change;
    assert_eq!(
        line.expect("a line")["value"],
        json!([change.low, change.median, change.high])
    );
    let worth = scenario.worth.as_ref().expect("a worth");
    let line = lines
        .iter()
        .find(|l| l["measure"] == "Net present value" && l["scenario"] == scenario.id.as_str());
    assert_eq!(line.expect("a line")["value"][1], json!(worth.value.median));
}

/// What two runs differ by is, draw by draw, the difference of what the pipeline says of each draw.
#[test]
fn differences_of_two_runs_have_the_ranges_of_paired_draws() {
    let served = Served::of(
        {
            let folder = tempfile::tempdir().expect("a folder");
            entrant::io::write_new_study(folder.path()).expect("a study");
            folder
        },
        40,
    );
    let text = served.text();
    let lower = text.replace("price = 1290", "price = 1190");
    assert_ne!(text, lower);
    let ids: Vec<Value> = [&text, &lower, &text]
        .map(|t| served.run(t, "")["id"].clone())
        .to_vec();
    let found = served
        .get(&format!("api/differences/{}-{}", ids[0], ids[1]))
        .json();
    assert_eq!((&found["why"], &found["draws"]), (&json!(""), &json!(40)));
    let lines = found["lines"].as_array().expect("lines");
    let results = |n: u32| -> Value {
        let path = format!("serve/runs/000{n}/results.json");
        let text = fs::read_to_string(served.folder.path().join(path)).expect("reads");
        serde_json::from_str(&text).expect("JSON")
    };
    let (a, b) = (results(1), results(2));
    let scenario = &a["scenarios"][0];
    let mut narrower = 0;
    for (i, firm) in scenario["markets"][0]["firms"]
        .as_array()
        .expect("firms")
        .iter()
        .enumerate()
    {
        let key = json!([
            scenario["id"],
            scenario["markets"][0]["market"],
            firm["firm"],
            "Profit, change"
        ]);
        let line = lines.iter().find(|l| l[0] == key).expect("a line");
        let [low, middle, high] = [0, 1, 2].map(|k| line[1][k].as_f64().expect("a number"));
        assert!(low <= middle && middle <= high);
        let width = |of: &Value| {
            let e = &of["scenarios"][0]["markets"][0]["firms"][i]["profit"]["change"];
            e["high"].as_f64().expect("a number") - e["low"].as_f64().expect("a number")
        };
        // Ranges of runs that have nothing to do with one another would add up.
        narrower += usize::from(high - low < 0.8 * (width(&a) + width(&b)));
    }
    assert!(narrower > 0, "draws of one seed belong together");
    // The same text twice: nothing differs, in any draw.
    let same = served
        .get(&format!("api/differences/{}-{}", ids[0], ids[2]))
        .json();
    for line in same["lines"].as_array().expect("lines") {
        assert_eq!(line[1], json!([0.0, 0.0, 0.0]), "{line}");
    }
    for wrong in ["1-9", "1", "01-2", "1-2-3", "../1-2"] {
        assert_eq!(
            served.get(&format!("api/differences/{wrong}")).status,
            404,
            "{wrong}"
        );
    }
}

#[test]
fn a_report_is_shown_as_if_it_came_from_nowhere() {
    let served = Served::new();
    let run = served.run(&served.text(), "");
    let report = served.get(&format!("report/{}", run["id"]));
    let policy = report.header("Content-Security-Policy").expect("a policy");
    assert!(
        policy.starts_with("sandbox allow-scripts allow-downloads;"),
        "{policy}"
    );
    assert!(!policy.contains("allow-same-origin") && policy.contains("connect-src 'none'"));
    assert!(policy.ends_with(&format!("frame-ancestors http://127.0.0.1:{}", served.port)));
    assert!(
        report
            .body
            .contains("http-equiv=\"Content-Security-Policy\"")
    );
}

#[test]
fn one_run_at_a_time_and_it_can_be_stopped() {
    let served = Served::new();
    let order = json!({ "text": served.text(), "label": "long", "draws": 1_000_000 });
    let id = served.post("api/run", &order).json()["run"].clone();
    assert_eq!(served.post("api/run", &order).status, 409);
    served.wait(|state| state["job"]["stage"] == "drawing" && state["job"]["total"] == 1_000_000);
    assert_eq!(
        served.post("api/cancel", &json!({})).json()["stopping"],
        true
    );
    served.wait(|state| state["job"].is_null());
    let state = served.state();
    let run = state["runs"]
        .as_array()
        .and_then(|r| r.last())
        .expect("a run");
    assert_eq!((&run["id"], &run["end"]), (&id, &json!("stopped")));
    // Its text is kept, to go on from, and how far it came.
    assert_eq!(
        served.get(&format!("api/text/{id}")).json()["text"],
        served.text()
    );
    let kept = served.folder.path().join("serve/runs/0001/run.json");
    let kept: Value =
        serde_json::from_str(&fs::read_to_string(kept).expect("reads")).expect("JSON");
    assert_eq!(kept["end"], "stopped");
    assert!(
        kept["message"]
            .as_str()
            .is_some_and(|m| m.contains("1000000")),
        "{kept}"
    );
    assert_eq!(served.get(&format!("report/{id}")).status, 404);
    assert_eq!(
        served.post("api/cancel", &json!({})).json()["stopping"],
        false
    );
    // And then the next one.
    assert_eq!(served.run(&served.text(), "")["end"], "done");
    for draws in [0, 1_000_001] {
        let order = json!({ "text": "", "draws": draws });
        assert_eq!(served.post("api/run", &order).status, 422);
    }
}

#[test]
fn a_run_of_a_wrong_text_says_where_it_is_wrong() {
    let served = Served::new();
    let text = served
        .text()
        .replace("firm = \"Kettu\"\nperiods", "firm = \"Ketu\"\nperiods");
    let run = served.run(&text, "");
    assert_eq!(run["end"], "failed");
    assert!(run["mistakes"][0]["line"].is_u64(), "{run}");
    assert!(names(&served.folder.path().join("serve/runs")).is_empty());
}

#[test]
fn runs_outlive_the_server_and_can_be_removed() {
    let mut first = Served::new();
    let one = first.run(&first.text(), "one");
    first.end();
    let copy = tempfile::tempdir().expect("a folder");
    copy_all(first.folder.path(), copy.path());
    let second = Served::of(copy, 3);
    let state = second.state();
    assert_eq!(state["runs"], json!([one]));
    let two = second.run(&second.text(), "two");
    assert_eq!(two["id"], json!(2));
    assert_eq!(two["fingerprint"], one["fingerprint"]);
    assert_eq!(second.post("api/forget", &json!({ "id": 1 })).status, 200);
    assert_eq!(second.post("api/forget", &json!({ "id": 1 })).status, 404);
    assert_eq!(names(&second.folder.path().join("serve/runs")), ["0002"]);
    assert_eq!(second.get("report/1").status, 404);
    assert_eq!(second.get("report/2").status, 200);
}

#[test]
fn a_merger_study_is_served_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = concat!(env!("CARGO_MANIFEST_DIR"), "/../../studies/beer-merger");
    copy_all(study.as_ref(), folder.path());
    let served = Served::of(folder, 2);
    let checked = served
        .post("api/check", &json!({ "text": served.text() }))
        .json();
    assert_eq!(
        (&checked["kind"], &checked["mistakes"]),
        (&json!("merger"), &json!([]))
    );
    assert!(checked["fields"].as_array().is_some_and(|f| f.len() > 5));
    let run = served.run(&served.text(), "");
    assert!(
        ["done", "unusable"].contains(&run["end"].as_str().unwrap_or_default()),
        "{run}"
    );
    assert_eq!(served.get(&format!("report/{}", run["id"])).status, 200);
    let summary = served.get(&format!("api/summary/{}", run["id"])).json();
    assert!(
        summary["lines"]
            .as_array()
            .is_some_and(|l| l.iter().any(|l| l["measure"] == "Price rise"))
    );
}

#[test]
fn a_study_is_run_at_the_start_unless_its_answer_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    entrant::io::write_new_study(folder.path()).expect("a study");
    let runs = folder.path().join("serve/runs");
    let options = RunOptions {
        draws: Some(2),
        ..RunOptions::default()
    };
    for _ in 0..2 {
        let server = entrant_serve::Server::bind(folder.path(), 0, options).expect("serves");
        server.run_first();
        let (stopper, waiting) = (server.stopper(), runs.join("0001/run.json"));
        std::thread::scope(|scope| {
            scope.spawn(|| server.serve());
            while !waiting.exists() {
                std::thread::yield_now();
            }
            stopper.stop();
        });
    }
    assert_eq!(names(&runs), ["0001"]);
}

fn copy_all(from: &std::path::Path, to: &std::path::Path) {
    for name in names(from) {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            fs::create_dir(&to).expect("makes");
            copy_all(&from, &to);
        } else {
            fs::copy(&from, &to).expect("copies");
        }
    }
}
