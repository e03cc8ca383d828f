//! The markets of a problem, with what evaluations keep from one point to the next.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::evaluate::Scratch;
use super::lanes::Group;
use super::market::MarketData;

/// Most consumer choices of one market for which memory is kept.
const KEPT: usize = 1 << 18;

/// Markets, and memory of evaluations that is no part of them: who compares or copies markets does not
/// see it, and who changes one loses it.
#[derive(Default)]
pub struct Markets {
    list: Vec<MarketData>,
    /// Markets that may be computed together, found when they are first asked for.
    groups: OnceLock<Vec<Group>>,
    /// Memory of workers, used again: taken out by whoever computes a market.
    scratch: Mutex<Vec<Scratch>>,
}

impl Markets {
    /// Markets that may be computed together, in order.
    pub(super) fn groups(&self) -> &[Group] {
        self.groups.get_or_init(|| Group::all(&self.list))
    }

    /// Memory of a worker who is done, or new memory.
    pub(super) fn take_scratch(&self) -> Scratch {
        let mut all = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        all.pop().unwrap_or_default()
    }

    /// Memory for the next worker; that of large markets is given back, which costs next to nothing
    /// beside their work.
    pub(super) fn put_scratch(&self, scratch: Scratch) {
        if scratch.cells() > KEPT {
            return;
        }
        let mut all = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(scratch);
    }
}

impl Deref for Markets {
    type Target = [MarketData];

    fn deref(&self) -> &[MarketData] {
        &self.list
    }
}

impl DerefMut for Markets {
    fn deref_mut(&mut self) -> &mut [MarketData] {
        self.groups = OnceLock::new();
        &mut self.list
    }
}

impl From<Vec<MarketData>> for Markets {
    fn from(list: Vec<MarketData>) -> Self {
        Markets {
            list,
            ..Markets::default()
        }
    }
}

impl FromIterator<MarketData> for Markets {
    fn from_iter<I: IntoIterator<Item = MarketData>>(markets: I) -> Self {
        Markets::from(markets.into_iter().collect::<Vec<_>>())
    }
}

impl<'a> IntoIterator for &'a Markets {
    type Item = &'a MarketData;
    type IntoIter = std::slice::Iter<'a, MarketData>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl<'a> IntoIterator for &'a mut Markets {
    type Item = &'a mut MarketData;
    type IntoIter = std::slice::IterMut<'a, MarketData>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl Clone for Markets {
    fn clone(&self) -> Self {
        Markets::from(self.list.clone())
    }
}

impl PartialEq for Markets {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl std::fmt::Debug for Markets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.list.fmt(f)
    }
}
