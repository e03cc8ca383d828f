//! The best set of a firm's candidate products.

use std::collections::BTreeMap;

use entrant_numeric::random::Stream;

/// How the best line-up is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchSettings {
    /// Candidates up to which every line-up is tried.
    pub exact: usize,
    /// Starts of the local search beyond: nothing, everything, then random line-ups.
    pub restarts: usize,
    /// Seed of the random line-ups.
    pub seed: u64,
}

impl Default for SearchSettings {
    fn default() -> Self {
        SearchSettings {
            exact: 12,
            restarts: 8,
            seed: 2018,
        }
    }
}

/// A set of candidates and what it is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lineup {
    /// Candidate k is in it where bit k is set.
    pub set: u64,
    /// What it is worth.
    pub value: f64,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct LineupSearch {
    /// Every line-up that was tried and has a value, best first; of equals the one with the
    /// lower bits first.
    pub tried: Vec<Lineup>,
    /// Line-ups without a value: their prices have no usable equilibrium.
    pub undecided: Vec<u64>,
    /// Whether every line-up was tried.
    pub exact: bool,
    /// Local searches that ended at the best line-up, of how many; (1, 1) where all were tried.
    pub agreeing: (usize, usize),
}

/// Most candidates of a search.
pub const CANDIDATES: usize = 63;

/// The sets of `candidates` products by what they are worth.
///
/// `value` gets line-ups never asked for before and says what each is worth, `None` where it
/// cannot be said. With few candidates all are tried. Beyond, steepest ascent over adding one,
/// dropping one and exchanging one, from several starts: a local optimum, which is not proved to
/// be the best (the choice of assortments is NP-hard).
///
/// At most [`CANDIDATES`] are looked at.
pub fn best_lineup(
    candidates: usize,
    settings: SearchSettings,
    value: &mut dyn FnMut(&[u64]) -> Vec<Option<f64>>,
) -> LineupSearch {
    let n = candidates.min(CANDIDATES);
    let mut known = Known {
        values: BTreeMap::new(),
        value,
    };
    if n <= settings.exact {
        let all: Vec<u64> = (0..1_u64 << n).collect();
        known.ask(&all);
        return known.ranked(true, (1, 1));
    }
    let starts = starts(n, settings);
    let ends: Vec<u64> = starts.iter().map(|s| known.climb(*s, n)).collect();
    let best = known.best(&ends);
    let agreeing = ends.iter().filter(|e| Some(**e) == best).count();
    known.ranked(false, (agreeing, ends.len()))
}

/// Line-ups whose worth has been asked for.
struct Known<'a> {
    values: BTreeMap<u64, Option<f64>>,
    value: &'a mut dyn FnMut(&[u64]) -> Vec<Option<f64>>,
}

impl Known<'_> {
    fn ask(&mut self, sets: &[u64]) {
        let new: Vec<u64> = sets
            .iter()
            .copied()
            .filter(|s| !self.values.contains_key(s))
            .collect();
        if !new.is_empty() {
            let found = (self.value)(&new);
            let finite = |v: Option<f64>| v.filter(|v| v.is_finite());
            self.values
                .extend(new.into_iter().zip(found.into_iter().map(finite)));
        }
    }

    fn worth(&self, set: u64) -> f64 {
        let known = self.values.get(&set).copied().flatten();
        known.unwrap_or(f64::NEG_INFINITY)
    }

    /// The first of the best.
    fn best(&self, sets: &[u64]) -> Option<u64> {
        let mut best: Option<u64> = None;
        for set in sets {
            if best.is_none_or(|b| self.worth(*set) > self.worth(b)) {
                best = Some(*set);
            }
        }
        best
    }

    /// Steepest ascent from a line-up.
    fn climb(&mut self, start: u64, n: usize) -> u64 {
        let mut here = start;
        self.ask(&[here]);
        loop {
            let near = neighbours(here, n);
            self.ask(&near);
            match self.best(&near) {
                Some(next) if self.worth(next) > self.worth(here) => here = next,
                _ => return here,
            }
        }
    }

    fn ranked(self, exact: bool, agreeing: (usize, usize)) -> LineupSearch {
        let decided =
            |(set, value): (&u64, &Option<f64>)| value.map(|value| Lineup { set: *set, value });
        let mut tried: Vec<Lineup> = self.values.iter().filter_map(decided).collect();
        tried.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.set.cmp(&b.set)));
        let undecided = self.values.iter().filter(|(_, v)| v.is_none());
        LineupSearch {
            undecided: undecided.map(|(set, _)| *set).collect(),
            tried,
            exact,
            agreeing,
        }
    }
}

/// Nothing, everything, and random line-ups, each from a stream of its own.
fn starts(n: usize, settings: SearchSettings) -> Vec<u64> {
    let all = (1_u64 << n) - 1;
    let random = |k: usize| {
        let mut stream = Stream::new(settings.seed, "line-up to start from", k as u64);
        (0..n)
            .filter(|_| stream.uniform() < 0.5)
            .map(|j| 1_u64 << j)
            .sum()
    };
    let own = |k: usize| match k {
        0 => 0,
        1 => all,
        _ => random(k),
    };
    (0..settings.restarts.max(1)).map(own).collect()
}

/// Line-ups with one product more, one less, or one exchanged.
fn neighbours(set: u64, n: usize) -> Vec<u64> {
    let (inside, outside): (Vec<usize>, Vec<usize>) = (0..n).partition(|j| set >> j & 1 == 1);
    let one = (0..n).map(|j| set ^ 1 << j);
    let exchanged = inside
        .iter()
        .flat_map(|i| outside.iter().map(move |o| set ^ 1 << i ^ 1 << o));
    one.chain(exchanged).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worth of a set in which products take sales from each other.
    fn worth(set: u64, n: usize) -> f64 {
        let attraction = |j: usize| 0.3 + (j as f64 * 1.7).sin().abs();
        let margin = |j: usize| 0.5 + (j as f64 * 2.3).cos().abs();
        let inside: Vec<usize> = (0..n).filter(|j| set >> j & 1 == 1).collect();
        let sum: f64 = inside.iter().map(|j| attraction(*j)).sum();
        let profit: f64 = inside.iter().map(|j| attraction(*j) * margin(*j)).sum();
        profit / (1.0 + sum) - 0.01 * inside.len() as f64
    }

    fn search(n: usize, exact: usize) -> LineupSearch {
        let settings = SearchSettings {
            exact,
            ..SearchSettings::default()
        };
        best_lineup(n, settings, &mut |sets| {
            sets.iter().map(|s| Some(worth(*s, n))).collect()
        })
    }

    #[test]
    fn local_search_finds_what_trying_everything_finds() {
        for n in 2..=12 {
            let (all, some) = (search(n, 12), search(n, 0));
            assert!(all.exact && !some.exact);
            assert_eq!(all.tried.len(), 1 << n);
            assert_eq!(all.tried[0], some.tried[0], "{n}");
            let brute = (0..1_u64 << n)
                .map(|s| worth(s, n))
                .fold(f64::MIN, f64::max);
            assert_eq!(all.tried[0].value.to_bits(), brute.to_bits());
        }
        assert!(search(12, 0).tried.len() < 1500);
    }

    #[test]
    fn nothing_is_asked_twice_and_what_has_no_value_is_listed() {
        let mut asked = Vec::new();
        let found = best_lineup(
            10,
            SearchSettings {
                exact: 0,
                ..SearchSettings::default()
            },
            &mut |sets| {
                asked.extend_from_slice(sets);
                let own = |s: &u64| (s % 3 != 1).then(|| worth(*s, 10));
                sets.iter().map(own).collect()
            },
        );
        let count = asked.len();
        asked.sort_unstable();
        asked.dedup();
        assert_eq!(asked.len(), count);
        assert!(found.undecided.iter().all(|s| s % 3 == 1));
        assert_eq!(found.tried.len() + found.undecided.len(), count);
    }

    #[test]
    fn of_equals_the_first_wins() {
        let found = best_lineup(3, SearchSettings::default(), &mut |sets| {
            vec![Some(1.0); sets.len()]
        });
        assert_eq!(found.tried[0].set, 0);
    }
}
