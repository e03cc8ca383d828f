//! Streams: colours, silence, readers that go away, disks that are full.

use std::io::Read as _;
use std::process::Stdio;

use crate::bench::{Bench, Ended};

const ESCAPE: char = '\u{1b}';

#[test]
fn colours_are_for_those_who_want_them() {
    let bench = Bench::empty();
    let with = |flags: &[&str], env: &[(&str, &str)]| {
        let mut command = bench.command([&["explain", "nothing"], flags].concat());
        let ended: Ended = command
            .envs(env.iter().copied())
            .output()
            .expect("it runs")
            .into();
        ended.ends(2).stderr.contains(ESCAPE)
    };
    assert!(!with(&[], &[]));
    assert!(!with(&[], &[("NO_COLOR", "1")]));
    assert!(with(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(with(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(with(&["--color", "always"], &[("TERM", "dumb")]));
    assert!(!with(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn quiet_says_nothing_and_verbose_says_all() {
    let bench = Bench::with_study();
    let ended = bench.run(["run", "study", "--draws", "2", "-q"]).ends(0);
    assert!(
        ended.stderr.is_empty() && !ended.stdout.is_empty(),
        "{}",
        ended.stderr
    );
    let ended = bench.run(["run", "study", "--draws", "2", "-v"]).ends(0);
    assert!(ended.stderr.contains("ok[baseline]"), "{}", ended.stderr);
    assert!(!ended.stdout.contains("ok[baseline]"), "{}", ended.stdout);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let bench = Bench::with_study();
    for args in [
        &["run", "study", "--draws", "2", "--json"][..],
        &["schema", "study"],
        &["--help"],
    ] {
        let mut child = bench
            .command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        let mut stderr = String::new();
        let pipe = child.stderr.as_mut().expect("a pipe");
        pipe.read_to_string(&mut stderr).expect("text");
        assert_eq!(
            child.wait().expect("it ends").code(),
            Some(0),
            "{args:?}: {stderr}"
        );
        assert!(
            !stderr.contains("panicked") && !stderr.contains("error"),
            "{stderr}"
        );
    }
    assert!(bench.path("out/study/report.html").is_file());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_resource() {
    let bench = Bench::empty();
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("/dev/full");
    let output = bench.command(["schema", "study"]).stdout(full).output();
    let ended = Ended::from(output.expect("it runs")).ends(5);
    assert!(
        ended.stderr.contains("cannot write to standard output"),
        "{}",
        ended.stderr
    );
}
