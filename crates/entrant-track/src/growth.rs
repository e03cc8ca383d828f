//! Growth over the quarter before and the year before, only where those quarters are known.

use crate::reconcile::Country;
use crate::value::Value;

/// Growth up to one quarter.
pub(crate) struct Growth<'a> {
    country: &'a Country,
    t: usize,
}

impl<'a> Growth<'a> {
    pub(crate) fn new(country: &'a Country, t: usize) -> Self {
        Growth { country, t }
    }

    /// Units of a vendor in the quarter.
    pub(crate) fn units(&self, v: usize) -> Option<Value> {
        units(self.country, self.t, v)
    }

    /// Change of the share over some quarters.
    pub(crate) fn points(&self, v: usize, over: i32) -> Option<Value> {
        let before = self.country.shares[self.earlier(over)?].get(&v)?;
        let now = self.country.shares[self.t].get(&v)?;
        Some(now.zip(before, |now, before| now - before))
    }

    /// Relative growth of units over some quarters.
    pub(crate) fn relative(&self, v: usize, over: i32) -> Option<Value> {
        let before = units(self.country, self.earlier(over)?, v)?;
        let now = self.units(v)?;
        (before.central > 0.0).then(|| now.zip(&before, |now, before| now / before - 1.0))
    }

    /// Position of the quarter so many quarters before; none where nobody says anything of it.
    fn earlier(&self, over: i32) -> Option<usize> {
        let quarter = self.country.quarters[self.t].plus(-over);
        self.country.quarters.binary_search(&quarter).ok()
    }
}

fn units(country: &Country, t: usize, v: usize) -> Option<Value> {
    let total = country.total[t].as_ref()?;
    let share = country.shares[t].get(&v)?;
    Some(total.zip(share, |n, s| n * s))
}
