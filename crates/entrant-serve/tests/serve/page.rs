//! The page and what every answer says about what may be done with it.

use serde_json::{Value, json};

use crate::client::Served;

#[test]
fn every_answer_keeps_to_itself() {
    let served = Served::new();
    let wrong = served.raw(b"GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n");
    let answers = [
        served.get(""),
        served.get("serve.js"),
        served.get("api/study"),
        served.get("nothing"),
        wrong,
    ];
    for answer in &answers {
        for (name, value) in [
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{answer:?}");
        }
        let policy = answer.header("Content-Security-Policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"));
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(!answer.head.to_lowercase().contains("access-control"));
    }
}

#[test]
fn the_page_loads_nothing_from_elsewhere() {
    let served = Served::new();
    for path in ["", "serve.js", "serve.css"] {
        let answer = served.get(path);
        assert_eq!(answer.status, 200);
        assert!(
            !answer.body.contains("https://") && !answer.body.contains("//cdn"),
            "{path}"
        );
    }
    let script = served.get("serve.js").body;
    let sinks = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "srcdoc",
    ];
    for sink in sinks {
        assert!(!script.contains(sink), "{sink}");
    }
}

#[test]
fn a_text_is_checked_as_the_file_would_be() {
    let served = Served::new();
    let text = served.text();
    let check = |text: &str| served.post("api/check", &json!({ "text": text })).json();
    let fine = check(&text);
    assert_eq!(fine["kind"], "calibrated");
    assert_eq!(fine["mistakes"], json!([]));
    let fields = fine["fields"].as_array().expect("fields");
    let draws = fields
        .iter()
        .find(|f| f["path"] == "settings.draws")
        .expect("draws");
    assert_eq!(
        (&draws["value"], draws["help"] == ""),
        (&json!(500.0), false)
    );

    let wrong = check(&text.replace(
        "outside_share = \"outside\"",
        "outside_share = \"outsider\"",
    ));
    let mistake = &wrong["mistakes"][0];
    let line = text
        .lines()
        .position(|l| l.starts_with("outside_share"))
        .expect("there")
        + 1;
    assert_eq!(
        (&mistake["line"], &mistake["column"]),
        (&json!(line), &json!(17))
    );
    assert_eq!(mistake["path"], "market[0].outside_share");
    assert!(
        mistake["hint"]
            .as_str()
            .is_some_and(|h| h.contains("outside")),
        "{mistake}"
    );

    let broken = check(&text.replace("[settings]", "[settings"));
    assert_eq!(broken["mistakes"].as_array().map(Vec::len), Some(1));
    assert_eq!(broken["fields"], json!([]));
    assert_eq!(served.text(), text, "the file is as it was");
}

#[test]
fn the_form_changes_one_value_of_the_text() {
    let served = Served::new();
    let text = served.text();
    let edit = |path: &str, value: Value| {
        served.post(
            "api/edit",
            &json!({ "text": text, "path": path, "value": value }),
        )
    };
    let changed = edit("settings.draws", json!(50));
    assert_eq!(
        changed.json()["text"],
        text.replace("draws = 500", "draws = 50")
    );
    let changed = edit("entrant[0].price", json!(1190));
    assert_eq!(
        changed.json()["text"],
        text.replace("price = 1290", "price = 1190")
    );
    assert_eq!(edit("entrant[7].price", json!(1)).status, 422);
    assert_eq!(edit("settings.draws", json!("many")).status, 422);
    assert_eq!(edit("settings.draws", json!([1])).status, 400);
}
