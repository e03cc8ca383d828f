//! Tables of one market, in the form in which sums are made of them.

use std::sync::Arc;

use super::table::Table;

/// What one market contributes to: weights of each survey, then weights times values of each part.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Bound {
    /// `None` where a survey did not go.
    pub(super) cells: Vec<Option<Cells>>,
}

/// A table with the choices at which it does not vanish.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cells {
    pub(super) table: Arc<Table>,
    /// First choices at which it does not vanish.
    pub(super) support: Vec<usize>,
    /// Whether every product is among them.
    pub(super) whole: bool,
    /// For second choices: what goes with a first choice, by choice.
    pub(super) groups: Option<Arc<Groups>>,
}

/// What goes when a first choice does: group of each choice, the outside good by itself.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Groups {
    /// Group of each choice.
    pub(super) of: Vec<usize>,
    /// Number of groups.
    pub(super) count: usize,
}

impl Groups {
    /// From the group of each product; without, each product is one.
    pub(super) fn new(products: usize, of: &[usize]) -> Self {
        let mut of = match of {
            [] => (0..products).collect(),
            of => of.to_vec(),
        };
        let outside = of.iter().max().map_or(0, |g| g + 1);
        of.push(outside);
        Groups {
            of,
            count: outside + 1,
        }
    }

    /// Whether a pair of choices (first x second) is of one group.
    pub(super) fn joins(&self, cell: usize) -> bool {
        let n = self.of.len();
        self.of[cell / n] == self.of[cell % n]
    }
}

impl Cells {
    /// With `choices` first choices.
    pub(super) fn new(table: Arc<Table>, choices: usize, groups: Option<Arc<Groups>>) -> Self {
        let width = table.cells() / choices.max(1);
        let counts = |l: &usize| (0..width).any(|k| !table.vanishes(l * width + k));
        let support: Vec<usize> = (0..choices).filter(counts).collect();
        let products = choices.saturating_sub(1);
        Cells {
            whole: products > 0 && support.get(products - 1) == Some(&(products - 1)),
            support,
            groups,
            table,
        }
    }
}
