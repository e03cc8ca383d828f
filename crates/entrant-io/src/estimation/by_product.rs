//! Columns of the consumers table with a number for each product of a market.

use entrant_data::InputError;
use entrant_data::table::{Column, Table};

use super::groups::Groups;
use crate::field::Field;
use crate::numbers::written;
use crate::problems::Problems;

/// Numbers of a consumer about each product, one column for each place in a market. Cells for
/// products that a market does not have may be empty.
pub(super) struct ByProduct<'a> {
    pub(super) markets: &'a Groups,
    /// Number of products in each market of the products table.
    pub(super) sizes: &'a [usize],
    /// Number of each market of consumers among those of the products.
    pub(super) of: &'a [Option<usize>],
}

impl ByProduct<'_> {
    /// Checks which consumer can buy which product: numbers of at least 0.
    pub(super) fn check_availability(
        &self,
        name: &str,
        columns: &[String],
        table: &mut Table,
        problems: &mut Problems,
    ) {
        if !self.reaches(columns.len()) {
            let path = "data.columns.availability";
            problems.push(
                self.too_few(path, "availability", columns.len(), table)
                    .value(name),
            );
            return;
        }
        for (place, column) in columns.iter().enumerate() {
            let Some(cells) = self.read(place, column, table, problems) else {
                continue;
            };
            if let Some(field) = Field::find(table, column) {
                for (row, cell) in cells.iter().enumerate().filter(|(_, c)| **c < 0.0) {
                    let message = format!("is {}, must be at least 0", written(*cell));
                    problems.push(field.mistake(row, &message));
                }
            }
            replace(table, column, cells);
        }
    }

    /// Checks a demographic that differs by product. What stands in cells that may be empty is of
    /// no use to anybody; they take what the first product has, where every formula has a value.
    pub(super) fn check_demographic(&self, name: &str, table: &mut Table, problems: &mut Problems) {
        let most = self.sizes.iter().copied().max().unwrap_or(0);
        let columns: Vec<String> = (0..most).map(|place| format!("{name}{place}")).collect();
        let there = columns.iter().take_while(|c| table.column(c).is_some());
        let there = there.count();
        if there < most {
            let path = "estimate.demand.demographics";
            let what = format!("`{name}`, counted from `{name}0`");
            problems.push(self.too_few(path, &what, there, table).value(name));
            return;
        }
        let mut first: Vec<f64> = Vec::new();
        for (place, column) in columns.iter().enumerate() {
            let Some(mut cells) = self.read(place, column, table, problems) else {
                continue;
            };
            if place == 0 {
                first.clone_from(&cells);
            }
            for (row, market) in self.markets.of.iter().enumerate() {
                if place >= self.size(*market) {
                    cells[row] = first.get(row).copied().unwrap_or(f64::NAN);
                }
            }
            replace(table, column, cells);
        }
    }

    fn reaches(&self, places: usize) -> bool {
        self.sizes.iter().all(|size| *size <= places)
    }

    fn too_few(&self, path: &str, what: &str, there: usize, table: &Table) -> InputError {
        let most = self.sizes.iter().copied().max().unwrap_or(0);
        let file = &table.file;
        let message =
            format!("a market has {most} products, but `{file}` has {there} columns of {what}");
        InputError::at(path, message)
    }

    /// Products of a market of consumers.
    fn size(&self, market: usize) -> usize {
        self.of[market].map_or(0, |m| self.sizes[m])
    }

    /// Numbers of a column, `NaN` where there is no product.
    fn read(
        &self,
        place: usize,
        column: &str,
        table: &Table,
        problems: &mut Problems,
    ) -> Option<Vec<f64>> {
        let field = Field::find(table, column)?;
        let mut cells = vec![f64::NAN; table.rows()];
        for (row, market) in self.markets.of.iter().enumerate() {
            if place < self.size(*market) {
                cells[row] = problems.keep(field.number(row)).unwrap_or(f64::NAN);
            }
        }
        Some(cells)
    }
}

fn replace(table: &mut Table, column: &str, cells: Vec<f64>) {
    if let Some(at) = table.names.iter().position(|n| n == column) {
        table.columns[at] = Column::Numbers(cells);
    }
}
