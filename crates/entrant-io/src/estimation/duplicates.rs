//! Rows that stand in a table twice.

use entrant_data::InputError;
use entrant_data::table::{Column, Table};

use super::groups::Groups;
use crate::field::Field;
use crate::fingerprint::{BASIS, fnv1a};
use crate::problems::Problems;

/// Refuses a product that stands twice in a market.
pub(crate) fn check_products(
    table: &Table,
    column: &str,
    markets: &Groups,
    products: &Groups,
    problems: &mut Problems,
) {
    let Some(field) = Field::find(table, column) else {
        return;
    };
    let mut rows: Vec<(usize, usize, usize)> = (0..table.rows())
        .map(|row| (markets.of[row], products.of[row], row))
        .collect();
    rows.sort_unstable();
    for pair in rows.windows(2) {
        let [(market, product, first), (market_too, product_too, row)] = *pair else {
            continue;
        };
        if (market, product) == (market_too, product_too) {
            let message = format!(
                "is `{}` in market `{}` a second time: line {} has it already",
                products.ids[product], markets.ids[market], table.lines[first]
            );
            let hint = "sum the rows, or give each its own product";
            problems.push(field.mistake(row, &message).hint(hint));
        }
    }
}

/// Refuses a row that is equal to another in every cell.
pub(crate) fn check_rows(table: &Table, problems: &mut Problems) {
    let hashes = hashes(table);
    let mut rows: Vec<usize> = (0..table.rows()).collect();
    rows.sort_by_key(|row| hashes[*row]);
    for pair in rows.windows(2) {
        let [first, row] = *pair else { continue };
        if hashes[first] == hashes[row] && same(table, first, row) {
            let message = format!(
                "this row is the same as the one in line {}",
                table.lines[first]
            );
            let mistake = InputError::at(format!("row {}", row + 1), message)
                .in_file(table.file.clone(), Some(table.lines[row]));
            problems.push(mistake.hint("leave one of them out"));
        }
    }
}

fn hashes(table: &Table) -> Vec<u64> {
    let mut hashes = vec![BASIS; table.rows()];
    for column in &table.columns {
        match column {
            Column::Numbers(cells) => {
                for (hash, cell) in hashes.iter_mut().zip(cells) {
                    *hash = fnv1a(*hash, &cell.to_bits().to_le_bytes());
                }
            }
            Column::Text(cells) => {
                for (hash, cell) in hashes.iter_mut().zip(cells) {
                    *hash = fnv1a(*hash, cell.as_bytes());
                }
            }
        }
    }
    hashes
}

fn same(table: &Table, a: usize, b: usize) -> bool {
    table.columns.iter().all(|column| match column {
        Column::Numbers(cells) => cells[a].to_bits() == cells[b].to_bits(),
        Column::Text(cells) => cells[a] == cells[b],
    })
}
