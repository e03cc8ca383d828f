//! Random streams, threads and what intervals rest on.

use std::collections::BTreeMap;

use entrant::data::result::Results;
use entrant::io::LoadedStudy;
use entrant::{Inputs, Silent, run};

use crate::support::{KNOWN, Recipe, UNCERTAIN, load, options, results};

/// The draws of every uncertain input, as bits.
fn streams(loaded: &LoadedStudy, draws: usize) -> BTreeMap<String, Vec<u64>> {
    let inputs = Inputs::new(&loaded.study, &loaded.panel, draws, 11);
    let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect();
    inputs
        .uncertain()
        .map(|(name, _, _, v)| (name.to_owned(), bits(v)))
        .collect()
}

fn text(r: &Results) -> String {
    serde_json::to_string(r).expect("results are JSON")
}

#[test]
fn threads_do_not_change_a_bit() {
    let loaded = load(&UNCERTAIN);
    let at = |threads| text(&run(&loaded, options(40, threads), &Silent).expect("solvable"));
    let one = at(1);
    assert_eq!(one, at(2));
    assert_eq!(one, at(8));
}

#[test]
fn an_uncertain_input_moves_no_other() {
    let before = streams(&load(&UNCERTAIN), 30);
    let more = Recipe {
        spread: r#"{ dist = "uniform", low = 0.2, high = 0.4 }"#,
        ..UNCERTAIN
    };
    let after = streams(&load(&more), 30);
    assert_eq!(after.len(), before.len() + 1);
    for (name, values) in &before {
        assert_eq!(Some(values), after.get(name), "{name}");
    }
}

#[test]
fn fewer_draws_are_the_first_of_more() {
    let loaded = load(&UNCERTAIN);
    let (few, many) = (streams(&loaded, 50), streams(&loaded, 100));
    assert_eq!(few.len(), many.len());
    for (name, values) in &few {
        assert_eq!(values[..], many[name][..values.len()], "{name}");
        assert!(values.len() == 50 && many[name].len() == 100, "{name}");
    }
}

#[test]
fn a_table_of_draws_is_used_row_by_row() {
    let loaded = load(&UNCERTAIN);
    let found = &streams(&loaded, 7)["fixed cost of entry"];
    let rows = [100.0, 250.0, 175.0, 100.0, 250.0, 175.0, 100.0_f64];
    assert_eq!(found[..], rows.map(f64::to_bits));
}

/// Every object with an interval carries its level and a status; counts the intervals.
fn walk(v: &serde_json::Value, path: &str, found: &mut Vec<(String, bool)>) {
    match v {
        serde_json::Value::Object(o) => {
            if o.contains_key("median") && !o.contains_key("products") {
                assert!(
                    o["level"].as_f64().is_some_and(|l| (l - 0.8).abs() < 1e-15),
                    "{path}"
                );
                assert!(o["status"].is_string(), "{path}");
                let (low, high) = (o["low"].as_f64(), o["high"].as_f64());
                assert_eq!(low.is_some(), high.is_some(), "{path}");
                if let (Some(low), Some(high)) = (low, high) {
                    assert!(low <= high, "{path}");
                    found.push((path.to_owned(), low.to_bits() == high.to_bits()));
                }
            }
            o.iter()
                .for_each(|(k, v)| walk(v, &format!("{path}.{k}"), found));
        }
        serde_json::Value::Array(a) => {
            a.iter()
                .enumerate()
                .for_each(|(k, v)| walk(v, &format!("{path}[{k}]"), found));
        }
        _ => {}
    }
}

fn intervals(r: &Results) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    walk(
        &serde_json::to_value(r).expect("results are JSON"),
        "",
        &mut found,
    );
    found
}

#[test]
fn known_inputs_give_intervals_without_width() {
    let found = intervals(&results(&load(&KNOWN), 9));
    assert!(found.len() > 100, "{}", found.len());
    for (path, flat) in &found {
        assert!(flat, "{path} has a width");
    }
    let found = intervals(&results(&load(&UNCERTAIN), 9));
    assert!(found.iter().filter(|(_, flat)| !flat).count() > 100);
}

/// Draws that all equal the central values end where the central run ends.
#[test]
fn the_median_of_known_inputs_is_the_central_run() {
    let r = results(&load(&KNOWN), 5);
    let c = &r.calibration[0];
    for p in &c.parameters {
        // A warm start may stop one rounding elsewhere.
        assert!(
            (p.value.median / p.central - 1.0).abs() < 1e-9,
            "{}",
            p.name
        );
    }
}

#[test]
fn explained_shares_sum_to_at_most_one() {
    let r = results(&load(&UNCERTAIN), 60);
    assert!(!r.drivers.is_empty());
    for table in &r.drivers {
        let total: f64 = table.drivers.iter().map(|d| d.share).sum();
        // The sum of a scaled list is one up to rounding.
        assert!(
            total <= 1.0 + 1e-12 && total > 0.5,
            "{}: {total}",
            table.outcome
        );
        assert!(table.drivers.iter().all(|d| d.share >= 0.0));
        let marks: f64 = table.marks.iter().map(|m| m.share).sum();
        assert!((marks - 1.0).abs() < 1e-12);
    }
    assert_eq!(r.drivers[0].drivers[0].input, "x: quality difference");
    assert_eq!(r.drivers[0].drivers[0].direction, 1);
}
