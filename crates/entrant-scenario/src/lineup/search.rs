//! The best set of a firm's candidate products.

use std::collections::BTreeMap;

use entrant_numeric::random::Stream;

/// How the best line-up is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchSettings {
    /// Line-ups up to which every one is tried.
    pub exact: u64,
    /// Starts of the local search beyond: nothing, everything, then random line-ups.
    pub restarts: usize,
    /// Seed of the random line-ups.
    pub seed: u64,
}

impl Default for SearchSettings {
    fn default() -> Self {
        SearchSettings {
            exact: 4096,
            restarts: 8,
            seed: 2018,
        }
    }
}

/// A set of candidates and what it is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lineup {
    /// Its number: the option of each candidate, as in [`Options`].
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

/// What may become of each candidate: it is left out, or sold in one of several ways (at one of
/// several prices, say). Line-ups are numbered with the first candidate running fastest, so that
/// with one way each bit k says whether candidate k is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    ways: Vec<u64>,
}

impl Options {
    /// Options of candidates by the number of ways to sell each (candidates); `None` where one has
    /// no way or line-ups cannot be numbered.
    pub fn new(ways: &[usize]) -> Option<Self> {
        let ways: Vec<u64> = ways.iter().map(|w| *w as u64).collect();
        let count = ways
            .iter()
            .try_fold(1_u64, |n, w| n.checked_mul(w.checked_add(1)?))?;
        let fits = count < 1 << 63 && !ways.contains(&0);
        fits.then_some(Options { ways })
    }

    /// Number of line-ups.
    pub fn lineups(&self) -> u64 {
        self.ways.iter().map(|w| w + 1).product()
    }

    /// The way in which each candidate is sold, from 1; 0 where it is not (candidates).
    pub fn ways_of(&self, mut lineup: u64) -> Vec<u64> {
        let digit = |w: &u64| {
            let way = lineup % (w + 1);
            lineup /= w + 1;
            way
        };
        self.ways.iter().map(digit).collect()
    }

    /// The number of a line-up (candidates).
    pub fn lineup(&self, ways: &[u64]) -> u64 {
        let all = ways.iter().zip(&self.ways).rev();
        all.fold(0, |number, (way, most)| number * (most + 1) + way)
    }

    /// Line-ups with another way for one candidate, or with one exchanged for another.
    fn neighbours(&self, lineup: u64) -> Vec<u64> {
        let here = self.ways_of(lineup);
        let mut out = Vec::new();
        let mut push = |changes: &[(usize, u64)]| {
            let mut there = here.clone();
            for (j, way) in changes {
                there[*j] = *way;
            }
            out.push(self.lineup(&there));
        };
        for (j, own) in here.iter().enumerate() {
            let others = (0..=self.ways[j]).filter(|way| way != own);
            others.for_each(|way| push(&[(j, way)]));
        }
        let (inside, outside): (Vec<usize>, Vec<usize>) =
            (0..here.len()).partition(|j| here[*j] > 0);
        for i in &inside {
            for o in &outside {
                (1..=self.ways[*o]).for_each(|way| push(&[(*i, 0), (*o, way)]));
            }
        }
        out
    }

    /// Nothing, everything in its middle way, and random line-ups, each from a stream of its own.
    fn starts(&self, settings: SearchSettings) -> Vec<u64> {
        let random = |k: usize| -> Vec<u64> {
            let mut stream = Stream::new(settings.seed, "line-up to start from", k as u64);
            let mut way = |w: &u64| match (stream.uniform() < 0.5, *w) {
                (false, _) => 0,
                (true, 1) => 1,
                (true, w) => 1 + stream.below(w),
            };
            self.ways.iter().map(&mut way).collect()
        };
        let own = |k: usize| match k {
            0 => vec![0; self.ways.len()],
            1 => self.ways.iter().map(|w| w.div_ceil(2)).collect(),
            _ => random(k),
        };
        let all = (0..settings.restarts.max(1)).map(own);
        all.map(|ways| self.lineup(&ways)).collect()
    }
}

/// The line-ups of one firm by what they are worth.
///
/// `value` gets line-ups never asked for before and says what each is worth, `None` where it
/// cannot be said. Where they are few all are tried. Beyond, steepest ascent over adding one,
/// dropping one, selling one in another way and exchanging one, from several starts: a local
/// optimum, which is not proved to be the best (the choice of assortments is NP-hard).
pub fn best_lineup(
    options: &Options,
    settings: SearchSettings,
    value: &mut dyn FnMut(&[u64]) -> Vec<Option<f64>>,
) -> LineupSearch {
    let mut known = Known {
        values: BTreeMap::new(),
        value,
    };
    if options.lineups() <= settings.exact {
        let all: Vec<u64> = (0..options.lineups()).collect();
        known.ask(&all);
        return known.ranked(true, (1, 1));
    }
    let starts = options.starts(settings);
    let ends: Vec<u64> = starts.iter().map(|s| known.climb(*s, options)).collect();
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
    fn climb(&mut self, start: u64, options: &Options) -> u64 {
        let mut here = start;
        self.ask(&[here]);
        loop {
            let near = options.neighbours(here);
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

    fn search(n: usize, exact: u64) -> LineupSearch {
        let settings = SearchSettings {
            exact,
            ..SearchSettings::default()
        };
        let options = Options::new(&vec![1; n]).expect("options");
        best_lineup(&options, settings, &mut |sets| {
            sets.iter().map(|s| Some(worth(*s, n))).collect()
        })
    }

    #[test]
    fn local_search_finds_what_trying_everything_finds() {
        for n in 2..=12 {
            let (all, some) = (search(n, 4096), search(n, 0));
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
    fn several_ways_to_sell_each() {
        let options = Options::new(&[3, 1, 2, 4]).expect("options");
        assert_eq!(options.lineups(), 4 * 2 * 3 * 5);
        for k in 0..options.lineups() {
            assert_eq!(options.lineup(&options.ways_of(k)), k);
            for near in options.neighbours(k) {
                assert!(options.neighbours(near).contains(&k) && near != k);
            }
        }
        assert_eq!(options.lineup(&[2, 1, 0, 3]), 2 + 4 + 3 * 24);
        // Attraction falls and margin rises with the way.
        let worth = |lineup: u64| {
            let (mut sum, mut profit) = (0.0, 0.0);
            for (j, way) in options.ways_of(lineup).into_iter().enumerate() {
                if way > 0 {
                    let attraction = (1.0 + j as f64) * (-0.7 * way as f64).exp();
                    sum += attraction;
                    profit += attraction * (way as f64 - 0.2 * j as f64);
                }
            }
            profit / (1.0 + sum)
        };
        let search = |exact| {
            let settings = SearchSettings {
                exact,
                ..SearchSettings::default()
            };
            best_lineup(&options, settings, &mut |all| {
                all.iter().map(|k| Some(worth(*k))).collect()
            })
        };
        assert_eq!(search(4096).tried[0], search(0).tried[0]);
        assert_eq!(search(4096).tried.len(), 120);
        assert_eq!(Options::new(&[2, 0]), None);
        assert_eq!(Options::new(&[1; 64]), None);
    }

    #[test]
    fn nothing_is_asked_twice_and_what_has_no_value_is_listed() {
        let mut asked = Vec::new();
        let options = Options::new(&[1; 10]).expect("options");
        let found = best_lineup(
            &options,
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
        let options = Options::new(&[1; 3]).expect("options");
        let found = best_lineup(&options, SearchSettings::default(), &mut |sets| {
            vec![Some(1.0); sets.len()]
        });
        assert_eq!(found.tried[0].set, 0);
    }
}
