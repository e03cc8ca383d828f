//! Matrices, codes and refusals of `PyBLP` 1.3.0, frozen by `parity/formulas.py` into `peer.json`.

use std::collections::BTreeMap;

use entrant_data::formula::Formula;
use entrant_data::table::{Column, Table};
use serde::Deserialize;

use crate::{design, table};

/// Both sides round every operation; none of the formulas has more than a dozen.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// A derivative has more operations, and `SymPy` carries them out in another order.
const SLOPE_ROUNDING: f64 = 32.0 * f64::EPSILON;

#[derive(Deserialize)]
struct Peer {
    table: BTreeMap<String, Cells>,
    designs: Vec<Matrix>,
    derivatives: Vec<Slopes>,
    effects: Vec<Effects>,
    refused: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Cells {
    Numbers(Vec<f64>),
    Text(Vec<String>),
}

#[derive(Deserialize)]
struct Matrix {
    formula: String,
    names: Vec<String>,
    values: Vec<f64>,
}

#[derive(Deserialize)]
struct Slopes {
    formula: String,
    first: Vec<f64>,
    second: Vec<f64>,
}

#[derive(Deserialize)]
struct Effects {
    formula: String,
    codes: Vec<Vec<u32>>,
}

impl Peer {
    fn read() -> Peer {
        serde_json::from_str(include_str!("peer.json")).expect("what the script wrote")
    }

    fn table(&self) -> Table {
        let column = |cells: &Cells| match cells {
            Cells::Numbers(cells) => Column::Numbers(cells.clone()),
            Cells::Text(cells) => Column::Text(cells.clone()),
        };
        let columns = self.table.iter();
        let columns: Vec<(&str, Column)> = columns.map(|(n, c)| (n.as_str(), column(c))).collect();
        table(&columns)
    }
}

#[test]
fn matrices_are_those_of_the_peer() {
    let peer = Peer::read();
    let table = peer.table();
    assert!(peer.designs.len() >= 70);
    for expected in &peer.designs {
        let ours = design(&expected.formula, &table);
        assert_eq!(ours.names, expected.names, "{}", expected.formula);
        assert_same(&expected.formula, &ours.values, &expected.values, ROUNDING);
    }
}

#[test]
fn derivatives_are_those_of_the_peer() {
    let peer = Peer::read();
    let table = peer.table();
    assert!(peer.derivatives.len() >= 11);
    for expected in &peer.derivatives {
        let ours = design(&expected.formula, &table);
        let first = ours.derivative("prices").expect("finite");
        let second = ours.second_derivative("prices").expect("finite");
        assert_same(&expected.formula, &first, &expected.first, SLOPE_ROUNDING);
        assert_same(&expected.formula, &second, &expected.second, SLOPE_ROUNDING);
    }
}

fn assert_same(formula: &str, ours: &[f64], theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len(), "{formula}");
    for (k, (a, b)) in ours.iter().zip(theirs).enumerate() {
        let close = (a - b).abs() <= tolerance * b.abs().max(1.0);
        assert!(close, "{formula}: cell {k}: {a} and {b}");
    }
}

#[test]
fn absorbed_effects_are_those_of_the_peer() {
    let peer = Peer::read();
    let table = peer.table();
    assert!(!peer.effects.is_empty());
    for expected in &peer.effects {
        let formula = Formula::parse(&expected.formula).expect("a formula");
        assert!(formula.absorbs());
        let ours = formula.effects(&table).expect("effects");
        assert_eq!(ours, expected.codes, "{}", expected.formula);
    }
}

#[test]
fn what_the_peer_refuses_is_refused() {
    let peer = Peer::read();
    let table = peer.table();
    assert!(peer.refused.len() >= 40);
    for text in &peer.refused {
        let made = Formula::parse(text).and_then(|f| {
            f.effects(&table)?;
            f.design(&table)
        });
        let error = made.err().unwrap_or_else(|| panic!("{text} is accepted"));
        assert!(!error.message.is_empty(), "{text}");
        assert!(text.get(error.span.clone()).is_some(), "{text}: {error:?}");
    }
}
