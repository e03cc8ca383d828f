//! Ctrl-C and SIGTERM.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};

use crate::bench::Bench;

/// More draws than a test has time for.
const ENDLESS: [&str; 5] = ["run", "study", "-v", "--draws", "500000"];

/// Starts an endless run and returns once it listens for Ctrl-C.
fn start(bench: &Bench) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut command = bench.command(ENDLESS);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    stderr.read_line(&mut line).expect("a line");
    assert_eq!(line, "reading `study`\n");
    (child, stderr)
}

fn interrupt(child: &Child) {
    signal(child, "-INT");
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([name, &id])
            .status()
            .expect("kill")
            .success()
    );
}

#[test]
fn an_interrupted_run_says_so_and_leaves_earlier_outputs_alone() {
    let bench = Bench::with_study();
    bench.run(["run", "study", "--draws", "2"]).ends(0);
    let before = bench.read("out/study/results.json");
    let (mut child, mut stderr) = start(&bench);
    interrupt(&child);
    let mut told = String::new();
    stderr.read_to_string(&mut told).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(130), "{told}");
    assert!(
        told.contains("interrupted after ") && told.contains(" of 500000 draws"),
        "{told}"
    );
    assert!(
        told.contains("nothing was written to `out/study`"),
        "{told}"
    );
    assert_eq!(bench.read("out/study/results.json"), before);
    assert_eq!(
        bench.names("out/study"),
        ["report.html", "results.json", "tables"]
    );
}

#[test]
fn a_terminated_run_stops_like_an_interrupted_one() {
    let bench = Bench::with_study();
    let (mut child, mut stderr) = start(&bench);
    signal(&child, "-TERM");
    let mut told = String::new();
    stderr.read_to_string(&mut told).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(130), "{told}");
    assert!(told.contains("interrupted after "), "{told}");
    assert!(
        told.contains("nothing was written to `out/study`"),
        "{told}"
    );
}

#[test]
fn a_second_interrupt_does_not_ask() {
    let bench = Bench::with_study();
    let (mut child, _stderr) = start(&bench);
    interrupt(&child);
    // The program may have ended already; that is as good.
    let _ = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .stderr(Stdio::null())
        .status();
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}
