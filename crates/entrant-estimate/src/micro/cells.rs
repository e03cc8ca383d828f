//! Tables of one market, in the form in which sums are made of them.

use std::sync::Arc;

use super::removed::Inside;
use super::table::Table;
use crate::blp::MarketData;

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
    /// The nest that each group is a part of; nothing where whole nests go (groups).
    pub(super) inside: Vec<Option<Inside>>,
}

impl Groups {
    /// From the group of each product; without, each product is one. `None` where a group is of
    /// several nests, and not of whole ones.
    pub(super) fn new(m: &MarketData, of: &[usize]) -> Option<Self> {
        let mut of = match of {
            [] => (0..m.products()).collect(),
            of => of.to_vec(),
        };
        let outside = of.iter().max().map_or(0, |g| g + 1);
        let mut inside = vec![None; outside + 1];
        for (group, place) in inside[..outside].iter_mut().enumerate() {
            let member = |j: usize| of[j] == group;
            let touched = |h: &usize| m.nests[*h].clone().any(member);
            let nests: Vec<usize> = (0..m.nests.len()).filter(touched).collect();
            let whole = |h: &usize| m.nests[*h].clone().all(member);
            match nests[..] {
                _ if nests.iter().all(whole) => {}
                [h] => {
                    *place = Some(Inside {
                        nest: m.nests[h].clone(),
                        rho: m.nest_group[h],
                    });
                }
                _ => return None,
            }
        }
        of.push(outside);
        Some(Groups {
            of,
            count: outside + 1,
            inside,
        })
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
