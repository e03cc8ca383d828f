//! Which products of successive markets are the same.

use std::collections::BTreeMap;

/// Markets in order of time, with their products.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Rows of the table of each market, in the order of the problem's products (markets).
    pub rows: Vec<Vec<usize>>,
    /// Row of the same product in the market just before (rows of the table).
    pub before: Vec<Option<usize>>,
    /// Firm (rows of the table).
    pub firm: Vec<u32>,
}

impl Chain {
    /// Links products by name. Where a name stands several times in a market, its rows are told
    /// apart by their order in the table.
    ///
    /// `firm` and `names` have one entry for each row of the table.
    pub fn new(rows: Vec<Vec<usize>>, names: &[String], firm: Vec<u32>) -> Self {
        let mut before = vec![None; names.len()];
        let mut known: BTreeMap<(&str, usize), usize> = BTreeMap::new();
        for market in &rows {
            let here = named(market, names);
            for (name, row) in &here {
                before[*row] = known.get(name).copied();
            }
            known = here;
        }
        Chain { rows, before, firm }
    }

    /// Products of market `t` that market `t - 1` had.
    pub fn incumbents(&self, t: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let rows = self.rows[t].iter();
        rows.filter_map(|r| self.before[*r].map(|b| (*r, b)))
    }

    /// Products of market `t` that market `t - 1` did not have.
    pub fn entries(&self, t: usize) -> impl Iterator<Item = usize> + '_ {
        let rows = self.rows[t].iter().copied();
        rows.filter(|r| self.before[*r].is_none())
    }

    /// Products of market `t - 1` that market `t` has no more; none in the first.
    pub fn exits(&self, t: usize) -> Vec<usize> {
        let Some(last) = t.checked_sub(1).map(|b| &self.rows[b]) else {
            return Vec::new();
        };
        let kept: Vec<usize> = self.incumbents(t).map(|(_, b)| b).collect();
        let gone = |r: &&usize| !kept.contains(r);
        last.iter().filter(gone).copied().collect()
    }
}

/// Rows by name and number among the rows of that name, in the order of the table.
fn named<'a>(market: &[usize], names: &'a [String]) -> BTreeMap<(&'a str, usize), usize> {
    let mut order = market.to_vec();
    order.sort_unstable();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut number = |row: usize| {
        let count = seen.entry(&names[row]).or_insert(0);
        *count += 1;
        ((names[row].as_str(), *count), row)
    };
    order.into_iter().map(&mut number).collect()
}

#[cfg(test)]
mod tests {
    use super::Chain;

    #[test]
    fn products_are_linked_by_name_and_number() {
        let names = ["a", "b", "a", "a", "c", "b"].map(String::from);
        // The first market has a, b, a; the second b, a, c, in another order.
        let chain = Chain::new(vec![vec![2, 0, 1], vec![5, 4, 3]], &names, vec![0; 6]);
        assert_eq!(chain.before, [None, None, None, Some(0), None, Some(1)]);
        assert_eq!(chain.incumbents(1).collect::<Vec<_>>(), [(5, 1), (3, 0)]);
        assert_eq!(chain.entries(1).collect::<Vec<_>>(), [4]);
        assert_eq!(chain.exits(1), [2]);
        assert!(chain.exits(0).is_empty());
    }
}
