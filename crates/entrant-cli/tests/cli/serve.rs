//! `entrant serve` as a program: its address, its end, and what it refuses.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

fn serve(args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entrant"));
    command.args(["serve", "--no-open", "--no-run"]).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(Stdio::piped()).spawn().expect("starts")
}

/// How it ends, and what it says to that.
fn end(args: &[&str]) -> (Option<i32>, String) {
    let out = serve(args).wait_with_output().expect("ends");
    assert!(out.stdout.is_empty());
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    (out.status.code(), said)
}

#[test]
fn what_cannot_be_served_is_bad_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = folder.path().to_string_lossy().into_owned();
    let (code, said) = end(&[&study]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("cannot read") && said.contains("study.toml"),
        "{said}"
    );

    entrant::io::write_new_study(folder.path()).expect("a study");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let (code, said) = end(&[&study, "--port", &port]);
    assert_eq!(code, Some(2));
    assert!(
        said.contains("cannot listen") && said.contains("--port"),
        "{said}"
    );

    // It listens on loopback, and there is no way to say otherwise.
    for args in [
        ["--host", "0.0.0.0"],
        ["--address", "0.0.0.0"],
        ["--port", "0"],
    ] {
        let (code, _) = end(&[&study, args[0], args[1]]);
        assert_eq!(code, Some(2), "{args:?}");
    }
}

#[cfg(unix)]
#[test]
fn it_prints_its_address_and_ends_on_ctrl_c() {
    let folder = tempfile::tempdir().expect("a folder");
    entrant::io::write_new_study(folder.path()).expect("a study");
    let study = folder.path().to_string_lossy().into_owned();
    let mut child = serve(&[&study]);
    let mut out = BufReader::new(child.stdout.take().expect("an output"));
    let mut url = String::new();
    out.read_line(&mut url).expect("an address");
    let rest = url.trim().strip_prefix("http://").expect("an address");
    let (host, path) = rest.split_once('/').expect("a path");
    assert!(host.starts_with("127.0.0.1:"), "{url}");

    let mut stream = TcpStream::connect(host).expect("listens");
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sends");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answers");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

    let pid = child.id().to_string();
    let killed = Command::new("kill").args(["-INT", &pid]).status();
    assert!(killed.expect("kills").success());
    assert_eq!(child.wait().expect("ends").code(), Some(0));
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("reads");
    assert_eq!(rest, "", "the address is all that it prints");
}

#[cfg(unix)]
#[test]
fn sigterm_ends_it_and_a_run_under_way_is_stopped_and_kept() {
    use std::time::{Duration, Instant};
    let folder = tempfile::tempdir().expect("a folder");
    entrant::io::write_new_study(folder.path()).expect("a study");
    let study = folder.path().to_string_lossy().into_owned();
    let mut command = Command::new(env!("CARGO_BIN_EXE_entrant"));
    command.args(["serve", "--no-open", &study, "--draws", "1000000"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().expect("starts");
    let mut out = BufReader::new(child.stdout.take().expect("an output"));
    out.read_line(&mut String::new()).expect("an address");
    // The run is under way by now: a million draws take much longer.
    std::thread::sleep(Duration::from_secs(2));
    let begun = Instant::now();
    let pid = child.id().to_string();
    let killed = Command::new("kill").args(["-TERM", &pid]).status();
    assert!(killed.expect("kills").success());
    assert_eq!(child.wait().expect("ends").code(), Some(0));
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "it does not wait for the run"
    );

    let kept = folder.path().join("serve/runs/0001");
    let text = std::fs::read_to_string(kept.join("run.json")).expect("a run");
    let run: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(run["end"], "stopped");
    assert!(run["message"].as_str().is_some_and(|m| !m.is_empty()));
    let of_run = std::fs::read_to_string(kept.join("study.toml")).expect("its text");
    let own = std::fs::read_to_string(folder.path().join("study.toml")).expect("the study");
    assert_eq!(of_run, own, "the text that was run stays");
    assert!(!kept.join("report.html").exists());
}
