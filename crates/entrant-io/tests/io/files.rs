//! Files that are not what they should be: elsewhere, too large, no files at all.

use std::fs;

use entrant_io::{Limits, error_text, read_study, read_table};

use crate::common::{Files, Folder, PRODUCTS, STUDY};

#[test]
fn the_study_may_be_named_by_its_folder_or_its_file() {
    let folder = written();
    fs::rename(
        folder.path().join("study.toml"),
        folder.path().join("other.toml"),
    )
    .expect("rename");
    let loaded = read_study(&folder.path().join("other.toml")).expect("valid");
    assert_eq!(loaded.files[0], "other.toml");
    let errors = read_study(folder.path()).expect_err("no study.toml");
    assert!(errors[0].message.contains("no such file"));
    assert!(errors[0].hint.contains("entrant new"));
}

#[test]
fn the_fingerprint_changes_with_every_file() {
    let plain = Files::base().read().expect("valid").fingerprint;
    assert_eq!(Files::base().read().expect("valid").fingerprint, plain);
    for (file, from, to) in [
        ("study.toml", "title = \"Base\"", "title = \"Bass\""),
        ("products.csv", "10,100", "10,101"),
        ("draws.csv", "0.7", "0.8"),
        ("observed.csv", "paper", "press"),
    ] {
        let other = Files::base().edit(file, from, to).read().expect("valid");
        assert_ne!(other.fingerprint, plain, "{file}");
    }
}

#[test]
fn tables_outside_the_folder_are_refused() {
    for name in [
        "../x.csv",
        "/etc/passwd",
        "/tmp/x.csv",
        "a/../../x.csv",
        "C:/x.csv",
        "a\\\\x.csv",
        "",
    ] {
        let to = format!("products = \"{name}\"");
        let errors = Files::base()
            .edit("study.toml", "products = \"products.csv\"", &to)
            .read();
        let errors = errors.expect_err(name);
        assert_eq!(errors[0].path, "data.products", "{name}");
    }
}

#[test]
fn a_table_must_end_in_csv_or_parquet() {
    let errors = Files::base()
        .edit("study.toml", "products.csv", "products.xlsx")
        .with("products.xlsx", "x")
        .read()
        .expect_err("unknown");
    assert!(errors[0].message.contains("`.csv` or `.parquet`"));
}

#[cfg(unix)]
#[test]
fn links_out_of_the_folder_are_refused_and_links_inside_followed() {
    let outside = Folder::new();
    outside.write("products.csv", PRODUCTS);
    let folder = written();
    let products = folder.path().join("products.csv");
    fs::rename(&products, folder.path().join("real.csv")).expect("rename");
    std::os::unix::fs::symlink(folder.path().join("real.csv"), &products).expect("link");
    assert!(read_study(folder.path()).is_ok());
    fs::remove_file(&products).expect("remove");
    std::os::unix::fs::symlink(outside.path().join("products.csv"), &products).expect("link");
    let errors = read_study(folder.path()).expect_err("leads out");
    assert!(
        errors[0].message.contains("leads out of the study folder"),
        "{errors:#?}"
    );
}

#[test]
fn a_folder_is_no_table() {
    let folder = written();
    fs::remove_file(folder.path().join("draws.csv")).expect("remove");
    fs::create_dir(folder.path().join("draws.csv")).expect("make");
    let errors = read_study(folder.path()).expect_err("a folder");
    assert_eq!(errors[0].path, "inputs.drawn.file");
}

#[test]
fn sizes_are_limited() {
    let folder = Folder::new();
    folder.write("study.toml", format!("{STUDY}\n# {}", "x".repeat(1 << 20)));
    let errors = read_study(folder.path()).expect_err("too large");
    assert!(
        errors[0].message.contains("larger than the limit of 1 MiB"),
        "{errors:#?}"
    );
    folder.write("t.csv", "a\n1\n2\n3\n");
    let small = |limits: Limits| read_table(folder.path(), "t.csv", &limits);
    let bytes = Limits {
        table_bytes: 4,
        ..Limits::default()
    };
    assert!(
        small(bytes).expect_err("bytes")[0]
            .message
            .contains("4 bytes")
    );
    let rows = Limits {
        rows: 2,
        ..Limits::default()
    };
    assert!(
        small(rows).expect_err("rows")[0]
            .message
            .contains("limit of 2")
    );
    assert_eq!(small(Limits::default()).expect("fine").rows(), 3);
}

#[test]
fn a_million_columns_and_a_huge_cell_are_refused() {
    let folder = Folder::new();
    folder.write("wide.csv", format!("{}a\n", "a,".repeat(1_000_000)));
    folder.write("cell.csv", format!("a\n{}\n", "x".repeat(10 << 20)));
    for (name, part) in [
        ("wide.csv", "1000001 columns"),
        ("cell.csv", "limit of 1 MiB"),
    ] {
        let errors = read_table(folder.path(), name, &Limits::default()).expect_err(name);
        assert!(errors[0].message.contains(part), "{errors:#?}");
    }
}

#[test]
fn text_that_is_not_utf8_is_refused_with_its_line() {
    let folder = written();
    folder.write("study.toml", b"title = \"a\"\nquestion = \"\xe9\"\n");
    let errors = read_study(folder.path()).expect_err("latin-1");
    assert_eq!(errors[0].line, Some(2));
}

#[test]
fn the_text_of_a_mistake_can_be_shown() {
    let folder = written();
    folder.write("products.csv", PRODUCTS.replace("Alpha,10", "Alpha,x"));
    let errors = read_study(folder.path()).expect_err("a cell");
    let text = error_text(folder.path(), &errors[0]).expect("there");
    let line = errors[0].line.expect("a line");
    assert!(
        text.lines()
            .nth(line - 1)
            .is_some_and(|l| l.contains("Alpha,x"))
    );
}

/// The base study in a folder.
fn written() -> Folder {
    let folder = Folder::new();
    for (name, text) in Files::base().0 {
        folder.write(&name, text);
    }
    folder
}
