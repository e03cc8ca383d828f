//! The draws of what runs are compared by, and the range of the difference of two runs.
//!
//! Every uncertain number is drawn by its name, the seed and the number of the draw, so a draw of one
//! run and the draw of that number in another are the same state of the world wherever both studies
//! say the same of it. Their differences are the draws of the difference.

use std::collections::BTreeMap;

use entrant::data::{Draws, Status};
use serde::{Deserialize, Serialize};

use crate::summary::Line;

/// Draws that a run keeps at most.
pub const KEPT: usize = 500;
/// Fewest pairs that make a range.
const FEWEST: usize = 20;
/// Digits of a number that is kept.
const DIGITS: usize = 10;

/// Scenario, market, who and measure.
type Key = [String; 4];

/// One number in each draw, by number of the draw; nothing in lost ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Series {
    key: Key,
    values: Vec<Option<f64>>,
}

/// What a run keeps of its draws.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Version of the program.
    version: String,
    /// Seed.
    seed: u64,
    /// Level of the ranges.
    level: f64,
    series: Vec<Series>,
}

/// Gathers draws while a run tells them.
#[derive(Debug, Default)]
pub struct Gathered(BTreeMap<Key, Vec<Option<f64>>>);

impl Gathered {
    /// Adds the numbers of a draw.
    pub fn add(&mut self, draw: usize, lines: &[Line]) {
        for line in lines {
            let Some([_, value, _]) = line.value else {
                continue;
            };
            let series = self.0.entry(key(line)).or_default();
            series.resize(series.len().max(draw + 1), None);
            series[draw] = Some(rounded(value));
        }
    }

    /// What is kept of it.
    pub fn kept(self, seed: u64, level: f64) -> Kept {
        let all = self.0.into_iter();
        Kept {
            version: env!("CARGO_PKG_VERSION").into(),
            seed,
            level,
            series: all.map(|(key, values)| Series { key, values }).collect(),
        }
    }
}

fn key(line: &Line) -> Key {
    [
        line.scenario.clone(),
        line.market.clone(),
        line.who.clone(),
        line.measure.to_owned(),
    ]
}

/// A number of fewer digits, as text is what is kept.
fn rounded(value: f64) -> f64 {
    format!("{value:.*e}", DIGITS - 1).parse().unwrap_or(value)
}

/// The difference of two runs, number by number.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Differences {
    /// Why there is no range; empty where there is one.
    pub why: String,
    /// Level of the ranges.
    pub level: f64,
    /// Draws that both runs have.
    pub draws: usize,
    /// Scenario, market, who and measure, and low, median and high of the second less the first.
    pub lines: Vec<(Key, [f64; 3])>,
}

/// The second run less the first.
pub fn differences(a: &Kept, b: &Kept) -> Differences {
    let longest = |k: &Kept| k.series.iter().map(|s| s.values.len()).max().unwrap_or(0);
    let draws = longest(a).min(longest(b));
    let nothing = |why: &str| Differences {
        why: why.to_owned(),
        ..Differences::default()
    };
    if a.seed != b.seed {
        return nothing("the runs have different seeds, so their draws do not belong together");
    }
    if a.version != b.version {
        return nothing(
            "the runs are of different versions of the program, whose draws may differ",
        );
    }
    if draws < FEWEST {
        return nothing("the runs have too few draws in common");
    }
    let of_a: BTreeMap<&Key, &Vec<Option<f64>>> =
        a.series.iter().map(|s| (&s.key, &s.values)).collect();
    let one = |s: &Series| {
        let other = of_a.get(&s.key)?;
        let pairs = s.values.iter().zip(other.iter());
        let found: Vec<f64> = pairs.filter_map(|(b, a)| Some((*b)? - (*a)?)).collect();
        let enough = found.len() >= FEWEST;
        let e = Draws::new(found).estimate(b.level, Status::Exact);
        enough.then(|| (s.key.clone(), [e.low, e.median, e.high]))
    };
    Differences {
        why: String::new(),
        level: b.level,
        draws,
        lines: b.series.iter().filter_map(one).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(seed: u64, values: impl Iterator<Item = Option<f64>>) -> Kept {
        let key = ["s", "m", "Acme", "Profit, change"].map(str::to_owned);
        Kept {
            version: "1".into(),
            seed,
            level: 0.9,
            series: vec![Series {
                key,
                values: values.collect(),
            }],
        }
    }

    #[test]
    fn what_both_runs_share_is_not_uncertain_in_the_difference() {
        // Both move widely, together; the second is 3 lower in every draw.
        let wide = |d: u32| f64::from((d * 7919) % 101);
        let a = kept(1, (0..100).map(|d| Some(wide(d))));
        let b = kept(1, (0..100).map(|d| Some(wide(d) - 3.0)));
        let found = differences(&a, &b);
        assert_eq!((found.draws, found.lines.len()), (100, 1));
        let bits = |v: [f64; 3]| v.map(f64::to_bits);
        assert_eq!(bits(found.lines[0].1), bits([-3.0; 3]));
    }

    #[test]
    fn lost_draws_take_their_partners_with_them() {
        // R: quantile(0:97, c(.05, .5, .95)) = 4.85, 48.5, 92.15
        let a = kept(1, (0..100).map(|d| (d > 1).then_some(0.0)));
        let b = kept(1, (0..100).map(|d| Some(f64::from(d) - 2.0)));
        let [low, median, high] = differences(&a, &b).lines[0].1;
        assert!((low - 4.85).abs() < 1e-12 && (high - 92.15).abs() < 1e-12);
        assert!((median - 48.5).abs() < 1e-12);
    }

    #[test]
    fn draws_of_other_seeds_do_not_belong_together() {
        let (a, b) = (
            kept(1, (0..100).map(|_| Some(1.0))),
            kept(2, (0..100).map(|_| Some(1.0))),
        );
        assert!(differences(&a, &b).why.contains("seeds"));
        let few = kept(1, (0..10).map(|_| Some(1.0)));
        assert!(differences(&a, &few).why.contains("too few"));
        assert!(differences(&a, &few).lines.is_empty());
    }

    #[test]
    fn numbers_are_kept_with_ten_digits() {
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits();
        assert!(same(rounded(-12.345_678_901_23), -12.345_678_90));
        assert!(same(rounded(0.0), 0.0));
    }
}
