//! The study to start from.

use entrant_io::{read_study, study_schema, write_new_study};

use crate::common::Folder;

#[test]
fn a_new_study_reads_without_a_mistake() {
    let folder = Folder::new();
    let dir = folder.path().join("mine");
    let files = write_new_study(&dir).expect("an empty folder");
    assert_eq!(files.len(), 4);
    let loaded = read_study(&dir).unwrap_or_else(|e| panic!("{e:#?}"));
    assert_eq!(loaded.study.scenario.len(), 2);
    assert!(
        loaded
            .study
            .inputs
            .values()
            .any(|q| q.is_uncertain() && q.mark.is_some())
    );
    assert!(
        loaded
            .source
            .text
            .starts_with("#:schema ./study.schema.json\n")
    );
    let schema = std::fs::read_to_string(dir.join("study.schema.json")).expect("written");
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("json");
    assert_eq!(schema, study_schema());
}

#[test]
fn a_folder_in_use_is_left_alone() {
    let folder = Folder::new();
    folder.write("mine.txt", "precious");
    let error = write_new_study(folder.path()).expect_err("not empty");
    assert!(error.to_string().contains("not empty"));
    assert_eq!(std::fs::read_dir(folder.path()).expect("there").count(), 1);
    let error = write_new_study(&folder.path().join("mine.txt")).expect_err("a file");
    assert!(
        error.to_string().contains("not a folder") || error.to_string().contains("cannot write")
    );
}
