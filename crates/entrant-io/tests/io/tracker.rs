//! The tracker's tables: what is read, and every mistake with its file, line, value and hint.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use entrant_data::InputError;
use entrant_data::tracker::{FactKind, Measure, Subject};
use entrant_io::{LoadedTracker, read_tracker};

use crate::common::Folder;

const STUDY: &str = "title = \"T\"\n[tracker]\nstatements = \"t.csv\"\ncompanies = \"c.csv\"\n";
const HEAD: &str = "country,quarter,vendor,measure,value,rounding,source,basis,mark,published";
const FACTS: &str = "company,item,value,low,high,currency,period,source,mark\n\
    Xiaomi,revenue,17000,15000,,USD,2017,x,derived\nXiaomi,founded,2010,,,,,y,verified\n";

fn read(rows: &str) -> Result<LoadedTracker, Vec<InputError>> {
    read_all(STUDY, &format!("{HEAD}\n{rows}"), FACTS)
}

fn read_all(study: &str, statements: &str, facts: &str) -> Result<LoadedTracker, Vec<InputError>> {
    let folder = Folder::new();
    let write = |name: &str, text: &str| folder.write(name, text);
    write("study.toml", study);
    write("t.csv", statements);
    write("c.csv", facts);
    read_tracker(folder.path())
}

#[test]
fn statements_are_in_units_shares_of_one_and_currency() {
    let loaded = read(
        "India,2017Q4,Xiaomi,share,26.8,,IDC,shipments,v,2018-02\n\
         India,2017Q4,TOTAL,units,30,0.5,IDC,shipments,derived,\n\
         India,2017Q4,Others,share,28,,IDC,shipments,,2018\n\
         India,2017Q4,Xiaomi,asp,158,,IDC,shipments,,2018\n",
    )
    .expect("sound");
    let all = &loaded.tracker.statements;
    assert!((all[0].value - 0.268).abs() < 1e-15 && (all[0].rounding - 0.001).abs() < 1e-15);
    assert_eq!(all[1].subject, Subject::Total);
    assert!((all[1].value - 30e6).abs() < 1e-9 && (all[1].rounding - 0.5e6).abs() < 1e-9);
    assert_eq!(all[2].subject, Subject::Others);
    assert!((all[2].rounding - 0.01).abs() < 1e-15);
    assert_eq!((all[3].measure, all[3].line), (Measure::Asp, 5));
    let fact = &loaded.tracker.facts[0];
    assert_eq!(fact.kind, FactKind::Revenue);
    let expected = [15e9, 17e9, 17e9];
    for (found, expected) in [fact.low, fact.value, fact.high].iter().zip(expected) {
        assert!((found - expected).abs() < 1.0);
    }
    assert_eq!(loaded.tracker.currency, "USD");
    assert_eq!(loaded.files, ["study.toml", "t.csv", "c.csv"]);
}

#[test]
fn every_mistake_has_its_line_value_and_hint() {
    let cases = [
        (
            "India,2017Q5,A,share,2,,s,,,",
            "is no quarter",
            "2017Q5",
            "such as 2017Q4",
        ),
        (
            "India,2017FY,A,share,2,,s,,,",
            "is no quarter",
            "2017FY",
            "such as 2017Q4",
        ),
        (
            "India,2017Q4,A,share,101,,s,,,",
            "above 100 percent",
            "101",
            "0 to 100",
        ),
        ("India,2017Q4,A,units,-3,,s,,,", "below 0", "-3", ""),
        (
            "India,2017Q4,A,units,0,,s,,,",
            "above 0",
            "0",
            "leave the row out",
        ),
        (
            "India,2017Q4,A,units,1e15,,s,,,",
            "million millions",
            "1e15",
            "in millions",
        ),
        (
            "India,2017Q4,A,unit,3,,s,,,",
            "is no measure",
            "unit",
            "`units`",
        ),
        (
            "India,2017Q4,A,share,x,,s,,,",
            "is not a number",
            "x",
            "number",
        ),
        ("India,2017Q4,A,share,3,-1,s,,,", "below 0", "-1", ""),
        ("India,2017Q4,A,share,3,,,,,", "is empty", "", ""),
        ("India,2017Q4,,share,3,,s,,,", "is empty", "", ""),
        (",2017Q4,A,share,3,,s,,,", "is empty", "", ""),
        (
            "India,2017Q4,A,share,3,,s,,sure,",
            "is no mark",
            "sure",
            "verified",
        ),
        (
            "India,2017Q4,A,share,3,,s,,,May",
            "is no date",
            "May",
            "2018-01",
        ),
    ];
    for (row, message, value, hint) in cases {
        let errors = read(&format!("India,2017Q4,Z,share,1,,s,,,\n{row}\n")).expect_err(row);
        let e = &errors[0];
        assert_eq!(
            (errors.len(), e.file.as_str(), e.line),
            (1, "t.csv", Some(3)),
            "{row}: {errors:?}"
        );
        assert!(e.message.contains(message), "{row}: {}", e.message);
        assert_eq!(e.value, value, "{row}");
        assert!(e.hint.contains(hint), "{row}: {}", e.hint);
    }
}

#[test]
fn a_source_says_a_thing_once_in_a_publication_and_may_revise_it() {
    let twice = "India,2017Q4,A,share,3,,s,b,,2018\nIndia,2017Q4,A,share,4,,s,b,,2018\n";
    let errors = read(twice).expect_err("twice");
    assert_eq!((errors.len(), errors[0].line), (1, Some(3)));
    assert!(
        errors[0].message.contains("lines 2 and 3"),
        "{}",
        errors[0].message
    );
    assert!(errors[0].hint.contains("published"));
    for other in ["s,b,,2019", "s,c,,2018", "t,b,,2018"] {
        let revised =
            format!("India,2017Q4,A,share,3,,s,b,,2018\nIndia,2017Q4,A,share,4,,{other}\n");
        assert_eq!(read(&revised).expect(other).tracker.statements.len(), 2);
    }
}

#[test]
fn shares_of_one_publication_cannot_exceed_the_whole() {
    let rows = |c: &str| {
        format!(
            "India,2017Q4,A,share,60,,s,,,\nIndia,2017Q4,B,share,30,,s,,,\nIndia,2017Q4,Others,share,{c},,s,,,\n"
        )
    };
    // Rounding may add half a point three times.
    assert!(read(&rows("11")).is_ok());
    let errors = read(&rows("12")).expect_err("102 percent");
    assert!(
        errors[0].message.contains("add up to 102.0 percent"),
        "{}",
        errors[0].message
    );
    assert_eq!(errors[0].line, Some(4));
}

#[test]
fn facts_about_companies_are_checked() {
    let head = "company,item,value,low,high,currency\n";
    for (row, message) in [
        ("A,turnover,3,,,", "is no kind of fact"),
        ("A,revenue,3,4,5,", "does not lie between 4 and 5"),
        ("A,revenue,0,,,", "must be above 0"),
        ("A,revenue,-1,,,", "must not be below 0"),
        (",revenue,1,,,", "is empty"),
    ] {
        let statements = format!("{HEAD}\nIndia,2017Q4,A,share,3,,s,,,\n");
        let errors = read_all(STUDY, &statements, &format!("{head}{row}\n")).expect_err(row);
        assert!(
            errors[0].message.contains(message),
            "{row}: {}",
            errors[0].message
        );
        assert_eq!(
            (errors[0].file.as_str(), errors[0].line),
            ("c.csv", Some(2))
        );
    }
}

#[test]
fn a_study_without_a_tracker_or_its_table_says_so() {
    let errors = read_all("title = \"T\"\n", "", "").expect_err("no tracker");
    assert!(
        errors[0].message.contains("no `[tracker]`"),
        "{}",
        errors[0].message
    );
    let errors = read_all(
        "title = \"T\"\n[tracker]\nstatements = \"no.csv\"\n",
        "",
        "",
    )
    .expect_err("no table");
    assert_eq!(errors[0].path, "tracker.statements");
    let errors = read_all("title = \"T\"\n[tracker]\nstatement = \"t.csv\"\n", "", "")
        .expect_err("a misspelt key");
    assert!(errors[0].line == Some(3), "{errors:?}");
    let study = format!("{STUDY}periods_per_year = 0\n[settings]\nlevel = 2\n");
    let errors = read_all(
        &study,
        &format!("{HEAD}\nI,2017Q4,A,share,3,,s,,,\n"),
        FACTS,
    )
    .expect_err("settings");
    assert_eq!(errors.len(), 2, "{errors:?}");
}

#[test]
fn a_million_rows_are_refused_and_not_reconciled() {
    let mut rows = String::with_capacity(60_000_000);
    for i in 0..1_000_000 {
        let _ = writeln!(rows, "India,2017Q4,V{i},share,0.0001,,s,,,");
    }
    let errors = read(&rows).expect_err("too many");
    assert_eq!(errors.len(), 1);
    assert!(
        errors[0].message.contains("1000000 statements"),
        "{}",
        errors[0].message
    );
    let mut rows = String::new();
    for i in 0..20_001 {
        let _ = writeln!(rows, "India,2017Q4,V{i},share,0.0001,,s,,,");
    }
    let errors = read(&rows).expect_err("too many vendors");
    assert!(
        errors[0].message.contains("20001 vendors"),
        "{}",
        errors[0].message
    );
}

#[test]
fn the_shipped_trackers_are_read() {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (study, least) in [("india-2017", 150), ("xiaomi-us-2018", 70)] {
        let loaded = read_tracker(&root.join("studies").join(study)).expect(study);
        assert!(loaded.tracker.statements.len() >= least);
        let sourced = |s: &entrant_data::tracker::Statement| !s.url.is_empty();
        assert!(loaded.tracker.statements.iter().all(sourced), "{study}");
    }
}
