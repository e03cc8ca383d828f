//! What evaluations depend on, in two numbers.

use entrant_data::spec::{ConclusionsSpec, OptimizerSpec};
use entrant_data::table::{Column, Table};
use entrant_io::{LoadedEstimation, fingerprint};

/// Fingerprints of a study, to tell whether a checkpoint belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fingerprints {
    /// Of the specification, without the limits of the search.
    pub(super) specification: String,
    /// Of the tables.
    pub(super) data: String,
}

impl Fingerprints {
    /// How long to search and how exactly does not change what an evaluation is: a search may be
    /// continued with other limits.
    pub(super) fn of(loaded: &LoadedEstimation) -> Self {
        let mut estimate = loaded.study.estimate.clone();
        estimate.optimizer = OptimizerSpec {
            algorithm: estimate.optimizer.algorithm,
            spread: estimate.optimizer.spread,
            seed: estimate.optimizer.seed,
            ..OptimizerSpec::default()
        };
        // Nor does what is told beside the estimates.
        estimate.report = ConclusionsSpec::default();
        estimate.test.clear();
        let text = format!("{estimate:?}{:?}", loaded.study.data);
        let tables = [Some(&loaded.products), loaded.consumers.as_ref()];
        let tables: Vec<Vec<u8>> = tables.into_iter().flatten().map(bytes).collect();
        Fingerprints {
            specification: fingerprint([text.as_bytes()]),
            data: fingerprint(tables.iter().map(Vec::as_slice)),
        }
    }
}

/// Names and cells, each text ended by a byte that no text holds.
fn bytes(table: &Table) -> Vec<u8> {
    const END: u8 = 0xff;
    let mut out = Vec::new();
    for (name, column) in table.names.iter().zip(&table.columns) {
        out.extend(name.as_bytes());
        out.push(END);
        match column {
            Column::Numbers(cells) => out.extend(cells.iter().flat_map(|x| x.to_le_bytes())),
            Column::Text(cells) => {
                for cell in cells {
                    out.extend(cell.as_bytes());
                    out.push(END);
                }
            }
        }
    }
    out
}
