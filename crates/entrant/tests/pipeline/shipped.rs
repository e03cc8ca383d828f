//! The shipped studies have answers.

use entrant::{Silent, fit};

use crate::support::{options, results, shipped};

#[test]
fn the_back_test_has_usable_answers() {
    let r = results(&shipped("india-2017"), 20);
    assert!(!r.scenarios.is_empty() && r.backtest.is_some());
    for s in &r.scenarios {
        for m in &s.markets {
            assert!(m.status.is_usable(), "{}: {}", s.id, m.status);
        }
    }
    let unique = |f: &&entrant::data::Finding| f.message.contains("meets the targets as well");
    assert_eq!(r.findings.iter().find(unique), None);
}

#[test]
fn the_opening_case_has_usable_answers() {
    let loaded = shipped("xiaomi-us-2018");
    let found = fit(&loaded, options(20, 2), &Silent).expect("solvable");
    assert!(found.calibration.iter().all(|c| c.status.is_usable()));
    let unique = |f: &&entrant::data::Finding| f.message.contains("meets the targets as well");
    assert_eq!(found.findings.iter().find(unique), None);
    let r = results(&loaded, 20);
    for s in &r.scenarios {
        for m in &s.markets {
            assert!(m.status.is_usable(), "{}: {}", s.id, m.status);
        }
    }
}
