//! What is written, and where: nothing outside the folder of the study.

use std::fs;

use serde_json::json;

use crate::client::{Served, names};

/// Names that would be paths, devices or worse.
const BAD: [&str; 24] = [
    "",
    " ",
    ".",
    "..",
    "../x",
    "../../x",
    "..\\x",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "C:\\x",
    "C:x",
    "CON",
    "nul",
    "com1",
    "LPT9",
    "a.toml",
    ".hidden",
    "a\u{0}b",
    "a\nb",
    "\u{202e}x",
    "%2e%2e%2fx",
    "x ",
    "-rf",
];

#[test]
fn scenarios_are_kept_under_plain_names_only() {
    let served = Served::new();
    let before = names(served.folder.path());
    let long = "x".repeat(300);
    for name in BAD.iter().chain([&long.as_str()]) {
        for path in [
            "api/scenario/keep",
            "api/scenario/load",
            "api/scenario/remove",
        ] {
            let body = match path {
                "api/scenario/keep" => json!({ "name": name, "text": "x", "replace": true }),
                _ => json!({ "name": name }),
            };
            let answer = served.post(path, &body);
            assert_eq!(answer.status, 422, "{path} {name:?}: {answer:?}");
        }
    }
    assert_eq!(names(served.folder.path()), before);
}

#[test]
fn scenarios_come_back_as_they_went() {
    let served = Served::new();
    let keep = |name: &str, text: &str, replace: bool| {
        served.post(
            "api/scenario/keep",
            &json!({ "name": name, "text": text, "replace": replace }),
        )
    };
    let text = "title = \"<b>\u{202e}\u{2028} 小米\"\r\n\t# kept\n";
    assert_eq!(
        keep("Low price", text, false).json()["names"],
        json!(["Low price"])
    );
    assert_eq!(
        keep("a", "1", false).json()["names"],
        json!(["Low price", "a"])
    );
    assert_eq!(
        keep("low PRICE", "2", true).status,
        409,
        "one name, whatever its case"
    );
    assert_eq!(keep("a", "2", false).status, 409);
    assert_eq!(keep("a", "3", true).status, 200);
    let load = |name: &str| served.post("api/scenario/load", &json!({ "name": name }));
    assert_eq!(load("Low price").json()["text"], text);
    assert_eq!(load("a").json()["text"], "3");
    let gone = served.post("api/scenario/remove", &json!({ "name": "a" }));
    assert_eq!(gone.json()["names"], json!(["Low price"]));
    assert_eq!(load("a").status, 404);
    assert_eq!(
        served.get("api/scenarios").json()["names"],
        json!(["Low price"])
    );
}

#[test]
fn no_path_leads_out_of_the_page() {
    let served = Served::new();
    fs::write(served.folder.path().join("secret.txt"), "secret").expect("writes");
    let paths = [
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "report/../../secret.txt",
        "report/1/../../../secret.txt",
        "report/0",
        "report/-1",
        "report/01",
        "report/1.html",
        "report/",
        "report/1/",
        "report",
        "study.toml",
        "api/text/../../../study.toml",
        "api/text/99",
        "api/summary/1%00",
        "//secret.txt",
        "serve.js/..",
        "api/summary/4294967296",
        "run/1",
        "serve/runs/0001/run.json",
    ];
    for path in paths {
        let answer = served.get(path);
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        assert!(!answer.body.contains("secret\n") && !answer.body.contains("Kettu"));
    }
}

#[test]
fn saving_asks_whether_the_file_is_still_the_same() {
    let served = Served::new();
    let path = served.folder.path().join("study.toml");
    let seen = served.get("api/study").json()["fingerprint"].clone();
    let save = |text: &str, seen: &serde_json::Value| {
        served.post("api/save", &json!({ "text": text, "fingerprint": seen }))
    };
    let saved = save("# one\n", &seen);
    assert_eq!(saved.status, 200);
    assert_eq!(served.text(), "# one\n");
    // Somebody else writes the file.
    fs::write(&path, "# two\n").expect("writes");
    let late = save("# three\n", &saved.json()["fingerprint"]);
    assert_eq!(late.status, 409);
    assert!(
        late.json()["error"]
            .as_str()
            .is_some_and(|e| e.contains("has changed"))
    );
    assert_eq!(served.text(), "# two\n");
    let seen = served.get("api/study").json();
    assert_eq!(seen["text"], "# two\n");
    assert_eq!(save("# four\n", &seen["fingerprint"]).status, 200);
    assert_eq!(served.text(), "# four\n");
    // No half or temporary file stays.
    assert!(
        !names(served.folder.path())
            .iter()
            .any(|n| n.contains("tmp"))
    );
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    use std::os::unix::fs::symlink;

    let elsewhere = tempfile::tempdir().expect("a folder");
    fs::write(elsewhere.path().join("x.toml"), "secret").expect("writes");
    let served = Served::new();
    let keep = || {
        served.post(
            "api/scenario/keep",
            &json!({ "name": "x", "text": "y", "replace": true }),
        )
    };
    let load = || served.post("api/scenario/load", &json!({ "name": "x" }));
    // The whole folder is a link.
    let folder = served.folder.path().join("serve");
    symlink(elsewhere.path(), &folder).expect("links");
    assert!(keep().status >= 400 && load().status >= 400);
    fs::remove_file(&folder).expect("removes");
    // The folder of scenarios is one.
    fs::create_dir(&folder).expect("makes");
    symlink(elsewhere.path(), folder.join("scenarios")).expect("links");
    assert!(keep().status >= 400 && load().status >= 400);
    fs::remove_file(folder.join("scenarios")).expect("removes");
    // A scenario is one.
    fs::create_dir(folder.join("scenarios")).expect("makes");
    symlink(
        elsewhere.path().join("x.toml"),
        folder.join("scenarios/x.toml"),
    )
    .expect("links");
    assert!(keep().status >= 400 && load().status >= 400);
    let kept = fs::read_to_string(elsewhere.path().join("x.toml")).expect("reads");
    assert_eq!(kept, "secret");
}

#[cfg(unix)]
#[test]
fn the_door_is_for_its_owner_and_goes_with_the_server() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().expect("a folder");
    entrant::io::write_new_study(folder.path()).expect("a study");
    let server = entrant_serve::Server::bind(folder.path(), 0, entrant::RunOptions::default())
        .expect("serves");
    let door = server.door().expect("a door");
    let mode = fs::metadata(&door).expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(
        fs::read_to_string(&door)
            .expect("reads")
            .contains(&server.url())
    );
    server.stopper().stop();
    server.serve();
    assert!(!door.exists());
}
