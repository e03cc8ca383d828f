//! Two hundred names that attack pages: data everywhere, markup nowhere.

use serde_json::json;

use crate::client::Served;
use crate::study;

#[test]
fn names_travel_as_data() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in study::files() {
        std::fs::write(folder.path().join(name), text).expect("writes");
    }
    let served = Served::of(folder, 1);
    let names = study::names();
    assert_eq!(names.len(), 200);
    let checked = served
        .post("api/check", &json!({ "text": served.text() }))
        .json();
    assert_eq!(checked["mistakes"], json!([]));
    let run = served.run(&served.text(), &names[0]);
    assert!(run["end"] == "done" || run["end"] == "unusable", "{run}");
    assert_eq!(run["label"], json!(names[0]));

    let summary = served.get(&format!("api/summary/{}", run["id"]));
    assert_eq!(summary.header("Content-Type"), Some("application/json"));
    assert_eq!(summary.header("X-Content-Type-Options"), Some("nosniff"));
    let lines = summary.json()["lines"].clone();
    let lines = lines.as_array().expect("lines");
    for name in &names {
        assert!(lines.iter().any(|l| l["who"] == json!(name)), "{name}");
    }
    // In the report they are text, in its markup and in its data.
    let report = served.get(&format!("report/{}", run["id"])).body;
    for tag in [
        "<img src=x",
        "<svg onload",
        "<script>alert",
        "<iframe",
        "<base href",
        "<object",
        "<embed",
    ] {
        assert!(!report.contains(tag), "{tag}");
    }
    // Names of runs and of scenarios are data of the stream of events, one line each.
    let state = served.state();
    assert_eq!(state["runs"][0]["label"], json!(names[0]));
}

#[test]
fn titles_and_labels_travel_as_data() {
    let served = Served::new();
    let text = served.text();
    for name in study::names() {
        let edit = json!({ "text": text, "path": "title", "value": name });
        let edited = served.post("api/edit", &edit).json()["text"].clone();
        let checked = served.post("api/check", &json!({ "text": edited })).json();
        let fields = checked["fields"].as_array().expect("fields");
        let title = fields
            .iter()
            .find(|f| f["path"] == "title")
            .expect("a title");
        assert_eq!(title["value"], json!(name));
    }
}
