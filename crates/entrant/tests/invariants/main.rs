//! The promises of ARCHITECTURE.md that the compiler does not hold: which crate may use which,
//! and what each must not contain. Read from `cargo metadata` and from the sources.

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;
use source::{Source, crate_sources, files, has_sequence, root};

/// Every crate with the crates of this workspace that it uses.
const USES: [(&str, &[&str]); 14] = [
    ("entrant-data", &[]),
    ("entrant-numeric", &[]),
    ("entrant-market", &["entrant-data", "entrant-numeric"]),
    (
        "entrant-estimate",
        &["entrant-data", "entrant-market", "entrant-numeric"],
    ),
    (
        "entrant-scenario",
        &["entrant-data", "entrant-market", "entrant-numeric"],
    ),
    ("entrant-wasm", &["entrant-data", "entrant-scenario"]),
    ("entrant-track", &["entrant-data", "entrant-numeric"]),
    ("entrant-merger", &["entrant-data", "entrant-numeric"]),
    ("entrant-io", &["entrant-data"]),
    ("entrant-report", &["entrant-data"]),
    (
        "entrant",
        &[
            "entrant-data",
            "entrant-estimate",
            "entrant-io",
            "entrant-market",
            "entrant-merger",
            "entrant-numeric",
            "entrant-report",
            "entrant-scenario",
            "entrant-track",
        ],
    ),
    ("entrant-serve", &["entrant"]),
    ("entrant-cli", &["entrant", "entrant-serve"]),
    ("entrant-python", &["entrant", "entrant-cli"]),
];

/// Crates of others that one crate of ours alone may use.
const ONE_USER: [(&str, &str); 26] = [
    ("nalgebra", "entrant-numeric"),
    ("rand_chacha", "entrant-numeric"),
    ("libm", "entrant-numeric"),
    ("matrixmultiply", "entrant-numeric"),
    ("basin", "entrant-numeric"),
    ("statrs", "entrant-numeric"),
    ("winnow", "entrant-data"),
    ("csv", "entrant-io"),
    ("parquet", "entrant-io"),
    ("toml", "entrant-io"),
    ("askama", "entrant-report"),
    ("base64", "entrant-report"),
    ("sha2", "entrant-report"),
    ("rayon", "entrant"),
    ("httparse", "entrant-serve"),
    ("getrandom", "entrant-serve"),
    ("clap", "entrant-cli"),
    ("clap_complete", "entrant-cli"),
    ("comfy-table", "entrant-cli"),
    ("annotate-snippets", "entrant-cli"),
    ("ctrlc", "entrant-cli"),
    ("indicatif", "entrant-cli"),
    ("anstream", "entrant-cli"),
    ("terminal_size", "entrant-cli"),
    ("pyo3", "entrant-python"),
    ("numpy", "entrant-python"),
];

/// Crates that compute and do nothing else; they also build for a browser.
const PURE: [&str; 8] = [
    "entrant-data",
    "entrant-numeric",
    "entrant-market",
    "entrant-estimate",
    "entrant-scenario",
    "entrant-track",
    "entrant-merger",
    "entrant-wasm",
];

/// Crates that must not open files.
const FILELESS: [&str; 13] = [
    "entrant-data",
    "entrant-numeric",
    "entrant-market",
    "entrant-estimate",
    "entrant-scenario",
    "entrant-track",
    "entrant-merger",
    "entrant-wasm",
    "entrant-report",
    "entrant",
    "entrant-serve",
    "entrant-cli",
    "entrant-python",
];

/// Names in which a product is the one of mathematics.
const MATHEMATICAL: [&str; 1] = ["product_rule"];

/// What the command line may do with `std::fs`: list the folder that it is asked to write, and
/// remove tables of an earlier run from it. It opens nothing.
const FOLDER_OF_OUTPUTS: (&str, [&str; 2]) = (
    "crates/entrant-cli/src/output.rs",
    ["DirEntry", "remove_file"],
);

/// Longest file of code, in lines.
const LONGEST: usize = 500;
/// Files that may be longer: scripts that are run once and read top to bottom.
const LONGER: [&str; 1] = ["parity/frozen_markets.py"];

/// Packages of the workspace as `cargo` sees them.
fn packages() -> Vec<Value> {
    let out = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--offline",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    metadata["packages"].as_array().expect("a list").clone()
}

/// Names of what a package depends on, in tests and build scripts too.
fn dependencies(package: &Value) -> BTreeSet<String> {
    let all = package["dependencies"].as_array().expect("a list");
    all.iter()
        .map(|d| d["name"].as_str().expect("a name").to_owned())
        .collect()
}

fn name(package: &Value) -> &str {
    package["name"].as_str().expect("a name")
}

/// Sources of these crates in which any of these sequences of tokens stands.
fn offenders(crates: &[&str], sequences: &[&[&str]]) -> Vec<String> {
    let sources = crates.iter().flat_map(|c| crate_sources(c));
    let mut found = Vec::new();
    for s in sources {
        let tokens = s.tokens();
        let bad = sequences.iter().filter(|q| has_sequence(&tokens, q));
        found.extend(bad.map(|q| format!("{}: {}", s.path, q.concat())));
    }
    found
}

fn none(found: &[String]) {
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn each_crate_uses_only_what_stands_above_it() {
    let ours: BTreeMap<&str, BTreeSet<&str>> = USES
        .iter()
        .map(|(c, uses)| (*c, uses.iter().copied().collect()))
        .collect();
    let packages = packages();
    let names: BTreeSet<&str> = packages.iter().map(name).collect();
    assert_eq!(
        names,
        ours.keys().copied().collect(),
        "crates of the workspace"
    );
    for p in &packages {
        let all = dependencies(p);
        let uses: BTreeSet<&str> = all
            .iter()
            .map(String::as_str)
            .filter(|d| ours.contains_key(d))
            .collect();
        assert_eq!(uses, ours[name(p)], "crates that {} uses", name(p));
    }
}

#[test]
fn libraries_of_others_stay_behind_one_crate() {
    for p in &packages() {
        let all = dependencies(p);
        let taken = ONE_USER
            .iter()
            .filter(|(library, user)| all.contains(*library) && name(p) != *user);
        let taken: Vec<String> = taken
            .map(|(library, _)| format!("{} uses {library}", name(p)))
            .collect();
        none(&taken);
    }
}

#[test]
fn numeric_never_heard_of_a_market() {
    let nouns = ["product", "firm", "price", "share", "market"];
    let about = |token: &str| {
        let lower = token.to_lowercase();
        nouns.iter().any(|n| {
            lower
                .split('_')
                .any(|w| w.strip_prefix(n).is_some_and(|s| s.is_empty() || s == "s"))
        })
    };
    let mut found = Vec::new();
    for s in crate_sources("entrant-numeric") {
        let words = s.tokens().into_iter();
        let words = words.filter(|t| about(t) && !MATHEMATICAL.contains(&t.as_str()));
        found.extend(words.map(|w| format!("{}: {w}", s.path)));
    }
    none(&found);
}

#[test]
fn the_engine_touches_no_file_clock_thread_environment_or_global() {
    // A `Mutex` is allowed: results of markets are put into places that workers brought from
    // outside may fill at once (`blp::Workers`). So is an `Arc`: copies of a problem share the tables of its
    // surveys, which never change. So is a `OnceLock` in a field: what a value remembers of itself; without
    // a `static` it is no global.
    let sequences: [&[&str]; 29] = [
        &["std", "::", "fs"],
        &["fs", "::"],
        &["File"],
        &["OpenOptions"],
        &["std", "::", "net"],
        &["std", "::", "time"],
        &["Instant"],
        &["SystemTime"],
        &["std", "::", "thread"],
        &["thread", "::"],
        &["RwLock"],
        &["Condvar"],
        &["Barrier"],
        &["mpsc"],
        &["atomic"],
        &["rayon"],
        &["std", "::", "env"],
        &["env", "::"],
        &["std", "::", "process"],
        &["process", "::"],
        &["thread_local"],
        &["static"],
        &["LazyLock"],
        &["std", "::", "io"],
        &["println"],
        &["eprintln"],
        &["print"],
        &["eprint"],
        &["dbg"],
    ];
    none(&offenders(&PURE, &sequences));
}

#[test]
fn only_io_opens_files() {
    let found = FILELESS
        .iter()
        .flat_map(|c| crate_sources(c))
        .flat_map(|s| uses_of_files(&s));
    none(&found.collect::<Vec<_>>());
}

fn uses_of_files(s: &Source) -> Vec<String> {
    let tokens = s.tokens();
    let (exempt, allowed) = FOLDER_OF_OUTPUTS;
    let exempt = s.path == exempt;
    let of_fs = tokens
        .windows(3)
        .filter(|w| w[0] == "fs" && w[1] == "::")
        .map(|w| w[2].as_str());
    let mut found: Vec<String> = of_fs
        .filter(|t| !exempt || !allowed.contains(t))
        .map(|t| format!("fs::{t}"))
        .collect();
    for sequence in [&["File", "::"] as &[&str], &["OpenOptions"]] {
        if has_sequence(&tokens, sequence) {
            found.push(sequence.concat());
        }
    }
    if !exempt && has_sequence(&tokens, &["std", "::", "fs"]) {
        found.push("std::fs".into());
    }
    found.iter().map(|f| format!("{}: {f}", s.path)).collect()
}

#[test]
fn only_the_command_line_prints_exits_or_reads_the_environment() {
    let others: Vec<&str> = USES
        .iter()
        .map(|(c, _)| *c)
        .filter(|c| *c != "entrant-cli")
        .collect();
    let sequences: [&[&str]; 11] = [
        &["println"],
        &["eprintln"],
        &["print", "!"],
        &["eprint", "!"],
        &["dbg", "!"],
        &["stdout", "("],
        &["stderr", "("],
        &["std", "::", "env"],
        &["env", "::"],
        &["process", "::", "exit"],
        &["process", "::", "abort"],
    ];
    none(&offenders(&others, &sequences));
}

#[test]
fn every_public_item_is_documented_and_no_lint_is_switched_off() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("the workspace");
    for lint in [
        "missing_docs = \"deny\"",
        "unsafe_code = \"deny\"",
        "unwrap_used = \"deny\"",
    ] {
        assert!(manifest.contains(lint), "the workspace says {lint}");
    }
    for (name, _) in USES {
        let path = root().join("crates").join(name).join("Cargo.toml");
        let manifest = std::fs::read_to_string(path).expect("a crate");
        assert!(
            manifest.contains("[lints]\nworkspace = true\n"),
            "{name} takes the lints of the workspace"
        );
    }
    let switched_off = |s: &Source| {
        let tokens = s.tokens();
        has_sequence(&tokens, &["#", "[", "allow"])
            || has_sequence(&tokens, &["#", "!", "[", "allow"])
    };
    let found = files("crates")
        .into_iter()
        .filter(|s| s.is_rust() && switched_off(s));
    none(
        &found
            .map(|s| format!("{}: allow; `expect` with a reason instead", s.path))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn unsafe_code_stays_in_the_vector_kernels() {
    // And where a page hands its requests over by address.
    let homes = [
        "crates/entrant-numeric/src/vector.rs",
        "crates/entrant-wasm/src/exports.rs",
    ];
    let found = files("crates")
        .into_iter()
        .filter(|s| s.is_rust() && !homes.contains(&s.path.as_str()));
    let found = found.filter(|s| s.tokens().iter().any(|t| t == "unsafe"));
    none(&found.map(|s| s.path).collect::<Vec<_>>());
}

#[test]
fn files_are_short() {
    let code = [
        "crates",
        "page/src",
        "page/test",
        "parity",
        "python",
        "scripts",
    ];
    let is_code = |s: &Source| {
        let ends = ["rs", "ts", "mjs", "css", "py", "pyi"].contains(&s.extension());
        (ends || s.path.starts_with("scripts/")) && !s.path.contains("/assets/")
    };
    let all = code.iter().flat_map(|folder| files(folder)).filter(is_code);
    let long =
        all.filter(|s| s.text.lines().count() > LONGEST && !LONGER.contains(&s.path.as_str()));
    none(
        &long
            .map(|s| format!("{}: {} lines", s.path, s.text.lines().count()))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn nothing_outside_the_repository_is_needed() {
    // In two pieces, so that this file does not find itself.
    let elsewhere = [
        concat!("../", "shared"),
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
    ];
    let mut found = Vec::new();
    for s in ["crates", "studies", "page", "parity", "python", "scripts"]
        .iter()
        .flat_map(|f| files(f))
    {
        let named = elsewhere.iter().filter(|e| s.text.contains(**e));
        found.extend(named.map(|e| format!("{}: {e}", s.path)));
    }
    none(&found);
}

#[test]
fn links_of_the_documents_lead_somewhere() {
    let mut found = Vec::new();
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "COMPARE.md",
        "docs/opening-case.md",
    ] {
        let path = root().join(document);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{document}: {e}"));
        let targets = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        let targets = targets
            .map(|t| t.split('#').next().unwrap_or(t))
            .filter(|t| !t.is_empty() && !t.contains("://"));
        let folder = path.parent().expect("a folder");
        found.extend(
            targets
                .filter(|t| !folder.join(t).exists())
                .map(|t| format!("{document}: {t}")),
        );
    }
    none(&found);
}

#[test]
fn the_study_lines_of_the_readme_stand_in_the_study() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("a file");
    let readme = read("README.md");
    let blocks: Vec<&str> = readme.split("```toml\n").skip(1).collect();
    let studies = ["studies/nevo-cereal", "studies/xiaomi-us-2018"];
    assert_eq!(
        blocks.len(),
        studies.len(),
        "a block of lines for each study"
    );
    for (block, study) in blocks.iter().zip(studies) {
        let study = read(&format!("{study}/study.toml"));
        let shown = block.split("```").next().expect("lines of a study");
        let lines = shown
            .lines()
            .map(|l| l.split("  #").next().unwrap_or(l).trim_end());
        let missing = lines.filter(|l| !study.lines().any(|s| s == *l));
        none(&missing.map(str::to_owned).collect::<Vec<_>>());
    }
}
