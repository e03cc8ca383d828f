//! Rows grouped by the ids in a column.

use std::borrow::Cow;
use std::collections::BTreeMap;

use entrant_data::table::{Column, Table};

use crate::field::Field;

/// Rows grouped by id; groups are numbered in the order of their first row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Groups {
    /// Group of each row.
    pub(crate) of: Vec<usize>,
    /// Id of each group.
    pub(crate) ids: Vec<String>,
    /// First row of each group.
    pub(crate) first: Vec<usize>,
}

impl Groups {
    /// Rows with equal cells in a column together.
    pub(crate) fn by(field: Field<'_>) -> Self {
        let (of, first) = match field.column() {
            Column::Text(cells) => index(cells.iter().map(String::as_str)),
            // Adding zero makes one of the two zeros.
            Column::Numbers(cells) => index(cells.iter().map(|v| (v + 0.0).to_bits())),
        };
        let ids = first.iter().map(|row| field.text(*row).into_owned());
        Groups {
            ids: ids.collect(),
            of,
            first,
        }
    }

    /// Number of groups.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The sum over each group of a value by row.
    pub(crate) fn sums(&self, values: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.len()];
        for (group, value) in self.of.iter().zip(values) {
            sums[*group] += value;
        }
        sums
    }

    /// The number of rows in each group.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.len()];
        for group in &self.of {
            sizes[*group] += 1;
        }
        sizes
    }
}

/// The number of each key in the order of first appearance, and where each first appears.
fn index<K: Ord + Copy>(keys: impl Iterator<Item = K>) -> (Vec<usize>, Vec<usize>) {
    let (mut of, mut first) = (Vec::new(), Vec::new());
    let mut known = BTreeMap::new();
    let mut last = None;
    for (row, key) in keys.enumerate() {
        // Most tables have equal ids next to one another.
        let group = match last {
            Some((same, group)) if same == key => group,
            _ => *known.entry(key).or_insert_with(|| {
                first.push(row);
                first.len() - 1
            }),
        };
        last = Some((key, group));
        of.push(group);
    }
    (of, first)
}

/// Puts the rows of a table in the order of `rank`, rows of equal rank in the order they were.
pub(crate) fn sort_rows(table: &mut Table, rank: &[usize]) {
    if rank.is_sorted() {
        return;
    }
    let mut order: Vec<usize> = (0..rank.len()).collect();
    order.sort_by_key(|row| rank[*row]);
    for column in &mut table.columns {
        match column {
            Column::Numbers(cells) => *cells = order.iter().map(|row| cells[*row]).collect(),
            Column::Text(cells) => {
                let taken = order.iter().map(|row| std::mem::take(&mut cells[*row]));
                *cells = taken.collect();
            }
        }
    }
    table.lines = order.iter().map(|row| table.lines[*row]).collect();
}

/// Up to eight of these ids, as they are shown in a mistake.
pub(crate) fn some_of<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    let mut shown = Vec::new();
    let mut more = 0;
    for id in ids {
        if shown.len() < 8 {
            shown.push(Cow::from(format!("`{}`", id.escape_debug())));
        } else {
            more += 1;
        }
    }
    if more > 0 {
        shown.push(Cow::from(format!("and {more} more")));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table {
            file: "t.csv".into(),
            names: vec!["id".into(), "x".into()],
            columns: vec![
                Column::Text(["b", "a", "b", "c", "a"].map(str::to_owned).to_vec()),
                Column::Numbers(vec![0.0, 1.0, -0.0, 3.0, 4.0]),
            ],
            lines: vec![2, 3, 5, 6, 7],
        }
    }

    #[test]
    fn groups_are_in_the_order_of_their_first_row() {
        let table = table();
        let text = Groups::by(Field::find(&table, "id").expect("there"));
        assert_eq!(text.of, [0, 1, 0, 2, 1]);
        assert_eq!(
            (text.ids.join(""), text.sizes()),
            ("bac".into(), vec![2, 2, 1])
        );
        assert_eq!(text.sums(&[1.0, 2.0, 3.0, 4.0, 5.0]), [4.0, 7.0, 4.0]);
        let numbers = Groups::by(Field::find(&table, "x").expect("there"));
        assert_eq!(
            (numbers.of, numbers.ids[0].as_str()),
            (vec![0, 1, 0, 2, 3], "0")
        );
    }

    #[test]
    fn rows_of_equal_rank_keep_their_order() {
        let mut sorted = table();
        sort_rows(&mut sorted, &[0, 1, 0, 2, 1]);
        assert_eq!(sorted.lines, [2, 5, 3, 7, 6]);
        assert_eq!(
            sorted.columns[1],
            Column::Numbers(vec![0.0, 0.0, 1.0, 4.0, 3.0])
        );
        assert_eq!(sorted.text("id", 4).as_deref(), Some("c"));
    }
}
